//! `upload_file`: text, bytes, a local file or a local folder, to a volume, DBFS or the workspace tree.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, stream};
use ring::digest;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::Behaviour;
use super::transfer::{self, Moved};
use super::typed::arguments;
use crate::context::Context;
use crate::error::Error;
use crate::local::{Place, Walk};
use crate::shape::Answer;
use crate::stores::{self, Content, Reader, Remote};
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
    /// Read back and compare
    #[serde(default)]
    verify: bool,
    /// true once the user has agreed
    #[serde(default)]
    #[expect(dead_code, reason = "taken out before the call")]
    confirm: bool,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Encoding {
    #[default]
    Text,
    Base64,
}

fn check(given: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let has = |name: &str| given.get(name).is_some_and(|value| !value.is_null());
    let refuse = |problem: String| {
        Err(Error::Arguments {
            tool: "upload_file".to_owned(),
            problems: vec![problem],
        })
    };
    if has("content") == has("local_path") {
        return refuse("give one of `content` and `local_path`".to_owned());
    }
    let on = |name: &str| given.get(name) == Some(&Value::Bool(true));
    if on("recursive") && !has("local_path") {
        return refuse("`recursive` needs a folder as `local_path`".to_owned());
    }
    if given.get("encoding") == Some(&Value::from("base64"))
        && let Some(Value::String(content)) = given.get("content")
        && let Err(error) = STANDARD.decode(content)
    {
        return refuse(format!("`content` is no base64: {error}"));
    }
    if let Some(Value::String(path)) = given.get("path") {
        Remote::parse("upload_file", path)?;
    }
    Ok(given)
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
    let remote = Remote::parse("upload_file", &arguments.path)?;
    let what = format!("upload to `{}`", remote.shown());
    let Some(local_path) = &arguments.local_path else {
        let text = arguments.content.unwrap_or_default();
        let bytes = match arguments.encoding {
            Encoding::Text => text.into_bytes(),
            Encoding::Base64 => STANDARD.decode(&text).unwrap_or_default(),
        };
        let content = Content::Bytes(bytes.into());
        let (overwrite, verify) = (arguments.overwrite, arguments.verify);
        return transfer::run(context, what, move |own, meter| async move {
            one(&own, &remote, &content, overwrite, verify, &meter).await
        })
        .await;
    };
    let place = context.roots.find().await?.find(local_path)?;
    let (overwrite, verify) = (arguments.overwrite, arguments.verify);
    if arguments.recursive {
        return transfer::run(context, what, move |own, meter| async move {
            folder(&own, place, &remote, overwrite, verify, &meter).await
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
        one(&own, &remote, &content, overwrite, verify, &meter).await
    })
    .await
}

async fn open(place: &Place) -> Result<Content, Error> {
    let place = place.clone();
    blocking(move || Ok(Content::of(&place, place.open()?))).await
}

/// Runs what blocks on a thread for that.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| {
        Err(Error::Internal {
            reason: error.to_string(),
        })
    })
}

async fn one(
    context: &Context,
    remote: &Remote,
    content: &Content,
    overwrite: bool,
    verify: bool,
    meter: &Arc<Meter>,
) -> Result<Answer, Error> {
    meter.expect(content.size());
    put(context, remote, content, overwrite, verify, meter).await?;
    Moved {
        // What was sent again counts once.
        bytes: content.size(),
        verified: verify.then_some(true),
        ..Moved::done(remote.shown(), meter)
    }
    .answer()
}

/// Writes one file and looks whether it is there whole.
async fn put(
    context: &Context,
    remote: &Remote,
    content: &Content,
    overwrite: bool,
    verify: bool,
    meter: &Arc<Meter>,
) -> Result<(), Error> {
    stores::write(context, remote, content, overwrite, meter).await?;
    let differs = |found: String| Error::Failed {
        what: format!("the upload of `{}`", remote.shown()),
        state: "differing".to_owned(),
        message: found,
        hint: Some("someone else may write there; upload it again".to_owned()),
    };
    let size = content.size();
    let there = stores::stat(context, remote).await?;
    match there.as_ref().map(|there| there.size) {
        Some(Some(there)) if there != size => {
            return Err(differs(format!(
                "{size} bytes were sent, and {there} are there"
            )));
        }
        None => return Err(differs("it is not there".to_owned())),
        Some(_) => {}
    }
    if verify && digest_there(context, remote).await? != digest_of(content).await? {
        return Err(differs("what is read back is not what was sent".to_owned()));
    }
    Ok(())
}

async fn digest_of(content: &Content) -> Result<Vec<u8>, Error> {
    let mut sum = digest::Context::new(&digest::SHA256);
    let mut from = 0;
    while from < content.size() {
        let piece = content.part(from, 1 << 20).await?;
        from += piece.len() as u64;
        sum.update(&piece);
    }
    Ok(sum.finish().as_ref().to_vec())
}

async fn digest_there(context: &Context, remote: &Remote) -> Result<Vec<u8>, Error> {
    let mut sum = digest::Context::new(&digest::SHA256);
    let mut reader = Reader::new(context, remote, 0);
    while let Some(piece) = reader.piece().await? {
        sum.update(&piece);
    }
    Ok(sum.finish().as_ref().to_vec())
}

async fn folder(
    context: &Context,
    place: Place,
    remote: &Remote,
    overwrite: bool,
    verify: bool,
    meter: &Arc<Meter>,
) -> Result<Answer, Error> {
    let walked = blocking(move || {
        Walk::new(place)?
            .take(FILES + 1)
            .collect::<Result<Vec<_>, _>>()
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
            put(context, &target, &content, overwrite, verify, meter).await
        }
    }));
    let outcomes: Vec<Result<(), Error>> = sent.buffer_unordered(AT_ONCE).collect().await;
    let failed: Vec<String> = outcomes
        .into_iter()
        .filter_map(|outcome| Some(outcome.err()?.to_string()))
        .collect();
    if context.cancel.is_cancelled() {
        let what = format!(
            "the upload to `{}`: {} of {count} files are there",
            remote.shown(),
            count - failed.len()
        );
        return Err(Error::Cancelled { what });
    }
    if failed.is_empty() {
        return Moved {
            bytes,
            files: Some(count),
            verified: verify.then_some(true),
            ..Moved::done(remote.shown(), meter)
        }
        .answer();
    }
    let told: Vec<&str> = failed.iter().take(TOLD).map(String::as_str).collect();
    Err(Error::Failed {
        what: format!("the upload of {count} files to `{}`", remote.shown()),
        state: format!("{} of them failed", failed.len()),
        message: told.join("\n"),
        hint: Some("the other files are there, whole".to_owned()),
    })
}
