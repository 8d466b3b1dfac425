//! The tools, and the steps in the life of one call.
//!
//! A call is looked up in the [`Inventory`] and made a [`Ready`] one: its arguments get the tool's own names, are
//! coerced and validated, and [`crate::policy`] refuses the call, asks about it or allows it. Then it runs through
//! one of two doors: a table tool from its plan ([`crate::engine`]), a behaviour as Rust of its own
//! ([`crate::behaviours`]).

mod arguments;
mod inventory;
mod near;
mod rules;
mod schema;
mod selection;

use serde_json::{Map, Value};
use url::Url;

use crate::api;
use crate::behaviours::{self, OwnCode};
use crate::cache::Changes;
use crate::catalog::{Access, Door, ToolSpec};
use crate::context::Context;
use crate::engine;
use crate::error::Error;
use crate::hints;
use crate::policy::{self, Question, Rules};
use crate::shape::Answer;
use crate::stakes::{self, Stakes};

pub use inventory::{Entry, Inventory, MAX_TOKENS};
pub use selection::{Selection, members, tool_named};

/// A call that may run once its question, if it has one, is answered with yes.
#[derive(Debug)]
pub struct Ready {
    tool: &'static ToolSpec,
    /// The code of a tool of the embedding program.
    own: Option<OwnCode>,
    arguments: Map<String, Value>,
    /// The arguments with the backticks that the caller wrote, for the look at close names; none where it never comes
    /// to that.
    written: Option<Map<String, Value>>,
    /// The question to ask the user first.
    pub question: Option<Question>,
    /// The caller says that the user has agreed already.
    pub confirmed: bool,
}

impl Ready {
    /// Validates a call and judges it. The arguments have the tool's own names; nothing is sent.
    ///
    /// # Errors
    /// Fails with every violation of the arguments, or with the reason why the call is refused.
    pub fn new(
        entry: &Entry,
        arguments: Map<String, Value>,
        rules: &Rules,
        host: &Url,
    ) -> Result<Self, Error> {
        let tool = entry.spec;
        let mut arguments = entry.check(arguments)?;
        let confirmed = policy::take_confirm(tool, &mut arguments);
        rules.admit(tool, &arguments, host)?;
        // They are kept only if the manifest says where to find close names.
        let written = (!tool.nearest.is_empty()).then(|| arguments.clone());
        let arguments = entry.check_deep(arguments)?;
        names_its_thing(tool, &arguments)?;
        gives_what_there_is(tool, &arguments)?;
        Ok(Self {
            question: policy::question(tool, &arguments),
            tool,
            own: entry.own.clone(),
            arguments,
            written,
            confirmed,
        })
    }

    /// The tool's own name.
    #[must_use]
    pub fn tool(&self) -> &'static str {
        self.tool.name
    }

    /// The arguments as they will be sent.
    #[must_use]
    pub fn arguments(&self) -> &Map<String, Value> {
        &self.arguments
    }

    /// What the call may change.
    #[must_use]
    pub fn changes(&self) -> Changes {
        policy::changes(self.tool, &self.arguments)
    }

    /// Looks at what the call would delete or replace, for the question about it.
    pub async fn look(&self, context: &Context) -> Stakes {
        let targets = policy::targets(self.tool, &self.arguments);
        match stakes::look(context, &targets).await {
            Stakes::Missing(error) => {
                let error = hints::with_tool(error);
                let written = self.written.as_ref().unwrap_or(&self.arguments);
                let error = engine::with_close_names(self.tool, context, written, error).await;
                Stakes::Missing(error)
            }
            known => known,
        }
    }

    /// Runs the call, from its first request to the answer.
    ///
    /// # Errors
    /// Fails with a sentence for the agent.
    pub async fn run(self, context: &Context) -> Result<Answer, Error> {
        let Self {
            tool,
            own,
            arguments,
            written,
            ..
        } = self;
        if context.cancel.is_cancelled() {
            // Cancelled while it waited for its turn.
            return Err(Error::Cancelled {
                what: format!("`{}`", tool.name),
            });
        }
        if let Some(own) = own {
            return own.call(tool, context, arguments).await;
        }
        let outcome = serve(tool, context, arguments).await;
        match (outcome.map_err(hints::with_tool), written) {
            (Err(error), Some(written)) => {
                Err(engine::with_close_names(tool, context, &written, error).await)
            }
            (Ok(answer), Some(written)) => {
                Ok(engine::meant_by_nothing(tool, context, &written, answer).await)
            }
            (outcome, _) => outcome,
        }
    }
}

