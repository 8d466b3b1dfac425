//! A file while it is written: beside its place under a name of its own, until it is whole.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};

use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, OpenOptions};

use super::place::Place;
use crate::error::Error;

/// A file that is not at its place yet. Dropped before [`Draft::publish`], it leaves nothing behind.
#[derive(Debug)]
pub struct Draft {
    place: Place,
    folder: Dir,
    name: OsString,
    own_name: OsString,
    file: File,
    is_published: bool,
}

impl Draft {
    /// Begins a file for this place. Folders on the way are created.
    ///
    /// # Errors
    /// A link or something that is no folder is on the way, a folder is here, it is a file of the server itself, or
    /// the disk refuses.
    pub fn new(place: &Place) -> Result<Self, Error> {
        let (folder, name) = place.folder_to_write()?;
        let mut own_name = OsString::from(".");
        own_name.push(&name);
        own_name.push(format!(".{:016x}.part", fastrand::u64(..)));
        let mut options = OpenOptions::new();
        options
            .read(true)
            .write(true)
            .create_new(true)
            .follow(FollowSymlinks::No);
        let file = folder
            .open_with(&own_name, &options)
            .map_err(|error| place.failed(&error))?;
        Ok(Self {
            place: place.clone(),
            folder,
            name,
            own_name,
            file: file.into_std(),
            is_published: false,
        })
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// The disk refuses, for example because it is full.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.file
            .write_all(bytes)
            .map_err(|error| self.place.failed(&error))
    }

    /// Puts the file at its place, at once and for good. Without `replace`, one that is there stays as it is, even
    /// if another program created it a moment ago.
    ///
    /// # Errors
    /// Something is there, or the disk refuses; then the draft is gone.
    pub fn publish(mut self, replace: bool) -> Result<(), Error> {
        self.file
            .sync_all()
            .map_err(|error| self.place.failed(&error))?;
        let published = if replace {
            self.folder.rename(&self.own_name, &self.folder, &self.name)
        } else {
            self.publish_new()
        };
        published.map_err(|error| self.place.failed(&error))?;
        self.is_published = true;
        // The folder's entry too is to survive a crash; not every system can.
        if let Ok(folder) = self.folder.try_clone() {
            let _ = folder.into_std_file().sync_all();
        }
        Ok(())
    }

    /// A link fails if the name is taken. A file system without links has the name claimed by an empty file first.
    fn publish_new(&self) -> io::Result<()> {
        match self
            .folder
            .hard_link(&self.own_name, &self.folder, &self.name)
        {
            Ok(()) => self.folder.remove_file(&self.own_name),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            Err(_) => {
                let mut options = OpenOptions::new();
                options
                    .write(true)
                    .create_new(true)
                    .follow(FollowSymlinks::No);
                self.folder.open_with(&self.name, &options)?;
                self.folder.rename(&self.own_name, &self.folder, &self.name)
            }
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.is_published {
            let _ = self.folder.remove_file(&self.own_name);
        }
    }
}
