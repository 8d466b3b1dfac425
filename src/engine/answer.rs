//! Shows what came: one object, one long text, or a list.

use serde_json::{Map, Value, json};

use super::pages::Rows;
use crate::catalog::{Format, Kind, Plan, Shape, only_reads};
use crate::shape::{self, Answer, Window};

/// Characters of an argument that are repeated.
const SHOWN: usize = 200;

/// The answer that shows one object, of which `window` is the first field where that is a long text.
pub(super) fn one(
    tool: &str,
    plan: &Plan,
    mut shown: Value,
    window: Option<Window>,
    (arguments, room): (&Map<String, Value>, usize),
) -> Answer {
    let shape = &plan.shape;
    if let Some(offset) = offset(shape, arguments) {
        return plain(shape, shown, window, (offset, room));
    }
    shape::fit_json_to(&mut shown, room);
    let is_empty = shown.as_object().is_some_and(Map::is_empty);
    if let (Some(shown), false) = (shown.as_object_mut(), shape.note.is_empty()) {
        let own = shown.get("note").and_then(Value::as_str);
        let note = own.map_or_else(
            || shape.note.to_owned(),
            |own| format!("{own}; {}", shape.note),
        );
        shown.insert("note".to_owned(), note.into());
    }
    if is_empty {
        // The service says nothing more.
        let mut answer = said_nothing(tool, plan, arguments);
        if let (Some(facts), false) = (answer.structured.as_object_mut(), shape.note.is_empty()) {
            answer.text.push('\n');
            answer.text.push_str(shape.note);
            facts.insert("note".to_owned(), shape.note.into());
        }
        return answer;
    }
    Answer::json(shown)
}

/// The answer where the service answers with nothing: that nothing was found, or what was done to which thing.
fn said_nothing(tool: &str, plan: &Plan, arguments: &Map<String, Value>) -> Answer {
    let request = &plan.request;
    let mut facts = Map::new();
    for argument in request.arguments {
        let Some(value) = arguments.get(argument.name) else {
            continue;
        };
        if argument.names_what_is_written() {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), ToOwned::to_owned);
            facts.insert(
                argument.name.to_owned(),
                shape::one_line(&text, SHOWN).into(),
            );
        }
    }
    for (name, text) in plan.shape.says {
        facts.insert((*name).to_owned(), (*text).into());
    }
    let named: Vec<String> = facts
        .iter()
        .map(|(name, text)| format!("{name} `{}`", text.as_str().unwrap_or_default()))
        .collect();
    let named = named.join(", ");
    let of = if named.is_empty() { "" } else { ": " };
    if matches!(request.verb, "GET" | "HEAD") || only_reads(request.operation) {
        let text = format!("`{tool}` found nothing{of}{named}");
        return Answer::new(text, Value::Object(Map::new()));
    }
    let text = format!("Done, `{tool}`{of}{named}");
    Answer::new(text, Value::Object(facts))
}

/// The character from which a long text is shown; `None` where the answer is not one.
pub(super) fn offset(shape: &Shape, arguments: &Map<String, Value>) -> Option<usize> {
    if shape.format != Format::Plain {
        return None;
    }
    let offset = arguments.get("offset").and_then(Value::as_u64);
    Some(usize::try_from(offset.unwrap_or(0)).unwrap_or(usize::MAX))
}

