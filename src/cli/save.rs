//! Answers written to a file, which appears only when it is whole.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use databricks_mcp::error::Error;

use super::answer::Form;

/// The file for an answer.
#[derive(Args)]
pub(super) struct Save {
    /// Write the answer to this file instead of stdout: as JSON or CSV if its name ends so
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Replace the file if it is there
    #[arg(long, requires = "save")]
    force: bool,
}

impl Save {
    /// The form that the name of the file asks for.
    pub(super) fn form(&self) -> Option<Form> {
        let extension = self.save.as_ref()?.extension()?.to_str()?.to_lowercase();
        match extension.as_str() {
            "json" => Some(Form::Json),
            "csv" => Some(Form::Csv),
            _ => None,
        }
    }

    /// True where the answer goes to a file.
    pub(super) fn is_wanted(&self) -> bool {
        self.save.is_some()
    }

    /// Passes if the file may be written, before anything is called for its sake.
    ///
    /// # Errors
    /// It is there and is not to be replaced.
    pub(super) fn check(&self) -> Result<(), Error> {
        match &self.save {
            Some(path) => match path.symlink_metadata() {
                Ok(_) if !self.force => Err(is_there(path)),
                // A device or a pipe that is replaced is lost for everybody.
                Ok(there) if !there.is_file() && !there.is_symlink() => Err(Error::Local {
                    path: path.display().to_string(),
                    reason: "it is there and is no regular file".to_owned(),
                    hint: Some("write to stdout and lead that to it".to_owned()),
                }),
                _ => Ok(()),
            },
            None => Ok(()),
        }
    }

    /// Writes the file, if one is wanted. Returns its path.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&self, data: &str) -> Result<Option<&Path>, Error> {
        let Some(path) = &self.save else {
            return Ok(None);
        };
        self.check()?;
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut draft = tempfile::Builder::new();
        #[cfg(unix)]
        draft.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let written = draft
            .prefix(".databricks-mcp-")
            .tempfile_in(folder)
            .and_then(|mut draft| {
                draft.write_all(data.as_bytes())?;
                if !data.ends_with('\n') {
                    draft.write_all(b"\n")?;
                }
                let kept = if self.force {
                    draft.persist(path)
                } else {
                    draft.persist_noclobber(path)
                };
                kept.map(drop).map_err(|error| error.error)
            });
        match written {
            Ok(()) => Ok(Some(path)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(is_there(path)),
            Err(error) => Err(Error::Local {
                path: path.display().to_string(),
                reason: error.to_string(),
                hint: None,
            }),
        }
    }
}

fn is_there(path: &Path) -> Error {
    Error::Local {
        path: path.display().to_string(),
        reason: "it is there already".to_owned(),
        hint: Some("`--force` replaces it".to_owned()),
    }
}
