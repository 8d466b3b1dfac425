//! Registers what a kind declares: each of its operations answered from its collection.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::answer::Answer;
use super::collection::Collection;
use super::ids::Ids;
use super::item::{Item, set};
use super::kind::{Change, Kind, Say, Verb};
use super::list::Listing;
use crate::http::{ApiError, Call, Operations, Reply};
use crate::shared::Shared;

/// An operation on a collection.
struct Served<T> {
    shared: Arc<Shared>,
    collection: Arc<Collection>,
    answer: T,
}

impl Kind {
    /// Answers its operations from a collection with its seeds.
    pub(crate) fn serve(self, on: &mut Operations<'_>, shared: &Arc<Shared>) {
        let operations = self.operations.clone();
        let id = self.id;
        let collection = Arc::new(Collection::new(self, shared.clock.now()));
        shared.collections.add(collection.clone());
        for (operation, verb) in operations {
            let shape = on.answer_shape(operation);
            let answer = Answer::of(shape, id);
            match verb {
                Verb::List => {
                    let state = served(shared, &collection, Listing::of(shape, id));
                    on.on(operation, &state, list);
                }
                Verb::Create => on.on(operation, &served(shared, &collection, answer), create),
                Verb::Get => on.on(operation, &served(shared, &collection, answer), get),
                Verb::GetBy(argument, field) => {
                    let state = served(shared, &collection, (answer, argument, field));
                    on.on(operation, &state, get_by);
                }
                Verb::Update => {
                    on.on(
                        operation,
                        &served(shared, &collection, (answer, false)),
                        change,
                    );
                }
                Verb::Replace => {
                    on.on(
                        operation,
                        &served(shared, &collection, (answer, true)),
                        change,
                    );
                }
                Verb::Delete => on.on(operation, &served(shared, &collection, answer), delete),
                Verb::Act(change) => {
                    on.on(
                        operation,
                        &served(shared, &collection, (answer, change)),
                        act,
                    );
                }
                Verb::Say(say) => on.on(operation, &served(shared, &collection, say), tell),
            }
        }
    }
}

fn served<T>(shared: &Arc<Shared>, collection: &Arc<Collection>, answer: T) -> Arc<Served<T>> {
    Arc::new(Served {
        shared: shared.clone(),
        collection: collection.clone(),
        answer,
    })
}

fn create(on: &Served<Answer>, call: &Call) -> Result<Reply, ApiError> {
    let (shared, collection) = (&*on.shared, &*on.collection);
    let kind = &collection.kind;
    if let Some(parent) = kind.parent.and_then(|word| shared.collections.of(word)) {
        parent.find(call)?;
    }
    let now = shared.clock.now();
    let mut fields = given(kind, call);
    fields.remove("etag");
    for (argument, value) in call.path.iter().chain(&call.query) {
        let field = kind.field_of(argument);
        fields.insert(field.to_owned(), value.clone());
    }
    let mut item = collection.draft(fields, now);
    let id = kind.ids.make(kind.id, &item.fields);
    let missing = || ApiError::invalid(format!("Missing required field: {}", kind.id));
    item.set(kind.id, id.ok_or_else(missing)?);
    for (field, steps) in &kind.moves {
        item.go(field, steps, now);
    }
    if let Some(make) = kind.make {
        make(shared, call, &mut item)?;
    }
    let item = collection.add(item)?;
    if let Some(after) = kind.after {
        after(shared, &item)?;
    }
    Ok(on.answer.show(shared, collection, &item).into())
}

/// The resource in the body.
fn given(kind: &Kind, call: &Call) -> Map<String, Value> {
    let inside = kind.inside.and_then(|field| call.body.get(field));
    let body = inside.unwrap_or(&call.body).as_object();
    body.cloned().unwrap_or_default()
}

fn get(on: &Served<Answer>, call: &Call) -> Result<Reply, ApiError> {
    let item = on.collection.find(call)?;
    Ok(on.answer.show(&on.shared, &on.collection, &item).into())
}

fn get_by(
    on: &Served<(Answer, &'static str, &'static str)>,
    call: &Call,
) -> Result<Reply, ApiError> {
    let (answer, argument, field) = on.answer;
    let wanted = call.query.get(argument).and_then(Value::as_str);
    let wanted = wanted.unwrap_or_else(|| call.path(argument));
    let mut all = on.collection.all().into_iter();
    let found = all.find(|item| item.text(field) == wanted && !on.collection.is_trashed(item));
    let item = found.ok_or_else(|| on.collection.missing(wanted))?;
    Ok(answer.show(&on.shared, &on.collection, &item).into())
}

