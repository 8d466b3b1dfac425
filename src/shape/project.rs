//! Projects a value to the fields that a tool shows, each read as its kind.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::path;
use super::text::one_line;
use crate::catalog::{Condition, Field, Kind};

/// Characters of a text that is shown as a line.
const LINE: usize = 200;

/// One character in so many that cannot be read still makes a text.
const NEARLY: usize = 4;

/// Projects one row of a list: its fields, or nothing when the filter drops it.
#[must_use]
pub fn row(value: &Value, filter: &[Condition], fields: &[Field]) -> Option<Value> {
    stays(value, filter).then(|| object(value, fields))
}

/// Tells whether a row meets every condition.
pub(super) fn stays(value: &Value, filter: &[Condition]) -> bool {
    filter.iter().all(|condition| matches(value, condition))
}

/// The fields of one object; everything when none are named. Fields that are absent stay absent.
#[must_use]
pub fn object(value: &Value, fields: &[Field]) -> Value {
    if fields.is_empty() {
        return value.clone();
    }
    if let Value::Array(items) = value {
        return items.iter().map(|item| object(item, fields)).collect();
    }
    let shown = fields.iter().filter_map(|one| {
        let shown = field(path::at(value, one.path)?, one)?;
        Some((one.name.to_owned(), shown))
    });
    Value::Object(shown.collect())
}

/// Projects the value that stands at a field's path; `None` where it says nothing, which then costs nothing.
pub(super) fn field(value: Value, field: &Field) -> Option<Value> {
    let shown = read(value, field.kind);
    if shown.is_null() || shown == "" {
        return None;
    }
    Some(match field.fields {
        [] => shown,
        fields => object(&shown, fields),
    })
}

/// The values at dotted paths, each under its path; what is absent stays absent.
#[must_use]
pub fn pick(value: &Value, paths: &[&str]) -> Value {
    let found = paths
        .iter()
        .filter_map(|path| Some(((*path).to_owned(), path::at(value, path)?)));
    Value::Object(found.collect())
}

/// Tells whether the field has one of the values.
#[must_use]
pub fn matches(value: &Value, condition: &Condition) -> bool {
    is_met(condition, path::at(value, condition.field).as_ref())
}

/// Tells whether what stands at the condition's field is one of its values.
pub(super) fn is_met(condition: &Condition, found: Option<&Value>) -> bool {
    match found {
        Some(Value::String(text)) => condition.any.contains(&text.as_str()),
        // What stands in the members of a list, in each of them.
        Some(Value::Array(all)) if !all.is_empty() => {
            all.iter().all(|one| is_met(condition, Some(one)))
        }
        Some(other) => condition.any.contains(&other.to_string().as_str()),
        None => condition.any.contains(&""),
    }
}

/// Reads a value as its kind; what does not fit stays as it came, so that nothing is lost.
fn read(value: Value, kind: Kind) -> Value {
    match (kind, &value) {
        // Each member of a list; one that says nothing is left out.
        (kind, Value::Array(_)) if kind != Kind::Any => each(value, kind),
        (Kind::Integer, Value::String(text)) => text.parse::<i64>().map_or(value, Value::from),
        (Kind::Number, Value::String(text)) => text.parse::<f64>().map_or(value, Value::from),
        (Kind::String, Value::Number(_) | Value::Bool(_)) => Value::String(value.to_string()),
        (Kind::Timestamp, _) => millis(&value).and_then(time).unwrap_or(value),
        #[expect(
            clippy::cast_precision_loss,
            reason = "durations are far below 2^53 ms"
        )]
        (Kind::Seconds, _) => millis(&value).map_or(value, |millis| json!(millis as f64 / 1000.0)),
        (Kind::Line, Value::String(text)) => {
            let words: Vec<&str> = text.split_whitespace().collect();
            Value::String(one_line(&words.join(" "), LINE))
        }
        (Kind::Base64, Value::String(text)) => decode(text).map_or(value, Value::String),
        _ => value,
    }
}

fn each(list: Value, kind: Kind) -> Value {
    match list {
        Value::Array(items) => items
            .into_iter()
            .map(|item| read(item, kind))
            .filter(|item| !item.is_null())
            .collect(),
        other => other,
    }
}

fn millis(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The time in RFC 3339; null for 0, which the service says of a time that has not come.
fn time(millis: i64) -> Option<Value> {
    if millis == 0 {
        return Some(Value::Null);
    }
    let time = jiff::Timestamp::from_millisecond(millis).ok()?;
    Some(Value::String(time.to_string()))
}

/// The text that comes as base64: with U+FFFD for bytes of another encoding where it is nearly text. `None` for what
/// is no text.
pub(super) fn decode(text: &str) -> Option<String> {
    match String::from_utf8(STANDARD.decode(text).ok()?) {
        Ok(text) => Some(text),
        Err(error) => nearly_text(error.as_bytes()),
    }
}

/// The text that bytes of another encoding nearly are, with U+FFFD for each that fits nowhere. `None` for what is no
/// text.
#[must_use]
pub fn nearly_text(bytes: &[u8]) -> Option<String> {
    let odd = |byte: &u8| matches!(byte, 0..=8 | 14..=26 | 28..=31);
    let text = String::from_utf8_lossy(bytes).into_owned();
    let replaced = text.matches(char::REPLACEMENT_CHARACTER).count();
    let is_text = !bytes.iter().any(odd) && replaced * NEARLY <= text.chars().count();
    is_text.then_some(text)
}

/// True for base64 of bytes that are no text; it is shown as it came.
#[must_use]
pub fn is_base64_of_no_text(text: &str) -> bool {
    !text.is_empty() && STANDARD.decode(text).is_ok() && decode(text).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_their_kind_and_never_lost() {
        assert_eq!(read(json!("42"), Kind::Integer), json!(42));
        assert_eq!(read(json!("many"), Kind::Integer), json!("many"));
        assert_eq!(read(json!(7), Kind::String), json!("7"));
        assert_eq!(
            read(json!(1_700_000_000_000_i64), Kind::Timestamp),
            json!("2023-11-14T22:13:20Z")
        );
        assert_eq!(read(json!(0), Kind::Timestamp), Value::Null);
        assert_eq!(read(json!(1500), Kind::Seconds), json!(1.5));
        assert_eq!(read(json!("aGk="), Kind::Base64), json!("hi"));
        // Another encoding costs its characters; what is no text stays as it came.
        assert_eq!(
            read(json!("cHJpeDogNSCALCBjYWbp"), Kind::Base64),
            json!("prix: 5 \u{fffd}, caf\u{fffd}")
        );
        assert_eq!(read(json!("AAEC/w=="), Kind::Base64), json!("AAEC/w=="));
        assert!(is_base64_of_no_text("AAEC/w==") && !is_base64_of_no_text("aGk="));
        assert_eq!(
            read(json!("not base64!"), Kind::Base64),
            json!("not base64!")
        );
        assert_eq!(
            read(json!(["1", [2], null]), Kind::Integer),
            json!([1, [2]])
        );
    }
}
