//! The commands a person types; stdout is for data only, messages go to stderr.
#![expect(clippy::print_stderr, reason = "the command line talks to a person")]

mod answer;
mod arguments;
mod call;
mod config;
mod doctor;
mod exits;
mod flags;
mod install;
mod interrupts;
mod list_tools;
mod logging;
mod login;
mod look;
mod manual;
mod past;
mod process;
mod save;
mod say;
mod selection;
mod serve;
mod served;
mod session;
mod settings;
mod settings_file;
mod sql;
mod sync_run;
mod table;
mod terminal;
mod version;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};
use databricks_mcp::catalog::OPERATIONS;
use databricks_mcp::error::Error;
use databricks_mcp::settings::setting;

use call::Call;
use exits::Exit;
use flags::{Calling, Every, Serve, Serving};
use list_tools::ListTools;
use manual::{Completions, Man};
use process::Process;
use served::{runtime, workspaces};
use settings::Sources;
use sql::Sql;
use sync_run::SyncRun;
use version::Version;

/// Prints a line of data; a reader such as `head` may leave early.
macro_rules! say {
    ($($text:tt)*) => {
        if let Err(error) = writeln!(std::io::stdout(), $($text)*) {
            say::unwritten(&error);
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
        calling: Calling,
    },
    /// Serve MCP clients over HTTP, on this machine
    Serve {
        #[command(flatten)]
        serving: Serving,
        #[command(flatten)]
        calling: Calling,
        #[command(flatten)]
        serve: Serve,
    },
    /// Call a tool and print its answer: rows as a table, or JSON
    Call(Call),
    /// Run SQL; without a statement, at a prompt with history
    Sql(Sql),
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
    /// Bring a Git folder up to date and run a notebook of it
    SyncRun(SyncRun),
    /// Look at settings, network, credential and tools, and say what to do where something fails
    Doctor(doctor::Doctor),
    /// Write the entry of this server into the file of an MCP client; without a client, list them
    Install(install::Install),
    /// Remove the entry from the file of an MCP client
    Uninstall(install::Uninstall),
    /// Print the tools that would be served
    ListTools(ListTools),
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
    /// Print the version, that of the API documents, and how this was built
    Version(Version),
    /// Print the completions of a shell
    Completions(Completions),
    /// Print the manual, for `man -l -`
    Man(Man),
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
    let sources = Sources::read(command.flags);
    if let Verb::Doctor(asked) = &command.verb {
        return examine(sources.as_ref(), asked);
    }
    let outcome = sources
        .and_then(|sources| follow(&sources, command.verb).map_err(|error| sources.placed(error)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::error(&error.text());
            Exit::of(&error).into()
        }
    }
}

fn follow(sources: &Sources, verb: Verb) -> Result<(), Error> {
    match verb {
        Verb::Start { serving, calling } => serve::over_stdio(sources, &serving, &calling),
        Verb::Serve {
            serving,
            calling,
            serve,
        } => serve::over_http(sources, &serving, &[calling.0, serve.0].concat()),
        Verb::Call(call) => {
            call::run(sources, &call)?.leave();
            Ok(())
        }
        Verb::Sql(sql) => {
            sql::run(sources, &sql)?.leave();
            Ok(())
        }
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
        Verb::SyncRun(asked) => {
            sync_run::run(sources, &asked)?.leave();
            Ok(())
        }
        Verb::ListTools(asked) => list_tools::run(sources, &asked),
        // Told by `run` itself, which has no sources where they cannot be read.
        Verb::Doctor(_) => Ok(()),
        Verb::Install(asked) => install::install(sources, &asked).map(tell),
        Verb::Uninstall(asked) => install::uninstall(&asked).map(tell),
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
        Verb::Version(asked) => {
            version::run(&asked);
            Ok(())
        }
        Verb::Completions(asked) => {
            manual::completions(&asked, Command::command());
            Ok(())
        }
        Verb::Man(asked) => manual::man(&asked, Command::command()),
    }
}

/// Prints what `doctor` finds; it fails if one of its checks does.
fn examine(sources: Result<&Sources, &Error>, asked: &doctor::Doctor) -> ExitCode {
    let report = match runtime() {
        Ok(runtime) => runtime.block_on(doctor::examine(sources, asked)),
        Err(error) => {
            eprintln!("error: {}", error.text());
            return ExitCode::FAILURE;
        }
    };
    if asked.json {
        say!("{:#}", report.json());
    } else {
        let coloured = std::io::stdout().is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        say!("{}", report.text(coloured));
    }
    if report.failed() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Prints the outcome of a command: data to stdout, remarks to the person.
fn tell(told: install::Told) {
    if let Some(data) = told.data {
        say!("{data}");
    }
    for line in told.remarks {
        eprintln!("{line}");
    }
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
