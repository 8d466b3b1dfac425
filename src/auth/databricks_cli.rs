//! `databricks-cli`: the token of `databricks auth login`, printed by the Databricks CLI.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::command;
use super::grant::{Grant, GrantFuture, Source, Token};
use super::oidc::is_account;
use super::refusal::Refusal;
use super::service_principal::scopes;
use crate::settings::{Given, setting};

/// A line of the Python script that the CLI was before version 0.100, without OAuth.
const LEGACY: &[u8] = b"from databricks_cli.cli import ";
/// The first version whose `auth token` accepts `--profile`.
const PROFILE: [u64; 3] = [0, 207, 1];
/// The first version whose `auth token` accepts `--force-refresh`.
const FORCE_REFRESH: [u64; 3] = [0, 296, 0];

#[derive(Debug)]
pub(super) struct DatabricksCli {
    program: PathBuf,
    host: String,
    profile: Option<String>,
    account_id: Option<String>,
    /// The configured scopes; the token's are compared only if there are any.
    scopes: Option<String>,
    version: OnceCell<[u64; 3]>,
}

impl DatabricksCli {
    pub(super) fn new(host: &str, given: &Given, path: Option<&str>) -> Result<Self, String> {
        let name = given
            .get(setting::DATABRICKS_CLI_PATH)
            .unwrap_or("databricks");
        let found = command::find(name, path);
        let legacy = !found.is_empty();
        let program = found.into_iter().find(|path| !is_legacy(path));
        Ok(Self {
            program: program.ok_or_else(|| {
                if legacy {
                    format!("`{name}` is older than 0.100 and has no OAuth")
                } else {
                    format!("`{name}` is not on the path")
                }
            })?,
            host: host.to_owned(),
            profile: given.login_profile(),
            account_id: given.text(setting::ACCOUNT_ID),
            scopes: given.get(setting::SCOPES).map(|_| scopes(given)),
            version: OnceCell::new(),
        })
    }

    async fn version(&self) -> [u64; 3] {
        let ask = async {
            let asked = command::json(&self.program, &["version", "--output", "json"]);
            // A CLI that does not answer counts as an old one.
            let answer = tokio::time::timeout(Duration::from_secs(5), asked).await;
            let answer = answer.ok().and_then(Result::ok).unwrap_or_default();
            ["Major", "Minor", "Patch"]
                .map(|part| answer.get(part).and_then(Value::as_u64).unwrap_or_default())
        };
        *self.version.get_or_init(|| ask).await
    }

    fn check_scopes(&self, token: &str) -> Result<(), Refusal> {
        let (Some(wanted), Some(claims)) = (&self.scopes, command::claims(token)) else {
            return Ok(());
        };
        let held = match claims.get("scope") {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(list)) => {
                let list: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
                list.join(" ")
            }
            _ => return Ok(()),
        };
        // `offline_access` asks for a refresh token and grants nothing.
        let set = |text: &str| -> BTreeSet<String> {
            let all = text
                .split_whitespace()
                .filter(|scope| *scope != "offline_access");
            all.map(ToOwned::to_owned).collect()
        };
        if set(wanted) == set(&held) {
            return Ok(());
        }
        Err(
            Refusal::absent(format!("the token has the scopes `{held}`, not `{wanted}`"))
                .hint("run `databricks auth login` with `--scopes`"),
        )
    }
}

impl Source for DatabricksCli {
    fn fetch(&self) -> GrantFuture<'_> {
        Box::pin(async {
            let version = self.version().await;
            let mut arguments = vec!["auth", "token"];
            match &self.profile {
                Some(profile) if version >= PROFILE => arguments.extend(["--profile", profile]),
                _ => {
                    arguments.extend(["--host", &self.host]);
                    if let Some(account) = self
                        .account_id
                        .as_deref()
                        .filter(|_| is_account(&self.host))
                    {
                        arguments.extend(["--account-id", account]);
                    }
                }
            }
            if version >= FORCE_REFRESH {
                arguments.push("--force-refresh");
            }
            let answer = command::json(&self.program, &arguments)
                .await
                .map_err(|refusal| {
                    let refusal = refusal.hint("run `databricks auth login`");
                    // The CLI's message without a login to this host.
                    if refusal.reason.contains("databricks OAuth is not") {
                        return refusal.skip();
                    }
                    refusal
                })?;
            let text = |name: &str| {
                let value = answer.get(name).and_then(Value::as_str);
                value.ok_or_else(|| {
                    Refusal::failed(format!("`databricks auth token` printed no `{name}`"))
                })
            };
            let access = text("access_token")?;
            self.check_scopes(access)?;
            Grant::new(&Token {
                kind: text("token_type")?.to_owned(),
                access: SecretString::from(access),
                refresh: None,
                expires: command::parse_time(text("expiry")?),
            })
        })
    }
}

fn is_legacy(path: &Path) -> bool {
    // The current CLI is a binary of many megabytes, not worth reading.
    let small = std::fs::metadata(path).is_ok_and(|metadata| metadata.len() < 1 << 20);
    small
        && std::fs::read(path)
            .is_ok_and(|bytes| bytes.windows(LEGACY.len()).any(|window| window == LEGACY))
}
