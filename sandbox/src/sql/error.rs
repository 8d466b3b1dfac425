//! Errors of statements, worded as in Databricks: a condition, a SQLSTATE and a position.

use datafusion::arrow::error::ArrowError;
use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;

/// A statement that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("[{condition}] {message} SQLSTATE: {sql_state}")]
pub(crate) struct SqlError {
    /// The error condition, such as `TABLE_OR_VIEW_NOT_FOUND`.
    pub(crate) condition: &'static str,
    /// The SQLSTATE that goes with the condition.
    pub(crate) sql_state: &'static str,
    /// One or two sentences.
    pub(crate) message: String,
    /// The text the error is about, to find its position in the statement.
    pub(crate) near: Option<String>,
    /// The line (from 1) and column (from 0), if known.
    pub(crate) position: Option<(usize, usize)>,
}

impl SqlError {
    /// An error without a position.
    pub(crate) fn new(
        condition: &'static str,
        sql_state: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            condition,
            sql_state,
            message: message.into(),
            near: None,
            position: None,
        }
    }

    fn near(mut self, text: impl Into<String>) -> Self {
        self.near = Some(text.into());
        self
    }

    /// The table or view of this name does not exist.
    pub(crate) fn table_not_found(name: &str) -> Self {
        Self::new(
            "TABLE_OR_VIEW_NOT_FOUND",
            "42P01",
            format!("The table or view {} cannot be found.", quoted(name)),
        )
        .near(last_part(name))
    }

    /// The schema of this name does not exist.
    pub(crate) fn schema_not_found(name: &str) -> Self {
        Self::new(
            "SCHEMA_NOT_FOUND",
            "42704",
            format!("The schema {} cannot be found.", quoted(name)),
        )
        .near(last_part(name))
    }

    /// The catalog of this name does not exist.
    pub(crate) fn catalog_not_found(name: &str) -> Self {
        Self::new(
            "NO_SUCH_CATALOG_EXCEPTION",
            "42704",
            format!("The catalog '{name}' was not found."),
        )
        .near(name)
    }

    /// Something of this kind (`TABLE_OR_VIEW`, `SCHEMA`, `CATALOG`) and name exists already.
    pub(crate) fn already_exists(kind: Kind, name: &str) -> Self {
        let (condition, sql_state, word) = match kind {
            Kind::Table => ("TABLE_OR_VIEW_ALREADY_EXISTS", "42P07", "table or view"),
            Kind::Schema => ("SCHEMA_ALREADY_EXISTS", "42P06", "schema"),
            Kind::Catalog => ("CATALOG_ALREADY_EXISTS", "42710", "catalog"),
        };
        let message = format!(
            "Cannot create {word} {} because it already exists.",
            quoted(name)
        );
        Self::new(condition, sql_state, message)
    }

    /// SQL that works in Databricks but not in the sandbox.
    pub(crate) fn unsupported(what: &str) -> Self {
        Self::new(
            "UNSUPPORTED_FEATURE",
            "0A000",
            format!("The feature is not supported by the sandbox: {what}."),
        )
    }

    /// Text that does not parse; `found` is the offending token.
    pub(crate) fn syntax(found: &str, position: Option<(usize, usize)>) -> Self {
        let found = if found == "EOF" {
            "end of input".to_owned()
        } else {
            format!("'{found}'")
        };
        let mut error = Self::new(
            "PARSE_SYNTAX_ERROR",
            "42601",
            format!("Syntax error at or near {found}."),
        );
        error.position = position;
        error
    }

    /// The message as the service sends it, with the position and, for syntax, the statement quoted.
    pub(crate) fn text(&self, statement: &str) -> String {
        let at_end = self
            .message
            .ends_with("end of input.")
            .then(|| end_of(statement));
        let position = self.position.or(at_end).or_else(|| self.find(statement));
        match (self.condition, position) {
            ("PARSE_SYNTAX_ERROR", Some((line, column))) => {
                let mut quoted: Vec<String> = statement.lines().map(str::to_owned).collect();
                let marker = format!("{}^^^", "-".repeat(column));
                quoted.insert(line.min(quoted.len()), marker);
                format!(
                    "\n{self} (line {line}, pos {column})\n\n== SQL ==\n{}\n",
                    quoted.join("\n")
                )
            }
            (_, Some((line, column))) => format!("{self}; line {line} pos {column}"),
            (_, None) => self.to_string(),
        }
    }

    fn find(&self, statement: &str) -> Option<(usize, usize)> {
        let near = self
            .near
            .as_deref()
            .filter(|near| !near.is_empty())?
            .to_lowercase();
        statement.lines().enumerate().find_map(|(line, text)| {
            let byte = text.to_lowercase().find(&near)?;
            let column = text
                .get(..byte)
                .map_or(byte, |before| before.chars().count());
            Some((line + 1, column))
        })
    }
}

