//! The Databricks API in memory: every operation and schema of `specs/databricks/`, references resolved by name.

mod document;
mod schema;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

pub use document::Location;

/// Why the API facts could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A document or the folder cannot be read.
    #[error("cannot read `{path}`: {source}\nhint: run `make update-specs`")]
    Read {
        /// What was to be read.
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
        /// Where and why parsing stopped.
        source: serde_json::Error,
    },
}

/// Where an operation lives: in a workspace, or in the account above it.
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
    pub params: Vec<Param>,
    /// The request body, where there is one.
    pub body: Option<Body>,
    /// Schema of the JSON answer; `None` for an empty or binary one.
    pub response: Option<Value>,
    /// The answer is raw bytes.
    pub raw_response: bool,
    /// How lists continue.
    pub paginate: Option<Paginate>,
    /// Marked deprecated upstream.
    pub deprecated: bool,
    /// Added by the overlay: upstream does not describe it.
    pub added: bool,
    /// Launch stage, where marked (`preview`, `beta`).
    pub stage: Option<String>,
}

/// A path, query or header parameter, or one property of a JSON body.
#[derive(Debug, Clone)]
pub struct Param {
    /// The wire name.
    pub name: String,
    /// Where it goes.
    pub location: Location,
    /// Whether the operation needs it.
    pub required: bool,
    /// The path segment may hold slashes, which stay as they are.
    pub multi_segment: bool,
    /// The body requires a property of this name too; it holds the same value.
    pub in_body: bool,
    /// Its schema, references as `{"$ref": "module.Name"}`.
    pub schema: Value,
}

/// A request body.
#[derive(Debug, Clone)]
pub struct Body {
    /// `application/json` or `application/octet-stream`.
    pub content_type: String,
    /// Its schema, references as `{"$ref": "module.Name"}`.
    pub schema: Value,
    /// Whether the operation needs it.
    pub required: bool,
}

/// How a list operation continues, as `x-databricks-paginate` states it.
#[derive(Debug, Clone, Deserialize)]
pub struct Paginate {
    /// `token`, `offset`, `page` or `next_request`.
    pub style: String,
    /// Field of the answer that holds the rows.
    pub items: String,
    /// Parameter that carries the continuation.
    #[serde(default)]
    pub request: Option<String>,
    /// Field of the answer that names the continuation.
    #[serde(default)]
    pub response: Option<String>,
    /// The first offset or page number.
    #[serde(default)]
    pub first: u32,
}

/// The whole API: what the documents say, in one place.
#[derive(Debug, Default)]
pub struct Api {
    operations: BTreeMap<String, Operation>,
    schemas: BTreeMap<String, Value>,
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

    /// Every operation, in the order of its id.
    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.operations.values()
    }

    /// The operation of this id.
    #[must_use]
    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.get(id)
    }

    /// The schema named `module.Name`.
    #[must_use]
    pub fn schema(&self, name: &str) -> Option<&Value> {
        self.schemas.get(name)
    }

    /// Follows references until `schema` is a schema of its own; an unknown name becomes `{}`.
    #[must_use]
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        schema::resolve(self, schema)
    }

    /// The schema with every reference replaced by what it names, `depth` levels deep; below that, and
    /// where a schema holds itself, an object or array is left open.
    #[must_use]
    pub fn inline(&self, schema: &Value, depth: usize) -> Value {
        schema::inline(self, schema, depth)
    }

    /// The schema at a dotted field path such as `settings.name`, or the nearest name to the first
    /// segment that does not exist.
    ///
    /// # Errors
    /// The segment that does not exist and the names that do.
    pub fn field(&self, schema: &Value, path: &str) -> Result<Value, schema::NoField> {
        schema::field(self, schema, path)
    }

    /// Everything a caller can set on an operation: parameters, then the properties of a JSON body.
    #[must_use]
    pub fn arguments(&self, operation: &Operation) -> Vec<Param> {
        schema::arguments(self, operation)
    }
}

pub use schema::NoField;
