//! The kinds of files that a result is saved as, by the extension of their names.

use super::Row;
use crate::error::Error;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// With a header; NULL is an empty field, an empty text a quoted one.
    Csv,
    /// One JSON object a line.
    JsonLines,
    /// Arrow's stream format, as the service writes it.
    Arrow,
    /// Parquet, made of the same.
    #[cfg(feature = "parquet")]
    Parquet,
}

/// The kinds that a refusal names.
const KINDS: &str = if cfg!(feature = "parquet") {
    ".csv, .jsonl, .parquet or .arrows, a stream of Arrow"
} else {
    ".csv, .jsonl or .arrows, a stream of Arrow"
};

impl Format {
    /// The kind that the name of a file asks for.
    ///
    /// # Errors
    /// It is none that is written.
    pub(super) fn of(path: &str) -> Result<Self, Error> {
        let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
        let (_, extension) = name.rsplit_once('.').unwrap_or_default();
        let refuse = |problem: String| Error::Arguments {
            tool: "save_to".to_owned(),
            problems: vec![problem],
        };
        match extension.to_ascii_lowercase().as_str() {
            "csv" => Ok(Self::Csv),
            "jsonl" | "ndjson" => Ok(Self::JsonLines),
            "arrows" => Ok(Self::Arrow),
            #[cfg(feature = "parquet")]
            "parquet" => Ok(Self::Parquet),
            #[cfg(not(feature = "parquet"))]
            "parquet" => Err(refuse(format!(
                "`{path}`: this build of the server writes no Parquet, one with the cargo feature `parquet` does; end it \
                 with {KINDS}; or for a table write catalog.schema.table"
            ))),
            _ => Err(refuse(format!(
                "`{path}` names no kind of file that is written: end it with {KINDS}; for a table write \
                 catalog.schema.table"
            ))),
        }
    }
}

/// Writes rows of these columns as bytes.
#[derive(Debug)]
pub(super) struct Encoder {
    format: Format,
    columns: Vec<Column>,
}

#[derive(Debug)]
struct Column {
    name: String,
    /// The name as JSON, with a colon.
    key: String,
    kind: Kind,
}

/// The way in which a value stands in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Boolean,
    /// The service writes it as JSON already.
    Nested,
    Text,
}

impl Encoder {
    /// An encoder for columns of these names and SQL types.
    pub(super) fn new<'a>(
        format: Format,
        columns: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let mut encoder = Self {
            format,
            columns: Vec::new(),
        };
        for (name, kind) in columns {
            let key = encoder.free(name);
            encoder.columns.push(Column {
                name: name.to_owned(),
                key: format!("{}:", serde_json::Value::from(key)),
                kind: Kind::of(kind),
            });
        }
        encoder
    }

    /// The name under which an object has room: SQL allows a name twice, an object does not.
    fn free(&self, name: &str) -> String {
        let taken = |name: &str| {
            let key = format!("{}:", serde_json::Value::from(name));
            self.columns.iter().any(|column| column.key == key)
        };
        let mut free = name.to_owned();
        let mut nth = 2;
        while taken(&free) {
            free = format!("{name}_{nth}");
            nth += 1;
        }
        free
    }

    /// What the file begins with.
    pub(super) fn header(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if self.format == Format::Csv {
            csv_line(
                self.columns.iter().map(|column| Some(&*column.name)),
                &mut out,
            );
        }
        out
    }

    /// Appends a row.
    pub(super) fn row(&self, row: &Row, out: &mut Vec<u8>) {
        match self.format {
            Format::Csv => csv_line(row.iter().map(Option::as_deref), out),
            Format::JsonLines => self.json_line(row, out),
            // Its bytes pass as they come.
            Format::Arrow => {}
            #[cfg(feature = "parquet")]
            Format::Parquet => {}
        }
    }

    fn json_line(&self, row: &Row, out: &mut Vec<u8>) {
        out.push(b'{');
        for (nth, (column, cell)) in self.columns.iter().zip(row).enumerate() {
            if nth > 0 {
                out.push(b',');
            }
            out.extend_from_slice(column.key.as_bytes());
            match cell {
                None => out.extend_from_slice(b"null"),
                Some(text) => column.kind.json(text, out),
            }
        }
        out.extend_from_slice(b"}\n");
    }
}

impl Kind {
    fn of(sql: &str) -> Self {
        let sql = sql.to_ascii_uppercase();
        let word = sql.split(['(', '<', ' ']).next().unwrap_or_default();
        match word {
            "TINYINT" | "BYTE" | "SMALLINT" | "SHORT" | "INT" | "INTEGER" | "BIGINT" | "LONG"
            | "FLOAT" | "REAL" | "DOUBLE" | "DECIMAL" | "DEC" | "NUMERIC" => Self::Number,
            "BOOLEAN" => Self::Boolean,
            "ARRAY" | "MAP" | "STRUCT" | "VARIANT" => Self::Nested,
            _ => Self::Text,
        }
    }

    /// Appends a value as JSON. What is not written as its type says, such as NaN, stays text.
    fn json(self, text: &str, out: &mut Vec<u8>) {
        let stands = match self {
            Self::Number => is_number(text),
            Self::Boolean => text == "true" || text == "false",
            Self::Nested => serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(),
            Self::Text => false,
        };
        if stands {
            // A line break in JSON stands between its parts only.
            out.extend(text.bytes().map(|byte| match byte {
                b'\n' | b'\r' => b' ',
                other => other,
            }));
        } else {
            out.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
        }
    }
}

/// True for a number as JSON writes it, of any length.
fn is_number(text: &str) -> bool {
    let begins = text.strip_prefix('-').unwrap_or(text);
    begins.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_digit())
        && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// Appends a line of CSV. The `csv` crate cannot tell NULL from an empty text.
fn csv_line<'a>(cells: impl ExactSizeIterator<Item = Option<&'a str>>, out: &mut Vec<u8>) {
    let alone = cells.len() == 1;
    for (nth, cell) in cells.enumerate() {
        if nth > 0 {
            out.push(b',');
        }
        match cell {
            // A line with nothing on it would be no row to most readers.
            None if alone => out.extend_from_slice(b"\"\""),
            None => {}
            Some(text) if is_plain(text) => out.extend_from_slice(text.as_bytes()),
            Some(text) => {
                out.push(b'"');
                for byte in text.bytes() {
                    if byte == b'"' {
                        out.push(b'"');
                    }
                    out.push(byte);
                }
                out.push(b'"');
            }
        }
    }
    out.push(b'\n');
}

/// True if a field needs no quotes.
fn is_plain(text: &str) -> bool {
    let special = |byte: u8| matches!(byte, b'"' | b',' | b'\n' | b'\r');
    !text.is_empty()
        && !text.bytes().any(special)
        && !text.starts_with([' ', '\t', '\u{feff}', '#'])
        && !text.ends_with([' ', '\t'])
}

#[cfg(test)]
#[path = "format_tests.rs"]
mod tests;
