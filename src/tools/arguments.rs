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
    pub fn check(&self, mut arguments: Map<String, Value>) -> Result<Map<String, Value>, Error> {
        let alone = match &self.spec.door {
            Door::Behaviour(_) if self.own.is_some() => None,
            Door::Behaviour(name) => behaviours::find(name)?.alone,
            Door::Table(_) => None,
        };
        let aside = alone.map(|list| (list, set_aside(&mut arguments, list)));
        let listed = || Schema::new(self.spec.name, Arc::clone(&self.tool.input_schema));
        let listed = self.listed.get_or_init(listed);
        let listed = listed.as_ref().map_err(Clone::clone)?;
        let mut checked = listed.check(self.spec.name, arguments)?;
        if let Some((list, items)) = aside {
            let list = checked.get_mut(list).and_then(Value::as_array_mut);
            let list = list.map(Vec::as_mut_slice).unwrap_or_default();
            for (nth, item) in items {
                if let Some(place) = list.get_mut(nth) {
                    *place = item;
                }
            }
        }
        Ok(checked)
    }

    /// The arguments as the API facts have them, all the way down: the schema that is listed ends at the fields
    /// of an object. Names and paths are those that will be sent.
    ///
    /// # Errors
    /// Every violation, with its path and what would be right.
    pub fn check_deep(&self, arguments: Map<String, Value>) -> Result<Map<String, Value>, Error> {
        match &self.spec.door {
            Door::Behaviour(_) if self.own.is_some() => Ok(arguments),
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

/// Takes the items of a list that are no objects out of it, each with its place, at which an empty object stays.
fn set_aside(arguments: &mut Map<String, Value>, list: &str) -> Vec<(usize, Value)> {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    let Some(value) = arguments.get_mut(list) else {
        return Vec::new();
    };
    // Some clients write a list as a text.
    if let Some(whole) = value.as_str().and_then(read).filter(Value::is_array) {
        *value = whole;
    }
    let items = value.as_array_mut().into_iter().flatten().enumerate();
    let mut aside = Vec::new();
    for (nth, item) in items {
        let is_object = match &*item {
            Value::String(text) => read(text).is_some_and(|read| read.is_object()),
            item => item.is_object(),
        };
        if !is_object {
            let empty = Value::Object(Map::new());
            aside.push((nth, std::mem::replace(item, empty)));
        }
    }
    aside
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
