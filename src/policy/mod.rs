//! The policy: every call is refused, asked about or allowed here, before anything is sent.
//!
//! A call is judged twice. [`Rules::admit`] refuses what the user has ruled out, before the arguments are
//! checked in depth, so that nobody mends the arguments of a call that cannot be. [`question`] looks at the arguments
//! as they will be sent, valid and coerced, and finds the question to ask the user first. All of it is pure: a
//! rule sees the tool and the arguments, sends nothing and keeps nothing.
//!
//! What the user has excluded is looked for once more where requests leave ([`Guard`]): by then nothing can hide it.

mod consequence;
mod exclusion;
mod guard;
mod means;
mod moving;
mod operations;
mod question;
mod saving;
mod sql;
mod target;

use std::borrow::Cow;

use serde_json::{Map, Value};
use url::Url;

use crate::api;
use crate::cache::Changes;
use crate::catalog::{Access, Door, Effect, Operation, Source, ToolSpec};
use crate::error::Error;
use crate::stores::{Remote, Store};

pub use exclusion::Exclusion;
pub use guard::Guard;
pub use operations::{only_reads, sets};
pub use question::Question;
pub use saving::{statement as saved_statement, table as saved_table};
pub use target::{IfMissing, Target};

/// The operation that runs SQL.
const SQL: &str = "statement_execution.execute_statement";
/// The argument by which a caller says that the user has agreed.
const CONFIRM: &str = "confirm";

/// Functions that read-only mode lets through in SQL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReadOnlyFunctions {
    /// Functions that ask a model, such as `ai_query`.
    pub ai: bool,
    /// Functions that read from or send to other systems, such as `http_request`.
    pub outbound: bool,
}

impl ReadOnlyFunctions {
    /// The kinds of these names.
    ///
    /// # Errors
    /// The first name that is none.
    pub fn of(names: &[String]) -> Result<Self, &str> {
        let mut kinds = Self::default();
        for name in names {
            match name.as_str() {
                "ai" => kinds.ai = true,
                "outbound" => kinds.outbound = true,
                other => return Err(other),
            }
        }
        Ok(kinds)
    }
}

/// The user's restrictions on this server.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Nothing may be changed.
    pub read_only: bool,
    /// What read-only mode lets through all the same.
    pub read_only_functions: ReadOnlyFunctions,
    /// What may not be done by any way.
    pub excluded: Exclusion,
}

impl Rules {
    /// Lets a call pass that the user has not ruled out. The arguments need only fit the tool's listed schema.
    ///
    /// # Errors
    /// Fails if the user has ruled out the call, or if the operation that it names does not exist.
    pub fn admit(
        &self,
        tool: &ToolSpec,
        arguments: &Map<String, Value>,
        host: &Url,
    ) -> Result<(), Error> {
        match Judged::of(tool) {
            Judged::Sql(argument) if self.read_only => {
                sql::only_reads(&sql_of(arguments, argument), self.read_only_functions).map_err(
                    |reason| Error::ReadOnly {
                        what: "statement",
                        reason,
                    },
                )
            }
            Judged::Operation => {
                let operation = api::find(text(arguments, "operation"))?;
                let sets = sets(arguments);
                for set in &sets {
                    operations::admit(self, operation, set, host)?;
                    if operations::has_several(arguments) {
                        only_reads(operation, set)?;
                    }
                }
                Ok(())
            }
            Judged::Sql(_) | Judged::Tool => Ok(()),
        }?;
        saving::admit(self, tool, arguments)?;
        let reason = match Judged::of(tool) {
            Judged::Sql(argument) => self.excluded.reason_of_sql(&sql_of(arguments, argument)),
            Judged::Operation => None,
            // What a behaviour sends whatever its arguments are, its row says: it is not served.
            Judged::Tool => sends(tool, arguments)
                .and_then(|(operation, wired)| self.excluded.reason(operation, &wired)),
        };
        operations::not_excluded(tool.name, reason)
    }
}

impl Rules {
    /// Lets an operation pass, sent on behalf of `what`, that the user has not ruled out.
    ///
    /// # Errors
    /// As [`Rules::admit`].
    pub fn admit_operation(
        &self,
        what: &str,
        operation: &str,
        arguments: &Map<String, Value>,
        host: &Url,
    ) -> Result<(), Error> {
        let operation = api::find(operation)?;
        operations::admit(self, operation, arguments, host).map_err(|mut error| {
            if let Error::Arguments { tool, .. } = &mut error {
                what.clone_into(tool);
            }
            error
        })
    }
}

