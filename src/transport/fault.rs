//! Reads Databricks' error bodies, in all the shapes they come in, into one error.

use http::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::error::Error;

/// As much of an unreadable body as helps to see what it is.
const EXCERPT: usize = 200;

pub(super) fn read(operation: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Error {
    let header = headers.get("x-request-id").and_then(|id| id.to_str().ok());
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let word = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| match json.as_ref()?.get(name)? {
                Value::String(text) if !text.is_empty() => Some(text.clone()),
                _ => None,
            })
    };
    // `error_code` is a number where the gateway itself refuses; the status says the same.
    let code =
        word(&["error_code", "errorCode", "scimType"]).unwrap_or_else(|| reason_code(status));
    // API 1.2 says `error`, SCIM `detail`, OAuth `error_description`.
    let message = word(&["message", "error_description", "detail", "error", "msg"])
        .unwrap_or_else(|| excerpt(body, status));
    Error::Api {
        operation: operation.to_owned(),
        status: status.as_u16(),
        code,
        message: message.trim().to_owned(),
        request_id: header
            .map(ToOwned::to_owned)
            .or_else(|| request_id(json.as_ref()?)),
        retryable: matches!(status.as_u16(), 429 | 502..=504),
    }
}

/// `404 Not Found` as `NOT_FOUND`.
fn reason_code(status: StatusCode) -> String {
    let reason = status.canonical_reason().unwrap_or("UNKNOWN");
    reason.to_uppercase().replace([' ', '-'], "_")
}

fn request_id(json: &Value) -> Option<String> {
    let details = json.get("details")?.as_array()?;
    let id = details.iter().find_map(|detail| detail.get("request_id"))?;
    id.as_str().map(ToOwned::to_owned)
}

fn excerpt(body: &[u8], status: StatusCode) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.is_empty() {
        return format!("an empty answer, {status}");
    }
    let kind = if text.starts_with('<') {
        "a web page"
    } else {
        "an unreadable answer"
    };
    let head: String = text.chars().take(EXCERPT).collect();
    format!("{kind} instead of JSON: {head}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn text(status: u16, body: &str) -> String {
        let status = StatusCode::from_u16(status).unwrap();
        read("jobs.get", status, &HeaderMap::new(), body.as_bytes()).to_string()
    }

    #[test]
    fn every_shape_of_error_body_is_read() {
        let shapes = [
            (
                400,
                r#"{"error_code":"INVALID_PARAMETER_VALUE","message":"Job 7 does not exist."}"#,
            ),
            (
                403,
                r#"{"error_code":403,"message":"Invalid access token."}"#,
            ),
            (500, r#"{"error":"ContextNotFound: 12"}"#),
            (
                404,
                r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"no user","status":"404"}"#,
            ),
            (503, ""),
            (502, "<html><body>Bad Gateway</body></html>"),
            (400, r#"{"error_code":"BAD"#),
        ];
        let read: Vec<String> = shapes
            .iter()
            .map(|(status, body)| text(*status, body))
            .collect();
        insta::assert_snapshot!(read.join("\n"), @r#"
        Databricks refused `jobs.get`: Job 7 does not exist. (HTTP 400, INVALID_PARAMETER_VALUE)
        Databricks refused `jobs.get`: Invalid access token. (HTTP 403, FORBIDDEN)
        Databricks refused `jobs.get`: ContextNotFound: 12 (HTTP 500, INTERNAL_SERVER_ERROR)
        Databricks refused `jobs.get`: no user (HTTP 404, NOT_FOUND)
        Databricks refused `jobs.get`: an empty answer, 503 Service Unavailable (HTTP 503, SERVICE_UNAVAILABLE)
        Databricks refused `jobs.get`: a web page instead of JSON: <html><body>Bad Gateway</body></html> (HTTP 502, BAD_GATEWAY)
        Databricks refused `jobs.get`: an unreadable answer instead of JSON: {"error_code":"BAD (HTTP 400, BAD_REQUEST)
        "#);
    }
}
