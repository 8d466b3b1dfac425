//! A resource as an operation shows it: its states by the clock, its stamps, and only fields of the spec.

use serde_json::{Map, Value, json};

use super::kind::View;
use crate::clock::{Millis, rfc3339};
use crate::collections::Item;
use crate::identity::{METASTORE, USER, USER_ID};
use crate::shared::Shared;
use crate::spec::Shape;

const MADE_AT: &[&str] = &[
    "created_at",
    "create_time",
    "creation_time",
    "creation_timestamp",
    "created_timestamp",
];
const CHANGED_AT: &[&str] = &[
    "updated_at",
    "update_time",
    "last_update_time",
    "last_updated_timestamp",
    "last_modified",
];
const BY: &[&str] = &[
    "owner",
    "owner_user_name",
    "created_by",
    "creator",
    "creator_name",
    "creator_user_name",
    "updated_by",
    "updater",
    "last_modifier_user_name",
    "last_updated_user",
    "run_as_user_name",
];

/// The field in which a resource keeps the long-running operation that makes or changes it.
pub(crate) const OPERATION: &str = "operation";

/// The way an operation shows a resource.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    /// `None` when the operation answers `{}`.
    shape: Option<Shape>,
    /// The field that holds the resource; `None` when the answer is the resource.
    within: Option<&'static str>,
    /// True when the answer is a long-running operation instead of the resource.
    is_operation: bool,
}

impl Answer {
    /// Finds the resource in an answer: beside its id field, or else in the only object.
    pub(super) fn of(answer: Option<Shape>, id: &str) -> Self {
        let itself = Self {
            shape: answer,
            within: None,
            is_operation: false,
        };
        let Some(answer) = answer.filter(|answer| answer.property(id).is_none()) else {
            return itself;
        };
        if answer.property("done").is_some() && answer.property("response").is_some() {
            return Self {
                is_operation: true,
                ..itself
            };
        }
        let mut inner = answer
            .properties()
            .filter(|(_, shape)| shape.property(id).is_some());
        inner.next().map_or(itself, |(name, shape)| Self {
            shape: Some(shape),
            within: Some(name),
            ..itself
        })
    }

    /// The way a list shows an entry.
    pub(super) fn of_entry(shape: Option<Shape>) -> Self {
        Self {
            shape,
            within: None,
            is_operation: false,
        }
    }

    /// Shows the resource as this operation does.
    pub(super) fn show(self, shared: &Shared, view: Option<&View>, item: &Item) -> Value {
        let Some(shape) = self.shape else {
            return json!({});
        };
        if self.is_operation {
            return item.get(OPERATION).cloned().unwrap_or_default();
        }
        let shown = shape.cut(Value::Object(stamped(shared, view, item, shape)));
        match self.within {
            Some(field) => json!({ field: shown }),
            None => shown,
        }
    }
}

fn stamped(shared: &Shared, view: Option<&View>, item: &Item, shape: Shape) -> Map<String, Value> {
    let mut fields = item.as_it_is(shared.clock);
    for (name, shape) in shape.properties() {
        if CHANGED_AT.contains(&name) {
            fields.insert(name.to_owned(), time(item.updated_at, shape));
        } else if name == "etag" {
            fields.insert(name.to_owned(), json!(item.etag()));
        } else if fields.contains_key(name) {
        } else if MADE_AT.contains(&name) {
            fields.insert(name.to_owned(), time(item.created_at, shape));
        } else if BY.contains(&name) {
            let by = if shape.kind() == "integer" {
                json!(USER_ID)
            } else {
                json!(USER)
            };
            fields.insert(name.to_owned(), by);
        } else if name == "metastore_id" {
            fields.insert(name.to_owned(), json!(METASTORE));
        }
    }
    if let Some(view) = view {
        view(shared, item, &mut fields);
    }
    fields
}

/// A time in the form of the field: milliseconds or RFC 3339.
fn time(at: Millis, shape: Shape) -> Value {
    if shape.kind() == "integer" {
        json!(at)
    } else {
        json!(rfc3339(at))
    }
}
