//! Functions that make long texts and lists out of short ones, within a bound: memory that is not there aborts the process.

use std::sync::Arc;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, exec_err};
use datafusion::functions::{string, unicode};
use datafusion::functions_nested::range::{gen_series_udf, range_udf};
use datafusion::functions_nested::repeat::array_repeat_udf;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

/// The most bytes of all texts of one batch.
const MOST: u64 = 64 << 20;
/// Bytes that an item of a list takes, about.
const ITEM: u64 = 16;

/// The functions, in place of DataFusion's.
pub(super) fn all() -> impl Iterator<Item = Arc<ScalarUDF>> {
    let functions = [
        (string::repeat(), Size::Repeated),
        (unicode::lpad(), Size::Padded),
        (unicode::rpad(), Size::Padded),
        (array_repeat_udf(), Size::Items),
        (range_udf(), Size::Span),
        (gen_series_udf(), Size::Span),
    ];
    functions
        .into_iter()
        .map(|(inner, size)| Arc::new(ScalarUDF::from(Growing { inner, size })))
}

/// What the second argument says of the result's size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Size {
    /// So often the first argument.
    Repeated,
    /// So many characters.
    Padded,
    /// So many items of a list.
    Items,
    /// The numbers from the first argument to the second in steps of the third, or from 0 to the only one.
    Span,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Growing {
    inner: Arc<ScalarUDF>,
    size: Size,
}

impl Growing {
    /// The bytes of all results, about.
    fn bytes(&self, arguments: &ScalarFunctionArgs) -> Result<u64> {
        if self.size == Size::Span {
            return Ok(span(arguments));
        }
        let [text, number, ..] = arguments.args.as_slice() else {
            return Ok(0);
        };
        let rows = arguments.number_rows;
        let number = cast(&number.to_array(rows)?, &DataType::Int64)?;
        let number = number.as_primitive::<Int64Type>();
        if self.size == Size::Items {
            let items = number
                .iter()
                .flatten()
                .filter_map(|number| u64::try_from(number).ok());
            return Ok(items.fold(0, |all, items| {
                all.saturating_add(items.saturating_mul(ITEM))
            }));
        }
        let text = cast(&text.to_array(rows)?, &DataType::LargeUtf8)?;
        let text = text.as_string::<i64>();
        let bytes = number.iter().zip(text.iter()).map(|(number, text)| {
            let number = u64::try_from(number.unwrap_or_default()).unwrap_or_default();
            match self.size {
                Size::Repeated => number.saturating_mul(text.map_or(0, str::len) as u64),
                Size::Padded | Size::Items | Size::Span => number,
            }
        });
        Ok(bytes.fold(0, u64::saturating_add))
    }
}

/// The bytes of ranges of whole numbers; 0 where they are of something else.
fn span(arguments: &ScalarFunctionArgs) -> u64 {
    let numbers = |argument: &ColumnarValue| {
        let values = argument.to_array(arguments.number_rows).ok()?;
        let whole = values.data_type().is_integer();
        whole
            .then(|| cast(&values, &DataType::Int64).ok())
            .flatten()
    };
    let given: Vec<_> = arguments.args.iter().filter_map(numbers).collect();
    if given.len() != arguments.args.len() {
        return 0;
    }
    let at = |place: usize, row: usize| {
        let values = given.get(place)?.as_primitive::<Int64Type>();
        Some(values.value(row))
    };
    let items = |row: usize| {
        let (from, to) = match given.len() {
            1 => (0, at(0, row).unwrap_or(0)),
            _ => (at(0, row).unwrap_or(0), at(1, row).unwrap_or(0)),
        };
        to.abs_diff(from) / at(2, row).unwrap_or(1).unsigned_abs().max(1)
    };
    let all = (0..arguments.number_rows).map(items);
    all.fold(0, |all, items| {
        all.saturating_add(items.saturating_mul(ITEM))
    })
}

impl ScalarUDFImpl for Growing {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arguments)
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arguments)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let bytes = self.bytes(&arguments)?;
        if bytes > MOST {
            let most = MOST >> 20;
            return exec_err!("{} makes more than {most} MiB: {bytes} bytes", self.name());
        }
        self.inner.invoke_with_args(arguments)
    }
}
