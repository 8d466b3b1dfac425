//! What the service does with notebooks: export, import, and a look at what is there.

use std::time::Duration;

use databricks_client::types::{
    WorkspaceImportFormat, WorkspaceImportRequest, WorkspaceObjectInfo, WorkspaceObjectType,
};
use ring::digest;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::language::Language;
use crate::catalog;
use crate::context::Context;
use crate::engine;
use crate::error::Error;
use crate::hints;
use crate::shape;
use crate::stores::{self, Exported};
use crate::transport::typed_answer;

const SHOWS: &str = "get_workspace_file_info";

/// The time for a look at what was written.
const LOOK: Duration = Duration::from_secs(3);

/// Forms in which a notebook leaves and enters the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Format {
    Auto,
    Dbc,
    Html,
    Jupyter,
    Raw,
    RMarkdown,
    Source,
}

impl Format {
    /// The name that the service gives it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Auto => "AUTO",
            Self::Dbc => "DBC",
            Self::Html => "HTML",
            Self::Jupyter => "JUPYTER",
            Self::Raw => "RAW",
            Self::RMarkdown => "R_MARKDOWN",
            Self::Source => "SOURCE",
        }
    }
}

/// Refuses a path of a volume or of DBFS, with the tools that take it.
pub(super) fn of_workspace(tool: &str, path: &str) -> Result<(), Error> {
    hints::wrong_store(tool, "/api/2.0/workspace/", path).map_or(Ok(()), Err)
}

pub(super) async fn export(
    context: &Context,
    path: &str,
    format: Format,
) -> Result<Exported, Error> {
    stores::export(context, path, format.name()).await
}

/// The source of a notebook that is to be edited, with its language.
pub(super) async fn source(context: &Context, path: &str) -> Result<(String, Language), Error> {
    let found = status(context, path).await?;
    let language = found.language.map(|language| language.to_string());
    let language = language.as_deref().and_then(Language::named);
    let (Some(WorkspaceObjectType::Notebook), Some(language)) = (found.object_type, language)
    else {
        return Err(refused(
            path,
            "it is no notebook in Python, R, Scala or SQL".to_owned(),
            None,
        ));
    };
    let Exported { bytes, .. } = export(context, path, Format::Source).await?;
    let text = String::from_utf8(bytes)
        .map_err(|_| refused(path, "its source is not UTF-8".to_owned(), None))?;
    Ok((text, language))
}

async fn status(context: &Context, path: &str) -> Result<WorkspaceObjectInfo, Error> {
    let called = context.client().workspace_get_status(path).await;
    typed_answer("workspace.get_status", called)
}

/// The error of an edit that is not done.
pub(super) fn refused(path: &str, message: String, hint: Option<&str>) -> Error {
    Error::Failed {
        what: format!("the edit of `{path}`"),
        state: "refused".to_owned(),
        message,
        hint: hint.map(str::to_owned),
    }
}

/// What is to be written.
pub(super) struct Import<'a> {
    pub(super) path: &'a str,
    pub(super) content: String,
    pub(super) format: Format,
    pub(super) language: Option<Language>,
    pub(super) overwrite: Option<bool>,
}

pub(super) async fn import(context: &Context, import: Import<'_>) -> Result<(), Error> {
    let body = WorkspaceImportRequest {
        content: Some(import.content),
        format: Some(WorkspaceImportFormat::from(import.format.name().to_owned())),
        language: import.language.map(Language::wired),
        overwrite: import.overwrite,
        path: import.path.to_owned(),
    };
    let called = context.client().workspace_import(&body).await;
    typed_answer("workspace.import_", called)
}

/// What is at a path, as the tool shows it that looks at one object; none where that cannot be told.
pub(super) async fn shown(context: &Context, path: &str) -> Option<Map<String, Value>> {
    let plan = catalog::plan_of(SHOWS)?;
    let named = Map::from_iter([("path".to_owned(), Value::from(path))]);
    let looked = tokio::time::timeout(LOOK, engine::look(plan, context, &named)).await;
    let Ok(Ok(found)) = looked else { return None };
    match shape::object(&found, plan.shape.fields) {
        Value::Object(shown) if !shown.is_empty() => Some(shown),
        _ => None,
    }
}

/// The version of a notebook: a short sum of its source.
pub(super) fn version(source: &str) -> String {
    let sum = digest::digest(&digest::SHA256, source.as_bytes());
    let sum = sum.as_ref().iter().take(8);
    sum.map(|byte| format!("{byte:02x}")).collect()
}
