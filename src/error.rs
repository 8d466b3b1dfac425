//! Errors: one sentence each for what happened, and a hint for what to do about it.

use std::borrow::Cow;
use std::fmt;
use std::num::NonZeroU32;

use serde_json::Value;

/// The reason why a call or the server could not do what was asked.
///
/// [`Error::text`] is complete for an agent: what happened, where, and after `hint:` what to do about it. Hints that name
/// a tool come from [`crate::hints`].
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
        /// The reason why.
        reason: String,
    },
    /// A settings file cannot be used.
    #[error("the settings file `{path}` cannot be used\n{}", Lines(faults))]
    SettingsFile {
        /// The file.
        path: String,
        /// One line for each fault, with its place.
        faults: Vec<String>,
    },
    /// No credential for the workspace is configured or installed.
    #[error("no credential for `{host}` was found\n{}", Lines(tried))]
    NoCredential {
        /// The workspace host.
        host: String,
        /// One line for each kind of credential, with what it lacks.
        tried: Vec<String>,
        /// The next step, where one kind of credential was nearly complete.
        hint: Option<String>,
    },
    /// Credentials of several kinds are configured.
    #[error("more than one credential is configured\n{}", Lines(kinds))]
    Ambiguous {
        /// One line for each kind, with its settings and their origin.
        kinds: Vec<String>,
    },
    /// The credential that applies does not work.
    #[error("cannot authenticate by `{auth_type}`: {reason}")]
    Credential {
        /// The `auth_type` of Databricks' unified authentication.
        auth_type: &'static str,
        /// The thing that is missing or failed, without secrets.
        reason: String,
        /// The next step.
        hint: Option<String>,
    },
    /// There is no tool of this name.
    #[error("unknown tool: `{name}`")]
    UnknownTool {
        /// The name that was asked for.
        name: String,
        /// The closest name, or the place where all names are.
        hint: String,
    },
    /// There is such a tool, but this server was started without it.
    #[error("`{name}` is not served here")]
    NotServed {
        /// The name that was asked for.
        name: String,
        /// The reason, and what the user can do about it.
        hint: String,
    },
    /// The arguments do not fit the tool's schema.
    #[error("`{tool}` cannot take these arguments\n{}", Lines(problems))]
    Arguments {
        /// The tool.
        tool: String,
        /// One line for each violation, all at once.
        problems: Vec<String>,
    },
    /// Toolsets or tools were asked for that do not exist, or no tool is left.
    #[error("these tools cannot be served\n{}", Lines(problems))]
    Selection {
        /// One line for each name, or the reason why none is left.
        problems: Vec<String>,
    },
    /// The server is in read-only mode, and the call is not known to read only.
    #[error("read-only mode refuses the {what}: {reason}")]
    ReadOnly {
        /// The kind of thing that is refused.
        what: &'static str,
        /// The reason why it is not known to read only.
        reason: String,
    },
    /// A tool that asks before acting was called without the user's agreement; nothing has been sent.
    #[error("{question}")]
    Unconfirmed {
        /// The question to ask the user.
        question: String,
    },
    /// The client was to ask the user, but no answer came.
    #[error("nothing was done: `{question}` was not answered: {reason}")]
    Unasked {
        /// The question that got no answer.
        question: String,
        /// The reason why no answer came.
        reason: String,
    },
    /// The user was asked and said no.
    #[error("declined: {question}")]
    Declined {
        /// The question that the user declined.
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
        /// The same request may succeed later.
        retryable: bool,
        /// Seconds that the service asks to wait, rounded up.
        retry_after: Option<NonZeroU32>,
        /// The next step.
        hint: Option<Box<str>>,
    },
    /// No connection to the workspace came about.
    #[error("cannot reach `{host}`: {reason}")]
    Unreachable {
        /// The workspace host.
        host: String,
        /// The network's own words.
        reason: String,
        /// The next step.
        hint: String,
    },
    /// The tool was called more often than the user's settings allow.
    #[error("`{tool}` may be called at a rate of {rate}: its next call may come in {seconds} s")]
    TooOften {
        /// The tool.
        tool: String,
        /// Its rate, such as `10/minute`.
        rate: String,
        /// The time until then.
        seconds: u64,
    },
    /// A request was sent or was waiting to be sent, and no complete answer came back.
    #[error("`{operation}` got no answer: {reason}")]
    Unanswered {
        /// `service.method`.
        operation: String,
        /// The cause.
        reason: String,
        /// True if the service may have acted all the same, and acting twice would matter.
        may_have_acted: bool,
    },
    /// The answer is not what the API promises.
    #[error("`{operation}` gave an answer that cannot be read: {reason}")]
    Answer {
        /// `service.method`.
        operation: String,
        /// The reason why.
        reason: String,
    },
    /// A file of this machine cannot be read or written.
    #[error("local path `{path}` cannot be used: {reason}")]
    Local {
        /// The path, as the caller wrote it.
        path: String,
        /// The reason why.
        reason: String,
        /// The next step.
        hint: Option<String>,
    },
    /// Work was started and did not end well.
    #[error("{what} ended as {state}{}{message}", if message.is_empty() { "" } else { ": " })]
    Failed {
        /// The work, with its id.
        what: String,
        /// The state it ended in.
        state: String,
        /// The service's own words.
        message: String,
        /// The next step.
        hint: Option<String>,
    },
    /// Work ended badly, and its tool can show how it stands.
    #[error("{error}")]
    Shown {
        /// The error.
        error: Box<Error>,
        /// The work as its tool answers it.
        state: Box<Value>,
    },
    /// The client cancelled the call.
    #[error("cancelled: {what}")]
    Cancelled {
        /// The work that was stopped.
        what: String,
    },
    /// Something went wrong in one of several workspaces.
    #[error("workspace: {workspace}\n{error}")]
    InWorkspace {
        /// The workspace's name.
        workspace: String,
        /// The instruction for a further call to the same workspace, unless it is the default one.
        how_to_continue: Option<String>,
        /// The error there.
        error: Box<Error>,
    },
    /// A tool of the program that embeds the server failed.
    #[error("{what}")]
    Own {
        /// The sentence for the agent.
        what: String,
        /// The next step.
        hint: Option<String>,
    },
    /// This program has a fault.
    #[error("internal error: {reason}")]
    Internal {
        /// The cause.
        reason: String,
    },
}

