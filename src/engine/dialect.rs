//! Arguments as callers of other servers write them: under other names, or wrapped in an object.

use serde_json::{Map, Value};

use crate::catalog::ToolSpec;

/// The object in which a whole family of servers wraps its arguments.
const ENVELOPE: &str = "params";

/// Renames the arguments to this server's names. One that is given twice stays as it is, and the schema refuses it.
#[must_use]
pub fn translate(
    tool: &ToolSpec,
    schema: &Map<String, Value>,
    mut arguments: Map<String, Value>,
) -> Map<String, Value> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let own = |name: &str| properties.is_some_and(|properties| properties.contains_key(name));
    for outer in std::iter::once(&ENVELOPE).chain(tool.flatten) {
        if own(outer) {
            continue;
        }
        match arguments.shift_remove(*outer) {
            Some(Value::Object(inner)) => {
                for (name, value) in inner {
                    arguments.entry(name).or_insert(value);
                }
            }
            Some(other) => {
                arguments.insert((*outer).to_owned(), other);
            }
            None => {}
        }
    }
    for (other, name) in tool.argument_aliases {
        if !arguments.contains_key(*name)
            && let Some(value) = arguments.shift_remove(*other)
        {
            arguments.insert((*name).to_owned(), value);
        }
    }
    arguments
}
