//! Edits of a notebook: what is asked for, done to the cells as they were read.

use schemars::JsonSchema;
use serde::Deserialize;

use super::diff::Change;
use super::source::{Cell, Readable, Source};

/// One edit. Numbers of cells are those of the notebook as it was read, whatever edits come before.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    #[serde(rename = "do")]
    what: What,
    /// Number of a cell, from 1; `insert` puts the new one before it
    #[serde(default)]
    cell: Option<usize>,
    /// Whole text of the cell; begin with %sql, %md … for another language
    #[serde(default)]
    source: Option<String>,
    /// Title of the cell; empty takes it away
    #[serde(default)]
    title: Option<String>,
    /// For `move`: the cell before which it goes; left out: the end
    #[serde(default)]
    to: Option<usize>,
    /// For `replace_text`: text to find, which must occur once
    #[serde(default)]
    find: Option<String>,
    /// For `replace_text`: what to put there
    #[serde(default)]
    with: Option<String>,
    /// For `replace_text`: every occurrence
    #[serde(default)]
    all: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum What {
    Replace,
    Insert,
    Delete,
    Move,
    ReplaceText,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Replace => "replace",
            Self::Insert => "insert",
            Self::Delete => "delete",
            Self::Move => "move",
            Self::ReplaceText => "replace_text",
        }
    }
}

impl Edit {
    /// The reason why the edit cannot be meant, whatever the notebook holds.
    pub(super) fn problem(&self) -> Option<String> {
        let what = self.what.name();
        let needs = match self.what {
            What::Replace if self.cell.is_none() => "`cell`",
            What::Replace if self.source.is_none() && self.title.is_none() => "`source` or `title`",
            What::Insert if self.source.is_none() => "`source`",
            What::Delete | What::Move if self.cell.is_none() => "`cell`",
            What::ReplaceText if self.find.as_deref().is_none_or(str::is_empty) => "`find`",
            What::ReplaceText if self.with.is_none() => "`with`",
            _ => {
                let strange = match self.what {
                    What::Replace | What::Insert => {
                        self.to.is_some() || self.find.is_some() || self.with.is_some()
                    }
                    What::Delete => self.to.is_some() || self.source.is_some(),
                    What::Move => self.source.is_some() || self.find.is_some(),
                    What::ReplaceText => self.source.is_some() || self.to.is_some(),
                };
                return strange.then(|| format!("`{what}` does not take all of these fields"));
            }
        };
        Some(format!("`{what}` needs {needs}"))
    }
}

/// A cell under way, with its number where it was there before.
struct Item {
    was: Option<usize>,
    is_moved: bool,
    cell: Cell,
}

/// Does the edits in their order.
///
/// # Errors
/// A cell is not there, a text is not found or found more than once, or a text would be several cells. Then nothing
/// was done.
pub(super) fn apply(source: &mut Source, edits: &[Edit]) -> Result<Vec<Change>, String> {
    let before: Vec<Cell> = source.cells().cloned().collect();
    let numbered = before.iter().cloned().zip(1..);
    let mut items: Vec<Item> = numbered
        .map(|(cell, was)| Item {
            was: Some(was),
            is_moved: false,
            cell,
        })
        .collect();
    for edit in edits {
        one(source, &mut items, before.len(), edit)?;
    }
    let cells = items.len();
    let changes = changes(&before, &items);
    let parsed = source.reparsed();
    if parsed.len() != cells {
        return Err(
            "a text holds a line that separates cells: insert its parts as cells of their own"
                .to_owned(),
        );
    }
    Ok(changes)
}