fn list(on: &Served<Listing>, call: &Call) -> Result<Reply, ApiError> {
    let parent = on.collection.kind.parent;
    if let Some(parent) = parent.and_then(|word| on.shared.collections.of(word)) {
        parent.find(call)?;
    }
    if let Some(look) = on.collection.kind.look {
        look(&on.shared, call)?;
    }
    Ok(on.answer.show(&on.shared, &on.collection, call)?.into())
}

fn change(on: &Served<(Answer, bool)>, call: &Call) -> Result<Reply, ApiError> {
    let (shared, collection) = (&*on.shared, &*on.collection);
    let kind = &collection.kind;
    let (answer, replaces) = on.answer;
    let mut item = collection.find(call)?;
    let mut fields = given(kind, call);
    let new_name = fields.remove("new_name");
    let etag = fields.remove("etag");
    if etag.is_some_and(|etag| etag != item.etag()) {
        let message = format!(
            "{} '{}' was changed since it was read.",
            kind.word,
            item.text(kind.id)
        );
        return Err(ApiError::conflict(message));
    }
    fields.retain(|name, _| kind.field_of(name) != kind.id && name != "update_mask");
    if replaces {
        let kept = |name: &String| name == kind.id || call.path.contains_key(name);
        item.fields.retain(|name, _| kept(name));
        let defaults = kind.defaults.as_object().cloned().unwrap_or_default();
        item.fields.extend(defaults);
        item.fields.extend(fields);
    } else {
        merge(&mut item, fields, mask(call));
    }
    if let Some(new_name) = new_name {
        item.set("name", new_name);
        if matches!(kind.ids, Ids::Joined(_)) {
            let id = kind.ids.make(kind.id, &item.fields);
            item.set(kind.id, id.unwrap_or_default());
        }
    }
    item.touch(shared.clock.now());
    if let Some(change) = kind.change {
        change(shared, call, &mut item)?;
    }
    collection.put(item.clone());
    Ok(answer.show(shared, collection, &item).into())
}

/// The fields to change, where the call says so.
fn mask(call: &Call) -> Option<&str> {
    let mask = call.query.get("update_mask");
    let mask = mask.or_else(|| call.body.get("update_mask"))?.as_str()?;
    (mask != "*" && !mask.is_empty()).then_some(mask)
}

fn merge(item: &mut Item, fields: Map<String, Value>, mask: Option<&str>) {
    let Some(mask) = mask else {
        item.fields.extend(fields);
        return;
    };
    let given = Value::Object(fields);
    for path in mask.split(',').map(str::trim) {
        let value = path
            .split('.')
            .try_fold(&given, |value, part| value.get(part));
        // What the mask names and the body lacks is cleared.
        set(&mut item.fields, path, value.cloned().unwrap_or_default());
    }
}

fn delete(on: &Served<Answer>, call: &Call) -> Result<Reply, ApiError> {
    let (shared, collection) = (&*on.shared, &*on.collection);
    let kind = &collection.kind;
    let mut item = collection.find(call)?;
    if let Some(remove) = kind.remove {
        remove(shared, call, &mut item)?;
    }
    if let Some((field, value)) = kind.trash {
        item.set(field, value);
        item.updated_at = shared.clock.now();
        collection.put(item.clone());
    } else {
        collection.remove(&item);
        remove_children(shared, collection, &item);
    }
    Ok(on.answer.show(shared, collection, &item).into())
}

/// Removes what lives under it: what carries its id, and what that is within, in fields that mean them.
fn remove_children(shared: &Shared, collection: &Collection, item: &Item) {
    let kind = &collection.kind;
    let identity = || std::iter::once(&kind.id).chain(kind.within);
    for children in shared.collections.children(kind.word) {
        let is_below = |child: &Item| {
            identity().all(|field| {
                let value = item.fields.get(*field);
                let mut carrying = child
                    .fields
                    .iter()
                    .filter(|(name, _)| *name != children.kind.id && kind.field_of(name) == *field);
                carrying.any(|(_, carried)| Some(carried) == value)
            })
        };
        let gone: Vec<Item> = children.all().into_iter().filter(is_below).collect();
        for child in gone {
            children.remove(&child);
            remove_children(shared, &children, &child);
        }
    }
}

fn act(on: &Served<(Answer, Change)>, call: &Call) -> Result<Reply, ApiError> {
    let (answer, change) = on.answer;
    let mut item = on.collection.find(call)?;
    change(&on.shared, call, &mut item)?;
    on.collection.put(item.clone());
    if let Some(after) = on.collection.kind.after {
        after(&on.shared, &item)?;
    }
    Ok(answer.show(&on.shared, &on.collection, &item).into())
}

fn tell(on: &Served<Say>, call: &Call) -> Result<Reply, ApiError> {
    let item = on.collection.find(call)?;
    Ok((on.answer)(&on.shared, call, &item)?.into())
}
