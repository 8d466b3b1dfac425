//! The file of a client on disk: read whole, kept as a backup, replaced at once, and never by a link's stead.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use databricks_mcp::error::Error;

/// Bytes of the largest file that is read.
const LARGEST: u64 = 64 << 20;

/// A file as it was found.
pub(super) struct Found {
    /// The path by which the client knows it.
    pub(super) path: PathBuf,
    /// The file itself, where a link leads.
    target: PathBuf,
    /// Its text; none if there is no file.
    pub(super) text: Option<String>,
}

impl Found {
    /// Reads a file. A link is followed.
    ///
    /// # Errors
    /// It is there and cannot be read, is not text, or is a link that leads nowhere.
    pub(super) fn read(path: PathBuf) -> Result<Self, Error> {
        let target = match fs::canonicalize(&path) {
            Ok(target) => target,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if let Ok(leads_to) = fs::read_link(&path) {
                    let reason = format!(
                        "it is a link to `{}`, which is not there",
                        leads_to.display()
                    );
                    return Err(unusable(
                        &path,
                        reason,
                        Some("create that file, or remove the link"),
                    ));
                }
                return Ok(Self {
                    target: path.clone(),
                    path,
                    text: None,
                });
            }
            Err(error) => return Err(unusable(&path, error.to_string(), None)),
        };
        let text = read_text(&target).map_err(|reason| unusable(&path, reason, None))?;
        Ok(Self {
            path,
            target,
            text: Some(text),
        })
    }

    /// The backup, which stands beside the path that the client knows.
    pub(super) fn backup(&self) -> PathBuf {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".databricks-mcp.bak");
        self.path.with_file_name(name)
    }

    /// The text of the backup, if there is one.
    pub(super) fn backed_up(&self) -> Option<String> {
        read_text(&self.backup()).ok()
    }

    /// Writes another text in place of this one, which becomes the backup unless that is to stay. Without a text, the
    /// file is removed.
    ///
    /// # Errors
    /// The file has changed since it was read, belongs to another user, or cannot be written.
    pub(super) fn replace(&self, new: Option<&str>, keeps: bool) -> Result<(), Error> {
        let refuse = |error: std::io::Error| unusable(&self.path, error.to_string(), None);
        let folder = self.target.parent().unwrap_or(Path::new("."));
        if self.text.is_none() {
            fs::create_dir_all(folder).map_err(refuse)?;
        }
        let mut draft = tempfile::Builder::new()
            .prefix(".databricks-mcp-")
            .tempfile_in(folder)
            .map_err(refuse)?;
        let old = match fs::metadata(&self.target) {
            Ok(metadata) => Some(metadata),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(refuse(error)),
        };
        let owner = match &old {
            Some(metadata) => metadata.clone(),
            None => fs::metadata(folder).map_err(refuse)?,
        };
        if !is_same_owner(&owner, draft.as_file()) {
            let reason = "it belongs to another user".to_owned();
            return Err(unusable(
                &self.path,
                reason,
                Some("run this as the user whose client it is"),
            ));
        }
        let now = old.as_ref().map(|_| read_text(&self.target)).transpose();
        if now.as_ref().ok() != Some(&self.text) {
            let reason = "it was changed meanwhile, perhaps by the client".to_owned();
            return Err(unusable(&self.path, reason, Some("run this again")));
        }
        if let (Some(text), Some(metadata), true) = (&self.text, &old, keeps) {
            keep(&self.backup(), text, metadata).map_err(refuse)?;
        }
        let Some(new) = new else {
            return fs::remove_file(&self.target).map_err(refuse);
        };
        draft.write_all(new.as_bytes()).map_err(refuse)?;
        if let Some(metadata) = &old {
            fs::set_permissions(draft.path(), metadata.permissions()).map_err(refuse)?;
        }
        draft.as_file().sync_all().map_err(refuse)?;
        draft
            .persist(&self.target)
            .map_err(|error| refuse(error.error))?;
        Ok(())
    }
}

fn read_text(path: &Path) -> Result<String, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LARGEST {
        return Err("it is larger than 64 MiB".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        format!("it is not text in UTF-8, from byte {valid}")
    })
}

/// Writes a backup with the permissions of its file. What stood there before goes at once.
fn keep(path: &Path, text: &str, like: &fs::Metadata) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut draft = tempfile::Builder::new()
        .prefix(".databricks-mcp-")
        .tempfile_in(folder)?;
    draft.write_all(text.as_bytes())?;
    fs::set_permissions(draft.path(), like.permissions())?;
    draft.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(unix)]
fn is_same_owner(owner: &fs::Metadata, draft: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    draft
        .metadata()
        .is_ok_and(|draft| draft.uid() == owner.uid())
}

#[cfg(not(unix))]
fn is_same_owner(_: &fs::Metadata, _: &File) -> bool {
    true
}

fn unusable(path: &Path, reason: String, hint: Option<&str>) -> Error {
    Error::Local {
        path: path.display().to_string(),
        reason,
        hint: hint.map(ToOwned::to_owned),
    }
}
