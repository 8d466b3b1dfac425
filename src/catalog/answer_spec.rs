//! The rows of an answer: its fields, and what further operations tell; both sides compile this file, as they do `tool_spec.rs`.

use super::request_spec::{Condition, RequestPlan, Wire};
use super::{List, Text};

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
    /// What further operations tell of the parts of the answer.
    pub each: List<Each>,
    /// The tool that shows what was written; empty for none.
    pub shown_by: Text,
    /// Facts about what was written.
    pub says: List<(Text, Text)>,
    /// The sentence with every answer on what it does not cover; mostly empty.
    pub note: Text,
}

/// Fields that another operation adds to each part of a shown list.
#[derive(Debug, Clone)]
pub struct Each {
    /// Shown field that holds the parts; empty where the answer itself with the caller's arguments is the one part.
    pub of: Text,
    /// The operation's request.
    pub request: RequestPlan,
    /// Its arguments.
    pub bind: List<PartBind>,
    /// Conditions that a part must meet; one without values, that the field is there.
    pub when: List<Condition>,
    /// Conditions of which a part must meet none.
    pub unless: List<Condition>,
    /// Parts that are asked for at most.
    pub first: u32,
    /// The fields that it adds.
    pub fields: List<Field>,
    /// Those that say why work failed.
    pub explains: List<Text>,
}

/// An argument of the operation that tells of a part.
#[derive(Debug, Clone)]
pub struct PartBind {
    /// The argument.
    pub name: Text,
    /// The source of its value.
    pub from: PartFrom,
    /// Dotted path there.
    pub path: Text,
}

/// The source of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartFrom {
    /// The part as it is shown.
    OfPart,
    /// The answer as it is shown.
    OfAnswer,
    /// The caller's arguments.
    OfCaller,
}

/// One object that comes in pages.
#[derive(Debug)]
pub struct Paged {
    /// The operation.
    pub operation: Text,
    /// The parameter that asks for a page.
    pub request: Wire,
    /// The field with the token of the next.
    pub response: Text,
}

/// Parameters that are checked before an operation is sent.
#[derive(Debug)]
pub struct Checked {
    /// The operation.
    pub operation: Text,
    /// The tool that shows what is run.
    pub by: Text,
    /// The argument of both that names it.
    pub named: Text,
    /// Arguments that must have no other names than the answer has at the path.
    pub names: List<(Text, Text)>,
    /// Path of the tasks in the answer.
    pub tasks: Text,
    /// Arguments for all tasks of a kind: the argument, the kind, and the path of names in use.
    pub of_tasks: List<(Text, Text, Text)>,
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
    /// A long text, shown as one line, cut.
    Line,
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
