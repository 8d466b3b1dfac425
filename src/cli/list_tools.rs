//! `list-tools`: the tools that would be served, as a table for people or as tools/list returns them.

use clap::Args;
use databricks_mcp::catalog::Access;
use databricks_mcp::error::Error;
use databricks_mcp::server::Server;
use databricks_mcp::tools::Entry;
use databricks_mcp::workspaces::Workspaces;
use serde_json::{Value, json};

use super::flags::Serving;
use super::settings::Sources;
use super::table::{Look, Table};
use super::{say, selection};

/// Bytes of a token of a tool, about: the mean of what `make tokens` measures.
const BYTES: f64 = 4.5;

/// The command line of `list-tools`.
#[derive(Args)]
pub(super) struct ListTools {
    /// Only tools whose name, alias, toolset or description holds every word
    words: Vec<String>,
    /// As tools/list returns them
    #[arg(long)]
    json: bool,
    /// With the tokens that each costs a model in every request, about
    #[arg(long, conflicts_with = "json")]
    tokens: bool,
    #[command(flatten)]
    serving: Serving,
}

/// Prints the tools.
pub(super) fn run(sources: &Sources, asked: &ListTools) -> Result<(), Error> {
    let selection = selection::resolve(sources, &asked.serving, &[])?;
    let server = Server::new(Workspaces::nowhere(&[]), &selection)?;
    let entries = server
        .inventory()
        .entries()
        .filter(|entry| asked.names(entry));
    let entries: Vec<&Entry> = entries.collect();
    if asked.json {
        let tools: Vec<_> = entries.iter().map(|entry| &entry.tool).collect();
        let text = serde_json::to_string_pretty(&tools);
        say::data(&text.map_err(|error| Error::Internal {
            reason: error.to_string(),
        })?);
        return Ok(());
    }
    if entries.is_empty() {
        say::aside("no tool has all of these words; `--toolsets all` looks in every tool");
        return Ok(());
    }
    say::data(&asked.table(&entries).drawn(Look::of_stdout()));
    if asked.tokens {
        let all: u64 = entries.iter().map(|entry| tokens(entry)).sum();
        say::aside(&format!("tools: {}, tokens: about {all}", entries.len()));
    }
    Ok(())
}

impl ListTools {
    fn names(&self, entry: &Entry) -> bool {
        let spec = entry.spec;
        let aliases = spec.aliases.join(" ");
        let text = [spec.name, &aliases, spec.toolset, spec.description]
            .join(" ")
            .to_lowercase();
        self.words
            .iter()
            .all(|word| text.contains(&word.to_lowercase()))
    }

    fn table(&self, entries: &[&Entry]) -> Table {
        let mut columns = vec!["toolset", "tool", "does"];
        if self.tokens {
            columns.push("tokens");
        }
        columns.push("description");
        let row = |entry: &&Entry| {
            let spec = entry.spec;
            let mut row = vec![
                json!(spec.toolset),
                json!(spec.name),
                json!(does(spec.access)),
            ];
            if self.tokens {
                row.push(tokens(entry).into());
            }
            row.push(described(entry));
            row
        };
        Table {
            columns: columns.into_iter().map(str::to_owned).collect(),
            rows: entries.iter().map(row).collect(),
            null: "",
        }
    }
}

/// The effect in a word.
fn does(access: Access) -> &'static str {
    match access {
        Access::Read => "read",
        Access::Write => "write",
        Access::Destroy => "destroy",
    }
}

fn described(entry: &Entry) -> Value {
    let mut text = entry.spec.description.to_owned();
    if !entry.spec.aliases.is_empty() {
        text.push_str(&format!(
            " (also answers to: {})",
            entry.spec.aliases.join(", ")
        ));
    }
    text.into()
}

/// What a model sees of a tool, in tokens.
fn tokens(entry: &Entry) -> u64 {
    let seen = json!({
        "name": entry.tool.name,
        "description": entry.tool.description,
        "inputSchema": *entry.tool.input_schema,
    });
    (seen.to_string().len() as f64 / BYTES).round() as u64
}
