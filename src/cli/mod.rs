//! The commands a person types; stdout is for data only, messages go to stderr.
#![expect(clippy::print_stderr, reason = "the command line talks to a person")]

mod config;
mod flags;
mod logging;
mod login;
mod look;
mod past;
mod process;
mod selection;
mod settings;
mod settings_file;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use databricks_mcp::catalog::OPERATIONS;
use databricks_mcp::config::Settings;
use databricks_mcp::connect::Connections;
use databricks_mcp::context::Workspace;
use databricks_mcp::error::Error;
use databricks_mcp::log;
use databricks_mcp::notify::Notifier;
use databricks_mcp::redact;
use databricks_mcp::server::{Server, serve_stdio};
use databricks_mcp::settings::setting;
use databricks_mcp::tools::Selection;
use databricks_mcp::trace::Tracer;
use databricks_mcp::transport::Limits;
use databricks_mcp::workspaces::Workspaces;

use flags::{Every, Serving, Start};
use process::Process;
use settings::Sources;

/// The time for the last log lines of a server that ends.
const FLUSHED_WITHIN: Duration = Duration::from_millis(500);

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
    flags: Every,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Serve one MCP client over stdin and stdout
    Start {
        #[command(flatten)]
        serving: Serving,
        #[command(flatten)]
        start: Start,
    },
    /// Log in by the browser; the token is kept where the Databricks CLI keeps its own
    Login,
    /// Print every setting that is set with its source, and the credential they make; secrets are masked
    #[command(args_conflicts_with_subcommands = true)]
    Config {
        #[command(flatten)]
        show: Show,
        #[command(subcommand)]
        verb: Option<ConfigVerb>,
    },
    /// Print the tools that would be served
    ListTools {
        #[command(flatten)]
        serving: Serving,
        /// As tools/list returns them
        #[arg(long)]
        json: bool,
    },
    /// Print the REST operations of the Databricks API whose id or path holds every word
    ListOperations {
        /// Words such as `jobs` or `permissions`
        words: Vec<String>,
    },
    /// Check that the workspace answers, and who you are there
    Health {
        /// With the kind of credential
        #[arg(long)]
        detailed: bool,
        #[command(flatten)]
        look: Look,
    },
    /// Print what a server would be: version, credential, limits; a server that runs says more by its tool `status`
    Status {
        #[command(flatten)]
        look: Look,
    },
    /// Print the calls that the log file (`log_file`) tells of by tool; a server that runs has its own in its tool `metrics`
    Metrics {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the version
    Version,
}

/// The commands of `config`.
#[derive(Subcommand)]
enum ConfigVerb {
    /// Print every setting that is set, as `config` alone does
    Show(Show),
    /// Read the settings files and every value, without a request
    Check,
    /// Print the JSON Schema of the settings file, for editors
    Schema,
    /// Write a settings file in which every key stands as a comment with its help
    Init {
        /// Print it instead
        #[arg(long)]
        print: bool,
    },
}

/// The workspaces to look at, and the form of what is told of them.
#[derive(Args)]
struct Look {
    /// Profiles to look at, in place of the one workspace of the settings
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    profiles: Vec<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// The extent and form of the list of settings.
#[derive(Args, Clone, Copy)]
struct Show {
    /// Those that are not set too, with their defaults
    #[arg(long)]
    all: bool,
    /// As JSON, with every setting there is
    #[arg(long)]
    json: bool,
    /// With the source of each, as always
    #[arg(long)]
    origin: bool,
}

pub(crate) fn run() -> ExitCode {
    let command = Command::parse();
    let outcome = Sources::read(command.flags).and_then(|sources| follow(&sources, command.verb));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A token that was pasted into the wrong setting is not repeated.
            eprintln!("error: {}", redact::text(&error.text()));
            ExitCode::FAILURE
        }
    }
}

