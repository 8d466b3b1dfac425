//! `upload_file`: text, bytes, a local file or a local folder, to a volume, DBFS or the workspace tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use ring::digest;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::Behaviour;
use super::blocking::blocking;
use super::encoding::{self, Encoding};
use super::notebooks;
use super::putting::{BECAME, How, Put, digest_of, hex, put};
use super::transfer::{self, Moved};
use super::typed::arguments;
use crate::context::Context;
use crate::error::Error;
use crate::local::{Place, Synced, Version, Walk};
use crate::shape::{self, Answer};
use crate::stores::{self, Content, Kind, Remote, Stat};
use crate::transfers::Meter;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Moved>("upload_file", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    })
    .checking(check);

/// Files of a folder that go up at once.
const AT_ONCE: usize = 4;

/// Larger files of a folder go up one at a time, since each holds several parts in memory.
const SMALL: u64 = 1 << 20;

/// Failures of a folder's files that are told one by one.
const TOLD: usize = 10;

/// Files of a folder in one call.
const FILES: usize = 10_000;

#[derive(Deserialize, JsonSchema)]
struct Arguments {
    /// Target: /Volumes/catalog/schema/volume/…, dbfs:/… or /Workspace/…
    path: String,
    /// Text of the whole file
    #[serde(default)]
    content: Option<String>,
    /// Of `content`: base64 for bytes
    #[serde(default)]
    encoding: Encoding,
    /// File or folder of this machine, in place of `content`
    #[serde(default)]
    local_path: Option<String>,
    /// Replace what is there
    #[serde(default)]
    overwrite: bool,
    /// `local_path` is a folder; what .gitignore names stays out
    #[serde(default)]
    recursive: bool,
    /// With `recursive`, send only what changed since the last time
    #[serde(default)]
    sync: bool,
    /// Read back and compare
    #[serde(default)]
    verify: bool,
    /// true once the user has agreed
    #[serde(default)]
    #[expect(dead_code, reason = "taken out before the call")]
    confirm: bool,
}

fn check(given: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let has = |name: &str| given.get(name).is_some_and(|value| !value.is_null());
    let refuse = |problem: String| {
        Err(Error::Arguments {
            tool: "upload_file".to_owned(),
            problems: vec![problem],
        })
    };
    if let Err(problem) = encoding::given_once(has("content"), has("local_path")) {
        return refuse(problem);
    }
    let on = |name: &str| given.get(name) == Some(&Value::Bool(true));
    if on("recursive") && !has("local_path") {
        return refuse("`recursive` needs a folder as `local_path`".to_owned());
    }
    if on("sync") && !on("recursive") {
        return refuse("`sync` goes with `recursive`".to_owned());
    }
    if given.get("encoding") == Some(&Value::from("base64"))
        && let Some(Value::String(content)) = given.get("content")
        && let Err(problem) = Encoding::Base64.bytes(content)
    {
        return refuse(problem);
    }
    if let Some(Value::String(path)) = given.get("path") {
        Remote::parse("upload_file", path)?;
        if path.ends_with('/') && has("content") {
            return refuse(format!(
                "`path` is a folder, since it ends with `/`: append the name of the file, such as `{path}file.txt`"
            ));
        }
    }
    Ok(given)
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let remote = Remote::parse("upload_file", &arguments.path)?;
    let what = format!("upload to `{}`", remote.shown());
    let how = How {
        word: "upload",
        overwrite: arguments.overwrite,
        verify: arguments.verify,
    };
    let Some(local_path) = &arguments.local_path else {
        let text = arguments.content.unwrap_or_default();
        let bytes = arguments.encoding.bytes(&text).unwrap_or_default();
        let content = Content::Bytes(bytes.into());
        return transfer::run(context, what, move |own, meter| async move {
            one(&own, &remote, &content, how, &meter).await
        })
        .await;
    };
    let roots = context.roots.find().await?;
    let place = roots.find(local_path)?;
    let is_other = |reason: &str, hint: &str| Error::Local {
        path: local_path.clone(),
        reason: reason.to_owned(),
        hint: Some(hint.to_owned()),
    };
    if !arguments.recursive && place.is_folder() {
        return Err(is_other(
            "it is a folder",
            "`recursive: true` uploads all that is in it",
        ));
    }
    if arguments.recursive && place.is_file() {
        return Err(is_other(
            "it is a file, and `recursive` is for folders",
            "leave `recursive` out",
        ));
    }
    if arguments.recursive {
        let synced = arguments.sync.then(|| {
            let host = context.workspace.transport.host();
            let of = format!("{host}\n{}\n{}", remote.shown(), place.path().display());
            let name = hex(digest::digest(&digest::SHA256, of.as_bytes()).as_ref());
            Synced::read(roots.states(), &name)
        });
        return transfer::run(context, what, move |own, meter| async move {
            folder(&own, place, &remote, (how, synced), &meter).await
        })
        .await;
    }
    let content = open(&place).await?;
    // A path that ends with `/` is the folder to put it in.
    let name = place
        .path()
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let remote = match name.filter(|_| arguments.path.ends_with('/')) {
        Some(name) => remote.below(&name),
        None => remote,
    };
    transfer::run(context, what, move |own, meter| async move {
        one(&own, &remote, &content, how, &meter).await
    })
    .await
}

