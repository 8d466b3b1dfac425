//! Multipart forms, in which clients upload notebooks and files: read as the JSON body they stand for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

/// The fields of a form: files as base64, `true` and `false` as such; `None` when it is no form.
pub(super) fn read(content_type: &str, body: &[u8]) -> Option<Value> {
    let boundary = content_type
        .strip_prefix("multipart/form-data")?
        .split_once("boundary=")?
        .1;
    let delimiter = format!("--{}", boundary.trim_matches('"'));
    let mut fields = Map::new();
    let (_, mut rest) = split(body, delimiter.as_bytes())?;
    while let Some((part, after)) = split(rest, delimiter.as_bytes()) {
        rest = after;
        let (head, content) = split(part, b"\r\n\r\n")?;
        let content = content.strip_suffix(b"\r\n")?;
        let head = std::str::from_utf8(head).ok()?;
        let name = quoted(head, " name=\"")?;
        let value = if quoted(head, "filename=\"").is_some() {
            Value::String(STANDARD.encode(content))
        } else {
            match std::str::from_utf8(content).ok()? {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                text => Value::String(text.to_owned()),
            }
        };
        fields.insert(name.to_owned(), value);
    }
    Some(Value::Object(fields))
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let start = bytes.windows(at.len()).position(|window| window == at)?;
    Some((bytes.get(..start)?, bytes.get(start + at.len()..)?))
}

fn quoted<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(before)?;
    Some(after.split_once('"')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_and_files_become_one_object() {
        let form = b"--x\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\n/a\r\n\
            --x\r\nContent-Disposition: form-data; name=\"overwrite\"\r\n\r\ntrue\r\n\
            --x\r\nContent-Disposition: form-data; name=\"content\"; filename=\"content\"\r\n\r\n1\r\n2\r\n--x--\r\n";
        let read = read("multipart/form-data; boundary=x", form);
        assert_eq!(
            read,
            Some(json!({"path": "/a", "overwrite": true, "content": "MQ0KMg=="}))
        );
    }

    #[test]
    fn what_is_no_form_is_left_alone() {
        assert_eq!(read("application/json", b"{}"), None);
        assert_eq!(read("multipart/form-data; boundary=x", b"nothing"), None);
    }
}
