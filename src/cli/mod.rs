//! The commands a person types; stdout is for data only, messages go to stderr.
#![expect(clippy::print_stderr, reason = "the command line talks to a person")]

mod login;
mod selection;
mod settings;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use databricks_mcp::catalog::OPERATIONS;
use databricks_mcp::config::Settings;
use databricks_mcp::connect::Connections;
use databricks_mcp::context::Workspace;
use databricks_mcp::error::Error;
use databricks_mcp::redact;
use databricks_mcp::server::{Confirmation, Server, serve_stdio};
use databricks_mcp::tools::Selection;
use databricks_mcp::transport::Limits;
use databricks_mcp::workspaces::Workspaces;
use tracing_subscriber::EnvFilter;

/// Prints a line of data; a reader such as `head` may leave early.
macro_rules! say {
    ($($text:tt)*) => {
        if writeln!(std::io::stdout(), $($text)*).is_err() {
            std::process::exit(0);
        }
    };
}

/// MCP server that gives any AI agent a Databricks workspace
#[derive(Parser)]
#[command(name = "databricks-mcp", version, disable_help_subcommand = true)]
struct Command {
    #[command(flatten)]
    flags: settings::Flags,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Serve one MCP client over stdin and stdout
    Start {
        #[command(flatten)]
        selection: selection::Flags,
        /// Profiles to serve side by side, comma-separated, the default first [env: DATABRICKS_MCP_PROFILES]
        #[arg(long, value_delimiter = ',')]
        profiles: Vec<String>,
        /// Ask nobody before deleting or replacing, for unattended use [env: DATABRICKS_MCP_YES]
        #[arg(long)]
        yes: bool,
    },
    /// Log in by the browser; the token is kept where the Databricks CLI keeps its own
    Login,
    /// Print which source gave each setting and which credential that makes, secrets masked
    Config {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the tools that would be served
    ListTools {
        #[command(flatten)]
        selection: selection::Flags,
        /// As tools/list returns them
        #[arg(long)]
        json: bool,
    },
    /// Print the REST operations of the Databricks API whose id or path holds every word
    ListOperations {
        /// Words such as `jobs` or `permissions`
        words: Vec<String>,
    },
    /// Print the version
    Version,
}

pub(crate) fn run() -> ExitCode {
    let command = Command::parse();
    let outcome = match command.verb {
        Verb::Start {
            selection,
            profiles,
            yes,
        } => start(&command.flags, &selection, &profiles, yes),
        Verb::Login => login(&command.flags),
        Verb::Config { json } => config(&command.flags, json),
        Verb::ListTools { selection, json } => {
            list_tools(&selection.resolve(&command.flags, &[]), json)
        }
        Verb::ListOperations { words } => {
            list_operations(&words);
            Ok(())
        }
        Verb::Version => {
            say!("databricks-mcp {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error.text());
            ExitCode::FAILURE
        }
    }
}

fn start(
    flags: &settings::Flags,
    selection: &selection::Flags,
    profiles: &[String],
    yes: bool,
) -> Result<(), Error> {
    redact::crashes();
    let levels =
        EnvFilter::try_from_env("DATABRICKS_MCP_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // Below warn it logs whole requests and answers, and what users send may be secret.
    let levels = match "rmcp=warn".parse() {
        Ok(quiet) => levels.add_directive(quiet),
        Err(_) => levels,
    };
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(levels)
        .with_writer(redact::Log)
        .init();
    let confirmation = Confirmation::from_variables(yes, settings::variable)?;
    let profiles = selection::profiles(profiles);
    let selection = selection.resolve(flags, &profiles);
    let runtime = runtime()?;
    let workspaces = runtime.block_on(workspaces(flags, profiles));
    let server = Server::new(workspaces, &selection)?.confirming(confirmation);
    let served = runtime.block_on(serve_stdio(server));
    // A read of stdin may block for ever; do not wait for it.
    runtime.shutdown_background();
    served
}

/// The workspace of the settings, or one for each profile asked for.
async fn workspaces(flags: &settings::Flags, profiles: Vec<String>) -> Workspaces {
    if profiles.is_empty() {
        let workspace = flags.settle().await.and_then(open);
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

fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::Internal {
            reason: format!("the async runtime cannot start: {error}"),
        })
}

fn login(flags: &settings::Flags) -> Result<(), Error> {
    runtime()?.block_on(login::login(flags, &|line| eprintln!("{line}")))
}

fn config(flags: &settings::Flags, json: bool) -> Result<(), Error> {
    let report = runtime()?.block_on(settings::report(flags))?;
    if json {
        say!("{:#}", report.json());
    } else {
        say!("{}", report.text());
    }
    report.error.map_or(Ok(()), Err)
}

/// The workspace with what the environment says of connections and limits.
fn open(settings: Settings) -> Result<Workspace, Error> {
    let variable = |name: &str| std::env::var(name).ok();
    let connections = Connections::from_variables(variable)?;
    Workspace::open_with(&settings, &connections, Limits::from_variables(variable)?)
}

fn list_tools(selection: &Selection, json: bool) -> Result<(), Error> {
    let nowhere = Workspaces::one(Err(Error::NotConfigured {
        missing: String::new(),
    }));
    let server = Server::new(nowhere, selection)?;
    if json {
        let tools = server.inventory().tools();
        let text = serde_json::to_string_pretty(&tools).map_err(|error| Error::Internal {
            reason: error.to_string(),
        })?;
        say!("{text}");
        return Ok(());
    }
    let mut toolset = "";
    for entry in server.inventory().entries() {
        if entry.spec.toolset != toolset {
            toolset = entry.spec.toolset;
            say!("{toolset}");
        }
        say!("  {:<18} {}", entry.spec.name, entry.spec.description);
        if !entry.spec.aliases.is_empty() {
            let aliases = entry.spec.aliases.join(", ");
            say!("  {:<18} also answers to: {aliases}", "");
        }
    }
    Ok(())
}

fn list_operations(words: &[String]) {
    let matches = |text: &str| words.iter().all(|word| text.contains(&word.to_lowercase()));
    for operation in OPERATIONS {
        if matches(&format!("{} {}", operation.id, operation.path).to_lowercase()) {
            let marks = [
                (operation.account, " (account)"),
                (operation.deprecated, " (deprecated)"),
            ];
            let marks: String = marks
                .iter()
                .filter(|(on, _)| *on)
                .map(|(_, mark)| *mark)
                .collect();
            say!(
                "{:<50} {:<6} {}{marks}",
                operation.id,
                operation.verb,
                operation.path
            );
        }
    }
}
