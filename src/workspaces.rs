//! The workspaces of this server: one, of which nothing shows, or several by name.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::context::Workspace;
use crate::error::Error;
use crate::shape::Answer;
use crate::transport::Limits;

/// The argument that chooses among several.
const ARGUMENT: &str = "workspace";

/// Every workspace that is configured, each with a client of its own; the first is the default.
#[derive(Debug, Clone)]
pub struct Workspaces(Arc<[Named]>);

#[derive(Debug)]
struct Named {
    name: String,
    /// The workspace; one that cannot be used says so when it is called.
    workspace: Result<Arc<Workspace>, Error>,
}

impl Workspaces {
    /// One workspace without a name.
    #[must_use]
    pub fn one(workspace: Result<Workspace, Error>) -> Self {
        Self::named([(String::new(), workspace)])
    }

    /// Several by name, the default first.
    #[must_use]
    pub fn named(all: impl IntoIterator<Item = (String, Result<Workspace, Error>)>) -> Self {
        let named = |(name, workspace): (String, Result<Workspace, Error>)| Named {
            name,
            workspace: workspace.map(Arc::new),
        };
        Self(all.into_iter().map(named).collect())
    }

    /// Workspaces of these names, or one without a name, that are not configured: their tools can be listed, and a
    /// call says what to set.
    #[must_use]
    pub fn nowhere(names: &[&str]) -> Self {
        let names = if names.is_empty() { &[""] } else { names };
        let missing = |name: &&str| {
            let missing = String::new();
            ((*name).to_owned(), Err(Error::NotConfigured { missing }))
        };
        Self::named(names.iter().map(missing))
    }

    /// True where a call chooses among them.
    #[must_use]
    pub fn several(&self) -> bool {
        self.0.len() > 1
    }

    /// Their names, the default first; one workspace has an empty name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|named| named.name.as_str())
    }

    /// Those that can be used.
    pub fn usable(&self) -> impl Iterator<Item = &Arc<Workspace>> {
        self.0
            .iter()
            .filter_map(|named| named.workspace.as_ref().ok())
    }

    /// The time from the begin of a call to its answer, the same in all of them.
    #[must_use]
    pub fn answer_within(&self) -> Duration {
        let one = self.usable().next();
        one.map_or(Limits::default().answer_within, |one| one.answer_within)
    }

    /// Adds the choice to the schemas of a tool, where there is one.
    pub fn describe(&self, input: &mut Map<String, Value>, output: &mut Map<String, Value>) {
        if !self.several() {
            return;
        }
        let names: Vec<&str> = self.names().collect();
        let choice = json!({ "type": "string", "enum": names, "default": names.first() });
        let add = |schema: &mut Map<String, Value>, property: Value| {
            let properties = schema.entry("properties").or_insert_with(|| json!({}));
            if let Some(properties) = properties.as_object_mut() {
                properties.insert(ARGUMENT.to_owned(), property);
            }
        };
        add(input, choice);
        add(output, json!({ "type": "string" }));
    }

    /// Takes the choice out of a call's arguments.
    ///
    /// # Errors
    /// Fails if the name does not exist or the chosen workspace cannot be used.
    pub fn choose(&self, tool: &str, arguments: &mut Map<String, Value>) -> Result<Chosen, Error> {
        let asked = self
            .several()
            .then(|| arguments.shift_remove(ARGUMENT))
            .flatten();
        let asked = asked.filter(|asked| !asked.is_null());
        let found = match &asked {
            Some(asked) => self.0.iter().find(|named| asked == named.name.as_str()),
            None => self.0.first(),
        };
        let found = found.ok_or_else(|| {
            let known: Vec<String> = self.names().map(|name| format!("`{name}`")).collect();
            let asked = asked.unwrap_or_default();
            Error::Arguments {
                tool: tool.to_owned(),
                problems: vec![format!(
                    "unknown workspace {asked}; there are {}",
                    known.join(", ")
                )],
            }
        })?;
        let sign = self.several().then(|| Sign {
            is_default: self.names().next() == Some(found.name.as_str()),
            name: found.name.clone(),
        });
        match (found.workspace.clone(), sign) {
            (Ok(workspace), sign) => Ok(Chosen { workspace, sign }),
            (Err(error), Some(sign)) => Err(sign.error(error)),
            (Err(error), None) => Err(error),
        }
    }
}

