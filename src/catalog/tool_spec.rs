//! The rows that `build.rs` writes and the server reads: tools, ready to serve, and operations.
//!
//! Both sides compile this file. `Text` and `List` come from the module around it: owned in `codegen`,
//! static in the server. In `codegen` the `Debug` form of a row is its Rust source, so names of variants
//! are unique over all enums here.

use serde::{Deserialize, Serialize};

use super::{List, Text};

/// The tool that sends any operation of the API.
pub const ANY_OPERATION: &str = "api_call";

/// One tool.
#[derive(Debug)]
pub struct ToolSpec {
    /// The name that is listed.
    pub name: Text,
    /// Further names the call answers to.
    pub aliases: List<Text>,
    /// Further names of arguments, each with the argument's own.
    pub argument_aliases: List<(Text, Text)>,
    /// Arguments that hold further arguments.
    pub flatten: List<Text>,
    /// The toolset it belongs to.
    pub toolset: Text,
    /// Two or three words for people.
    pub title: Text,
    /// Guidance for an agent: the use of the tool and its answer.
    pub description: Text,
    /// Its effect.
    pub access: Access,
    /// True if read-only mode serves the tool although it can write. Its Rust then allows only reading.
    pub enforces_read_only: bool,
    /// Calling it again changes nothing more.
    pub idempotent: bool,
    /// JSON schema of the arguments; empty for a behaviour, which brings its own.
    pub input_schema: Text,
    /// JSON schema of the structured answer; empty for a behaviour.
    pub output_schema: Text,
    /// The door through which it is served.
    pub door: Door,
    /// Every operation that a call may send, the primary ones first.
    pub operations: List<SentOperation>,
    /// The question before it acts.
    pub confirm: Option<Confirm>,
    /// Lists in which to look for the name that the caller meant, if the given one does not exist.
    pub nearest: List<Nearest>,
}

/// An operation that a tool may send.
#[derive(Debug)]
pub struct SentOperation {
    /// `service.method`.
    pub id: Text,
    /// Upper-case HTTP method.
    pub verb: Text,
    /// Path template.
    pub path: Text,
    /// The tool is there to send it; the others help: they poll, stop, clean up or look something up.
    pub primary: bool,
    /// True if it changes nothing, judged by its verb or by the tools that stand for it.
    pub reads: bool,
}

/// A list in which to look for the name that the caller meant, if the given one does not exist.
#[derive(Debug)]
pub struct Nearest {
    /// The tool that lists them.
    pub list: Text,
    /// Field of its rows that should have been given.
    pub of: Text,
    /// Field of its rows that may have been given instead; may be empty.
    pub label: Text,
    /// Arguments that together, joined by dots, were the name.
    pub named: List<Text>,
    /// Segments of that name that count; 0 is all.
    pub depth: u32,
    /// Arguments of the list, from the name's first segments.
    pub within: List<Text>,
    /// Only for errors with this code; empty for every one.
    pub code: Text,
}

/// The effect of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Changes nothing.
    Read,
    /// Adds or changes.
    Write,
    /// Deletes or replaces.
    Destroy,
}

/// The door through which a tool is served.
#[allow(clippy::large_enum_variant, reason = "rows are static and never moved")]
#[derive(Debug)]
pub enum Door {
    /// The engine, from a plan.
    Table(Plan),
    /// Hand-written Rust of this name.
    Behaviour(Text),
}

/// The engine's way to serve a tool.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The request.
    pub request: RequestPlan,
    /// Collecting a list.
    pub paginate: Option<Paginate>,
    /// Waiting for an outcome.
    pub wait: Option<Wait>,
    /// The answer.
    pub shape: Shape,
}

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
    /// Always this JSON.
    Constant(Text),
    /// A new UUID for each call.
    Uuid,
    /// The caller, or the configured warehouse.
    CallerOrWarehouse,
    /// The caller, or the id of the workspace that is called.
    CallerOrWorkspace,
}

/// Collecting a list.
#[derive(Debug, Clone)]
pub struct Paginate {
    /// The way to the next page, where there are pages.
    pub next: Option<Next>,
    /// Query parameter or body property for rows per request.
    pub size: Option<Size>,
    /// Rows when the caller gives no `limit`.
    pub limit: u32,
}

/// The way to the next page of a list.
#[derive(Debug, Clone)]
pub enum Next {
    /// By the token in this field of the answer, sent as this parameter.
    ByToken(Wire, Text),
    /// By the number of rows so far, counted from this, sent as this parameter, until a page is empty.
    ByOffset(Wire, u32),
    /// By the page's number, counted from this, sent as this parameter, until a page is empty.
    ByPage(Wire, u32),
    /// By the body properties in this field of the answer.
    ByRequest(Text),
}

/// A parameter as the service knows it.
#[derive(Debug, Clone)]
pub struct Wire {
    /// Its name.
    pub name: Text,
    /// Its place in the request.
    pub place: Place,
}

/// The number of rows that a request asks for.
#[derive(Debug, Clone)]
pub struct Size {
    /// The parameter.
    pub wire: Wire,
    /// The service's bound.
    pub maximum: u32,
}

