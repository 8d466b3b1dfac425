//! Copies from one place of the stores to another, through this process but not through the model.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::notebooks::{self, Copied};
use super::putting::{BECAME, How, put};
use super::transfer::{self, Moved};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;
use crate::stores::{self, Content, Kind, Remote, Stat, Store};
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
    /// One is of no store, or both are the same.
    pub(super) fn places(&self, tool: &str) -> Result<(Remote, Remote), Error> {
        let source = Remote::parse(tool, &self.source)?;
        let target = Remote::parse(tool, &self.target)?;
        // A path that ends with `/` is the folder to put it in.
        let into = self.target.ends_with('/') && !self.recursive;
        let target = if into {
            target.below(source.name())
        } else {
            target
        };
        if source.store == target.store && plain(&source) == plain(&target) {
            return Err(Error::Arguments {
                tool: tool.to_owned(),
                problems: vec![format!("`{}` is the source and the target", source.shown())],
            });
        }
        Ok((source, target))
    }
}

/// The path without the first folder that the service leaves out.
fn plain(at: &Remote) -> &str {
    let path = at.path.trim_end_matches('/');
    match (at.store, path.strip_prefix("/Workspace")) {
        (Store::Workspace, Some(below)) if below.starts_with('/') => below,
        _ => path,
    }
}

/// What a copy is about: one thing, or all that is below a folder.
#[derive(Debug, Default)]
pub(super) struct Found {
    pairs: Vec<Pair>,
    /// The folders, each after the one that it is in, with the target of those that hold nothing.
    folders: Vec<(Remote, Option<Remote>)>,
    left_out: Vec<String>,
    is_folder: bool,
    /// What files have become notebooks by it.
    notebooks: Vec<Remote>,
}

/// A thing to copy.
#[derive(Debug)]
struct Pair {
    source: Remote,
    target: Remote,
    what: What,
    /// As it was before it was copied.
    seen: Seen,
}

/// What tells that something is another than before: its size and the time of its last change.
type Seen = (Option<u64>, Option<i64>);

fn seen(found: &Stat) -> Seen {
    (found.size, found.modified)
}

#[derive(Debug)]
enum What {
    /// A file of this size.
    File(u64),
    /// A notebook of this language, which has no bytes of its own.
    Notebook(String),
}

/// The things that a copy is about.
///
/// # Errors
/// Nothing is there, it is a folder and `recursive` is off, or it cannot be copied.
pub(super) async fn find(
    context: &Context,
    source: &Remote,
    target: &Remote,
    recursive: bool,
) -> Result<Found, Error> {
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
    let mut found = Found::default();
    if there.kind != Kind::Folder {
        return match pair(source, target.clone(), &there) {
            Ok(pair) => {
                found.pairs.push(pair);
                Ok(found)
            }
            Err(reason) => Err(refuse(reason, "copy what can be read as a file")),
        };
    }
    if !recursive {
        return Err(refuse(
            "it is a folder".to_owned(),
            "`recursive: true` copies all that is below it",
        ));
    }
    let inside = format!("{}/", plain(source));
    if source.store == target.store && plain(target).starts_with(&inside) {
        return Err(refuse(
            "the target is inside of it".to_owned(),
            "choose another target",
        ));
    }
    found.is_folder = true;
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        let inside = stores::list(context, &folder).await?;
        let to = below(source, target, &folder.path);
        let is_empty = inside.is_empty();
        for one in inside {
            let at = Remote {
                store: folder.store,
                path: one.path.clone(),
            };
            if one.kind == Kind::Folder {
                folders.push(at);
                continue;
            }
            let to = below(source, target, &one.path);
            match pair(&at, named(to, &one), &one) {
                Ok(pair) => found.pairs.push(pair),
                Err(reason) => found.left_out.push(format!("{}: {reason}", one.path)),
            }
        }
        found.folders.push((folder, is_empty.then_some(to)));
        if found.pairs.len() > FILES {
            return Err(refuse(
                format!("it holds more than {FILES} files"),
                "copy the folders in it one by one",
            ));
        }
    }
    Ok(found)
}

/// The target of what is below a folder.
fn below(source: &Remote, target: &Remote, path: &str) -> Remote {
    let below = path.strip_prefix(&source.path).unwrap_or(path);
    match below.trim_matches('/') {
        "" => target.clone(),
        below => target.below(below),
    }
}

/// The target of a thing of a folder: a notebook among files is one of source code, by its language.
fn named(to: Remote, found: &Stat) -> Remote {
    match &found.kind {
        Kind::Notebook(language) if to.store != Store::Workspace => Remote {
            path: format!("{}.{}", to.path, notebooks::extension(language)),
            ..to
        },
        _ => to,
    }
}

