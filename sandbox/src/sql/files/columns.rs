//! The columns of files: as statements write them, as values show them, and values made into their types.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use datafusion::arrow::array::{Array, ArrayRef, StringArray};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::sql::sqlparser::ast::Statement;

use crate::sql::definitions;
use crate::sql::error::SqlError;
use crate::sql::parse::parse;
use crate::sql::types::timestamp;

/// Tells whether a text is a value of a type.
type Fits = fn(&str) -> bool;

/// The columns of a schema in text: `id INT, name STRING`.
///
/// # Errors
/// Fails if the text does not parse or names an unknown type.
pub(super) fn written(text: &str) -> Result<SchemaRef, SqlError> {
    match parse(&format!("CREATE TABLE t ({text})"))? {
        Statement::CreateTable(table) => definitions::columns(&table.columns),
        _ => Err(SqlError::syntax(text, None)),
    }
}

/// The narrowest type that all values fit, as the service tells it: INT, BIGINT, DOUBLE, BOOLEAN, DATE, TIMESTAMP
/// or STRING. Columns without values are STRING.
pub(super) fn told<'a>(values: impl Iterator<Item = &'a str> + Clone) -> DataType {
    let types: [(DataType, Fits); 6] = [
        (DataType::Int32, |text| text.parse::<i32>().is_ok()),
        (DataType::Int64, |text| text.parse::<i64>().is_ok()),
        (DataType::Float64, |text| {
            text.contains(|c: char| c.is_ascii_digit()) && text.parse::<f64>().is_ok()
        }),
        (DataType::Boolean, |text| {
            text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")
        }),
        (DataType::Date32, |text| {
            text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
        }),
        (timestamp(), |text| {
            DateTime::parse_from_rfc3339(text).is_ok()
                || NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").is_ok()
                || NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").is_ok()
        }),
    ];
    if values.clone().next().is_none() {
        return DataType::Utf8;
    }
    let fits = |fit: Fits| values.clone().all(fit);
    let found = types.into_iter().find(|(_, fit)| fits(*fit));
    found.map_or(DataType::Utf8, |(data_type, _)| data_type)
}

/// Texts as a column of a type, and the positions of those that do not fit, which are NULL.
///
/// # Errors
/// Fails if no text can be made into the type.
pub(super) fn typed(
    texts: &[Option<String>],
    data_type: &DataType,
) -> Result<(ArrayRef, Vec<usize>), SqlError> {
    let column: ArrayRef = Arc::new(StringArray::from(texts.to_vec()));
    let options = CastOptions {
        safe: true,
        ..CastOptions::default()
    };
    let cast = cast_with_options(&column, data_type, &options)?;
    let lost = (0..texts.len()).filter(|row| column.is_valid(*row) && cast.is_null(*row));
    let lost = lost.collect();
    Ok((cast, lost))
}
