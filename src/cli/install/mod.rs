//! `install` and `uninstall`: the entry of this server in a client's own file, and nothing else of that file.
//!
//! Rooms, each using only those before it:
//! - `edit`, changes to a text
//! - `clients`, whose file is where
//! - `file`, files on disk
//! - `ours`, the entry of this program
//! - `notes`, what is left to do

mod clients;
mod edit;
mod file;
mod notes;
mod ours;

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use databricks_mcp::error::Error;
use databricks_mcp::redact;
use databricks_mcp::server::Server;
use databricks_mcp::workspaces::Workspaces;
use serde_json::{Map, Value, json};

use self::clients::{Client, System};
use self::edit::{Place, Trouble};
use self::file::Found;
use super::flags::Serving;
use super::selection;
use super::settings::{Sources, variable};

/// The arguments of `install`.
#[derive(Args)]
pub(super) struct Install {
    /// Client to install into; without it, all clients are listed with their files
    #[arg(value_name = "CLIENT", value_parser = client())]
    client: Option<&'static Client>,
    #[command(flatten)]
    place: Where,
    #[command(flatten)]
    serving: Serving,
    /// Print the entry to paste, and touch no file
    #[arg(long, conflicts_with = "dry_run", requires = "client")]
    print: bool,
    /// Replace an entry of the same name that starts something else
    #[arg(long, requires = "client")]
    force: bool,
    /// The list of clients as JSON
    #[arg(long, conflicts_with = "client")]
    json: bool,
}

/// The arguments of `uninstall`.
#[derive(Args)]
pub(super) struct Uninstall {
    /// Client to remove the entry from
    #[arg(value_name = "CLIENT", value_parser = client())]
    client: &'static Client,
    #[command(flatten)]
    place: Where,
}

/// The place of the entry.
#[derive(Args)]
struct Where {
    /// Name of the entry
    #[arg(long, default_value = "databricks")]
    name: String,
    /// File of the user, or of the open folder
    #[arg(long, value_enum, default_value_t = Scope::User)]
    scope: Scope,
    /// Show the lines that would change, and touch no file
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scope {
    User,
    Project,
}

/// The outcome: data for stdout, and remarks for the person.
#[derive(Default)]
pub(super) struct Told {
    pub(super) data: Option<String>,
    pub(super) remarks: Vec<String>,
}

impl Told {
    fn remark(text: String) -> Self {
        Self {
            remarks: vec![text],
            ..Self::default()
        }
    }
}

/// The clients as values of an argument, which help and completions list.
fn client() -> impl TypedValueParser<Value = &'static Client> {
    let values = clients::ALL.iter();
    let values = values.map(|client| PossibleValue::new(client.name).help(client.title));
    PossibleValuesParser::new(values)
        .try_map(|name| clients::named(&name).ok_or("there is no such client"))
}

/// Writes or prints the entry, or lists the clients.
///
/// # Errors
/// The file cannot be used, or holds another entry of this name.
pub(super) fn install(sources: &Sources, asked: &Install) -> Result<Told, Error> {
    ours::check_name(&asked.place.name)?;
    let Some(client) = asked.client else {
        return Ok(list(&asked.place, asked.json));
    };
    if !asked.serving.0.is_empty() {
        // A server that is to serve what does not exist would not start.
        let selection = selection::resolve(sources, &asked.serving, &[])?;
        Server::new(Workspaces::nowhere(&[]), &selection)?;
    }
    let flags = [sources.flags().as_slice(), asked.serving.0.as_slice()].concat();
    let args = ours::arguments(&flags)?;
    let command = ours::command()?;
    let entry = client.entry(&asked.place.name, &command, &args);
    let notes = || notes::notes(sources, client.name, &command);
    let place = client.place(&asked.place.name);
    if asked.print {
        return Ok(Told {
            data: Some(place.alone(&entry).trim_end().to_owned()),
            remarks: notes(),
        });
    }
    let found = Found::read(asked.place.path(client)?)?;
    let refuse = |trouble| refused(&found, &place, &entry, trouble);
    let text = found.text.as_deref().unwrap_or_default();
    let held = place.servers(text).map_err(refuse)?.unwrap_or_default();
    let held = held.get(place.name);
    let foreign = held.is_some_and(|held| !is_ours(client, held));
    if foreign && !asked.force {
        return Err(Error::Local {
            path: found.path.display().to_string(),
            reason: format!("`{}` there starts something else", place.name),
            hint: Some("give another `--name`, or replace it with `--force`".to_owned()),
        });
    }
    let new = match found.text {
        None => place.alone(&entry),
        Some(_) => place.put(text, &entry, foreign).map_err(refuse)?,
    };
    let shown = found.path.display();
    if found.text.as_deref() == Some(new.as_str()) {
        let mut told = Told::remark(format!(
            "`{}` is in {shown} already, nothing was changed",
            place.name
        ));
        told.remarks.extend(notes());
        return Ok(told);
    }
    if asked.place.dry_run {
        return Ok(difference(&found, &new));
    }
    let keeps = held.is_none_or(|held| !is_as_installed(client, &place, &found, held));
    found.replace(Some(&new), keeps)?;
    let verb = if held.is_some() { "updated" } else { "wrote" };
    let mut told = Told::remark(format!("{verb} `{}` in {shown}", place.name));
    told.remarks.extend(keeps.then(|| kept(&found)).flatten());
    told.remarks
        .push(format!("restart {} to load it", client.title));
    told.remarks.extend(notes());
    Ok(told)
}

