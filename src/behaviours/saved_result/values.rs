//! Rows as the values of a SQL statement, with the types that they had.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Row;

/// Rows on their way into a statement.
#[derive(Debug)]
pub(super) struct Values {
    columns: Vec<Column>,
    text: String,
    rows: usize,
}

#[derive(Debug)]
struct Column {
    /// The value as its type, with its name.
    selected: String,
    is_binary: bool,
}

impl Values {
    /// No rows yet, of columns of these names and SQL types.
    pub(super) fn of<'a>(columns: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let columns = columns.enumerate().map(|(nth, (name, kind))| Column {
            selected: format!("{} AS `{}`", typed(nth, kind), name.replace('`', "``")),
            is_binary: kind.eq_ignore_ascii_case("BINARY"),
        });
        Self {
            columns: columns.collect(),
            text: String::new(),
            rows: 0,
        }
    }

    /// The number of rows at hand.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The bytes that they take in the statement.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Adds a row.
    pub(super) fn add(&mut self, row: &Row) {
        self.text.push_str(if self.rows > 0 { ",\n(" } else { "(" });
        for (nth, column) in self.columns.iter().enumerate() {
            if nth > 0 {
                self.text.push(',');
            }
            match row.get(nth).and_then(Option::as_deref) {
                None => self.text.push_str("NULL"),
                Some(value) if column.is_binary => bytes(value, &mut self.text),
                Some(value) => literal(value, &mut self.text),
            }
        }
        self.text.push(')');
        self.rows += 1;
    }

    /// The query that gives the rows at hand, which are then no longer there.
    pub(super) fn take(&mut self) -> String {
        let selected: Vec<&str> = self
            .columns
            .iter()
            .map(|one| one.selected.as_str())
            .collect();
        let names: Vec<String> = (0..self.columns.len()).map(name).collect();
        let (mut rows, mut none) = (std::mem::take(&mut self.text), "");
        if self.rows == 0 {
            // Without a row there is still a type.
            rows = format!("({})", vec!["NULL"; self.columns.len()].join(","));
            none = "\nWHERE false";
        }
        self.rows = 0;
        format!(
            "SELECT {}\nFROM (VALUES {rows}) AS r({}){none}",
            selected.join(", "),
            names.join(", ")
        )
    }
}

/// The name of a column while it is a text.
fn name(nth: usize) -> String {
    format!("c{nth}")
}

/// The text of a column as a value of its type.
fn typed(nth: usize, kind: &str) -> String {
    let column = name(nth);
    let word = kind.split(['(', '<', ' ']).next().unwrap_or_default();
    match word.to_ascii_uppercase().as_str() {
        "ARRAY" | "MAP" | "STRUCT" => {
            let mut of = String::new();
            literal(kind, &mut of);
            // What is not of the type is no NULL but an error.
            format!("from_json(CAST({column} AS STRING), {of}, map('mode', 'FAILFAST'))")
        }
        "VARIANT" => format!("parse_json(CAST({column} AS STRING))"),
        "" | "VOID" | "NULL" => format!("CAST({column} AS STRING)"),
        _ if is_plain(kind) => format!("CAST({column} AS {kind})"),
        _ => format!("CAST({column} AS STRING)"),
    }
}

/// True for the name of a type that brings nothing along.
fn is_plain(kind: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || " _(),".contains(c);
    kind.chars().all(plain)
}

/// Appends a text as SQL writes it.
fn literal(text: &str, out: &mut String) {
    out.push('\'');
    let mut last = ' ';
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            // `${…}` would be taken for a variable, wherever it stands.
            '{' if last == '$' => out.push_str("\\{"),
            other => out.push(other),
        }
        last = c;
    }
    out.push('\'');
}

/// Appends bytes, which the service writes as base64.
fn bytes(value: &str, out: &mut String) {
    match STANDARD.decode(value) {
        Ok(bytes) => {
            out.push_str("X'");
            for byte in bytes {
                let _ = write!(out, "{byte:02X}");
            }
            out.push('\'');
        }
        Err(_) => literal(value, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[Option<&str>]) -> Row {
        cells.iter().map(|cell| cell.map(str::to_owned)).collect()
    }

    #[test]
    fn rows_become_values_of_their_types() {
        let columns = [
            ("a b", "INT"),
            ("t`", "STRING"),
            ("d", "DECIMAL(10,2)"),
            ("b", "BINARY"),
        ];
        let mut values = Values::of(columns.into_iter());
        values.add(&row(&[
            Some("1"),
            Some("it's \\ ${x}\n"),
            None,
            Some("AP8="),
        ]));
        values.add(&row(&[None, Some(""), Some("1.50"), None]));
        assert_eq!(values.rows(), 2);
        assert_eq!(
            values.take(),
            "SELECT CAST(c0 AS INT) AS `a b`, CAST(c1 AS STRING) AS `t```, CAST(c2 AS DECIMAL(10,2)) AS `d`, \
             CAST(c3 AS BINARY) AS `b`\nFROM (VALUES ('1','it\\'s \\\\ $\\{x}\n',NULL,X'00FF'),\n\
             (NULL,'','1.50',NULL)) AS r(c0, c1, c2, c3)"
        );
        assert_eq!(
            values.take(),
            "SELECT CAST(c0 AS INT) AS `a b`, CAST(c1 AS STRING) AS `t```, CAST(c2 AS DECIMAL(10,2)) AS `d`, \
             CAST(c3 AS BINARY) AS `b`\nFROM (VALUES (NULL,NULL,NULL,NULL)) AS r(c0, c1, c2, c3)\nWHERE false"
        );
    }

    #[test]
    fn what_is_nested_is_read_from_json_or_fails() {
        for (kind, selected) in [
            (
                "STRUCT<a: INT, `it's`: STRING>",
                "from_json(CAST(c0 AS STRING), 'STRUCT<a: INT, `it\\'s`: STRING>', map('mode', 'FAILFAST')) AS `x`",
            ),
            ("VARIANT", "parse_json(CAST(c0 AS STRING)) AS `x`"),
            ("VOID", "CAST(c0 AS STRING) AS `x`"),
            ("INT) FROM t --", "CAST(c0 AS STRING) AS `x`"),
        ] {
            let values = Values::of([("x", kind)].into_iter());
            assert_eq!(
                values.columns.first().map(|one| one.selected.as_str()),
                Some(selected)
            );
        }
    }
}
