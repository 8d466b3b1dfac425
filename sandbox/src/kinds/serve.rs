//! The operations of a kind, each answered from its collection.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::answer::Answer;
use super::kind::{Change, Hooks, Kind, Say, Verb};
use super::list::Listing;
use crate::collections::{Collection, Ids, Item, set};
use crate::http::{ApiError, Call, Reply};
use crate::operations::Operations;
use crate::shared::Shared;

/// The state of one operation: `answer` says what it shows, or does.
struct Served<T> {
    shared: Arc<Shared>,
    collection: Arc<Collection>,
    hooks: Arc<Hooks>,
    answer: T,
}

impl Kind {
    /// Answers its operations from a collection that holds its seeds.
    pub(crate) fn serve(self, on: &mut Operations, shared: &Arc<Shared>) {
        let id = self.rules.id;
        let collection = Collection::new(self.rules, &self.seeds, shared.clock.now());
        let collection = Arc::new(collection);
        shared.collections.add(collection.clone());
        let place = Place {
            shared: shared.clone(),
            collection,
            hooks: Arc::new(self.hooks),
        };
        for (operation, verb) in self.operations {
            let shape = on.answer_shape(operation);
            let answer = Answer::of(shape, id);
            match verb {
                Verb::List => on.on(operation, &place.with(Listing::of(shape, id)), list),
                Verb::Create => on.on(operation, &place.with(answer), create),
                Verb::Get => on.on(operation, &place.with(answer), get),
                Verb::GetBy(argument, field) => {
                    on.on(operation, &place.with((answer, argument, field)), get_by);
                }
                Verb::Update => on.on(operation, &place.with((answer, false)), change),
                Verb::Replace => on.on(operation, &place.with((answer, true)), change),
                Verb::Delete => on.on(operation, &place.with(answer), delete),
                Verb::Act(change) => on.on(operation, &place.with((answer, change)), act),
                Verb::Say(say) => on.on(operation, &place.with(say), tell),
            }
        }
    }
}

/// The part of [`Served`] that all operations of a kind have in common.
struct Place {
    shared: Arc<Shared>,
    collection: Arc<Collection>,
    hooks: Arc<Hooks>,
}

impl Place {
    fn with<T>(&self, answer: T) -> Arc<Served<T>> {
        Arc::new(Served {
            shared: self.shared.clone(),
            collection: self.collection.clone(),
            hooks: self.hooks.clone(),
            answer,
        })
    }
}

impl<T> Served<T> {
    fn show(&self, answer: Answer, item: &Item) -> Value {
        answer.show(&self.shared, self.hooks.view.as_ref(), item)
    }
}

fn create(on: &Served<Answer>, call: &Call) -> Result<Reply, ApiError> {
    let (shared, collection, hooks) = (&*on.shared, &*on.collection, &*on.hooks);
    let rules = &collection.rules;
    if let Some(parent) = rules.parent.and_then(|word| shared.collections.of(word)) {
        parent.find(call)?;
    }
    let now = shared.clock.now();
    let mut fields = given(hooks, call);
    fields.remove("etag");
    for (argument, value) in call.path.iter().chain(&call.query) {
        let field = rules.field_of(argument);
        fields.insert(field.to_owned(), value.clone());
    }
    let mut item = collection.draft(fields, now);
    let id = rules.ids.make(rules.id, &item.fields);
    let missing = || ApiError::invalid(format!("Missing required field: {}", rules.id));
    item.set(rules.id, id.ok_or_else(missing)?);
    for (field, steps) in &rules.moves {
        item.go(field, steps, now);
    }
    if let Some(make) = &hooks.make {
        make(shared, call, &mut item)?;
    }
    let item = collection.add(item)?;
    if let Some(after) = &hooks.after {
        after(shared, &item)?;
    }
    Ok(on.show(on.answer, &item).into())
}

/// The resource in the body.
fn given(hooks: &Hooks, call: &Call) -> Map<String, Value> {
    let inside = hooks.inside.and_then(|field| call.body.get(field));
    let body = inside.unwrap_or(&call.body).as_object();
    body.cloned().unwrap_or_default()
}

