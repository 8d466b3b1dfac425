//! Answers of tools as commands print them: rows as a table, everything else as text; or JSON for programs.

use databricks_mcp::shape::printable;
use serde_json::{Map, Value, json};

use super::session::Answered;
use super::table::{Look, Table};

/// Members that say how the rest is to be had, not what there is.
const ASIDE: [&str; 5] = [
    "note",
    "next_cursor",
    "next_offset",
    "truncated",
    "has_more",
];

/// A form of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// For people.
    Shown,
    /// One JSON value.
    Json,
    /// Rows for spreadsheets.
    Csv,
}

/// An answer in its form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Printed {
    /// For stdout or a file.
    pub(super) data: String,
    /// Beside the data: what is missing and how to get it.
    pub(super) notes: Vec<String>,
}

/// The answer in this form.
///
/// # Errors
/// There are no rows to make CSV of.
pub(super) fn printed(answer: &Answered, form: Form, look: Look) -> Result<Printed, String> {
    let (data, notes) = match form {
        Form::Json => {
            let value = answer.structured.clone();
            let value = value.unwrap_or_else(|| json!({ "text": answer.text }));
            (json_text(&value), Vec::new())
        }
        Form::Csv => match answer.structured.as_ref().and_then(rows) {
            Some(found) => (csv(&found.table, true, look), found.notes),
            None => return Err("the answer has no rows to make CSV of".to_owned()),
        },
        Form::Shown => match answer.structured.as_ref().and_then(rows) {
            Some(found) => (found.shown(look), found.notes),
            None => (text(&answer.text), Vec::new()),
        },
    };
    Ok(Printed { data, notes })
}

/// CSV as it is, for files and pipes; a terminal is not to be steered by it.
pub(super) fn csv(table: &Table, names: bool, look: Look) -> String {
    let text = table.csv(names);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    if look.width.is_some() {
        return printable(text).into_owned();
    }
    text.to_owned()
}

/// JSON that steers no terminal: of control characters, serde leaves those beyond ASCII as they are.
pub(super) fn json_text(value: &Value) -> String {
    printable(&format!("{value:#}")).into_owned()
}

/// Text as a terminal may show it; JSON in it is set out on lines.
fn text(text: &str) -> String {
    let json = serde_json::from_str::<Value>(text).ok();
    match json.filter(|value| value.is_object() || value.is_array()) {
        Some(value) => json_text(&value),
        None => printable(text).into_owned(),
    }
}

/// Rows found in an answer.
pub(super) struct Rows {
    pub(super) table: Table,
    /// Facts beside the rows.
    facts: Vec<String>,
    pub(super) notes: Vec<String>,
}

impl Rows {
    fn shown(&self, look: Look) -> String {
        let mut parts = self.facts.clone();
        if !self.table.columns.is_empty() {
            parts.push(self.table.drawn(look));
        }
        parts.join("\n")
    }
}

/// The rows of an answer: those of SQL, or its one list of objects.
pub(super) fn rows(structured: &Value) -> Option<Rows> {
    let answer = structured.as_object()?;
    of_sql(answer).or_else(|| of_list(answer))
}

fn of_sql(answer: &Map<String, Value>) -> Option<Rows> {
    let columns = answer.get("columns")?.as_array()?;
    let rows = answer.get("rows")?.as_array()?;
    let names = columns
        .iter()
        .map(|column| Some(column.get("name")?.as_str()?.to_owned()));
    let table = Table {
        columns: names.collect::<Option<_>>()?,
        rows: rows
            .iter()
            .map(|row| Some(row.as_array()?.clone()))
            .collect::<Option<_>>()?,
        null: "NULL",
    };
    let mut notes = notes(answer);
    let finished = answer.get("state").and_then(Value::as_str);
    if table.columns.is_empty()
        || finished.is_some_and(|state| ["PENDING", "RUNNING"].contains(&state))
    {
        let said = ["state", "statement_id", "path"]
            .iter()
            .filter_map(|name| Some(format!("{name}: {}", answer.get(*name)?.as_str()?)));
        notes.splice(0..0, said);
    }
    Some(Rows {
        table,
        facts: Vec::new(),
        notes,
    })
}

