//! The prompt: statements line by line, with a history that only its user can read.

use std::path::{Path, PathBuf};
use std::time::Instant;

use databricks_mcp::error::Error;
use databricks_mcp::local::states;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::runner::Runner;
use super::shown::{shown, taken};
use super::text::{self, Command};
use crate::cli::answer::Form;
use crate::cli::exits::Exit;
use crate::cli::say;
use crate::cli::session::{Answered, Told};
use crate::cli::settings;
use crate::cli::table::Look;

/// Statements that are kept.
const KEPT: usize = 1_000;

/// The state of a prompt.
struct Prompt<'a> {
    runner: &'a mut Runner,
    runtime: &'a Runtime,
    form: Form,
    timing: bool,
}

/// Opens the prompt, and returns when the person leaves it.
pub(super) fn open(runner: &mut Runner, runtime: &Runtime, form: Form) -> Result<Exit, Error> {
    let fault = |error: ReadlineError| Error::Internal {
        reason: format!("the prompt: {error}"),
    };
    let config = Config::builder()
        .max_history_size(KEPT)
        .map_err(fault)?
        .history_ignore_space(true)
        .build();
    let mut editor: Editor<(), FileHistory> =
        Editor::with_history(config.clone(), FileHistory::with_config(&config)).map_err(fault)?;
    let file = history();
    if let Some(file) = &file {
        // Without one, that of this prompt goes with it.
        let _ = editor.load_history(file);
    }
    let mut prompt = Prompt {
        runner,
        runtime,
        form,
        timing: true,
    };
    say::aside("\\? for help, \\q to leave");
    let mut typed = String::new();
    loop {
        let shown = if typed.is_empty() {
            prompt.name()
        } else {
            "   ...> ".to_owned()
        };
        match editor.readline(&shown) {
            Ok(line) if typed.is_empty() && line.trim().is_empty() => {}
            Ok(line) => {
                let command = if typed.is_empty() {
                    text::command(&line)
                } else {
                    None
                };
                if let Some(command) = command {
                    if command == Command::Quit {
                        return Ok(Exit::Done);
                    }
                    keep(&mut editor, file.as_deref(), &line);
                    prompt.follow(&command)?;
                    continue;
                }
                if !typed.is_empty() {
                    typed.push('\n');
                }
                typed.push_str(&line);
                if text::ends(&typed) {
                    let typed = std::mem::take(&mut typed);
                    keep(&mut editor, file.as_deref(), &typed);
                    prompt.run(&typed)?;
                }
            }
            Err(ReadlineError::Interrupted) => typed.clear(),
            Err(ReadlineError::Eof) => return Ok(Exit::Done),
            Err(error) => return Err(fault(error)),
        }
    }
}

/// The file of the history, which is made for its user alone.
fn history() -> Option<PathBuf> {
    let folder = states(settings::variable)?.join("databricks-mcp");
    std::fs::create_dir_all(&folder).ok()?;
    let file = folder.join("sql_history");
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&file).ok()?;
    Some(file)
}

/// Keeps what was typed, unless it begins with a space. Where it cannot be written, it is there until the end.
fn keep(editor: &mut Editor<(), FileHistory>, file: Option<&Path>, typed: &str) {
    if let (Ok(true), Some(file)) = (editor.add_history_entry(typed), file) {
        let _ = editor.append_history(file);
    }
}

impl Prompt<'_> {
    /// The prompt's own text, which says where names are looked for.
    fn name(&self) -> String {
        let place = [&self.runner.catalog, &self.runner.schema];
        let place: Vec<&str> = place.into_iter().flatten().map(String::as_str).collect();
        if place.is_empty() {
            return "sql> ".to_owned();
        }
        format!("{}> ", place.join("."))
    }

    fn follow(&mut self, command: &Command<'_>) -> Result<(), Error> {
        match command {
            Command::Quit => {}
            Command::Help => say::aside(text::HELP),
            Command::Timing => {
                self.timing = !self.timing;
                say::aside(if self.timing {
                    "timing is on"
                } else {
                    "timing is off"
                });
            }
            Command::Connect(name) => {
                let (catalog, schema) = match name.split_once('.') {
                    Some((catalog, schema)) => (catalog, Some(schema.to_owned())),
                    None => (*name, None),
                };
                self.runner.catalog = Some(catalog.to_owned());
                self.runner.schema = schema;
            }
            Command::Describe("") => {
                let place = (&self.runner.catalog, &self.runner.schema);
                let statement = match place {
                    (None, None) => "SHOW CATALOGS".to_owned(),
                    (Some(catalog), None) => format!("SHOW SCHEMAS IN {}", text::quoted(catalog)),
                    (None, Some(schema)) => format!("SHOW TABLES IN {}", text::quoted(schema)),
                    (Some(catalog), Some(schema)) => {
                        let (catalog, schema) = (text::quoted(catalog), text::quoted(schema));
                        format!("SHOW TABLES IN {catalog}.{schema}")
                    }
                };
                self.one(&statement)?;
            }
            Command::Describe(name) => {
                self.one(&format!("DESCRIBE TABLE {}", text::quoted(name)))?;
            }
            Command::Unknown(word) => {
                say::aside(&format!("there is no `{word}`; \\? shows what there is"));
            }
        }
        Ok(())
    }

    /// Runs what was typed, up to the first statement that fails.
    fn run(&self, typed: &str) -> Result<(), Error> {
        for statement in text::statements(typed) {
            if !self.one(statement)? {
                break;
            }
        }
        Ok(())
    }

    /// Runs one statement. Returns false if it failed, which has been told.
    fn one(&self, statement: &str) -> Result<bool, Error> {
        let since = Instant::now();
        let (form, look) = (self.form, Look::of_stdout());
        let each = |page: &mut Answered, is_first: bool| {
            if form == Form::Csv
                && let Some(rows) = taken(page, is_first, look)
            {
                say::line(&rows);
            }
        };
        let (told, rows) = self.runtime.block_on(self.runner.run(statement, each))?;
        let took = since.elapsed();
        let rows = has_columns(&told).then_some(rows);
        let Ok(data) = shown(told, form, look) else {
            return Ok(false);
        };
        say::data(&data);
        let rows = match rows {
            None => "done".to_owned(),
            Some(rows) => format!("rows: {rows}"),
        };
        if self.timing {
            say::aside(&format!("({rows}, {:.2} s)", took.as_secs_f64()));
        } else {
            say::aside(&format!("({rows})"));
        }
        Ok(true)
    }
}

/// True for an answer that could have rows.
fn has_columns(told: &Told) -> bool {
    let Told::Answer(answered) = told else {
        return false;
    };
    let columns = answered
        .structured
        .as_ref()
        .and_then(|page| page.get("columns"));
    let columns = columns.and_then(Value::as_array);
    columns.is_some_and(|columns| !columns.is_empty())
}
