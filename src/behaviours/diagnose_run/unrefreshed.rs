//! The tables and views that failed tasks and those after them write, as their notebooks, files, queries and pipelines
//! name them: lineage is no part of the REST API.

use std::time::Duration;

use databricks_client::types::JobsRunTask;
use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use super::super::typed::structured;
use super::written;
use crate::catalog;
use crate::context::Context;
use crate::engine;
use crate::shape;
use crate::stores;

/// Notebooks, files, queries and pipelines that are read.
const READ: usize = 6;
/// Sources of one pipeline that are read.
const OF_PIPELINE: usize = 4;
/// The time for one of them.
const LOOK: Duration = Duration::from_secs(5);
/// Names that are shown, and characters of one line.
const SHOWN: usize = 12;
const LINE: usize = 160;

/// A task with its name.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: String,
    task: Value,
}

impl Named {
    pub(super) fn of(name: String, task: &JobsRunTask) -> Self {
        let task = structured(task).unwrap_or_default();
        Self { name, task }
    }
}

/// What was found, and what could not be read, in lines.
#[derive(Debug, Default)]
pub(super) struct Unrefreshed {
    pub(super) found: Vec<String>,
    pub(super) not_assessed: Vec<String>,
}

/// The code of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Code {
    Notebook(String),
    File(String),
    Query(String),
    Pipeline(String),
    /// Code that is out of reach, and why.
    Elsewhere(&'static str),
}

/// Reads the code of these tasks and collects the names that it writes.
pub(super) async fn of(context: &Context, tasks: &[Named]) -> Unrefreshed {
    let mut codes: Vec<(Code, Vec<&str>)> = Vec::new();
    for Named { name, task } in tasks {
        let Some(code) = code_of(task, true) else {
            continue;
        };
        match codes.iter_mut().find(|(known, _)| *known == code) {
            Some((_, names)) => names.push(name),
            None => codes.push((code, vec![name])),
        }
    }
    let reads = codes.iter().take(READ).map(|(code, _)| read(context, code));
    let mut read = join_all(reads).await.into_iter();
    let mut unrefreshed = Unrefreshed::default();
    let mut tables: Vec<(String, Vec<&str>)> = Vec::new();
    let mut unread: Vec<(String, Vec<&str>)> = Vec::new();
    for (_, names) in codes {
        let reason = match read.next() {
            Some(Ok(written)) if !written.is_empty() => {
                for table in written {
                    add(&mut tables, table, &names);
                }
                continue;
            }
            Some(Ok(_)) => "the code names none".to_owned(),
            Some(Err(reason)) => reason,
            None => "only the code of the first tasks was read".to_owned(),
        };
        add(&mut unread, reason, &names);
    }
    let left = tables.len().saturating_sub(SHOWN);
    let lines = tables.iter().take(SHOWN);
    let line = |(table, by): &(String, Vec<&str>)| {
        shape::one_line(&format!("{table} (by {})", by.join(", ")), LINE)
    };
    unrefreshed.found = lines.map(line).collect();
    if left > 0 {
        unrefreshed.found.push(format!("and {left} more"));
    }
    let unread = unread.into_iter().map(|(reason, by)| {
        let line = format!("tables that {} would have written: {reason}", by.join(", "));
        shape::one_line(&line, LINE * 2)
    });
    unrefreshed.not_assessed = unread.collect();
    unrefreshed
}

/// Adds those who share something to what is known of it.
fn add<'a>(all: &mut Vec<(String, Vec<&'a str>)>, what: String, names: &[&'a str]) {
    match all.iter_mut().find(|(known, _)| *known == what) {
        Some((_, by)) => by.extend(names),
        None => all.push((what, names.to_vec())),
    }
}

/// The code of a task; none where it writes no table of its own.
fn code_of(task: &Value, may_loop: bool) -> Option<Code> {
    let text = |path: &str| task.pointer(path).and_then(Value::as_str);
    let in_git = |kind: &str, path: &str| {
        let source = text(&format!("/{kind}/source"));
        source == Some("GIT") || !path.starts_with('/')
    };
    if let Some(nested) = task.pointer("/for_each_task/task").filter(|_| may_loop) {
        return code_of(nested, false);
    }
    if let Some(path) = text("/notebook_task/notebook_path") {
        return Some(match in_git("notebook_task", path) {
            true => Code::Elsewhere(IN_GIT),
            false => Code::Notebook(path.to_owned()),
        });
    }
    if let Some(path) = text("/spark_python_task/python_file") {
        return Some(match path {
            _ if path.contains(':') || path.starts_with("/Volumes/") => {
                Code::Elsewhere("the code is a file outside of the workspace tree")
            }
            _ if in_git("spark_python_task", path) => Code::Elsewhere(IN_GIT),
            _ => Code::File(path.to_owned()),
        });
    }
    if let Some(path) = text("/sql_task/file/path") {
        return Some(match in_git("sql_task/file", path) {
            true => Code::Elsewhere(IN_GIT),
            false => Code::File(path.to_owned()),
        });
    }
    if let Some(id) = text("/sql_task/query/query_id") {
        return Some(Code::Query(id.to_owned()));
    }
    if let Some(id) = text("/pipeline_task/pipeline_id") {
        return Some(Code::Pipeline(id.to_owned()));
    }
    let compiled = ["python_wheel_task", "spark_jar_task", "dbt_task"];
    let is_there = |kind: &&str| task.get(kind).is_some_and(|given| !given.is_null());
    if compiled.iter().any(is_there) {
        return Some(Code::Elsewhere("the code is in a package or a dbt project"));
    }
    let of_job = task.get("run_job_task").filter(|given| !given.is_null());
    of_job.map(|_| Code::Elsewhere("the job that it runs was not begun"))
}

