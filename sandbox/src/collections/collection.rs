//! The resources of one kind: finding, making, changing and removing them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};
use serde_json::{Map, Value};

use super::item::Item;
use super::rules::Rules;
use crate::clock::Millis;
use crate::http::{ApiError, Call};

/// The time between the seeds of a new workspace.
const BETWEEN_SEEDS: Millis = 3 * 24 * 3_600_000;

/// All resources of one kind, oldest first.
pub(crate) struct Collection {
    pub(crate) rules: Rules,
    items: Mutex<Vec<Item>>,
    serials: AtomicU64,
}

/// The collections by the word of their kind.
#[derive(Default)]
pub(crate) struct Collections {
    all: RwLock<BTreeMap<&'static str, Arc<Collection>>>,
}

impl Collections {
    /// The collection of the kind with this word.
    pub(crate) fn of(&self, word: &str) -> Option<Arc<Collection>> {
        self.all.read().get(word).cloned()
    }

    /// The resource with this id in the collection of this word.
    pub(crate) fn find(&self, word: &str, id: &str) -> Option<Item> {
        self.of(word)?.named(id)
    }

    /// Adds a collection under the word of its kind.
    pub(crate) fn add(&self, collection: Arc<Collection>) {
        self.all.write().insert(collection.rules.word, collection);
    }

    /// The collections whose resources live under those of this word.
    pub(crate) fn children(&self, word: &str) -> Vec<Arc<Collection>> {
        let all = self.all.read();
        let children = all.values().filter(|c| c.rules.parent == Some(word));
        children.cloned().collect()
    }
}

impl Collection {
    /// A collection that holds `seeds`, each an object.
    pub(crate) fn new(rules: Rules, seeds: &[Value], now: Millis) -> Self {
        let collection = Self {
            rules,
            items: Mutex::default(),
            serials: AtomicU64::new(1),
        };
        let rules = &collection.rules;
        let count = Millis::try_from(seeds.len()).unwrap_or(0);
        for (nth, seed) in (0..count).zip(seeds.iter().filter_map(Value::as_object)) {
            let mut item = collection.draft(seed.clone(), now - (count - nth) * BETWEEN_SEEDS);
            if item.text(rules.id).is_empty() && item.get(rules.id).is_none() {
                let id = rules.ids.make(rules.id, &item.fields);
                item.set(rules.id, id.unwrap_or_default());
            }
            for (field, steps) in &rules.moves {
                if item.get(field).is_none() {
                    item.go(field, steps, 0);
                }
            }
            collection.put(item);
        }
        collection
    }

    /// A resource that is not kept yet: `fields` over the defaults of the kind.
    pub(crate) fn draft(&self, fields: Map<String, Value>, now: Millis) -> Item {
        let mut all = self.rules.defaults.as_object().cloned().unwrap_or_default();
        all.extend(fields);
        Item::new(all, now)
    }

    /// Every resource.
    pub(crate) fn all(&self) -> Vec<Item> {
        self.items.lock().clone()
    }

    /// The resource with this id.
    pub(crate) fn named(&self, id: &str) -> Option<Item> {
        let items = self.items.lock();
        items
            .iter()
            .find(|item| is(item.fields.get(self.rules.id), id))
            .cloned()
    }

    /// The resource that a call is about. Path, query or body carry its id and the fields it is within.
    ///
    /// # Errors
    /// Fails if the call carries no id, or no resource has it.
    pub(crate) fn find(&self, call: &Call) -> Result<Item, ApiError> {
        let carried = |field: &str| self.carried(call, field);
        let id = carried(self.rules.id);
        let id = id.ok_or_else(|| {
            ApiError::invalid(format!("Missing required field: {}", self.rules.id))
        })?;
        let items = self.items.lock();
        let found = items.iter().find(|item| {
            let agrees = |field: &str, value: &str| {
                let own = item.fields.get(field);
                own.is_none() || is(own, value)
            };
            is(item.fields.get(self.rules.id), &id)
                && call
                    .path
                    .iter()
                    .all(|(argument, value)| agrees(self.rules.field_of(argument), &text(value)))
                && self
                    .rules
                    .within
                    .iter()
                    .all(|field| carried(field).is_none_or(|value| agrees(field, &value)))
        });
        found.cloned().ok_or_else(|| self.missing(&id))
    }

