//! The tool manifest: the grammar of `specs/tools.yaml` and `specs/tools/<toolset>.yaml`.
//!
//! The doc comments here are what editors show: `make generate` writes them to `specs/tools.schema.json`.

mod at;
mod effects;
mod lists;
mod overlay;
mod parts;
mod problem;
mod read;
mod removed;
mod tree;
mod waits;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

pub use at::At;
pub use effects::{Effect, Effects, Exception};
pub use lists::{By, Descend, Narrow, Order, Paginate, Token};
pub use overlay::Correction;
pub use parts::{Checked, Each, OfTasks, Paged};
pub use problem::{Problem, Problems, nearest};
pub use read::{Source, read};
pub use removed::Removed;
pub use waits::{Outcome, Poll, Progress, Until, Wait};

/// `specs/tools.yaml`: the toolsets and presets.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Index {
    /// Every toolset, in the order in which tools are listed.
    pub toolsets: Vec<At<String>>,
    /// The toolsets and single tools served when the user asks for none: the preset `default`.
    pub default: Vec<At<String>>,
    /// Names for toolsets and single tools together; `default` and `all` need none.
    #[serde(default)]
    pub presets: IndexMap<String, Vec<At<String>>>,
}

/// `specs/tools/<toolset>.yaml`: one toolset.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Toolset {
    /// Its name; the file's name too.
    pub toolset: At<String>,
    /// One sentence for people who choose toolsets.
    pub describe: String,
    /// Rules for waiting that the specs leave open, by the operation that is polled. They hold for every toolset.
    #[serde(default)]
    pub waits: IndexMap<At<String>, At<Poll>>,
    /// Operations whose answer is one object in pages: its lists are read to their end.
    #[serde(default)]
    pub objects: IndexMap<At<String>, At<Paged>>,
    /// Operations that take a misspelt parameter in silence, each with how its parameters are checked.
    #[serde(default)]
    pub checked: IndexMap<At<String>, At<Checked>>,
    /// Its tools, in the order in which they are listed.
    pub tools: Vec<Tool>,
}

/// One tool, served from the API by `operation`, or by hand-written Rust by `behaviour`.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Tool {
    /// `verb_noun`, at most 45 characters.
    pub name: At<String>,
    /// Other names the call answers to; never listed.
    #[serde(default)]
    pub aliases: Vec<At<String>>,
    /// Two or three words for people.
    pub title: String,
    /// When to use the tool and what comes back, under 300 characters.
    pub description: At<String>,
    /// Its effect: reads, writes or destroys. The MCP hints derive from it.
    pub access: At<Access>,
    /// Stays in read-only mode, where its Rust lets only reading through.
    #[serde(default)]
    pub read_only: bool,
    /// Calling it again changes nothing more. Derived from access and verb when left out.
    pub idempotent: Option<At<bool>>,
    /// `service.method` in the specs.
    pub operation: Option<At<String>>,
    /// A file in `src/behaviours/`, which then also holds the arguments and the answer.
    pub behaviour: Option<At<String>>,
    /// The operations that a behaviour sends, the one it is there for first. The typed client is generated for
    /// them.
    #[serde(default)]
    pub operations: Vec<At<String>>,
    /// The operations that a behaviour is there to send; when left out, the first it names. To exclude the tool
    /// excludes these from `api_call`.
    #[serde(default)]
    pub primary: Vec<At<String>>,
    /// Operations that a behaviour sends by the way and from no plan of its own, such as to look up close names.
    #[serde(default)]
    pub lookups: Vec<At<String>>,
    /// Other servers' names of arguments, each with the name here. They are accepted and never listed.
    #[serde(default)]
    pub argument_aliases: IndexMap<String, At<String>>,
    /// Arguments of other servers whose fields are arguments here; accepted, never listed.
    #[serde(default)]
    pub flatten: Vec<String>,
    /// The operation's arguments, by wire name; every one is named here or covered by `'*'`.
    #[serde(default)]
    pub params: IndexMap<At<String>, Param>,
    /// Lists: rows, pages and the caller's `limit` and `cursor`.
    pub paginate: Option<At<Paginate>>,
    /// Waits until the work that was started ends: `{}`, or what differs for this tool.
    pub wait: Option<At<Wait>>,
    /// Asking before it is done.
    pub confirm: Option<At<Confirm>>,
    /// The reason why nobody is asked before a tool that destroys.
    pub unasked: Option<At<String>>,
    /// Lists of names, one of which may have been meant when the service says that a name does not exist. The
    /// first that fits the error is asked.
    #[serde(default)]
    pub nearest: Vec<At<Nearest>>,
    /// The fields of the answer.
    pub result: Option<ResultShape>,
}

