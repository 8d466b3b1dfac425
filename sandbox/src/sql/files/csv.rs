//! Files of comma separated values.

use std::collections::BTreeMap;

use csv::{ByteRecord, ReaderBuilder};
use datafusion::arrow::datatypes::{DataType, Schema};

use super::columns::{told, typed};
use super::options::{Malformed, Options};
use super::read::{Read, malformed};
use crate::sql::error::SqlError;
use crate::stored::File;

/// The rows of all files as text.
#[derive(Default)]
struct Texts {
    names: Vec<String>,
    /// The values by column; each column is as long as there are rows.
    values: Vec<Vec<Option<String>>>,
    rows: usize,
    rescued: BTreeMap<usize, Vec<(String, String)>>,
}

/// Reads files. Columns that only some of them have are NULL in the others.
///
/// # Errors
/// Fails if a row does not fit and the options say so.
pub(super) fn read(files: &[File], options: &Options) -> Result<Read, SqlError> {
    let mut texts = Texts::default();
    if let Some(schema) = &options.schema {
        for field in schema.fields() {
            texts.column(field.name());
        }
    }
    for file in files {
        one(file, options, &mut texts)?;
    }
    let mut columns = Vec::with_capacity(texts.names.len());
    for (name, values) in texts.names.iter().zip(&texts.values) {
        let data_type = data_type(name, values, options);
        let (column, lost) = typed(values, &data_type)?;
        for row in lost {
            let value = values.get(row).cloned().flatten().unwrap_or_default();
            if options.malformed == Malformed::Fail {
                return Err(malformed(&value));
            }
            texts
                .rescued
                .entry(row)
                .or_default()
                .push((name.clone(), value));
        }
        columns.push((name.clone(), column));
    }
    Ok(Read {
        columns,
        rows: texts.rows,
        rescued: texts.rescued,
    })
}

fn data_type(name: &str, values: &[Option<String>], options: &Options) -> DataType {
    let of = |schema: &Schema| {
        let field = schema.field_with_name(name).ok();
        field.map(|field| field.data_type().clone())
    };
    let fixed = options.schema.as_deref().or(options.hints.as_deref());
    match fixed.and_then(of) {
        Some(data_type) => data_type,
        None if options.infer => told(values.iter().filter_map(Option::as_deref)),
        None => DataType::Utf8,
    }
}

fn one(file: &File, options: &Options, texts: &mut Texts) -> Result<(), SqlError> {
    let bytes = file
        .bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&file.bytes);
    let mut rest = bytes;
    for _ in 0..options.skip_rows {
        let end = rest.iter().position(|byte| *byte == b'\n');
        rest = end.and_then(|end| rest.get(end + 1..)).unwrap_or_default();
    }
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(options.separator)
        .quoting(options.quote.is_some())
        .quote(options.quote.unwrap_or(b'"'))
        .escape(options.escape)
        .comment(options.comment)
        .from_reader(rest);
    let mut record = ByteRecord::new();
    let mut header: Option<Vec<String>> = None;
    let failed = |error: csv::Error| malformed(&format!("{}: {error}", file.path));
    while reader.read_byte_record(&mut record).map_err(failed)? {
        let fields = record
            .iter()
            .map(|field| String::from_utf8_lossy(field).into_owned());
        match &header {
            None if options.header => {
                header = Some(fields.map(|name| name.to_lowercase()).collect())
            }
            _ => row(fields.collect(), header.as_deref(), options, texts)?,
        }
    }
    // A file with a header alone still has columns.
    if options.schema.is_none() {
        header.iter().flatten().for_each(|name| {
            texts.column(name);
        });
    }
    Ok(())
}

fn row(
    fields: Vec<String>,
    header: Option<&[String]>,
    options: &Options,
    texts: &mut Texts,
) -> Result<(), SqlError> {
    let due = match (header, &options.schema) {
        (Some(header), _) => Some(header.len()),
        (None, Some(schema)) => Some(schema.fields().len()),
        (None, None) => None,
    };
    if due.is_some_and(|due| due != fields.len()) {
        match options.malformed {
            Malformed::Permissive => {}
            Malformed::Drop => return Ok(()),
            Malformed::Fail => return Err(malformed(&fields.join(","))),
        }
    }
    let row = texts.rows;
    texts.rows += 1;
    for (position, field) in fields.into_iter().enumerate() {
        let value = (!field.is_empty() && field != options.null_value).then_some(field);
        let name = match (header, &options.schema) {
            (Some(header), _) => header.get(position).cloned(),
            (None, Some(schema)) => schema
                .fields()
                .get(position)
                .map(|field| field.name().clone()),
            (None, None) => Some(format!("_c{position}")),
        };
        let known = name.as_ref().map(|name| match &options.schema {
            Some(_) => texts.names.iter().position(|known| known == name),
            None => Some(texts.column(name)),
        });
        match (known.flatten(), value) {
            (Some(column), value) => texts.put(column, row, value),
            (None, Some(value)) => {
                let name = name.unwrap_or_else(|| format!("_c{position}"));
                texts.rescued.entry(row).or_default().push((name, value));
            }
            (None, None) => {}
        }
    }
    let rows = texts.rows;
    for values in &mut texts.values {
        values.resize(rows, None);
    }
    Ok(())
}

impl Texts {
    /// The position of a column, which is added if it is new.
    fn column(&mut self, name: &str) -> usize {
        if let Some(known) = self.names.iter().position(|known| known == name) {
            return known;
        }
        self.names.push(name.to_owned());
        self.values.push(vec![None; self.rows]);
        self.names.len() - 1
    }

    fn put(&mut self, column: usize, row: usize, value: Option<String>) {
        if let Some(values) = self.values.get_mut(column) {
            values.resize(row, None);
            values.push(value);
        }
    }
}
