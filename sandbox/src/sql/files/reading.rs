//! Reading files: which, in which format, into which columns.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryArray, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
    TimestampMicrosecondArray,
};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use serde_json::{Map, Value};

use super::options::{Format, Options};
use super::read::Read;
use super::{csv, json};
use crate::sql::error::SqlError;
use crate::sql::types::TIME_ZONE;
use crate::stored::{File, Refusal, Stored, fits};

/// Files, and how they are read.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) path: String,
    /// The format; without one, the names of the files tell it.
    pub(super) format: Option<Format>,
    pub(super) options: Options,
    /// The paths to read of those that are found, if not all.
    pub(super) only: Option<Vec<String>>,
}

impl Source {
    /// The files.
    ///
    /// # Errors
    /// Fails if nothing is there, or it is not stored in the workspace.
    pub(super) fn files(&self, stored: &Stored) -> Result<Vec<File>, SqlError> {
        let mut files = stored.files(local(&self.path)?).map_err(missing)?;
        if let Some(pattern) = &self.options.pattern {
            files.retain(|file| {
                let name = file.path.rsplit('/').next().unwrap_or_default();
                fits(name, pattern)
            });
        }
        if let Some(only) = &self.only {
            files.retain(|file| only.contains(&file.path));
        }
        Ok(files)
    }

    /// The rows of the files.
    ///
    /// # Errors
    /// Fails if there are no files, or they cannot be read so.
    pub(super) fn read(&self, stored: &Stored) -> Result<RecordBatch, SqlError> {
        let files = self.files(stored)?;
        if let Some(packed) = files.iter().find(|file| {
            file.path.ends_with(".gz") || file.path.ends_with(".zip") || file.path.ends_with(".bz2")
        }) {
            return Err(SqlError::unsupported(&format!(
                "the compressed file {}",
                packed.path
            )));
        }
        let format = match (self.format, files.first()) {
            (Some(format), _) => format,
            (None, Some(first)) => Format::of_file(&first.path)?,
            (None, None) => Format::of_file(&self.path)?,
        };
        let read = match format {
            Format::Csv => csv::read(&files, &self.options)?,
            Format::Json => json::read(&files, &self.options)?,
            Format::Text => lines(&files, &self.options),
            Format::Binary => whole(&files),
        };
        let rescues = matches!(format, Format::Csv | Format::Json);
        let rescued = self.options.rescued.as_deref().filter(|_| rescues);
        if read.columns.is_empty() && self.only.is_none() {
            return Err(SqlError::new(
                "CF_EMPTY_DIR_FOR_SCHEMA_INFERENCE",
                "42000",
                format!("{} holds no rows that would show columns.", self.path),
            ));
        }
        batch(read, rescued)
    }
}

/// Lines of text, or whole files.
fn lines(files: &[File], options: &Options) -> Read {
    let texts = files
        .iter()
        .map(|file| String::from_utf8_lossy(&file.bytes));
    let values: Vec<String> = if options.whole_text {
        texts.map(|text| text.into_owned()).collect()
    } else {
        texts
            .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
            .collect()
    };
    let rows = values.len();
    let value: ArrayRef = Arc::new(StringArray::from(values));
    Read {
        columns: vec![("value".to_owned(), value)],
        rows,
        rescued: BTreeMap::new(),
    }
}

/// A row for each file, with its bytes.
fn whole(files: &[File]) -> Read {
    let paths: StringArray = files.iter().map(|file| Some(shown(&file.path))).collect();
    let times: TimestampMicrosecondArray = files
        .iter()
        .map(|file| Some(file.modified * 1000))
        .collect();
    let lengths: Int64Array = files
        .iter()
        .map(|file| i64::try_from(file.bytes.len()).ok())
        .collect();
    let content: BinaryArray = files.iter().map(|file| Some(file.bytes.as_ref())).collect();
    let columns: Vec<(String, ArrayRef)> = vec![
        ("path".to_owned(), Arc::new(paths)),
        (
            "modificationtime".to_owned(),
            Arc::new(times.with_timezone(TIME_ZONE)),
        ),
        ("length".to_owned(), Arc::new(lengths)),
        ("content".to_owned(), Arc::new(content)),
    ];
    Read {
        columns,
        rows: files.len(),
        rescued: BTreeMap::new(),
    }
}

fn batch(read: Read, rescued: Option<&str>) -> Result<RecordBatch, SqlError> {
    let mut columns = read.columns;
    if let Some(name) = rescued {
        let texts: StringArray = (0..read.rows)
            .map(|row| {
                let fields = read.rescued.get(&row)?.iter();
                let fields =
                    fields.map(|(name, value)| (name.clone(), Value::from(value.as_str())));
                Some(Value::Object(fields.collect::<Map<_, _>>()).to_string())
            })
            .collect();
        columns.push((name.to_owned(), Arc::new(texts)));
    }
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, column)| Field::new(name, column.data_type().clone(), true))
        .collect();
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(read.rows));
    Ok(RecordBatch::try_new_with_options(
        schema, columns, &options,
    )?)
}

/// A path as results show it.
pub(super) fn shown(path: &str) -> String {
    if path.starts_with("/Volumes/") {
        path.to_owned()
    } else {
        format!("dbfs:{path}")
    }
}

/// The path, if it is one of the workspace's own files.
///
/// # Errors
/// Fails for paths of clouds, and for relative ones.
pub(super) fn local(path: &str) -> Result<&str, SqlError> {
    let own = path.strip_prefix("dbfs:").unwrap_or(path);
    if own.starts_with('/') {
        return Ok(own);
    }
    if path.contains("://") {
        return Err(SqlError::unsupported(&format!(
            "files of a cloud's storage ({path}); put them into /Volumes or DBFS"
        )));
    }
    Err(SqlError::new(
        "INVALID_PATH",
        "42000",
        format!("The path is not absolute: {path}."),
    ))
}

/// The error of a path where nothing is.
pub(super) fn missing(refusal: Refusal) -> SqlError {
    let (Refusal::Missing(path)
    | Refusal::Exists(path)
    | Refusal::IsFolder(path)
    | Refusal::NotEmpty(path)) = refusal;
    SqlError::new(
        "PATH_NOT_FOUND",
        "42K03",
        format!("Path does not exist: {}.", shown(&path)),
    )
}
