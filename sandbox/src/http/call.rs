//! One call of an operation, checked against its spec.

use axum::body::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::conditions::Conditions;
use super::error::ApiError;

/// The arguments of a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Call {
    /// Path parameters by name, decoded.
    pub(crate) path: Map<String, Value>,
    /// Query parameters by name, typed by the spec; those that it does not know are strings.
    pub(crate) query: Map<String, Value>,
    /// The body; an empty object when there is none.
    pub(crate) body: Value,
    /// The body of an operation that accepts a file.
    pub(crate) bytes: Bytes,
    /// The headers about the part of a file that is wanted.
    pub(crate) conditions: Conditions,
}

impl Call {
    /// A path parameter.
    pub(crate) fn path(&self, name: &str) -> &str {
        self.path
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The query parameters as a struct of the fields that the service reads.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` when they do not fit.
    pub(crate) fn query<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_value(Value::Object(self.query.clone()))
            .map_err(|error| ApiError::malformed(format!("Could not read the query: {error}")))
    }

    /// The body as a struct of the fields that the service reads.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` when it does not fit.
    pub(crate) fn body<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        serde_json::from_value(self.body.clone()).map_err(|error| {
            ApiError::malformed(format!("Could not parse request object: {error}"))
        })
    }
}
