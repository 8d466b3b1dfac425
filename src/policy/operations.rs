//! Operations that a call may name: which of them this server sends.

use serde_json::{Map, Value};
use url::Url;

use super::{Rules, consequence};
use crate::api;
use crate::catalog::{Effect, Operation};
use crate::error::Error;

/// Lets an operation pass that this server may send.
///
/// # Errors
/// Why it may not: it writes in read-only mode, belongs to the account console, or is excluded.
pub(super) fn admit(
    rules: &Rules,
    operation: &Operation,
    arguments: &Map<String, Value>,
    host: &Url,
) -> Result<(), Error> {
    let effect = consequence::effect(operation, arguments);
    if rules.read_only && effect != Effect::Reads {
        return Err(writes(operation, effect));
    }
    if operation.account && !api::serves_account(host) {
        let host = host.host_str().unwrap_or_default();
        return Err(Error::Arguments {
            tool: operation.id.to_owned(),
            problems: vec![format!(
                "it belongs to the account, and `{host}` is a workspace; a server with `DATABRICKS_HOST` set to the \
                 account console (https://accounts…) can call it"
            )],
        });
    }
    not_excluded("api_call", rules.excluded.reason(operation, arguments))
}

/// The error of an operation that does not only read.
pub(super) fn writes(operation: &Operation, effect: Effect) -> Error {
    let does = match effect {
        Effect::Reads | Effect::Writes => "writes",
        Effect::Destroys => "deletes, stops or replaces",
        Effect::Reveals => "shows a secret",
        Effect::Grants => "changes who may do what",
    };
    Error::ReadOnly {
        what: "operation",
        reason: format!("`{}` {does}", operation.id),
    }
}

/// The argument of several sets.
const SETS: &str = "arguments_list";

/// True if a call brings several argument sets for its operation.
pub(super) fn has_several(arguments: &Map<String, Value>) -> bool {
    let sets = arguments.get(SETS).and_then(Value::as_array);
    sets.is_some_and(|sets| !sets.is_empty())
}

/// The arguments with which a call sends its operation: once, or for each of its sets over those that all share.
#[must_use]
pub fn sets(arguments: &Map<String, Value>) -> Vec<Map<String, Value>> {
    let shared = arguments.get("arguments").and_then(Value::as_object);
    let shared = shared.cloned().unwrap_or_default();
    if !has_several(arguments) {
        return vec![shared];
    }
    let sets = arguments.get(SETS).and_then(Value::as_array);
    let over = |set: &Value| {
        let mut whole = shared.clone();
        whole.extend(set.as_object().cloned().unwrap_or_default());
        whole
    };
    sets.into_iter().flatten().map(over).collect()
}

/// Passes if the operation only reads with these arguments.
///
/// # Errors
/// It would change something or show a secret.
pub fn only_reads(operation: &Operation, arguments: &Map<String, Value>) -> Result<(), Error> {
    let refuse = |problem: String| {
        Err(Error::Arguments {
            tool: operation.id.to_owned(),
            problems: vec![problem],
        })
    };
    if consequence::effect(operation, arguments) != Effect::Reads {
        return refuse(format!(
            "several sets in one call are for operations that only read, and `{}` does more; nothing was sent: call it \
             once for each, with `arguments`",
            operation.id
        ));
    }
    Ok(())
}

/// Refuses what the user has excluded, for this reason.
pub(super) fn not_excluded(tool: &str, reason: Option<String>) -> Result<(), Error> {
    match reason {
        None => Ok(()),
        Some(reason) => Err(Error::Arguments {
            tool: tool.to_owned(),
            problems: vec![format!("the user has excluded {reason}")],
        }),
    }
}
