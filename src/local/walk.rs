//! The files below a folder, as `git` would see them.

use std::io::Read;
use std::path::{Path, PathBuf};

use cap_fs_ext::DirExt;
use cap_std::fs::Dir;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::off_limits::is_hidden;
use super::place::Place;
use crate::error::Error;

/// Deepest folder that is looked into.
const DEPTH: usize = 64;
/// Most bytes of a `.gitignore` that count.
const IGNORE_FILE: u64 = 1 << 20;

/// A walk over the files below a folder, in order of their names. What `.gitignore` names is left out, and so are
/// hidden files, links, and what is no regular file.
#[derive(Debug)]
pub struct Walk {
    place: Place,
    open: Vec<Open>,
    passed_over: Vec<String>,
}

/// A file that the walk came by.
#[derive(Debug, Clone)]
pub struct Found {
    /// The path below the folder, with `/` between names.
    pub path: String,
    /// The file's own place.
    pub place: Place,
    /// Size in bytes.
    pub size: u64,
    /// True for a folder, which is told so that an empty one can be made anew.
    pub is_folder: bool,
}

#[derive(Debug)]
struct Open {
    folder: Dir,
    below: PathBuf,
    /// What is left of it, the last first.
    names: Vec<String>,
    ignored: Option<Gitignore>,
}

impl Walk {
    /// A walk over what is below this folder.
    ///
    /// # Errors
    /// No folder is here.
    pub fn new(place: Place) -> Result<Self, Error> {
        let open = vec![Open::new(place.folder()?, PathBuf::new())];
        Ok(Self {
            place,
            open,
            passed_over: Vec::new(),
        })
    }

    /// The links, pipes and the like that the walk has passed over so far, each with what it is.
    #[must_use]
    pub fn passed_over(self) -> Vec<String> {
        self.passed_over
    }

    fn is_ignored(&self, path: &Path, is_folder: bool) -> bool {
        // The file nearest to the path decides.
        for open in self.open.iter().rev() {
            let Some(ignored) = &open.ignored else {
                continue;
            };
            let below = path.strip_prefix(&open.below).unwrap_or(path);
            let said = ignored.matched(below, is_folder);
            if !said.is_none() {
                return said.is_ignore();
            }
        }
        false
    }
}

impl Open {
    fn new(folder: Dir, below: PathBuf) -> Self {
        let entries = folder.entries().into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort_unstable_by(|one, other| other.cmp(one));
        Self {
            ignored: ignored(&folder),
            folder,
            below,
            names,
        }
    }
}

/// The rules of the folder's `.gitignore`.
fn ignored(folder: &Dir) -> Option<Gitignore> {
    let metadata = folder.symlink_metadata(".gitignore").ok()?;
    if !metadata.is_file() {
        return None;
    }
    let mut text = Vec::new();
    folder
        .open(".gitignore")
        .ok()?
        .take(IGNORE_FILE)
        .read_to_end(&mut text)
        .ok()?;
    let mut rules = GitignoreBuilder::new("");
    for line in String::from_utf8_lossy(&text).lines() {
        // A line that is no rule is passed over, as git does.
        let _ = rules.add_line(None, line);
    }
    rules.build().ok()
}

impl Iterator for Walk {
    type Item = Result<Found, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let open = self.open.last_mut()?;
            let Some(name) = open.names.pop() else {
                self.open.pop();
                continue;
            };
            let Ok(metadata) = open.folder.symlink_metadata(&name) else {
                continue;
            };
            let path = open.below.join(&name);
            let is_folder = metadata.is_dir();
            if is_hidden(name.as_ref()) || self.is_ignored(&path, is_folder) {
                continue;
            }
            let shown = path.to_string_lossy().replace('\\', "/");
            if !is_folder && !metadata.is_file() {
                let kind = match metadata.is_symlink() {
                    true => "a link",
                    false => "no regular file",
                };
                self.passed_over.push(format!("{shown}, {kind}"));
                continue;
            }
            let place = match self.place.below(&shown) {
                Ok(place) => place,
                Err(error) => return Some(Err(error)),
            };
            if is_folder
                && self.open.len() < DEPTH
                && let Some(open) = self.open.last()
                && let Ok(folder) = open.folder.open_dir_nofollow(&name)
            {
                self.open.push(Open::new(folder, path));
            }
            return Some(Ok(Found {
                path: shown,
                place,
                size: metadata.len(),
                is_folder,
            }));
        }
    }
}
