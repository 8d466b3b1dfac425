//! `list_files`: a folder of a volume, of DBFS or of the workspace tree, or all that is below it.

use std::collections::VecDeque;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Behaviour;
use super::above_volumes;
use super::typed::{arguments, structured};
use crate::context::Context;
use crate::error::Error;
use crate::shape::{self, Answer};
use crate::stores::{self, Kind, Remote, Stat, Store};

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Listed>("list_files", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

/// Folders that one call looks into.
const FOLDERS: usize = 200;

/// Folders below that could not be listed, of which the reason is told.
const CLOSED: usize = 5;

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Folder: /Volumes/catalog/schema/volume/…, dbfs:/… or /Workspace/…
    #[serde(default = "root")]
    path: String,
    /// All below it too
    #[serde(default)]
    recursive: bool,
    /// Part of the name
    #[serde(default)]
    contains: Option<String>,
    #[serde(default = "few")]
    #[schemars(range(min = 1, max = 1000))]
    limit: usize,
    /// Entry to begin at, from `next_offset`
    #[serde(default)]
    offset: usize,
}

/// The folder of the stores.
const ROOT: &str = "/";

fn root() -> String {
    ROOT.to_owned()
}

fn few() -> usize {
    100
}

#[derive(Serialize, JsonSchema)]
struct Listed {
    files: Vec<Listing>,
    total: usize,
    /// Where to go on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Listing {
    path: String,
    /// `folder`, `file`, `notebook`, or another type of the workspace tree.
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
}

impl Listing {
    fn of(store: Store, found: Stat) -> Self {
        let (kind, language) = match found.kind {
            Kind::Folder => ("folder".to_owned(), None),
            Kind::File => ("file".to_owned(), None),
            Kind::Notebook(language) => ("notebook".to_owned(), Some(language)),
            Kind::Other(kind) => (kind.to_lowercase(), None),
        };
        let modified = found.modified.filter(|millis| *millis > 0);
        let modified = modified.and_then(|millis| Timestamp::from_millisecond(millis).ok());
        Self {
            path: Remote {
                store,
                path: found.path,
            }
            .shown(),
            kind,
            size: found.size,
            language,
            modified: modified.map(|time| time.to_string()),
        }
    }
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    if arguments.path == ROOT {
        return stores_of(context, &arguments);
    }
    let folder = folder(&arguments.path)?;
    let mut found = Vec::new();
    let mut folders = VecDeque::from([folder.clone()]);
    let mut looked = 0;
    let mut closed = Vec::new();
    while let Some(folder) = folders.pop_front() {
        if looked == FOLDERS {
            folders.push_front(folder);
            break;
        }
        looked += 1;
        let listed = match listed(context, &folder).await {
            // One that may not be read does not hide the others.
            Err(error) if looked > 1 && !matches!(error, Error::Cancelled { .. }) => {
                closed.push(format!("{} was not listed: {error}", folder.shown()));
                continue;
            }
            listed => listed.map_err(|error| unknown_store(&arguments.path, error))?,
        };
        for entry in listed {
            if arguments.recursive && entry.kind == Kind::Folder {
                folders.push_back(Remote {
                    store: folder.store,
                    path: entry.path.clone(),
                });
            }
            let name = entry
                .path
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_lowercase();
            let wanted = arguments.contains.as_ref().map(|part| part.to_lowercase());
            if wanted.is_none_or(|part| name.contains(&part)) {
                found.push(Listing::of(folder.store, entry));
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    let more = closed.len().saturating_sub(CLOSED);
    closed.truncate(CLOSED);
    closed.extend((more > 0).then(|| format!("and {more} more were not listed")));
    closed.extend((!folders.is_empty()).then(|| {
        format!(
            "{FOLDERS} folders were looked into, and there are more: list one of them, such as {}",
            folders.front().map_or_else(String::new, Remote::shown)
        )
    }));
    let note = (!closed.is_empty()).then(|| closed.join("\n"));
    answer((&arguments, context.room), &folder.shown(), found, note)
}

async fn listed(context: &Context, folder: &Remote) -> Result<Vec<Stat>, Error> {
    match above_volumes::list(context, folder).await? {
        Some(above) => Ok(above),
        None => stores::list(context, folder).await,
    }
}

/// The stores themselves, for who does not know them.
fn stores_of(context: &Context, arguments: &Arguments) -> Result<Answer, Error> {
    let stores = above_volumes::stores().into_iter();
    let found = stores.map(|(store, found)| Listing::of(store, found));
    let note = "These are the stores: volumes of Unity Catalog, the workspace tree of notebooks and files, and DBFS";
    let arguments = (arguments, context.room);
    answer(arguments, ROOT, found.collect(), Some(note.to_owned()))
}

/// The error of a path that tells no store, and that DBFS does not hold.
fn unknown_store(path: &str, error: Error) -> Error {
    match Remote::parse("list_files", path) {
        Err(unknown) if stores::is_missing(&error) => unknown,
        _ => error,
    }
}

/// The folder; a path that tells no store is one of DBFS, whose tool this was at first.
fn folder(path: &str) -> Result<Remote, Error> {
    match Remote::parse("list_files", path) {
        Err(_) if path.starts_with('/') => Remote::parse("list_files", &format!("dbfs:{path}")),
        parsed => parsed,
    }
}

fn nothing(arguments: &Arguments, folder: &str) -> String {
    match &arguments.contains {
        Some(part) => format!("No name in {folder} contains `{part}`"),
        None => format!("{folder} is empty"),
    }
}

fn answer(
    (arguments, room): (&Arguments, usize),
    folder: &str,
    found: Vec<Listing>,
    note: Option<String>,
) -> Result<Answer, Error> {
    const NAMES: [&str; 5] = ["path", "type", "size", "language", "modified"];
    let total = found.len();
    let rows: Vec<Listing> = found
        .into_iter()
        .skip(arguments.offset)
        .take(arguments.limit)
        .collect();
    let values: Vec<Value> = rows.iter().map(structured).collect::<Result<_, _>>()?;
    let names: Vec<&str> = NAMES
        .into_iter()
        .filter(|name| values.iter().any(|row| row.get(name).is_some()))
        .collect();
    let lines: Vec<String> = values
        .iter()
        .map(|row| shape::grid_row(names.iter().map(|name| row.get(*name))))
        .collect();
    let fits = shape::fit_rows(&lines, room);
    let end = arguments.offset + fits;
    let mut listed = Listed {
        files: rows,
        total,
        next_offset: (end < total).then_some(end),
        note,
    };
    listed.files.truncate(fits);
    let mut text = if total == 0 {
        nothing(arguments, folder)
    } else {
        shape::grid(&names, lines.into_iter().take(fits))
    };
    if let Some(next) = listed.next_offset {
        text.push_str(&format!(
            "\n[{} to {next} of {total}; `offset: {next}` goes on]",
            arguments.offset
        ));
    }
    if let Some(note) = &listed.note {
        text.push_str(&format!("\n{note}"));
    }
    Ok(Answer::new(text, structured(&listed)?))
}
