//! `tools/call`, nearly every line of a session, parsed in one pass: rmcp tries the forms of all messages in turn.

use rmcp::model::{
    CallToolRequest, CallToolRequestMethod, CallToolRequestParams, ClientJsonRpcMessage,
    ClientRequest, JsonRpcMessage, JsonRpcVersion2_0, RequestId,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Call {
    #[serde(rename = "jsonrpc")]
    _version: JsonRpcVersion2_0,
    id: RequestId,
    #[serde(rename = "method")]
    _method: CallToolRequestMethod,
    params: CallToolRequestParams,
}

/// The call, if the line is one to the letter; whatever else it is, rmcp tells.
pub(super) fn parse(line: &[u8]) -> Option<ClientJsonRpcMessage> {
    memchr::memmem::find(line, b"\"tools/call\"")?;
    let Call { id, mut params, .. } = serde_json::from_slice(line).ok()?;
    let meta = params.meta.take();
    let mut call = CallToolRequest::new(params);
    if let Some(meta) = meta {
        // As rmcp keeps it.
        call.extensions.insert(meta);
    }
    Some(JsonRpcMessage::request(
        ClientRequest::CallToolRequest(call),
        id,
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use rmcp::model::GetMeta;

    use super::*;

    #[test]
    fn a_call_is_parsed_as_rmcp_parses_it() {
        for line in [
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"health"}}"#,
            r#"{"id":"a","params":{"_meta":{"progressToken":7,"x":{"y":1}},"arguments":{"b":[1]},"name":"health"},"method":"tools/call","jsonrpc":"2.0"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"h","requestState":"s","inputResponses":{"confirm":{"action":"accept"}}}}"#,
        ] {
            let ours = parse(line.as_bytes()).unwrap();
            let theirs: ClientJsonRpcMessage = serde_json::from_str(line).unwrap();
            let written = |message: &ClientJsonRpcMessage| serde_json::to_value(message).unwrap();
            assert_eq!(written(&ours), written(&theirs), "{line}");
            let JsonRpcMessage::Request(ours) = ours else {
                unreachable!("a request")
            };
            let has_meta = line.contains("_meta");
            assert_eq!(ours.request.get_meta().is_empty(), !has_meta, "{line}");
        }
        for line in [
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"name":"tools/call"}}"#,
            r#"{"jsonrpc":"1.0","id":1,"method":"tools/call","params":{"name":"health"}}"#,
            r#"{"jsonrpc":"2.0","method":"tools/call","params":{"name":"health"}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#,
        ] {
            assert!(parse(line.as_bytes()).is_none(), "{line}");
        }
    }
}
