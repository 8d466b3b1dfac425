//! One statement from its text to all of the rows that are wanted.

use databricks_mcp::error::Error;
use serde_json::{Map, Value, json};

use crate::cli::session::{Answered, Session, Told};

/// The tool that runs a statement.
pub(super) const TOOL: &str = "execute_sql";
/// The tool that reads on.
const READS_ON: &str = "get_statement";
/// Rows of one answer at most.
const PAGE: u64 = 10_000;

/// Where statements run, and how many of their rows are wanted.
pub(super) struct Runner {
    pub(super) session: Session,
    pub(super) catalog: Option<String>,
    pub(super) schema: Option<String>,
    pub(super) warehouse: Option<String>,
    /// None for all.
    pub(super) rows: Option<u64>,
}

impl Runner {
    /// Runs a statement and reads its rows, however many answers they take. Returns the end and how many rows there
    /// were. `each` may take the rows out of every answer as it comes; it is told which is the first.
    pub(super) async fn run(
        &self,
        statement: &str,
        mut each: impl FnMut(&mut Answered, bool),
    ) -> Result<(Told, u64), Error> {
        let mut arguments = Map::new();
        arguments.insert("statement".to_owned(), statement.into());
        arguments.insert("max_rows".to_owned(), self.wanted(0).into());
        let places = [
            ("catalog", &self.catalog),
            ("schema", &self.schema),
            ("warehouse_id", &self.warehouse),
        ];
        for (name, place) in places {
            if let Some(place) = place {
                arguments.insert(name.to_owned(), place.as_str().into());
            }
        }
        let mut all = match self.session.call(TOOL, arguments).await? {
            Told::Answer(answered) => answered,
            other => return Ok((other, 0)),
        };
        let mut there = count(&all);
        each(&mut all, true);
        while let Some(next) = next(&all).filter(|_| self.wanted(there) > 0) {
            let arguments = json!({
                "statement_id": member(&all, "statement_id"),
                "offset": next,
                "max_rows": self.wanted(there),
            });
            let Value::Object(arguments) = arguments else {
                break;
            };
            let mut page = match self.session.call(READS_ON, arguments).await? {
                Told::Answer(page) => page,
                other => return Ok((other, there)),
            };
            let more = count(&page);
            if more == 0 {
                // It would go on for ever.
                break;
            }
            there += more;
            each(&mut page, false);
            append(&mut all, page);
        }
        remark(&mut all, there);
        Ok((Told::Answer(all), there))
    }

    /// Rows to ask for, of which so many are there.
    fn wanted(&self, there: u64) -> u64 {
        self.rows
            .map_or(PAGE, |rows| rows.saturating_sub(there).min(PAGE))
    }
}

fn member<'a>(answered: &'a Answered, name: &str) -> Option<&'a Value> {
    answered.structured.as_ref()?.get(name)
}

fn next(answered: &Answered) -> Option<u64> {
    member(answered, "next_offset")?.as_u64()
}

fn count(answered: &Answered) -> u64 {
    let rows = member(answered, "rows").and_then(Value::as_array);
    rows.map_or(0, |rows| rows.len() as u64)
}

/// Adds a page to the rows before it; what it says of the rest replaces what they said.
fn append(all: &mut Answered, page: Answered) {
    let (Some(Value::Object(all)), Some(Value::Object(mut page))) =
        (&mut all.structured, page.structured)
    else {
        return;
    };
    if let (Some(Value::Array(rows)), Some(Value::Array(more))) =
        (all.get_mut("rows"), page.shift_remove("rows"))
    {
        rows.extend(more);
    }
    for name in ["next_offset", "truncated"] {
        match page.shift_remove(name) {
            Some(value) => all.insert(name.to_owned(), value),
            None => all.shift_remove(name),
        };
    }
    // A value that was cut in any page is missing in the whole.
    if let Some(Value::String(note)) = page.shift_remove("note") {
        let before = all.get("note").and_then(Value::as_str).unwrap_or_default();
        all.insert("note".to_owned(), format!("{before}\n{note}").into());
    }
}

/// Says in a person's words what is missing; how an agent reads on is of no use to them.
fn remark(all: &mut Answered, shown: u64) {
    let total = member(all, "total_rows").and_then(Value::as_u64);
    let more = next(all).is_some();
    let Some(Value::Object(page)) = &mut all.structured else {
        return;
    };
    let note = page.shift_remove("note");
    let mut said: Vec<&str> = Vec::new();
    for line in note
        .as_ref()
        .and_then(Value::as_str)
        .unwrap_or_default()
        .lines()
    {
        if !line.contains("get_statement")
            && !line.contains("`statement_id`")
            && !said.contains(&line)
        {
            said.push(line);
        }
    }
    let mut note = said.join("\n");
    if more {
        let of = total.map_or_else(String::new, |total| format!(" of {total}"));
        note = format!("rows shown: {shown}{of}; `--rows` shows more, 0 all of them\n{note}");
    }
    let note = note.trim();
    if !note.is_empty() {
        page.insert("note".to_owned(), note.into());
    }
}
