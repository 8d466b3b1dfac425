//! Reads small facts from a Python syntax tree.

use ruff_python_ast::{
    Arguments, Expr, ExprCall, FStringPart, InterpolatedStringElement, Number, Stmt, StmtClassDef,
    StmtFunctionDef,
};
use ruff_python_ast::{Identifier, ModModule};

use super::error::Error;

/// A parsed module file, with its line breaks to name lines.
pub(crate) struct Source {
    pub(crate) file: String,
    pub(crate) module: String,
    /// Offset of every line break.
    breaks: Vec<usize>,
}

impl Source {
    pub(crate) fn parse(
        module: &str,
        file: &str,
        text: &str,
    ) -> Result<(Source, ModModule), Error> {
        let breaks = text.match_indices('\n').map(|(at, _)| at).collect();
        let source = Source {
            file: file.to_owned(),
            module: module.to_owned(),
            breaks,
        };
        match ruff_python_parser::parse_module(text) {
            Ok(parsed) => Ok((source, parsed.into_syntax())),
            Err(error) => Err(Error::Parse {
                file: source.file.clone(),
                line: source.line(error.location.start().to_usize()),
                reason: error.error.to_string(),
            }),
        }
    }

    /// The line of a byte offset, from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.breaks.partition_point(|at| *at < offset) + 1
    }

    pub(crate) fn shape(&self, line: usize, reason: impl Into<String>) -> Error {
        Error::Shape {
            file: self.file.clone(),
            line,
            reason: reason.into(),
        }
    }
}

pub(crate) fn classes(module: &ModModule) -> impl Iterator<Item = &StmtClassDef> {
    module.body.iter().filter_map(|statement| match statement {
        Stmt::ClassDef(class) => Some(class),
        _ => None,
    })
}

pub(crate) fn methods(class: &StmtClassDef) -> impl Iterator<Item = &StmtFunctionDef> {
    class.body.iter().filter_map(|statement| match statement {
        Stmt::FunctionDef(method) => Some(method),
        _ => None,
    })
}

pub(crate) fn has_base(class: &StmtClassDef, base: &str) -> bool {
    class
        .arguments
        .as_ref()
        .is_some_and(|arguments| arguments.args.iter().any(|a| name(a) == Some(base)))
}

pub(crate) fn is_decorated(class: &StmtClassDef, decorator: &str) -> bool {
    class
        .decorator_list
        .iter()
        .any(|d| name(&d.expression) == Some(decorator))
}

pub(crate) fn docstring(body: &[Stmt]) -> &str {
    body.first().and_then(statement_string).unwrap_or_default()
}

/// The text of a statement that is only a string.
pub(crate) fn statement_string(statement: &Stmt) -> Option<&str> {
    match statement {
        Stmt::Expr(expression) => string(&expression.value),
        _ => None,
    }
}

pub(crate) fn name(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        _ => None,
    }
}

pub(crate) fn string(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::StringLiteral(literal) => Some(literal.value.to_str()),
        _ => None,
    }
}

pub(crate) fn integer(expression: &Expr) -> Option<i64> {
    match expression {
        Expr::NumberLiteral(number) => match &number.value {
            Number::Int(int) => int.as_i64(),
            _ => None,
        },
        _ => None,
    }
}

pub(crate) fn is_true(expression: &Expr) -> bool {
    matches!(expression, Expr::BooleanLiteral(literal) if literal.value)
}

/// `base.attribute`.
pub(crate) fn attribute(expression: &Expr) -> Option<(&Expr, &str)> {
    match expression {
        Expr::Attribute(attribute) => Some((&attribute.value, attribute.attr.as_str())),
        _ => None,
    }
}

/// The names of `a.b.c`; `None` for any other expression.
pub(crate) fn dotted(expression: &Expr) -> Option<Vec<String>> {
    match expression {
        Expr::Name(name) => Some(vec![name.id.to_string()]),
        Expr::Attribute(attribute) => {
            let mut names = dotted(&attribute.value)?;
            names.push(attribute.attr.to_string());
            Some(names)
        }
        _ => None,
    }
}

pub(crate) fn is_dotted(expression: &Expr, names: &[&str]) -> bool {
    dotted(expression).is_some_and(|found| found == names)
}

/// `name["key"]`.
pub(crate) fn item(expression: &Expr) -> Option<(&str, &str)> {
    match expression {
        Expr::Subscript(subscript) => Some((name(&subscript.value)?, string(&subscript.slice)?)),
        _ => None,
    }
}

pub(crate) fn call(expression: &Expr) -> Option<&ExprCall> {
    match expression {
        Expr::Call(call) => Some(call),
        _ => None,
    }
}

/// `base.method(...)`: the base and the call.
pub(crate) fn method_call<'a>(
    expression: &'a Expr,
    method: &str,
) -> Option<(&'a Expr, &'a ExprCall)> {
    let call = call(expression)?;
    match attribute(&call.func) {
        Some((base, found)) if found == method => Some((base, call)),
        _ => None,
    }
}

pub(crate) fn keyword<'a>(arguments: &'a Arguments, wanted: &str) -> Option<&'a Expr> {
    keywords(arguments)
        .find(|(found, _)| *found == wanted)
        .map(|(_, value)| value)
}

pub(crate) fn keywords(arguments: &Arguments) -> impl Iterator<Item = (&str, &Expr)> {
    arguments
        .keywords
        .iter()
        .filter_map(|k| Some((k.arg.as_ref().map(Identifier::as_str)?, &k.value)))
}

/// A piece of an f-string.
pub(crate) enum Piece<'a> {
    Text(&'a str),
    Value(&'a Expr),
}

/// The pieces of a string or f-string.
pub(crate) fn pieces(expression: &Expr) -> Option<Vec<Piece<'_>>> {
    if let Some(text) = string(expression) {
        return Some(vec![Piece::Text(text)]);
    }
    let Expr::FString(fstring) = expression else {
        return None;
    };
    let mut pieces = Vec::new();
    for part in fstring.value.iter() {
        match part {
            FStringPart::Literal(literal) => pieces.push(Piece::Text(literal.as_str())),
            FStringPart::FString(inner) => {
                for element in inner.elements.iter() {
                    match element {
                        InterpolatedStringElement::Literal(literal) => {
                            pieces.push(Piece::Text(&literal.value))
                        }
                        InterpolatedStringElement::Interpolation(value) => {
                            pieces.push(Piece::Value(&value.expression))
                        }
                    }
                }
            }
        }
    }
    Some(pieces)
}
