//! Single values of made answers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// Milliseconds of 2026-09-21T14:13:20Z, the day before the first record.
const START: u64 = 1_790_000_000_000;
const HOUR: u64 = 3_600_000;
/// The least whole number that a double cannot hold, less one.
const WIDE: u64 = 9_007_199_254_740_992;

/// A number that depends on the text alone.
pub fn hash(text: &str, number: u64) -> u64 {
    let seed = 0xcbf2_9ce4_8422_2325 ^ number;
    let hashed = text.bytes().fold(seed, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hashed ^ (hashed >> 29)
}

/// A value that is no object and no list.
pub fn leaf(schema: &Value, path: &str, number: u64, base64: bool) -> Value {
    let name = path.rsplit('.').next().unwrap_or_default();
    let own = hash(path, number);
    let format = schema["format"].as_str().unwrap_or_default();
    match schema["type"].as_str() {
        Some("boolean") => json!(own.is_multiple_of(2)),
        Some("integer" | "number") if is_time(name) => json!(time(name, number, own)),
        Some("integer") if format == "int64" && name.ends_with("id") => {
            json!(WIDE + 1 + own % 1_000_000_000)
        }
        Some("integer") => json!(1_000 + own % 999_999_000),
        Some("number") => {
            json!(f64::from(u32::try_from(own % 999_999_000).unwrap_or_default()) + 0.5)
        }
        _ if schema.get("enum").is_some() => {
            json!(format!(
                "NEW_{}_{number}",
                path.to_uppercase().replace('.', "_")
            ))
        }
        _ if format == "date-time" || format == "google-datetime" => {
            let millis = i64::try_from(time(name, number, own)).unwrap_or_default();
            let time = jiff::Timestamp::from_millisecond(millis / 1_000 * 1_000);
            json!(time.map(|time| time.to_string()).unwrap_or_default())
        }
        _ if base64 => json!(STANDARD.encode(format!("{path} {number}"))),
        _ => json!(format!("{path} {number}")),
    }
}

fn is_time(name: &str) -> bool {
    ["time", "timestamp", "_at", "_ts"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Milliseconds since 1970: a day for each record, and within it in the order in which things happen.
fn time(name: &str, number: u64, own: u64) -> u64 {
    let order = [
        ["creat", "submit"],
        ["start", "begin"],
        ["update", "modif"],
        ["end", "complet"],
        ["terminat", "finish"],
        ["delet", "expir"],
    ];
    let place = order
        .iter()
        .position(|words| words.iter().any(|word| name.contains(word)));
    let hours = u64::try_from(place.unwrap_or(2)).unwrap_or_default();
    START + 24 * HOUR * number + HOUR * hours + own % 3_600 * 1_000
}
