//! The commands a person types; stdout is for data only, messages go to stderr.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the command line talks to a person"
)]

mod selection;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use databricks_mcp::config::Settings;
use databricks_mcp::connect::Connections;
use databricks_mcp::context::Workspace;
use databricks_mcp::error::Error;
use databricks_mcp::redact;
use databricks_mcp::rows::OPERATIONS;
use databricks_mcp::server::{Server, serve_stdio};
use databricks_mcp::tools::Selection;
use databricks_mcp::transport::Limits;
use databricks_mcp::workspaces::Workspaces;
use tracing_subscriber::EnvFilter;

/// MCP server that gives any AI agent a Databricks workspace
#[derive(Parser)]
#[command(name = "databricks-mcp", version, disable_help_subcommand = true)]
struct Command {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Serve one MCP client over stdin and stdout
    Start {
        #[command(flatten)]
        selection: selection::Flags,
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
        Verb::Start { selection } => start(&selection.resolve()),
        Verb::ListTools { selection, json } => list_tools(&selection.resolve(), json),
        Verb::ListOperations { words } => {
            list_operations(&words);
            Ok(())
        }
        Verb::Version => {
            println!("databricks-mcp {}", env!("CARGO_PKG_VERSION"));
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

fn start(selection: &Selection) -> Result<(), Error> {
    redact::crashes();
    // rmcp logs whole requests and answers below warn.
    let levels = EnvFilter::try_from_env("DATABRICKS_MCP_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,rmcp=warn"));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(levels)
        .with_writer(redact::Log)
        .init();
    let workspace = Settings::from_variables(|name| std::env::var(name).ok())
        .and_then(open);
    if let Err(error) = &workspace {
        tracing::warn!(%error, "started without a workspace");
    }
    let server = Server::new(Workspaces::one(workspace), selection)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Error::Internal {
            reason: format!("the async runtime cannot start: {error}"),
        })?;
    let served = runtime.block_on(serve_stdio(server));
    // A read of stdin may block for ever; do not wait for it.
    runtime.shutdown_background();
    served
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
        println!("{text}");
        return Ok(());
    }
    let mut toolset = "";
    for entry in server.inventory().entries() {
        if entry.row.toolset != toolset {
            toolset = entry.row.toolset;
            println!("{toolset}");
        }
        println!("  {:<18} {}", entry.row.name, entry.row.description);
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
            println!(
                "{:<50} {:<6} {}{marks}",
                operation.id, operation.verb, operation.path
            );
        }
    }
}