async fn open(place: &Place) -> Result<Content, Error> {
    let place = place.clone();
    blocking(move || Ok(Content::of(&place, place.open()?))).await
}

async fn one(
    context: &Context,
    remote: &Remote,
    content: &Content,
    how: How,
    meter: &Arc<Meter>,
) -> Result<Answer, Error> {
    meter.expect(content.size());
    let there = put(context, remote, content, how, meter).await?;
    let (at, kind) = match &there.notebook {
        Some(notebook) => (notebook, "notebook"),
        None => (remote, "file"),
    };
    Moved {
        // What was sent again counts once.
        bytes: content.size(),
        verified: how.verify.then_some(true),
        note: there.notebook.is_some().then(|| BECAME.to_owned()),
        ..Moved::done(at.shown(), kind, meter)
    }
    .answer()
}

/// What became of a file of a folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sent {
    /// It was there already.
    Before,
    Now,
    AsNotebook,
}

impl Sent {
    fn of(put: &Put) -> Self {
        match put.notebook {
            Some(_) => Self::AsNotebook,
            None => Self::Now,
        }
    }
}

/// The files below a folder of a store, by their paths below it.
async fn files_there(context: &Context, remote: &Remote) -> Result<BTreeMap<String, Stat>, Error> {
    let mut files = BTreeMap::new();
    let mut folders = vec![remote.clone()];
    while let Some(folder) = folders.pop() {
        for found in stores::list(context, &folder).await? {
            let at = Remote {
                path: found.path.clone(),
                ..folder.clone()
            };
            if found.kind == Kind::Folder {
                folders.push(at);
            } else if let Some(below) = found.path.strip_prefix(&remote.path) {
                let below = below.trim_start_matches('/').to_owned();
                // A notebook has lost the extension of its file.
                if let Kind::Notebook(language) = &found.kind {
                    for extension in [notebooks::extension(language), "ipynb"] {
                        files.insert(format!("{below}.{extension}"), found.clone());
                    }
                }
                files.insert(below, found);
            }
        }
    }
    Ok(files)
}

/// A time as all stores tell it: the headers of some leave the milliseconds out.
fn seconds(millis: &i64) -> i64 {
    millis / 1000
}

