//! The things that a call is about, by its tool, its arguments and its answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};

use super::kinds::Kind;
use super::uri::{Part, Uri};
use crate::context::Context;
use crate::redact;
use crate::shape::Answer;
use crate::stores::{Remote, Store};

/// The thing that a call names.
pub(crate) type Subject = (Kind, String);

/// The thing that the arguments of a call name, if it has an address.
#[must_use]
pub(crate) fn subject(tool: &str, arguments: &Map<String, Value>) -> Option<Subject> {
    let text = |name: &str| match arguments.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let is_absent = |name: &str| arguments.get(name).is_none_or(Value::is_null);
    match tool {
        // In another format it is another text.
        "export_notebook" if text("format").is_none_or(|format| format == "SOURCE") => {
            Some((Kind::Notebook, text("path")?))
        }
        "get_workspace_file_content" => Some((Kind::File, text("path")?)),
        "download_file" if is_absent("local_path") => {
            let remote = Remote::parse(tool, &text("path")?).ok()?;
            match remote.store {
                Store::Volume => Some((Kind::Volume, remote.path)),
                Store::Workspace => Some((Kind::File, remote.path)),
                Store::Dbfs => None,
            }
        }
        "get_table" => Some((Kind::Table, text("full_name")?)),
        "get_job" | "run_job" => Some((Kind::Job, text("job_id")?)),
        "get_run" | "wait_for_run_completion" | "diagnose_run" | "get_run_output" => {
            Some((Kind::Run, text("run_id")?))
        }
        _ => None,
    }
}

/// The addresses of what a call was about and of what its answer speaks of, each with whether the answer shows only
/// a part of it.
#[must_use]
pub(crate) fn mentioned(
    workspace: &str,
    subject: Option<&Subject>,
    answered: &Value,
) -> Vec<(Uri, bool)> {
    let of = |kind: Kind, name: &str, part: Option<Part>| {
        let uri = Uri {
            workspace: workspace.to_owned(),
            kind,
            name: name.to_owned(),
            part,
        };
        // What could not be read back is no address.
        (Uri::parse(&uri.to_string()).ok().as_ref() == Some(&uri)).then_some(uri)
    };
    let goes_on = answered.get("next_offset").is_some();
    let named = subject.and_then(|(kind, name)| of(*kind, name, None));
    let mut found: Vec<(Uri, bool)> = named
        .map(|uri| (uri.clone(), goes_on && uri.kind.is_bytes()))
        .into_iter()
        .collect();
    let rows = answered.get("total_rows").and_then(Value::as_u64);
    let statement = answered.get("statement_id").and_then(Value::as_str);
    if let (Some(id), Some(last)) = (statement, rows.and_then(|rows| rows.checked_sub(1)))
        && answered
            .get("state")
            .is_some_and(|state| state == "SUCCEEDED")
    {
        let cut = goes_on || answered.get("truncated") == Some(&Value::Bool(true));
        let uri = of(Kind::Statement, id, Some(Part { first: 0, last }));
        found.extend(uri.map(|uri| (uri, cut)));
    }
    let started = match answered.get("run_id") {
        Some(Value::String(id)) => Some(id.clone()),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    let started = started.and_then(|id| of(Kind::Run, &id, None));
    found.extend(started.map(|uri| (uri, false)));
    found
}

/// Time that a whole answer is kept.
const KEPT_FOR: Duration = Duration::from_secs(15 * 60);

/// Bytes of one whole answer that is kept.
const KEPT: usize = 8 << 20;

/// Keeps the whole of an answer that was cut, and returns its address; none for one that is too large.
#[must_use]
pub(crate) fn keep(workspace: &str, context: &Context) -> Option<Uri> {
    let whole = context.whole.as_ref()?.take()?.to_string();
    // What is kept is what an answer may show.
    let whole: Arc<str> = redact::signatures(&whole).into();
    if whole.len() > KEPT {
        return None;
    }
    let name = uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes());
    let name = name.into_uuid().simple().to_string();
    let (size, now) = (whole.len(), Instant::now());
    let kept = &context.workspace.kept;
    kept.put(name.clone(), whole, size, KEPT_FOR, now)
        .then(|| Uri {
            workspace: workspace.to_owned(),
            kind: Kind::Kept,
            name,
            part: None,
        })
}

/// Characters of a text above which its first answer is only a preview.
const LARGE: u64 = 200_000;

/// Characters of a preview.
const PREVIEW: usize = 4_000;

/// Cuts the beginning of a large text to a preview, since what it is from is linked.
pub(crate) fn preview(answer: &mut Answer, offset: Option<&Value>) {
    let total = answer.structured.get("total_characters");
    let total = total.and_then(Value::as_u64).unwrap_or_default();
    let goes_on = offset
        .and_then(Value::as_u64)
        .is_some_and(|offset| offset > 0);
    if total < LARGE || goes_on || answer.structured.get("encoding").is_some() {
        return;
    }
    let Some(fields) = answer.structured.as_object_mut() else {
        return;
    };
    let Some(Value::String(content)) = fields.get_mut("content") else {
        return;
    };
    let Some((end, _)) = content.char_indices().nth(PREVIEW) else {
        return;
    };
    content.truncate(end);
    answer.text = format!(
        "{content}\n[characters 0 to {PREVIEW} of {total}, a preview; `offset: {PREVIEW}` goes on, the link has all of it]"
    );
    fields.insert("next_offset".to_owned(), PREVIEW.into());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;
    use crate::catalog::TOOLS;

    #[test]
    fn the_tools_that_name_things_exist() {
        for (tool, arguments, kind) in [
            ("export_notebook", json!({ "path": "/a" }), Kind::Notebook),
            (
                "get_workspace_file_content",
                json!({ "path": "/a" }),
                Kind::File,
            ),
            (
                "download_file",
                json!({ "path": "/Volumes/a/b/c/d" }),
                Kind::Volume,
            ),
            ("get_table", json!({ "full_name": "a.b.c" }), Kind::Table),
            ("get_job", json!({ "job_id": 7 }), Kind::Job),
            ("run_job", json!({ "job_id": 7 }), Kind::Job),
            ("get_run", json!({ "run_id": 7 }), Kind::Run),
            (
                "wait_for_run_completion",
                json!({ "run_id": "7" }),
                Kind::Run,
            ),
            ("diagnose_run", json!({ "run_id": 7 }), Kind::Run),
            ("get_run_output", json!({ "run_id": 7 }), Kind::Run),
        ] {
            assert!(TOOLS.iter().any(|spec| spec.name == tool), "{tool}");
            let found = subject(tool, arguments.as_object().unwrap()).unwrap();
            assert_eq!(found.0, kind, "{tool}");
        }
        let jupyter = json!({ "path": "/a", "format": "JUPYTER" });
        assert_eq!(
            subject("export_notebook", jupyter.as_object().unwrap()),
            None
        );
    }

    #[test]
    fn only_what_was_cut_is_linked() {
        let page = |more: Value| {
            let mut page =
                json!({ "statement_id": "s", "state": "SUCCEEDED", "total_rows": 10_000 });
            page.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            mentioned("w", None, &page)
        };
        let (uri, cut) = page(json!({ "next_offset": 100 })).remove(0);
        assert_eq!(
            (uri.to_string().as_str(), cut),
            ("databricks://w/statement/s/rows/0-9999", true)
        );
        assert!(!page(json!({ "truncated": false })).remove(0).1);
        // The service has handed the rows over: they cannot be asked for again.
        assert!(page(json!({ "state": "CLOSED" })).is_empty());
        assert!(page(json!({ "total_rows": 0 })).is_empty());
    }
}
