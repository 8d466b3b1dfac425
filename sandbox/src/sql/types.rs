//! Types: the Arrow types that hold data, and their names in Databricks.

use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, IntervalUnit, TimeUnit};
use datafusion::common::plan_err;
use datafusion::logical_expr::planner::TypePlanner;
use datafusion::sql::sqlparser::ast::{
    ArrayElemTypeDef, DataType as SqlType, ExactNumberInfo, TimezoneInfo,
};
use serde_json::{Map, Value, json};

use super::named_types;

/// The session time zone of every statement.
pub(crate) const TIME_ZONE: &str = "UTC";

/// `TIMESTAMP`: microseconds in the session zone.
pub(crate) fn timestamp() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(TIME_ZONE.into()))
}

/// The name of a field's type in SQL.
pub(crate) fn field_text(field: &Field) -> String {
    let named = named_types::name_of(field).map(ToOwned::to_owned);
    named.unwrap_or_else(|| type_text(field.data_type()))
}

/// The family of a field's type in the API's enumeration.
pub(crate) fn field_name(field: &Field) -> &str {
    let named = named_types::name_of(field).and_then(|name| name.split('(').next());
    named.unwrap_or_else(|| type_name(field.data_type()))
}

/// The name of a type in SQL: `DECIMAL(10,2)`, `ARRAY<INT>`, `STRUCT<a: INT>`.
pub(crate) fn type_text(data_type: &DataType) -> String {
    match data_type {
        DataType::Decimal32(p, s)
        | DataType::Decimal64(p, s)
        | DataType::Decimal128(p, s)
        | DataType::Decimal256(p, s) => format!("DECIMAL({p},{s})"),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            format!("ARRAY<{}>", field_text(item))
        }
        DataType::Map(entries, _) => match key_and_value(entries) {
            Some((key, value)) => {
                format!("MAP<{}, {}>", field_text(key), field_text(value))
            }
            None => "MAP<STRING, STRING>".to_owned(),
        },
        DataType::Struct(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|field| format!("{}: {}", field.name(), field_text(field)))
                .collect();
            format!("STRUCT<{}>", fields.join(", "))
        }
        DataType::Interval(IntervalUnit::YearMonth) => "INTERVAL YEAR TO MONTH".to_owned(),
        DataType::Interval(_) | DataType::Duration(_) => "INTERVAL DAY TO SECOND".to_owned(),
        DataType::Null => "VOID".to_owned(),
        DataType::Int8 => "TINYINT".to_owned(),
        DataType::Int16 | DataType::UInt8 => "SMALLINT".to_owned(),
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => "BIGINT".to_owned(),
        DataType::Dictionary(_, value) => type_text(value),
        other => type_name(other).to_owned(),
    }
}

/// The family of a type in the API's enumeration: `LONG`, `DECIMAL`, `ARRAY`.
pub(crate) fn type_name(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Null => "NULL",
        DataType::Boolean => "BOOLEAN",
        DataType::Int8 => "BYTE",
        DataType::Int16 | DataType::UInt8 => "SHORT",
        DataType::Int32 | DataType::UInt16 => "INT",
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => "LONG",
        DataType::Float16 | DataType::Float32 => "FLOAT",
        DataType::Float64 => "DOUBLE",
        DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => "DECIMAL",
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => "BINARY",
        DataType::Date32 | DataType::Date64 => "DATE",
        DataType::Timestamp(_, Some(_)) => "TIMESTAMP",
        DataType::Timestamp(_, None) => "TIMESTAMP_NTZ",
        DataType::Interval(_) | DataType::Duration(_) => "INTERVAL",
        DataType::List(_) | DataType::LargeList(_) | DataType::FixedSizeList(..) => "ARRAY",
        DataType::Map(..) => "MAP",
        DataType::Struct(_) => "STRUCT",
        DataType::Dictionary(_, value) => type_name(value),
        _ => "STRING",
    }
}

/// The key and value fields of a map's entries.
pub(crate) fn key_and_value(entries: &FieldRef) -> Option<(&FieldRef, &FieldRef)> {
    match entries.data_type() {
        DataType::Struct(fields) => Some((fields.first()?, fields.get(1)?)),
        _ => None,
    }
}

/// The type in which a table keeps a column: strings without views, small unsigned types as signed ones.
pub(crate) fn stored_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 | DataType::UInt64 => DataType::Int64,
        DataType::Timestamp(_, Some(_)) => timestamp(),
        DataType::Dictionary(_, value) => stored_type(value),
        other => other.clone(),
    }
}

/// The description of a column that statements and Unity Catalog share: name, position and type.
pub(crate) fn column(field: &Field, position: usize) -> Map<String, Value> {
    let data_type = field.data_type();
    let mut column = Map::new();
    column.insert("name".to_owned(), json!(field.name()));
    column.insert("type_text".to_owned(), json!(field_text(field)));
    column.insert("type_name".to_owned(), json!(field_name(field)));
    column.insert("position".to_owned(), json!(position));
    if let DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) =
        data_type
    {
        column.insert("type_precision".to_owned(), json!(precision));
        column.insert("type_scale".to_owned(), json!(scale));
    }
    if let Some(interval) = type_text(data_type).strip_prefix("INTERVAL ") {
        column.insert("type_interval_type".to_owned(), json!(interval));
    }
    column
}