/// The error about arguments, with the ids of what they name instead.
pub async fn explained(
    entry: &Entry,
    context: &Context,
    arguments: &Map<String, Value>,
    error: Error,
) -> Error {
    let schema = &entry.tool.input_schema;
    engine::meant_by_name(entry.spec, schema, context, arguments, error).await
}

/// Passes unless a part of the path is blank: the request would reach another thing than the question names.
fn names_its_thing(tool: &ToolSpec, arguments: &Map<String, Value>) -> Result<(), Error> {
    let Some((operation, wired)) = policy::sends(tool, arguments) else {
        return Ok(());
    };
    let blank = |(name, value): &(&String, &Value)| {
        let in_path = operation.path.contains(&format!("{{{name}}}"));
        in_path && value.as_str().is_some_and(|text| text.trim().is_empty())
    };
    let problems: Vec<String> = wired
        .iter()
        .filter(blank)
        .map(|(name, _)| {
            let own = match &tool.door {
                Door::Table(plan) => plan.request.arguments.iter(),
                Door::Behaviour(_) => [].iter(),
            };
            let own = own.into_iter().find(|argument| argument.wire == name);
            let name = own.map_or(name.as_str(), |argument| argument.name);
            format!("`{name}` is empty; the request needs it")
        })
        .collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::Arguments {
        tool: tool.name.to_owned(),
        problems,
    })
}

/// Passes unless the call gives a level or a privilege that the object cannot have.
fn gives_what_there_is(tool: &ToolSpec, arguments: &Map<String, Value>) -> Result<(), Error> {
    let Some((operation, mut wired)) = policy::sends(tool, arguments) else {
        return Ok(());
    };
    if matches!(tool.door, Door::Behaviour("update_permissions"))
        && let Some(Value::Array(entries)) = wired.get_mut("access_control_list")
    {
        // It takes these away.
        entries.retain(|entry| {
            entry
                .get("permission_level")
                .is_none_or(|level| level != "NONE")
        });
    }
    let problems = api::no_level(operation, &wired);
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::Arguments {
        tool: tool.name.to_owned(),
        problems,
    })
}

/// Serves a call whose user cannot be asked: `confirm: true` among its arguments stands for the agreement.
///
/// # Errors
/// Fails with a sentence for the agent, or with a question that `confirm` does not answer.
pub async fn call(
    entry: &Entry,
    context: &Context,
    arguments: Map<String, Value>,
) -> Result<Answer, Error> {
    let arguments = entry.canonical(arguments)?;
    let host = context.workspace.transport.host();
    let ready = Ready::new(entry, arguments, &Rules::default(), host)?;
    match &ready.question {
        Some(question) if !ready.confirmed => Err(question.clone().into()),
        _ => ready.run(context).await,
    }
}

async fn serve(
    tool: &'static ToolSpec,
    context: &Context,
    arguments: Map<String, Value>,
) -> Result<Answer, Error> {
    match &tool.door {
        // A call that only reads can be dropped at any time; a behaviour and a wait see to what they have started.
        Door::Table(plan) if tool.access == Access::Read && plan.wait.is_none() => {
            let answer = open(tool, context, arguments);
            tokio::select! {
                answer = answer => answer,
                () = context.cancel.cancelled() => Err(Error::Cancelled { what: format!("`{}`", tool.name) }),
            }
        }
        _ => open(tool, context, arguments).await,
    }
}

async fn open(
    tool: &'static ToolSpec,
    context: &Context,
    arguments: Map<String, Value>,
) -> Result<Answer, Error> {
    match &tool.door {
        Door::Table(plan) => engine::call(tool.name, plan, context, arguments).await,
        Door::Behaviour(name) => {
            let behaviour = behaviours::find(name)?;
            (behaviour.call)(context, Value::Object(arguments)).await
        }
    }
}
