//! Everything that can go wrong, as sentences with a way out.

use std::fmt;

/// Why a call or the server could not do what was asked.
///
/// The text is complete for an agent: what happened, where, and after `hint:` what to do about it.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No workspace, or no credential for it, is configured.
    #[error("no Databricks workspace is configured: {missing} not set")]
    NotConfigured {
        /// The settings that are missing, in words.
        missing: String,
    },
    /// A setting has a value that cannot be used.
    #[error("`{setting}` cannot be used: {reason}")]
    Setting {
        /// The environment variable or flag.
        setting: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing that is configured or installed lets requests in.
    #[error("no credential for `{host}` was found\n{}", Lines(tried))]
    NoCredential {
        /// The workspace host.
        host: String,
        /// One line for each kind of credential: what it lacks.
        tried: Vec<String>,
        /// What to do about it, where one kind nearly served.
        hint: Option<String>,
    },
    /// Credentials of several kinds are configured.
    #[error("more than one credential is configured\n{}", Lines(kinds))]
    Ambiguous {
        /// One line for each kind: its settings and where they come from.
        kinds: Vec<String>,
    },
    /// The credential that applies does not work.
    #[error("cannot authenticate by `{auth_type}`: {reason}")]
    Credential {
        /// The `auth_type` of Databricks' unified authentication.
        auth_type: &'static str,
        /// What is missing or went wrong, without secrets.
        reason: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// There is no tool of this name.
    #[error("unknown tool: `{name}`")]
    UnknownTool {
        /// What was asked for.
        name: String,
        /// The closest name there is, or where all are.
        hint: String,
    },
    /// There is such a tool, but this server was started without it.
    #[error("`{name}` is not served here")]
    NotServed {
        /// What was asked for.
        name: String,
        /// Why, and what the user can do about it.
        hint: String,
    },
    /// The arguments do not fit the tool's schema; all violations at once.
    #[error("`{tool}` cannot take these arguments\n{}", Lines(problems))]
    Arguments {
        /// The tool.
        tool: String,
        /// One line a violation.
        problems: Vec<String>,
    },
    /// Toolsets or tools were asked for that do not exist, all of them at once; or no tool is left.
    #[error("these tools cannot be served\n{}", Lines(problems))]
    Selection {
        /// One line a name, or why none is left.
        problems: Vec<String>,
    },
    /// The server is in read-only mode, and the call is not known to read only.
    #[error("read-only mode refuses the {what}: {reason}")]
    ReadOnly {
        /// What kind of thing is refused.
        what: &'static str,
        /// Why it is not known to read only.
        reason: String,
    },
    /// A tool that asks before acting was called without the user's agreement; nothing has been sent.
    #[error("{question}")]
    Unconfirmed {
        /// What to ask the user.
        question: String,
    },
    /// The client was to ask the user, and no answer came of it.
    #[error("nothing was done: `{question}` was not answered: {reason}")]
    Unasked {
        /// What the user was to be asked.
        question: String,
        /// What happened.
        reason: String,
    },
    /// The user was asked and said no.
    #[error("declined: {question}")]
    Declined {
        /// What the user was asked.
        question: String,
    },
    /// Databricks answered with an error.
    #[error("Databricks refused `{operation}`: {message} (HTTP {status}, {code})")]
    Api {
        /// `service.method`.
        operation: String,
        /// HTTP status.
        status: u16,
        /// Databricks' error code, or the status' name.
        code: String,
        /// The service's own words.
        message: String,
        /// `x-request-id`, for a support ticket.
        request_id: Option<String>,
        /// Whether the same request may succeed later.
        retryable: bool,
        /// What to do about it.
        hint: Option<Box<str>>,
    },
    /// No connection to the workspace came about.
    #[error("cannot reach `{host}`: {reason}")]
    Unreachable {
        /// The workspace host.
        host: String,
        /// What the network said.
        reason: String,
        /// What to do about it.
        hint: String,
    },
    /// A request went out, or waited to, and no whole answer came back.
    #[error("`{operation}` got no answer: {reason}")]
    Unanswered {
        /// `service.method`.
        operation: String,
        /// What happened.
        reason: String,
        /// Whether the service may have done what was asked all the same, and doing it again would matter.
        may_have_acted: bool,
    },
    /// The answer is not what the API promises.
    #[error("`{operation}` gave an answer that cannot be read: {reason}")]
    Answer {
        /// `service.method`.
        operation: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The answer is bytes where text was to be shown.
    #[error("`{operation}` gave bytes that are not text")]
    NotText {
        /// `service.method`.
        operation: String,
    },
    /// Work that was started ended badly.
    #[error("{what} ended as {state}{}{message}", if message.is_empty() { "" } else { ": " })]
    Failed {
        /// What was started, with its id.
        what: String,
        /// The state it ended in.
        state: String,
        /// The service's own words.
        message: String,
        /// What to do about it.
        hint: Option<String>,
    },
    /// The client cancelled the call.
    #[error("cancelled: {what}")]
    Cancelled {
        /// What was stopped.
        what: String,
    },
    /// What went wrong in one workspace of several.
    #[error("workspace: {workspace}\n{error}")]
    Of {
        /// The workspace's name.
        workspace: String,
        /// What a further call must say to come to it, where that is anything.
        way: Option<String>,
        /// What went wrong there.
        error: Box<Error>,
    },
    /// A fault of this program.
    #[error("internal error: {reason}")]
    Internal {
        /// What went wrong.
        reason: String,
    },
}

impl Error {
    /// What the reader can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotConfigured { .. } => Some(
                "set `DATABRICKS_HOST` (https://….cloud.databricks.com) and `DATABRICKS_TOKEN` (a personal access token) in the server's environment, or `DATABRICKS_CONFIG_PROFILE`, or run `databricks-mcp login`, and restart it"
                    .to_owned(),
            ),
            Self::NoCredential { hint, .. } => Some(hint.clone().unwrap_or_else(|| {
                "set `DATABRICKS_TOKEN` in the server's environment, or run `databricks-mcp login`, and restart it"
                    .to_owned()
            })),
            Self::Ambiguous { .. } => Some(
                "unset all but one, or choose with `DATABRICKS_AUTH_TYPE`".to_owned(),
            ),
            Self::UnknownTool { hint, .. } | Self::NotServed { hint, .. } => Some(hint.clone()),
            Self::Unconfirmed { .. } => {
                Some("ask the user, then call again with `confirm: true`".to_owned())
            }
            Self::Unasked { .. } => Some(
                "call again when the user can answer; for unattended use, the user can start the server with `--yes`".to_owned(),
            ),
            Self::Declined { .. } => Some(
                "nothing was done; call again only if the user changes their mind".to_owned(),
            ),
            Self::Api { hint, .. } => hint.as_deref().map(ToOwned::to_owned),
            Self::Of { error, .. } => error.hint(),
            Self::NotText { .. } => Some(
                "read a data file in execute_sql: `SELECT * FROM read_files('<path>')`".to_owned(),
            ),
            Self::Failed { hint, .. } | Self::Credential { hint, .. } => hint.clone(),
            Self::Unreachable { hint, .. } => Some(hint.clone()),
            Self::Unanswered { may_have_acted, .. } => Some(
                if *may_have_acted {
                    "it may have been done all the same: look before calling again, so that nothing happens twice"
                } else {
                    "call again in a moment"
                }
                .to_owned(),
            ),
            Self::Internal { .. } => Some("please report this with the server's log".to_owned()),
            Self::ReadOnly {
                what: "statement", ..
            } => Some(
                "only SELECT, SHOW, DESCRIBE and EXPLAIN are let through, one statement at a time"
                    .to_owned(),
            ),
            Self::ReadOnly { .. } => Some("only GET and HEAD are let through".to_owned()),
            Self::Selection { .. } => Some("`databricks-mcp list-tools --toolsets all` shows everything".to_owned()),
            Self::Setting { .. }
            | Self::Arguments { .. }
            | Self::Answer { .. }
            | Self::Cancelled { .. } => None,
        }
    }

    /// The whole text for a reader: the sentence and its hint.
    #[must_use]
    pub fn text(&self) -> String {
        if let Self::Of {
            workspace,
            way,
            error,
        } = self
        {
            let way = way.iter().map(|way| format!("\n{way}"));
            let way: String = way.collect();
            return format!("workspace: {workspace}\n{}{way}", error.text());
        }
        let request = match self {
            Self::Api {
                request_id: Some(id),
                ..
            } => format!("\nrequest id: {id}"),
            _ => String::new(),
        };
        match self.hint() {
            Some(hint) => format!("{self}{request}\nhint: {hint}"),
            None => format!("{self}{request}"),
        }
    }
}

/// An error and its causes in one line, each said once.
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let said = inner.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = inner.source();
    }
    text
}

struct Lines<'a>(&'a [String]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.0.iter().enumerate() {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}- {line}")?;
        }
        Ok(())
    }
}
