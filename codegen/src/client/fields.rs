//! The fields of large schemas that the client keeps, as `specs/client.yaml` names them.
//!
//! A run holds every kind of task and a cluster holds every cloud, so one operation reaches hundreds of
//! schemas of which its caller reads ten fields. A field left out is neither sent nor read, costs nothing to
//! compile, and cannot make an answer fail.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::Error;

/// The fields to keep, by schema (`module.Name`) or, for a body without a name, by operation.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Fields(BTreeMap<String, Vec<String>>);

/// The [`Fields`], and which of them have been met.
pub(super) struct Keep<'a> {
    fields: &'a Fields,
    met: BTreeSet<&'a str>,
}

impl Fields {
    /// Reads `specs/client.yaml`.
    ///
    /// # Errors
    /// A file that cannot be read, or is no map of lists.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let text =
            std::fs::read_to_string(path).map_err(|error| Error::Fields(error.to_string()))?;
        serde_saphyr::from_str(&text).map_err(|error| Error::Fields(error.to_string()))
    }
}

impl<'a> Keep<'a> {
    pub(super) fn new(fields: &'a Fields) -> Self {
        Self {
            fields,
            met: BTreeSet::new(),
        }
    }

    /// Returns whether no field is kept of the schema called `origin`, so that it is JSON of any content.
    pub(super) fn is_json(&mut self, origin: &str) -> bool {
        let kept = self.fields.0.get_key_value(origin);
        let json = kept.filter(|(_, kept)| kept.is_empty());
        self.met.extend(json.map(|(name, _)| name.as_str()));
        json.is_some()
    }

    /// Takes out of the schema called `origin` what is not kept.
    pub(super) fn apply(&mut self, origin: &str, schema: &mut Value) -> Result<(), Error> {
        let Some((name, kept)) = self.fields.0.get_key_value(origin) else {
            return Ok(());
        };
        self.met.insert(name);
        let keywords = schema.as_object_mut();
        let properties = keywords.and_then(|schema| schema.get_mut("properties"));
        let Some(properties) = properties.and_then(Value::as_object_mut) else {
            return Err(Error::UnknownField {
                schema: origin.to_owned(),
                field: kept.join("`, `"),
            });
        };
        if let Some(unknown) = kept.iter().find(|name| !properties.contains_key(*name)) {
            return Err(Error::UnknownField {
                schema: origin.to_owned(),
                field: unknown.clone(),
            });
        }
        properties.retain(|name, _| kept.contains(name));
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.retain(|name| kept.iter().any(|kept| name == kept));
        }
        Ok(())
    }

    /// Refuses a schema that no operation reaches.
    pub(super) fn finish(self) -> Result<(), Error> {
        let mut names = self.fields.0.keys();
        match names.find(|name| !self.met.contains(name.as_str())) {
            Some(name) => Err(Error::UnusedFields {
                schema: name.clone(),
            }),
            None => Ok(()),
        }
    }
}