/// Removes the entry.
///
/// # Errors
/// The file cannot be used, or the entry of this name starts something else.
pub(super) fn uninstall(asked: &Uninstall) -> Result<Told, Error> {
    let client = asked.client;
    let place = client.place(&asked.place.name);
    let found = Found::read(asked.place.path(client)?)?;
    let shown = found.path.display();
    let refuse = |trouble| refused(&found, &place, &Map::new(), trouble);
    let text = found.text.as_deref().unwrap_or_default();
    let held = place.servers(text).map_err(refuse)?.unwrap_or_default();
    let Some(entry) = held.get(place.name) else {
        let absent = format!("`{}` is not in {shown}, nothing was changed", place.name);
        return Ok(Told::remark(absent));
    };
    if !is_ours(client, entry) {
        return Err(Error::Local {
            path: shown.to_string(),
            reason: format!("`{}` there starts something else", place.name),
            hint: Some("remove it by hand if it is to go".to_owned()),
        });
    }
    let new = without(client, &place, &found, entry).map_err(refuse)?;
    if asked.place.dry_run {
        return Ok(difference(&found, new.as_deref().unwrap_or_default()));
    }
    found.replace(new.as_deref(), true)?;
    let mut told = Told::remark(format!("removed `{}` from {shown}", place.name));
    if new.is_none() {
        told.remarks
            .push("the file held nothing else and is gone".to_owned());
    }
    told.remarks.extend(kept(&found));
    Ok(told)
}

/// Reports whether the file is the backup with this entry in it and nothing else. The backup then stays through a
/// change of the entry, so that `uninstall` still finds the file as it was.
fn is_as_installed(client: &Client, place: &Place<'_>, found: &Found, held: &Value) -> bool {
    let (Some(before), Some(text)) = (found.backed_up(), &found.text) else {
        return false;
    };
    let lacks = |servers: Option<Map<String, Value>>| {
        servers.is_none_or(|servers| !servers.contains_key(place.name))
    };
    let (command, args) = client.command(held);
    let args: Vec<String> = args.into_iter().map(ToOwned::to_owned).collect();
    let entry = client.entry(place.name, command.unwrap_or_default(), &args);
    place.servers(&before).is_ok_and(lacks)
        && place
            .put(&before, &entry, false)
            .is_ok_and(|again| again == *text)
}

/// The text without the entry: as it was before, byte by byte, if nothing else has changed since. Nothing is left of
/// a file that was made for the entry.
fn without(
    client: &Client,
    place: &Place<'_>,
    found: &Found,
    entry: &Value,
) -> Result<Option<String>, Trouble> {
    let before = found.backed_up();
    if is_as_installed(client, place, found, entry) {
        return Ok(before);
    }
    // Was the map of servers there before us?
    let servers = before
        .as_deref()
        .and_then(|text| place.servers(text).ok())
        .flatten();
    let stays = servers.is_some_and(|servers| {
        servers.is_empty() || servers.values().any(|entry| !is_ours(client, entry))
    });
    let text = found.text.as_deref().unwrap_or_default();
    let new = place.take(text, !stays)?;
    // A backup that holds nothing but the entry was made when the entry changed.
    let was_made = before.is_none_or(|before| {
        let held = place.servers(&before).ok().flatten();
        held.is_some_and(|held| held.contains_key(place.name))
            && place.take(&before, true).is_ok_and(|rest| is_bare(&rest))
    });
    Ok((!was_made || !is_bare(&new)).then_some(new))
}

