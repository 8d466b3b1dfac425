//! The rows that `build.rs` writes and the server reads: tools, ready to serve, and operations.
//!
//! Both sides compile this file. `Text` and `List` come from the module around it: owned in `codegen`,
//! static in the server. In `codegen` the `Debug` form of a row is its Rust source, so names of variants
//! are unique over all enums here.

pub use super::answer_spec::*;
pub use super::list_spec::*;
pub use super::request_spec::*;
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
    /// Not for errors, but for a list that is empty although the name was given.
    pub empty: bool,
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
