//! The importer's model of the API, between the Python that it reads and the OpenAPI that it writes.

use std::collections::BTreeMap;

use serde_json::Value;

/// The type of a field or an argument.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Type {
    Any,
    Object,
    String,
    Integer,
    /// An integer that the service may send as a JSON string.
    IntegerOrString,
    Number,
    Boolean,
    Timestamp,
    Duration,
    Binary,
    List(Box<Type>),
    Map(Box<Type>),
    Class(Class),
}

/// A dataclass or enum, by the module that defines it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Class {
    pub(crate) module: String,
    pub(crate) name: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Field {
    /// Name on the wire.
    pub(crate) wire: String,
    /// Name of the attribute or argument in Python.
    pub(crate) python: String,
    pub(crate) ty: Type,
    pub(crate) required: bool,
    pub(crate) deprecated: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Schema {
    Object(Vec<Field>),
    Enum(Vec<EnumMember>),
}

#[derive(Debug, Clone)]
pub(crate) struct EnumMember {
    pub(crate) python: String,
    pub(crate) wire: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Workspace,
    Account,
}

impl Level {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Level::Workspace => "workspace",
            Level::Account => "account",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Location {
    Path,
    Query,
    Header,
}

impl Location {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Location::Path => "path",
            Location::Query => "query",
            Location::Header => "header",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    pub(crate) field: Field,
    pub(crate) location: Location,
    /// True if the value may contain slashes, which reach the service unescaped.
    pub(crate) multi_segment: bool,
    /// Resource-name patterns that the documentation gives, such as `projects/{project_id}`.
    pub(crate) patterns: Vec<String>,
    /// True if it is documented as the name of a long-running operation.
    pub(crate) names_operation: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Body {
    Json(Type),
    Fields(Vec<Field>),
    Binary,
}

#[derive(Debug, Clone)]
pub(crate) enum Response {
    Empty,
    Json(Type),
    Binary,
    /// A page whose container class has yet to be found.
    Page {
        items: String,
        item: Type,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum Paginate {
    Token { request: String, response: String },
    Offset { request: String },
    Page { request: String },
    NextRequest { response: String },
}

#[derive(Debug, Clone)]
pub(crate) struct Paging {
    pub(crate) style: Paginate,
    pub(crate) items: String,
    /// Values that the SDK sends when the caller gives none.
    pub(crate) defaults: Vec<(String, i64)>,
    /// The value that the SDK starts counting from.
    pub(crate) first: Option<i64>,
    /// True if the body requests the next page, and not the query.
    pub(crate) in_body: bool,
}

/// `return Wait(self.<waiter>, <bind>)`.
#[derive(Debug, Clone)]
pub(crate) struct WaitCall {
    pub(crate) waiter: String,
    pub(crate) bind: Vec<(String, BindSource)>,
}

#[derive(Debug, Clone)]
pub(crate) enum BindSource {
    Argument(String),
    Response(String),
}

/// A `wait_...` method: the operation that it polls, and the states that end it.
#[derive(Debug, Clone)]
pub(crate) struct Waiter {
    pub(crate) poll: String,
    /// Arguments of the poll, each with the waiter argument that feeds it.
    pub(crate) poll_arguments: Vec<(String, String)>,
    pub(crate) status: Vec<String>,
    pub(crate) message: Option<Vec<String>>,
    pub(crate) success: Vec<(String, String)>,
    pub(crate) failure: Vec<(String, String)>,
    pub(crate) timeout_minutes: i64,
}

/// A `...Operation` class, which follows a long-running operation.
#[derive(Debug, Clone, Default)]
pub(crate) struct LongRunning {
    pub(crate) poll: String,
    pub(crate) poll_arguments: Vec<(String, String)>,
    pub(crate) result: Option<Type>,
    pub(crate) metadata: Option<Type>,
    pub(crate) cancel: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) module: String,
    pub(crate) api: String,
    pub(crate) method: String,
    pub(crate) line: usize,
    pub(crate) level: Level,
    pub(crate) verb: String,
    pub(crate) path: String,
    pub(crate) resource: Option<String>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<Body>,
    pub(crate) response: Response,
    pub(crate) response_headers: Vec<(String, Type)>,
    pub(crate) paging: Option<Paging>,
    pub(crate) wait: Option<WaitCall>,
    pub(crate) long_running: Option<String>,
    /// The argument that the SDK fills with a fresh UUID when the caller gives none.
    pub(crate) idempotency: Option<String>,
    pub(crate) deprecated: bool,
    pub(crate) stage: Option<&'static str>,
    pub(crate) aliases: Vec<String>,
    /// The operation object of an operation that the overlay adds.
    pub(crate) overlay: Option<Value>,
}

impl Operation {
    /// The wire name of a Python argument.
    pub(crate) fn wire_name(&self, python: &str) -> Option<&str> {
        let parameter = self
            .parameters
            .iter()
            .map(|p| &p.field)
            .find(|f| f.python == python);
        let in_body = || match &self.body {
            Some(Body::Fields(fields)) => fields.iter().find(|f| f.python == python),
            _ => None,
        };
        parameter.or_else(in_body).map(|f| f.wire.as_str())
    }
}

/// One `databricks/sdk/service/<name>.py`.
#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) schemas: Vec<(String, Schema)>,
    pub(crate) operations: Vec<Operation>,
    /// By API class and method.
    pub(crate) waiters: Vec<(String, String, Waiter)>,
    /// By class.
    pub(crate) long_running: Vec<(String, LongRunning)>,
}

/// The whole API, ready to be written.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) modules: Vec<String>,
    pub(crate) schemas: BTreeMap<Class, Schema>,
    pub(crate) operations: Vec<Operation>,
    /// By module, API class and method.
    pub(crate) waiters: BTreeMap<(String, String, String), Waiter>,
    /// By module and class.
    pub(crate) long_running: BTreeMap<(String, String), LongRunning>,
}