/// The answer that is one long text: as much as fits, and where to go on.
fn plain(
    shape: &Shape,
    mut shown: Value,
    window: Option<Window>,
    (offset, room): (usize, usize),
) -> Answer {
    let name = shape.fields.first().map_or("", |field| field.name);
    let whole = || Window::of(&shape::text_at(&shown, name), offset);
    // What is no text was left as it came.
    let is_base64 = shape
        .fields
        .first()
        .is_some_and(|field| field.kind == Kind::Base64)
        && window.is_none()
        && shape::is_base64_of_no_text(&shape::text_at(&shown, name));
    let is_base64 = is_base64 || shape::text_at(&shown, "encoding") == "base64";
    let Window { mut part, total } = window.unwrap_or_else(whole);
    // The window was taken without regard to the room of this call.
    if let Some((end, _)) = part.char_indices().nth(room) {
        part.truncate(end);
    }
    let end = offset.saturating_add(part.chars().count());
    let mut text = part.clone();
    if let Some(object) = shown.as_object_mut() {
        object.insert(name.to_owned(), part.into());
        if is_base64 {
            object.insert("encoding".to_owned(), json!("base64"));
            text.push_str("\n[no text: these are its bytes, encoding: base64]");
        }
        if end < total {
            object.insert("next_offset".to_owned(), json!(end));
            object.insert("total_characters".to_owned(), json!(total));
            text.push_str(&format!(
                "\n[characters {offset} to {end} of {total}; `offset: {end}` goes on]"
            ));
        }
    }
    Answer::new(text, shown)
}

/// The values of a row under these names. A row has them in this order as a rule, which saves looking them up.
fn cells<'a>(row: &'a Value, names: &[&str]) -> impl Iterator<Item = Option<&'a Value>> {
    let mut members = row.as_object().into_iter().flatten().peekable();
    names.iter().map(move |name| {
        let next = members.next_if(|(member, _)| member == name);
        next.map(|(_, value)| value).or_else(|| row.get(name))
    })
}

/// Shortens what is longest in a row, and returns what that was.
fn shortened(row: &mut Value, room: usize) -> Option<String> {
    let mut held = json!({ "row": row.take() });
    shape::fit_json_to(&mut held, room);
    let held = held.as_object_mut()?;
    *row = held.remove("row")?;
    held.get("cut")
        .map(|parts| shape::one_line(&parts.to_string(), SHOWN))
}

/// The answer that lists rows: as many as fit, and the cursor of the rest.
pub(super) fn list(
    shape: &Shape,
    (format, names): (Format, &[&str]),
    mut found: Rows,
    room: usize,
) -> Answer {
    let key = shape.items.rsplit('.').next().unwrap_or(shape.items);
    let line = |row: &Value| match format {
        Format::Grid => shape::grid_row(cells(row, names)),
        Format::Json | Format::Plain => format!("{row}\n"),
    };
    let mut lines: Vec<String> = found.rows.iter().map(line).collect();
    let mut cut = None;
    // At least one row is shown, and one alone may be longer than an answer.
    if let (Some(first), Some(row)) = (lines.first_mut(), found.rows.first_mut())
        && first.len() > room
    {
        cut = shortened(row, room);
        *first = line(row);
    }
    let count = shape::fit_rows(&lines, room);
    let cursor = found.cursor(count);
    let lines = lines.into_iter().take(count);
    let mut text = match format {
        // Where more follow, nobody knows yet that there is nothing.
        _ if count == 0 && cursor.is_some() => String::new(),
        _ if count == 0 => shape.empty.to_owned(),
        Format::Grid => shape::grid(names, lines),
        Format::Json | Format::Plain => lines.collect(),
    };
    found.rows.truncate(count);
    let mut structured = Map::new();
    structured.insert(key.to_owned(), found.rows.into());
    if let Some(cursor) = cursor {
        let line = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        text.push_str(&format!(
            "{line}{}, more follow: `cursor: \"{cursor}\"`\n",
            shape::counted(count, "row")
        ));
        structured.insert("next_cursor".to_owned(), cursor.into());
    }
    let broke_off = found.broke_off.take();
    let broke_off =
        broke_off.map(|reason| format!("the list is not whole, reading on failed: {reason}"));
    let cut = cut.map(|parts| format!("the row is too long, so that parts of it are cut: {parts}"));
    let notes = found.note.take().into_iter().chain(broke_off);
    let notes: Vec<String> = notes.chain(cut).collect();
    if !notes.is_empty() {
        let note = notes.join("; ");
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&format!("{note}\n"));
        structured.insert("note".to_owned(), note.into());
    }
    Answer::new(text, structured.into())
}
