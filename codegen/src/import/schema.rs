//! Reads dataclasses and enums.

use std::collections::HashMap;

use ruff_python_ast::{Expr, Stmt, StmtClassDef};
use ruff_text_size::Ranged;

use super::annotation;
use super::error::Error;
use super::model::{EnumMember, Field, Schema, Type};
use super::python::{
    Source, attribute, call, item, keywords, methods, name, statement_string, string,
};

/// The schema of a dataclass: wire names from `as_dict`, conversions from `from_dict`.
pub(crate) fn dataclass(source: &Source, class: &StmtClassDef) -> Result<Schema, Error> {
    let wire_names = wire_names(class);
    let strings = integers_from_strings(class);
    let mut fields = Vec::new();
    for (index, statement) in class.body.iter().enumerate() {
        let Stmt::AnnAssign(declared) = statement else {
            continue;
        };
        let line = source.line(declared.range.start().to_usize());
        let python =
            name(&declared.target).ok_or_else(|| source.shape(line, "a field without a name"))?;
        let ty = annotation::read(&declared.annotation, &source.module)
            .ok_or_else(|| source.shape(line, format!("unknown type of field `{python}`")))?;
        let wire = wire_names.get(python).ok_or_else(|| {
            source.shape(line, format!("`as_dict` does not write field `{python}`"))
        })?;
        let documentation = class
            .body
            .get(index + 1)
            .and_then(statement_string)
            .unwrap_or_default();
        fields.push(Field {
            wire: wire.clone(),
            python: python.to_owned(),
            ty: if strings.contains(&python) {
                accept_strings(ty)
            } else {
                ty
            },
            required: declared.value.is_none(),
            deprecated: says_deprecated(documentation),
        });
    }
    Ok(Schema::Object(fields))
}

fn accept_strings(ty: Type) -> Type {
    match ty {
        Type::Integer => Type::IntegerOrString,
        Type::List(item) => Type::List(Box::new(accept_strings(*item))),
        other => other,
    }
}

/// Attribute to wire name, from `body["wire"] = self.attribute` in `as_dict`.
fn wire_names(class: &StmtClassDef) -> HashMap<String, String> {
    let mut names = HashMap::new();
    for method in methods(class).filter(|m| m.name.as_str() == "as_dict") {
        for statement in method.body.iter() {
            let Stmt::If(condition) = statement else {
                continue;
            };
            for inner in condition.body.iter() {
                let Stmt::Assign(assign) = inner else {
                    continue;
                };
                let wire = assign.targets.first().and_then(item).map(|(_, wire)| wire);
                if let (Some(wire), Some(python)) = (wire, self_attribute(&assign.value)) {
                    names.insert(python.to_owned(), wire.to_owned());
                }
            }
        }
    }
    names
}

/// `x` in `self.x`, `self.x.value`, `self.x.as_dict()`, `[v.as_dict() for v in self.x]` and the like.
fn self_attribute(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Attribute(_) => {
            let (base, found) = attribute(expression)?;
            if name(base) == Some("self") {
                Some(found)
            } else {
                self_attribute(base)
            }
        }
        Expr::Call(call) => self_attribute(&call.func),
        Expr::ListComp(list) => self_attribute(&list.generators.first()?.iter),
        _ => None,
    }
}

/// Attributes that `from_dict` converts with `int()`.
fn integers_from_strings(class: &StmtClassDef) -> Vec<&str> {
    let mut found = Vec::new();
    for method in methods(class).filter(|m| m.name.as_str() == "from_dict") {
        for statement in method.body.iter() {
            let Stmt::Return(returned) = statement else {
                continue;
            };
            let Some(built) = returned.value.as_deref().and_then(call) else {
                continue;
            };
            for (python, value) in keywords(&built.arguments) {
                let converter = call(value).and_then(|c| name(&c.func));
                if matches!(converter, Some("_int64" | "_repeated_int64")) {
                    found.push(python);
                }
            }
        }
    }
    found
}

/// The schema of an `Enum` class.
pub(crate) fn enumeration(source: &Source, class: &StmtClassDef) -> Result<Schema, Error> {
    let mut members = Vec::new();
    for statement in class.body.iter() {
        match statement {
            Stmt::Assign(assign) => {
                let python = assign.targets.first().and_then(name);
                match (python, string(&assign.value)) {
                    (Some(python), Some(wire)) => {
                        members.push(EnumMember {
                            python: python.to_owned(),
                            wire: wire.to_owned(),
                        });
                    }
                    _ => {
                        let line = source.line(assign.range.start().to_usize());
                        return Err(
                            source.shape(line, format!("unknown member of enum `{}`", class.name))
                        );
                    }
                }
            }
            other if statement_string(other).is_some() => {}
            Stmt::Pass(_) => {}
            other => {
                let line = source.line(other.range().start().to_usize());
                return Err(source.shape(line, format!("unknown member of enum `{}`", class.name)));
            }
        }
    }
    Ok(Schema::Enum(members))
}

/// True if a documentation text opens with a deprecation.
pub(crate) fn says_deprecated(documentation: &str) -> bool {
    let opening = documentation
        .trim_start()
        .trim_start_matches(['*', '[', '(']);
    opening
        .get(..10)
        .is_some_and(|word| word.eq_ignore_ascii_case("deprecated"))
}
