//! The server as a part of another program: built from settings, given tools of that program, served over any
//! transport.

use std::path::PathBuf;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::auth::Credential;
use crate::behaviours::OwnTool;
use crate::catalog::TOOLS;
use crate::config::{Found, Settings};
use crate::connect::Connections;
use crate::context::Workspace;
use crate::error::Error;
use crate::leaving::Leaving;
use crate::local::Roots;
use crate::server::{Confirmation, Rates, SealKey, Server, Shaping, by_own_names};
use crate::settings::file::Files;
use crate::settings::{Given, Places, Setting, of_process, setting};
use crate::tools::Selection;
use crate::transport::Limits;
use crate::workspaces::Workspaces;

/// Settings of the command line, which a server that is embedded does not read.
const OF_THE_COMMAND_LINE: [&Setting; 5] = [
    setting::ONLY,
    setting::PROFILES,
    setting::LOG,
    setting::CONFIG,
    setting::NO_DOT_ENV,
];

/// The parts of a server that is to be embedded.
///
/// Nothing is read that is not said here: no variable, no file. With [`Builder::from_surroundings`] the environment
/// and `.databrickscfg` fill what is left open, as for Databricks' own tools. Log lines go to the program's own
/// subscriber of `tracing`.
#[derive(Debug, Default)]
#[must_use]
pub struct Builder {
    set: Vec<(String, SecretString)>,
    credential: Option<Arc<dyn Credential>>,
    surroundings: bool,
    own: Vec<OwnTool>,
}

impl Server {
    /// The parts of a server that is to be embedded in another program.
    ///
    /// ```no_run
    /// # async fn embed(pipe: tokio::io::DuplexStream) -> Result<(), databricks_mcp::Error> {
    /// let server = databricks_mcp::Server::builder()
    ///     .set("host", "https://acme.cloud.databricks.com")
    ///     .set("profile", "acme")
    ///     .set("toolsets", "sql,catalog")
    ///     .set("read_only", "true")
    ///     .from_surroundings()
    ///     .build()
    ///     .await?;
    /// server.serve_on(pipe).await
    /// # }
    /// ```
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// Sets one of the settings that `databricks-mcp config --all` lists, by its name there, as a person would write
    /// its value: `host`, `token`, `toolsets`, `read_only`, `sql_rows`. Said twice, the last counts.
    pub fn set(mut self, name: &str, value: impl Into<SecretString>) -> Self {
        self.set.retain(|(known, _)| known != name);
        self.set.push((name.to_owned(), value.into()));
        self
    }

    /// Authorizes requests by this credential, whatever else is set; only the host is then needed.
    pub fn credential(mut self, credential: impl Credential + 'static) -> Self {
        self.credential = Some(Arc::new(credential));
        self
    }

    /// Fills what is left open from the environment and `.databrickscfg`.
    pub fn from_surroundings(mut self) -> Self {
        self.surroundings = true;
        self
    }

    /// Serves this tool too.
    pub fn tool(mut self, tool: OwnTool) -> Self {
        self.own.push(tool);
        self
    }

    /// Makes the server. Nothing is sent, unless the host is to be found by an Azure resource id.
    ///
    /// # Errors
    /// Fails if a setting does not exist or cannot be used, if there is no host or no credential, or if two tools have
    /// one name.
    pub async fn build(self) -> Result<Server, Error> {
        let set = self.settings()?;
        let surroundings = self.surroundings;
        let of_surroundings = |name: &str| surroundings.then(|| std::env::var(name).ok()).flatten();
        let home = surroundings.then(std::env::home_dir).flatten();
        let places = Places {
            home: home.as_deref(),
            ..Places::default()
        };
        let found = Found::collect(&set, of_surroundings, places)?;
        let selection = Selection::of(&found.given)?;
        let settings = match self.credential {
            Some(credential) => Settings {
                host: found.host()?,
                credential,
                workspace_id: found.given.text(setting::WORKSPACE_ID),
                warehouse_id: found.given.text(setting::WAREHOUSE_ID),
            },
            None => found.settle(of_surroundings).await?,
        };
        let process = of_process(&set, &of_surroundings, &Files::default());
        let mut limits = Limits::of(&process)?;
        by_own_names(&mut limits)?;
        // What is set stands for its variable, since connections are read from those.
        let variable = |name: &str| {
            let named = |one: &&(&'static Setting, String)| one.0.variables.contains(&name);
            let value = set.iter().find(named).map(|(_, value)| value.clone());
            value.or_else(|| of_surroundings(name))
        };
        let connections = Connections::from_variables(variable)?;
        let workspace = Workspace::open_with(&settings, &connections, limits)?;
        let server = Server::with_own(Workspaces::one(Ok(workspace)), &selection, self.own)?;
        let server = match process.get(setting::SEAL_KEY) {
            Some(_) => server.sealing(SealKey::of(&process, of_surroundings)?),
            None => server,
        };
        Ok(server
            .confirming(Confirmation::of(&process)?)
            .sharing(roots(&process)?)
            .leaving(Leaving::of(&process)?)
            .shaping(Shaping::of(&process)?)
            .paced(Rates::of(&process, TOOLS.iter().map(|tool| tool.name))?))
    }

    /// The rows of the table that are set, and their values.
    fn settings(&self) -> Result<Vec<(&'static Setting, String)>, Error> {
        let mut problems = Vec::new();
        let mut rows = Vec::new();
        for (name, value) in &self.set {
            let known = setting::ALL.iter().find(|row| row.name == name);
            match known.filter(|row| !OF_THE_COMMAND_LINE.contains(row)) {
                Some(row) => rows.push((*row, value.expose_secret().to_owned())),
                None if known.is_some() => {
                    problems.push(format!("`{name}` is a setting of the command line"));
                }
                None => problems.push(unknown(name)),
            }
        }
        if problems.is_empty() {
            return Ok(rows);
        }
        Err(Error::Arguments {
            tool: "Server::builder".to_owned(),
            problems,
        })
    }
}

fn unknown(name: &str) -> String {
    let close = setting::ALL
        .iter()
        .map(|row| (strsim::jaro_winkler(name, row.name), row.name));
    let close = close.max_by(|(one, _), (other, _)| one.total_cmp(other));
    match close.filter(|(score, _)| *score > 0.75) {
        Some((_, near)) => format!("unknown setting: `{name}`, did you mean `{near}`?"),
        None => format!("unknown setting: `{name}`"),
    }
}

/// The folders that are set. Without any, calls use no file of this machine: the working directory is the program's.
fn roots(given: &Given) -> Result<Roots, Error> {
    let folders: Option<Vec<String>> = given.read(setting::ROOTS)?;
    let folders: Vec<PathBuf> = folders
        .unwrap_or_default()
        .into_iter()
        .map(Into::into)
        .collect();
    Roots::configured(Some(&folders), Vec::new())
}
