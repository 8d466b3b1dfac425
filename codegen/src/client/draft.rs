//! The part of the API that the client covers: the requested operations and every schema they reach.

use std::collections::BTreeMap;

use heck::ToPascalCase;
use serde_json::{Value, json};

use super::fields::{Fields, Keep};
use super::{Error, schema};
use crate::spec::{Api, ParamFacts, Place};

/// The end of the name that a nameless request body gets.
const REQUEST: &str = "Request";

/// The operations to generate and their schemas under their Rust names. Cures change it.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) operations: Vec<Operation>,
    /// Schemas by Rust name, for example `SqlStatementResponse`. References use these names.
    pub(super) schemas: BTreeMap<String, Schema>,
    /// The values of each enum by Rust name, filled by the cure `enums`.
    pub(super) enums: BTreeMap<String, Vec<String>>,
}

#[derive(Debug)]
pub(super) struct Operation {
    pub(super) id: String,
    pub(super) verb: String,
    pub(super) path: String,
    pub(super) params: Vec<ParamFacts>,
    pub(super) request: Option<Request>,
    pub(super) response: Response,
}

#[derive(Debug)]
pub(super) struct Request {
    pub(super) content_type: String,
    pub(super) schema: Value,
}

#[derive(Debug, PartialEq)]
pub(super) enum Response {
    Json(Value),
    Bytes,
    Empty,
}

#[derive(Debug)]
pub(super) struct Schema {
    /// `module.Name` in the documents, or the operation whose unnamed body it is.
    pub(super) origin: String,
    pub(super) side: Side,
    pub(super) body: Value,
}

/// The direction in which a schema is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Sent by the client only.
    Request,
    /// Sent by the service only.
    Response,
    /// Both.
    Both,
}

impl Draft {
    /// Collects the operations and every schema they reach, as far as `fields` keeps them.
    pub(super) fn of(api: &Api, operation_ids: &[String], fields: &Fields) -> Result<Self, Error> {
        let mut draft = Self::default();
        let mut keep = Keep::new(fields);
        let mut ids: Vec<&str> = operation_ids.iter().map(String::as_str).collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            draft.pick(api, &mut keep, id)?;
        }
        keep.finish()?;
        Ok(draft)
    }

    /// Every outermost schema with its side: named schemas, parameters and unnamed bodies.
    pub(super) fn roots_mut(&mut self) -> impl Iterator<Item = (&mut Value, Side)> {
        let named = self
            .schemas
            .values_mut()
            .map(|schema| (&mut schema.body, schema.side));
        let own = self.operations.iter_mut().flat_map(|operation| {
            let params = operation.params.iter_mut().map(|param| &mut param.schema);
            let request = operation.request.iter_mut().map(|body| &mut body.schema);
            let response = match &mut operation.response {
                Response::Json(schema) => Some((schema, Side::Response)),
                Response::Bytes | Response::Empty => None,
            };
            params
                .chain(request)
                .map(|schema| (schema, Side::Request))
                .chain(response)
        });
        named.chain(own)
    }

    /// Follows a reference; any other schema is returned as it is.
    pub(super) fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        schema::reference(schema)
            .and_then(|name| self.schemas.get(name))
            .map_or(schema, |named| &named.body)
    }

    fn pick(&mut self, api: &Api, keep: &mut Keep<'_>, id: &str) -> Result<(), Error> {
        let found = api.operation(id).ok_or_else(|| Error::UnknownOperation {
            id: id.to_owned(),
            nearest: nearest(api, id),
        })?;
        let mut params = found.params.clone();
        for param in &mut params {
            self.close(api, keep, &mut param.schema, id)?;
        }
        let request = match &found.body {
            Some(body) => Some(Request {
                content_type: body.content_type.clone(),
                schema: self.body(api, keep, &body.schema, id, REQUEST)?,
            }),
            None => None,
        };
        let response = match &found.response {
            Some(schema) => Response::Json(self.body(api, keep, schema, id, "Response")?),
            None if found.raw_response => Response::Bytes,
            None => Response::Empty,
        };
        self.operations.push(Operation {
            id: id.to_owned(),
            verb: found.verb.to_lowercase(),
            path: found.path.clone(),
            params: params
                .into_iter()
                .filter(|param| param.place != Place::Property)
                .collect(),
            request,
            response,
        });
        Ok(())
    }

    /// Names the inline object of a body, because progenitor requires named request bodies.
    fn body(
        &mut self,
        api: &Api,
        keep: &mut Keep<'_>,
        schema: &Value,
        id: &str,
        suffix: &str,
    ) -> Result<Value, Error> {
        let mut schema = schema.clone();
        if schema::reference(&schema).is_none() && suffix == REQUEST {
            keep.apply(id, &mut schema)?;
        }
        self.close(api, keep, &mut schema, id)?;
        if !schema::has_properties(&schema) {
            return Ok(schema);
        }
        let name = format!("{}{suffix}", id.to_pascal_case());
        self.name(&name, id, schema)?;
        Ok(json!({ "$ref": name }))
    }

    /// Renames each reference to its Rust name and adds the schema it refers to.
    fn close(
        &mut self,
        api: &Api,
        keep: &mut Keep<'_>,
        schema: &mut Value,
        used_by: &str,
    ) -> Result<(), Error> {
        if let Some(origin) = schema::reference(schema).map(str::to_owned) {
            if keep.is_json(&origin) {
                *schema = json!({ "type": "object" });
                return Ok(());
            }
            let name = origin.to_pascal_case();
            *schema = json!({ "$ref": name });
            if self
                .schemas
                .get(&name)
                .is_some_and(|known| known.origin == origin)
            {
                return Ok(());
            }
            let mut body = api
                .schema(&origin)
                .ok_or_else(|| Error::UnknownSchema {
                    name: origin.clone(),
                    used_by: used_by.to_owned(),
                })?
                .clone();
            // Registered before its own references are followed, so that a recursive schema terminates.
            self.name(&name, &origin, Value::Null)?;
            keep.apply(&origin, &mut body)?;
            self.close(api, keep, &mut body, &origin)?;
            if let Some(named) = self.schemas.get_mut(&name) {
                named.body = body;
            }
            return Ok(());
        }
        for inner in schema::below_mut(schema) {
            self.close(api, keep, inner, used_by)?;
        }
        Ok(())
    }

    fn name(&mut self, name: &str, origin: &str, body: Value) -> Result<(), Error> {
        let schema = Schema {
            origin: origin.to_owned(),
            side: Side::Both,
            body,
        };
        match self.schemas.insert(name.to_owned(), schema) {
            Some(first) => Err(Error::SameName {
                name: name.to_owned(),
                first: first.origin,
                second: origin.to_owned(),
            }),
            None => Ok(()),
        }
    }
}

fn nearest(api: &Api, id: &str) -> Option<String> {
    api.operations()
        .min_by_key(|operation| strsim::damerau_levenshtein(&operation.id, id))
        .map(|operation| operation.id.clone())
}
