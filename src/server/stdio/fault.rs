//! A line as a message, or the reason why it cannot be served.

use rmcp::model::ClientJsonRpcMessage;

use super::scan::Scan;
use super::{tool_call, unique};

/// Bytes of a line. An upload of 10 MiB fits in base64.
pub(super) const LONGEST: usize = 16 << 20;
/// Nesting of a line. Parsers recurse, so this is well within what any stack bears.
pub(super) const DEEPEST: usize = 100;
/// Members and items of a line. A parsed value takes some hundred bytes, a written one two.
pub(super) const VALUES: usize = 200_000;
/// The codes of JSON-RPC.
pub(super) const PARSE_ERROR: i32 = -32700;
pub(super) const INVALID_REQUEST: i32 = -32600;
pub(super) const INVALID_PARAMS: i32 = -32602;
/// A code of its own: the server has no room.
pub(super) const BUSY: i32 = -32000;

/// The reason why a line cannot be served.
pub(super) struct Fault {
    pub(super) code: i32,
    pub(super) reason: String,
}

pub(super) fn invalid(reason: impl Into<String>) -> Fault {
    Fault {
        code: INVALID_REQUEST,
        reason: reason.into(),
    }
}

/// Parses a line; an empty one is nothing.
pub(super) fn parse(line: &[u8], scan: &Scan) -> Result<Option<ClientJsonRpcMessage>, Fault> {
    if scan.length > LONGEST {
        let most = LONGEST >> 20;
        return Err(invalid(format!("the line is longer than {most} MiB")));
    }
    if scan.deepest > DEEPEST {
        return Err(invalid(format!("it nests deeper than {DEEPEST} levels")));
    }
    if scan.values > VALUES {
        return Err(invalid(format!("it holds more than {VALUES} values")));
    }
    let line = line.trim_ascii();
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    if line.is_empty() {
        return Ok(None);
    }
    if line.starts_with(b"[") && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok() {
        return Err(invalid("a batch is not supported: send one message a line"));
    }
    if let Some(twice) = unique::twice(line) {
        return Err(invalid(twice));
    }
    if let Some(call) = tool_call::parse(line) {
        return Ok(Some(call));
    }
    serde_json::from_slice(line).map(Some).map_err(|error| {
        if error.is_syntax() || error.is_eof() {
            // The parser's own words hold no part of the line.
            Fault {
                code: PARSE_ERROR,
                reason: format!("the line is not JSON: {error}"),
            }
        } else {
            invalid("the line is no JSON-RPC 2.0 message of MCP")
        }
    })
}
