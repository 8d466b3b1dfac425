//! A line as a message, or the reason why it cannot be served.

use rmcp::model::ClientJsonRpcMessage;

use super::tool_call;
use crate::server::message::{self, Scan};

pub(super) use crate::server::message::{Fault, invalid};

/// Bytes of a line. An upload of 10 MiB fits in base64.
pub(super) const LONGEST: usize = 16 << 20;
/// The codes of JSON-RPC.
pub(super) const INVALID_PARAMS: i32 = -32602;
/// A code of its own: the server has no room.
pub(super) const BUSY: i32 = -32000;

/// Parses a line; an empty one is nothing.
pub(super) fn parse(line: &[u8], scan: &Scan) -> Result<Option<ClientJsonRpcMessage>, Fault> {
    message::bounded(scan, LONGEST)?;
    let line = line.trim_ascii();
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    if line.is_empty() {
        return Ok(None);
    }
    message::single(line)?;
    if let Some(call) = tool_call::parse(line) {
        return Ok(Some(call));
    }
    serde_json::from_slice(line)
        .map(Some)
        .map_err(|error| message::unread(&error))
}
