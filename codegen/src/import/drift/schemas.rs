//! Compares schemas: the fields of requests and answers, and the values of enums.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::change::{Change, Section};
use super::fields::{Changed, Kind, changed, fields};
use super::look::{Look, Users};
use super::operations::same;
use super::side::Side;

/// Every change of a schema that an operation leads to.
pub(super) fn all(look: &Look<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    for name in look.old.schemas.intersection(&look.new.schemas) {
        let (Some(was), Some(is)) = (look.old.api.schema(name), look.new.api.schema(name)) else {
            continue;
        };
        if was == is {
            continue;
        }
        changes.extend(of_values(look, name, &values(was), &values(is)));
        let fields = changed(&fields(was), &fields(is), |a, b| same(look, a, b));
        if fields.is_empty() {
            continue;
        }
        let asked = |side: &Side| {
            side.operations
                .values()
                .any(|facts| facts.asks.contains(name))
        };
        let answered = |side: &Side| {
            side.operations
                .values()
                .any(|facts| facts.answers.contains(name))
        };
        if asked(look.old) || asked(look.new) {
            changes.extend(of_request(look, name, &fields));
        }
        if answered(look.old) || answered(look.new) {
            changes.extend(of_answers(look, name, &fields));
        }
    }
    changes
}

fn change(
    section: Section,
    name: &str,
    fields: &[Changed],
    users: &Users<'_>,
    next: Vec<String>,
) -> Option<Change> {
    let said: Vec<String> = fields.iter().map(ToString::to_string).collect();
    (!said.is_empty()).then(|| Change {
        section,
        subject: name.to_owned(),
        said,
        touched: users.lines(),
        next,
    })
}

fn of_request(look: &Look<'_>, name: &str, changes: &[Changed]) -> Option<Change> {
    let users = look.users_where(|facts| facts.asks.contains(name));
    // A body's own fields are arguments of its operation, which a section of their own tells.
    if is_body(look, name) && !look.new.operations.values().any(|facts| facts.holds(name)) {
        return None;
    }
    let mut next = Vec::new();
    for change in changes {
        let field = &change.field;
        let naming = users.rows().filter(|used| used.names(field));
        match &change.kind {
            Kind::Added { required: true } | Kind::Required(true) if !users.rows().is_empty() => {
                next.push(format!(
                    "the documents ask callers of {} for `{field}` of `{name}`: say so in its description",
                    users.rows()
                ));
            }
            Kind::Removed | Kind::Renamed { .. } if !naming.is_empty() => {
                next.push(format!("`{field}` is named by {naming}: correct it"));
            }
            _ => {}
        }
    }
    next.extend(of_client(look, name, changes, &users));
    change(Section::RequestFields, name, changes, &users, next)
}

/// True if the schema is the whole body of an operation.
fn is_body(look: &Look<'_>, name: &str) -> bool {
    let operations = look.new.api.operations();
    let mut bodies = operations.filter_map(|operation| operation.body.as_ref());
    bodies.any(|body| body.schema.get("$ref").and_then(Value::as_str) == Some(name))
}

fn of_answers(look: &Look<'_>, name: &str, changes: &[Changed]) -> Option<Change> {
    let users = look.users_where(|facts| facts.answers.contains(name));
    let mut next = Vec::new();
    for change in changes {
        let field = &change.field;
        let naming = users.rows().filter(|used| used.names(field));
        if naming.is_empty() {
            continue;
        }
        match &change.kind {
            Kind::Removed => next.push(format!(
                "`cargo build` stops at `{field}` in {naming}: show another field, or none"
            )),
            Kind::Renamed { to, .. } => next.push(format!(
                "`cargo build` stops at `{field}` in {naming}: show `{to}`, if it is the same; `make test` stops where tests/wire or the sandbox answer with the old name"
            )),
            Kind::Type { .. } => next.push(format!(
                "read `{field}` in the snapshots of {naming}: `as:` and tables go by the type"
            )),
            Kind::Deprecated(true) => {
                next.push(format!("`{field}` is shown by {naming}: look for what replaces it"));
            }
            _ => {}
        }
    }
    next.extend(of_client(look, name, changes, &users));
    change(Section::AnswerFields, name, changes, &users, next)
}

