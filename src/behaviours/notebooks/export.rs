//! `export_notebook`: a notebook as text, as cells with their outputs, or as a file of this machine.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::jupyter::{self, Document, Shown};
use super::language::{self, Language};
use super::range;
use super::service::{self, Format};
use super::source::{self, Source};
use crate::behaviours::Behaviour;
use crate::behaviours::blocking::blocking;
use crate::behaviours::typed::{arguments, structured};
use crate::context::Context;
use crate::error::Error;
use crate::local::{Draft, Place};
use crate::shape::{self, Answer, TEXT_CHARACTERS, Window};
use crate::stores::{self, Remote};

const TOOL: &str = "export_notebook";

/// A hint to who exports a folder.
const IN_FOLDER: &str = "list_files shows what is in it; download_file with `local_path` and `recursive: true` saves \
                         all of it";

/// A longer text is not read through page by page: its beginning is enough, with how to get at the rest.
const LONG: usize = 10 * TEXT_CHARACTERS;
/// Bytes of the beginning of a long text.
const PREVIEW: usize = 3_500;

pub(in crate::behaviours) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Exported>(TOOL, |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    })
    .checking(check);

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Notebook, as in list_notebooks
    path: String,
    /// SOURCE by default
    #[serde(default)]
    #[schemars(with = "Format")]
    format: Option<Format>,
    /// Numbered cells, such as 3-7
    #[serde(default)]
    cells: Option<String>,
    #[serde(default)]
    outputs: bool,
    /// `next_offset` of the previous answer
    #[serde(default)]
    offset: Option<u64>,
    /// Save it there on this machine
    #[serde(default)]
    local_path: Option<String>,
    #[serde(default)]
    overwrite: bool,
    /// true once the user has agreed
    #[serde(default)]
    #[expect(dead_code, reason = "taken out before the call")]
    confirm: bool,
}

/// A part of a notebook, or the file it was saved to.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Exported {
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_type: Option<String>,
    /// Cells of the whole notebook.
    #[serde(skip_serializing_if = "Option::is_none")]
    cells: Option<usize>,
    /// Of the source; an edit that names it is refused once the notebook is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_characters: Option<usize>,
    /// The file on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    saved_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<usize>,
}

impl Arguments {
    fn format(&self) -> Format {
        let as_asked = match self.outputs {
            true => Format::Jupyter,
            false => Format::Source,
        };
        self.format.unwrap_or(as_asked)
    }
}

fn refuse(problem: impl Into<String>) -> Error {
    Error::Arguments {
        tool: TOOL.to_owned(),
        problems: vec![problem.into()],
    }
}

fn check(given: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let asked: Arguments = arguments(Value::Object(given.clone()))?;
    service::of_workspace(TOOL, &asked.path)?;
    let format = asked.format();
    let is_saved = asked.local_path.is_some();
    if asked.overwrite && !is_saved {
        return Err(refuse("`overwrite` goes with `local_path`"));
    }
    if is_saved && (asked.cells.is_some() || asked.offset.is_some()) {
        return Err(refuse(
            "`local_path` takes the whole notebook: leave `cells` and `offset` out",
        ));
    }
    if format == Format::Dbc && !is_saved {
        return Err(refuse("a DBC archive is no text: give `local_path`"));
    }
    if asked.outputs && format != Format::Jupyter {
        return Err(refuse("`outputs` goes with `format: JUPYTER`"));
    }
    if asked.cells.is_some() && !matches!(format, Format::Source | Format::Jupyter) {
        return Err(refuse("`cells` goes with SOURCE and JUPYTER"));
    }
    Ok(given)
}

async fn call(context: &Context, asked: Arguments) -> Result<Answer, Error> {
    let format = asked.format();
    if let Some(local_path) = &asked.local_path {
        let place = context.roots.find().await?.find(local_path)?;
        return save(context, &asked, format, local_path, place).await;
    }
    let called = service::export(context, &asked.path, format).await;
    let stores::Exported { bytes, file_type } = match (called, Remote::parse(TOOL, &asked.path)) {
        (Err(error), Ok(at)) => {
            return Err(stores::of_a_folder(context, &at, error, IN_FOLDER).await);
        }
        (called, _) => called?,
    };
    let mut exported = Exported {
        file_type,
        ..Exported::default()
    };
    let blocks = match format {
        Format::Source => {
            let (text, is_whole) = text(bytes)?;
            exported.version = is_whole.then(|| service::version(&text));
            of_source(&asked, text, &mut exported)?
        }
        Format::Jupyter => match Document::read(&bytes) {
            Some(document) => {
                exported.cells = Some(document.len());
                let numbers = numbers(&asked, document.len())?;
                let cell = |number| document.cell(number, asked.outputs);
                numbers.into_iter().map(cell).collect()
            }
            None => whole(text(bytes)?.0),
        },
        _ => whole(text(bytes)?.0),
    };
    answer(&asked, exported, blocks)
}

/// The text, with U+FFFD for bytes that are no character where it is nearly one, and true if there was none of them.
fn text(bytes: Vec<u8>) -> Result<(String, bool), Error> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok((text, true)),
        Err(error) => match shape::nearly_text(error.as_bytes()) {
            Some(text) => Ok((text, false)),
            None => Err(Error::Answer {
                operation: "workspace.export".to_owned(),
                reason: "it is no text; `local_path` saves it".to_owned(),
            }),
        },
    }
}

fn whole(text: String) -> Vec<Shown> {
    vec![Shown {
        text,
        images: Vec::new(),
    }]
}

