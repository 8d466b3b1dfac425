//! Cure: nothing is required in an answer.
//!
//! The service omits fields that the documents call required, and typify then refuses the answer. In a
//! request the mark is useful: the compiler demands the field. A schema used both ways with a required
//! field at any depth is therefore written twice: as `<Name>` without required fields for answers, and as
//! `<Name>Sent` with them for requests.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::Error;
use super::super::draft::{Draft, Response, Schema, Side};
use super::super::schema;

const SENT: &str = "Sent";

pub(super) fn cure(draft: &mut Draft) -> Result<(), Error> {
    let sent = reached(draft, sent_roots(draft));
    let answered = reached(draft, answered_roots(draft));
    let twice: BTreeSet<String> = sent
        .intersection(&answered)
        .filter(|name| {
            let inside = reached(draft, vec![json!({ "$ref": name })]);
            let mut bodies = inside.iter().filter_map(|name| draft.schemas.get(name));
            bodies.any(|schema| has_required(&schema.body))
        })
        .cloned()
        .collect();

    for (name, schema) in &mut draft.schemas {
        schema.side = match (sent.contains(name), answered.contains(name)) {
            (true, true) if !twice.contains(name) => Side::Both,
            (true, false) => Side::Request,
            _ => Side::Response,
        };
    }
    for name in &twice {
        write_twice(draft, name)?;
    }
    for (root, side) in draft.roots_mut() {
        schema::walk_mut(root, &mut |schema| match side {
            Side::Request => refer_to_sent(schema, &twice),
            Side::Response => {
                if let Some(keywords) = schema.as_object_mut() {
                    keywords.shift_remove("required");
                }
            }
            Side::Both => {}
        });
    }
    // Schemas no longer reached, because `empty` or `parameters` removed the reference.
    draft
        .schemas
        .retain(|name, schema| schema.side == Side::Request || answered.contains(name));
    draft
        .enums
        .retain(|name, _| draft.schemas.contains_key(name));
    Ok(())
}

fn sent_roots(draft: &Draft) -> Vec<Value> {
    let operations = draft.operations.iter();
    operations
        .flat_map(|operation| {
            let params = operation.params.iter().map(|param| &param.schema);
            params.chain(operation.request.iter().map(|body| &body.schema))
        })
        .cloned()
        .collect()
}

fn answered_roots(draft: &Draft) -> Vec<Value> {
    let operations = draft.operations.iter();
    operations
        .filter_map(|operation| match &operation.response {
            Response::Json(schema) => Some(schema.clone()),
            Response::Bytes | Response::Empty => None,
        })
        .collect()
}

fn reached(draft: &Draft, mut open: Vec<Value>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    while let Some(schema) = open.pop() {
        for name in schema::references(&schema) {
            if names.insert(name.to_owned())
                && let Some(named) = draft.schemas.get(name)
            {
                open.push(named.body.clone());
            }
        }
    }
    names
}

fn has_required(schema: &Value) -> bool {
    schema.get("required").is_some() || schema::below(schema).any(has_required)
}

fn write_twice(draft: &mut Draft, name: &str) -> Result<(), Error> {
    let Some(schema) = draft.schemas.get(name) else {
        return Ok(());
    };
    let sent = Schema {
        origin: schema.origin.clone(),
        side: Side::Request,
        body: schema.body.clone(),
    };
    let sent_name = format!("{name}{SENT}");
    let origin = sent.origin.clone();
    match draft.schemas.insert(sent_name.clone(), sent) {
        Some(first) => Err(Error::SameName {
            name: sent_name,
            first: first.origin,
            second: origin,
        }),
        None => Ok(()),
    }
}

fn refer_to_sent(schema: &mut Value, twice: &BTreeSet<String>) {
    if let Some(name) = schema::reference(schema)
        && twice.contains(name)
    {
        *schema = json!({ "$ref": format!("{name}{SENT}") });
    }
}
