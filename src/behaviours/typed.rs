//! Arguments and answers of behaviours, from JSON and to it.

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::error::Error;

/// Reads validated arguments into their struct.
pub(super) fn arguments<Arguments: DeserializeOwned>(value: Value) -> Result<Arguments, Error> {
    serde_json::from_value(value).map_err(|error| Error::Internal {
        reason: format!("arguments that passed their schema do not fit their struct: {error}"),
    })
}

/// The structured form of an answer.
pub(super) fn structured<Output: Serialize>(output: &Output) -> Result<Value, Error> {
    serde_json::to_value(output).map_err(|error| Error::Internal {
        reason: format!("an answer cannot be written as JSON: {error}"),
    })
}

/// As [`id_as_text`], for one that may be missing.
pub(super) fn some_id_as_text<S: Serializer>(
    id: &Option<i64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match id {
        Some(id) => serializer.collect_str(id),
        None => serializer.serialize_none(),
    }
}

/// Writes an identifier of 64 bits as a string, which no client rounds.
pub(super) fn id_as_text<S: Serializer>(id: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}
