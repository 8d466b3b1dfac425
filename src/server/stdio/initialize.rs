//! `initialize` of clients that do not write it to the letter: what is missing or odd is filled in where its sense is
//! clear.

use rmcp::model::{ClientJsonRpcMessage, ClientRequest, JsonRpcMessage, RequestId};
use serde_json::{Map, Value, json};

/// The revision of a client that names none: the last one that opens sessions.
const REVISION: &str = "2025-11-25";

/// The same request to the letter; `None` where no sense can be made of it.
pub(super) fn mended(id: &RequestId, params: Option<&Value>) -> Option<ClientJsonRpcMessage> {
    let mut params = match params {
        None | Some(Value::Null) => Map::new(),
        Some(params) => params.as_object()?.clone(),
    };
    if !params.get("protocolVersion").is_some_and(Value::is_string) {
        params.insert("protocolVersion".to_owned(), json!(REVISION));
    }
    let capabilities = params.get("capabilities").and_then(Value::as_object);
    let capabilities: Map<String, Value> = capabilities
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), capability(name, value)?)))
        .collect();
    params.insert("capabilities".to_owned(), capabilities.into());
    let told = params.get("clientInfo").and_then(Value::as_object);
    let mut client = told.cloned().unwrap_or_default();
    for (name, missing) in [("name", "unknown"), ("version", "unknown")] {
        if !client.get(name).is_some_and(Value::is_string) {
            client.insert(name.to_owned(), json!(missing));
        }
    }
    // What else a client tells of itself is for people to read.
    client.retain(|name, _| matches!(name.as_str(), "name" | "version" | "title"));
    params.insert("clientInfo".to_owned(), client.into());
    params.retain(|name, _| {
        matches!(
            name.as_str(),
            "protocolVersion" | "capabilities" | "clientInfo"
        )
    });
    let request = json!({
        "jsonrpc": "2.0",
        "id": id.clone().into_json_value(),
        "method": "initialize",
        "params": params,
    });
    let message: ClientJsonRpcMessage = serde_json::from_value(request).ok()?;
    match &message {
        JsonRpcMessage::Request(known)
            if matches!(known.request, ClientRequest::InitializeRequest(_)) =>
        {
            Some(message)
        }
        _ => None,
    }
}

/// A capability as the protocol has it: `true` declares it without details, and members that are no object say nothing.
fn capability(name: &str, value: &Value) -> Option<Value> {
    match value {
        Value::Bool(true) => Some(json!({})),
        Value::Object(members) if name == "experimental" || name == "extensions" => Some(
            members
                .iter()
                .filter(|(_, value)| value.is_object())
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect::<Map<String, Value>>()
                .into(),
        ),
        Value::Object(_) => Some(value.clone()),
        _ => None,
    }
}