/// The one list of objects among facts.
fn of_list(answer: &Map<String, Value>) -> Option<Rows> {
    let mut lists = answer.iter().filter(|(_, value)| value.is_array());
    let (name, list) = lists.next()?;
    if lists.next().is_some() || answer.values().any(Value::is_object) {
        return None;
    }
    let objects: Vec<&Map<String, Value>> = list
        .as_array()?
        .iter()
        .map(Value::as_object)
        .collect::<Option<_>>()?;
    let mut columns: Vec<String> = Vec::new();
    for key in objects.iter().flat_map(|object| object.keys()) {
        if !columns.contains(key) {
            columns.push(key.clone());
        }
    }
    let row = |object: &&Map<String, Value>| {
        let values = columns
            .iter()
            .map(|key| object.get(key).cloned().unwrap_or_default());
        values.collect()
    };
    let rows = objects.iter().map(row).collect();
    let facts = answer
        .iter()
        .filter(|(key, value)| *key != name && !value.is_null() && !ASIDE.contains(&key.as_str()));
    let facts = facts.map(|(key, value)| format!("{key}: {}", plain(value)));
    let mut notes = notes(answer);
    if objects.is_empty() {
        notes.insert(0, format!("no {}", name.replace('_', " ")));
    }
    Some(Rows {
        table: Table {
            columns,
            rows,
            null: "",
        },
        facts: facts.collect(),
        notes,
    })
}

fn notes(answer: &Map<String, Value>) -> Vec<String> {
    let note = answer
        .get("note")
        .filter(|note| note.is_string())
        .map(plain);
    let cursor = answer
        .get("next_cursor")
        .filter(|cursor| cursor.is_string());
    let cursor = cursor.map(|cursor| format!("there is more: cursor={}", plain(cursor)));
    note.into_iter().chain(cursor).collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => printable(text).into_owned(),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn shown(structured: Value, text: &str, form: Form) -> Printed {
        let answer = Answered {
            text: text.to_owned(),
            structured: Some(structured),
        };
        printed(&answer, form, Look::default()).unwrap()
    }

    #[test]
    fn a_list_of_objects_is_a_table_with_its_facts_above_and_what_is_missing_beside() {
        let answer = json!({
            "total": 3, "jobs": [{ "id": 1, "name": "a" }, { "id": 20, "tags": ["x"] }], "next_cursor": "c9",
        });
        let Printed { data, notes } = shown(answer, "", Form::Shown);
        let lines: Vec<&str> = data.lines().collect();
        assert_eq!(lines.first(), Some(&"total: 3"));
        assert_eq!(lines.get(1), Some(&"id  name  tags"));
        assert_eq!(lines.get(4), Some(&"20        [\"x\"]"), "{data}");
        assert_eq!(notes, ["there is more: cursor=c9"]);
    }

    #[test]
    fn what_is_no_table_is_its_text_and_json_is_set_out() {
        let nested = json!({ "job": { "id": 1 }, "tasks": [{ "a": 1 }] });
        assert_eq!(
            shown(nested.clone(), "{\"a\":1}", Form::Shown).data,
            "{\n  \"a\": 1\n}"
        );
        assert_eq!(
            shown(nested, "plain \u{1b}[2J", Form::Shown).data,
            "plain \\u001b[2J"
        );
    }

    #[test]
    fn no_form_steers_a_terminal() {
        let evil = "\u{9b}2J\u{1b}]0;x\u{7}";
        let answer = Answered {
            text: evil.to_owned(),
            structured: Some(json!({ "columns": [{ "name": evil }], "rows": [[evil]] })),
        };
        let look = Look {
            width: Some(80),
            coloured: false,
        };
        for form in [Form::Shown, Form::Json, Form::Csv] {
            let data = printed(&answer, form, look).unwrap().data;
            assert!(
                !data.contains(|c: char| c.is_control() && !"\r\n".contains(c)),
                "{data:?}"
            );
        }
        let json = printed(&answer, Form::Json, look).unwrap().data;
        let read: Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read.pointer("/rows/0/0"), Some(&json!(evil)));
    }

    #[test]
    fn programs_get_one_value() {
        let answer = Answered {
            text: "fine".to_owned(),
            structured: None,
        };
        let json = printed(&answer, Form::Json, Look::default()).unwrap().data;
        assert_eq!(
            serde_json::from_str::<Value>(&json).unwrap(),
            json!({ "text": "fine" })
        );
        assert!(printed(&answer, Form::Csv, Look::default()).is_err());
    }

    #[test]
    fn a_statement_without_rows_says_how_it_ended_beside_the_data() {
        let answer =
            json!({ "columns": [], "rows": [], "state": "SUCCEEDED", "statement_id": "s1" });
        let Printed { data, notes } = shown(answer, "", Form::Shown);
        assert_eq!(data, "");
        assert_eq!(notes, ["state: SUCCEEDED", "statement_id: s1"]);
    }
}
