//! A line is known alike however it is cut, and what is said of sound JSON agrees with a parser.
#![no_main]

use databricks_mcp::server::fuzz_line;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

fuzz_target!(|line: &[u8]| {
    let whole = fuzz_line(line, line.len());
    for piece in [1, 3, 64] {
        assert_eq!(fuzz_line(line, piece), whole, "in pieces of {piece}");
    }
    let Ok(value) = serde_json::from_slice::<Value>(line) else {
        return;
    };
    assert_eq!(whole.0, depth(&value), "depth");
});
