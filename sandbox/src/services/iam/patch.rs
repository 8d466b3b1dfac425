//! SCIM patches: add, remove and replace by path, as in `members[value eq "7"]`.

use serde_json::{Map, Value, json};

use crate::collections::Item;
use crate::http::{ApiError, Call};
use crate::shared::Shared;

/// Applies all operations of a patch, or none if one of them fails.
///
/// # Errors
/// Fails if an operation has neither a path nor fields.
pub(super) fn apply(shared: &Shared, call: &Call, item: &mut Item) -> Result<(), ApiError> {
    let operations = call.body.get("Operations").and_then(Value::as_array);
    for operation in operations.into_iter().flatten() {
        let text = |name: &str| {
            operation
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let value = operation.get("value").cloned().unwrap_or_default();
        let op = text("op").to_lowercase();
        match (text("path"), value) {
            ("", Value::Object(fields)) => {
                for (field, value) in fields {
                    one(&mut item.fields, &op, &field, value);
                }
            }
            ("", _) => {
                let message = "A patch operation needs a path, or an object as its value.";
                return Err(ApiError::bad_request("invalidPath", message));
            }
            (path, value) => one(&mut item.fields, &op, path, value),
        }
    }
    item.updated_at = shared.clock.now();
    Ok(())
}

fn one(fields: &mut Map<String, Value>, op: &str, path: &str, value: Value) {
    if let Some((field, condition)) = path.split_once('[') {
        let wanted = condition.split('"').nth(1).unwrap_or_default();
        if let Some(entries) = fields.get_mut(field).and_then(Value::as_array_mut) {
            entries.retain(|entry| entry.get("value") != Some(&json!(wanted)));
        }
        return;
    }
    if let Some((field, rest)) = path.split_once('.') {
        let inner = fields.entry(field).or_insert_with(|| json!({}));
        if let Some(inner) = inner.as_object_mut() {
            one(inner, op, rest, value);
        }
        return;
    }
    match (op, value) {
        ("remove", Value::Array(gone)) if !gone.is_empty() => {
            if let Some(entries) = fields.get_mut(path).and_then(Value::as_array_mut) {
                let names = |one: &Value| gone.iter().any(|g| g.get("value") == one.get("value"));
                entries.retain(|entry| !names(entry));
            }
        }
        ("remove", _) => {
            fields.remove(path);
        }
        ("add", Value::Array(new)) => {
            let entries = fields.entry(path).or_insert_with(|| json!([]));
            if let Some(entries) = entries.as_array_mut() {
                for entry in new {
                    if !entries
                        .iter()
                        .any(|known| known.get("value") == entry.get("value"))
                    {
                        entries.push(entry);
                    }
                }
            }
        }
        // Some clients send booleans as text.
        (_, Value::String(text)) if path == "active" => {
            fields.insert(path.to_owned(), json!(text.eq_ignore_ascii_case("true")));
        }
        (_, value) => {
            fields.insert(path.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn patched(op: &str, path: &str, value: Value) -> Value {
        let start = json!({"members": [{"value": "1"}, {"value": "2"}], "active": true});
        let mut fields = start.as_object().cloned().unwrap();
        one(&mut fields, op, path, value);
        Value::Object(fields)
    }

    #[test]
    fn members_come_once_and_go_by_value() {
        let added = patched("add", "members", json!([{"value": "2"}, {"value": "3"}]));
        assert_eq!(
            added.get("members").unwrap(),
            &json!([{"value": "1"}, {"value": "2"}, {"value": "3"}])
        );
        let removed = patched("remove", "members[value eq \"1\"]", Value::Null);
        assert_eq!(removed.get("members").unwrap(), &json!([{"value": "2"}]));
        let removed = patched("remove", "members", json!([{"value": "1"}]));
        assert_eq!(removed.get("members").unwrap(), &json!([{"value": "2"}]));
    }

    #[test]
    fn values_are_replaced_also_within() {
        assert_eq!(
            patched("replace", "active", json!("False")).get("active"),
            Some(&json!(false))
        );
        let named = patched("replace", "name.givenName", json!("Ana"));
        assert_eq!(named.pointer("/name/givenName"), Some(&json!("Ana")));
    }
}
