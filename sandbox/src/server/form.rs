//! Multipart forms, which clients use to upload notebooks and files, as the JSON bodies they stand for.

use std::convert::Infallible;

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use multer::{Multipart, parse_boundary};
use serde_json::{Map, Value};

use crate::http::ApiError;

/// The fields of a form: files as base64, `true` and `false` as booleans, anything else as text. `None` for a
/// body of another type.
///
/// # Errors
/// `MALFORMED_REQUEST` when the body is not the form that its type announces.
pub(super) async fn read(content_type: &str, body: &Bytes) -> Result<Option<Value>, ApiError> {
    let Ok(boundary) = parse_boundary(content_type) else {
        return Ok(None);
    };
    let malformed = |error| ApiError::malformed(format!("Could not read the form: {error}"));
    let whole = futures::stream::iter([Ok::<_, Infallible>(body.clone())]);
    let mut form = Multipart::new(whole, boundary);
    let mut fields = Map::new();
    while let Some(field) = form.next_field().await.map_err(malformed)? {
        let name = field.name().unwrap_or_default().to_owned();
        let value = if field.file_name().is_some() {
            Value::String(STANDARD.encode(field.bytes().await.map_err(malformed)?))
        } else {
            match field.text().await.map_err(malformed)?.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                text => Value::String(text.to_owned()),
            }
        };
        fields.insert(name, value);
    }
    Ok(Some(Value::Object(fields)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn fields_and_files_become_one_object() {
        let form = b"--x\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\n/a\r\n\
            --x\r\nContent-Disposition: form-data; name=overwrite\r\n\r\ntrue\r\n\
            --x\r\nContent-Disposition: form-data; name=\"content\"; filename=\"content\"\r\n\r\n1\r\n2\r\n--x--\r\n";
        let form = Bytes::from_static(form);
        for content_type in [
            "multipart/form-data; boundary=x",
            "multipart/form-data; boundary=\"x\"",
        ] {
            let read = read(content_type, &form).await.unwrap();
            let expected = json!({"path": "/a", "overwrite": true, "content": "MQ0KMg=="});
            assert_eq!(read, Some(expected));
        }
    }

    #[tokio::test]
    async fn other_bodies_are_left_alone_and_broken_forms_are_refused() {
        let json = Bytes::from_static(b"{}");
        assert_eq!(read("application/json", &json).await.unwrap(), None);
        let broken = Bytes::from_static(b"nothing");
        let refused = read("multipart/form-data; boundary=x", &broken).await;
        assert_eq!(refused.unwrap_err().error_code, json!("MALFORMED_REQUEST"));
    }
}
