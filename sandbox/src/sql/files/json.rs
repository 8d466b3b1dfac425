//! Files of JSON: one value a line, or documents over several lines, objects or arrays of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, RecordBatch, new_null_array};
use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::json::ReaderBuilder;
use datafusion::arrow::json::reader::infer_json_schema_from_iterator;
use serde_json::{Map, Value};

use super::options::{Malformed, Options};
use super::read::{Read, malformed};
use crate::sql::error::SqlError;
use crate::stored::File;

/// The column of what is no JSON.
const CORRUPT: &str = "_corrupt_record";

/// Reads files.
///
/// # Errors
/// Fails if a value is no object and the options say so, or the values of a column have no type in common.
pub(super) fn read(files: &[File], options: &Options) -> Result<Read, SqlError> {
    let mut values = Vec::new();
    for file in files {
        one(file, options, &mut values)?;
    }
    let schema = match &options.schema {
        Some(schema) => schema.clone(),
        None => told(&values, options)?,
    };
    let mut rescued: BTreeMap<usize, Vec<(String, String)>> = BTreeMap::new();
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        let (column, lost) = column(&values, field)?;
        for row in lost {
            let value = values.get(row).and_then(|value| value.get(field.name()));
            let text = value.map(Value::to_string).unwrap_or_default();
            if options.malformed == Malformed::Fail {
                return Err(malformed(&text));
            }
            rescued
                .entry(row)
                .or_default()
                .push((field.name().clone(), text));
        }
        columns.push((field.name().clone(), column));
    }
    if options.schema.is_some() {
        for (row, value) in values.iter().enumerate() {
            for (name, value) in value.as_object().into_iter().flatten() {
                if schema.field_with_name(name).is_err() {
                    rescued
                        .entry(row)
                        .or_default()
                        .push((name.clone(), value.to_string()));
                }
            }
        }
    }
    Ok(Read {
        columns,
        rows: values.len(),
        rescued,
    })
}

fn one(file: &File, options: &Options, values: &mut Vec<Value>) -> Result<(), SqlError> {
    let text = String::from_utf8_lossy(&file.bytes);
    let text = text.trim_start_matches('\u{feff}');
    if options.multi_line {
        let documents = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        for document in documents {
            match document {
                Ok(document) => taken(document, text, options, values)?,
                Err(_) => return corrupt(text, options, values),
            }
        }
        return Ok(());
    }
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match serde_json::from_str(line) {
            Ok(value) => taken(value, line, options, values)?,
            Err(_) => corrupt(line, options, values)?,
        }
    }
    Ok(())
}

/// Takes an object as a row, and an array as rows.
fn taken(
    value: Value,
    text: &str,
    options: &Options,
    values: &mut Vec<Value>,
) -> Result<(), SqlError> {
    match value {
        Value::Object(object) => {
            let fields = object
                .into_iter()
                .map(|(name, value)| (name.to_lowercase(), value));
            values.push(Value::Object(fields.collect()));
            Ok(())
        }
        Value::Array(items) => items
            .into_iter()
            .try_for_each(|item| taken(item, text, options, values)),
        _ => corrupt(text, options, values),
    }
}

fn corrupt(text: &str, options: &Options, values: &mut Vec<Value>) -> Result<(), SqlError> {
    match options.malformed {
        Malformed::Permissive => {
            let record = Map::from_iter([(CORRUPT.to_owned(), Value::from(text))]);
            values.push(Value::Object(record));
            Ok(())
        }
        Malformed::Drop => Ok(()),
        Malformed::Fail => Err(malformed(text)),
    }
}

/// The columns that values show, by name.
fn told(values: &[Value], options: &Options) -> Result<SchemaRef, SqlError> {
    let told = infer_json_schema_from_iterator(values.iter().map(Ok::<_, ArrowError>))?;
    let fields = in_order(told.fields());
    let Some(hints) = &options.hints else {
        return Ok(Arc::new(Schema::new(fields)));
    };
    let hinted = fields.iter().map(|field| {
        let hint = hints.field_with_name(field.name()).ok();
        hint.map_or_else(|| field.as_ref().clone(), Field::clone)
    });
    Ok(Arc::new(Schema::new(hinted.collect::<Vec<_>>())))
}

/// Fields by name; what is nowhere but null is a STRING.
fn in_order(fields: &Fields) -> Fields {
    let mut fields: Vec<Field> = fields
        .iter()
        .map(|field| Field::new(field.name(), settled(field.data_type()), true))
        .collect();
    fields.sort_by(|left, right| left.name().cmp(right.name()));
    Fields::from(fields)
}

fn settled(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Null => DataType::Utf8,
        DataType::Struct(fields) => DataType::Struct(in_order(fields)),
        DataType::List(item) => DataType::new_list(settled(item.data_type()), true),
        other => other.clone(),
    }
}

/// A column of the values, and the rows whose value does not fit, which are NULL.
fn column(values: &[Value], field: &Field) -> Result<(ArrayRef, Vec<usize>), SqlError> {
    let alone: Vec<Value> = values
        .iter()
        .map(|value| {
            let own = value.get(field.name()).cloned().unwrap_or_default();
            Value::Object(Map::from_iter([(field.name().clone(), own)]))
        })
        .collect();
    if let Ok(column) = decoded(&alone, field) {
        return Ok((column, Vec::new()));
    }
    let mut lost = Vec::new();
    let mut parts: Vec<ArrayRef> = Vec::with_capacity(alone.len());
    for (row, value) in alone.iter().enumerate() {
        let one = decoded(std::slice::from_ref(value), field);
        parts.push(one.unwrap_or_else(|_| {
            lost.push(row);
            new_null_array(field.data_type(), 1)
        }));
    }
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    Ok((datafusion::arrow::compute::concat(&parts)?, lost))
}

fn decoded(values: &[Value], field: &Field) -> Result<ArrayRef, ArrowError> {
    let field = field.clone().with_nullable(true);
    let empty = new_null_array(field.data_type(), 0);
    let schema = Arc::new(Schema::new(vec![field]));
    let mut decoder = ReaderBuilder::new(schema)
        .with_coerce_primitive(true)
        .with_batch_size(values.len().max(1))
        .build_decoder()?;
    decoder.serialize(values)?;
    let batch: Option<RecordBatch> = decoder.flush()?;
    Ok(batch
        .and_then(|batch| batch.columns().first().cloned())
        .unwrap_or(empty))
}
