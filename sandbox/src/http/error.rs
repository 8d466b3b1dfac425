//! Errors as the REST API sends them: a status, an `error_code` and a message.

use axum::http::StatusCode;
use serde_json::{Value, json};

/// An answer that describes an error.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{error_code}: {message}")]
pub(crate) struct ApiError {
    /// HTTP status.
    pub(crate) status: StatusCode,
    /// A string; for 401 and 403, a number.
    pub(crate) error_code: Value,
    /// A sentence.
    pub(crate) message: String,
}

impl ApiError {
    fn new(status: StatusCode, error_code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            error_code: json!(error_code),
            message: message.into(),
        }
    }

    /// 400: an invalid value.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_PARAMETER_VALUE", message)
    }

    /// 400: an action that the present state does not allow.
    pub(crate) fn invalid_state(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_STATE", message)
    }

    /// 400 with a code of its own.
    pub(crate) fn bad_request(error_code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error_code, message)
    }

    /// 400: a body that cannot be read.
    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "MALFORMED_REQUEST", message)
    }

    /// 400: a name that is taken.
    pub(crate) fn already_exists(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "RESOURCE_ALREADY_EXISTS", message)
    }

    /// 409: a resource that changed since the caller read it.
    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "RESOURCE_CONFLICT", message)
    }

    /// 404: an unknown name or id.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "RESOURCE_DOES_NOT_EXIST", message)
    }

    /// 404 with a code of its own.
    pub(crate) fn missing(error_code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, error_code, message)
    }

    /// 404: a verb and path without an operation.
    pub(crate) fn no_endpoint(verb: &str, path: &str) -> Self {
        let message = format!("No API found for '{verb} {path}'");
        Self::new(StatusCode::NOT_FOUND, "ENDPOINT_NOT_FOUND", message)
    }

    /// 500: a fault of the sandbox.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", message)
    }

    /// 401: a request without a bearer token.
    pub(crate) fn no_credential() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            error_code: json!(401),
            message: "Credential was not sent or was of an unsupported type for this API."
                .to_owned(),
        }
    }

    /// 403: a token of another workspace.
    pub(crate) fn invalid_token() -> Self {
        Self {
            status: StatusCode::FORBIDDEN,
            error_code: json!(403),
            message: "Invalid access token.".to_owned(),
        }
    }

    /// The body.
    pub(crate) fn body(&self) -> Value {
        json!({"error_code": self.error_code, "message": self.message})
    }
}
