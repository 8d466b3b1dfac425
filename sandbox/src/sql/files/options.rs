//! How files are read: their format and the options that statements name.

use datafusion::arrow::datatypes::SchemaRef;

use super::columns;
use crate::sql::error::SqlError;

/// A format of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Csv,
    Json,
    Text,
    Binary,
}

impl Format {
    /// The format of this name; `None` if it is not the name of a format.
    ///
    /// # Errors
    /// Fails if the sandbox does not read the format.
    pub(super) fn named(name: &str) -> Result<Option<Self>, SqlError> {
        Ok(Some(match name.to_lowercase().as_str() {
            "csv" => Self::Csv,
            "json" => Self::Json,
            "text" => Self::Text,
            "binaryfile" => Self::Binary,
            other @ ("parquet" | "avro" | "orc" | "xml" | "delta" | "excel") => {
                return Err(SqlError::unsupported(&format!(
                    "files of the format {other} (it reads csv, json, text and binaryFile)"
                )));
            }
            _ => return Ok(None),
        }))
    }

    /// The format of a file, by its name.
    ///
    /// # Errors
    /// Fails if the name tells none, or one that the sandbox does not read.
    pub(super) fn of_file(path: &str) -> Result<Self, SqlError> {
        let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
        let ending = match ending.to_lowercase().as_str() {
            "tsv" => "csv".to_owned(),
            "jsonl" | "ndjson" => "json".to_owned(),
            "txt" | "log" | "md" => "text".to_owned(),
            other => other.to_owned(),
        };
        Self::named(&ending)?.ok_or_else(|| {
            SqlError::new(
                "CF_FAILED_TO_INFER_SCHEMA",
                "42000",
                format!("The format of {path} cannot be told from its name. Name it with format => '...'."),
            )
        })
    }
}

/// The options of a reader.
#[derive(Debug, Clone)]
pub(super) struct Options {
    pub(super) header: bool,
    pub(super) separator: u8,
    pub(super) quote: Option<u8>,
    pub(super) escape: Option<u8>,
    pub(super) comment: Option<u8>,
    pub(super) null_value: String,
    pub(super) skip_rows: usize,
    /// Types are told from the values; without it, CSV is text.
    pub(super) infer: bool,
    /// A document may span lines.
    pub(super) multi_line: bool,
    /// A text file is one row.
    pub(super) whole_text: bool,
    /// The columns to read, in place of those that the files show.
    pub(super) schema: Option<SchemaRef>,
    /// Types of single columns.
    pub(super) hints: Option<SchemaRef>,
    /// The column for what fits nowhere.
    pub(super) rescued: Option<String>,
    /// The pattern of file names.
    pub(super) pattern: Option<String>,
    pub(super) malformed: Malformed,
}

/// What becomes of a row that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Malformed {
    /// What fits is kept.
    Permissive,
    Drop,
    Fail,
}

impl Options {
    /// The options of a reader that is told nothing.
    pub(super) fn plain() -> Self {
        Self {
            header: false,
            separator: b',',
            quote: Some(b'"'),
            escape: Some(b'\\'),
            comment: None,
            null_value: String::new(),
            skip_rows: 0,
            infer: false,
            multi_line: false,
            whole_text: false,
            schema: None,
            hints: None,
            rescued: None,
            pattern: None,
            malformed: Malformed::Permissive,
        }
    }

    /// The options of `read_files`, which tells types by itself and rescues what does not fit.
    pub(super) fn of_read_files() -> Self {
        Self {
            infer: true,
            rescued: Some("_rescued_data".to_owned()),
            ..Self::plain()
        }
    }

    /// Sets an option.
    ///
    /// # Errors
    /// Fails if the sandbox does not know the option, or its value does not fit.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), SqlError> {
        match name.to_lowercase().as_str() {
            "header" => self.header = flag(name, value)?,
            "sep" | "delimiter" => {
                self.separator =
                    byte(name, value)?.ok_or_else(|| invalid(name, value, "one character"))?;
            }
            "quote" => self.quote = byte(name, value)?,
            "escape" => self.escape = byte(name, value)?,
            "comment" => self.comment = byte(name, value)?,
            "nullvalue" => value.clone_into(&mut self.null_value),
            "skiprows" => {
                let rows = value.parse();
                self.skip_rows = rows.map_err(|_| invalid(name, value, "a whole number"))?;
            }
            "inferschema" | "infercolumntypes" | "cloudfiles.infercolumntypes" => {
                self.infer = flag(name, value)?;
            }
            "multiline" => self.multi_line = flag(name, value)?,
            "wholetext" => self.whole_text = flag(name, value)?,
            "schema" => {
                self.schema = Some(columns::written(value)?);
                self.rescued = None;
            }
            "schemahints" | "cloudfiles.schemahints" => self.hints = Some(columns::written(value)?),
            "rescueddatacolumn" => self.rescued = Some(value.to_lowercase()),
            "pathglobfilter" | "filenamepattern" => self.pattern = Some(value.to_owned()),
            "mode" => {
                self.malformed = match value.to_uppercase().as_str() {
                    "PERMISSIVE" => Malformed::Permissive,
                    "DROPMALFORMED" => Malformed::Drop,
                    "FAILFAST" => Malformed::Fail,
                    _ => {
                        let modes = "PERMISSIVE, DROPMALFORMED or FAILFAST";
                        return Err(invalid(name, value, modes));
                    }
                };
            }
            "encoding" | "charset" if value.eq_ignore_ascii_case("utf-8") => {}
            // They change nothing here: every file below a folder is read, and all columns are taken.
            "recursivefilelookup"
            | "mergeschema"
            | "schemaevolutionmode"
            | "enforceschema"
            | "includeexistingfiles" => {}
            _ => {
                return Err(SqlError::unsupported(&format!(
                    "the option {name} = '{value}' of files"
                )));
            }
        }
        Ok(())
    }
}

/// `true` or `false`.
///
/// # Errors
/// Fails for any other text.
pub(super) fn flag(name: &str, value: &str) -> Result<bool, SqlError> {
    match value.to_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(invalid(name, value, "true or false")),
    }
}

fn byte(name: &str, value: &str) -> Result<Option<u8>, SqlError> {
    match value.as_bytes() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        b"\\t" => Ok(Some(b'\t')),
        _ => Err(invalid(name, value, "one character")),
    }
}

fn invalid(name: &str, value: &str, due: &str) -> SqlError {
    SqlError::new(
        "INVALID_OPTION",
        "42000",
        format!("The option {name} takes {due}, not '{value}'."),
    )
}
