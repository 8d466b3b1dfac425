//! `doctor`: looks at everything between this program and its workspace, in order, and says what to do where it fails.
//!
//! Rooms, each using only those before it:
//! - `report`, findings
//! - `probe`, the way to the workspace
//! - `account`, credential and user
//! - `reads`, what tools would do

mod account;
mod probe;
mod reads;
mod report;

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use databricks_mcp::config::Settings;
use databricks_mcp::connect::Connections;
use databricks_mcp::context::Workspace;
use databricks_mcp::error::Error;
use databricks_mcp::server::Server;
use databricks_mcp::settings::{Given, Origin, setting};
use databricks_mcp::transport::Limits;
use databricks_mcp::workspaces::Workspaces;

use self::report::Check;
pub(super) use self::report::Report;
use super::flags::Serving;
use super::process::Process;
use super::selection;
use super::settings::{Sources, variable};

/// Time for one request with its retries; less than tools have, for somebody waits.
const CALL: Duration = Duration::from_secs(15);

/// The arguments of `doctor`.
#[derive(Args)]
pub(super) struct Doctor {
    #[command(flatten)]
    serving: Serving,
    /// As JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Looks at everything. `sources` may be the error of a settings file.
pub(super) async fn examine(sources: Result<&Sources, &Error>, asked: &Doctor) -> Report {
    let mut report = Report::default();
    let checks = &mut report.0;
    let Some((sources, given, server)) = settings(sources, asked, checks) else {
        rest(checks, "the settings cannot be used");
        return report;
    };
    let settled = settle(sources).await;
    let host = match sources.collect().and_then(|found| found.host()) {
        Ok(host) => host,
        // The settings may lead to it by other ways.
        Err(error) => match &settled {
            Ok(settings) => settings.host.clone(),
            Err(_) => {
                checks.push(Check::failed("host", &error));
                rest(checks, "no host is set");
                return report;
            }
        },
    };
    let origin = given
        .origin(setting::HOST)
        .map(|origin| format!(", {origin}"));
    let shown = host.as_str().trim_end_matches('/');
    checks.push(Check::ok(
        "host",
        format!("{shown}{}", origin.unwrap_or_default()),
    ));
    let connections = match Connections::from_variables(|name: &str| sources.variable(name)) {
        Ok(connections) => connections,
        Err(error) => {
            checks.push(Check::failed("tls", &error));
            rest(checks, "the certificate authorities cannot be read");
            return report;
        }
    };
    checks.extend(probe::look(&host, &connections).await);
    if checks.iter().any(Check::is_fail) {
        rest(checks, "the workspace is not reached");
        return report;
    }
    checks.push(account::credential(&given, settled.as_ref()).await);
    let Some(settings) = settled.ok().filter(|_| !checks.iter().any(Check::is_fail)) else {
        rest(checks, "there is no credential");
        return report;
    };
    let mut limits = Limits::of(&given).unwrap_or_default();
    limits.call = limits.call.min(CALL);
    let workspace = match Workspace::open_with(&settings, &connections, limits) {
        Ok(workspace) => Arc::new(workspace),
        Err(error) => {
            checks.push(Check::failed("identity", &error));
            rest(checks, "no connection can be made");
            return report;
        }
    };
    match account::me(&workspace).await {
        Ok(me) => checks.extend([account::identity(&me), account::permissions(&me)]),
        Err(error) => {
            checks.push(Check::failed("identity", &error));
            rest(checks, "the workspace does not say who this is");
            return report;
        }
    }
    let (warehouse, toolsets) = tokio::join!(
        reads::warehouse(&workspace),
        reads::toolsets(&workspace, server.inventory())
    );
    checks.push(warehouse);
    checks.extend(toolsets);
    report
}

/// Reads every value that is set, and the selection of tools.
fn settings<'a>(
    sources: Result<&'a Sources, &Error>,
    asked: &Doctor,
    checks: &mut Vec<Check>,
) -> Option<(&'a Sources, Given, Server)> {
    let name = "settings";
    let found = sources.map_err(Error::clone).and_then(|sources| {
        let found = sources.collect_with(&asked.serving.0)?;
        Ok((sources, found.given))
    });
    let (sources, given) = match found {
        Ok(found) => found,
        Err(error) => {
            checks.push(Check::failed(name, &error));
            return None;
        }
    };
    let set = setting::ALL
        .iter()
        .filter_map(|setting| Some((setting, given.get(setting)?)));
    let bad = set.filter_map(|(setting, text)| setting.parse(text).err());
    let mut bad: Vec<Check> = bad.map(|error| Check::failed(name, &error)).collect();
    if bad.is_empty() {
        // What these say of single values has been said.
        bad.extend(
            Process::of(&given)
                .err()
                .map(|error| Check::failed(name, &error)),
        );
    }
    let selected = selection::resolve(sources, &asked.serving, &[]);
    let server = selected.and_then(|selected| Server::new(Workspaces::nowhere(&[]), &selected));
    let server = match server {
        Ok(server) if bad.is_empty() => server,
        Ok(_) => {
            checks.append(&mut bad);
            return None;
        }
        Err(error) => {
            let is_new = !bad.iter().any(|check| check.found == error.to_string());
            bad.extend(is_new.then(|| Check::failed(name, &error)));
            checks.append(&mut bad);
            return None;
        }
    };
    checks.push(Check::ok(name, read(sources, &given)));
    if let Some(profiles) = given.get(setting::PROFILES) {
        let found = format!("`{profiles}` are served side by side, this looks at one workspace");
        let next = "run it once for each, with `--profile` and without `DATABRICKS_MCP_PROFILES`";
        checks.push(Check::warn("profiles", found).next(next));
    }
    Some((sources, given, server))
}

/// The sources that have set something.
fn read(sources: &Sources, given: &Given) -> String {
    let files = sources
        .files
        .read_ones()
        .map(|path| path.display().to_string());
    let mut read: Vec<String> = files.collect();
    for setting in setting::ALL {
        let source = match given.origin(setting) {
            Some(Origin::Flag) => "flags".to_owned(),
            Some(Origin::Variable(_)) => "the environment".to_owned(),
            Some(Origin::DotEnv(_)) => "`.env`".to_owned(),
            Some(Origin::Profile(name)) => format!("profile `{name}`"),
            Some(Origin::File(_)) | None => continue,
        };
        if !read.contains(&source) {
            read.push(source);
        }
    }
    match read.as_slice() {
        [] => "nothing is set".to_owned(),
        read => format!("in order, from {}", read.join(", ")),
    }
}

async fn settle(sources: &Sources) -> Result<Settings, Error> {
    sources.collect()?.settle(variable).await
}

/// Leaves the checks out that come after one that failed.
fn rest(checks: &mut Vec<Check>, why: &str) {
    let all = ["host"].into_iter().chain(probe::NAMES);
    let all = all.chain([
        "credential",
        "identity",
        "permissions",
        "warehouse",
        "toolsets",
    ]);
    let last = checks
        .last()
        .map(|check| check.name.clone())
        .unwrap_or_default();
    let mut all: Vec<&str> = all.collect();
    if let Some(at) = all.iter().position(|name| *name == last) {
        all.drain(..=at);
    }
    checks.extend(all.into_iter().map(|name| Check::skipped(name, why)));
}
