//! The Databricks CLI's token cache, `~/.databricks/token-cache.json`, in the CLI's format (version 1).

use std::fs::{File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::entry;
use super::grant::Token;
use super::refusal::Refusal;

/// Serializes writes: several workspaces may refresh at once, and each rewrites the whole file.
static WRITING: Mutex<()> = Mutex::new(());

/// The longest wait for the lock: more than a token request takes with all its retries.
const TIMEOUT: Duration = Duration::from_mins(2);
/// The pause between attempts to lock, as in the CLI.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// The cache file. Other entries and unknown fields are preserved.
#[derive(Debug, Clone)]
pub(super) struct TokenCache(PathBuf);

/// The lock under which a login is refreshed; the system releases it when the process dies.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held")] File);

impl TokenCache {
    pub(super) fn new(home: &Path) -> Self {
        Self(home.join(".databricks").join("token-cache.json"))
    }

    /// Waits for the lock on `token-cache.lock` beside the cache, which the CLI uses as well.
    pub(super) async fn lock(&self) -> Result<Lock, Refusal> {
        let path = self.0.with_extension("lock");
        let refuse = |reason: String| {
            Refusal::failed(format!("`{}` cannot be locked: {reason}", path.display()))
        };
        let file = private_folder(self.folder())
            .and_then(|()| private_file(&path, false))
            .map_err(|error| refuse(error.to_string()))?;
        let deadline = Instant::now() + TIMEOUT;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock(file)),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    tokio::time::sleep(ASK_AGAIN).await;
                }
                Err(TryLockError::WouldBlock) => {
                    let seconds = TIMEOUT.as_secs();
                    return Err(refuse(format!(
                        "another process has held it for {seconds} s"
                    )));
                }
                Err(TryLockError::Error(error)) => return Err(refuse(error.to_string())),
            }
        }
    }

    /// Looks up the first of these keys that has a token.
    pub(super) fn lookup(&self, keys: &[String]) -> Result<Option<Token>, Refusal> {
        let cache = self.load()?;
        let tokens = cache.get("tokens").and_then(Value::as_object);
        let entry = keys.iter().find_map(|key| tokens?.get(key));
        Ok(entry.and_then(entry::read))
    }

    /// Stores a token under these keys. The file is replaced atomically and readable only by its owner.
    pub(super) fn store(&self, keys: &[String], token: &Token) -> Result<(), Refusal> {
        let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut cache = self.load()?;
        let entry = entry::write(token);
        let whole = cache.as_object_mut();
        let tokens = whole.map(|whole| whole.entry("tokens").or_insert(json!({})));
        if let Some(tokens) = tokens {
            if tokens.is_null() {
                *tokens = json!({});
            }
            for key in keys {
                let tokens = tokens.as_object_mut();
                tokens.and_then(|tokens| tokens.insert(key.clone(), entry.clone()));
            }
        }
        self.write(&cache).map_err(|error| {
            Refusal::failed(format!("`{}` cannot be written: {error}", self.0.display()))
        })
    }

    fn load(&self) -> Result<Value, Refusal> {
        let bytes = match std::fs::read(&self.0) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(json!({ "version": 1, "tokens": {} }));
            }
            Err(error) => return Err(self.unusable(&error.to_string())),
        };
        let cache: Value =
            serde_json::from_slice(&bytes).map_err(|_| self.unusable("it is not JSON"))?;
        if cache.get("version").and_then(Value::as_u64) != Some(1) {
            return Err(self.unusable("its version is not 1"));
        }
        if !cache
            .get("tokens")
            .is_none_or(|tokens| tokens.is_object() || tokens.is_null())
        {
            return Err(self.unusable("its `tokens` is not an object"));
        }
        Ok(cache)
    }

    fn unusable(&self, reason: &str) -> Refusal {
        Refusal::failed(format!("`{}` cannot be used: {reason}", self.0.display()))
    }

    fn folder(&self) -> &Path {
        self.0.parent().unwrap_or(Path::new("."))
    }

    fn write(&self, cache: &Value) -> std::io::Result<()> {
        private_folder(self.folder())?;
        let beside = self
            .0
            .with_extension(format!("json.{}", std::process::id()));
        // A file left by an earlier process with this id might be readable by others.
        match std::fs::remove_file(&beside) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = private_file(&beside, true)?;
        file.write_all(&serde_json::to_vec_pretty(cache)?)?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.0)
    }
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// Opens a file readable only by its owner. With `new` it must not exist yet.
fn private_file(path: &Path, new: bool) -> std::io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).create_new(new);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
