//! Collects the rows of a list over as many pages as the caller's limit needs, and goes on later exactly there.

use serde_json::{Map, Value};

use super::request::Values;
use crate::context::Context;
use crate::error::Error;
use crate::rows::{Paginate, Plan};
use crate::shape;

/// Pages of one call at most; a service may send empty pages with a token.
const PAGES: usize = 50;

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
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut cursor = Cursor::read(arguments, tool)?;
    let mut values = Values::of(&plan.call, arguments, &context.workspace).await?;
    if let Some(size) = &paginate.size {
        // A page size that changes between pages would move the rows that a cursor skips.
        values.set(
            size.request,
            size.place,
            size.maximum.min(paginate.limit.max(100)).into(),
        );
    }
    let mut found = Rows {
        rows: Vec::new(),
        cursors: Vec::new(),
    };
    for _ in 0..PAGES {
        if let (Some(token), false) = (&paginate.token, cursor.token.is_empty()) {
            values.set(token.request, token.place, cursor.token.clone().into());
        }
        let request = values.request(&plan.call, &context.workspace)?;
        let answer = super::table::send(context, plan.call.operation, request).await?;
        let next = paginate
            .token
            .as_ref()
            .map(|token| shape::text_at(&answer, token.response));
        let next = next.filter(|next| !next.is_empty());
        let items = match shape::at(&answer, plan.shape.items) {
            Some(Value::Array(items)) => items,
            _ => Vec::new(),
        };
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
