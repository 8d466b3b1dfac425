//! Collects the rows of a list over as many pages as the caller's limit needs, and goes on later exactly there.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::narrow::Narrowed;
use super::page::{Page, PageReader};
use super::request::Values;
use super::send::send_reading;
use crate::catalog::{Next, Paginate, Place, Plan, Size};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Projection;

/// Most pages of one call: a service may send empty pages with a token.
const PAGES: usize = 50;

/// Most rows of one call; those that follow have a cursor.
pub(super) const ROWS: usize = 1_000;

/// A list of the workspace, and the way in which its rows are shown.
pub(super) struct List<'a> {
    pub(super) tool: &'a str,
    pub(super) plan: &'static Plan,
    pub(super) paginate: &'static Paginate,
    pub(super) context: &'a Context,
    pub(super) projection: &'a Projection<'a>,
}

impl List<'_> {
    /// The number of rows that the caller wants.
    pub(super) fn limit(&self, arguments: &Map<String, Value>) -> usize {
        let limit = arguments.get("limit").and_then(Value::as_u64);
        let limit = limit.unwrap_or(self.paginate.limit.into());
        usize::try_from(limit).unwrap_or(usize::MAX).clamp(1, ROWS)
    }
}

/// The rows that are to be collected.
pub(super) struct Wanted<'a> {
    /// Their number, at most.
    pub(super) limit: usize,
    /// Conditions that they meet.
    pub(super) narrow: &'a [Narrowed],
    /// Pages as large as the service gives them, for rows that are all read.
    pub(super) large_pages: bool,
}

/// Rows as they are shown, and where each one stands.
pub(super) struct Rows {
    pub(super) rows: Vec<Value>,
    /// The cursor that goes on after the first `n` rows, for every `n` from 0.
    cursors: Vec<Option<Cursor>>,
    /// The reason why a later page could not be read.
    pub(super) broke_off: Option<String>,
    /// What is to be said about them.
    pub(super) note: Option<String>,
}

impl Rows {
    /// The part of rows, all of which are there, that the caller asks for. A cursor counts the rows before it.
    ///
    /// # Errors
    /// Fails if the cursor is not from an earlier answer.
    pub(super) fn part(
        list: &List<'_>,
        arguments: &Map<String, Value>,
        all: Vec<Value>,
        note: Option<String>,
    ) -> Result<Self, Error> {
        let skip = Cursor::read(arguments, list.tool)?.skip;
        let total = all.len();
        let rows: Vec<Value> = all
            .into_iter()
            .skip(skip)
            .take(list.limit(arguments))
            .collect();
        let after = |shown: usize| {
            let skip = skip.saturating_add(shown);
            (skip < total).then(|| Cursor {
                skip,
                token: Arc::default(),
            })
        };
        Ok(Self {
            cursors: (0..=rows.len()).map(after).collect(),
            rows,
            broke_off: None,
            note,
        })
    }

    /// The cursor that goes on after the first `count` rows; `None` when nothing follows.
    pub(super) fn cursor(&self, count: usize) -> Option<String> {
        let cursor = self.cursors.get(count)?.as_ref()?;
        Some(format!("{}:{}", cursor.skip, cursor.token))
    }

    /// Adds the rows of a page; returns true when there are more than there was room for.
    fn add(&mut self, page: Page, token: &Arc<str>) -> bool {
        let cursor = |skip| {
            Some(Cursor {
                skip,
                token: Arc::clone(token),
            })
        };
        for (skip, row) in page.rows {
            self.cursors.push(cursor(skip));
            self.rows.push(row);
        }
        self.cursors.extend(page.more.map(cursor));
        page.more.is_some()
    }
}

/// A page by the token that asks for it, and the rows of it to skip.
#[derive(Clone)]
struct Cursor {
    skip: usize,
    token: Arc<str>,
}

