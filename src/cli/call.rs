//! `call`: one call of a tool from the shell.

use clap::Args;
use databricks_mcp::error::Error;
use serde_json::{Map, Value};

use super::answer::{self, Form, Printed};
use super::exits::{self, Exit};
use super::flags::{Calling, Serving};
use super::save::Save;
use super::served::{for_calls, runtime};
use super::session::{Session, Told};
use super::settings::Sources;
use super::table::Look;
use super::{arguments, say};

/// The command line of `call`.
#[derive(Args)]
#[command(after_help = exits::HELP)]
pub(super) struct Call {
    /// Name or alias of the tool; `list-tools --toolsets all` prints them
    tool: String,
    /// `key=value`, `key:=JSON` or `key=@FILE` each, one JSON object, or `-` for JSON from stdin
    #[arg(value_name = "ARGUMENT")]
    arguments: Vec<String>,
    #[command(flatten)]
    shown: Shown,
    #[command(flatten)]
    serving: Serving,
    #[command(flatten)]
    calling: Calling,
}

/// The form and the place of an answer.
#[derive(Args)]
pub(super) struct Shown {
    /// Print the answer as one JSON value
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    save: Save,
}

/// The flags that say what may be called.
pub(super) struct Allowed<'a> {
    pub(super) serving: &'a Serving,
    pub(super) calling: &'a Calling,
}

/// Calls the tool.
pub(super) fn run(sources: &Sources, call: &Call) -> Result<Exit, Error> {
    let Call {
        tool,
        arguments: words,
        shown,
        serving,
        calling,
    } = call;
    let allowed = Allowed { serving, calling };
    one(sources, &allowed, tool, shown, |tool, schema| {
        arguments::read(tool, words, schema)
    })
}

/// Calls one tool with the arguments that are read by its schema, and prints its answer.
pub(super) fn one(
    sources: &Sources,
    allowed: &Allowed<'_>,
    tool: &str,
    shown: &Shown,
    read: impl FnOnce(&str, &Map<String, Value>) -> Result<Map<String, Value>, Error>,
) -> Result<Exit, Error> {
    shown.save.check()?;
    let runtime = runtime()?;
    let server = for_calls(sources, allowed.serving, allowed.calling, &runtime)?;
    let entry = server.inventory().find(tool)?;
    let arguments = read(entry.spec.name, &entry.tool.input_schema)?;
    let name = entry.spec.name;
    let told = runtime.block_on(async {
        let session = Session::open(server).await?;
        let told = session.call(name, arguments).await;
        session.close().await;
        told
    });
    // A question that was interrupted still reads stdin; do not wait for it.
    runtime.shutdown_background();
    shown.tell(told?)
}

impl Shown {
    /// Prints the end of a call: data to stdout or its file, everything else to stderr.
    fn tell(&self, told: Told) -> Result<Exit, Error> {
        match told {
            Told::Answer(answered) => {
                let form = if self.json {
                    Some(Form::Json)
                } else {
                    self.save.form()
                };
                let look = if self.save.is_wanted() {
                    Look::default()
                } else {
                    Look::of_stdout()
                };
                let form = form.unwrap_or(Form::Shown);
                let printed = answer::printed(&answered, form, look);
                let Printed { mut data, notes } = printed.map_err(|reason| Error::Local {
                    path: "--save".to_owned(),
                    reason,
                    hint: Some("save it as `.json` or `.txt`".to_owned()),
                })?;
                if form == Form::Csv && self.save.is_wanted() {
                    // The end of the last row, which may be an empty line.
                    data.push('\n');
                }
                match self.save.write(&data)? {
                    Some(path) => say::aside(&format!("wrote {}", path.display())),
                    None => say::data(&data),
                }
                notes.iter().for_each(|note| say::aside(note));
                Ok(Exit::Done)
            }
            Told::Failure { text, state, exit } => {
                if let Some(state) = state.filter(|_| self.json) {
                    say::data(&answer::json_text(&state));
                }
                say::error(&text);
                Ok(exit)
            }
            Told::Interrupted => {
                say::error("interrupted");
                Ok(Exit::Interrupted)
            }
        }
    }
}
