//! Rewrites SQL for Databricks as SQL that DataFusion plans: parameters, strings, functions.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    CastKind, DataType as SqlType, DateTimeField, ExactNumberInfo, Expr, Function, FunctionArg,
    FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, Interval, ObjectName,
    ObjectNamePart, Query, Select, SelectItem, SetExpr, Statement, UnaryOperator, Value,
    ValueWithSpan, VisitMut, VisitorMut,
};
use datafusion::sql::sqlparser::parser::Parser;

use super::dialect::SandboxDialect;
use super::error::SqlError;
use super::names::{Names, name_constant};

/// A named parameter of a statement: `:name`.
#[derive(Debug, Clone)]
pub(crate) struct Parameter {
    /// The SQL type; `STRING` if the request names none.
    pub(crate) type_text: Option<String>,
    /// The value as text; `None` is NULL.
    pub(crate) value: Option<String>,
}

/// Function names of Databricks, each with DataFusion's name for the same function.
const FUNCTIONS: &[(&str, &str)] = &[
    ("any_value", "first_value"),
    ("approx_count_distinct", "approx_distinct"),
    ("array", "make_array"),
    ("collect_list", "array_agg"),
    ("explode", "unnest"),
    ("first", "first_value"),
    ("ifnull", "nvl"),
    ("last", "last_value"),
    ("lcase", "lower"),
    ("len", "length"),
    ("percentile", "percentile_cont"),
    ("percentile_approx", "approx_percentile_cont"),
    ("rand", "random"),
    ("size", "cardinality"),
    ("split", "string_to_array"),
    ("std", "stddev"),
    ("typeof", "arrow_typeof"),
    ("ucase", "upper"),
];

/// Functions that return one part of a date.
const DATE_PARTS: &[(&str, &str)] = &[
    ("year", "year"),
    ("quarter", "quarter"),
    ("month", "month"),
    ("weekofyear", "week"),
    ("day", "day"),
    ("dayofmonth", "day"),
    ("dayofyear", "doy"),
    ("hour", "hour"),
    ("minute", "minute"),
    ("second", "second"),
];