fn pair(source: &Remote, target: Remote, found: &Stat) -> Result<Pair, String> {
    let what = match (&found.kind, found.size) {
        (Kind::File, Some(size)) => What::File(size),
        (Kind::Notebook(language), _) => What::Notebook(language.clone()),
        (Kind::Other(kind), _) => return Err(format!("a {kind} cannot be copied")),
        _ => return Err("its size is not known".to_owned()),
    };
    Ok(Pair {
        source: source.clone(),
        target,
        what,
        seen: seen(found),
    })
}

impl Found {
    /// Copies all of it, one after the other.
    ///
    /// # Errors
    /// The first that fails; those before it are there.
    pub(super) async fn copy(
        &mut self,
        context: &Arc<Context>,
        overwrite: bool,
        meter: &Arc<Meter>,
    ) -> Result<(), Error> {
        let sizes = self.pairs.iter().map(|pair| match &pair.what {
            What::File(size) => Some(*size),
            What::Notebook(_) => None,
        });
        // What has no size yet leaves the whole unknown.
        meter.expect(sizes.sum::<Option<u64>>().unwrap_or_default());
        for pair in &self.pairs {
            if context.cancel.is_cancelled() {
                return Err(Error::Cancelled {
                    what: format!("the copy to `{}`", pair.target.shown()),
                });
            }
            self.notebooks
                .extend(pair.copy(context, overwrite, meter).await?);
        }
        for target in self.folders.iter().filter_map(|(_, empty)| empty.as_ref()) {
            stores::make_folder(context, target).await?;
        }
        Ok(())
    }

    /// Deletes what was copied, and then the folders that are empty. What somebody has written since stays.
    ///
    /// # Errors
    /// The first that is not deleted.
    pub(super) async fn delete(&mut self, context: &Context) -> Result<(), Error> {
        for pair in &self.pairs {
            match stores::stat(context, &pair.source).await? {
                None => {}
                Some(now) if is_same(pair, &now) => stores::delete(context, &pair.source).await?,
                Some(_) => self.left_out.push(format!(
                    "`{}` was copied and stays, since it has changed meanwhile",
                    pair.source.shown()
                )),
            }
        }
        // One that holds something that was left out, or that came meanwhile, stays with all those that it is in.
        for (folder, _) in self.folders.iter().rev() {
            if let Err(error) = stores::delete_empty(context, folder).await {
                let stays = format!("the folder `{}` stays: {error}", folder.shown());
                self.left_out.push(stays);
                break;
            }
        }
        Ok(())
    }

    /// What is told of it.
    ///
    /// # Errors
    /// The answer cannot be written as JSON.
    pub(super) fn told(self, target: &Remote, meter: &Meter) -> Result<Answer, Error> {
        let of_notebooks = |pair: &Pair| matches!(pair.what, What::Notebook(_));
        let note = "of notebooks the source is there, and not what their cells had printed";
        let kind = match self.pairs.first() {
            _ if self.is_folder => "folder",
            Some(pair) if of_notebooks(pair) && target.store == Store::Workspace => "notebook",
            _ if !self.notebooks.is_empty() => "notebook",
            _ => "file",
        };
        let made = self.notebooks.first().filter(|_| !self.is_folder);
        let source = self.pairs.iter().any(of_notebooks).then_some(note);
        let became = (!self.notebooks.is_empty()).then_some(BECAME);
        let notes: Vec<&str> = source.into_iter().chain(became).collect();
        Moved {
            files: self.is_folder.then_some(self.pairs.len()),
            left_out: transfer::few(self.left_out),
            note: (!notes.is_empty()).then(|| notes.join("; ")),
            ..Moved::done(made.unwrap_or(target).shown(), kind, meter)
        }
        .answer()
    }
}

/// True for what is as it was before it was copied. A list may tell less of a thing than a look at it.
fn is_same(pair: &Pair, now: &Stat) -> bool {
    let (size, modified) = pair.seen;
    let of_size = size.is_none() || now.size.is_none() || size == now.size;
    let second = |time: Option<i64>| time.map(|time| time / 1000);
    let (before, now) = (second(modified), second(now.modified));
    of_size && (before.is_none() || now.is_none() || before == now)
}

impl Pair {
    /// Copies it. Returns the notebook that a file has become by it.
    async fn copy(
        &self,
        context: &Arc<Context>,
        overwrite: bool,
        meter: &Arc<Meter>,
    ) -> Result<Option<Remote>, Error> {
        let content = match &self.what {
            What::File(size) => Content::Remote {
                context: Arc::clone(context),
                remote: self.source.clone(),
                size: *size,
            },
            What::Notebook(language) => {
                let copied = notebooks::copied(context, &self.source, language).await?;
                if self.target.store == Store::Workspace {
                    notebooks::paste(context, &copied, &self.target, overwrite).await?;
                    meter.add(copied.bytes.len());
                    return Ok(None);
                }
                let Copied { bytes, .. } = copied;
                Content::Bytes(bytes.into())
            }
        };
        let how = How {
            word: "copy",
            overwrite,
            verify: false,
        };
        let put = put(context, &self.target, &content, how, meter).await?;
        Ok(put.notebook)
    }
}
