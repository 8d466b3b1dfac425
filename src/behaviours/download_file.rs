//! `download_file`: a part of a text file as the answer, or a file or folder of any size onto this machine.

use std::collections::HashSet;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, TryStreamExt, stream};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Behaviour;
use super::blocking::blocking;
use super::transfer::{self, Moved};
use super::typed::{arguments, structured};
use crate::context::Context;
use crate::error::Error;
use crate::local::{Behind, Draft, Place};
use crate::shape::{self, Answer, TEXT_CHARACTERS};
use crate::stores::{self, Kind, Reader, Remote, Stat};
use crate::transfers::Meter;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Downloaded>("download_file", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    })
    .checking(check);

/// Files of a folder in one call.
const FILES: usize = 10_000;

/// Files of a folder that are on their way at once.
const AT_ONCE: usize = 4;
/// A hint to who reads a folder as if it were a file.
const IN_FOLDER: &str =
    "list_files shows what is in it; with `local_path`, `recursive: true` downloads all of it";

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// /Volumes/catalog/schema/volume/…, dbfs:/… or /Workspace/…
    path: String,
    /// Byte to begin at
    #[serde(default)]
    offset: u64,
    /// Save it there on this machine instead of answering with it
    #[serde(default)]
    local_path: Option<String>,
    /// Replace local files
    #[serde(default)]
    overwrite: bool,
    /// `path` is a folder
    #[serde(default)]
    recursive: bool,
    /// true once the user has agreed
    #[serde(default)]
    #[expect(dead_code, reason = "taken out before the call")]
    confirm: bool,
}

/// A part of a file, or what became of a download onto this machine.
#[derive(Debug, Default, Serialize, JsonSchema)]
struct Downloaded {
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    /// `base64` for what is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<String>,
    /// Where to go on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_offset: Option<u64>,
    #[serde(flatten)]
    moved: Option<Moved>,
}

fn check(given: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let has = |name: &str| given.get(name).is_some_and(|value| !value.is_null());
    let on = |name: &str| given.get(name) == Some(&Value::Bool(true));
    if (on("recursive") || on("overwrite")) && !has("local_path") {
        return Err(Error::Arguments {
            tool: "download_file".to_owned(),
            problems: vec!["`recursive` and `overwrite` go with `local_path`".to_owned()],
        });
    }
    if let Some(Value::String(path)) = given.get("path") {
        Remote::parse("download_file", path)?;
    }
    Ok(given)
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let remote = Remote::parse("download_file", &arguments.path)?;
    let Some(local_path) = &arguments.local_path else {
        return match part(context, &remote, arguments.offset).await {
            Err(error) => Err(stores::of_a_folder(context, &remote, error, IN_FOLDER).await),
            answer => answer,
        };
    };
    let place = context.roots.find().await?.find(local_path)?;
    let (overwrite, from) = (arguments.overwrite, arguments.offset);
    let what = format!("download to `{}`", place.path().display());
    if arguments.recursive {
        return transfer::run(context, what, move |own, meter| async move {
            folder(&own, &remote, place, overwrite, &meter).await
        })
        .await;
    }
    // A path that ends with `/`, or is a folder, is where to put it.
    let place = if local_path.ends_with('/') || place.is_folder() {
        place.below(remote.name())?
    } else {
        place
    };
    if !overwrite && place.exists() {
        return Err(Error::Local {
            path: local_path.clone(),
            reason: "it exists already".to_owned(),
            hint: Some("`overwrite: true` replaces it".to_owned()),
        });
    }
    transfer::run(context, what, move |own, meter| async move {
        let found = stores::stat(&own, &remote).await.ok().flatten();
        if found
            .as_ref()
            .is_some_and(|found| found.kind == Kind::Folder)
        {
            return Err(refused(
                &remote,
                "it is a folder",
                "`recursive: true` downloads all that is in it",
            ));
        }
        let size = found.and_then(|found| found.size);
        meter.expect(size.unwrap_or_default().saturating_sub(from));
        save(&own, &remote, &place, from, overwrite, &meter).await?;
        Moved::done(place.path().display().to_string(), "file", &meter).answer()
    })
    .await
}

/// The error of a folder where a file is wanted, or of a file where a folder is.
fn refused(remote: &Remote, message: &str, hint: &str) -> Error {
    Error::Failed {
        what: format!("the download of `{}`", remote.shown()),
        state: "refused".to_owned(),
        message: message.to_owned(),
        hint: Some(hint.to_owned()),
    }
}

/// A part of a file as text, or as base64 where it is none.
async fn part(context: &Context, remote: &Remote, from: u64) -> Result<Answer, Error> {
    // Base64 takes four characters for three bytes; and one byte more tells whether the file goes on.
    let mut reader = Reader::new(context, remote, from);
    let mut bytes = Vec::new();
    while bytes.len() <= TEXT_CHARACTERS {
        match reader.piece().await? {
            Some(piece) => bytes.extend_from_slice(&piece),
            None => break,
        }
    }
    drop(reader);
    let goes_on = bytes.len() > TEXT_CHARACTERS;
    bytes.truncate(TEXT_CHARACTERS);
    let (content, encoding) = if goes_on {
        cut(&mut bytes)
    } else {
        read(&bytes)
    };
    let next_offset = goes_on.then(|| from + bytes.len() as u64);
    let mut text = content.clone();
    if encoding.is_some() {
        text.push_str("\n[no text: these are its bytes, encoding: base64]");
    }
    if let Some(next) = next_offset {
        text.push_str(&format!(
            "\n[bytes {from} to {next}; `offset: {next}` goes on]"
        ));
    }
    let part = Downloaded {
        content: Some(content),
        encoding,
        next_offset,
        moved: None,
    };
    Ok(Answer::new(text, structured(&part)?))
}

