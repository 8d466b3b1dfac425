//! The places of a statement that name files, each replaced by a table of them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use datafusion::sql::sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Ident, ObjectName, ObjectNamePart, Statement, TableFactor,
    TableFunctionArgs, Value, ValueWithSpan, VisitMut, VisitorMut,
};

use super::options::{Format, Options};
use super::reading::Source;
use super::table::Files;
use crate::sql::error::SqlError;
use crate::sql::registered::Registered;
use crate::sql::rewrite::Parameter;
use crate::stored::Stored;

/// How a path in single quotes is read, which only `COPY INTO` has.
pub(crate) struct Named(pub(super) Source);

/// Replaces what names files: `read_files('…', …)`, `` csv.`/…` ``, and `'/…'` where `named` says how it is read.
///
/// # Errors
/// Fails if nothing is there, an option is not known, or the files cannot be read so.
pub(crate) fn resolve(
    statement: &mut Statement,
    stored: &Arc<Stored>,
    parameters: &BTreeMap<String, Parameter>,
    named: Option<&Named>,
) -> Result<Vec<Registered>, SqlError> {
    let mut places = Places {
        stored,
        parameters,
        named,
        found: Vec::new(),
    };
    match statement.visit(&mut places) {
        ControlFlow::Continue(()) => Ok(places.found),
        ControlFlow::Break(error) => Err(error),
    }
}

struct Places<'a> {
    stored: &'a Arc<Stored>,
    parameters: &'a BTreeMap<String, Parameter>,
    named: Option<&'a Named>,
    found: Vec<Registered>,
}

impl VisitorMut for Places<'_> {
    type Break = SqlError;

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<SqlError> {
        match self.replace(factor) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

impl Places<'_> {
    fn replace(&mut self, factor: &mut TableFactor) -> Result<(), SqlError> {
        let TableFactor::Table { name, args, .. } = factor else {
            return Ok(());
        };
        let source = match args {
            Some(arguments) if name.to_string().eq_ignore_ascii_case("read_files") => {
                Some(self.read_files(&arguments.args)?)
            }
            Some(_) => None,
            None => self.path(name)?,
        };
        let Some(source) = source else {
            return Ok(());
        };
        let function = format!("__files_{}", self.found.len());
        *name = ObjectName::from(Ident::new(function.clone()));
        *args = Some(TableFunctionArgs {
            args: Vec::new(),
            settings: None,
        });
        self.found.push(Registered {
            name: function,
            table: Arc::new(Files::new(self.stored.clone(), source)?),
        });
        Ok(())
    }

    /// The files of `` format.`path` `` or, in COPY INTO, of `'path'`.
    fn path(&self, name: &ObjectName) -> Result<Option<Source>, SqlError> {
        let parts: Vec<&Ident> = name.0.iter().filter_map(ObjectNamePart::as_ident).collect();
        match (parts.as_slice(), self.named) {
            ([path], Some(Named(source))) if path.quote_style == Some('\'') => Ok(Some(Source {
                path: path.value.clone(),
                ..source.clone()
            })),
            ([format, path], _) if path.value.contains('/') => Ok(Format::named(&format.value)?
                .map(|format| Source {
                    path: path.value.clone(),
                    format: Some(format),
                    options: Options::plain(),
                    only: None,
                })),
            _ => Ok(None),
        }
    }

    fn read_files(&self, arguments: &[FunctionArg]) -> Result<Source, SqlError> {
        let mut path = None;
        let mut format = None;
        let mut options = Options::of_read_files();
        for argument in arguments {
            let (name, value) = match argument {
                FunctionArg::Named { name, arg, .. } => (name.value.clone(), arg),
                FunctionArg::ExprNamed { name, arg, .. } => (name.to_string(), arg),
                FunctionArg::Unnamed(value) => ("path".to_owned(), value),
            };
            let value = self.literal(&name, value)?;
            match name.to_lowercase().as_str() {
                "path" => path = Some(value),
                "format" => {
                    let unknown = || {
                        SqlError::new(
                            "CF_UNKNOWN_FORMAT",
                            "42000",
                            format!("Unknown format of files: {value}."),
                        )
                    };
                    format = Some(Format::named(&value)?.ok_or_else(unknown)?);
                }
                _ => options.set(name.trim_matches('`'), &value)?,
            }
        }
        let path = path.ok_or_else(|| SqlError::syntax("read_files()", None))?;
        Ok(Source {
            path,
            format,
            options,
            only: None,
        })
    }

    /// The text of a literal or of a parameter.
    fn literal(&self, name: &str, value: &FunctionArgExpr) -> Result<String, SqlError> {
        let refused = || {
            SqlError::unsupported(&format!(
                "read_files with {name} => {value}, which is no literal"
            ))
        };
        let FunctionArgExpr::Expr(Expr::Value(ValueWithSpan { value, .. })) = value else {
            return Err(refused());
        };
        match value {
            Value::Placeholder(name) => {
                let name = name.trim_start_matches(':');
                let bound = self.parameters.get(name).and_then(|p| p.value.clone());
                bound.ok_or_else(refused)
            }
            Value::Boolean(flag) => Ok(flag.to_string()),
            Value::Number(number, _) => Ok(number.clone()),
            other => other.clone().into_string().ok_or_else(refused),
        }
    }
}