    /// The value that a call carries for a field.
    fn carried(&self, call: &Call, field: &str) -> Option<String> {
        let body = call.body.as_object();
        let given = call.path.iter().chain(&call.query);
        let mut given = given.chain(body.into_iter().flatten());
        let found = given.find(|(argument, _)| self.rules.field_of(argument) == field);
        found.map(|(_, value)| text(value))
    }

    /// The error of a call whose id no resource has.
    pub(crate) fn missing(&self, id: &str) -> ApiError {
        let message = format!("{} '{id}' does not exist.", self.rules.word);
        ApiError::missing(self.rules.codes.0, message)
    }

    /// Keeps a new resource.
    ///
    /// # Errors
    /// Fails if a sibling has the same id, or the same value of the field that must be unique.
    pub(crate) fn add(&self, item: Item) -> Result<Item, ApiError> {
        let mut items = self.items.lock();
        let fields = [Some(self.rules.id), self.rules.unique];
        for field in fields.into_iter().flatten() {
            let Some(value) = item.fields.get(field).map(text) else {
                continue;
            };
            let alike = |other: &&Item| {
                let trashed = self.is_trashed(other);
                !trashed && is(other.fields.get(field), &value) && self.same_parents(other, &item)
            };
            if items.iter().any(|other| alike(&other)) {
                let word = self.rules.word;
                let message = format!("{word} '{value}' already exists");
                return Err(ApiError::bad_request(self.rules.codes.1, message));
            }
        }
        let mut item = item;
        item.serial = self.serials.fetch_add(1, Ordering::Relaxed);
        items.push(item.clone());
        Ok(item)
    }

    /// True for siblings. Only they contend for a name.
    fn same_parents(&self, one: &Item, other: &Item) -> bool {
        let fields = self.rules.within.iter();
        fields
            .copied()
            .all(|field| one.fields.get(field) == other.fields.get(field))
    }

    /// True for a deleted resource of a kind that keeps those.
    pub(crate) fn is_trashed(&self, item: &Item) -> bool {
        let trash = self.rules.trash;
        trash.is_some_and(|(field, value)| item.text(field) == value)
    }

    /// Puts a changed resource back, or keeps a new one without the checks of [`add`](Self::add).
    pub(crate) fn put(&self, mut item: Item) {
        let mut items = self.items.lock();
        let known = items.iter_mut().find(|known| known.serial == item.serial);
        match known {
            Some(known) if item.serial != 0 => *known = item,
            _ => {
                item.serial = self.serials.fetch_add(1, Ordering::Relaxed);
                items.push(item);
            }
        }
    }

    /// Makes and keeps a resource for the sandbox itself.
    pub(crate) fn make(&self, fields: Value, now: Millis) -> Item {
        let fields = fields.as_object().cloned().unwrap_or_default();
        let mut item = self.draft(fields, now);
        if item.get(self.rules.id).is_none() {
            let id = self.rules.ids.make(self.rules.id, &item.fields);
            item.set(self.rules.id, id.unwrap_or_default());
        }
        for (field, steps) in &self.rules.moves {
            item.go(field, steps, now);
        }
        item.serial = self.serials.fetch_add(1, Ordering::Relaxed);
        self.items.lock().push(item.clone());
        item
    }

    /// Removes a resource.
    pub(crate) fn remove(&self, item: &Item) {
        self.items
            .lock()
            .retain(|known| known.serial != item.serial);
    }

    /// Removes the resources for which `keep` is false.
    pub(crate) fn retain(&self, keep: impl Fn(&Item) -> bool) {
        self.items.lock().retain(|item| keep(item));
    }
}

/// Compares ids as text and, as Unity Catalog does, without regard to case.
pub(crate) fn is(value: Option<&Value>, wanted: &str) -> bool {
    match value {
        Some(Value::String(value)) => value.eq_ignore_ascii_case(wanted),
        Some(value) => text(value) == wanted,
        None => false,
    }
}

/// A string without its quotes, anything else as JSON.
pub(crate) fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
