//! `sql`: statements from the command line, from stdin, or at a prompt.

mod prompt;
mod runner;
mod shown;
mod text;

use std::io::{IsTerminal, Read};

use clap::Args;
use databricks_mcp::error::Error;

use super::answer::Form;
use super::exits::{self, Exit};
use super::flags::{Calling, Serving};
use super::save::Save;
use super::say;
use super::served::{for_calls, runtime};
use super::session::{Answered, Session};
use super::settings::Sources;
use super::table::Look;
use runner::Runner;
use shown::{shown, taken};

/// The command line of `sql`.
#[derive(Args)]
#[command(after_help = exits::HELP)]
pub(super) struct Sql {
    /// Statements with `;` between them, or `-` for those on stdin; without it, a prompt
    statement: Option<String>,
    /// Print the answer of each statement as one JSON value
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// Print rows as CSV
    #[arg(long)]
    csv: bool,
    /// Rows of each statement at most, 0 for all; without it, 1000 of a table and all of JSON and CSV
    #[arg(long, value_name = "N")]
    rows: Option<u64>,
    /// Catalog for names without one
    #[arg(long, value_name = "NAME")]
    catalog: Option<String>,
    /// Schema for names without one
    #[arg(long, value_name = "NAME")]
    schema: Option<String>,
    /// Id of the warehouse; without it, the configured one, or one is chosen
    #[arg(long, value_name = "ID")]
    warehouse: Option<String>,
    #[command(flatten)]
    save: Save,
    #[command(flatten)]
    serving: Serving,
    #[command(flatten)]
    calling: Calling,
}

/// Rows of a table, which a person reads.
const SHOWN: u64 = 1_000;

/// Runs the statements, or opens the prompt.
pub(super) fn run(sources: &Sources, sql: &Sql) -> Result<Exit, Error> {
    sql.save.check()?;
    let given = match sql.statement.as_deref() {
        Some("-") => Some(stdin()?),
        Some(statement) => Some(statement.to_owned()),
        None if std::io::stdin().is_terminal() => None,
        None => Some(stdin()?),
    };
    let runtime = runtime()?;
    let server = for_calls(sources, &sql.serving, &sql.calling, &runtime)?;
    server.inventory().find(runner::TOOL)?;
    let form = sql.form();
    let rows = match (sql.rows, form) {
        (Some(0), _) | (None, Form::Json | Form::Csv) => None,
        (Some(rows), _) => Some(rows),
        (None, Form::Shown) => Some(SHOWN),
    };
    let session = runtime.block_on(Session::open(server))?;
    let mut runner = Runner {
        session,
        catalog: sql.catalog.clone(),
        schema: sql.schema.clone(),
        warehouse: sql.warehouse.clone(),
        rows,
    };
    let exit = match given {
        Some(text) => runtime.block_on(script(&runner, sql, form, &text)),
        None => prompt::open(&mut runner, &runtime, form),
    };
    runtime.block_on(runner.session.close());
    runtime.shutdown_background();
    exit
}

/// Runs one statement after the other, up to the first that fails.
async fn script(runner: &Runner, sql: &Sql, form: Form, script: &str) -> Result<Exit, Error> {
    let mut saved = String::new();
    let mut exit = Exit::Done;
    let look = if sql.save.is_wanted() {
        Look::default()
    } else {
        Look::of_stdout()
    };
    let mut put = |data: &str| {
        if sql.save.is_wanted() {
            saved.push_str(data);
            saved.push('\n');
        } else {
            say::line(data);
        }
    };
    for statement in text::statements(script) {
        let each = |page: &mut Answered, is_first: bool| {
            if form == Form::Csv
                && let Some(rows) = taken(page, is_first, look)
            {
                put(&rows);
            }
        };
        let (told, _) = runner.run(statement, each).await?;
        match shown(told, form, look) {
            Ok(data) if data.is_empty() => {}
            Ok(data) => put(&data),
            Err(failed) => {
                exit = failed;
                break;
            }
        }
    }
    if exit == Exit::Done
        && let Some(path) = sql.save.write(&saved)?
    {
        say::aside(&format!("wrote {}", path.display()));
    }
    Ok(exit)
}

fn stdin() -> Result<String, Error> {
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|error| Error::Local {
        path: "stdin".to_owned(),
        reason: error.to_string(),
        hint: None,
    })?;
    Ok(text)
}

impl Sql {
    fn form(&self) -> Form {
        match (self.json, self.csv) {
            (true, _) => Form::Json,
            (_, true) => Form::Csv,
            _ => self.save.form().unwrap_or(Form::Shown),
        }
    }
}
