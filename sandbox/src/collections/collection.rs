//! The resources of one kind: finding, making, changing and removing them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};
use serde_json::{Map, Value};

use super::item::Item;
use super::kind::Kind;
use crate::clock::Millis;
use crate::http::{ApiError, Call};

/// How far apart the resources of a new workspace were made.
const BETWEEN_SEEDS: Millis = 3 * 24 * 3_600_000;

/// All resources of one kind, oldest first.
pub(crate) struct Collection {
    pub(super) kind: Kind,
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

    /// The one with this id in the collection of that word.
    pub(crate) fn find(&self, word: &str, id: &str) -> Option<Item> {
        self.of(word)?.named(id)
    }

    pub(super) fn add(&self, collection: Arc<Collection>) {
        self.all.write().insert(collection.kind.word, collection);
    }

    /// The collections whose resources live under those of this word.
    pub(super) fn children(&self, word: &str) -> Vec<Arc<Collection>> {
        let all = self.all.read();
        let children = all.values().filter(|c| c.kind.parent == Some(word));
        children.cloned().collect()
    }
}

impl Collection {
    pub(super) fn new(kind: Kind, now: Millis) -> Self {
        let collection = Self {
            kind,
            items: Mutex::default(),
            serials: AtomicU64::new(1),
        };
        let seeds = collection.kind.seeds.iter().filter_map(Value::as_object);
        let count = Millis::try_from(collection.kind.seeds.len()).unwrap_or(0);
        for (nth, seed) in (0..count).zip(seeds) {
            let mut item = collection.draft(seed.clone(), now - (count - nth) * BETWEEN_SEEDS);
            if item.text(collection.kind.id).is_empty() && item.get(collection.kind.id).is_none() {
                let id = collection.kind.ids.make(collection.kind.id, &item.fields);
                item.set(collection.kind.id, id.unwrap_or_default());
            }
            for (field, steps) in &collection.kind.moves {
                if item.get(field).is_none() {
                    item.go(field, steps, 0);
                }
            }
            collection.put(item);
        }
        collection
    }

    /// The fields over the defaults of the kind.
    pub(super) fn draft(&self, fields: Map<String, Value>, now: Millis) -> Item {
        let mut all = self.kind.defaults.as_object().cloned().unwrap_or_default();
        all.extend(fields);
        Item::new(all, now)
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Item> {
        self.items.lock().clone()
    }

    /// The one with this id.
    pub(crate) fn named(&self, id: &str) -> Option<Item> {
        let items = self.items.lock();
        items
            .iter()
            .find(|item| is(item.fields.get(self.kind.id), id))
            .cloned()
    }

    /// The one a call is about: its id, and what it is within, stand in path, query or body.
    ///
    /// # Errors
    /// When the call names none, or there is none of this name.
    pub(crate) fn find(&self, call: &Call) -> Result<Item, ApiError> {
        let carried = |field: &str| self.carried(call, field);
        let id = carried(self.kind.id);
        let id = id.ok_or_else(|| {
            ApiError::invalid(format!("Missing required field: {}", self.kind.id))
        })?;
        let items = self.items.lock();
        let found = items.iter().find(|item| {
            let agrees = |field: &str, value: &str| {
                let own = item.fields.get(field);
                own.is_none() || is(own, value)
            };
            is(item.fields.get(self.kind.id), &id)
                && call
                    .path
                    .iter()
                    .all(|(argument, value)| agrees(self.kind.field_of(argument), &text(value)))
                && self
                    .kind
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
        let found = given.find(|(argument, _)| self.kind.field_of(argument) == field);
        found.map(|(_, value)| text(value))
    }

    /// That there is none of this id.
    pub(crate) fn missing(&self, id: &str) -> ApiError {
        let message = format!("{} '{id}' does not exist.", self.kind.word);
        ApiError::missing(self.kind.codes.0, message)
    }

    /// Keeps a new one.
    ///
    /// # Errors
    /// When there is one with its id, or with its value of the field that has to be unique.
    pub(super) fn add(&self, item: Item) -> Result<Item, ApiError> {
        let mut items = self.items.lock();
        let fields = [Some(self.kind.id), self.kind.unique];
        for field in fields.into_iter().flatten() {
            let Some(value) = item.fields.get(field).map(text) else {
                continue;
            };
            let alike = |other: &&Item| {
                let trashed = self.is_trashed(other);
                !trashed && is(other.fields.get(field), &value) && self.same_parents(other, &item)
            };
            if items.iter().any(|other| alike(&other)) {
                let word = self.kind.word;
                let message = format!("{word} '{value}' already exists");
                return Err(ApiError::bad_request(self.kind.codes.1, message));
            }
        }
        let mut item = item;
        item.serial = self.serials.fetch_add(1, Ordering::Relaxed);
        items.push(item.clone());
        Ok(item)
    }

    /// Siblings alone contend for a name.
    fn same_parents(&self, one: &Item, other: &Item) -> bool {
        let fields = self.kind.within.iter();
        fields
            .copied()
            .all(|field| one.fields.get(field) == other.fields.get(field))
    }

    pub(super) fn is_trashed(&self, item: &Item) -> bool {
        let trash = self.kind.trash;
        trash.is_some_and(|(field, value)| item.text(field) == value)
    }

    /// Puts a changed one back, or keeps a new one without asking.
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

    /// Makes one by the sandbox itself.
    pub(crate) fn make(&self, fields: Value, now: Millis) -> Item {
        let fields = fields.as_object().cloned().unwrap_or_default();
        let mut item = self.draft(fields, now);
        if item.get(self.kind.id).is_none() {
            let id = self.kind.ids.make(self.kind.id, &item.fields);
            item.set(self.kind.id, id.unwrap_or_default());
        }
        for (field, steps) in &self.kind.moves {
            item.go(field, steps, now);
        }
        item.serial = self.serials.fetch_add(1, Ordering::Relaxed);
        self.items.lock().push(item.clone());
        item
    }

    /// Removes this one.
    pub(super) fn remove(&self, item: &Item) {
        self.items
            .lock()
            .retain(|known| known.serial != item.serial);
    }

    /// Keeps those that `keep` says.
    pub(crate) fn retain(&self, keep: impl Fn(&Item) -> bool) {
        self.items.lock().retain(|item| keep(item));
    }
}

/// Ids are compared as text and, as Unity Catalog does, without regard to case.
pub(super) fn is(value: Option<&Value>, wanted: &str) -> bool {
    match value {
        Some(Value::String(value)) => value.eq_ignore_ascii_case(wanted),
        Some(value) => text(value) == wanted,
        None => false,
    }
}

pub(super) fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
