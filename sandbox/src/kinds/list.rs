//! Lists: filtered by parameters named like fields and by filter texts, in pages of either style.

use serde_json::{Value, json};

use super::answer::Answer;
use super::filter::Filter;
use super::kind::Hooks;
use crate::collections::{Collection, Item, is, text};
use crate::http::{ApiError, Call, page};
use crate::shared::Shared;
use crate::spec::Shape;

/// Parameters of the query or the body that limit the entries of a page.
const SIZES: &[&str] = &["max_results", "page_size", "count", "limit"];
/// Entries of a page when the call sets no limit.
const USUAL: usize = 100;
/// Most entries of a page.
const LARGEST: usize = 1000;

/// The way an operation lists a collection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listing {
    /// The field that holds the list, and the way an entry is shown.
    entries: Option<(&'static str, Answer)>,
    has_next_token: bool,
    is_scim: bool,
}

impl Listing {
    /// Finds the list in an answer: the array whose entries have the id field, or else the only array.
    pub(super) fn of(answer: Option<Shape>, id: &str) -> Self {
        let arrays = || {
            let properties = answer.into_iter().flat_map(Shape::properties);
            properties.filter_map(|(name, shape)| Some((name, shape.items()?)))
        };
        let found = arrays()
            .find(|(_, entry)| entry.property(id).is_some())
            .or_else(|| arrays().next());
        let has = |name: &str| answer.is_some_and(|answer| answer.property(name).is_some());
        Self {
            entries: found.map(|(name, entry)| (name, Answer::of_entry(Some(entry)))),
            has_next_token: has("next_page_token"),
            is_scim: has("totalResults"),
        }
    }

    /// Answers a call.
    ///
    /// # Errors
    /// Fails if the filter or the page token cannot be read.
    pub(super) fn show(
        self,
        shared: &Shared,
        collection: &Collection,
        hooks: &Hooks,
        call: &Call,
    ) -> Result<Value, ApiError> {
        let Some((field, entry)) = self.entries else {
            return Ok(json!({}));
        };
        let filter = match argument(call, "filter").and_then(Value::as_str) {
            Some(filter) => Filter::read(filter)?,
            None => Filter::default(),
        };
        let mut items = collection.all();
        if hooks.newest_first {
            items.reverse();
        }
        let items = items.into_iter();
        let items = items.filter(|item| !collection.is_trashed(item) || shows_trash(call));
        let items: Vec<Value> = items
            .filter(|item| fits(item, collection, call))
            .map(|item| entry.show(shared, hooks.view.as_ref(), &item))
            .filter(|shown| filter.admits(shown))
            .collect();
        let size = SIZES
            .iter()
            .find_map(|name| argument(call, name)?.as_u64())
            .and_then(|size| usize::try_from(size).ok());
        if self.is_scim {
            return Ok(scim(items, field, size, call));
        }
        let size = size.filter(|size| *size > 0).unwrap_or(USUAL).min(LARGEST);
        let size = if self.has_next_token {
            size
        } else {
            usize::MAX
        };
        let token = argument(call, "page_token").and_then(Value::as_str);
        let page = page(items, token, size)?;
        Ok(json!({ field: page.items, "next_page_token": page.next }))
    }
}

fn argument<'a>(call: &'a Call, name: &str) -> Option<&'a Value> {
    call.query.get(name).or_else(|| call.body.get(name))
}

fn shows_trash(call: &Call) -> bool {
    let asked = |name: &str| argument(call, name).and_then(Value::as_bool);
    asked("show_trashed").or_else(|| asked("show_deleted")) == Some(true)
        || argument(call, "view_type").is_some_and(|view| view != "ACTIVE_ONLY")
}

/// Path and query parameters named like fields of the item equal those fields.
fn fits(item: &Item, collection: &Collection, call: &Call) -> bool {
    call.path.iter().chain(&call.query).all(|(name, value)| {
        let field = item.fields.get(collection.rules.field_of(name));
        field.is_none() || is(field, &text(value))
    })
}

/// Writes a page the way SCIM does: counted from one, with the total.
fn scim(items: Vec<Value>, field: &str, size: Option<usize>, call: &Call) -> Value {
    let start = argument(call, "startIndex").and_then(Value::as_u64);
    let start = start.and_then(|start| usize::try_from(start).ok());
    let start = start.unwrap_or(1).max(1);
    let total = items.len();
    let size = size.unwrap_or(USUAL);
    let items: Vec<Value> = items.into_iter().skip(start - 1).take(size).collect();
    json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": items.len(),
        field: items,
    })
}