/// The type as Spark writes it in the JSON of a schema (`integer`, `decimal(10,2)`, nested objects).
pub(crate) fn spark_json(data_type: &DataType) -> Value {
    let field = |field: &Field| {
        json!({
            "name": field.name(),
            "type": spark_json(field.data_type()),
            "nullable": field.is_nullable(),
            "metadata": {},
        })
    };
    match data_type {
        DataType::Int8 => json!("byte"),
        DataType::Int16 | DataType::UInt8 => json!("short"),
        DataType::Int32 | DataType::UInt16 => json!("integer"),
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => json!("long"),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            json!({
                "type": "array",
                "elementType": spark_json(item.data_type()),
                "containsNull": item.is_nullable(),
            })
        }
        DataType::Map(entries, _) => match key_and_value(entries) {
            Some((key, value)) => json!({
                "type": "map",
                "keyType": spark_json(key.data_type()),
                "valueType": spark_json(value.data_type()),
                "valueContainsNull": value.is_nullable(),
            }),
            None => json!("map"),
        },
        DataType::Struct(fields) => {
            json!({"type": "struct", "fields": fields.iter().map(|f| field(f)).collect::<Vec<_>>()})
        }
        other => json!(type_text(other).to_lowercase()),
    }
}

/// Plans the types written in SQL (`CAST(x AS TIMESTAMP)`, column definitions) as Databricks means them.
#[derive(Debug)]
pub(crate) struct DatabricksTypes;

impl TypePlanner for DatabricksTypes {
    fn plan_type_field(&self, sql_type: &SqlType) -> datafusion::common::Result<Option<FieldRef>> {
        Ok(arrow_field("", sql_type)?.map(Arc::new))
    }
}

/// A field of a type written in SQL; `None` leaves it to DataFusion.
pub(crate) fn arrow_field(
    name: &str,
    sql_type: &SqlType,
) -> datafusion::common::Result<Option<Field>> {
    if let SqlType::Custom(..) = sql_type {
        let written = sql_type.to_string().to_uppercase();
        let geometry = written == "GEOMETRY" || written.starts_with("GEOMETRY(");
        if geometry || written == "VARIANT" {
            return Ok(Some(named_types::field(name, written)));
        }
    }
    Ok(arrow_type(sql_type)?.map(|data_type| Field::new(name, data_type, true)))
}

/// The Arrow type of a type written in SQL; `None` leaves it to DataFusion.
pub(crate) fn arrow_type(sql_type: &SqlType) -> datafusion::common::Result<Option<DataType>> {
    let data_type = match sql_type {
        SqlType::TinyInt(_) => DataType::Int8,
        SqlType::SmallInt(_) => DataType::Int16,
        SqlType::Int(_) | SqlType::Integer(_) => DataType::Int32,
        SqlType::BigInt(_) => DataType::Int64,
        SqlType::Float(_) | SqlType::Real => DataType::Float32,
        SqlType::Double(_) => DataType::Float64,
        SqlType::Boolean => DataType::Boolean,
        SqlType::Date => DataType::Date32,
        SqlType::Binary(_) => DataType::Binary,
        SqlType::String(_) | SqlType::Varchar(_) | SqlType::Char(_) | SqlType::Text => {
            DataType::Utf8
        }
        SqlType::Timestamp(_, TimezoneInfo::None | TimezoneInfo::Tz) => timestamp(),
        SqlType::TimestampNtz(_) => DataType::Timestamp(TimeUnit::Microsecond, None),
        SqlType::Decimal(size) | SqlType::Dec(size) | SqlType::Numeric(size) => decimal(size)?,
        SqlType::Custom(name, arguments) if arguments.is_empty() => {
            match name.to_string().to_uppercase().as_str() {
                "BYTE" => DataType::Int8,
                "SHORT" => DataType::Int16,
                "LONG" => DataType::Int64,
                "VOID" => DataType::Null,
                "TIMESTAMP_LTZ" => timestamp(),
                _ => return Ok(None),
            }
        }
        SqlType::Array(
            ArrayElemTypeDef::AngleBracket(item) | ArrayElemTypeDef::Parenthesis(item),
        ) => DataType::new_list(nested(item)?, true),
        SqlType::Map(key, value) => {
            let entries = Fields::from(vec![
                Field::new("key", nested(key)?, false),
                Field::new("value", nested(value)?, true),
            ]);
            let entries = Field::new("entries", DataType::Struct(entries), false);
            DataType::Map(Arc::new(entries), false)
        }
        SqlType::Struct(fields, _) => {
            let mut planned = Vec::with_capacity(fields.len());
            for (position, field) in fields.iter().enumerate() {
                let name = match &field.field_name {
                    Some(name) => name.value.clone(),
                    None => format!("col{}", position + 1),
                };
                planned.push(Field::new(name, nested(&field.field_type)?, true));
            }
            DataType::Struct(Fields::from(planned))
        }
        _ => return Ok(None),
    };
    Ok(Some(data_type))
}

fn nested(sql_type: &SqlType) -> datafusion::common::Result<DataType> {
    match arrow_type(sql_type)? {
        Some(data_type) => Ok(data_type),
        None => plan_err!("Unsupported data type \"{sql_type}\""),
    }
}

fn decimal(size: &ExactNumberInfo) -> datafusion::common::Result<DataType> {
    let (precision, scale) = match size {
        ExactNumberInfo::None => (10, 0),
        ExactNumberInfo::Precision(precision) => (*precision, 0),
        ExactNumberInfo::PrecisionAndScale(precision, scale) => (*precision, *scale),
    };
    match (u8::try_from(precision), i8::try_from(scale)) {
        (Ok(precision @ 1..=38), Ok(scale))
            if (0..=precision as i64).contains(&i64::from(scale)) =>
        {
            Ok(DataType::Decimal128(precision, scale))
        }
        _ => plan_err!("Decimal precision {precision} exceeds max precision 38"),
    }
}