fn one(
    source: &mut Source,
    items: &mut Vec<Item>,
    count: usize,
    edit: &Edit,
) -> Result<(), String> {
    let place = |items: &[Item], number: usize| {
        let found = items.iter().position(|item| item.was == Some(number));
        found.ok_or_else(|| match number {
            1.. if number <= count => format!("cell {number} was deleted by an edit before"),
            _ => format!("there is no cell {number}: the notebook has {count}"),
        })
    };
    match edit.what {
        What::Replace => {
            let at = place(items, edit.cell.unwrap_or_default())?;
            let Some(item) = items.get_mut(at) else {
                return Ok(());
            };
            let mut readable = item.cell.readable();
            if let Some(text) = &edit.source {
                readable.text.clone_from(text);
            }
            if edit.title.is_some() {
                readable.title.clone_from(&edit.title);
            }
            item.cell = source.cell(&readable);
            source.replace(at, item.cell.clone());
        }
        What::Insert => {
            let at = match edit.cell {
                Some(number) => place(items, number)?,
                None => items.len(),
            };
            let cell = source.cell(&Readable {
                title: edit.title.clone(),
                text: edit.source.clone().unwrap_or_default(),
            });
            source.insert(at, cell.clone());
            let item = Item {
                was: None,
                is_moved: false,
                cell,
            };
            items.insert(at, item);
        }
        What::Delete => {
            let at = place(items, edit.cell.unwrap_or_default())?;
            source.remove(at);
            items.remove(at);
        }
        What::Move => {
            if edit.to == edit.cell {
                return Err("a cell is moved before another one, not before itself".to_owned());
            }
            let from = place(items, edit.cell.unwrap_or_default())?;
            if let Some(to) = edit.to {
                place(items, to)?;
            }
            let mut item = items.remove(from);
            source.remove(from);
            let to = match edit.to {
                Some(number) => place(items, number)?,
                None => items.len(),
            };
            item.is_moved = true;
            source.insert(to, item.cell.clone());
            items.insert(to, item);
        }
        What::ReplaceText => replace_text(source, items, edit, &place)?,
    }
    Ok(())
}

/// Finds the item of the cell with this number.
type Finder<'a> = dyn Fn(&[Item], usize) -> Result<usize, String> + 'a;

fn replace_text(
    source: &mut Source,
    items: &mut [Item],
    edit: &Edit,
    place: &Finder<'_>,
) -> Result<(), String> {
    let only = edit.cell.map(|number| place(items, number)).transpose()?;
    let plain = |text: &Option<String>| text.as_deref().unwrap_or_default().replace("\r\n", "\n");
    let (find, with) = (plain(&edit.find), plain(&edit.with));
    let mut found = Vec::new();
    for (at, item) in items.iter().enumerate() {
        if only.is_none_or(|only| only == at) {
            let readable = item.cell.readable();
            let times = readable.text.matches(&find).count();
            found.extend((times > 0).then_some((at, times, readable)));
        }
    }
    let times: usize = found.iter().map(|(_, times, _)| times).sum();
    let quoted = crate::shape::one_line(&find, 80);
    if times == 0 {
        let place = edit.cell.map_or_else(
            || "the notebook".to_owned(),
            |number| format!("cell {number}"),
        );
        return Err(format!("`{quoted}` does not occur in {place}"));
    }
    if times > 1 && !edit.all {
        let cells: Vec<String> = found
            .iter()
            .take(20)
            .map(|(at, ..)| match items.get(*at).and_then(|item| item.was) {
                Some(number) => number.to_string(),
                None => "a new one".to_owned(),
            })
            .collect();
        return Err(format!(
            "`{quoted}` occurs {times} times, in cells {}: find a longer text, name the `cell`, or give `all: true`",
            cells.join(", ")
        ));
    }
    for (at, _, mut readable) in found {
        readable.text = readable.text.replace(&find, &with);
        let cell = source.cell(&readable);
        source.replace(at, cell.clone());
        if let Some(item) = items.get_mut(at) {
            item.cell = cell;
        }
    }
    Ok(())
}

