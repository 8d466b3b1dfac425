//! Tools of the program that embeds this server, beside those of the manifest.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use rmcp::model::JsonObject;
use serde_json::{Map, Value, json};

use super::api_call;
use crate::api;
use crate::catalog::{Access, Confirm, Door, ToolSpec};
use crate::context::Context;
use crate::error::Error;
use crate::policy::Rules;
use crate::shape::{self, Answer};

/// The toolset that tools of an embedding program are of.
const TOOLSET: &str = "own";

/// Bytes of an answer of the service that a tool of one's own gets. What the client gets of it is cut later.
const ROOM: usize = 16 << 20;

/// The future of a call.
type Running = Pin<Box<dyn Future<Output = Result<Value, Error>> + Send>>;

/// The code of a tool.
type Code = Arc<dyn Fn(Caller, Map<String, Value>) -> Running + Send + Sync>;

/// A tool of the program that embeds the server.
///
/// It is listed after the server's own and served as they are: its arguments are held to its schema, a question is put
/// to the user before it destroys, read-only mode leaves out what does more than read, a panic ends only its call, and
/// its answer is cut to the size that the user has set.
///
/// Its name and texts are kept for as long as the program runs, so make one of a kind, not one for each call.
#[derive(Clone)]
pub struct OwnTool {
    pub(crate) spec: &'static ToolSpec,
    pub(crate) input: JsonObject,
    pub(crate) output: JsonObject,
    pub(crate) code: OwnCode,
}

/// The code of a tool, which does not show itself.
#[derive(Clone)]
pub(crate) struct OwnCode(Code);

impl OwnTool {
    /// A tool that changes nothing. `arguments` is the JSON schema of its arguments, an object; others than those that
    /// it names are refused.
    #[must_use]
    pub fn reads<F, R>(name: &str, description: &str, arguments: Value, code: F) -> Self
    where
        F: Fn(Caller, Map<String, Value>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value, Error>> + Send + 'static,
    {
        Self::new(name, description, arguments, (Access::Read, None), code)
    }

    /// A tool that adds or changes something. The user is not asked.
    #[must_use]
    pub fn writes<F, R>(name: &str, description: &str, arguments: Value, code: F) -> Self
    where
        F: Fn(Caller, Map<String, Value>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value, Error>> + Send + 'static,
    {
        Self::new(name, description, arguments, (Access::Write, None), code)
    }

    /// A tool that deletes or replaces something, after the user has said yes to `question`; `{name}` in it is the
    /// argument of that name.
    #[must_use]
    pub fn destroys<F, R>(
        name: &str,
        description: &str,
        arguments: Value,
        question: &str,
        code: F,
    ) -> Self
    where
        F: Fn(Caller, Map<String, Value>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value, Error>> + Send + 'static,
    {
        let question = Some(Confirm {
            when: "",
            message: kept(question),
        });
        Self::new(
            name,
            description,
            arguments,
            (Access::Destroy, question),
            code,
        )
    }

    /// The same tool, with the JSON schema of its answers, an object. An answer that is cut has a field `cut` beside.
    #[must_use]
    pub fn answers(mut self, schema: Value) -> Self {
        if let Value::Object(schema) = schema {
            self.output = schema;
        }
        self
    }

    fn new<F, R>(
        name: &str,
        description: &str,
        arguments: Value,
        (access, confirm): (Access, Option<Confirm>),
        code: F,
    ) -> Self
    where
        F: Fn(Caller, Map<String, Value>) -> R + Send + Sync + 'static,
        R: Future<Output = Result<Value, Error>> + Send + 'static,
    {
        let mut input = match arguments {
            Value::Object(schema) => schema,
            _ => JsonObject::new(),
        };
        input.entry("type").or_insert_with(|| json!("object"));
        input
            .entry("additionalProperties")
            .or_insert_with(|| json!(false));
        let properties = input.entry("properties").or_insert_with(|| json!({}));
        if confirm.is_some()
            && let Some(properties) = properties.as_object_mut()
        {
            let agreed =
                json!({ "type": "boolean", "description": "true once the user has agreed" });
            properties.insert("confirm".to_owned(), agreed);
        }
        let spec: &'static ToolSpec = Box::leak(Box::new(ToolSpec {
            name: kept(name),
            aliases: &[],
            argument_aliases: &[],
            flatten: &[],
            toolset: TOOLSET,
            title: kept(&title(name)),
            description: kept(description),
            access,
            enforces_read_only: false,
            idempotent: access == Access::Read,
            input_schema: "",
            output_schema: "",
            // No behaviour of the manifest has this name, so nothing that goes by one takes it for its own.
            door: Door::Behaviour(""),
            operations: &[],
            confirm,
            nearest: &[],
        }));
        let output = JsonObject::from_iter([("type".to_owned(), json!("object"))]);
        Self {
            spec,
            input,
            output,
            code: OwnCode(Arc::new(move |caller, arguments| {
                Box::pin(code(caller, arguments))
            })),
        }
    }
}

