//! The Databricks API in memory: every operation and schema of `specs/databricks/`, references resolved by name.

mod arguments;
mod document;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

pub use crate::catalog::facts::{OperationFacts, PaginateFacts, ParamFacts, Style};
pub use crate::catalog::schema::NoField;
use crate::catalog::schema::Schemas;
pub use crate::catalog::tool_spec::Place;

/// A failure to read the API facts.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A document or the folder cannot be read.
    #[error("cannot read `{path}`: {source}\nhint: run `make update-specs`")]
    Read {
        /// The document or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A document is not the OpenAPI that `codegen import` writes.
    #[error(
        "`{path}` is not a document that `codegen import` wrote: {source}\nhint: run `make update-specs`"
    )]
    Parse {
        /// The document.
        path: PathBuf,
        /// The parser's reason, with its place.
        source: serde_json::Error,
    },
}

/// The level of an operation: a workspace, or the account above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The host is a workspace.
    Workspace,
    /// The host is the account console.
    Account,
}

/// One REST operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// `service.method`, for example `jobs.run_now`.
    pub id: String,
    /// The module that defines it, for example `jobs`; the name of its document.
    pub module: String,
    /// Workspace or account.
    pub level: Level,
    /// Upper-case HTTP method.
    pub verb: String,
    /// Path template with `{name}` segments.
    pub path: String,
    /// Path, query and header parameters in document order.
    pub params: Vec<ParamFacts>,
    /// The request body, where there is one.
    pub body: Option<Body>,
    /// Schema of the JSON answer; `None` for an empty or binary one.
    pub response: Option<Value>,
    /// The answer is raw bytes.
    pub raw_response: bool,
    /// The way a list goes on from page to page.
    pub paginate: Option<PaginateFacts>,
    /// The way to wait for what it starts.
    pub wait: Option<Wait>,
    /// The handle it answers with, of work that goes on.
    pub long_running: Option<LongRunning>,
    /// Parameter that makes it harmless to repeat.
    pub token: Option<String>,
    /// Ids it had before.
    pub aliases: Vec<String>,
    /// Marked deprecated upstream.
    pub deprecated: bool,
    /// Added by the overlay: upstream does not describe it.
    pub added: bool,
    /// Launch stage, where marked (`preview`, `beta`).
    pub stage: Option<String>,
}

/// A request body.
#[derive(Debug, Clone)]
pub struct Body {
    /// `application/json` or `application/octet-stream`.
    pub content_type: String,
    /// Its schema, references as `{"$ref": "module.Name"}`.
    pub schema: Value,
    /// True if the operation needs it.
    pub required: bool,
}

/// The way to wait for what an operation starts, as `x-databricks-wait` states it. `timeout_minutes` stays
/// unread: it is how long an SDK blocks, and a tool answers long before.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Wait {
    /// Operation that tells the state.
    pub poll: String,
    /// Its parameters, each from `request.<argument>` or `response.<field>` of what was started.
    pub bind: IndexMap<String, String>,
    /// Field of the polled answer that says the state.
    pub status: String,
    /// States that mean it went as asked.
    pub success: Vec<String>,
    /// States that mean it did not.
    pub failure: Vec<String>,
    /// Field with the service's own words about the state.
    pub message: Option<String>,
}

/// The handle of a long-running operation, as `x-databricks-lro` states it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LongRunning {
    /// Operation that tells whether it is done.
    pub poll: String,
    /// Its parameters, each from `response.<field>` of what was started.
    pub bind: IndexMap<String, String>,
    /// Operation that stops it, with the same parameters.
    pub cancel: Option<String>,
    /// Schema of what it gives in the end; the polled answer shows it as it comes.
    pub result: Option<Value>,
    /// Schema of what it tells meanwhile.
    pub metadata: Option<Value>,
}

/// The whole API: what the documents say, in one place.
#[derive(Debug, Default)]
pub struct Api {
    operations: BTreeMap<String, Operation>,
    schemas: Schemas,
}

impl Api {
    /// Reads every `*.json` document of `dir`.
    ///
    /// # Errors
    /// A document that cannot be read or is not OpenAPI as the importer writes it.
    pub fn load(dir: &Path) -> Result<Self, Error> {
        let read = |source| Error::Read {
            path: dir.to_owned(),
            source,
        };
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(read)? {
            let path = entry.map_err(read)?.path();
            if path.extension().is_some_and(|ext| ext == "json") {
                paths.push(path);
            }
        }
        paths.sort();
        let mut api = Self::default();
        for path in paths {
            let text = std::fs::read_to_string(&path).map_err(|source| Error::Read {
                path: path.clone(),
                source,
            })?;
            let document =
                serde_json::from_str(&text).map_err(|source| Error::Parse { path, source })?;
            document::add(&mut api, document);
        }
        Ok(api)
    }

    /// Takes in documents that are in memory already, by file name.
    ///
    /// # Errors
    /// The name of a document that is not OpenAPI as the importer writes it, and the reason.
    pub fn of<'a>(
        documents: impl IntoIterator<Item = (&'a String, &'a Value)>,
    ) -> Result<Self, (String, serde_json::Error)> {
        let mut api = Self::default();
        for (file, document) in documents {
            let document =
                document::Document::deserialize(document).map_err(|error| (file.clone(), error))?;
            document::add(&mut api, document);
        }
        Ok(api)
    }

    /// Every operation, in the order of its id.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.values()
    }

    /// The operation of this id.
    #[must_use]
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.get(id)
    }

    /// Every schema with its name, `module.Name`.
    pub fn schemas(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.schemas.all()
    }

    /// The schema named `module.Name`.
    #[must_use]
    pub fn schema(&self, name: &str) -> Option<&Value> {
        self.schemas.get(name)
    }

    /// Follows references until `schema` is a schema of its own; an unknown name becomes null.
    #[must_use]
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        self.schemas.resolve(schema)
    }

    /// The schema with every reference replaced by what it names, `depth` levels deep.
    #[must_use]
    pub fn inline(&self, schema: &Value, depth: usize) -> Value {
        self.schemas.inline(schema, depth)
    }

    /// The schema at a dotted field path such as `settings.name`; null where the schema does not say.
    ///
    /// # Errors
    /// The segment that does not exist and the names that do.
    pub fn field<'a>(&'a self, schema: &'a Value, path: &str) -> Result<&'a Value, NoField> {
        self.schemas.field(schema, path)
    }

    /// Everything a caller can set on an operation: parameters, then the properties of a JSON body.
    #[must_use]
    pub fn arguments(&self, operation: &Operation) -> Vec<ParamFacts> {
        arguments::arguments(self, operation)
    }

    /// The operation as the server knows it at run time.
    #[must_use]
    pub fn facts(&self, operation: &Operation) -> OperationFacts {
        OperationFacts {
            params: self.arguments(operation),
            response: operation.response.clone(),
            raw: operation.raw_response,
            paginate: operation.paginate.clone(),
            long_running: operation
                .long_running
                .as_ref()
                .map(|handle| handle.poll.clone()),
        }
    }
}
