//! A span that has ended, as the protocol's JSON has it.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{Attribute, Open};

/// The part that a span has in its exchange, by the protocol's number.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// It was asked for.
    Server = 2,
    /// It asks.
    Client = 3,
}

/// The protocol's number for an error.
const ERROR: u64 = 2;

/// A span that has ended.
#[derive(Debug)]
pub(super) struct Span(pub(super) Value);

impl Span {
    pub(super) fn of(
        open: &Open,
        kind: Kind,
        name: String,
        failed: Option<&'static str>,
        attributes: Vec<(&'static str, Attribute)>,
    ) -> Self {
        let mut attributes: Vec<Value> = attributes
            .into_iter()
            .map(|(key, value)| attribute(key, value))
            .collect();
        let mut status = json!({});
        if let Some(kind) = failed {
            attributes.push(attribute("error.type", Attribute::Text(kind.to_owned())));
            status = json!({ "code": ERROR });
        }
        let mut span = json!({
            "traceId": format!("{:032x}", open.own.trace),
            "spanId": format!("{:016x}", open.own.span),
            "name": name,
            "kind": kind as u64,
            "startTimeUnixNano": nanoseconds(open.since),
            "endTimeUnixNano": nanoseconds(SystemTime::now().max(open.since)),
            "attributes": attributes,
            "status": status,
        });
        if let (Some(above), Some(span)) = (open.above, span.as_object_mut()) {
            span.insert("parentSpanId".to_owned(), format!("{above:016x}").into());
        }
        Self(span)
    }
}

/// An attribute as the protocol has it, where integers are texts.
pub(super) fn attribute(key: &str, value: Attribute) -> Value {
    let value = match value {
        Attribute::Text(text) => json!({ "stringValue": text }),
        Attribute::Number(number) => json!({ "intValue": number.to_string() }),
    };
    json!({ "key": key, "value": value })
}

fn nanoseconds(at: SystemTime) -> String {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_nanos().to_string()
}
