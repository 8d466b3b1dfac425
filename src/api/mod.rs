//! The whole REST API: searching it, describing an operation, and planning a call that no row makes.

mod outline;
mod plan;
mod search;
mod synonyms;

use std::collections::HashMap;
use std::io::Read;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::catalog::{OPERATIONS, Operation};
use crate::error::Error;

pub use outline::outline;
pub use plan::{Prepared, is_needed, prepare};
pub use search::{Within, search};

/// Packed by `build.rs`.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/facts.json.gz"));

/// What the specs say of every operation.
#[derive(Debug, Deserialize)]
pub struct Facts {
    operations: HashMap<String, OperationFacts>,
    schemas: HashMap<String, Value>,
}

/// What the specs say of one operation.
#[derive(Debug, Deserialize)]
pub struct OperationFacts {
    /// Path, query and header parameters, and the properties of the body.
    pub params: Vec<ParamFacts>,
    /// Schema of the JSON answer.
    pub response: Option<Value>,
    /// The answer is raw text.
    #[serde(default)]
    pub raw: bool,
    /// How its pages follow each other.
    pub paginate: Option<PaginateFacts>,
}

/// One argument.
#[derive(Debug, Deserialize)]
pub struct ParamFacts {
    /// The service's name for it.
    pub name: String,
    /// Where it goes.
    pub place: String,
    /// Whether the operation needs it.
    pub required: bool,
    /// The body holds it too.
    #[serde(default)]
    pub in_body: bool,
    /// Its schema; references as `{"$ref": "module.Name"}`.
    pub schema: Value,
}

/// How pages follow each other.
#[derive(Debug, Deserialize)]
pub struct PaginateFacts {
    style: String,
    items: String,
    request: Option<String>,
    response: Option<String>,
    first: u32,
}

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

    /// What is wrong with a dotted field of the answer, or of each of its rows: nothing where it leads
    /// somewhere, or where the facts do not say what is there.
    #[must_use]
    pub fn no_field(&self, known: &OperationFacts, path: &str) -> Option<String> {
        let response = known.response.as_ref()?;
        let rows = known
            .paginate
            .as_ref()
            .map(|paginate| paginate.items.as_str());
        let whole: Vec<&str> = rows
            .into_iter()
            .flat_map(|rows| rows.split('.'))
            .chain(path.split('.'))
            .collect();
        let mut at = self.resolve(response);
        for segment in whole {
            while let Some(items) = at.get("items") {
                at = self.resolve(items);
            }
            // A bare list comes as `items`.
            let properties = at.get("properties").and_then(Value::as_object)?;
            match properties.get(segment) {
                Some(next) => at = self.resolve(next),
                None => {
                    let names: Vec<String> =
                        properties.keys().map(|name| format!("`{name}`")).collect();
                    return Some(format!(
                        "no field `{path}`; at `{segment}` there are {}",
                        names.join(", ")
                    ));
                }
            }
        }
        None
    }

    /// Follows references until the schema is one of its own.
    #[must_use]
    pub fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        // A chain is short; the bound keeps a circular one from hanging.
        for _ in 0..16 {
            let Some(name) = schema.get("$ref").and_then(Value::as_str) else {
                break;
            };
            schema = self.schemas.get(name).unwrap_or(&Value::Null);
        }
        schema
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

/// The operation of this id.
///
/// # Errors
/// There is none; the error names those that come closest.
pub fn find(id: &str) -> Result<&'static Operation, Error> {
    let found = OPERATIONS.binary_search_by_key(&id, |operation| operation.id);
    found
        .ok()
        .and_then(|index| OPERATIONS.get(index))
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

/// Whether a host is the account console, which alone serves operations of the account: `accounts.…` of each
/// cloud, `accounts-dod.…` of the government's.
#[must_use]
pub fn serves_account(host: &Url) -> bool {
    let name = host.host_str().unwrap_or_default();
    name.starts_with("accounts.") || name.starts_with("accounts-")
}

/// Where Databricks documents the operation: the reference's pages are named as the SDKs name service and method,
/// without underscores. One that the SDKs do not have has no page known here.
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
