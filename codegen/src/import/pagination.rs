//! Recognises the four ways in which the SDK pages through a list.

use super::error::Error;
use super::model::{Paginate, Paging};
use super::python::{Source, integer};
use super::statements::{Advance, Statements};

/// The paging of a method, if it has a paging loop.
pub(crate) fn read(
    source: &Source,
    line: usize,
    statements: &Statements<'_>,
) -> Result<Option<Paging>, Error> {
    let (items, advance) = match (statements.page_items, statements.advances.as_slice()) {
        (None, []) => return Ok(None),
        (Some(items), [advance]) => (items, advance),
        _ => return Err(source.shape(line, "a paging loop of unknown shape")),
    };
    let (style, counter) = match advance {
        Advance::Set {
            key,
            response,
            target,
        } => (
            Paginate::Token {
                request: (*key).to_owned(),
                response: (*response).to_owned(),
            },
            Some((*target, *key)),
        ),
        Advance::AddCount { key, target } => (
            Paginate::Offset {
                request: (*key).to_owned(),
            },
            Some((*target, *key)),
        ),
        Advance::AddOne { key, target } => (
            Paginate::Page {
                request: (*key).to_owned(),
            },
            Some((*target, *key)),
        ),
        Advance::Replace { response } => (
            Paginate::NextRequest {
                response: (*response).to_owned(),
            },
            None,
        ),
    };
    let in_body = counter.is_none_or(|(target, _)| target == "body");
    let mut defaults = Vec::new();
    let mut first = None;
    for (target, key, value) in &statements.entries {
        let Some(value) = integer(value) else {
            continue;
        };
        if counter == Some((*target, *key)) {
            first = Some(value);
        } else {
            defaults.push(((*key).to_owned(), value));
        }
    }
    Ok(Some(Paging {
        style,
        items: items.to_owned(),
        defaults,
        first,
        in_body,
    }))
}
