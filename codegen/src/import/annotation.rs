//! Turns a Python type annotation into a type.

use ruff_python_ast::Expr;

use super::model::{Class, Type};
use super::python::{attribute, name};

/// The type of `annotation` in `module`, without `Optional`; `None` if it is not understood.
pub(crate) fn read(annotation: &Expr, module: &str) -> Option<Type> {
    match annotation {
        Expr::Name(name) => Some(plain(name.id.as_str(), module)),
        // A forward reference: `"ClusterSpec"`.
        Expr::StringLiteral(literal) => Some(plain(literal.value.to_str(), module)),
        Expr::Attribute(_) => {
            let (base, class) = attribute(annotation)?;
            Some(Type::Class(Class {
                module: name(base)?.to_owned(),
                name: class.to_owned(),
            }))
        }
        Expr::Subscript(subscript) => match name(&subscript.value)? {
            "Optional" => read(&subscript.slice, module),
            "List" | "Iterator" => Some(Type::List(Box::new(read(&subscript.slice, module)?))),
            "Dict" => match subscript.slice.as_ref() {
                Expr::Tuple(pair) => Some(Type::Map(Box::new(read(pair.elts.get(1)?, module)?))),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn plain(word: &str, module: &str) -> Type {
    match word {
        "str" | "FieldMask" => Type::String,
        "int" => Type::Integer,
        "float" => Type::Number,
        "bool" => Type::Boolean,
        "any" | "Any" => Type::Any,
        "dict" => Type::Object,
        "Timestamp" => Type::Timestamp,
        "Duration" => Type::Duration,
        "BinaryIO" => Type::Binary,
        class => match class.split_once('.') {
            Some((module, class)) => Type::Class(Class {
                module: module.to_owned(),
                name: class.to_owned(),
            }),
            None => Type::Class(Class {
                module: module.to_owned(),
                name: class.to_owned(),
            }),
        },
    }
}

/// True if `annotation` is `Optional[...]`.
pub(crate) fn is_optional(annotation: &Expr) -> bool {
    matches!(annotation, Expr::Subscript(subscript) if name(&subscript.value) == Some("Optional"))
}

/// The class that `X` or `module.X` names in `module`.
pub(crate) fn class(expression: &Expr, module: &str) -> Option<Class> {
    match attribute(expression) {
        Some((base, class)) => Some(Class {
            module: name(base)?.to_owned(),
            name: class.to_owned(),
        }),
        None => Some(Class {
            module: module.to_owned(),
            name: name(expression)?.to_owned(),
        }),
    }
}
