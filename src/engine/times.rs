//! Points in time as people write them.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

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

fn read(text: &str, now: Timestamp) -> Option<i64> {
    if let Ok(number) = text.parse::<i64>() {
        // Ten digits are seconds, as most of the world counts them.
        let is_seconds = (1_000_000_000..10_000_000_000).contains(&number);
        return (number >= 0).then(|| if is_seconds { number * 1000 } else { number });
    }
    let at = if text == "now" {
        now
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
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(read(text, now), wanted, "{text}");
        }
    }
}
