//! A change and where it belongs in the report.

/// A part of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Section {
    /// Operations that are gone.
    Removed,
    /// Operations whose verb or path changed.
    Moved,
    /// Arguments of operations.
    Arguments,
    /// Fields of objects that requests hold.
    RequestFields,
    /// Fields of answers.
    AnswerFields,
    /// Values of enums.
    Enums,
    /// Ways to wait, and their states.
    Waits,
    /// Ways from page to page.
    Pagination,
    /// Marks of deprecation.
    Deprecation,
    /// Other marks: level, launch stage, idempotency, kind of body.
    Marks,
    /// New operations, whose effects are to be reviewed.
    Added,
}

impl Section {
    /// The heading.
    pub(super) fn title(self) -> &'static str {
        match self {
            Section::Removed => "Operations removed",
            Section::Moved => "Operations moved",
            Section::Arguments => "Arguments",
            Section::RequestFields => "Fields of requests",
            Section::AnswerFields => "Fields of answers",
            Section::Enums => "Enums",
            Section::Waits => "Waits",
            Section::Pagination => "Pagination",
            Section::Deprecation => "Deprecation",
            Section::Marks => "Other marks",
            Section::Added => "Operations added, effects to review",
        }
    }
}

/// One change, what it touches and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its part of the report.
    pub section: Section,
    /// The operation, schema or enum.
    pub subject: String,
    /// One phrase for each detail.
    pub said: Vec<String>,
    /// The tools and behaviours that use it, each with its file.
    pub touched: Vec<String>,
    /// What to do; empty if it needs nothing.
    pub next: Vec<String>,
}