/// The differences between the cells before and after.
fn changes(before: &[Cell], items: &[Item]) -> Vec<Change> {
    let mut changes = Vec::new();
    for (cell, was) in before.iter().zip(1..) {
        if !items.iter().any(|item| item.was == Some(was)) {
            let from = cell.readable();
            changes.push(Change::Deleted { was, from });
        }
    }
    for (item, is) in items.iter().zip(1..) {
        let to = item.cell.readable();
        let Some(was) = item.was else {
            changes.push(Change::Inserted { is, to });
            continue;
        };
        let from = before.get(was - 1).map(Cell::readable);
        match from {
            Some(from) if from != to => changes.push(Change::Replaced { was, is, from, to }),
            _ if item.is_moved => changes.push(Change::Moved { was, is }),
            _ => {}
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;
    use crate::behaviours::notebooks::diff;
    use crate::behaviours::notebooks::language::Language;

    const TEXT: &str = "# Databricks notebook source\na = 1\n\n# COMMAND ----------\n\n# MAGIC %sql\n# MAGIC SELECT 1\n\n\
                        # COMMAND ----------\n\n# DBTITLE 1,End\na = 3\n";

    fn edited(edits: Value) -> Result<(String, String), String> {
        let edits: Vec<Edit> = serde_json::from_value(edits).unwrap();
        assert_eq!(edits.iter().find_map(Edit::problem), None);
        let mut source = Source::parse(TEXT, Language::Python);
        let changes = apply(&mut source, &edits)?;
        Ok((source.print(), diff::text(&changes)))
    }

    #[test]
    fn each_kind_of_edit_does_what_it_says() {
        let (text, diff) = edited(json!([
            { "do": "replace", "cell": 1, "source": "a = 2\n" },
            { "do": "insert", "cell": 3, "source": "%md\n# Two\n\ntext", "title": "New" },
            { "do": "replace_text", "find": "SELECT 1", "with": "SELECT 2\r\n" },
            { "do": "replace", "cell": 3, "title": "" },
        ]))
        .unwrap();
        assert_eq!(
            text,
            "# Databricks notebook source\na = 2\n\n# COMMAND ----------\n\n# MAGIC %sql\n# MAGIC SELECT 2\n\n\
             # COMMAND ----------\n\n# DBTITLE 1,New\n# MAGIC %md\n# MAGIC # Two\n# MAGIC\n# MAGIC text\n\n\
             # COMMAND ----------\n\na = 3\n"
        );
        assert_eq!(
            diff,
            "@@ cell 1 @@\n-a = 1\n+a = 2\n@@ cell 2 @@\n %sql\n-SELECT 1\n+SELECT 2\n\
             @@ cell 3, new @@\n+[New]\n+%md\n+# Two\n+\n+text\n@@ cell 3 -> 4 @@\n-[End]\n a = 3\n"
        );
    }

    #[test]
    fn numbers_are_those_of_the_notebook_that_was_read() {
        let (text, diff) = edited(json!([
            { "do": "delete", "cell": 1 },
            { "do": "move", "cell": 3, "to": 2 },
            { "do": "insert", "source": "last" },
        ]))
        .unwrap();
        assert_eq!(
            text,
            "# Databricks notebook source\n# DBTITLE 1,End\na = 3\n\n# COMMAND ----------\n\n# MAGIC %sql\n\
             # MAGIC SELECT 1\n\n# COMMAND ----------\n\nlast\n"
        );
        assert_eq!(
            diff,
            "@@ cell 1, deleted @@\n-a = 1\n@@ cell 3 -> 1 @@\n@@ cell 3, new @@\n+last\n"
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_the_way_out() {
        for (edits, wanted) in [
            (json!([{ "do": "delete", "cell": 4 }]), "has 3"),
            (json!([{ "do": "delete", "cell": 0 }]), "no cell 0"),
            (
                json!([{ "do": "delete", "cell": 2 }, { "do": "replace", "cell": 2, "source": "x" }]),
                "was deleted",
            ),
            (
                json!([{ "do": "replace_text", "find": "a = ", "with": "b = " }]),
                "occurs 2 times, in cells 1, 3",
            ),
            (
                json!([{ "do": "replace_text", "find": "a = ", "with": "b = ", "cell": 2 }]),
                "does not occur in cell 2",
            ),
            (
                json!([{ "do": "insert", "source": "x\n# COMMAND ----------\ny" }]),
                "separates cells",
            ),
            (json!([{ "do": "move", "cell": 2, "to": 2 }]), "itself"),
        ] {
            let refused = edited(edits.clone()).unwrap_err();
            assert!(refused.contains(wanted), "{edits}: {refused}");
        }
        let edits: Vec<Edit> = serde_json::from_value(json!([
            { "do": "replace", "source": "x" },
            { "do": "replace_text", "find": "", "with": "x" },
            { "do": "move", "cell": 1, "source": "x" },
        ]))
        .unwrap();
        assert!(edits.iter().all(|edit| edit.problem().is_some()));
    }

    #[test]
    fn every_occurrence_is_replaced_on_request() {
        let edits = json!([{ "do": "replace_text", "find": "a = ", "with": "b = ", "all": true }]);
        let (text, _) = edited(edits).unwrap();
        assert_eq!(text, TEXT.replace("a = ", "b = "));
    }
}
