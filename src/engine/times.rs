//! Points in time as people write them.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::ranges::resolved;
use crate::error::Error;

/// Stands for the tool in errors about arguments, where a request is made and the tool is not known.
pub(super) const REQUEST: &str = "request";

/// The forms, for the message about a wrong one.
const FORMS: &str =
    "a time such as `2026-01-31T08:00:00Z`, `2026-01-31`, `-2h`, `-7d`, or milliseconds since 1970";

/// The milliseconds since 1970 of a time that the caller wrote.
///
/// # Errors
/// Fails if it is none of the forms; the error names them.
pub(super) fn millis(argument: &str, value: &Value) -> Result<Value, Error> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    read(&text, Timestamp::now())
        .map(Value::from)
        .ok_or_else(|| Error::Arguments {
            tool: REQUEST.to_owned(),
            problems: vec![format!("`{argument}`: expected {FORMS}")],
        })
}

/// Marks a text in the schema of arguments as a time in any form.
const MARK: &str = "time-in-any-form";

/// The schema of a time in any form.
#[must_use]
pub(crate) fn any_time() -> Value {
    json!({ "type": "string", "format": MARK })
}

/// The arguments with the times inside of objects and lists as the milliseconds that the service takes. Those at the
/// top are only checked: the request reads them.
///
/// # Errors
/// Every time that is none of the forms, with its path.
pub(crate) fn with_times(
    tool: &str,
    schema: &Map<String, Value>,
    arguments: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    let now = Timestamp::now();
    let mut problems = Vec::new();
    let read = arguments.into_iter().map(|(name, value)| {
        let known = schema.get("properties").and_then(|known| known.get(&name));
        let Some(known) = known else {
            return (name, value);
        };
        let read = within(known, schema, &name, value.clone(), now, &mut problems);
        let value = if is_marked(known) { value } else { read };
        (name, value)
    });
    let read = read.collect();
    if problems.is_empty() {
        return Ok(read);
    }
    Err(Error::Arguments {
        tool: tool.to_owned(),
        problems,
    })
}

fn is_marked(schema: &Value) -> bool {
    schema.get("format").is_some_and(|format| format == MARK)
}

/// A value with its times read, by the schema at its path.
fn within(
    schema: &Value,
    root: &Map<String, Value>,
    path: &str,
    value: Value,
    now: Timestamp,
    problems: &mut Vec<String>,
) -> Value {
    let schema = resolved(schema, root);
    match value {
        Value::String(text) if is_marked(schema) => {
            let time = read(text.trim(), now);
            time.map(Value::from).unwrap_or_else(|| {
                problems.push(format!("`{path}`: expected {FORMS}"));
                Value::String(text)
            })
        }
        Value::Array(items) => {
            let inner = schema.get("items").unwrap_or(&Value::Null);
            let items = items.into_iter().enumerate().map(|(nth, item)| {
                within(inner, root, &format!("{path}.{nth}"), item, now, problems)
            });
            items.collect()
        }
        Value::Object(fields) => {
            let known = |name: &str| {
                let own = schema.get("properties").and_then(|known| known.get(name));
                own.or_else(|| schema.get("additionalProperties"))
                    .unwrap_or(&Value::Null)
            };
            let fields = fields.into_iter().map(|(name, field)| {
                let path = format!("{path}.{name}");
                let field = within(known(&name), root, &path, field, now, problems);
                (name, field)
            });
            Value::Object(fields.collect())
        }
        other => other,
    }
}