/// The beginning of what goes on: text to the end of its last line, or as many bytes as base64 has room for.
fn cut(bytes: &mut Vec<u8>) -> (String, Option<String>) {
    let whole = match std::str::from_utf8(bytes) {
        Ok(_) => bytes.len(),
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        Err(_) => bytes.len(),
    };
    if shape::nearly_text(bytes.get(..whole).unwrap_or_default()).is_none() {
        bytes.truncate(TEXT_CHARACTERS / 4 * 3);
        return read(bytes);
    }
    let line = bytes
        .get(..whole)
        .and_then(|text| text.iter().rposition(|&byte| byte == b'\n'));
    // A line that fills more than half of the part is cut in the middle.
    let end = line
        .map(|line| line + 1)
        .filter(|end| end * 2 > whole)
        .unwrap_or(whole);
    bytes.truncate(end);
    read(bytes)
}

fn read(bytes: &[u8]) -> (String, Option<String>) {
    let text = std::str::from_utf8(bytes).map(str::to_owned).ok();
    match text.or_else(|| shape::nearly_text(bytes)) {
        Some(text) => (text, None),
        None => (STANDARD.encode(bytes), Some("base64".to_owned())),
    }
}

/// Saves one file. What is at its place is replaced only when the whole of it is here.
async fn save(
    context: &Context,
    remote: &Remote,
    place: &Place,
    from: u64,
    overwrite: bool,
    meter: &Arc<Meter>,
) -> Result<(), Error> {
    let place = place.clone();
    let mut behind = Behind::new(blocking(move || Draft::new(&place)).await?);
    let read = read_into(context, remote, from, &mut behind, meter).await;
    // What is being written is waited for also after a failure, so that nothing is left when the call ends.
    let draft = behind.end().await;
    read?;
    let draft = draft?;
    blocking(move || draft.publish(overwrite)).await
}

/// Reads the rest of a file into a draft.
async fn read_into(
    context: &Context,
    remote: &Remote,
    from: u64,
    behind: &mut Behind,
    meter: &Arc<Meter>,
) -> Result<(), Error> {
    let mut reader = Reader::new(context, remote, from);
    loop {
        let piece = tokio::select! {
            biased;
            () = context.cancel.cancelled() => {
                return Err(Error::Cancelled { what: format!("the download of `{}`", remote.shown()) });
            }
            piece = reader.piece() => piece?,
        };
        let Some(piece) = piece else { return Ok(()) };
        meter.add(piece.len());
        behind.write(&piece).await?;
    }
}

/// Saves a folder with all that is below it. Notebooks are saved as source code, by their language.
async fn folder(
    context: &Context,
    remote: &Remote,
    place: Place,
    overwrite: bool,
    meter: &Arc<Meter>,
) -> Result<Answer, Error> {
    let is_file = |found: &Stat| !matches!(found.kind, Kind::Folder | Kind::Other(_));
    let found = stores::stat(context, remote).await.ok().flatten();
    if found.as_ref().is_some_and(is_file) {
        return Err(refused(
            remote,
            "it is a file, and `recursive` is for folders",
            "leave `recursive` out",
        ));
    }
    let mut files: Vec<Stat> = Vec::new();
    let mut left_out = Vec::new();
    let mut folders = vec![remote.clone()];
    while let Some(folder) = folders.pop() {
        for found in stores::list(context, &folder).await? {
            match found.kind {
                Kind::Folder => folders.push(Remote {
                    path: found.path,
                    ..folder.clone()
                }),
                Kind::File | Kind::Notebook(_) => files.push(found),
                Kind::Other(kind) => left_out.push(format!("{}, a {kind}", found.path)),
            }
        }
        if files.len() > FILES {
            return Err(Error::Failed {
                what: format!("the download of `{}`", remote.shown()),
                state: "too large".to_owned(),
                message: format!("it holds more than {FILES} files"),
                hint: Some("download the folders in it one by one".to_owned()),
            });
        }
    }
    meter.expect(files.iter().filter_map(|file| file.size).sum());
    let (mut wanted, mut names) = (Vec::new(), HashSet::new());
    for file in files {
        let below = file.path.strip_prefix(&remote.path).unwrap_or(&file.path);
        let below = format!("{}{}", below.trim_start_matches('/'), extension(&file));
        let at = Remote {
            path: file.path.clone(),
            ..remote.clone()
        };
        let here = match place.below(&below) {
            Ok(here) => here,
            Err(error) => {
                left_out.push(error.to_string());
                continue;
            }
        };
        if !overwrite && here.exists() {
            left_out.push(format!(
                "{} exists already; `overwrite: true` replaces it",
                here.path().display()
            ));
            continue;
        }
        if !names.insert(below) {
            left_out.push(format!(
                "{}, since another has the same name on this machine",
                file.path
            ));
            continue;
        }
        wanted.push((at, here));
    }
    let saved = wanted.len();
    let saving = wanted
        .into_iter()
        .map(|(at, here)| async move { save(context, &at, &here, 0, overwrite, meter).await });
    // The first that fails ends those that are under way, which leave nothing behind.
    stream::iter(saving)
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await?;
    Moved {
        files: Some(saved),
        left_out: transfer::few(left_out),
        ..Moved::done(place.path().display().to_string(), "folder", meter)
    }
    .answer()
}

/// The extension of a notebook's source code.
fn extension(file: &Stat) -> &'static str {
    match &file.kind {
        Kind::Notebook(language) => match language.as_str() {
            "PYTHON" => ".py",
            "SQL" => ".sql",
            "SCALA" => ".scala",
            "R" => ".r",
            _ => ".txt",
        },
        _ => "",
    }
}