impl Error {
    /// The kind of error in one word, for logs: it quotes nothing that a caller or the service said.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NotConfigured { .. } => "not_configured",
            Self::Setting { .. } | Self::SettingsFile { .. } => "setting",
            Self::NoCredential { .. } => "no_credential",
            Self::Ambiguous { .. } => "ambiguous",
            Self::Credential { .. } => "credential",
            Self::UnknownTool { .. } => "unknown_tool",
            Self::NotServed { .. } => "not_served",
            Self::Arguments { .. } => "arguments",
            Self::Selection { .. } => "selection",
            Self::ReadOnly { .. } => "read_only",
            Self::Unconfirmed { .. } => "unconfirmed",
            Self::Unasked { .. } => "unasked",
            Self::Declined { .. } => "declined",
            Self::Api { .. } => "api",
            Self::Unreachable { .. } => "unreachable",
            Self::TooOften { .. } => "too_often",
            Self::Unanswered { .. } => "unanswered",
            Self::Answer { .. } => "answer",
            Self::Local { .. } => "local",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
            Self::InWorkspace { error, .. } | Self::Shown { error, .. } => error.kind(),
            Self::Own { .. } => "own",
            Self::Internal { .. } => "internal",
        }
    }

    /// The next step for the reader.
    #[must_use]
    pub fn hint(&self) -> Option<Cow<'_, str>> {
        let hint = match self {
            Self::NotConfigured { .. } => {
                "set `DATABRICKS_HOST` (https://….cloud.databricks.com) and `DATABRICKS_TOKEN` (a personal access token) in the server's environment, or `DATABRICKS_CONFIG_PROFILE`, or run `databricks-mcp login`, and restart it"
            }
            Self::NoCredential { hint: None, .. } => {
                "set `DATABRICKS_TOKEN` in the server's environment, or run `databricks-mcp login`, and restart it"
            }
            Self::Ambiguous { .. } => "unset all but one, or choose with `DATABRICKS_AUTH_TYPE`",
            Self::SettingsFile { .. } => {
                "`databricks-mcp config init` prints a file with every key and its help"
            }
            Self::Selection { .. } => "`databricks-mcp list-tools --toolsets all` shows everything",
            Self::ReadOnly {
                what: "statement", ..
            } => {
                "only what reads is let through: SELECT, SHOW, DESCRIBE, LIST and EXPLAIN of these"
            }
            Self::ReadOnly { .. } => "only operations that read are let through",
            Self::Unconfirmed { .. } => "ask the user, then call again with `confirm: true`",
            Self::Unasked { .. } => {
                "call again when the user can answer; for unattended use, the user can start the server with `--yes`"
            }
            Self::Declined { .. } => {
                "nothing was done; call again only if the user changes their mind"
            }
            Self::Unanswered {
                may_have_acted: true,
                ..
            } => {
                "it may have been done all the same: look before calling again, so that nothing happens twice"
            }
            Self::TooOften { .. } => {
                "nothing was sent; wait, or do something else first (the user's setting `DATABRICKS_MCP_TOOL_RATES` says so)"
            }
            Self::Unanswered { .. } => "call again in a moment",
            Self::Internal { .. } => "please report this with the server's log",
            Self::UnknownTool { hint, .. }
            | Self::NotServed { hint, .. }
            | Self::Unreachable { hint, .. }
            | Self::NoCredential {
                hint: Some(hint), ..
            }
            | Self::Credential {
                hint: Some(hint), ..
            }
            | Self::Local {
                hint: Some(hint), ..
            }
            | Self::Failed {
                hint: Some(hint), ..
            }
            | Self::Own {
                hint: Some(hint), ..
            } => hint,
            Self::Api {
                hint: Some(hint),
                retry_after: Some(seconds),
                ..
            } => return Some(format!("{hint} (the service asks to wait {seconds} s)").into()),
            Self::Api {
                hint: Some(hint), ..
            } => hint,
            Self::InWorkspace { error, .. } | Self::Shown { error, .. } => return error.hint(),
            Self::Api { hint: None, .. }
            | Self::Credential { hint: None, .. }
            | Self::Local { hint: None, .. }
            | Self::Failed { hint: None, .. }
            | Self::Own { hint: None, .. }
            | Self::Setting { .. }
            | Self::Arguments { .. }
            | Self::Answer { .. }
            | Self::Cancelled { .. } => return None,
        };
        Some(hint.into())
    }

    /// The work that failed as its tool answers it, where that is known; of one of several workspaces, with its name.
    #[must_use]
    pub fn state(&self) -> Option<Cow<'_, Value>> {
        match self {
            Self::Shown { state, .. } => Some(Cow::Borrowed(&**state)),
            Self::InWorkspace {
                workspace, error, ..
            } => {
                let mut state = error.state()?.into_owned();
                if let Some(fields) = state.as_object_mut() {
                    fields.insert("workspace".to_owned(), workspace.as_str().into());
                }
                Some(Cow::Owned(state))
            }
            _ => None,
        }
    }

    /// The whole text for a reader: the sentence, the request id for a support ticket, and the hint.
    #[must_use]
    pub fn text(&self) -> String {
        if let Self::InWorkspace {
            workspace,
            how_to_continue,
            error,
        } = self
        {
            let next = how_to_continue.iter().map(|next| format!("\n{next}"));
            let next: String = next.collect();
            return format!("workspace: {workspace}\n{}{next}", error.text());
        }
        if let Self::Shown { error, .. } = self {
            return error.text();
        }
        let mut text = self.to_string();
        if let Self::Api {
            request_id: Some(id),
            ..
        } = self
        {
            text.push_str(&format!("\nrequest id: {id}"));
        }
        if let Some(hint) = self.hint() {
            text.push_str(&format!("\nhint: {hint}"));
        }
        text
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
