//! Rows for people and for spreadsheets: a table as wide as the terminal, or CSV.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table as Drawing, TableComponent};
use databricks_mcp::shape::printable;
use serde_json::Value;

use super::terminal;

/// Rows under the names of their columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Table {
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Vec<Value>>,
    /// The text of a value that is null.
    pub(super) null: &'static str,
}

/// The place where a table is shown.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Look {
    /// Columns of the terminal; `None` where each row is to be one line.
    pub(super) width: Option<u16>,
    pub(super) coloured: bool,
}

impl Look {
    /// That of stdout.
    pub(super) fn of_stdout() -> Self {
        Self {
            width: terminal::width(),
            coloured: terminal::is_coloured(),
        }
    }
}

/// Bold, and back.
const BOLD: (&str, &str) = ("\u{1b}[1m", "\u{1b}[0m");

impl Table {
    /// The table as it is shown there, without an end of line.
    pub(super) fn drawn(&self, look: Look) -> String {
        let mut drawing = Drawing::new();
        drawing.load_preset(comfy_table::presets::NOTHING);
        drawing.set_style(TableComponent::HeaderLines, '-');
        drawing.set_style(TableComponent::MiddleHeaderIntersections, '-');
        if let Some(width) = look.width {
            drawing.set_content_arrangement(ContentArrangement::Dynamic);
            drawing.set_width(width);
        }
        drawing.set_header(self.columns.iter().map(|name| cell(name, look)));
        for row in &self.rows {
            drawing.add_row(row.iter().map(|value| cell(&self.text(value), look)));
        }
        for (index, column) in drawing.column_iter_mut().enumerate() {
            column.set_padding((0, 1));
            if self.counts(index) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        let mut lines = drawing.lines();
        let mut drawn = String::new();
        if look.coloured {
            let names = lines.by_ref().take_while(|line| !is_rule(line));
            let names: Vec<String> = names.collect();
            let rule = "-".repeat(
                names
                    .iter()
                    .map(|line| line.len())
                    .max()
                    .unwrap_or_default(),
            );
            for line in names {
                drawn.push_str(&format!("{}{}{}\n", BOLD.0, line.trim_end(), BOLD.1));
            }
            drawn.push_str(&rule);
            drawn.push('\n');
        }
        for line in lines {
            drawn.push_str(line.trim_end());
            drawn.push('\n');
        }
        drawn.truncate(drawn.trim_end_matches('\n').len());
        drawn
    }

    /// The table as CSV, with the names of the columns or only the rows, each line with its end.
    pub(super) fn csv(&self, names: bool) -> String {
        let mut text = String::new();
        if names {
            text = line(self.columns.iter().map(|name| quoted(name)));
        }
        for row in &self.rows {
            text.push_str(&line(row.iter().map(|value| match value {
                // An empty field, which is not the empty text.
                Value::Null => String::new(),
                Value::String(text) if text.is_empty() => "\"\"".to_owned(),
                value => quoted(&self.text(value)),
            })));
        }
        text
    }

    fn text(&self, value: &Value) -> String {
        match value {
            Value::Null => self.null.to_owned(),
            Value::String(text) => text.clone(),
            value => value.to_string(),
        }
    }

    /// True for a column of numbers.
    fn counts(&self, index: usize) -> bool {
        let values = self.rows.iter().filter_map(|row| row.get(index));
        let mut there = values.filter(|value| !value.is_null()).peekable();
        there.peek().is_some() && there.all(Value::is_number)
    }
}

fn is_rule(line: &str) -> bool {
    !line.is_empty() && line.chars().all(|c| c == '-')
}

/// A cell that steers no terminal; where each row is one line, its ends of lines are shown as such.
fn cell(text: &str, look: Look) -> Cell {
    let text = printable(text);
    if look.width.is_some() {
        return Cell::new(text.replace('\t', "    "));
    }
    Cell::new(text.replace('\n', "\\n").replace('\t', "\\t"))
}

fn line(fields: impl Iterator<Item = String>) -> String {
    let mut line = fields.collect::<Vec<_>>().join(",");
    line.push('\n');
    line
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) || text.starts_with(' ') || text.ends_with(' ') {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn table(rows: &[&[Value]]) -> Table {
        Table {
            columns: vec!["name".to_owned(), "n".to_owned()],
            rows: rows.iter().map(|row| row.to_vec()).collect(),
            null: "NULL",
        }
    }

    #[test]
    fn numbers_stand_right_and_each_row_is_one_line() {
        let drawn = table(&[
            &[json!("a\nb\u{1b}[2J"), json!(7)],
            &[Value::Null, json!(1234)],
        ]);
        let drawn = drawn.drawn(Look::default());
        let row = |name: &str, n: &str| format!("{name:<13}  {n:>4}");
        let wanted = [
            row("name", "n"),
            "-".repeat(20),
            row("a\\nb\\u001b[2J", "7"),
            row("NULL", "1234"),
        ];
        assert_eq!(drawn, wanted.join("\n"), "{drawn}");
    }

    #[test]
    fn a_terminal_gets_its_width_and_colour_only_where_it_is_wanted() {
        let long = table(&[&[json!("word ".repeat(40)), json!(1)]]);
        let look = Look {
            width: Some(40),
            coloured: false,
        };
        let drawn = long.drawn(look);
        assert!(
            drawn.lines().all(|line| line.chars().count() <= 40),
            "{drawn}"
        );
        assert!(!drawn.contains('\u{1b}'), "{drawn}");
        let bold = long.drawn(Look {
            coloured: true,
            ..look
        });
        assert!(bold.starts_with(BOLD.0), "{bold}");
        assert_eq!(bold.matches('\u{1b}').count(), 2, "{bold}");
    }

    #[test]
    fn csv_can_be_read_back() {
        let table = table(&[&[json!("a,\"b\"\nc"), json!(1)], &[json!(""), Value::Null]]);
        let rows = "\"a,\"\"b\"\"\nc\",1\n\"\",\n";
        assert_eq!(table.csv(false), rows);
        assert_eq!(table.csv(true), format!("name,n\n{rows}"));
    }
}
