//! `removed.yaml`: what updates of the API documents have removed, so that an error can say so.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::spec::Api;

/// The file, below `specs/`.
pub(super) const FILE: &str = "removed.yaml";

const HEAD: &str = "# What updates of the API documents have removed, and the version since which it is gone. The build tells it to who\n\
                    # still names it. Written by `codegen import`.\n";

/// One thing that is gone: an operation, a parameter of one, or a field of a schema.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Removed {
    /// The first version without it.
    pub version: String,
    /// The operation that is gone, or that had the parameter.
    pub operation: Option<String>,
    /// The parameter.
    pub parameter: Option<String>,
    /// The schema that had the field.
    pub schema: Option<String>,
    /// The field.
    pub field: Option<String>,
}

impl Removed {
    /// What `after`, the documents of `version`, do not have any more.
    #[must_use]
    pub fn between(before: &Api, after: &Api, version: &str) -> Vec<Self> {
        let gone = |operation: &str, parameter: Option<String>| Self {
            version: version.to_owned(),
            operation: Some(operation.to_owned()),
            parameter,
            schema: None,
            field: None,
        };
        let mut removed = Vec::new();
        for operation in before.operations() {
            let Some(now) = after.operation(&operation.id) else {
                removed.push(gone(&operation.id, None));
                continue;
            };
            let known = after.arguments(now);
            let known: BTreeSet<&str> = known.iter().map(|param| param.name.as_str()).collect();
            let lost = before.arguments(operation).into_iter();
            let lost = lost.filter(|param| !known.contains(param.name.as_str()));
            removed.extend(lost.map(|param| gone(&operation.id, Some(param.name))));
        }
        for (name, schema) in before.schemas() {
            // A schema that is gone goes with what used it.
            let Some(now) = after.schema(name) else {
                continue;
            };
            let has = |field: &str| {
                let fields = now.get("properties").and_then(Value::as_object);
                fields.is_some_and(|fields| fields.contains_key(field))
            };
            let fields = schema.get("properties").and_then(Value::as_object);
            let lost = fields.into_iter().flat_map(|fields| fields.keys());
            removed.extend(lost.filter(|field| !has(field)).map(|field| Self {
                version: version.to_owned(),
                operation: None,
                parameter: None,
                schema: Some(name.to_owned()),
                field: Some(field.clone()),
            }));
        }
        removed
    }

    /// Adds these to the file in `specs`, a line each.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn record(specs: &Path, removed: &[Self]) -> std::io::Result<()> {
        if removed.is_empty() {
            return Ok(());
        }
        let path = specs.join(FILE);
        let mut text = if path.exists() {
            std::fs::read_to_string(&path)?
        } else {
            HEAD.to_owned()
        };
        for one in removed {
            let named = [
                ("operation", &one.operation),
                ("parameter", &one.parameter),
                ("schema", &one.schema),
                ("field", &one.field),
            ];
            // Writing to a String cannot fail.
            let _ = write!(text, "- {{ version: '{}'", one.version);
            for (key, name) in named {
                if let Some(name) = name {
                    let _ = write!(text, ", {key}: '{}'", name.replace('\'', "''"));
                }
            }
            text.push_str(" }\n");
        }
        std::fs::write(path, text)
    }
}
