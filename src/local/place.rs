//! A place under a root: what is there, opened without following a link that someone swaps in.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_fs_ext::{DirExt, FollowSymlinks, MetadataExt, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, FileType, OpenOptions};

use super::off_limits::{Kept, is_hidden};
use crate::error::Error;

/// A path under one of the roots.
#[derive(Debug, Clone)]
pub struct Place {
    root: Arc<Dir>,
    /// The root's own path, for messages.
    of_root: PathBuf,
    /// The path below it; empty for the root itself.
    inside: PathBuf,
    kept: Arc<[Kept]>,
}

/// A regular file, open for reading.
#[derive(Debug)]
pub struct Source {
    /// The file.
    pub file: File,
    /// Its size in bytes when it was opened.
    pub size: u64,
    /// The time of its last change, where the file system tells.
    pub modified: Option<std::time::SystemTime>,
}

impl Place {
    pub(super) fn new(
        root: Arc<Dir>,
        of_root: PathBuf,
        inside: PathBuf,
        kept: Arc<[Kept]>,
    ) -> Self {
        Self {
            root,
            of_root,
            inside,
            kept,
        }
    }

    /// The whole path, for messages.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.of_root.join(&self.inside)
    }

    /// The place of this name or relative path below.
    ///
    /// # Errors
    /// A part is hidden, or leads out.
    pub fn below(&self, path: &str) -> Result<Self, Error> {
        let parts: Vec<&str> = path
            .split(['/', '\\'])
            .filter(|part| !part.is_empty())
            .collect();
        let mut inside = self.inside.clone();
        for part in parts {
            if part.starts_with('.') || part.contains(['\0', ':']) && cfg!(windows) {
                return Err(self.refused_at(path, "a part of it is hidden or leads out"));
            }
            inside.push(part);
        }
        Ok(Self {
            inside,
            ..self.clone()
        })
    }

    /// Reports whether a folder is there.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.kind().is_some_and(|kind| kind.is_dir())
    }

    /// Reports whether a regular file is there.
    #[must_use]
    pub fn is_file(&self) -> bool {
        self.kind().is_some_and(|kind| kind.is_file())
    }

    /// Reports whether anything is there, a dangling link included.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.kind().is_some()
    }

    fn kind(&self) -> Option<FileType> {
        if self.inside.as_os_str().is_empty() {
            return self
                .root
                .dir_metadata()
                .ok()
                .map(|metadata| metadata.file_type());
        }
        let metadata = self.root.symlink_metadata(&self.inside).ok()?;
        Some(metadata.file_type())
    }

    /// Opens the file that is there.
    ///
    /// # Errors
    /// Nothing is there, it is no regular file, a link leads out of the root or to a hidden file, or it is a file
    /// of the server itself.
    pub fn open(&self) -> Result<Source, Error> {
        let inside = self.resolved()?;
        let (folder, name) = self.folder_of(&inside)?;
        let mut options = OpenOptions::new();
        // A pipe without a writer must not hold the call up.
        options.read(true).follow(FollowSymlinks::No).nonblock(true);
        let file = folder
            .open_with(&name, &options)
            .map_err(|error| self.failed(&error))?;
        let metadata = file.metadata().map_err(|error| self.failed(&error))?;
        if metadata.is_dir() {
            return Err(self.refused("it is a folder"));
        }
        if !metadata.is_file() {
            return Err(self.refused("it is no regular file"));
        }
        self.is_not_kept(metadata.dev(), metadata.ino())?;
        Ok(Source {
            size: metadata.len(),
            modified: metadata
                .modified()
                .ok()
                .map(cap_std::time::SystemTime::into_std),
            file: file.into_std(),
        })
    }

    /// The folder that the file is to be in, with those on the way created, and its name in it.
    pub(super) fn folder_to_write(&self) -> Result<(Dir, OsString), Error> {
        let parts: Vec<_> = self.inside.iter().collect();
        let Some((name, on_the_way)) = parts.split_last() else {
            return Err(self.refused("it is a folder"));
        };
        let mut folder = self.try_clone()?;
        for part in on_the_way {
            match folder.create_dir(part) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(self.failed(&error));
                }
                _ => {}
            }
            folder = self.step(&folder, part)?;
        }
        self.is_no_kept_name(&folder, name)?;
        if let Ok(there) = folder.symlink_metadata(name) {
            if !there.is_file() {
                return Err(self.refused("something is there that is no regular file"));
            }
            self.is_not_kept(there.dev(), there.ino())?;
        }
        Ok((folder, (*name).to_owned()))
    }

    /// The folder that is here, open.
    pub(super) fn folder(&self) -> Result<Dir, Error> {
        let mut folder = self.try_clone()?;
        for part in &self.resolved()? {
            folder = self.step(&folder, part)?;
        }
        Ok(folder)
    }

    fn step(&self, folder: &Dir, part: &OsStr) -> Result<Dir, Error> {
        folder
            .open_dir_nofollow(part)
            .map_err(|error| self.failed(&error))
    }

    /// The path with the links in it resolved, which may lead within the root only.
    fn resolved(&self) -> Result<PathBuf, Error> {
        if self.inside.as_os_str().is_empty() {
            return Ok(PathBuf::new());
        }
        let resolved = self
            .root
            .canonicalize(&self.inside)
            .map_err(|error| self.failed(&error))?;
        if resolved.iter().any(is_hidden) && resolved != Path::new(".") {
            return Err(self.refused("it is a link to a hidden file"));
        }
        Ok(resolved)
    }

    /// The folder of a resolved path, opened step by step, and the name in it.
    fn folder_of(&self, inside: &Path) -> Result<(Dir, OsString), Error> {
        let name = inside
            .file_name()
            .ok_or_else(|| self.refused("it is a folder"))?;
        let mut folder = self.try_clone()?;
        for part in inside.parent().into_iter().flatten() {
            folder = self.step(&folder, part)?;
        }
        Ok((folder, name.to_owned()))
    }

    fn try_clone(&self) -> Result<Dir, Error> {
        self.root.try_clone().map_err(|error| self.failed(&error))
    }

    /// Refuses the name of a file that belongs to the server, also one that is not there yet.
    fn is_no_kept_name(&self, folder: &Dir, name: &OsStr) -> Result<(), Error> {
        let here = folder.dir_metadata().map_err(|error| self.failed(&error))?;
        let is_same = |kept: &&Kept| {
            let there = kept.path.parent().and_then(|parent| {
                let parent = Dir::open_ambient_dir(parent, cap_std::ambient_authority()).ok()?;
                parent.dir_metadata().ok()
            });
            let same_folder =
                there.is_some_and(|there| (there.dev(), there.ino()) == (here.dev(), here.ino()));
            // Some file systems take names of another case for the same.
            let kept_name = kept.path.file_name().unwrap_or_default();
            same_folder && kept_name.eq_ignore_ascii_case(name)
        };
        match self.kept.iter().find(is_same) {
            Some(kept) => Err(self.refused(&format!("it is the server's own, `{}`", kept.setting))),
            None => Ok(()),
        }
    }

    /// Refuses a file that belongs to the server, by whatever name it is reached.
    fn is_not_kept(&self, device: u64, inode: u64) -> Result<(), Error> {
        let is_same = |kept: &&Kept| {
            let there = Dir::open_ambient_dir(
                kept.path.parent().unwrap_or(&kept.path),
                cap_std::ambient_authority(),
            );
            let name = kept.path.file_name().unwrap_or_default();
            let metadata = there.and_then(|folder| folder.symlink_metadata(name));
            metadata.is_ok_and(|metadata| (metadata.dev(), metadata.ino()) == (device, inode))
        };
        match self.kept.iter().find(is_same) {
            Some(kept) => Err(self.refused(&format!("it is the server's own, `{}`", kept.setting))),
            None => Ok(()),
        }
    }

    /// The error of an operation of the system.
    pub(super) fn failed(&self, error: &io::Error) -> Error {
        let reason = match error.kind() {
            io::ErrorKind::NotFound => "nothing is there".to_owned(),
            io::ErrorKind::PermissionDenied => {
                "a link leads out of the shared folder, or the system denies access".to_owned()
            }
            io::ErrorKind::AlreadyExists => "it exists already".to_owned(),
            io::ErrorKind::NotADirectory => "it is no folder".to_owned(),
            _ => error.to_string(),
        };
        self.refused(&reason)
    }

    pub(super) fn refused(&self, reason: &str) -> Error {
        Error::Local {
            path: self.path().display().to_string(),
            reason: reason.to_owned(),
            hint: None,
        }
    }

    fn refused_at(&self, below: &str, reason: &str) -> Error {
        Error::Local {
            path: self.path().join(below).display().to_string(),
            reason: reason.to_owned(),
            hint: None,
        }
    }
}
