//! The Databricks CLI's token cache, `~/.databricks/token-cache.json`, in its own format (version 1).

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use super::command::moment;
use super::grant::Token;
use super::refusal::Refusal;

/// Several workspaces may refresh at the same time, and each writes the whole file.
static WRITING: Mutex<()> = Mutex::new(());

/// The cache file; other entries and unknown fields of it are left alone.
#[derive(Debug, Clone)]
pub(super) struct TokenCache(PathBuf);

impl TokenCache {
    pub(super) fn new(home: &Path) -> Self {
        Self(home.join(".databricks").join("token-cache.json"))
    }

    /// The token under the first of these keys that has one.
    pub(super) fn lookup(&self, keys: &[String]) -> Result<Option<Token>, Refusal> {
        let cache = self.load()?;
        let tokens = cache.get("tokens").and_then(Value::as_object);
        let entry = keys.iter().find_map(|key| tokens?.get(key));
        let Some(entry) = entry else {
            return Ok(None);
        };
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let Some(access) = text("access_token") else {
            return Ok(None);
        };
        Ok(Some(Token {
            kind: text("token_type").unwrap_or("Bearer").to_owned(),
            access: access.into(),
            refresh: text("refresh_token").map(SecretString::from),
            expires: text("expiry").and_then(moment),
        }))
    }

    /// Puts a token under these keys. The file is replaced as a whole, and only its owner may read it.
    pub(super) fn store(&self, keys: &[String], token: &Token) -> Result<(), Refusal> {
        let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut cache = self.load()?;
        let mut entry = Map::new();
        entry.insert("access_token".into(), token.access.expose_secret().into());
        entry.insert("token_type".into(), token.kind.clone().into());
        if let Some(refresh) = &token.refresh {
            entry.insert("refresh_token".into(), refresh.expose_secret().into());
        }
        if let Some(expires) = token
            .expires
            .and_then(|at| jiff::Timestamp::try_from(at).ok())
        {
            entry.insert("expiry".into(), expires.to_string().into());
        }
        let whole = cache.as_object_mut();
        let tokens = whole.map(|whole| whole.entry("tokens").or_insert(json!({})));
        if let Some(tokens) = tokens {
            if tokens.is_null() {
                *tokens = json!({});
            }
            for key in keys {
                let tokens = tokens.as_object_mut();
                tokens.and_then(|tokens| tokens.insert(key.clone(), Value::Object(entry.clone())));
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
            return Err(self.unusable("it is not of version 1"));
        }
        if !cache
            .get("tokens")
            .is_none_or(|tokens| tokens.is_object() || tokens.is_null())
        {
            return Err(self.unusable("its `tokens` are no object"));
        }
        Ok(cache)
    }

    fn unusable(&self, reason: &str) -> Refusal {
        Refusal::failed(format!("`{}` cannot be used: {reason}", self.0.display()))
    }

    fn write(&self, cache: &Value) -> std::io::Result<()> {
        let folder = self.0.parent().unwrap_or(Path::new("."));
        private_folder(folder)?;
        let beside = self
            .0
            .with_extension(format!("json.{}", std::process::id()));
        let mut file = private_file(&beside)?;
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

#[cfg(unix)]
fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::File::create(path)
}
