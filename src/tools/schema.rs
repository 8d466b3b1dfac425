//! A schema with its validator, made when arguments are first held to it.

use std::sync::Arc;

use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::engine;
use crate::error::Error;

/// A schema that arguments are held to.
#[derive(Debug)]
pub(super) struct Schema {
    schema: Arc<Map<String, Value>>,
    validator: Validator,
}

impl Schema {
    /// Makes its validator.
    ///
    /// # Errors
    /// The schema is no schema: a fault of the build.
    pub(super) fn new(tool: &str, schema: Arc<Map<String, Value>>) -> Result<Self, Error> {
        Ok(Self {
            validator: engine::validator(tool, &schema)?,
            schema,
        })
    }

    /// Coerces arguments to it and validates them.
    ///
    /// # Errors
    /// Every violation, with its path and what would be right.
    pub(super) fn check(
        &self,
        tool: &str,
        arguments: Map<String, Value>,
    ) -> Result<Map<String, Value>, Error> {
        engine::check(tool, &self.schema, &self.validator, arguments)
    }
}
