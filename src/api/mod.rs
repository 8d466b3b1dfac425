//! The whole REST API: searching it, describing an operation, and planning a call that no row makes.

mod arguments;
mod levels;
mod outline;
mod phrases;
mod plan;
mod search;
mod synonyms;
mod words;

use std::io::Read;
use std::sync::OnceLock;

use url::Url;

pub use crate::catalog::{Facts, OperationFacts, ParamFacts};
use crate::catalog::{NoField, OPERATIONS, Operation};
use crate::error::Error;

pub use arguments::deep_schema;
pub use levels::{levels, no_level, without_level};
pub use outline::outline;
pub use plan::{Prepared, prepare};
pub use search::{Within, search};

/// Fields that the message about a wrong one names.
const FIELDS: usize = 3;

/// Packed by `build.rs`.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/facts.json.gz"));

impl Facts {
    /// The facts, unpacked when first asked for.
    ///
    /// # Errors
    /// They cannot be unpacked: a fault of the build.
    pub fn get() -> Result<&'static Self, Error> {
        static FACTS: OnceLock<Result<Facts, Error>> = OnceLock::new();
        FACTS.get_or_init(unpack).as_ref().map_err(Clone::clone)
    }

    /// The facts of an operation that [`find`] found.
    #[must_use]
    pub fn operation(&self, id: &str) -> Option<&OperationFacts> {
        self.operations.get(id)
    }

    /// Says what is wrong with a dotted field of the answer, or of each of its rows: nothing where it leads
    /// somewhere, or where the facts do not say what is there.
    #[must_use]
    pub fn no_field(&self, known: &OperationFacts, path: &str) -> Option<String> {
        let response = known.response.as_ref()?;
        if let Some(paginate) = &known.paginate
            && let Some(within) = path.strip_prefix(paginate.items.as_str())
            && let Some(row) = [".*.", "[].", "."]
                .iter()
                .find_map(|step| within.strip_prefix(step))
        {
            return Some(format!(
                "no field `{path}`: fields are those of each row, write `{row}`"
            ));
        }
        let whole = match &known.paginate {
            Some(paginate) => format!("{}.{path}", paginate.items),
            None => path.to_owned(),
        };
        let NoField { segment, known } = self.schemas.field(response, &whole).err()?;
        let last = |path: &str| path.rsplit('.').next().unwrap_or(path).to_lowercase();
        let wanted = segment.to_lowercase();
        let mut names: Vec<&String> = known.iter().collect();
        names.sort_by(|a, b| {
            let close = |name: &str| strsim::jaro_winkler(&wanted, &last(name));
            close(b).total_cmp(&close(a))
        });
        let more = names.len().saturating_sub(FIELDS);
        let before: Vec<&str> = path
            .split('.')
            .take_while(|part| *part != segment)
            .collect();
        let names: Vec<String> = names
            .iter()
            .take(FIELDS)
            .map(|name| {
                let whole = before.iter().copied().chain([name.as_str()]);
                format!("`{}`", whole.collect::<Vec<&str>>().join("."))
            })
            .collect();
        let more = if more > 0 {
            format!("; api_describe shows {more} more")
        } else {
            String::new()
        };
        Some(format!(
            "no field `{path}`, did you mean {}?{more}",
            names.join(", ")
        ))
    }
}

fn unpack() -> Result<Facts, Error> {
    let fault = |reason: String| Error::Internal {
        reason: format!("the API facts cannot be unpacked: {reason}"),
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(PACKED)
        .read_to_string(&mut text)
        .map_err(|error| fault(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| fault(error.to_string()))
}

/// The operation of this id, or the one that had it before.
///
/// # Errors
/// There is none; the error names those that come closest.
pub fn find(id: &str) -> Result<&'static Operation, Error> {
    let by_id = OPERATIONS.binary_search_by_key(&id, |operation| operation.id);
    let by_id = by_id.ok().and_then(|index| OPERATIONS.get(index));
    let had_it = |operation: &&Operation| operation.aliases.contains(&id);
    by_id
        .or_else(|| OPERATIONS.iter().find(had_it))
        .ok_or_else(|| {
            let close: Vec<String> = search(id, Within::default(), 3)
                .iter()
                .map(|one| format!("`{}`", one.id))
                .collect();
            let hint = if close.is_empty() {
                "api_search finds operations by words".to_owned()
            } else {
                format!("close: {}", close.join(", "))
            };
            Error::Arguments {
                tool: "operation".to_owned(),
                problems: vec![format!("unknown operation `{id}`; {hint}")],
            }
        })
}

/// Returns true if a host is the account console, which alone serves operations of the account: `accounts.…` of each
/// cloud, `accounts-dod.…` of the government's.
#[must_use]
pub fn serves_account(host: &Url) -> bool {
    let name = host.host_str().unwrap_or_default();
    name.starts_with("accounts.") || name.starts_with("accounts-")
}

/// Returns the address of the page that documents the operation. The reference names its pages as the SDKs name
/// service and method, without underscores; an operation that the SDKs do not have has no page known here.
#[must_use]
pub fn docs(operation: &Operation) -> String {
    let level = if operation.account {
        "account"
    } else {
        "workspace"
    };
    if !operation.documented {
        return format!("https://docs.databricks.com/api/{level}/introduction");
    }
    let path = operation.id.replace('_', "").replace('.', "/");
    format!("https://docs.databricks.com/api/{level}/{path}")
}