const IN_GIT: &str = "the code is in a Git repository";

/// The names that the code writes.
async fn read(context: &Context, code: &Code) -> Result<Vec<String>, String> {
    let looked = async {
        match code {
            Code::Notebook(path) => Ok(written::tables(&source(context, path, "SOURCE").await?)),
            Code::File(path) => Ok(written::tables(&source(context, path, "AUTO").await?)),
            Code::Query(id) => {
                let query = asked(context, "get_query", "id", id).await?;
                Ok(written::tables(&shape::text_at(&query, "query_text")))
            }
            Code::Pipeline(id) => of_pipeline(context, id).await,
            Code::Elsewhere(reason) => Err((*reason).to_owned()),
        }
    };
    let looked = tokio::time::timeout(LOOK, looked).await;
    looked.unwrap_or_else(|_| Err("the service did not answer in time".to_owned()))
}

/// The text of a notebook or a file.
async fn source(context: &Context, path: &str, format: &str) -> Result<String, String> {
    let exported = stores::export(context, path, format).await;
    let exported = exported.map_err(|error| format!("{path} cannot be read: {error}"))?;
    Ok(String::from_utf8_lossy(&exported.bytes).into_owned())
}

/// The answer of a tool that shows one thing.
async fn asked(context: &Context, tool: &str, argument: &str, id: &str) -> Result<Value, String> {
    let plan = catalog::plan_of(tool).ok_or_else(|| format!("there is no {tool}"))?;
    let named = Map::from_iter([(argument.to_owned(), json!(id))]);
    let looked = engine::look(plan, context, &named).await;
    looked.map_err(|error| format!("{id} cannot be read: {error}"))
}

/// The datasets of a pipeline, in its own catalog and schema unless they name another.
async fn of_pipeline(context: &Context, id: &str) -> Result<Vec<String>, String> {
    let pipeline = asked(context, "get_pipeline", "pipeline_id", id).await?;
    let text = |path: &str| pipeline.pointer(path).and_then(Value::as_str);
    let schema = text("/spec/schema").or_else(|| text("/spec/target"));
    let place = [text("/spec/catalog"), schema].map(|part| part.unwrap_or_default());
    let place: Vec<&str> = place.into_iter().filter(|part| !part.is_empty()).collect();
    let libraries = pipeline
        .pointer("/spec/libraries")
        .and_then(Value::as_array);
    let sources = libraries.into_iter().flatten().filter_map(|library| {
        let path = |of: &str| library.pointer(of)?.as_str();
        let notebook = path("/notebook/path").map(|path| (path, "SOURCE"));
        notebook.or_else(|| path("/file/path").map(|path| (path, "AUTO")))
    });
    let sources = sources.take(OF_PIPELINE);
    let read = join_all(sources.map(|(path, format)| source(context, path, format))).await;
    let mut names = Vec::new();
    let mut reason = None;
    for read in read {
        match read {
            Ok(text) => names.extend(written::tables(&text)),
            Err(error) => reason = reason.or(Some(error)),
        }
    }
    if names.is_empty() {
        let known = match place.join(".") {
            place if place.is_empty() => String::new(),
            place => format!("it writes to {place}; "),
        };
        let reason = reason.unwrap_or_else(|| "its sources name none".to_owned());
        return Err(format!("{known}{reason}"));
    }
    for name in &mut names {
        let missing = 3_usize.saturating_sub(name.split('.').count());
        let before = place.iter().take(missing.min(place.len()));
        let whole: Vec<&str> = before.copied().chain([name.as_str()]).collect();
        *name = whole.join(".");
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_of_each_kind_of_task_is_known_or_said_to_be_out_of_reach() {
        let code = |task: Value| code_of(&task, true);
        let notebook = json!({ "notebook_task": { "notebook_path": "/a", "source": "WORKSPACE" } });
        assert_eq!(
            code(notebook.clone()),
            Some(Code::Notebook("/a".to_owned()))
        );
        let looped = json!({ "for_each_task": { "inputs": "[]", "task": notebook } });
        assert_eq!(code(looped), Some(Code::Notebook("/a".to_owned())));
        for (task, is_there) in [
            (
                json!({ "spark_python_task": { "python_file": "/a.py" } }),
                true,
            ),
            (
                json!({ "spark_python_task": { "python_file": "dbfs:/a.py" } }),
                false,
            ),
            (
                json!({ "spark_python_task": { "python_file": "a.py", "source": "GIT" } }),
                false,
            ),
            (json!({ "notebook_task": { "notebook_path": "a" } }), false),
            (
                json!({ "sql_task": { "file": { "path": "/a.sql" } } }),
                true,
            ),
            (
                json!({ "sql_task": { "query": { "query_id": "q" } } }),
                true,
            ),
            (json!({ "pipeline_task": { "pipeline_id": "p" } }), true),
            (
                json!({ "spark_jar_task": { "main_class_name": "M" } }),
                false,
            ),
            (json!({ "dbt_task": { "commands": [] } }), false),
            (json!({ "run_job_task": { "job_id": 1 } }), false),
        ] {
            let code = code(task.clone());
            let elsewhere = matches!(code, Some(Code::Elsewhere(_)));
            assert!(code.is_some() && elsewhere != is_there, "{task}: {code:?}");
        }
        assert_eq!(
            code(json!({ "sql_task": { "dashboard": { "dashboard_id": "d" } } })),
            None
        );
        assert_eq!(
            code(json!({ "condition_task": { "op": "EQUAL_TO" } })),
            None
        );
    }
}
