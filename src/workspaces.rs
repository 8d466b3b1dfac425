//! The workspaces of this server: one, of which nothing shows, or several by name.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::context::Workspace;
use crate::error::Error;
use crate::shape::Answer;

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

    /// Those that can be used.
    pub fn open(&self) -> impl Iterator<Item = &Workspace> {
        self.0
            .iter()
            .filter_map(|named| named.workspace.as_deref().ok())
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
