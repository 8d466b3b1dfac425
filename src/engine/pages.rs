//! Collects the rows of a list over as many pages as the caller's limit needs, and goes on later exactly there.

use serde_json::{Map, Value};

use super::request::Values;
use super::send::send;
use crate::catalog::{Next, Paginate, Place, Plan, Size};
use crate::context::Context;
use crate::error::Error;
use crate::shape;

/// Pages of one call at most; a service may send empty pages with a token.
const PAGES: usize = 50;

/// Rows of one call at most; what follows has a cursor.
const ROWS: usize = 1_000;

/// Rows as shaped, and where each one stands.
pub(super) struct Rows {
    pub(super) rows: Vec<Value>,
    /// The cursor that continues after `rows[..n]`, for every n from 0.
    cursors: Vec<Option<Cursor>>,
}

impl Rows {
    /// The cursor that continues after the first `count` rows; `None` when nothing follows.
    pub(super) fn cursor(&self, count: usize) -> Option<String> {
        let cursor = self.cursors.get(count)?.as_ref()?;
        Some(format!("{}:{}", cursor.skip, cursor.token))
    }
}

/// A page by the token that asks for it, and rows of it to skip.
#[derive(Clone)]
struct Cursor {
    skip: usize,
    token: String,
}

impl Cursor {
    fn read(arguments: &Map<String, Value>, tool: &str) -> Result<Self, Error> {
        let Some(text) = arguments.get("cursor").and_then(Value::as_str) else {
            return Ok(Self {
                skip: 0,
                token: String::new(),
            });
        };
        let parts = text
            .split_once(':')
            .and_then(|(skip, token)| Some((skip.parse().ok()?, token)));
        let (skip, token) = parts.ok_or_else(|| Error::Arguments {
            tool: tool.to_owned(),
            problems: vec!["`cursor` is not a `next_cursor` of an earlier answer".to_owned()],
        })?;
        Ok(Self {
            skip,
            token: token.to_owned(),
        })
    }
}

pub(super) async fn collect(
    tool: &str,
    plan: &'static Plan,
    paginate: &'static Paginate,
    context: &Context,
    arguments: &Map<String, Value>,
) -> Result<Rows, Error> {
    let limit = arguments
        .get("limit")
        .and_then(Value::as_u64)
        .unwrap_or(paginate.limit.into());
    let limit = usize::try_from(limit).unwrap_or(usize::MAX).clamp(1, ROWS);
    let mut cursor = Cursor::read(arguments, tool)?;
    if let (true, Some(Next::ByOffset(wire, _) | Next::ByPage(wire, _))) =
        (cursor.token.is_empty(), &paginate.next)
        && let Some(from) = arguments.get(wire.name).and_then(Value::as_u64)
    {
        // Only `api_call` lets the caller say where to begin; what follows counts from there.
        cursor.token = from.to_string();
    }
    let mut values = Values::of(&plan.request, arguments, context).await?;
    if let Some(size) = &paginate.size {
        // A page size that changes between pages would move the rows that a cursor skips.
        values.set(
            size.wire.name,
            size.wire.place,
            rows_per_page(paginate, size).into(),
        );
    }
    let mut found = Rows {
        rows: Vec::new(),
        cursors: Vec::new(),
    };
    for _ in 0..PAGES {
        if !cursor.token.is_empty() {
            ask_for(paginate.next.as_ref(), &cursor.token, &mut values);
        }
        let request = values.request(&plan.request, &context.workspace)?;
        let answer = send(context, &plan.request, request).await?;
        let items = match shape::at(&answer, plan.shape.items) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let next = following(paginate, &answer, items.len(), &cursor.token);
        let full = place(plan, items, limit, cursor.clone(), &mut found);
        if full {
            return Ok(found);
        }
        match next {
            Some(token) => cursor = Cursor { skip: 0, token },
            None => {
                found.cursors.push(None);
                return Ok(found);
            }
        }
    }
    found.cursors.push(Some(cursor));
    Ok(found)
}

fn rows_per_page(paginate: &Paginate, size: &Size) -> u32 {
    size.maximum.min(paginate.limit.max(100))
}

/// Puts into the request what asks for the page of this token.
fn ask_for(next: Option<&'static Next>, token: &str, values: &mut Values) {
    match next {
        Some(Next::ByToken(wire, _) | Next::ByOffset(wire, _) | Next::ByPage(wire, _)) => {
            values.set(wire.name, wire.place, token.into());
        }
        Some(Next::ByRequest(_)) => {
            if let Ok(Value::Object(properties)) = serde_json::from_str(token) {
                for (name, value) in properties {
                    values.set(name, Place::Property, value);
                }
            }
        }
        None => {}
    }
}

/// The token of the next page, or nothing after the last.
fn following(paginate: &Paginate, answer: &Value, items: usize, token: &str) -> Option<String> {
    let number = |first: &u32| token.parse().unwrap_or(u64::from(*first));
    let short = |size: &Size| items < rows_per_page(paginate, size) as usize;
    match paginate.next.as_ref()? {
        Next::ByToken(_, path) => {
            Some(shape::text_at(answer, path)).filter(|token| !token.is_empty())
        }
        Next::ByRequest(path) => shape::at(answer, path).map(|next| next.to_string()),
        _ if items == 0 || paginate.size.as_ref().is_some_and(short) => None,
        Next::ByOffset(_, first) => Some((number(first) + items as u64).to_string()),
        Next::ByPage(_, first) => Some((number(first) + 1).to_string()),
    }
}

/// Adds the rows of a page; true when the limit is reached with rows to come.
fn place(plan: &Plan, items: Vec<Value>, limit: usize, page: Cursor, found: &mut Rows) -> bool {
    for (index, item) in items.iter().enumerate().skip(page.skip) {
        let Some(row) = shape::row(item, plan.shape.filter, plan.shape.fields) else {
            continue;
        };
        found.cursors.push(Some(Cursor {
            skip: index,
            token: page.token.clone(),
        }));
        if found.rows.len() == limit {
            return true;
        }
        found.rows.push(row);
    }
    false
}
