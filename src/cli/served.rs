//! The server of the settings and what it stands on, for `start` and for the commands that call its tools.

use std::time::Duration;

use databricks_mcp::config::Settings;
use databricks_mcp::connect::Connections;
use databricks_mcp::context::Workspace;
use databricks_mcp::error::Error;
use databricks_mcp::server::{Answers, Server};
use databricks_mcp::settings::{Origin, setting};
use databricks_mcp::transport::Limits;
use databricks_mcp::workspaces::Workspaces;
use databricks_mcp::{leaving, log};
use tokio::runtime::Runtime;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::flags::{Calling, Serving};
use super::process::{Process, may_be_logged};
use super::settings::{self, Sources};
use super::{say, selection};

/// The wait for work in the workspace where a person waits: as long as it takes.
const PATIENT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Bytes of an answer that no model has to read.
const ROOM: usize = 400_000;

/// The server that a command is the client of: every tool unless the settings choose some, answers that are as large as
/// they may be, and work that is followed to its end.
pub(super) fn for_calls(
    sources: &Sources,
    serving: &Serving,
    calling: &Calling,
    runtime: &Runtime,
) -> Result<Server, Error> {
    log::crashes();
    let given = sources.of_process(&calling.0);
    let mut process = Process::of(&given)?;
    // A person at a terminal wants the answer; who wants lines about it says so by our own variable. `LOG_LEVEL` and
    // settings files are there for servers.
    let own = setting::LOG.variables.first();
    let asked = given.origin(setting::LOG);
    if matches!(asked, Some(Origin::Variable(name)) if Some(name) == own) {
        write_log(process.levels);
    }
    if let Some(remark) = sources.files.remark() {
        say::aside(remark);
    }
    // Whatever an agent is to wait; `wait` of the call may say less.
    process.limits.answer_within = PATIENT;
    if given.get(setting::MAX_TOKENS).is_none() {
        process.shaping.room = ROOM;
    }
    process.shaping.answers = Answers::Both;
    // The question stands at the terminal until it is answered.
    process.confirmation.patience = PATIENT;
    let profiles: Vec<String> = given.read(setting::PROFILES)?.unwrap_or_default();
    let mut selection = selection::resolve(sources, serving, &profiles)?;
    if selection.toolsets.is_empty() && selection.tools.is_empty() {
        selection.toolsets.push("all".to_owned());
    }
    let workspaces = runtime.block_on(workspaces(sources, profiles, &process.limits));
    // Ctrl-C is to cancel the work, whatever becomes of it when an agent goes.
    let leaving = leaving::Leaving::default();
    Ok(Server::new(workspaces, &selection)?
        .confirming(process.confirmation)
        .sharing(process.roots)
        .sealing(process.seal_key)
        .leaving(leaving)
        .shaping(process.shaping)
        .paced(process.rates))
}

/// Writes log lines of these levels to stderr.
pub(super) fn write_log(levels: EnvFilter) {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(levels)
        .with_writer(log::Log::Stderr)
        .finish()
        .with(filter_fn(may_be_logged))
        .init();
}

/// The workspace of the settings, or one for each profile asked for.
pub(super) async fn workspaces(
    sources: &Sources,
    profiles: Vec<String>,
    limits: &Limits,
) -> Workspaces {
    let open = |settings| open(sources, &settings, limits);
    if profiles.is_empty() {
        let settled = match sources.collect() {
            Ok(found) => found.settle(settings::variable).await,
            Err(error) => Err(error),
        };
        let workspace = settled.and_then(open);
        if let Err(error) = &workspace {
            tracing::warn!(%error, "started without a workspace");
        }
        return Workspaces::one(workspace);
    }
    let mut named = Vec::new();
    for profile in profiles {
        let workspace = settings::of_profile(&profile).await.and_then(open);
        if let Err(error) = &workspace {
            tracing::warn!(%error, profile, "this workspace cannot be used");
        }
        named.push((profile, workspace));
    }
    Workspaces::named(named)
}

/// The workspace, with what the environment says of connections.
fn open(sources: &Sources, settings: &Settings, limits: &Limits) -> Result<Workspace, Error> {
    Workspace::open_with(settings, &connections(sources)?, limits.clone())
}

/// The connections that the settings describe.
pub(super) fn connections(sources: &Sources) -> Result<Connections, Error> {
    Connections::from_variables(|name: &str| sources.variable(name))
}

/// A runtime for one client.
pub(super) fn runtime() -> Result<Runtime, Error> {
    // Its calls wait far more than they compute; a second thread costs a wake-up at each step of a call.
    built(tokio::runtime::Builder::new_multi_thread().worker_threads(1))
}

/// A runtime for clients that come at the same time: a thread for each processor.
pub(super) fn runtime_of_many() -> Result<Runtime, Error> {
    built(&mut tokio::runtime::Builder::new_multi_thread())
}

fn built(builder: &mut tokio::runtime::Builder) -> Result<Runtime, Error> {
    builder
        .enable_all()
        .build()
        .map_err(|error| Error::Internal {
            reason: format!("the async runtime cannot start: {error}"),
        })
}
