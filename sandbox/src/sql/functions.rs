//! Functions and operators that DataFusion lacks or means otherwise: `sandbox_sleep`, `raise_error`, ANSI division.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use datafusion::arrow::array::{AsArray, Float64Array};
use datafusion::arrow::datatypes::{DataType, Float64Type};
use datafusion::arrow::error::ArrowError;
use datafusion::common::{DFSchema, DataFusionError, Result, ScalarValue, exec_err};
use datafusion::logical_expr::async_udf::{AsyncScalarUDF, AsyncScalarUDFImpl};
use datafusion::logical_expr::planner::{
    ExprPlanner, PlannerResult, RawBinaryExpr, RawFieldAccessExpr,
};
use datafusion::logical_expr::{
    ColumnarValue, ExprSchemable, GetFieldAccess, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl,
    Signature, Volatility, lit,
};
use datafusion::sql::sqlparser::ast::BinaryOperator;

use super::error::SqlError;

/// Longest `sandbox_sleep` in seconds.
const LONGEST_SLEEP: f64 = 3600.0;

/// The functions to register with every session.
pub(crate) fn all() -> Vec<Arc<ScalarUDF>> {
    let sleep = AsyncScalarUDF::new(Arc::new(Sleep {
        signature: Signature::exact(vec![DataType::Float64], Volatility::Volatile),
    }));
    vec![
        Arc::new(sleep.into_scalar_udf()),
        Arc::new(ScalarUDF::from(Divide::new())),
        Arc::new(ScalarUDF::from(RaiseError {
            signature: Signature::exact(vec![DataType::Utf8], Volatility::Volatile),
        })),
    ]
}

/// `sandbox_sleep(seconds)`: answers `seconds` after that many real seconds, whatever the sandbox's
/// speed. Cancelling the statement ends it at once. It sleeps once a batch, for its largest value.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Sleep {
    signature: Signature,
}

impl ScalarUDFImpl for Sleep {
    fn name(&self) -> &str {
        "sandbox_sleep"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, _arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        exec_err!("sandbox_sleep runs asynchronously only")
    }
}

#[async_trait]
impl AsyncScalarUDFImpl for Sleep {
    async fn invoke_async_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(seconds) = arguments.args.first() else {
            return exec_err!("sandbox_sleep takes the seconds to sleep");
        };
        let values = seconds.to_array(arguments.number_rows)?;
        let longest = values
            .as_primitive::<Float64Type>()
            .iter()
            .flatten()
            .fold(0.0, f64::max);
        if !(0.0..=LONGEST_SLEEP).contains(&longest) {
            return exec_err!("sandbox_sleep takes at most {LONGEST_SLEEP} seconds: {longest}");
        }
        tokio::time::sleep(Duration::from_secs_f64(longest)).await;
        Ok(seconds.clone())
    }
}

/// `raise_error(text)`: fails the statement with this text, once it gets there.
#[derive(Debug, PartialEq, Eq, Hash)]
struct RaiseError {
    signature: Signature,
}

impl ScalarUDFImpl for RaiseError {
    fn name(&self) -> &str {
        "raise_error"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        // No row, no error.
        let texts = ColumnarValue::values_to_arrays(&arguments.args)?;
        let first = texts.first().filter(|texts| !texts.is_empty());
        let Some(first) = first else {
            return Ok(ColumnarValue::Scalar(ScalarValue::Utf8(None)));
        };
        let text = ScalarValue::try_from_array(first, 0)?.to_string();
        let error = SqlError::new("USER_RAISED_EXCEPTION", "P0001", text);
        Err(DataFusionError::External(Box::new(error)))
    }
}

/// Division of doubles where a divisor of zero is an error, as ANSI mode has it.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Divide {
    signature: Signature,
}

impl Divide {
    fn new() -> Self {
        let doubles = vec![DataType::Float64, DataType::Float64];
        Self {
            signature: Signature::exact(doubles, Volatility::Immutable),
        }
    }
}

impl ScalarUDFImpl for Divide {
    fn name(&self) -> &str {
        "sandbox_divide"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&arguments.args)?;
        let [dividends, divisors] = arrays.as_slice() else {
            return exec_err!("division takes two numbers");
        };
        let dividends = dividends.as_primitive::<Float64Type>();
        let divisors = divisors.as_primitive::<Float64Type>();
        let mut quotients = Float64Array::builder(dividends.len());
        for pair in dividends.iter().zip(divisors.iter()) {
            match pair {
                (Some(_), Some(0.0)) => return Err(ArrowError::DivideByZero.into()),
                (Some(dividend), Some(divisor)) => quotients.append_value(dividend / divisor),
                _ => quotients.append_null(),
            }
        }
        let quotients = quotients.finish();
        if quotients.len() == 1
            && arguments
                .args
                .iter()
                .all(|a| matches!(a, ColumnarValue::Scalar(_)))
        {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(
                &quotients, 0,
            )?));
        }
        Ok(ColumnarValue::Array(Arc::new(quotients)))
    }
}

/// Plans operators as Databricks means them: `/` of integers and doubles is a double, and the first
/// element of an array is `[0]`.
#[derive(Debug)]
pub(crate) struct Operators;

impl ExprPlanner for Operators {
    fn plan_field_access(
        &self,
        mut expr: RawFieldAccessExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        let of_array = matches!(expr.expr.get_type(schema)?, DataType::List(_));
        if let (true, GetFieldAccess::ListIndex { key }) = (of_array, &mut expr.field_access) {
            **key = key.as_ref().clone() + lit(1_i64);
        }
        Ok(PlannerResult::Original(expr))
    }

    fn plan_binary_op(
        &self,
        expr: RawBinaryExpr,
        schema: &DFSchema,
    ) -> Result<PlannerResult<RawBinaryExpr>> {
        if expr.op != BinaryOperator::Divide {
            return Ok(PlannerResult::Original(expr));
        }
        let (left, right) = (expr.left.get_type(schema)?, expr.right.get_type(schema)?);
        let plain = |data_type: &DataType| data_type.is_integer() || data_type.is_floating();
        let decimals = left.is_decimal() && right.is_decimal()
            || left.is_decimal() && right.is_integer()
            || left.is_integer() && right.is_decimal();
        if decimals || !(plain(&left) || plain(&right)) {
            return Ok(PlannerResult::Original(expr));
        }
        let left = expr.left.cast_to(&DataType::Float64, schema)?;
        let right = expr.right.cast_to(&DataType::Float64, schema)?;
        Ok(PlannerResult::Planned(
            ScalarUDF::from(Divide::new()).call(vec![left, right]),
        ))
    }
}
