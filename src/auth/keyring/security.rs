//! macOS: the login keychain through the `security` tool, as in `go-keyring`, which the CLI uses.
//!
//! The system lets a program read its own entries without a prompt. The CLI's entries were written by this
//! tool, so the tool can read them where another program would prompt the user.

use std::path::PathBuf;
use std::process::Stdio;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretString};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::{Keychain, KeyringError, KeyringFuture, SERVICE};

/// The prefix of a base64 value; the tool prints text that is not ASCII in another form.
const ENCODED: &str = "go-keyring-base64:";
/// The longest line that the tool reads, in bytes.
const LINE: usize = 4096;

#[derive(Debug)]
pub(super) struct Security {
    program: PathBuf,
}

impl Default for Security {
    fn default() -> Self {
        Self {
            program: PathBuf::from("/usr/bin/security"),
        }
    }
}

impl Keychain for Security {
    fn get<'a>(&'a self, account: &'a str) -> KeyringFuture<'a, Option<SecretString>> {
        Box::pin(async move {
            let output = Command::new(&self.program)
                .args(["find-generic-password", "-s", SERVICE, "-wa", account])
                .stdin(Stdio::null())
                .kill_on_drop(true)
                .output();
            let output = output.await.map_err(KeyringError::unreachable)?;
            if output.status.success() {
                return decoded(&output.stdout).map(Some);
            }
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            if said.contains("could not be found") {
                return Ok(None);
            }
            Err(KeyringError::unreachable(said.trim()))
        })
    }

    fn set<'a>(&'a self, account: &'a str, secret: SecretString) -> KeyringFuture<'a, ()> {
        Box::pin(async move {
            let encoded = BASE64_STANDARD.encode(secret.expose_secret());
            // Through stdin, because every user of the machine can see a program's arguments.
            let line = format!(
                "add-generic-password -U -s {SERVICE} -a {} -w {ENCODED}{encoded}\n",
                quoted(account)
            );
            if line.len() > LINE {
                return Err(KeyringError::unreachable("the token is too long for it"));
            }
            let mut child = Command::new(&self.program)
                .arg("-i")
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .kill_on_drop(true)
                .spawn()
                .map_err(KeyringError::unreachable)?;
            let stdin = child.stdin.take();
            let mut stdin = stdin.ok_or_else(|| KeyringError::unreachable("it takes no input"))?;
            let written = stdin.write_all(line.as_bytes()).await;
            written.map_err(KeyringError::unreachable)?;
            drop(stdin);
            let status = child.wait().await.map_err(KeyringError::unreachable)?;
            if status.success() {
                Ok(())
            } else {
                Err(KeyringError::unreachable(format!(
                    "`security` ended with {status}"
                )))
            }
        })
    }
}

fn decoded(value: &[u8]) -> Result<SecretString, KeyringError> {
    let value = String::from_utf8_lossy(value);
    let value = value.trim();
    let Some(encoded) = value.strip_prefix(ENCODED) else {
        return Ok(value.into());
    };
    let bytes = BASE64_STANDARD.decode(encoded).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(SecretString::from)
        .ok_or_else(|| KeyringError::unreachable("its entry is not text"))
}

/// Quotes a word for the tool's command line.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r#"'"'"'"#))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A stand-in for `security` that logs its calls and answers from the file `entry` beside it.
    const TOOL: &str = r#"#!/bin/sh
here=$(dirname "$0")
echo "$@" >> "$here/called"
if [ "$1" = -i ]; then cat >> "$here/called"; exit 0; fi
if [ -f "$here/entry" ]; then cat "$here/entry"; exit 0; fi
echo 'security: SecKeychainSearchCopyNext: The specified item could not be found in the keychain.' >&2
exit 44
"#;

    struct Fake {
        folder: tempfile::TempDir,
        keychain: Security,
    }

    fn fake() -> Fake {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("security");
        std::fs::write(&program, TOOL).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Fake {
            folder,
            keychain: Security { program },
        }
    }

    #[tokio::test]
    async fn an_entry_is_read_encoded_or_not() {
        let fake = fake();
        let entry = fake.folder.path().join("entry");
        assert!(fake.keychain.get("dev").await.unwrap().is_none());
        for (kept, read) in [
            ("go-keyring-base64:eyJhIjoiw6QifQ==\n", r#"{"a":"ä"}"#),
            ("{\"a\":1}\n", r#"{"a":1}"#),
        ] {
            std::fs::write(&entry, kept).unwrap();
            let found = fake.keychain.get("dev").await.unwrap().expect("an entry");
            assert_eq!(found.expose_secret(), read);
        }
        std::fs::write(&entry, "go-keyring-base64:?\n").unwrap();
        let error = fake.keychain.get("dev").await.unwrap_err();
        assert!(error.reason.ends_with("its entry is not text"));
        let called = std::fs::read_to_string(fake.folder.path().join("called")).unwrap();
        let line = "find-generic-password -s databricks-cli -wa dev";
        assert!(called.lines().all(|called| called == line), "{called}");
    }

    #[tokio::test]
    async fn an_entry_is_written_by_input_and_encoded() {
        let fake = fake();
        let set = fake.keychain.set("o'dev", r#"{"a":"ä"}"#.into());
        set.await.unwrap();
        let called = std::fs::read_to_string(fake.folder.path().join("called")).unwrap();
        assert_eq!(
            called,
            "-i\nadd-generic-password -U -s databricks-cli -a 'o'\"'\"'dev' -w go-keyring-base64:eyJhIjoiw6QifQ==\n"
        );
        let long = fake.keychain.set("dev", "x".repeat(4000).into()).await;
        assert!(long.unwrap_err().reason.ends_with("too long for it"));
    }
}