impl Cursor {
    /// The cursor among the arguments of a call; the beginning where there is none.
    fn read(arguments: &Map<String, Value>, tool: &str) -> Result<Self, Error> {
        let Some(text) = arguments.get("cursor").and_then(Value::as_str) else {
            return Ok(Self {
                skip: 0,
                token: Arc::default(),
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
            token: token.into(),
        })
    }
}

/// Collects the rows that are wanted, each as the list shows it.
pub(super) async fn collect(
    list: &List<'_>,
    arguments: &Map<String, Value>,
    wanted: &Wanted<'_>,
) -> Result<Rows, Error> {
    let List {
        tool,
        plan,
        paginate,
        context,
        projection,
    } = *list;
    let limit = wanted.limit;
    let mut cursor = Cursor::read(arguments, tool)?;
    if let (true, Some(Next::ByOffset(wire, _) | Next::ByPage(wire, _))) =
        (cursor.token.is_empty(), &paginate.next)
        && let Some(from) = arguments.get(wire.name).and_then(Value::as_u64)
    {
        // Only `api_call` lets the caller say where to begin; what follows counts from there.
        cursor.token = from.to_string().into();
    }
    let mut values = Values::of(&plan.request, arguments, context).await?;
    if let Some(size) = &paginate.size {
        // A page size that changes between pages would move the rows that a cursor skips.
        let rows = match wanted.large_pages {
            true => size.maximum,
            false => rows_per_page(paginate, size),
        };
        values.set(size.wire.name, size.wire.place, rows.into());
    }
    let mut found = Rows {
        rows: Vec::new(),
        cursors: Vec::new(),
        broke_off: None,
        note: None,
    };
    // A token that leads back, also over other pages, would bring the same rows again and again.
    let mut asked: Vec<Arc<str>> = Vec::new();
    for _ in 0..PAGES {
        asked.push(Arc::clone(&cursor.token));
        if !cursor.token.is_empty() {
            ask_for(paginate.next.as_ref(), &cursor.token, &mut values);
        }
        let reader = PageReader {
            projection,
            items: plan.shape.items,
            next: match paginate.next {
                Some(Next::ByToken(_, path) | Next::ByRequest(path)) => Some(path),
                _ => None,
            },
            skip: cursor.skip,
            narrow: wanted.narrow,
            room: limit - found.rows.len(),
        };
        let asking = ask(
            plan,
            context,
            &mut values,
            &reader,
            !cursor.token.is_empty(),
        );
        let page = match asking.await {
            Ok(page) => page,
            Err(error) if found.rows.is_empty() => return Err(error),
            Err(error) => {
                // What was read is worth more than the error: the cursor goes on at the page that failed.
                found.broke_off = Some(error.to_string());
                found.cursors.push(Some(cursor));
                return Ok(found);
            }
        };
        let next = following(paginate, &page, &cursor.token)
            .filter(|next| asked.iter().all(|asked| **asked != **next));
        if found.add(page, &cursor.token) {
            return Ok(found);
        }
        match next {
            Some(token) => {
                cursor = Cursor {
                    skip: 0,
                    token: token.into(),
                }
            }
            None => {
                found.cursors.push(None);
                return Ok(found);
            }
        }
    }
    found.cursors.push(Some(cursor));
    Ok(found)
}

/// Sends the request for one page. Some lists take a page token or a filter, but not both, and say so; from then on
/// only the token goes out.
async fn ask(
    plan: &'static Plan,
    context: &Context,
    values: &mut Values,
    reader: &PageReader<'_>,
    has_token: bool,
) -> Result<Page, Error> {
    let request = values.request(&plan.request, &context.workspace)?;
    let answer = send_reading(context, &plan.request, request, reader).await;
    let refused = match &answer {
        Err(Error::Api {
            status: 400,
            message,
            ..
        }) => message.to_lowercase(),
        _ => return answer,
    };
    let token = refused.contains("page token") || refused.contains("page_token");
    if !has_token || !token || !(refused.contains("filter") || refused.contains("not both")) {
        return answer;
    }
    let paginate = plan.paginate.as_ref();
    let size = paginate.and_then(|paginate| paginate.size.as_ref());
    let token = match paginate.and_then(|paginate| paginate.next.as_ref()) {
        Some(Next::ByToken(wire, _)) => Some(wire),
        _ => None,
    };
    let kept = token.into_iter().chain(size.map(|size| &size.wire));
    let kept: Vec<&str> = kept.map(|wire| wire.name).collect();
    values.keep_in_query(&kept);
    let request = values.request(&plan.request, &context.workspace)?;
    send_reading(context, &plan.request, request, reader).await
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

/// The token of the page that follows; `None` after the last.
fn following(paginate: &Paginate, page: &Page, token: &str) -> Option<String> {
    let number = |first: &u32| token.parse().unwrap_or(u64::from(*first));
    let short = |size: &Size| page.count < rows_per_page(paginate, size) as usize;
    match paginate.next.as_ref()? {
        Next::ByToken(..) | Next::ByRequest(_) if page.last => None,
        Next::ByToken(..) => match page.next.as_ref()? {
            Value::String(token) => Some(token.clone()).filter(|token| !token.is_empty()),
            other => Some(other.to_string()),
        },
        Next::ByRequest(_) => page.next.as_ref().map(Value::to_string),
        _ if page.count == 0 || paginate.size.as_ref().is_some_and(short) => None,
        Next::ByOffset(_, first) => Some((number(first) + page.count as u64).to_string()),
        Next::ByPage(_, first) => Some((number(first) + 1).to_string()),
    }
}