fn follow(sources: &Sources, verb: Verb) -> Result<(), Error> {
    match verb {
        Verb::Start { serving, start } => serve(sources, &serving, &start),
        Verb::Login => login(sources),
        Verb::Config { show, verb } => match verb.unwrap_or(ConfigVerb::Show(show)) {
            ConfigVerb::Show(show) => config(sources, show),
            ConfigVerb::Check => {
                say!("{}", config::check(sources)?);
                Ok(())
            }
            ConfigVerb::Schema => {
                say!("{:#}", settings_file::schema());
                Ok(())
            }
            ConfigVerb::Init { print: true } => {
                say!("{}", settings_file::commented().trim_end());
                Ok(())
            }
            ConfigVerb::Init { print: false } => {
                let path = settings_file::init(sources)?;
                eprintln!("wrote {}", path.display());
                Ok(())
            }
        },
        Verb::ListTools { serving, json } => selection::resolve(sources, &serving, &[])
            .and_then(|selection| list_tools(&selection, json)),
        Verb::ListOperations { words } => {
            list_operations(&words);
            Ok(())
        }
        Verb::Health { detailed, look } => {
            let arguments = serde_json::json!({ "detailed": detailed });
            look_at(sources, look, "health", &arguments)
        }
        Verb::Status { look } => look_at(sources, look, "status", &serde_json::json!({})),
        Verb::Metrics { json } => {
            say!("{}", past::told(sources, json)?);
            Ok(())
        }
        Verb::Version => {
            say!("databricks-mcp {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
    }
}

fn serve(sources: &Sources, serving: &Serving, start: &Start) -> Result<(), Error> {
    log::crashes();
    let given = sources.of_process(&start.0);
    let Process {
        limits,
        confirmation,
        levels,
        roots,
        seal_key,
        leaving,
        shaping,
        rates,
        webhook,
        collector,
    } = Process::of(&given)?;
    let levels = logging::start(&given, levels)?;
    if let Some(remark) = sources.files.remark() {
        tracing::warn!("{remark}");
    }
    let profiles: Vec<String> = given.read(setting::PROFILES)?.unwrap_or_default();
    let selection = selection::resolve(sources, serving, &profiles)?;
    let runtime = runtime()?;
    let workspaces = runtime.block_on(workspaces(sources, profiles, &limits));
    let server = Server::new(workspaces, &selection)?
        .confirming(confirmation)
        .sharing(roots)
        .sealing(seal_key)
        .leaving(leaving)
        .shaping(shaping)
        .paced(rates)
        .notifying(match webhook {
            Some(webhook) => Notifier::new(webhook, &connections(sources)?)?,
            None => Notifier::default(),
        })
        .tracing(match collector {
            Some(collector) => Tracer::new(collector, &connections(sources)?)?,
            None => Tracer::default(),
        });
    let again = (sources.again(), start.0.clone());
    let served = runtime.block_on(async move {
        #[cfg(unix)]
        tokio::spawn(levels.on_signals(move || Ok(again.0.read()?.of_process(&again.1))));
        #[cfg(not(unix))]
        drop((levels, again));
        serve_stdio(server).await
    });
    // A read of stdin may block for ever; do not wait for it.
    runtime.shutdown_background();
    log::flush(FLUSHED_WITHIN);
    served
}

/// Prints what a tool that looks at workspaces says of each.
fn look_at(
    sources: &Sources,
    look: Look,
    tool: &'static str,
    arguments: &serde_json::Value,
) -> Result<(), Error> {
    let given = sources.of_process(&Vec::new());
    let limits = Process::of(&given)?.limits;
    let mut profiles = look.profiles;
    if profiles.is_empty() {
        profiles = given.read(setting::PROFILES)?.unwrap_or_default();
    }
    let (answers, failed) = runtime()?.block_on(async {
        let workspaces = workspaces(sources, profiles, &limits).await;
        look::ask(&workspaces, tool, arguments).await
    });
    for answer in &answers {
        if look.json {
            say!("{answer:#}");
        } else {
            say!("{}", look::text(answer));
        }
    }
    failed.map_or(Ok(()), Err)
}

/// The workspace of the settings, or one for each profile asked for.
async fn workspaces(sources: &Sources, profiles: Vec<String>, limits: &Limits) -> Workspaces {
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

fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    tokio::runtime::Builder::new_multi_thread()
        // One client's calls wait far more than they compute; a second thread costs a wake-up at each step of a call.
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Error::Internal {
            reason: format!("the async runtime cannot start: {error}"),
        })
}

fn login(sources: &Sources) -> Result<(), Error> {
    runtime()?.block_on(login::login(sources, &|line| eprintln!("{line}")))
}

fn config(sources: &Sources, show: Show) -> Result<(), Error> {
    let Show { all, json, .. } = show;
    let report = runtime()?.block_on(config::report(sources))?;
    if json {
        say!("{:#}", report.json());
    } else {
        say!("{}", report.text(all));
    }
    report.error.map_or(Ok(()), Err)
}

/// The workspace, with what the environment says of connections.
fn open(sources: &Sources, settings: &Settings, limits: &Limits) -> Result<Workspace, Error> {
    Workspace::open_with(settings, &connections(sources)?, limits.clone())
}

/// The connections that the settings describe.
fn connections(sources: &Sources) -> Result<Connections, Error> {
    Connections::from_variables(|name: &str| sources.variable(name))
}

fn list_tools(selection: &Selection, json: bool) -> Result<(), Error> {
    let nowhere = Workspaces::nowhere(&[]);
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
