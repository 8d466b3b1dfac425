//! Types that the engine has none for: VARIANT and GEOMETRY are texts whose field names the type, made by functions; and
//! the function that makes year-month intervals.

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, IntervalYearMonthArray, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{
    DataType, Field, FieldRef, Float64Type, Int64Type, IntervalUnit,
};
use datafusion::common::{DataFusionError, Result, exec_err};
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};

use super::error::SqlError;
use super::values;

/// The key of a field's type.
const KEY: &str = "sandbox.type";

/// The name of the type of a field that is not what it is kept as.
pub(crate) fn name_of(field: &Field) -> Option<&str> {
    field.metadata().get(KEY).map(String::as_str)
}

/// A field of a type of this name.
pub(super) fn field(name: &str, of: String) -> Field {
    let named = HashMap::from([(KEY.to_owned(), of)]);
    Field::new(name, DataType::Utf8, true).with_metadata(named)
}

/// The functions to register with every session.
pub(super) fn all() -> impl Iterator<Item = Arc<ScalarUDF>> {
    let functions = [
        ("parse_json", Makes::ParsedJson),
        ("to_variant_object", Makes::Variant),
        ("sandbox_variant", Makes::Variant),
        ("st_geomfromtext", Makes::GeometryOfText),
        ("st_point", Makes::Point),
        ("make_ym_interval", Makes::YearMonth),
    ];
    functions.into_iter().map(|(name, makes)| {
        // What is constant must not be folded: a literal would lose the name of its type.
        let signature = Signature::variadic_any(Volatility::Volatile);
        Arc::new(ScalarUDF::from(Make {
            name,
            makes,
            signature,
        }))
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Makes {
    /// A VARIANT of a JSON text.
    ParsedJson,
    /// A VARIANT of any value.
    Variant,
    /// A GEOMETRY of its well-known text, and its reference system.
    GeometryOfText,
    /// A GEOMETRY of two coordinates, and its reference system.
    Point,
    /// An interval of years and months.
    YearMonth,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Make {
    name: &'static str,
    makes: Makes,
    signature: Signature,
}

impl ScalarUDFImpl for Make {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(match self.makes {
            Makes::YearMonth => DataType::Interval(IntervalUnit::YearMonth),
            _ => DataType::Utf8,
        })
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let system = arguments.scalar_arguments.last().copied().flatten();
        let system = system.map_or_else(|| "0".to_owned(), ToString::to_string);
        let count = arguments.scalar_arguments.len();
        let name = match self.makes {
            Makes::ParsedJson | Makes::Variant => "VARIANT".to_owned(),
            Makes::GeometryOfText if count > 1 => format!("GEOMETRY({system})"),
            Makes::Point if count > 2 => format!("GEOMETRY({system})"),
            Makes::GeometryOfText | Makes::Point => "GEOMETRY(0)".to_owned(),
            Makes::YearMonth => {
                let interval = self.return_type(&[])?;
                return Ok(Arc::new(Field::new(self.name, interval, true)));
            }
        };
        Ok(Arc::new(field(self.name, name)))
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = arguments.number_rows;
        let given: Vec<ArrayRef> = arguments
            .args
            .iter()
            .map(|one| one.to_array(rows))
            .collect::<Result<_>>()?;
        let made: ArrayRef = match (self.makes, given.as_slice()) {
            (Makes::ParsedJson, [text]) => Arc::new(parsed(text)?),
            (Makes::Variant, [value]) => Arc::new(StringArray::from(values::as_json(value)?)),
            (Makes::GeometryOfText, [text] | [text, _]) => {
                let text = cast(text, &DataType::Utf8)?;
                let system = given.get(1);
                Arc::new(in_system(
                    text.as_string::<i32>()
                        .iter()
                        .map(|text| text.map(str::to_uppercase)),
                    system,
                )?)
            }
            (Makes::Point, [x, y] | [x, y, _]) => {
                let [x, y] = [cast(x, &DataType::Float64)?, cast(y, &DataType::Float64)?];
                let pairs = x
                    .as_primitive::<Float64Type>()
                    .iter()
                    .zip(y.as_primitive::<Float64Type>());
                let points = pairs.map(|(x, y)| Some(format!("POINT({} {})", x?, y?)));
                Arc::new(in_system(points, given.get(2))?)
            }
            (Makes::YearMonth, [years, months]) => {
                let [years, months] = [
                    cast(years, &DataType::Int64)?,
                    cast(months, &DataType::Int64)?,
                ];
                let pairs = years
                    .as_primitive::<Int64Type>()
                    .iter()
                    .zip(months.as_primitive::<Int64Type>());
                let all = pairs.map(|(years, months)| {
                    i32::try_from(years?.checked_mul(12)?.checked_add(months?)?).ok()
                });
                Arc::new(all.collect::<IntervalYearMonthArray>())
            }
            _ => return exec_err!("{} does not take {} arguments", self.name, given.len()),
        };
        Ok(ColumnarValue::Array(made))
    }
}

fn parsed(text: &ArrayRef) -> Result<StringArray> {
    let text = cast(text, &DataType::Utf8)?;
    let read = text.as_string::<i32>().iter().map(|text| {
        let Some(text) = text else { return Ok(None) };
        let json: serde_json::Value = serde_json::from_str(text).map_err(|_| {
            let message = format!("The input is not a valid JSON text: {text}");
            let error = SqlError::new("MALFORMED_RECORD_IN_PARSING", "22023", message);
            DataFusionError::External(Box::new(error))
        })?;
        Ok(Some(json.to_string()))
    });
    read.collect()
}

/// The texts of geometries, each after its reference system where that is not none.
fn in_system(
    texts: impl Iterator<Item = Option<String>>,
    system: Option<&ArrayRef>,
) -> Result<StringArray> {
    let system = system
        .map(|system| cast(system, &DataType::Int64))
        .transpose()?;
    let of = |row: usize| {
        let system = system.as_ref().map(|all| all.as_primitive::<Int64Type>());
        system.map_or(0, |all| all.value(row))
    };
    let texts = texts.enumerate().map(|(row, text)| match of(row) {
        0 => text,
        system => text.map(|text| format!("SRID={system};{text}")),
    });
    Ok(texts.collect())
}
