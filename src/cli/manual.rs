//! `man` and `completions`: what the command line says of itself, for `man` and for shells.

use clap::builder::PossibleValuesParser;
use clap::{Args, Command};
use clap_complete::Shell;
use databricks_mcp::catalog::TOOLS;
use databricks_mcp::error::Error;

use super::say;

/// The command line of `completions`.
#[derive(Args)]
pub(super) struct Completions {
    /// Shell to write them for
    shell: Shell,
}

/// The command line of `man`.
#[derive(Args)]
pub(super) struct Man {
    /// Command to write the page of, such as `call`; without it, the page of all
    command: Option<String>,
}

/// Prints the completions of a shell; those of `call` know the tools.
pub(super) fn completions(asked: &Completions, command: Command) {
    let tools = PossibleValuesParser::new(TOOLS.iter().map(|tool| tool.name));
    let mut command = command.mut_subcommand("call", |call| {
        // Whatever is changed is put last, unless it says its place.
        call.mut_arg("tool", |tool| tool.value_parser(tools).index(1))
            .mut_arg("arguments", |arguments| arguments.index(2))
    });
    let name = command.get_name().to_owned();
    let mut text = Vec::new();
    clap_complete::generate(asked.shell, &mut command, name, &mut text);
    say::data(String::from_utf8_lossy(&text).trim_end());
}

/// Prints a page of the manual.
///
/// # Errors
/// There is no such command.
pub(super) fn man(asked: &Man, mut command: Command) -> Result<(), Error> {
    command.build();
    let page = match &asked.command {
        None => command,
        Some(name) => {
            let names: Vec<String> = command
                .get_subcommands()
                .map(|one| one.get_name().to_owned())
                .collect();
            let found = command.find_subcommand(name).cloned();
            found.ok_or_else(|| Error::Arguments {
                tool: "man".to_owned(),
                problems: vec![format!(
                    "there is no command `{name}`; there are {}",
                    names.join(", ")
                )],
            })?
        }
    };
    let mut text = Vec::new();
    let written = clap_mangen::Man::new(page).render(&mut text);
    written.map_err(|error| Error::Internal {
        reason: error.to_string(),
    })?;
    say::data(String::from_utf8_lossy(&text).trim_end());
    Ok(())
}