/// Waiting for an outcome.
#[derive(Debug, Clone)]
pub struct Wait {
    /// Asks for the state.
    pub poll: RequestPlan,
    /// Arguments of `poll` and `cancel`.
    pub bind: List<Bind>,
    /// First match decides.
    pub until: List<Until>,
    /// Field that says the state in one word.
    pub state: Text,
    /// Field with the service's own words.
    pub message: Text,
    /// Counting finished parts.
    pub progress: Option<Progress>,
    /// Stops the work.
    pub cancel: Option<RequestPlan>,
    /// Seconds until the answer is how to resume.
    pub answer_within: u32,
    /// The tool that tells later how it went; [`ANY_OPERATION`] with the operation of `poll` where no tool does.
    pub resume: Text,
    /// The tool that says why it failed, with the same arguments.
    pub explain: Text,
    /// The argument that shortens the waiting, in seconds; may be empty.
    pub within: Text,
    /// The argument for seconds between two questions; may be empty.
    pub every: Text,
}

/// An argument taken from what is known after the first request.
#[derive(Debug, Clone)]
pub struct Bind {
    /// The argument of `poll`.
    pub name: Text,
    /// The same argument, as the tool that resumes calls it.
    pub resume_as: Text,
    /// Request or response.
    pub from: BindFrom,
    /// Dotted path in it.
    pub path: Text,
}

/// The source of a bound argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindFrom {
    /// The caller's arguments.
    Request,
    /// The first answer.
    Response,
}

/// A condition and what it means.
#[derive(Debug, Clone)]
pub struct Until {
    /// All must hold.
    pub all: List<Condition>,
    /// The outcome.
    pub is: Outcome,
}

/// A field that has one of some values.
#[derive(Debug, Clone)]
pub struct Condition {
    /// Dotted path.
    pub field: Text,
    /// Its values.
    pub any: List<Text>,
}

/// An end of waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// As asked.
    Success,
    /// Not as asked.
    Failure,
}

/// Counting finished parts.
#[derive(Debug, Clone)]
pub struct Progress {
    /// Field that holds the parts.
    pub items: Text,
    /// The condition that a finished part meets.
    pub done: Condition,
}

/// The question before a tool acts.
#[derive(Debug)]
pub struct Confirm {
    /// Only when this argument is true; empty means always.
    pub when: Text,
    /// The question.
    pub message: Text,
}

/// The answer: its rows, its fields and its text.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Field that holds the rows; empty when the answer is one object.
    pub items: Text,
    /// Conditions that a row must meet to stay.
    pub filter: List<Condition>,
    /// The fields; empty keeps everything.
    pub fields: List<Field>,
    /// The form of the text.
    pub format: Format,
    /// The text when there are no rows.
    pub empty: Text,
    /// The sentence with every answer on what it does not cover; mostly empty.
    pub note: Text,
}

/// One field of the answer.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name in the answer.
    pub name: Text,
    /// Dotted path in the service's answer.
    pub path: Text,
    /// The reading of its value.
    pub kind: Kind,
    /// Fields kept of an object, or of each object of a list.
    pub fields: List<Field>,
}

/// A reading of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// As it is.
    Any,
    /// A string.
    String,
    /// A whole number, also when sent as a string.
    Integer,
    /// A number.
    Number,
    /// True or false.
    Boolean,
    /// Milliseconds since 1970, shown as RFC 3339.
    Timestamp,
    /// Milliseconds, shown as seconds.
    Seconds,
    /// Base64, shown as text.
    Base64,
}

/// The form of the text part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Compact JSON.
    Json,
    /// A markdown table.
    Grid,
    /// The first field as it is.
    Plain,
}

/// One line of the index of all operations.
#[derive(Debug)]
pub struct Operation {
    /// `service.method`.
    pub id: Text,
    /// Upper-case HTTP method.
    pub verb: Text,
    /// Path template.
    pub path: Text,
    /// On the account console, not in a workspace.
    pub account: bool,
    /// Marked deprecated upstream.
    pub deprecated: bool,
    /// The public reference has a page on it.
    pub documented: bool,
    /// Names it had before.
    pub aliases: List<Text>,
    /// Launch stage, such as `beta`; empty for most.
    pub stage: Text,
    /// What it does.
    pub effect: Effect,
    /// What it does instead with certain arguments.
    pub under: List<Under>,
}

/// What an operation does, as `specs/effects.yaml` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing.
    Reads,
    /// Adds, or changes what can be changed back.
    Writes,
    /// Deletes, replaces or stops.
    Destroys,
    /// Answers with a secret, a token or a password.
    Reveals,
    /// Changes who may do what.
    Grants,
}

impl Effect {
    /// True if the user is asked first.
    #[must_use]
    pub fn asks(self) -> bool {
        matches!(self, Self::Destroys | Self::Reveals | Self::Grants)
    }
}

/// An effect that an argument brings about.
#[derive(Debug, Clone)]
pub struct Under {
    /// The argument, by dots also a nested one: it counts where it is given and not false.
    pub argument: Text,
    /// The effect then.
    pub effect: Effect,
}
