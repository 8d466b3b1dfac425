//! Files that no call touches: hidden ones, and those of the server itself.

use std::ffi::OsStr;
use std::path::PathBuf;

/// A file that belongs to the server, with the setting that names it; no call reads or writes it.
#[derive(Debug, Clone)]
pub struct Kept {
    /// The file.
    pub path: PathBuf,
    /// The setting's title.
    pub setting: &'static str,
}

/// Reports whether a file or folder of this name is left alone.
pub(super) fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}