fn get(on: &Served<Answer>, call: &Call) -> Result<Reply, ApiError> {
    let item = on.collection.find(call)?;
    Ok(on.show(on.answer, &item).into())
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
    Ok(on.show(answer, &item).into())
}

fn list(on: &Served<Listing>, call: &Call) -> Result<Reply, ApiError> {
    let parent = on.collection.rules.parent;
    if let Some(parent) = parent.and_then(|word| on.shared.collections.of(word)) {
        parent.find(call)?;
    }
    if let Some(look) = &on.hooks.look {
        look(&on.shared, call)?;
    }
    let shown = on
        .answer
        .show(&on.shared, &on.collection, &on.hooks, call)?;
    Ok(shown.into())
}

fn change(on: &Served<(Answer, bool)>, call: &Call) -> Result<Reply, ApiError> {
    let (shared, collection, hooks) = (&*on.shared, &*on.collection, &*on.hooks);
    let rules = &collection.rules;
    let (answer, replaces) = on.answer;
    let mut item = collection.find(call)?;
    let mut fields = given(hooks, call);
    let new_name = fields.remove("new_name");
    let etag = fields.remove("etag");
    if etag.is_some_and(|etag| etag != item.etag()) {
        let message = format!(
            "{} '{}' was changed since it was read.",
            rules.word,
            item.text(rules.id)
        );
        return Err(ApiError::conflict(message));
    }
    fields.retain(|name, _| rules.field_of(name) != rules.id && name != "update_mask");
    if replaces {
        let kept = |name: &String| name == rules.id || call.path.contains_key(name);
        item.fields.retain(|name, _| kept(name));
        let defaults = rules.defaults.as_object().cloned().unwrap_or_default();
        item.fields.extend(defaults);
        item.fields.extend(fields);
    } else {
        merge(&mut item, fields, mask(call));
    }
    if let Some(new_name) = new_name {
        item.set("name", new_name);
        if matches!(rules.ids, Ids::Joined(_)) {
            let id = rules.ids.make(rules.id, &item.fields);
            item.set(rules.id, id.unwrap_or_default());
        }
    }
    item.touch(shared.clock.now());
    if let Some(change) = &hooks.change {
        change(shared, call, &mut item)?;
    }
    collection.put(item.clone());
    Ok(on.show(answer, &item).into())
}

/// The fields that `update_mask` names; `None` when the call changes those it carries.
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
        // A field that the mask names and the body lacks is cleared.
        set(&mut item.fields, path, value.cloned().unwrap_or_default());
    }
}

fn delete(on: &Served<Answer>, call: &Call) -> Result<Reply, ApiError> {
    let (shared, collection) = (&*on.shared, &*on.collection);
    let rules = &collection.rules;
    let mut item = collection.find(call)?;
    if let Some(remove) = &on.hooks.remove {
        remove(shared, call, &mut item)?;
    }
    if let Some((field, value)) = rules.trash {
        item.set(field, value);
        item.updated_at = shared.clock.now();
        collection.put(item.clone());
    } else {
        collection.remove(&item);
        remove_children(shared, collection, &item);
    }
    Ok(on.show(on.answer, &item).into())
}

/// Removes the resources under this one: those that carry its id and the fields it is within.
fn remove_children(shared: &Shared, collection: &Collection, item: &Item) {
    let rules = &collection.rules;
    let identity = || std::iter::once(&rules.id).chain(rules.within);
    for children in shared.collections.children(rules.word) {
        let is_below = |child: &Item| {
            identity().all(|field| {
                let value = item.fields.get(*field);
                let mut carrying = child.fields.iter().filter(|(name, _)| {
                    *name != children.rules.id && rules.field_of(name) == *field
                });
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
    let (answer, change) = &on.answer;
    let mut item = on.collection.find(call)?;
    change(&on.shared, call, &mut item)?;
    on.collection.put(item.clone());
    if let Some(after) = &on.hooks.after {
        after(&on.shared, &item)?;
    }
    Ok(on.show(*answer, &item).into())
}

fn tell(on: &Served<Say>, call: &Call) -> Result<Reply, ApiError> {
    let item = on.collection.find(call)?;
    Ok((on.answer)(&on.shared, call, &item)?.into())
}