/// A list of names among which one that does not exist may have been meant.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Nearest {
    /// Tool that lists them.
    pub list: At<String>,
    /// Field of its answer that should have been given.
    pub of: String,
    /// Field that may have been given instead, such as the name of what goes by an id.
    pub label: Option<String>,
    /// Arguments of this tool that together, joined by dots, name what does not exist.
    pub named: Vec<String>,
    /// Segments of that name that count; all when left out.
    #[serde(default)]
    pub depth: u32,
    /// Arguments of the list, from the first segments of the name.
    #[serde(default)]
    pub within: Vec<String>,
    /// Only for errors with this code.
    pub code: Option<String>,
    /// Not for errors, but for a list that is empty although the name was given.
    #[serde(default)]
    pub empty: bool,
}

/// The effect of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// Changes nothing.
    Read,
    /// Adds or changes.
    Write,
    /// Deletes or replaces.
    Destroy,
}

/// One argument of the operation: shown, renamed, hidden or filled.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Param {
    /// Show it as the service has it; only needed on `'*'`, where it keeps all the rest.
    #[serde(default)]
    pub keep: bool,
    /// The name an agent sees.
    pub rename: Option<String>,
    /// Neither shown nor, without a `value`, sent.
    #[serde(default)]
    pub hide: bool,
    /// Sent when the caller leaves it out.
    pub default: Option<Value>,
    /// Argument of the tool beside which the default is not sent.
    pub unless: Option<At<String>>,
    /// Always sent; `$uuid` is new for each call, `$workspace_id` the workspace's own id.
    pub value: Option<Value>,
    /// The encoding of the caller's text.
    pub encode: Option<Encode>,
    /// The type, for what the documents leave open: models refuse tools with an argument that has none.
    #[serde(rename = "type")]
    pub form: Option<Form>,
    /// Its meaning, for an agent.
    pub describe: Option<String>,
    /// Needed, even where the service does not insist; `false` for what has a fallback.
    pub required: Option<bool>,
    /// Least number.
    pub minimum: Option<i64>,
    /// Greatest number.
    pub maximum: Option<i64>,
}

/// The type of an argument that the documents leave open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// An object.
    Object,
    /// A list of objects.
    Objects,
    /// A list of texts.
    Strings,
}

/// An encoding of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Encode {
    /// As base64.
    Base64,
    /// A time in any form, as milliseconds since 1970.
    Time,
}

/// Asking before acting.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Confirm {
    /// Ask only when this argument is true.
    pub when: Option<String>,
    /// The question; `{argument}` stands for its value, and one at least says what it is about.
    pub message: At<String>,
}

/// The answer: its fields, its rows and its text.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ResultShape {
    /// Name in the answer, and the field of the service's answer it shows.
    #[serde(default)]
    pub fields: IndexMap<String, At<Field>>,
    /// Keep only rows whose field has one of these values.
    #[serde(default)]
    pub r#where: IndexMap<String, At<Vec<String>>>,
    /// The form of the text.
    #[serde(default)]
    pub format: Format,
    /// The text when there are no rows: says so, and what to try.
    pub empty: Option<String>,
    /// What further operations tell of the parts of the answer.
    #[serde(default)]
    pub each: Vec<At<Each>>,
    /// Tool that shows what was written, by the arguments that both have.
    pub shown_by: Option<At<String>>,
    /// Facts about what was written that nothing else tells, such as its type.
    #[serde(default)]
    pub says: IndexMap<String, String>,
    /// A sentence with every answer on what it does not cover.
    pub note: Option<String>,
}

/// The form of the text part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Compact JSON.
    #[default]
    Json,
    /// A markdown table.
    Table,
    /// The first field as it is, nothing around it.
    Text,
}

/// A field of the answer: a path, or a path and how to read it.
#[derive(Debug, Clone)]
pub struct Field {
    /// Dotted path into the service's answer; goes through arrays. Of several, joined by `|`, the first that
    /// leads to something counts.
    pub path: String,
    /// The reading of its value.
    pub r#as: Option<As>,
    /// Fields to keep of an object or of each object of a list.
    pub fields: IndexMap<String, At<Field>>,
}

/// A reading of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum As {
    /// Milliseconds since 1970 as RFC 3339.
    Timestamp,
    /// Milliseconds as seconds.
    Seconds,
    /// Base64 as text.
    Base64,
    /// A long text as one line, cut.
    Line,
}

#[derive(Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct FieldForm {
    path: String,
    r#as: Option<As>,
    #[serde(default)]
    fields: IndexMap<String, At<Field>>,
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        impl<'de> serde::de::Visitor<'de> for Form {
            type Value = Field;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a field path, or a map with `path`")
            }

            fn visit_str<E>(self, path: &str) -> Result<Field, E> {
                Ok(Field {
                    path: path.to_owned(),
                    r#as: None,
                    fields: IndexMap::new(),
                })
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Field, A::Error> {
                let form =
                    FieldForm::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(Field {
                    path: form.path,
                    r#as: form.r#as,
                    fields: form.fields,
                })
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl JsonSchema for Field {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Field".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let form = generator.subschema_for::<FieldForm>();
        schemars::json_schema!({ "anyOf": [{ "type": "string" }, form] })
    }
}

/// The JSON schema of a toolset file, for editors.
#[must_use]
pub fn json_schema() -> Value {
    schemars::schema_for!(Toolset).to_value()
}