/// What behaviours have to do with a change of a schema of theirs.
fn of_client(
    look: &Look<'_>,
    name: &str,
    changes: &[Changed],
    users: &Users<'_>,
) -> Option<String> {
    let rust = users.behaviours();
    let kept = look.manifest.client.get(name);
    let used = |change: &&Changed| kept.is_none_or(|kept| kept.contains(&change.field));
    let broken = changes.iter().filter(used).filter(|change| {
        matches!(
            change.kind,
            Kind::Removed | Kind::Renamed { .. } | Kind::Type { .. } | Kind::Required(_)
        ) || matches!(change.kind, Kind::Added { required: true } if kept.is_none())
    });
    let fields: Vec<String> = broken.map(|change| format!("`{}`", change.field)).collect();
    if fields.is_empty() || rust.is_empty() {
        return None;
    }
    let stop = match kept {
        Some(_) => {
            format!("`make generate` stops at `{name}` in specs/client.yaml if a field is gone")
        }
        None => "`make generate` takes it into the client".to_owned(),
    };
    Some(format!(
        "{stop}; then the Rust of {rust} does not compile where it uses {}",
        fields.join(", ")
    ))
}

fn values(schema: &Value) -> BTreeSet<&str> {
    let values = schema.get("enum").and_then(Value::as_array);
    values
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

fn of_values(
    look: &Look<'_>,
    name: &str,
    was: &BTreeSet<&str>,
    is: &BTreeSet<&str>,
) -> Option<Change> {
    let came: Vec<&&str> = is.difference(was).collect();
    let gone: Vec<&&str> = was.difference(is).collect();
    if came.is_empty() && gone.is_empty() {
        return None;
    }
    let users = look.users_where(|facts| facts.asks.contains(name) || facts.answers.contains(name));
    let mut next = Vec::new();
    let mut naming: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for value in &gone {
        let those = users.filter(|used| used.names(value));
        if !those.is_empty() {
            naming
                .entry(those.to_string())
                .or_default()
                .push(format!("`{value}`"));
        }
    }
    for (those, values) in naming {
        next.push(format!(
            "{} no longer comes and is named by {those}: take it out",
            values.join(", ")
        ));
    }
    let told = users.filter(|used| {
        used.waits_or_is_rust() && used.operations.iter().any(|id| is_polled(look, id, name))
    });
    if !came.is_empty() && !told.is_empty() {
        let came: Vec<String> = came.iter().map(|value| format!("`{value}`")).collect();
        next.push(format!(
            "these states end the wait of {told}: if {} ends the work, say so under `waits:`",
            came.join(", ")
        ));
    }
    let came = came.iter().map(|value| format!("+ `{value}`"));
    let gone = gone.iter().map(|value| format!("- `{value}`"));
    Some(Change {
        section: Section::Enums,
        subject: name.to_owned(),
        said: came.chain(gone).collect(),
        touched: users.lines(),
        next,
    })
}

/// True if `id` is polled for a state of this enum.
fn is_polled(look: &Look<'_>, id: &str, name: &str) -> bool {
    let operations = look.new.api.operations();
    let mut waits = operations.filter_map(|operation| operation.wait.as_ref());
    let polled = look
        .new
        .api
        .operation(id)
        .and_then(|polled| polled.response.as_ref());
    let Some(answer) = polled else { return false };
    waits.any(|wait| wait.poll == id && states(look, answer, &wait.status).as_deref() == Some(name))
}

/// The name of the schema at a path of an answer.
fn states(look: &Look<'_>, answer: &Value, path: &str) -> Option<String> {
    let api = &look.new.api;
    let mut at = answer;
    for segment in path.split('.') {
        at = api.resolve(at).get("properties")?.get(segment)?;
    }
    at.get("$ref").and_then(Value::as_str).map(str::to_owned)
}
