//! Values as the statement API writes them: every one a string, or null.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat};
use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, FixedSizeListArray, Float32Array, Float64Array,
    IntervalMonthDayNanoArray, IntervalYearMonthArray, LargeListArray, ListArray, MapArray,
    StructArray, TimestampMicrosecondArray,
};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Float32Type, Float64Type, IntervalMonthDayNano, IntervalUnit, TimeUnit,
};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::arrow::util::display::{ArrayFormatter, FormatOptions};
use serde_json::{Map, Value};

/// One row: a string or null for each column.
pub(crate) type Row = Vec<Option<String>>;

/// The rows of one batch.
///
/// # Errors
/// Fails if Arrow cannot turn a column into one of the types written here.
pub(crate) fn rows(batch: &RecordBatch) -> Result<Vec<Row>, ArrowError> {
    let mut rows: Vec<Row> = (0..batch.num_rows())
        .map(|_| Vec::with_capacity(batch.num_columns()))
        .collect();
    for column in batch.columns() {
        let column = Column::new(column)?;
        for (index, row) in rows.iter_mut().enumerate() {
            row.push(column.text(index)?);
        }
    }
    Ok(rows)
}

/// The values of an array, each as a JSON text.
///
/// # Errors
/// Fails if Arrow cannot turn the array into one of the types written here.
pub(crate) fn as_json(array: &ArrayRef) -> Result<Vec<Option<String>>, ArrowError> {
    let column = Column::new(array)?;
    let one = |index| match column.json(index)? {
        Value::Null => Ok(None),
        value => Ok(Some(value.to_string())),
    };
    (0..array.len()).map(one).collect()
}

/// A column whose values can be written one by one.
enum Column {
    Binary(BinaryArray),
    Double(Float64Array),
    Float(Float32Array),
    Timestamp(TimestampMicrosecondArray, bool),
    DayTime(IntervalMonthDayNanoArray),
    YearMonth(IntervalYearMonthArray),
    List(ListArray),
    Map(MapArray),
    Struct(StructArray),
    Plain(ArrayRef),
}

impl Column {
    fn new(array: &ArrayRef) -> Result<Self, ArrowError> {
        Ok(match array.data_type() {
            DataType::Binary => Self::Binary(array.as_binary::<i32>().clone()),
            DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
                Self::Binary(cast(array, &DataType::Binary)?.as_binary::<i32>().clone())
            }
            DataType::Float64 => Self::Double(array.as_primitive::<Float64Type>().clone()),
            DataType::Float16 => Self::new(&cast(array, &DataType::Float32)?)?,
            DataType::Float32 => Self::Float(array.as_primitive::<Float32Type>().clone()),
            DataType::Timestamp(_, zone) => {
                let micros = DataType::Timestamp(TimeUnit::Microsecond, zone.clone());
                let micros = cast(array, &micros)?;
                Self::Timestamp(micros.as_primitive().clone(), zone.is_some())
            }
            DataType::Interval(IntervalUnit::YearMonth) => {
                Self::YearMonth(array.as_primitive().clone())
            }
            DataType::Interval(_) | DataType::Duration(_) => {
                let interval = DataType::Interval(IntervalUnit::MonthDayNano);
                Self::DayTime(cast(array, &interval)?.as_primitive().clone())
            }
            DataType::List(_) => Self::List(array.as_list::<i32>().clone()),
            DataType::LargeList(item) => {
                let items: &LargeListArray = array.as_list::<i64>();
                Self::List(
                    cast(items, &DataType::List(item.clone()))?
                        .as_list::<i32>()
                        .clone(),
                )
            }
            DataType::FixedSizeList(item, _) => {
                let items: &FixedSizeListArray = array.as_fixed_size_list();
                Self::List(
                    cast(items, &DataType::List(item.clone()))?
                        .as_list::<i32>()
                        .clone(),
                )
            }
            DataType::Map(..) => Self::Map(array.as_map().clone()),
            DataType::Struct(_) => Self::Struct(array.as_struct().clone()),
            DataType::Dictionary(_, value) => Self::new(&cast(array, value)?)?,
            _ => Self::Plain(array.clone()),
        })
    }

    fn is_null(&self, index: usize) -> bool {
        match self {
            Self::Binary(array) => array.is_null(index),
            Self::Double(array) => array.is_null(index),
            Self::Float(array) => array.is_null(index),
            Self::Timestamp(array, _) => array.is_null(index),
            Self::List(array) => array.is_null(index),
            Self::Map(array) => array.is_null(index),
            Self::Struct(array) => array.is_null(index),
            Self::DayTime(array) => array.is_null(index),
            Self::YearMonth(array) => array.is_null(index),
            Self::Plain(array) => array.data_type() == &DataType::Null || array.is_null(index),
        }
    }

    fn text(&self, index: usize) -> Result<Option<String>, ArrowError> {
        if self.is_null(index) {
            return Ok(None);
        }
        Ok(Some(match self {
            Self::Binary(array) => STANDARD.encode(array.value(index)),
            Self::Double(array) => java_double(&format!("{:e}", array.value(index))),
            Self::Float(array) => java_double(&format!("{:e}", array.value(index))),
            Self::Timestamp(array, zoned) => instant(array.value(index), *zoned),
            Self::DayTime(array) => day_to_second(array.value(index)),
            Self::YearMonth(array) => year_to_month(array.value(index)),
            Self::Plain(array) => plain(array, index)?,
            Self::List(_) | Self::Map(_) | Self::Struct(_) => self.json(index)?.to_string(),
        }))
    }

    /// The value inside an array, map or struct, which is written as one JSON text.
    fn json(&self, index: usize) -> Result<Value, ArrowError> {
        if self.is_null(index) {
            return Ok(Value::Null);
        }
        match self {
            Self::List(array) => {
                let items = array.value(index);
                let column = Column::new(&items)?;
                (0..items.len()).map(|item| column.json(item)).collect()
            }
            Self::Map(array) => {
                let entries = array.value(index);
                let keys = Column::new(entries.column(0))?;
                let values = Column::new(entries.column(1))?;
                let mut object = Map::new();
                for entry in 0..entries.len() {
                    object.insert(keys.text(entry)?.unwrap_or_default(), values.json(entry)?);
                }
                Ok(Value::Object(object))
            }
            Self::Struct(array) => {
                let mut object = Map::new();
                for (field, values) in array.fields().iter().zip(array.columns()) {
                    object.insert(field.name().clone(), Column::new(values)?.json(index)?);
                }
                Ok(Value::Object(object))
            }
            Self::Plain(array) => {
                let text = plain(array, index)?;
                let bare =
                    array.data_type().is_numeric() || array.data_type() == &DataType::Boolean;
                Ok(match serde_json::from_str(&text) {
                    Ok(value) if bare => value,
                    _ => Value::String(text),
                })
            }
            // JSON has no number for NaN and the infinities: they stand as text.
            Self::Double(array) if array.value(index).is_finite() => {
                Ok(Value::from(array.value(index)))
            }
            Self::Double(_)
            | Self::Float(_)
            | Self::Binary(_)
            | Self::Timestamp(..)
            | Self::DayTime(_)
            | Self::YearMonth(_) => {
                let text = self.text(index)?.unwrap_or_default();
                Ok(match (self, text.parse::<f64>()) {
                    (Self::Float(_), Ok(number)) if number.is_finite() => Value::from(number),
                    _ => Value::String(text),
                })
            }
        }
    }
}

