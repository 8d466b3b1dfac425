//! Bounds of a message before it is parsed, whichever way it came: bytes, depth, values, names that are there twice.

mod scan;
mod unique;

pub(crate) use scan::Scan;

/// Nesting of a message. Parsers recurse, so this is well within what any stack bears.
pub(crate) const DEEPEST: usize = 100;
/// Members and items of a message. A parsed value takes some hundred bytes, a written one two.
const VALUES: usize = 200_000;

/// The codes of JSON-RPC 2.0.
const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;

/// The reason why a message cannot be served.
#[derive(Debug)]
pub(crate) struct Fault {
    /// A code of JSON-RPC 2.0.
    pub(crate) code: i32,
    /// In words.
    pub(crate) reason: String,
}

pub(crate) fn invalid(reason: impl Into<String>) -> Fault {
    Fault {
        code: INVALID_REQUEST,
        reason: reason.into(),
    }
}

/// Refuses what is too long, too deep, or of too many values.
pub(crate) fn bounded(scan: &Scan, longest: usize) -> Result<(), Fault> {
    if scan.length > longest {
        let most = longest >> 20;
        return Err(invalid(format!("the message is longer than {most} MiB")));
    }
    if scan.deepest > DEEPEST {
        return Err(invalid(format!("it nests deeper than {DEEPEST} levels")));
    }
    if scan.values > VALUES {
        return Err(invalid(format!("it holds more than {VALUES} values")));
    }
    Ok(())
}

/// Refuses a batch, and an object that names a member twice.
pub(crate) fn single(text: &[u8]) -> Result<(), Fault> {
    if text.starts_with(b"[") && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok() {
        return Err(invalid(
            "a batch is not supported: send one message at a time",
        ));
    }
    match unique::twice(text) {
        Some(twice) => Err(invalid(twice)),
        None => Ok(()),
    }
}

/// The fault of a message that a parser did not take.
pub(crate) fn unread(error: &serde_json::Error) -> Fault {
    if error.is_syntax() || error.is_eof() {
        // The parser's own words hold no part of the message.
        Fault {
            code: PARSE_ERROR,
            reason: format!("the message is not JSON: {error}"),
        }
    } else {
        invalid("the message is no JSON-RPC 2.0 message of MCP")
    }
}
