//! Errors of this layer, as JSON-RPC errors without an id: clients and people read the same sentence.

use axum::body::Body;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::json;

/// A refusal before a message has reached MCP.
pub(super) fn refusal(status: StatusCode, code: i32, reason: &str, hint: &str) -> Response {
    let body = json!({
        "jsonrpc": "2.0",
        "id": null,
        "error": { "code": code, "message": reason, "data": { "hint": hint } },
    });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// The code of JSON-RPC 2.0 for a request that cannot be served as it is.
pub(super) const INVALID_REQUEST: i32 = -32600;

/// What a client can do about a status of the MCP library, which tells its reasons as plain text.
pub(super) fn hint(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_ACCEPTABLE => {
            "send `Accept: application/json, text/event-stream`, as MCP's streamable HTTP asks"
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            "send one JSON-RPC message as `Content-Type: application/json`"
        }
        StatusCode::NOT_FOUND => "the session is over: send `initialize` again",
        StatusCode::METHOD_NOT_ALLOWED => "messages are sent by POST",
        StatusCode::FORBIDDEN => "name the host and origin in the settings of the server",
        _ => "see the MCP specification, streamable HTTP",
    }
}