/// What a call may change, with valid arguments.
#[must_use]
pub fn changes(tool: &ToolSpec, arguments: &Map<String, Value>) -> Changes {
    if saving::writes(arguments) {
        return Changes::Anything;
    }
    match Judged::of(tool) {
        Judged::Sql(argument) => {
            let all = ReadOnlyFunctions {
                ai: true,
                outbound: true,
            };
            match sql::only_reads(text(arguments, argument), all) {
                Ok(()) => Changes::Nothing,
                Err(_) => Changes::Anything,
            }
        }
        Judged::Operation => {
            let nothing = Map::new();
            let inner = arguments.get("arguments").and_then(Value::as_object);
            match api::find(text(arguments, "operation")) {
                Ok(operation) => match consequence::effect(operation, inner.unwrap_or(&nothing)) {
                    Effect::Reads => Changes::Nothing,
                    _ => Changes::Of(vec![service(operation.id)]),
                },
                Err(_) => Changes::Anything,
            }
        }
        // What read-only mode serves besides writes only by what was looked at above.
        Judged::Tool if tool.access == Access::Read || tool.enforces_read_only => Changes::Nothing,
        // Only of a tool of the embedding program it is not known what it sends.
        Judged::Tool if tool.operations.is_empty() => Changes::Anything,
        Judged::Tool => Changes::Of(services(tool)),
    }
}

/// The services that a tool asks.
#[must_use]
pub fn services(tool: &ToolSpec) -> Vec<&'static str> {
    tool.primary().map(|sent| service(sent.id)).collect()
}

