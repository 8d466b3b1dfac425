//! The key by which ids of tasks are sealed: a setting, or a file of this user that is made when it is first needed.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rmcp::model::RequestStateCodec;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::OnceCell;

use super::seal::fill;
use crate::error::Error;
use crate::local::states;
use crate::settings::{Given, setting};

/// The least characters of a key that a person gives.
const LEAST: usize = RequestStateCodec::MIN_KEY_LENGTH;
/// The file beneath the folder of states.
const FILE: [&str; 2] = ["databricks-mcp", "seal.key"];

/// The source of the key, and the key once it was needed.
#[derive(Debug, Clone)]
pub struct SealKey {
    source: Source,
    codec: Arc<OnceCell<RequestStateCodec>>,
}

#[derive(Debug, Clone)]
enum Source {
    Given(SecretString),
    File(PathBuf),
    /// Known to this process only, since there is no folder for a file.
    Own,
}

impl SealKey {
    /// The key of the settings, or the file in the state folder that these variables tell.
    ///
    /// # Errors
    /// The key of the settings is too short.
    pub fn of(given: &Given, variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let source = match (given.secret(setting::SEAL_KEY), states(variable)) {
            (Some(key), _) if key.expose_secret().trim().len() < LEAST => {
                let reason = format!("it has fewer than {LEAST} characters");
                return Err(setting::SEAL_KEY.unusable(reason));
            }
            (Some(key), _) => Source::Given(key.expose_secret().trim().into()),
            (None, Some(folder)) => {
                Source::File(FILE.iter().fold(folder, |path, part| path.join(part)))
            }
            (None, None) => Source::Own,
        };
        Ok(Self::from(source))
    }

    /// A key that only this process has.
    pub(super) fn own() -> Self {
        Self::from(Source::Own)
    }

    fn from(source: Source) -> Self {
        Self {
            source,
            codec: Arc::default(),
        }
    }

    /// The file that holds the key, whether it is there yet or not.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        match &self.source {
            Source::File(path) => Some(path),
            Source::Given(_) | Source::Own => None,
        }
    }

    /// Seals and opens by the key, which is read or made now if it was not before.
    ///
    /// # Errors
    /// The file can neither be read nor made, or the system has no random bytes.
    pub(super) async fn codec(&self) -> Result<&RequestStateCodec, Error> {
        let make = || async {
            let key = match &self.source {
                Source::Given(key) => key.expose_secret().as_bytes().to_vec(),
                Source::Own => random()?.to_vec(),
                Source::File(path) => {
                    let path = path.clone();
                    let kept = tokio::task::spawn_blocking(move || kept(&path)).await;
                    kept.map_err(|error| Error::Internal {
                        reason: error.to_string(),
                    })??
                }
            };
            RequestStateCodec::try_new(key).map_err(|error| Error::Internal {
                reason: error.to_string(),
            })
        };
        self.codec.get_or_try_init(make).await
    }
}

fn random() -> Result<[u8; LEAST], Error> {
    let mut key = [0; LEAST];
    fill(&mut key)?;
    Ok(key)
}

/// The key in the file. Where there is none, one is written beside it and linked to its name, which only one of
/// several processes can do; all of them then read the one that is there.
fn kept(path: &Path) -> Result<Vec<u8>, Error> {
    let unusable = |error: io::Error| {
        setting::SEAL_KEY.unusable(format!(
            "it is not set, and `{}` cannot be used in its place: {error}",
            path.display()
        ))
    };
    match read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read.map_err(unusable),
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    private_folder(folder).map_err(unusable)?;
    let key = random()?;
    let mut name = [0; 8];
    fill(&mut name)?;
    let beside = path.with_extension(format!("{:016x}", u64::from_le_bytes(name)));
    let written = write(&beside, &key).and_then(|()| match std::fs::hard_link(&beside, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    });
    // It is not there if it could not be written.
    let _ = std::fs::remove_file(&beside);
    written.and_then(|()| read(path)).map_err(unusable)
}

/// Reads a key that nobody else can read.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let fault = |reason: &str| io::Error::new(io::ErrorKind::InvalidData, reason.to_owned());
    let file = OpenOptions::new().read(true).open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            return Err(fault(
                "others may read or write it; allow only its owner to",
            ));
        }
    }
    let mut key = Vec::new();
    file.take(1024).read_to_end(&mut key)?;
    if key.len() < LEAST {
        return Err(fault("it is too short to be a key"));
    }
    Ok(key)
}

fn write(path: &Path, key: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(key)?;
    file.sync_all()
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::settings::of_process;

    fn file_in(folder: &Path) -> PathBuf {
        FILE.iter()
            .fold(folder.to_owned(), |path, part| path.join(part))
    }

    #[test]
    fn all_that_start_together_end_with_one_key_which_only_its_owner_reads() {
        let folder = tempfile::tempdir().unwrap();
        let path = file_in(folder.path());
        let keys: Vec<Vec<u8>> = std::thread::scope(|scope| {
            let start = || scope.spawn(|| kept(&path).unwrap());
            let threads: Vec<_> = std::iter::repeat_with(start).take(16).collect();
            threads.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(keys.iter().all(|key| Some(key) == keys.first()));
        let beside = std::fs::read_dir(path.parent().unwrap()).unwrap();
        assert_eq!(beside.count(), 1, "nothing is left beside it");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode(&path) & 0o777, 0o600);
            assert_eq!(mode(path.parent().unwrap()) & 0o777, 0o700);
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
            let error = kept(&path).unwrap_err().text();
            assert!(error.contains("others may read"), "{error}");
        }
    }

    #[tokio::test]
    async fn the_file_is_made_only_when_something_is_sealed() {
        let folder = tempfile::tempdir().unwrap();
        let variable = |name: &str| {
            let state = matches!(name, "XDG_STATE_HOME" | "HOME" | "LOCALAPPDATA");
            state.then(|| folder.path().display().to_string())
        };
        let given = of_process(
            &[],
            &|_: &str| None,
            &crate::settings::file::Files::default(),
        );
        let key = SealKey::of(&given, variable).unwrap();
        let file = key.file().unwrap().to_owned();
        assert!(!file.exists());
        let sealed = key.codec().await.unwrap().seal(b"x");
        assert!(file.exists());
        let another = SealKey::of(&given, variable).unwrap();
        assert_eq!(another.codec().await.unwrap().open(&sealed).unwrap(), b"x");
    }

    #[test]
    fn a_short_key_is_refused_and_never_shown() {
        let set = |key: &'static str| {
            let variable =
                move |name: &str| (name == "DATABRICKS_MCP_SEAL_KEY").then(|| key.to_owned());
            SealKey::of(
                &of_process(&[], &variable, &crate::settings::file::Files::default()),
                |_| None,
            )
        };
        let error = set("too-short-a-key").unwrap_err().text();
        assert!(error.contains("fewer than 32"), "{error}");
        assert!(!error.contains("too-short-a-key"), "{error}");
        let key = set("0123456789abcdef0123456789abcdef").unwrap();
        assert!(key.file().is_none());
        assert!(!format!("{key:?}").contains("0123456789"), "{key:?}");
    }
}
