//! `config`: which source gave each setting, and which credential that makes.

use std::path::PathBuf;

use clap::Args;
use databricks_mcp::auth::Given;
use databricks_mcp::auth::setting::{self, Setting};
use databricks_mcp::config::{Found, Places, Settings};
use databricks_mcp::error::Error;
use serde_json::{Value, json};

/// The workspace; a flag is stronger than a variable.
#[derive(Args)]
pub(crate) struct Flags {
    /// Profile of ~/.databrickscfg
    #[arg(long, global = true, value_name = "NAME")]
    profile: Option<String>,
    /// Workspace, such as https://acme.cloud.databricks.com
    #[arg(long, global = true, value_name = "URL")]
    host: Option<String>,
    /// Credential to use, such as pat, oauth-m2m or azure-cli
    #[arg(long, global = true, value_name = "NAME")]
    auth_type: Option<String>,
}

impl Flags {
    fn pairs(&self) -> Vec<(&'static Setting, String)> {
        let all = [
            (setting::PROFILE, &self.profile),
            (setting::HOST, &self.host),
            (setting::AUTH_TYPE, &self.auth_type),
        ];
        let given = all.into_iter();
        given
            .filter_map(|(setting, value)| Some((setting, value.clone()?)))
            .collect()
    }

    /// Collects what is set, wherever it is set.
    pub(crate) fn collect(&self) -> Result<Found, Error> {
        self.find(&[], false)
    }

    /// As [`Flags::collect`], with the flags of a command.
    pub(crate) fn collect_with(
        &self,
        flags: &[(&'static Setting, String)],
    ) -> Result<Found, Error> {
        self.find(flags, false)
    }

    /// As [`Flags::collect`], where the profile may be yet to be written.
    pub(crate) fn collect_for_login(&self) -> Result<Found, Error> {
        self.find(&[], true)
    }

    fn find(&self, more: &[(&'static Setting, String)], new_profile: bool) -> Result<Found, Error> {
        let home = home();
        let directory = std::env::current_dir().ok();
        let places = Places {
            home: home.as_deref(),
            directory: directory.as_deref(),
            new_profile,
        };
        let flags = [&self.pairs(), more].concat();
        Found::collect(&flags, variable, places)
    }

    /// The settings of the workspace.
    pub(crate) async fn settle(&self) -> Result<Settings, Error> {
        self.collect()?.settle(variable).await
    }
}

/// The settings of one profile among several: all from its section, so that a variable meant for one
/// workspace never reaches another.
pub(crate) async fn of_profile(name: &str) -> Result<Settings, Error> {
    in_profile(name)?.settle(of_no_workspace).await
}

/// What the section of one profile says.
pub(crate) fn in_profile(name: &str) -> Result<Found, Error> {
    let home = home();
    let places = Places {
        home: home.as_deref(),
        directory: None,
        new_profile: false,
    };
    let flags = [(setting::PROFILE, name.to_owned())];
    Found::collect(&flags, of_no_workspace, places)
}

/// A variable of this process that is not meant for one workspace.
fn of_no_workspace(name: &str) -> Option<String> {
    let own = ["DATABRICKS_", "ARM_", "AZURE_", "GOOGLE_", "ACTIONS_"];
    let foreign = own.iter().any(|prefix| name.starts_with(prefix));
    let shared = ["DATABRICKS_CONFIG_FILE", "DATABRICKS_AUTH_STORAGE"];
    let allowed = !foreign || shared.contains(&name);
    allowed.then(|| variable(name)).flatten()
}

/// What these flags, the server's own variables and `.env` say, whatever the profile.
pub(crate) fn outside_profiles(flags: &[(&'static Setting, String)]) -> Given {
    let own = |name: &str| variable(name).filter(|_| name.starts_with("DATABRICKS_MCP_"));
    let directory = std::env::current_dir().ok();
    let with_dot_env = Places {
        directory: directory.as_deref(),
        ..Places::default()
    };
    let found = Found::collect(flags, own, with_dot_env)
        .or_else(|_| Found::collect(flags, own, Places::default()));
    found.map(|found| found.given).unwrap_or_default()
}

/// A variable of this process.
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The home directory as Databricks' tools find it.
fn home() -> Option<PathBuf> {
    let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    std::env::var_os(name).map(PathBuf::from)
}

/// What was found out.
pub(crate) struct Report {
    host: Option<String>,
    auth_type: Option<&'static str>,
    /// Name, value or stars, origin.
    settings: Vec<(&'static str, String, String)>,
    /// Why requests cannot be authenticated.
    pub(crate) error: Option<Error>,
}

/// Looks at every setting, and gets a token to see whether that works.
pub(crate) async fn report(flags: &Flags) -> Result<Report, Error> {
    let found = flags.collect()?;
    let settings = setting::ALL
        .iter()
        .filter_map(|setting| {
            let value = found.given.get(setting)?;
            let value = if setting.secret { "***" } else { value };
            let origin = found.given.origin(setting)?.to_string();
            Some((setting.name, value.to_owned(), origin))
        })
        .collect();
    let mut report = Report {
        host: None,
        auth_type: None,
        settings,
        error: None,
    };
    match found.settle(variable).await {
        Ok(settings) => {
            report.host = Some(settings.host.as_str().trim_end_matches('/').to_owned());
            report.error = settings.credential.headers().await.err();
            report.auth_type = Some(settings.credential.auth_type());
        }
        Err(error) => report.error = Some(error),
    }
    Ok(report)
}

impl Report {
    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let settings = self.settings.iter();
        let settings = settings.map(|(name, value, origin)| {
            let body = json!({ "value": value, "origin": origin });
            ((*name).to_owned(), body)
        });
        json!({
            "host": self.host,
            "auth_type": self.auth_type,
            "settings": settings.collect::<serde_json::Map<_, _>>(),
            "error": self.error.as_ref().map(Error::text),
        })
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut lines: Vec<String> = self
            .settings
            .iter()
            .map(|(name, value, origin)| format!("{name:<28} {value:<48} {origin}"))
            .collect();
        if let (Some(host), Some(auth_type), None) = (&self.host, self.auth_type, &self.error) {
            lines.push(format!("\n{host} by `{auth_type}`: the credential was got"));
        }
        lines.join("\n")
    }
}