/// The service of an operation.
fn service(id: &'static str) -> &'static str {
    id.split_once('.').map_or(id, |(service, _)| service)
}

/// The statements of a SQL text, in order. A script, `BEGIN … END`, is one, with whatever follows it.
///
/// # Errors
/// The text cannot be split with certainty; the reason completes "it …".
pub fn statements(sql: &str) -> Result<Vec<&str>, String> {
    sql::statements(sql)
}

/// True for a statement that only reads, so that nothing but time is lost if it runs twice.
#[must_use]
pub fn statement_only_reads(sql: &str) -> bool {
    sql::only_reads(sql, ReadOnlyFunctions::default()).is_ok()
}

/// The question to ask the user before the call, if there is one. The arguments are those that will be sent.
#[must_use]
pub fn question(tool: &ToolSpec, arguments: &Map<String, Value>) -> Option<Question> {
    let asked = match Judged::of(tool) {
        Judged::Sql(argument) => {
            let asked = sql::question(
                &sql_of(arguments, argument),
                optional(arguments, "catalog"),
                optional(arguments, "schema"),
            );
            // A statement stands last, so that nothing it says can pass for ours.
            match (saving::question(arguments), asked) {
                (Some(file), Some(asked)) => Some(format!("{file} {asked}")),
                (file, asked) => file.or(asked),
            }
        }
        Judged::Operation => {
            let operation = api::find(text(arguments, "operation")).ok()?;
            let mut sets = sets(arguments).into_iter();
            sets.find_map(|set| consequence::question(operation, &set))
        }
        Judged::Tool => {
            let manifest = tool.confirm.as_ref();
            manifest
                .and_then(|confirm| question::of(confirm, arguments))
                .map(|asked| moving::with_loss(tool, arguments, asked))
                .or_else(|| of_request(tool, arguments))
        }
    };
    asked.map(Question::new)
}

/// The question about the operation that a table tool sends, for arguments that its own question does not cover.
fn of_request(tool: &ToolSpec, arguments: &Map<String, Value>) -> Option<String> {
    let (operation, wired) = sends(tool, arguments)?;
    if consequence::effect(operation, &wired) == Effect::Reveals && shows_named_fields(tool) {
        return None;
    }
    // Where the manifest asks under a condition only, what is left is the operation's own effect under an argument.
    let by_argument = consequence::effect(operation, &wired) != operation.effect;
    let asks = by_argument || tool.confirm.is_none();
    asks.then(|| consequence::question(operation, &wired))
        .flatten()
}

/// True if the answer shows only fields that the manifest names.
fn shows_named_fields(tool: &ToolSpec) -> bool {
    match &tool.door {
        Door::Table(plan) => !plan.shape.fields.is_empty(),
        Door::Behaviour(_) => false,
    }
}

/// The things that a call is about, as far as its arguments name them.
#[must_use]
pub fn targets(tool: &ToolSpec, arguments: &Map<String, Value>) -> Vec<Target> {
    let of_sql = |arguments: &Map<String, Value>, argument| {
        let place = |name| optional(arguments, name);
        let sql = sql_of(arguments, argument);
        sql::targets(&sql, place("catalog"), place("schema"))
    };
    if let Judged::Sql(argument) = Judged::of(tool) {
        // A file that is replaced is asked about whatever becomes of the tables.
        if saving::question(arguments).is_some() {
            return Vec::new();
        }
        return of_sql(arguments, argument);
    }
    if matches!(tool.door, Door::Behaviour("move_file")) {
        return moving::targets(tool, arguments);
    }
    match sends(tool, arguments) {
        // There may be files in a folder of this name though there is no file.
        Some((operation, _)) if operation.id == "files.upload" && names_a_folder(arguments) => {
            Vec::new()
        }
        Some((operation, wired)) if operation.id == SQL => of_sql(&wired, "statement"),
        Some((operation, arguments)) => {
            // `overwrite` and its like take something away only where it is there.
            let effect = consequence::effect(operation, &arguments);
            let replaces = effect == Effect::Destroys && effect != operation.effect;
            vec![Target {
                operation: operation.id,
                arguments,
                name: None,
                or_else: None,
                if_missing: if replaces {
                    IfMissing::TakesNothing
                } else {
                    IfMissing::Fails
                },
            }]
        }
        None => Vec::new(),
    }
}

/// True if files are put below the path of the call.
fn names_a_folder(arguments: &Map<String, Value>) -> bool {
    let recursive = arguments.get("recursive") == Some(&Value::Bool(true));
    recursive || text(arguments, "path").ends_with('/')
}

/// The operation that a call sends, with its arguments as the service names them. `None` where a behaviour decides.
#[must_use]
pub fn sends(
    tool: &ToolSpec,
    arguments: &Map<String, Value>,
) -> Option<(&'static Operation, Map<String, Value>)> {
    match &tool.door {
        Door::Table(plan) => {
            let given = plan.request.arguments.iter().filter_map(|argument| {
                let value = match &argument.source {
                    Source::Constant(json) => serde_json::from_str(json).ok()?,
                    _ => arguments.get(argument.name)?.clone(),
                };
                Some((argument.wire.to_owned(), value))
            });
            Some((api::find(plan.request.operation).ok()?, given.collect()))
        }
        Door::Behaviour("api_call") => {
            let operation = api::find(text(arguments, "operation")).ok()?;
            let inner = arguments.get("arguments").and_then(Value::as_object);
            Some((operation, inner.cloned().unwrap_or_default()))
        }
        Door::Behaviour("import_notebook" | "edit_notebook") => {
            let mut wired = Map::from_iter([("path".to_owned(), arguments.get("path")?.clone())]);
            // An edit replaces the notebook by what it becomes.
            let overwrite = arguments.get("overwrite").cloned();
            let overwrite =
                overwrite.or_else(|| (tool.name == "edit_notebook").then_some(true.into()));
            wired.extend(overwrite.map(|overwrite| ("overwrite".to_owned(), overwrite)));
            Some((api::find("workspace.import_").ok()?, wired))
        }
        Door::Behaviour("upload_file") => {
            let to = Remote::parse(tool.name, text(arguments, "path")).ok()?;
            let (operation, path) = match to.store {
                Store::Volume => ("files.upload", "file_path"),
                Store::Dbfs => ("dbfs.put", "path"),
                Store::Workspace => ("workspace.import_", "path"),
            };
            let mut wired = Map::from_iter([(path.to_owned(), to.path.into())]);
            if let Some(overwrite) = arguments.get("overwrite") {
                wired.insert("overwrite".to_owned(), overwrite.clone());
            }
            Some((api::find(operation).ok()?, wired))
        }
        Door::Behaviour("update_permissions") => {
            let mut wired = Map::new();
            for (name, own) in [
                ("request_object_type", "object_type"),
                ("request_object_id", "object_id"),
                ("access_control_list", "access_control_list"),
            ] {
                wired.insert(name.to_owned(), arguments.get(own)?.clone());
            }
            Some((api::find("permissions.update").ok()?, wired))
        }
        Door::Behaviour(_) => None,
    }
}

/// Takes `confirm` out of the arguments of a tool that may ask. Returns true if the caller says that the user has
/// agreed.
#[must_use]
pub fn take_confirm(tool: &ToolSpec, arguments: &mut Map<String, Value>) -> bool {
    let asks = tool.confirm.is_some() || !matches!(Judged::of(tool), Judged::Tool);
    asks && arguments.shift_remove(CONFIRM) == Some(Value::Bool(true))
}

/// The basis on which a call is judged.
enum Judged {
    /// The tool, as the manifest declares it.
    Tool,
    /// The SQL that the call brings in this argument.
    Sql(&'static str),
    /// The operation that the call names.
    Operation,
}

impl Judged {
    fn of(tool: &ToolSpec) -> Self {
        match tool.door {
            Door::Behaviour("execute_sql") => Self::Sql("statement"),
            Door::Behaviour("execute_sql_multi") => Self::Sql("script"),
            Door::Behaviour("api_call") => Self::Operation,
            Door::Behaviour(_) | Door::Table(_) => Self::Tool,
        }
    }
}

/// The SQL that a call sends. Only `execute_sql` can have its result saved to a table.
fn sql_of<'a>(arguments: &'a Map<String, Value>, argument: &str) -> Cow<'a, str> {
    match argument {
        "statement" => saving::statement(arguments),
        argument => Cow::Borrowed(text(arguments, argument)),
    }
}

fn optional<'a>(arguments: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    arguments.get(name).and_then(Value::as_str)
}

fn text<'a>(arguments: &'a Map<String, Value>, name: &str) -> &'a str {
    optional(arguments, name).unwrap_or_default()
}

#[cfg(test)]
mod tests;