impl Workspaces {
    /// The workspace of this name, or the one without a name by its host.
    ///
    /// # Errors
    /// Fails if there is none, or if it cannot be used.
    pub fn addressed(&self, tool: &str, address: &str) -> Result<Chosen, Error> {
        let mut arguments = Map::new();
        if self.several() {
            arguments.insert(ARGUMENT.to_owned(), json!(address));
            return self.choose(tool, &mut arguments);
        }
        let chosen = self.choose(tool, &mut arguments)?;
        let own = chosen.address();
        if own.eq_ignore_ascii_case(address) {
            return Ok(chosen);
        }
        Err(Error::Arguments {
            tool: tool.to_owned(),
            problems: vec![format!(
                "unknown workspace `{}`; there is `{own}`",
                crate::shape::one_line(address, 100)
            )],
        })
    }

    /// The addresses of those that can be used.
    pub fn addresses(&self) -> impl Iterator<Item = String> {
        let several = self.several();
        let usable = self.0.iter().filter(|named| named.workspace.is_ok());
        usable.filter_map(move |named| match (several, &named.workspace) {
            (true, _) => Some(named.name.clone()),
            (false, Ok(workspace)) => Some(host_of(workspace)),
            (false, Err(_)) => None,
        })
    }
}

/// The host with its port, as an address names it.
fn host_of(workspace: &Workspace) -> String {
    let url = workspace.transport.host();
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The workspace of one call.
#[derive(Debug)]
pub struct Chosen {
    /// The workspace that the call goes to.
    pub workspace: Arc<Workspace>,
    sign: Option<Sign>,
}

impl Chosen {
    /// Names the workspace in the outcome of a call, where there are several.
    ///
    /// # Errors
    /// The call's own error.
    pub fn signed(&self, outcome: Result<Answer, Error>) -> Result<Answer, Error> {
        match (outcome, &self.sign) {
            (Ok(answer), _) => Ok(self.sign(answer)),
            (Err(error), Some(sign)) => Err(sign.error(error)),
            (Err(error), None) => Err(error),
        }
    }

    /// Names the workspace in an answer and in the call that goes on from it.
    fn sign(&self, mut answer: Answer) -> Answer {
        let Some(sign) = &self.sign else {
            return answer;
        };
        answer.text = format!("workspace: {}\n{}", sign.name, answer.text);
        if let Some(way) = sign.way() {
            answer.text = format!("{}\n{way}", answer.text.trim_end_matches('\n'));
        }
        if let Some(object) = answer.structured.as_object_mut() {
            object.insert(ARGUMENT.to_owned(), json!(sign.name));
        }
        let resume = answer.structured.pointer_mut("/resume/arguments");
        if let Some(arguments) = resume.and_then(Value::as_object_mut) {
            arguments.insert(ARGUMENT.to_owned(), json!(sign.name));
        }
        answer
    }

    /// The workspace as an address names it: by its name, or by its host where it has none.
    #[must_use]
    pub fn address(&self) -> String {
        match self.name() {
            Some(name) => name.to_owned(),
            None => host_of(&self.workspace),
        }
    }

    /// The workspace's name, where there are several.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.sign.as_ref().map(|sign| sign.name.as_str())
    }
}

/// One workspace among several.
#[derive(Debug)]
struct Sign {
    name: String,
    is_default: bool,
}

impl Sign {
    /// The instruction for a further call to this workspace; `None` for the default.
    fn way(&self) -> Option<String> {
        let name = json!(self.name);
        (!self.is_default).then(|| format!("pass `{ARGUMENT}: {name}` to go on there"))
    }

    fn error(&self, error: Error) -> Error {
        Error::InWorkspace {
            workspace: self.name.clone(),
            how_to_continue: self.way(),
            error: Box::new(error),
        }
    }
}
