//! Ids of resources: names given by their makers, or ids made by the service.

use serde_json::{Map, Value, json};
use uuid::Uuid;

/// The source of the ids of a kind.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ids {
    /// The maker gives it, in the body or the query.
    Given,
    /// These fields joined by dots: `catalog.schema.name`.
    Joined(&'static [&'static str]),
    /// This many hexadecimal digits, at most 32.
    Hex(usize),
    /// A UUID with its hyphens.
    Uuid,
    /// A number, as text.
    Digits,
    /// A number.
    Number,
}

impl Ids {
    /// Makes the id of a new resource; `None` if its maker must give one and did not.
    pub(crate) fn make(self, field: &str, fields: &Map<String, Value>) -> Option<Value> {
        let random = Uuid::new_v4();
        match self {
            Self::Given => fields.get(field).cloned(),
            Self::Joined(parts) => {
                let parts: Option<Vec<&str>> = parts
                    .iter()
                    .map(|part| fields.get(*part).and_then(Value::as_str))
                    .collect();
                Some(json!(parts?.join(".")))
            }
            Self::Hex(length) => {
                let digits = random.simple().to_string();
                Some(json!(digits.get(..length).unwrap_or(&digits)))
            }
            Self::Uuid => Some(json!(random.to_string())),
            Self::Digits => Some(json!(number(random).to_string())),
            Self::Number => Some(json!(number(random))),
        }
    }
}

/// Fifteen digits, which JavaScript reads exactly.
fn number(random: Uuid) -> u64 {
    let low = u64::try_from(random.as_u128() % 900_000_000_000_000).unwrap_or_default();
    100_000_000_000_000 + low
}
