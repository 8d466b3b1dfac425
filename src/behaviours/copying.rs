//! Copies of files from one place of the stores to another, through this process but not through the model.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::transfer::Moved;
use crate::context::Context;
use crate::error::Error;
use crate::shape::{self, Answer};
use crate::stores::{self, Content, Kind, Remote, Stat};
use crate::transfers::Meter;

/// Files of a folder in one call.
const FILES: usize = 10_000;

/// The arguments of a copy, and of a move.
#[derive(Deserialize, JsonSchema)]
pub(super) struct Arguments {
    /// /Volumes/…, dbfs:/… or /Workspace/…
    pub(super) source: String,
    pub(super) target: String,
    /// Replace what is at the target
    #[serde(default)]
    pub(super) overwrite: bool,
    /// `source` is a folder
    #[serde(default)]
    pub(super) recursive: bool,
    /// true once the user has agreed
    #[serde(default)]
    #[expect(dead_code, reason = "taken out before the call")]
    confirm: bool,
}

impl Arguments {
    /// The places that they name.
    ///
    /// # Errors
    /// One is of no store.
    pub(super) fn places(&self, tool: &str) -> Result<(Remote, Remote), Error> {
        let source = Remote::parse(tool, &self.source)?;
        let target = Remote::parse(tool, &self.target)?;
        // A path that ends with `/` is the folder to put it in.
        let into = self.target.ends_with('/') && !self.recursive;
        let target = match into {
            true => target.below(source.name()),
            false => target,
        };
        Ok((source, target))
    }
}

/// What is told of files that were copied or moved.
pub(super) fn told(
    target: &Remote,
    pairs: &[Pair],
    recursive: bool,
    meter: &Meter,
) -> Result<Answer, Error> {
    let kind = if recursive { "folder" } else { "file" };
    Moved {
        files: recursive.then_some(pairs.len()),
        ..Moved::done(target.shown(), kind, meter)
    }
    .answer()
}

/// A file to copy.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) source: Remote,
    pub(super) target: Remote,
    size: u64,
}

/// The files that a copy moves: one, or with `recursive` all below a folder.
///
/// # Errors
/// Nothing is there, or it is a folder and `recursive` is off.
pub(super) async fn pairs(
    context: &Context,
    source: &Remote,
    target: &Remote,
    recursive: bool,
) -> Result<Vec<Pair>, Error> {
    let refuse = |message: String, hint: &str| Error::Failed {
        what: format!("copying `{}`", source.shown()),
        state: "refused".to_owned(),
        message,
        hint: Some(hint.to_owned()),
    };
    let Some(there) = stores::stat(context, source).await? else {
        return Err(refuse(
            "nothing is there".to_owned(),
            "look at its folder first",
        ));
    };
    if there.kind != Kind::Folder {
        return Ok(vec![pair(source, target, &there)?]);
    }
    if !recursive {
        return Err(refuse(
            "it is a folder".to_owned(),
            "`recursive: true` copies all that is below it",
        ));
    }
    let inside = format!("{}/", source.path.trim_end_matches('/'));
    if source.store == target.store && format!("{}/", target.path).starts_with(&inside) {
        return Err(refuse(
            "the target is inside of it".to_owned(),
            "choose another target",
        ));
    }
    let mut pairs = Vec::new();
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        for found in stores::list(context, &folder).await? {
            let at = Remote {
                store: folder.store,
                path: found.path.clone(),
            };
            if found.kind == Kind::Folder {
                folders.push(at);
                continue;
            }
            let below = found.path.strip_prefix(&source.path).unwrap_or(&found.path);
            pairs.push(pair(
                &at,
                &target.below(below.trim_start_matches('/')),
                &found,
            )?);
        }
        if pairs.len() > FILES {
            return Err(refuse(
                format!("it holds more than {FILES} files"),
                "copy the folders in it one by one",
            ));
        }
    }
    Ok(pairs)
}

fn pair(source: &Remote, target: &Remote, found: &Stat) -> Result<Pair, Error> {
    match (&found.kind, found.size) {
        (Kind::File, Some(size)) => Ok(Pair {
            source: source.clone(),
            target: target.clone(),
            size,
        }),
        (kind, _) => Err(Error::Failed {
            what: format!("copying `{}`", source.shown()),
            state: "refused".to_owned(),
            message: match kind {
                Kind::Notebook(_) => "it is a notebook, which has no bytes of its own".to_owned(),
                _ => "its size is not known".to_owned(),
            },
            hint: Some("export and import copy notebooks".to_owned()),
        }),
    }
}

/// Copies files, one after the other.
///
/// # Errors
/// The first that fails; those before it are there.
pub(super) async fn copy(
    context: &Arc<Context>,
    pairs: &[Pair],
    overwrite: bool,
    meter: &Arc<Meter>,
) -> Result<(), Error> {
    meter.expect(pairs.iter().map(|pair| pair.size).sum());
    for pair in pairs {
        let content = Content::Remote {
            context: Arc::clone(context),
            remote: pair.source.clone(),
            size: pair.size,
        };
        stores::write(context, &pair.target, &content, overwrite, meter).await?;
        let there = stores::stat(context, &pair.target).await?;
        if there
            .and_then(|there| there.size)
            .is_some_and(|size| size != pair.size)
        {
            return Err(Error::Failed {
                what: format!("the copy to `{}`", pair.target.shown()),
                state: "differing".to_owned(),
                message: format!(
                    "it is not {} long, as the source is",
                    shape::counted(pair.size, "byte")
                ),
                hint: Some("someone else may write there; copy it again".to_owned()),
            });
        }
    }
    Ok(())
}