fn of_source(
    asked: &Arguments,
    text: String,
    exported: &mut Exported,
) -> Result<Vec<Shown>, Error> {
    let by_type = exported
        .file_type
        .as_deref()
        .map(|kind| format!("x.{kind}"));
    let paths: Vec<&str> = by_type.as_deref().into_iter().collect();
    let language = Language::of_source(&text, &paths);
    if let Some(language) = language {
        exported.cells = Some(source::count(&text, language));
    }
    if asked.cells.is_none() {
        return Ok(whole(text));
    }
    let language = language.ok_or_else(|| refuse("`cells` goes with notebooks: this is a file"))?;
    let source = Source::parse(&text, language);
    drop(text);
    let wanted = numbers(asked, source.len())?;
    let cells = (1..).zip(source.cells());
    let cells = cells.filter(|(number, _)| wanted.binary_search(number).is_ok());
    let shown = cells.map(|(number, cell)| {
        let readable = cell.readable();
        let title = readable.title.map(|title| format!(": {title}"));
        Shown {
            text: format!(
                "--- cell {number}{} ---\n{}\n",
                title.unwrap_or_default(),
                readable.text
            ),
            images: Vec::new(),
        }
    });
    Ok(shown.collect())
}

fn numbers(asked: &Arguments, count: usize) -> Result<Vec<usize>, Error> {
    match &asked.cells {
        Some(cells) => range::numbers(cells, count).map_err(refuse),
        None => Ok((1..=count).collect()),
    }
}

/// The part of the blocks that the answer has room for, with the images of those that begin in it.
fn answer(asked: &Arguments, mut exported: Exported, blocks: Vec<Shown>) -> Result<Answer, Error> {
    let offset = asked.offset.unwrap_or_default();
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let mut begin = 0;
    let mut whole = String::new();
    let mut images = Vec::new();
    for block in blocks {
        if !block.images.is_empty() {
            begin = whole.chars().count();
        }
        images.extend(block.images.into_iter().map(|image| (begin, image)));
        match whole.is_empty() {
            true => whole = block.text,
            false => whole.push_str(&block.text),
        }
    }
    let Window { mut part, total } = Window::of(&whole, offset);
    if whole.len() > LONG && asked.offset.is_none() && asked.cells.is_none() {
        let end = part.floor_char_boundary(PREVIEW);
        let line = part.get(..end).and_then(|part| part.rfind('\n'));
        part.truncate(line.map_or(end, |line| line + 1));
    }
    let end = offset.saturating_add(part.chars().count());
    images.retain(|(begin, _)| (offset..end).contains(begin));
    let images = images.into_iter().map(|(_, image)| image).collect();
    let (images, note) = jupyter::within_room(images);
    if end < total {
        exported.next_offset = Some(end);
        exported.total_characters = Some(total);
    }
    let mut notes: Vec<String> = note.into_iter().collect();
    notes.extend(exported.next_offset.map(|next| {
        let by_cells = match exported.cells {
            Some(_) => ", `cells` shows some of them",
            None => "",
        };
        format!(
            "characters {offset} to {next} of {total}; `offset: {next}` goes on{by_cells}, `local_path` saves all"
        )
    }));
    if let Some(cells) = exported.cells {
        let version = exported.version.as_ref();
        let version = version.map_or_else(String::new, |version| format!(", version {version}"));
        notes.push(format!("{}{version}", shape::counted(cells, "cell")));
    }
    let mut text = part.clone();
    if !notes.is_empty() {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&format!("[{}]", notes.join("; ")));
    }
    exported.content = Some(part);
    let mut answer = Answer::new(text, structured(&exported)?);
    answer.images = images;
    Ok(answer)
}

/// Saves the whole notebook. What is at its place is replaced only when all of it is here.
async fn save(
    context: &Context,
    asked: &Arguments,
    format: Format,
    local_path: &str,
    place: Place,
) -> Result<Answer, Error> {
    let is_folder = local_path.ends_with('/') || place.is_folder();
    let taken = |place: &Place| Error::Local {
        path: place.path().display().to_string(),
        reason: "it exists already".to_owned(),
        hint: Some("`overwrite: true` replaces it".to_owned()),
    };
    if !is_folder && !asked.overwrite && place.exists() {
        return Err(taken(&place));
    }
    let stores::Exported { bytes, file_type } =
        service::export(context, &asked.path, format).await?;
    let place = if is_folder {
        place.below(&name(&asked.path, file_type.as_deref()))?
    } else {
        place
    };
    if !asked.overwrite && place.exists() {
        return Err(taken(&place));
    }
    let count = bytes.len();
    let saved_to = place.path().display().to_string();
    let overwrite = asked.overwrite;
    blocking(move || {
        let mut draft = Draft::new(&place)?;
        draft.write(&bytes)?;
        draft.publish(overwrite)
    })
    .await?;
    let exported = Exported {
        file_type,
        bytes: Some(count),
        saved_to: Some(saved_to),
        ..Exported::default()
    };
    let saved_to = exported.saved_to.as_deref().unwrap_or_default();
    let text = format!(
        "saved to {}: {}",
        shape::one_line(saved_to, 400),
        shape::counted(count, "byte")
    );
    Ok(Answer::new(text, structured(&exported)?))
}

/// The name of a file of a notebook: its own, with an extension that says what it is.
fn name(path: &str, file_type: Option<&str>) -> String {
    let name = path.trim_end_matches('/').rsplit('/').next();
    let name = name.unwrap_or_default();
    match file_type.filter(|kind| kind.chars().all(char::is_alphanumeric)) {
        // A plain file is told as such, and has its extension.
        None | Some("file") => name.to_owned(),
        Some(kind) if language::extension(name).as_deref() == Some(kind) => name.to_owned(),
        Some(kind) => format!("{name}.{kind}"),
    }
}