fn is_bare(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    matches!(text.as_str(), "" | "{}")
}

fn is_ours(client: &Client, entry: &Value) -> bool {
    let (command, args) = client.command(entry);
    ours::is_ours(command, &args)
}

fn kept(found: &Found) -> Option<String> {
    found.text.as_ref()?;
    Some(format!("the file as it was: {}", found.backup().display()))
}

/// The error for a file that is left alone, with the entry to paste by hand.
fn refused(
    found: &Found,
    place: &Place<'_>,
    entry: &Map<String, Value>,
    trouble: Trouble,
) -> Error {
    let (reason, hint) = match trouble {
        Trouble::Broken {
            line,
            column,
            reason,
        } => (
            format!("line {line}, column {column}: {reason}"),
            "the file was left alone; mend it and run this again".to_owned(),
        ),
        Trouble::Unsafe(reason) if entry.is_empty() => (
            reason,
            "the file was left alone; remove the entry by hand".to_owned(),
        ),
        Trouble::Unsafe(reason) => (
            reason,
            format!(
                "the file was left alone; put this into it by hand\n{}",
                place.alone(entry).trim_end()
            ),
        ),
    };
    Error::Local {
        path: found.path.display().to_string(),
        reason,
        hint: Some(hint),
    }
}

/// The lines that would change. A line may hold what is not ours, so secrets are taken out.
fn difference(found: &Found, new: &str) -> Told {
    let old: Vec<&str> = found.text.as_deref().unwrap_or_default().lines().collect();
    let new: Vec<&str> = new.lines().collect();
    let same = old
        .iter()
        .zip(&new)
        .take_while(|(old, new)| old == new)
        .count();
    let rest = old.len().min(new.len()) - same;
    let tail = old.iter().rev().zip(new.iter().rev());
    let tail = tail.take(rest).take_while(|(old, new)| old == new).count();
    let mut lines = vec![format!("{}, from line {}", found.path.display(), same + 1)];
    for (mark, all) in [('-', &old), ('+', &new)] {
        let changed = all.iter().take(all.len() - tail).skip(same);
        lines.extend(changed.map(|line| format!("{mark}{}", redact::text(line))));
    }
    Told {
        data: Some(lines.join("\n")),
        remarks: vec!["nothing was written".to_owned()],
    }
}

/// Every client with its file and how it stands.
fn list(place: &Where, as_json: bool) -> Told {
    let rows = clients::ALL.iter().filter_map(|client| {
        let path = place.path(client).ok()?;
        let shown = path.display().to_string();
        Some((client, state(client, &place.name, path), shown))
    });
    let data = if as_json {
        let rows: Vec<Value> = rows
            .map(|(client, state, path)| json!({ "client": client.name, "state": state, "file": path }))
            .collect();
        format!("{:#}", Value::from(rows))
    } else {
        let rows: Vec<String> = rows
            .map(|(client, state, path)| format!("{:<15} {state:<14} {path}", client.name))
            .collect();
        rows.join("\n")
    };
    Told {
        data: Some(data),
        remarks: Vec::new(),
    }
}

fn state(client: &Client, name: &str, path: PathBuf) -> String {
    let place = client.place(name);
    let text = match Found::read(path) {
        Ok(found) => match found.text {
            Some(text) => text,
            None => return "no file".to_owned(),
        },
        Err(_) => return "unreadable".to_owned(),
    };
    match place.servers(&text) {
        Err(Trouble::Broken { line, column, .. }) => format!("broken {line}:{column}"),
        Err(Trouble::Unsafe(_)) => "unusable".to_owned(),
        Ok(servers) => match servers.as_ref().and_then(|servers| servers.get(name)) {
            None => "not installed".to_owned(),
            Some(entry) if is_ours(client, entry) => "installed".to_owned(),
            Some(_) => "another".to_owned(),
        },
    }
}

impl Where {
    /// The path of the client's file.
    fn path(&self, client: &Client) -> Result<PathBuf, Error> {
        let unusable = |reason: String| Error::Setting {
            setting: "--scope",
            reason,
        };
        if self.scope == Scope::Project {
            let folder = std::env::current_dir().map_err(|error| unusable(error.to_string()))?;
            return client.project_file(&folder).ok_or_else(|| {
                unusable(format!(
                    "{} reads no servers from the open folder",
                    client.title
                ))
            });
        }
        client
            .file(System::own(), &variable)
            .ok_or_else(|| unusable("this system names no folder for the user's files".to_owned()))
    }
}
