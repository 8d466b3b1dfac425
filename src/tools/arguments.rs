//! The arguments of a call, from what the caller wrote to what is sent.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::inventory::Entry;
use super::schema::Schema;
use crate::api;
use crate::behaviours;
use crate::catalog::Door;
use crate::engine;
use crate::error::Error;

impl Entry {
    /// The arguments under the tool's own names, the first step of every call.
    ///
    /// # Errors
    /// Fails if an argument is given twice.
    pub fn canonical(&self, arguments: Map<String, Value>) -> Result<Map<String, Value>, Error> {
        engine::translate(self.spec, &self.tool.input_schema, arguments)
    }

    /// The arguments as the listed schema has them.
    ///
    /// # Errors
    /// Every violation, with its path and what would be right.
    pub fn check(&self, arguments: Map<String, Value>) -> Result<Map<String, Value>, Error> {
        let listed = || Schema::new(self.spec.name, Arc::clone(&self.tool.input_schema));
        let listed = self.listed.get_or_init(listed);
        listed
            .as_ref()
            .map_err(Clone::clone)?
            .check(self.spec.name, arguments)
    }

    /// The arguments as the API facts have them, all the way down: the schema that is listed ends at the fields
    /// of an object. Names and paths are those that will be sent.
    ///
    /// # Errors
    /// Every violation, with its path and what would be right.
    pub fn check_deep(&self, arguments: Map<String, Value>) -> Result<Map<String, Value>, Error> {
        match &self.spec.door {
            Door::Behaviour(name) => (behaviours::find(name)?.check)(arguments),
            // The facts are unpacked only for what they can tell.
            Door::Table(plan) if !arguments.values().any(holds_fields) => {
                engine::with_plain_names(&plan.request, arguments)
            }
            Door::Table(plan) => {
                let arguments = engine::with_plain_names(&plan.request, arguments)?;
                let deep = || {
                    let schema = api::deep_schema(&plan.request)?;
                    Schema::new(self.spec.name, schema.into())
                };
                let deep = self.deep.get_or_init(deep);
                deep.as_ref()
                    .map_err(Clone::clone)?
                    .check(self.spec.name, arguments)
            }
        }
    }
}

fn holds_fields(value: &Value) -> bool {
    match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => items.iter().any(holds_fields),
        _ => false,
    }
}

#[cfg(test)]
#[path = "arguments_tests.rs"]
mod tests;