fn read(text: &str, now: Timestamp) -> Option<i64> {
    if let Ok(number) = text.parse::<i64>() {
        // Ten digits are seconds, as most of the world counts them.
        let is_seconds = (1_000_000_000..10_000_000_000).contains(&number);
        return (number >= 0).then(|| if is_seconds { number * 1000 } else { number });
    }
    let midnight = |days_ago: i64| {
        let day = now
            .checked_sub(SignedDuration::from_hours(24 * days_ago))
            .ok()?;
        let midnight = day.to_zoned(TimeZone::UTC).start_of_day().ok()?;
        Some(midnight.timestamp())
    };
    let at = if text == "now" {
        now
    } else if text == "today" {
        midnight(0)?
    } else if text == "yesterday" {
        midnight(1)?
    } else if let Some(ago) = text.strip_prefix('-') {
        now.checked_sub(duration(ago)?).ok()?
    } else if let Some(ahead) = text.strip_prefix('+') {
        now.checked_add(duration(ahead)?).ok()?
    } else {
        let whole = text.parse::<Timestamp>().ok();
        whole.or_else(|| {
            let civil = text.parse::<DateTime>().ok();
            let day = || text.parse::<Date>().ok().map(DateTime::from);
            let zoned = civil.or_else(day)?.to_zoned(TimeZone::UTC).ok()?;
            Some(zoned.timestamp())
        })?
    };
    Some(at.as_millisecond())
}

/// `90m`, `2h`, `7d`.
fn duration(text: &str) -> Option<SignedDuration> {
    let unit = text.chars().last()?;
    let count: i64 = text.strip_suffix(unit)?.trim().parse().ok()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    (count >= 0).then(|| count.checked_mul(seconds).map(SignedDuration::from_secs))?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn times_inside_of_objects_are_read_and_wrong_ones_told_with_their_place() {
        let time = any_time();
        let schema = json!({
            "properties": {
                "at": time,
                "list": { "type": "array", "items": { "$ref": "#/$defs/Item" } },
                "map": { "type": "object", "additionalProperties": { "$ref": "#/$defs/Item" } },
            },
            "$defs": { "Item": { "properties": { "time": time, "note": { "type": "string" } } } },
        });
        let read = |arguments: Value| {
            let schema = schema.as_object().unwrap();
            with_times("tool", schema, arguments.as_object().unwrap().clone())
        };
        let item = json!({ "time": "2026-01-31", "note": "2026-01-31" });
        let read_once = read(json!({ "at": "2026-01-31", "list": [item], "map": { "a": item } }));
        let item = json!({ "time": 1_769_817_600_000_i64, "note": "2026-01-31" });
        let wanted = json!({ "at": "2026-01-31", "list": [item], "map": { "a": item } });
        assert_eq!(Value::Object(read_once.unwrap()), wanted);
        let ago = read(json!({ "list": [{ "time": "-2h" }] })).unwrap();
        assert!(
            ago.get("list")
                .unwrap()
                .get(0)
                .unwrap()
                .get("time")
                .unwrap()
                .is_i64()
        );
        let wrong = json!({ "at": "noon", "list": [{ "time": "1" }, { "time": "soon" }] });
        let told = read(wrong).unwrap_err().text();
        for place in [
            "`at`: expected a time such as",
            "`list.1.time`: expected a time such as",
        ] {
            assert!(told.contains(place), "{told}");
        }
    }

    #[test]
    fn a_time_is_read_in_every_form() {
        let now: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        let noon = 1_769_860_800_000;
        for (text, wanted) in [
            ("1769860800000", Some(noon)),
            ("1769860800", Some(noon)),
            ("2026-01-31T12:00:00Z", Some(noon)),
            ("2026-01-31T13:00:00+01:00", Some(noon)),
            ("2026-01-31T12:00:00", Some(noon)),
            ("2026-01-31 12:00:00", Some(noon)),
            ("2026-01-31", Some(noon - 43_200_000)),
            ("now", Some(noon)),
            ("-2h", Some(noon - 7_200_000)),
            ("-7d", Some(noon - 604_800_000)),
            ("-0s", Some(noon)),
            ("+1h", Some(noon + 3_600_000)),
            ("0", Some(0)),
            ("-5", None),
            ("-9223372036854775807d", None),
            ("-2 fortnights", None),
            ("today", Some(noon - 43_200_000)),
            ("yesterday", Some(noon - 43_200_000 - 86_400_000)),
            ("tomorrow", None),
            ("", None),
        ] {
            assert_eq!(read(text, now), wanted, "{text}");
        }
    }
}