/// Uploads a folder; of it only what is not as it was before, where that is known.
async fn folder(
    context: &Context,
    place: Place,
    remote: &Remote,
    (how, synced): (How, Option<Synced>),
    meter: &Arc<Meter>,
) -> Result<Answer, Error> {
    let (walked, passed_over) = blocking(move || {
        let mut walk = Walk::new(place)?;
        let found = walk.by_ref().take(FILES + 1);
        let found = found.collect::<Result<Vec<_>, _>>()?;
        Ok((found, walk.passed_over()))
    })
    .await?;
    if walked.len() > FILES {
        return Err(Error::Failed {
            what: format!("the upload to `{}`", remote.shown()),
            state: "too large".to_owned(),
            message: format!("the folder holds more than {FILES} files"),
            hint: Some("upload the folders in it one by one".to_owned()),
        });
    }
    let (folders, files): (Vec<_>, Vec<_>) = walked.into_iter().partition(|found| found.is_folder);
    let bytes = files.iter().map(|file| file.size).sum();
    meter.expect(bytes);
    stores::make_folder(context, remote).await?;
    for folder in &folders {
        stores::make_folder(context, &remote.below(&folder.path)).await?;
    }
    let count = files.len();
    let there = match &synced {
        Some(_) => files_there(context, remote).await?,
        None => BTreeMap::new(),
    };
    let (synced, there) = (synced.map(Mutex::new), &there);
    let synced = synced.as_ref();
    let large = Mutex::new(());
    let sent = stream::iter(files.into_iter().map(|file| {
        let (target, large) = (remote.below(&file.path), &large);
        async move {
            if context.cancel.is_cancelled() {
                return Err(Error::Cancelled {
                    what: format!("the upload of `{}`", target.shown()),
                });
            }
            let _alone = if file.size > SMALL {
                Some(large.lock().await)
            } else {
                None
            };
            let content = open(&file.place).await?;
            let Some(synced) = synced else {
                let put = put(context, &target, &content, how, meter).await?;
                return Ok(Sent::of(&put));
            };
            let there = there.get(&file.path);
            // Times are told in seconds, within which someone else may have written.
            let there = there.filter(|there| there.size.is_none_or(|size| size == file.size));
            let mut version = Version {
                sha256: hex(&digest_of(&content).await?),
                modified: there.and_then(|there| there.modified.as_ref().map(seconds)),
            };
            if synced.lock().await.has(&file.path, &version) {
                return Ok(Sent::Before);
            }
            let put = put(context, &target, &content, how, meter).await?;
            version.modified = put.modified.as_ref().map(seconds);
            synced.lock().await.note(file.path, version);
            Ok(Sent::of(&put))
        }
    }));
    let outcomes: Vec<Result<Sent, Error>> = sent.buffer_unordered(AT_ONCE).collect().await;
    if let Some(synced) = synced
        && let Err(error) = synced.lock().await.write()
    {
        tracing::warn!(request_id = %context.call.id, %error, "what was uploaded is not remembered");
    }
    let count_of = |sent: Sent| {
        let outcomes = outcomes.iter().flatten();
        outcomes.filter(|outcome| **outcome == sent).count()
    };
    let (unchanged, notebooks) = (count_of(Sent::Before), count_of(Sent::AsNotebook));
    let failed: Vec<String> = outcomes
        .into_iter()
        .filter_map(|outcome| Some(outcome.err()?.to_string()))
        .collect();
    if context.cancel.is_cancelled() {
        let what = format!(
            "the upload to `{}`: {} of {} there",
            remote.shown(),
            count - failed.len(),
            shape::counted(count, "file")
        );
        return Err(Error::Cancelled { what });
    }
    if failed.is_empty() {
        return Moved {
            bytes,
            files: Some(count),
            unchanged: synced.map(|_| unchanged),
            verified: how.verify.then_some(true),
            left_out: transfer::few(passed_over),
            note: (notebooks > 0).then(|| format!("{notebooks} of them: {BECAME}")),
            ..Moved::done(remote.shown(), "folder", meter)
        }
        .answer();
    }
    let told: Vec<&str> = failed.iter().take(TOLD).map(String::as_str).collect();
    Err(Error::Failed {
        what: format!(
            "the upload of {} to `{}`",
            shape::counted(count, "file"),
            remote.shown()
        ),
        state: format!("{} of them failed", failed.len()),
        message: told.join("\n"),
        hint: Some("the other files are there, whole".to_owned()),
    })
}