/// A kind of object whose name may be taken.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A table or a view.
    Table,
    /// A schema.
    Schema,
    /// A catalog.
    Catalog,
}

impl From<ParserError> for SqlError {
    fn from(error: ParserError) -> Self {
        let text = match error {
            ParserError::TokenizerError(text) | ParserError::ParserError(text) => text,
            ParserError::RecursionLimitExceeded => {
                return Self::new(
                    "PARSE_SYNTAX_ERROR",
                    "42601",
                    "The statement is nested too deeply.",
                );
            }
        };
        let (text, position) = match text.rsplit_once(" at Line: ") {
            Some((before, place)) => (before.to_owned(), line_and_column(place)),
            None => (text, None),
        };
        let found = text
            .rsplit_once("found: ")
            .map_or(text.as_str(), |(_, found)| found);
        // Some messages print a token's insides: `Word(Word { value: "DIV", ... })`.
        let inside = found
            .split_once("value: \"")
            .and_then(|(_, rest)| rest.split('"').next());
        let found = inside.unwrap_or(found);
        Self::syntax(found, position)
    }
}

/// The position at which a statement ends.
fn end_of(statement: &str) -> (usize, usize) {
    let last = statement.lines().last().unwrap_or_default();
    (statement.lines().count().max(1), last.chars().count())
}

fn line_and_column(place: &str) -> Option<(usize, usize)> {
    let (line, column) = place.split_once(", Column: ")?;
    let column: usize = column.trim().parse().ok()?;
    Some((line.trim().parse().ok()?, column.saturating_sub(1)))
}

impl From<ArrowError> for SqlError {
    fn from(error: ArrowError) -> Self {
        match error {
            ArrowError::DivideByZero => divide_by_zero(),
            ArrowError::CastError(text) => cast_invalid_input(&text),
            ArrowError::ParseError(text) => cast_invalid_input(&text),
            ArrowError::ArithmeticOverflow(text) => {
                Self::new("ARITHMETIC_OVERFLOW", "22003", format!("{text}."))
            }
            ArrowError::ExternalError(inner) => match inner.downcast::<DataFusionError>() {
                Ok(inner) => Self::from(*inner),
                Err(other) => engine(&other.to_string()),
            },
            other => engine(&other.to_string()),
        }
    }
}

impl From<DataFusionError> for SqlError {
    fn from(error: DataFusionError) -> Self {
        match error {
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
                Self::from(*inner)
            }
            DataFusionError::Shared(inner) => of_text(&inner.find_root().message()),
            DataFusionError::Collection(errors) => match errors.into_iter().next() {
                Some(first) => Self::from(first),
                None => engine("unknown"),
            },
            DataFusionError::ArrowError(inner, _) => Self::from(*inner),
            DataFusionError::SQL(inner, _) => Self::from(*inner),
            DataFusionError::SchemaError(inner, _) => of_schema(*inner),
            DataFusionError::External(inner) => match inner.downcast::<Self>() {
                Ok(own) => *own,
                Err(other) => engine(&other.to_string()),
            },
            DataFusionError::NotImplemented(text) => Self::unsupported(text.trim_end_matches('.')),
            DataFusionError::ResourcesExhausted(text) => {
                Self::new("OUT_OF_MEMORY", "53200", format!("{text}."))
            }
            other => of_text(&other.message()),
        }
    }
}

