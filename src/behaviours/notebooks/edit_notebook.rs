//! `edit_notebook`: changes cells of a notebook, and answers with the difference.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::diff;
use super::edit::{self, Edit};
use super::service::{self, Format, Import};
use super::source::Source;
use crate::behaviours::Behaviour;
use crate::behaviours::typed::{arguments, structured};
use crate::context::Context;
use crate::error::Error;
use crate::shape::{self, Answer};

const TOOL: &str = "edit_notebook";

pub(in crate::behaviours) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Edited>(TOOL, |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    })
    .checking(check);

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Notebook, as in list_notebooks
    path: String,
    /// Done in this order, all or none; numbers of cells are those of the notebook as it is now
    edits: Vec<Edit>,
    /// As export_notebook told it; refused if the notebook changed since
    #[serde(default)]
    version: Option<String>,
    /// true once the user has agreed
    #[serde(default)]
    #[expect(dead_code, reason = "taken out before the call")]
    confirm: bool,
}

/// A notebook after its edits.
#[derive(Serialize, JsonSchema)]
struct Edited {
    path: String,
    /// Cells that it has now.
    cells: usize,
    /// Cells that were changed.
    changed: usize,
    /// For the next edit; absent where it could not be read back.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Lines that went and came, cell by cell.
    diff: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

fn check(given: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let asked: Arguments = arguments(Value::Object(given.clone()))?;
    let problems = asked.edits.iter().zip(0..);
    let mut problems: Vec<String> = problems
        .filter_map(|(edit, nth)| Some(format!("`edits[{nth}]`: {}", edit.problem()?)))
        .collect();
    if asked.edits.is_empty() {
        problems.push("`edits` is empty".to_owned());
    }
    if problems.is_empty() {
        return Ok(given);
    }
    Err(Error::Arguments {
        tool: TOOL.to_owned(),
        problems,
    })
}

async fn call(context: &Context, asked: Arguments) -> Result<Answer, Error> {
    let path = asked.path;
    let (text, language) = service::source(context, &path).await?;
    let version = service::version(&text);
    if let Some(read) = asked.version.filter(|read| *read != version) {
        return Err(service::refused(
            &path,
            format!("it changed since it was read: its version is {version}, not {read}"),
            Some("read it again and look at what changed; nothing was written"),
        ));
    }
    let mut source = Source::parse(&text, language);
    let changes = edit::apply(&mut source, &asked.edits).map_err(|problem| Error::Arguments {
        tool: TOOL.to_owned(),
        problems: vec![problem],
    })?;
    let mut edited = Edited {
        cells: source.len(),
        changed: changes.len(),
        version: Some(version),
        diff: diff::text(&changes),
        note: None,
        path,
    };
    let new = source.print();
    if new == text {
        edited.note = Some("It was so already; nothing was written.".to_owned());
    } else {
        let import = Import {
            path: &edited.path,
            content: STANDARD.encode(&new),
            format: Format::Source,
            language: Some(language),
            overwrite: Some(true),
        };
        service::import(context, import).await?;
        // The service may write some lines its own way, and the next edit is compared with what is there.
        let there = service::export(context, &edited.path, Format::Source).await;
        let there = there
            .ok()
            .and_then(|there| String::from_utf8(there.bytes).ok());
        edited.version = there.as_deref().map(service::version);
    }
    let mut said = format!(
        "{}: {}, {} changed",
        edited.path,
        shape::counted(edited.cells, "cell"),
        edited.changed
    );
    if let Some(version) = &edited.version {
        said.push_str(&format!(", version {version}"));
    }
    said.push_str(&format!("\n{}", edited.diff));
    said.extend(edited.note.as_deref());
    Ok(Answer::new(said, structured(&edited)?))
}
