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
    /// One that cannot be used says so when it is called.
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

    /// Whether calls choose.
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
    /// A name that does not exist, or why the chosen workspace cannot be used.
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
        Ok(Chosen {
            workspace: found.workspace.clone()?,
            name: self.several().then(|| found.name.clone()),
        })
    }
}

/// The workspace of one call.
#[derive(Debug)]
pub struct Chosen {
    /// Where the call goes.
    pub workspace: Arc<Workspace>,
    name: Option<String>,
}

impl Chosen {
    /// Names the workspace in an answer, where there are several.
    #[must_use]
    pub fn sign(&self, mut answer: Answer) -> Answer {
        if let Some(name) = &self.name {
            answer.text = format!("workspace: {name}\n{}", answer.text);
            if let Some(object) = answer.structured.as_object_mut() {
                object.insert(ARGUMENT.to_owned(), json!(name));
            }
        }
        answer
    }

    /// Names the workspace in a question to the user, where there are several.
    #[must_use]
    pub fn sign_question(&self, error: Error) -> Error {
        match (&self.name, error) {
            (Some(name), Error::Unconfirmed { question }) => Error::Unconfirmed {
                question: format!("{question} (workspace {name})"),
            },
            (_, error) => error,
        }
    }
}