fn of_schema(error: SchemaError) -> SqlError {
    match error {
        SchemaError::FieldNotFound {
            field,
            valid_fields,
        } => {
            let name = quoted(&field.flat_name());
            let start = format!("The column {name} cannot be resolved.");
            let mut nearest: Vec<String> = valid_fields.iter().map(|f| f.name.clone()).collect();
            nearest.sort_by_key(|candidate| distance(candidate, &field.name));
            nearest.truncate(5);
            if nearest.is_empty() {
                SqlError::new("UNRESOLVED_COLUMN.WITHOUT_SUGGESTION", "42703", start)
            } else {
                let nearest: Vec<String> = nearest.iter().map(|name| quoted(name)).collect();
                let message = format!("{start} Nearest are [{}].", nearest.join(", "));
                SqlError::new("UNRESOLVED_COLUMN.WITH_SUGGESTION", "42703", message)
            }
            .near(field.name)
        }
        SchemaError::AmbiguousReference { field } => SqlError::new(
            "AMBIGUOUS_REFERENCE",
            "42704",
            format!("Reference {} is ambiguous.", quoted(&field.name)),
        )
        .near(field.name),
        other => engine(&other.to_string()),
    }
}

/// Reads errors that DataFusion reports in prose only.
fn of_text(text: &str) -> SqlError {
    let inner = |start: &str| {
        let (_, rest) = text.split_once(start)?;
        rest.split('\'').next()
    };
    if text.contains("' not found") {
        if let Some(name) = inner("table function '") {
            return unresolved_routine(name);
        }
        if let Some(name) = inner("table '") {
            return SqlError::table_not_found(name);
        }
    }
    if let Some(name) = inner("Invalid function '") {
        return unresolved_routine(name);
    }
    let lower = text.to_lowercase();
    if lower.contains("divide by zero") {
        return divide_by_zero();
    }
    if lower.contains("cannot cast string") || lower.contains("error parsing timestamp") {
        return cast_invalid_input(text);
    }
    if lower.contains("must be in group by") || lower.contains("not appear in the group by") {
        return SqlError::new("MISSING_AGGREGATION", "42803", format!("{text}."));
    }
    if lower.contains("inconsistent data length") || lower.contains("column count doesn't match") {
        return SqlError::new("INSERT_COLUMN_ARITY_MISMATCH", "21S01", format!("{text}."));
    }
    if lower.contains("coerc") || lower.contains("signature") {
        return SqlError::new("DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE", "42K09", text);
    }
    engine(text)
}

fn unresolved_routine(name: &str) -> SqlError {
    SqlError::new(
        "UNRESOLVED_ROUTINE",
        "42883",
        format!("Cannot resolve routine {} on search path.", quoted(name)),
    )
    .near(name)
}

fn divide_by_zero() -> SqlError {
    SqlError::new(
        "DIVIDE_BY_ZERO",
        "22012",
        "Division by zero. `try_divide` answers NULL there.",
    )
}

fn cast_invalid_input(text: &str) -> SqlError {
    SqlError::new(
        "CAST_INVALID_INPUT",
        "22018",
        format!("{}.", text.trim_end_matches('.')),
    )
}

/// An error of DataFusion that has no counterpart in Databricks.
fn engine(text: &str) -> SqlError {
    SqlError::new("SANDBOX_ENGINE_ERROR", "HY000", text)
}

/// `` a.b `` as `` `a`.`b` ``.
pub(crate) fn quoted(name: &str) -> String {
    name.split('.')
        .map(|part| format!("`{part}`"))
        .collect::<Vec<_>>()
        .join(".")
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// A cheap measure of difference: the characters of the longer name that are not shared in order.
fn distance(left: &str, right: &str) -> usize {
    let mut rest = right.chars();
    let shared = left
        .chars()
        .filter(|c| rest.any(|other| other == *c))
        .count();
    left.chars()
        .count()
        .max(right.chars().count())
        .saturating_sub(shared)
}