fn plain(array: &ArrayRef, index: usize) -> Result<String, ArrowError> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array.as_ref(), &options)?;
    formatter.value(index).try_to_string()
}

/// `2021-01-01T10:00:00.000Z`, to the millisecond; without the zone for TIMESTAMP_NTZ.
fn instant(micros: i64, zoned: bool) -> String {
    let Some(time) = DateTime::from_timestamp_micros(micros) else {
        return micros.to_string();
    };
    let mut text = time.to_rfc3339_opts(SecondsFormat::Millis, true);
    if !zoned {
        text.pop();
    }
    text
}

/// `1 02:00:00.000000000`: days, then hours to nanoseconds. A month counts 30 days.
fn day_to_second(interval: IntervalMonthDayNano) -> String {
    let days = i128::from(interval.months) * 30 + i128::from(interval.days);
    let nanos = days * 86_400_000_000_000 + i128::from(interval.nanoseconds);
    let sign = if nanos < 0 { "-" } else { "" };
    let nanos = nanos.unsigned_abs();
    let seconds = nanos / 1_000_000_000;
    format!(
        "{sign}{} {:02}:{:02}:{:02}.{:09}",
        seconds / 86_400,
        seconds / 3_600 % 24,
        seconds / 60 % 60,
        seconds % 60,
        nanos % 1_000_000_000
    )
}

/// `1-2`: years and months.
fn year_to_month(months: i32) -> String {
    let sign = if months < 0 { "-" } else { "" };
    let months = months.unsigned_abs();
    format!("{sign}{}-{}", months / 12, months % 12)
}

/// A double as Java prints it, from Rust's scientific notation (`1.25e1` is `12.5`, `1e10` is `1.0E10`).
fn java_double(scientific: &str) -> String {
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return match scientific {
            "inf" => "Infinity".to_owned(),
            "-inf" => "-Infinity".to_owned(),
            other => other.to_owned(),
        };
    };
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    let Ok(exponent) = exponent.parse::<i32>() else {
        return scientific.to_owned();
    };
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let mut text = String::from(sign);
    let whole_digits = usize::try_from(exponent + 1).unwrap_or(0);
    if (-3..0).contains(&exponent) {
        let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
        let _ = write!(text, "0.{}{digits}", "0".repeat(zeros));
    } else if (0..7).contains(&exponent) {
        let padded = format!("{digits:0<whole_digits$}");
        let (whole, fraction) = padded.split_at(whole_digits.min(padded.len()));
        let fraction = if fraction.is_empty() { "0" } else { fraction };
        let _ = write!(text, "{whole}.{fraction}");
    } else {
        let (whole, fraction) = digits.split_at(1.min(digits.len()));
        let fraction = if fraction.is_empty() { "0" } else { fraction };
        let _ = write!(text, "{whole}.{fraction}E{exponent}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_read_as_java_prints_them() {
        let written = [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (-12.5, "-12.5"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (1_234_567.0, "1234567.0"),
            (9_999_999.5, "9999999.5"),
            (10_000_000.0, "1.0E7"),
            (1.5e300, "1.5E300"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ];
        for (value, text) in written {
            assert_eq!(java_double(&format!("{value:e}")), text);
        }
    }
}