/// Rewrites a statement in place.
///
/// # Errors
/// Fails if a parameter has no value or a type that does not parse.
pub(crate) fn rewrite(
    statement: &mut Statement,
    parameters: &BTreeMap<String, Parameter>,
    names: &Names,
) -> Result<(), SqlError> {
    match statement.visit(&mut Rewriter { parameters, names }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Rewriter<'a> {
    parameters: &'a BTreeMap<String, Parameter>,
    names: &'a Names,
}

impl VisitorMut for Rewriter<'_> {
    type Break = SqlError;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<SqlError> {
        if let SetExpr::Values(values) = query.body.as_mut() {
            values
                .rows
                .iter_mut()
                .flat_map(|row| row.content.iter_mut())
                .for_each(type_literal);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<SqlError> {
        for (position, item) in select.projection.iter_mut().enumerate() {
            name_constant(item, position);
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item {
                type_literal(expr);
                if let Expr::Interval(interval) = expr
                    && let Some(made) = year_month(interval)
                {
                    *expr = made;
                }
            }
            if let SelectItem::ExprWithAlias { alias, .. } = item {
                alias.value = alias.value.to_lowercase();
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<SqlError> {
        for part in &mut relation.0 {
            if let ObjectNamePart::Identifier(name) = part {
                name.value = name.value.to_lowercase();
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &mut ValueWithSpan) -> ControlFlow<SqlError> {
        if let Value::DoubleQuotedString(text) = &value.value {
            value.value = Value::SingleQuotedString(text.clone());
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<SqlError> {
        let replaced = match expr {
            Expr::Value(ValueWithSpan {
                value: Value::Placeholder(name),
                ..
            }) => match self.parameter(name) {
                Ok(value) => Some(value),
                Err(error) => return ControlFlow::Break(error),
            },
            // `2e3` is a DOUBLE; DataFusion would make it a decimal.
            Expr::Value(ValueWithSpan {
                value: Value::Number(text, _),
                ..
            }) if text.contains(['e', 'E']) => {
                let text = Value::SingleQuotedString(text.clone());
                Some(cast(
                    Expr::value(text),
                    SqlType::Double(ExactNumberInfo::None),
                ))
            }
            Expr::Function(function) => self.function(function),
            // A value of any type; the engine has none for it.
            Expr::Cast {
                expr: value,
                data_type,
                ..
            } if is_variant(data_type) => Some(call("sandbox_variant", vec![*value.clone()])),
            // Names are case-insensitive, also between backticks; tables keep them in lower case.
            Expr::Identifier(name) => {
                name.value = name.value.to_lowercase();
                None
            }
            Expr::CompoundIdentifier(names) => {
                names
                    .iter_mut()
                    .for_each(|name| name.value = name.value.to_lowercase());
                None
            }
            _ => None,
        };
        if let Some(replaced) = replaced {
            *expr = replaced;
        }
        ControlFlow::Continue(())
    }
}

impl Rewriter<'_> {
    fn parameter(&self, placeholder: &str) -> Result<Expr, SqlError> {
        let name = placeholder.trim_start_matches(':');
        let Some(parameter) = self.parameters.get(name) else {
            let mut error = SqlError::new(
                "UNBOUND_SQL_PARAMETER",
                "42P02",
                format!("Found the unbound parameter: {name}."),
            );
            error.near = Some(placeholder.to_owned());
            return Err(error);
        };
        let type_text = parameter.type_text.as_deref().unwrap_or("STRING");
        let data_type = Parser::new(&SandboxDialect)
            .try_with_sql(type_text)
            .and_then(|mut parser| parser.parse_data_type())?;
        let value = match &parameter.value {
            None => Value::Null,
            Some(text) => match data_type {
                // LIMIT takes a bare number only.
                SqlType::TinyInt(_)
                | SqlType::SmallInt(_)
                | SqlType::Int(_)
                | SqlType::Integer(_)
                | SqlType::BigInt(_)
                    if text.parse::<u64>().is_ok() =>
                {
                    return Ok(Expr::value(Value::Number(text.clone(), false)));
                }
                _ => Value::SingleQuotedString(text.clone()),
            },
        };
        Ok(cast(Expr::value(value), data_type))
    }

    fn function(&self, function: &mut Function) -> Option<Expr> {
        let name = function.name.to_string().to_lowercase();
        let text = |text: &str| Some(Expr::value(Value::SingleQuotedString(text.to_owned())));
        match name.as_str() {
            "current_catalog" => return text(&self.names.catalog),
            "current_schema" | "current_database" => return text(&self.names.schema),
            "current_user" | "session_user" | "user" => return text(&self.names.user),
            _ => {}
        }
        if let Some((_, known)) = FUNCTIONS.iter().find(|(from, _)| *from == name) {
            function.name = ObjectName::from(Ident::new(*known));
            return None;
        }
        let arguments = plain_arguments(function);
        match (name.as_str(), arguments.as_slice()) {
            ("date", [time]) => parse(&format!("CAST({time} AS DATE)")),
            (_, [date]) => {
                let (_, part) = DATE_PARTS.iter().find(|(from, _)| *from == name)?;
                let part = Expr::value(Value::SingleQuotedString((*part).to_owned()));
                Some(call("date_part", vec![part, date.clone()]))
            }
            ("date_add" | "dateadd", [date, days]) => parse(&format!(
                "CAST(CAST(CAST(CAST({date} AS DATE) AS INT) + ({days}) AS INT) AS DATE)"
            )),
            ("date_sub", [date, days]) => parse(&format!(
                "CAST(CAST(CAST(CAST({date} AS DATE) AS INT) - ({days}) AS INT) AS DATE)"
            )),
            ("datediff" | "date_diff", [end, start]) => parse(&format!(
                "CAST(CAST({end} AS DATE) AS INT) - CAST(CAST({start} AS DATE) AS INT)"
            )),
            ("timestampdiff" | "datediff" | "date_diff", [unit, start, end]) => {
                let seconds = match unit.to_string().to_uppercase().as_str() {
                    "SECOND" => 1,
                    "MINUTE" => 60,
                    "HOUR" => 3_600,
                    "DAY" => 86_400,
                    "WEEK" => 604_800,
                    _ => return None,
                };
                let second = |time: &Expr| format!("date_part('epoch', CAST({time} AS TIMESTAMP))");
                let difference = format!("{} - {}", second(end), second(start));
                parse(&format!(
                    "CAST(trunc(({difference}) / {seconds}.0) AS BIGINT)"
                ))
            }
            ("unix_timestamp", []) => parse("CAST(date_part('epoch', now()) AS BIGINT)"),
            ("if" | "iff", [condition, yes, no]) => {
                parse(&format!("CASE WHEN {condition} THEN {yes} ELSE {no} END"))
            }
            ("try_divide", [dividend, divisor]) => {
                parse(&format!("({dividend}) / nullif({divisor}, 0)"))
            }
            ("date_format", [date, Expr::Value(ValueWithSpan { value, .. })]) => {
                let pattern = value.clone().into_string()?;
                let pattern = Expr::value(Value::SingleQuotedString(strftime(&pattern)));
                Some(call("to_char", vec![date.clone(), pattern]))
            }
            _ => None,
        }
    }
}

/// Makes a whole number that stands alone as a column an INT instead of a BIGINT.
fn type_literal(expr: &mut Expr) {
    if let Expr::Value(ValueWithSpan {
        value: Value::Number(text, false),
        ..
    }) = expr
        && text.parse::<i32>().is_ok()
    {
        *expr = cast(expr.clone(), SqlType::Int(None));
    }
}

fn is_variant(data_type: &SqlType) -> bool {
    data_type.to_string().eq_ignore_ascii_case("VARIANT")
}

/// An interval of years and months that stands alone as a column, which the engine would take for days and seconds.
fn year_month(interval: &Interval) -> Option<Expr> {
    use DateTimeField::{Month, Year};
    let (turned, value) = match interval.value.as_ref() {
        Expr::UnaryOp {
            op: UnaryOperator::Minus,
            expr,
        } => (-1, expr.as_ref()),
        value => (1, value),
    };
    let text = match value {
        Expr::Value(value) => match &value.value {
            Value::Number(text, _) | Value::SingleQuotedString(text) => text.clone(),
            _ => return None,
        },
        _ => return None,
    };
    let (sign, text) = match text.strip_prefix('-') {
        Some(rest) => (-turned, rest),
        None => (turned, text.as_str()),
    };
    let number = |text: &str| text.parse::<i64>().ok();
    let (years, months) = match (&interval.leading_field, &interval.last_field) {
        (Some(Year), None) => (number(text)?, 0),
        (Some(Month), None) => (0, number(text)?),
        (Some(Year), Some(Month)) => {
            let (years, months) = text.split_once('-')?;
            (number(years)?, number(months)?)
        }
        _ => return None,
    };
    parse(&format!(
        "make_ym_interval({}, {})",
        sign * years,
        sign * months
    ))
}

fn cast(expr: Expr, data_type: SqlType) -> Expr {
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(expr),
        data_type,
        array: false,
        format: None,
    }
}

fn plain_arguments(function: &Function) -> Vec<Expr> {
    let FunctionArguments::List(FunctionArgumentList { args, .. }) = &function.args else {
        return Vec::new();
    };
    args.iter()
        .filter_map(|argument| match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr.clone()),
            _ => None,
        })
        .collect()
}

fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    let args = arguments
        .into_iter()
        .map(|argument| FunctionArg::Unnamed(FunctionArgExpr::Expr(argument)))
        .collect();
    Expr::Function(Function {
        name: ObjectName::from(Ident::new(name)),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList {
            duplicate_treatment: None,
            args,
            clauses: Vec::new(),
        }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

fn parse(expr: &str) -> Option<Expr> {
    let parser = Parser::new(&SandboxDialect).try_with_sql(expr);
    parser.and_then(|mut parser| parser.parse_expr()).ok()
}

/// Converts a Java date pattern to one of strftime.
fn strftime(pattern: &str) -> String {
    let known = [
        ("yyyy", "%Y"),
        ("yy", "%y"),
        ("EEEE", "%A"),
        ("EEE", "%a"),
        ("MMMM", "%B"),
        ("MMM", "%b"),
        ("MM", "%m"),
        ("dd", "%d"),
        ("HH", "%H"),
        ("hh", "%I"),
        ("mm", "%M"),
        ("ss", "%S"),
        ("SSS", "%3f"),
        ("E", "%a"),
        ("a", "%p"),
        ("'", ""),
    ];
    let mut text = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let (taken, written) = known
            .iter()
            .find(|(java, _)| rest.starts_with(java))
            .map_or((first.len_utf8(), first.to_string()), |(java, c)| {
                (java.len(), (*c).to_owned())
            });
        text.push_str(&written);
        rest = rest.get(taken..).unwrap_or_default();
    }
    text
}
