//! `login`: logs a person in with the browser and stores the token where the Databricks CLI stores its own.
//!
//! As with the CLI, the first login records the store it used, so that later ones are found there.

use std::io::Write;
use std::path::Path;

use databricks_mcp::auth::KeptIn;
use databricks_mcp::error::Error;
use databricks_mcp::settings::setting;
use url::Url;

use super::settings::{Sources, variable};

/// The section of the CLI's own settings.
const SETTINGS: &str = "[__settings__]";

/// Logs in and, when a profile is named that does not exist yet, writes it.
pub(crate) async fn login(sources: &Sources, say: &(dyn Fn(&str) + Sync)) -> Result<(), Error> {
    let found = sources.collect_for_login()?;
    let show = |page: &str| {
        say(&format!("open this page to log in:\n{page}"));
        // Without a browser, for example on a server, the person opens the page elsewhere.
        let _ = webbrowser::open(page);
    };
    let (host, kept) = found.login(variable, &show).await?;
    let place = match &kept {
        KeptIn::Keyring => "the keyring",
        KeptIn::File { .. } => "~/.databricks/token-cache.json",
    };
    say(&format!("logged in to {host}, kept in {place}"));
    let Some(path) = found.config_file() else {
        return Ok(());
    };
    let unwritable = |error: std::io::Error| {
        setting::CONFIG_FILE.unusable(format!("`{}`: {error}", path.display()))
    };
    let unsaid = found.given.get(setting::AUTH_STORAGE).is_none();
    if let Some(storage) = storage(&kept).filter(|_| unsaid) {
        pin(&path, storage).map_err(unwritable)?;
    }
    let Some(profile) = found.given.get(setting::PROFILE) else {
        return Ok(());
    };
    let account = found.given.get(setting::ACCOUNT_ID);
    let written = add_profile(&path, profile, &host, account).map_err(unwritable)?;
    if written {
        say(&format!("wrote profile `{profile}` to {}", path.display()));
    }
    Ok(())
}

/// The store to record for a login; none while that is not certain.
fn storage(kept: &KeptIn) -> Option<&'static str> {
    match kept {
        KeptIn::Keyring => Some("secure"),
        KeptIn::File { no_keyring } => no_keyring.as_ref().map(|_| "plaintext"),
    }
}

/// Writes `auth_storage` under `[__settings__]` and leaves the rest of the file as it is.
fn pin(path: &Path, storage: &str) -> std::io::Result<()> {
    let text = read(path)?;
    let line = format!("auth_storage = {storage}\n");
    let header = |line: &&str| line.trim() == SETTINGS;
    if text.lines().any(|line| header(&line)) {
        let (before, after) = text.split_at(text.find(SETTINGS).unwrap_or(0) + SETTINGS.len());
        let after = after.strip_prefix('\n').unwrap_or(after);
        return replace(path, &format!("{before}\n{line}{after}"));
    }
    append(path, &format!("{}{SETTINGS}\n{line}", gap(&text)))
}

/// Appends a profile unless the file has it, and leaves the rest as it is. Returns true if it wrote.
fn add_profile(
    path: &Path,
    profile: &str,
    host: &Url,
    account: Option<&str>,
) -> std::io::Result<bool> {
    let text = read(path)?;
    let header = format!("[{profile}]");
    if text.lines().any(|line| line.trim() == header) {
        return Ok(false);
    }
    let host = host.as_str().trim_end_matches('/');
    let account = account.map(|id| format!("account_id = {id}\n"));
    let section = format!(
        "{}{header}\nhost = {host}\n{}auth_type = databricks-cli\n",
        gap(&text),
        account.unwrap_or_default()
    );
    append(path, &section)?;
    Ok(true)
}

fn read(path: &Path) -> std::io::Result<String> {
    match std::fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        read => read,
    }
}

/// The separator between a text and a section appended to it.
fn gap(text: &str) -> &'static str {
    if text.is_empty() || text.ends_with("\n\n") {
        ""
    } else if text.ends_with('\n') {
        "\n"
    } else {
        "\n\n"
    }
}

fn append(path: &Path, section: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(section.as_bytes())
}

/// Replaces a whole file. A link to it stays a link, and its permissions stay.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let target = std::fs::canonicalize(path)?;
    let beside = target.with_extension(format!("new.{}", std::process::id()));
    std::fs::copy(&target, &beside)?;
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, &target)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn pinned(text: Option<&str>) -> String {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".databrickscfg");
        if let Some(text) = text {
            std::fs::write(&path, text).unwrap();
        }
        pin(&path, "secure").unwrap();
        std::fs::read_to_string(&path).unwrap()
    }

    #[test]
    fn where_a_login_is_kept_is_written_beside_what_is_there() {
        let own = "[__settings__]\nauth_storage = secure\n";
        assert_eq!(pinned(None), own);
        assert_eq!(
            pinned(Some("[a]\nhost = b")),
            format!("[a]\nhost = b\n\n{own}")
        );
        let text = "; mine\n[__settings__]\ndefault_profile = a\n\n[a]\nhost = b\n";
        assert_eq!(
            pinned(Some(text)),
            "; mine\n[__settings__]\nauth_storage = secure\ndefault_profile = a\n\n[a]\nhost = b\n"
        );
    }

    #[test]
    fn nothing_is_written_of_what_is_not_sure() {
        assert_eq!(storage(&KeptIn::Keyring), Some("secure"));
        let file = |no_keyring: Option<&str>| KeptIn::File {
            no_keyring: no_keyring.map(ToOwned::to_owned),
        };
        assert_eq!(storage(&file(Some("no bus"))), Some("plaintext"));
        assert_eq!(storage(&file(None)), None);
    }
}
