//! The rows of a request: where its arguments come from and go to; both sides compile this file, as they do `tool_spec.rs`.

use serde::{Deserialize, Serialize};

use super::{List, Text};

/// A request to make from arguments.
#[derive(Debug, Clone)]
pub struct RequestPlan {
    /// `service.method`.
    pub operation: Text,
    /// Upper-case HTTP method.
    pub verb: Text,
    /// Path template.
    pub path: Text,
    /// The arguments of path, query, headers and body.
    pub arguments: List<Argument>,
    /// The answer is raw text, shown as the field `content`.
    pub raw: bool,
}

/// One argument of a request.
#[derive(Debug, Clone)]
pub struct Argument {
    /// The caller's name for it.
    pub name: Text,
    /// The service's name for it.
    pub wire: Text,
    /// Its place in the request.
    pub place: Place,
    /// The source of its value.
    pub source: Source,
    /// Text that travels as base64.
    pub base64: bool,
    /// A time in any form, which travels as milliseconds since 1970.
    pub time: bool,
}

impl Argument {
    /// Returns true if it names what a request writes, or says of which kind that is. It is never the content, which
    /// may be long, or a secret.
    #[must_use]
    #[allow(clippy::needless_borrow, reason = "`Text` is owned in `codegen`")]
    pub fn names_what_is_written(&self) -> bool {
        let name: &str = &self.wire;
        let content = self.base64 || self.place == Place::Raw || name.ends_with("value");
        let kind = matches!(name, "language" | "type") || name.ends_with("_type");
        let ends = ["_id", "Id", "_name", "_key"];
        let named = matches!(name, "path" | "id" | "name" | "scope" | "key" | "principal")
            || ends.iter().any(|end| name.ends_with(end));
        let in_path = matches!(self.place, Place::Segment | Place::Segments);
        !content && (kind || named || in_path)
    }
}

/// The place of an argument in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A segment of the path.
    Segment,
    /// Several segments of the path, slashes kept.
    Segments,
    /// The query string.
    Query,
    /// A request header.
    Header,
    /// A property of the JSON body.
    Property,
    /// The whole body, raw.
    Raw,
}

/// The source of an argument's value.
#[derive(Debug, Clone)]
pub enum Source {
    /// The caller, or nothing.
    Caller,
    /// The caller, or this JSON.
    CallerOr(Text),
    /// The caller, or this JSON where another argument, of this name, is not given.
    CallerOrUnless(Text, Text),
    /// Always this JSON.
    Constant(Text),
    /// A new UUID for each call.
    Uuid,
    /// The caller, or the configured warehouse.
    CallerOrWarehouse,
    /// The caller, or the id of the workspace that is called.
    CallerOrWorkspace,
}

/// A parameter as the service knows it.
#[derive(Debug, Clone)]
pub struct Wire {
    /// Its name.
    pub name: Text,
    /// Its place in the request.
    pub place: Place,
}

/// A field that has one of some values.
#[derive(Debug, Clone)]
pub struct Condition {
    /// Dotted path.
    pub field: Text,
    /// Its values.
    pub any: List<Text>,
}