impl fmt::Debug for OwnTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnTool")
            .field("name", &self.spec.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for OwnCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OwnCode")
    }
}

impl OwnCode {
    /// Serves one call with validated arguments.
    pub(crate) async fn call(
        &self,
        spec: &'static ToolSpec,
        context: &Context,
        arguments: Map<String, Value>,
    ) -> Result<Answer, Error> {
        let caller = Caller {
            tool: spec,
            context: context.part(ROOM),
        };
        let answered = tokio::select! {
            answered = (self.0)(caller, arguments) => answered?,
            () = context.cancel.cancelled() => return Err(Error::Cancelled {
                what: format!("`{}`", spec.name),
            }),
        };
        let mut answer = match answered {
            Value::Object(_) => answered,
            other => json!({ "result": other }),
        };
        shape::fit_json_to(&mut answer, context.room);
        Ok(Answer::json(answer))
    }
}

/// One call of a tool of one's own, and the way to the workspace on its behalf.
#[derive(Debug)]
pub struct Caller {
    tool: &'static ToolSpec,
    context: Context,
}

impl Caller {
    /// Sends an operation of the REST API, such as `clusters.list`, with its arguments as an object, waits for what it
    /// starts, and returns its answer; a list comes in pages of 50 rows, or of `limit`, with `next_cursor`.
    ///
    /// What the user has excluded is refused, as is what writes on behalf of a tool that reads.
    ///
    /// # Errors
    /// The operation does not exist, the arguments do not fit it, it is not allowed, or the service refused it.
    pub async fn operation(&self, id: &str, arguments: Value) -> Result<Value, Error> {
        let Value::Object(arguments) = arguments else {
            return Err(Error::Arguments {
                tool: id.to_owned(),
                problems: vec!["the arguments of an operation are an object".to_owned()],
            });
        };
        let operation = api::find(id)?;
        let arguments = api_call::ready(operation, arguments)?;
        let rules = Rules {
            read_only: self.tool.access == Access::Read,
            ..Rules::default()
        };
        let host = self.context.workspace.transport.host();
        let admitted = rules.admit_operation(self.tool.name, operation.id, &arguments, host);
        admitted.map_err(|error| match error {
            Error::ReadOnly { .. } => Error::Own {
                what: format!(
                    "`{}` is a tool that reads, and `{}` does more",
                    self.tool.name, operation.id
                ),
                hint: None,
            },
            other => other,
        })?;
        let answer = api_call::send(&self.context, operation, arguments, &[]).await?;
        Ok(answer.structured)
    }

    /// Waits until the client cancels the call. The call is dropped then; this is for what it has started elsewhere.
    pub async fn cancelled(&self) {
        self.context.cancel.cancelled().await;
    }
}

/// Keeps text for good; there are as many as tools are made.
fn kept(text: &str) -> &'static str {
    String::leak(text.to_owned())
}

/// The words of a name, for people.
fn title(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}
