//! The rows of a list as the caller wants them: as the service lists them, the largest first, or those of all folders
//! below one.

use std::cmp::Ordering;

use futures_util::future::join_all;
use serde_json::{Map, Value};

use super::narrow::Narrowed;
use super::pages::{self, List, ROWS, Rows, Wanted};
use crate::catalog::{Descend, Order};
use crate::error::Error;
use crate::shape;

/// Folders that are read at a time.
const AT_ONCE: usize = 8;

/// Rows of folders that are gathered at most.
const GATHERED: usize = 5_000;

/// The rows that the caller asks for.
///
/// # Errors
/// Fails with the error of the service or the network, or if the cursor is not from an earlier answer.
pub(super) async fn rows(list: &List<'_>, arguments: &Map<String, Value>) -> Result<Rows, Error> {
    let paginate = list.paginate;
    let narrow = Narrowed::all(paginate, arguments);
    let recursive = arguments.get("recursive") == Some(&Value::Bool(true));
    if let Some(descend) = paginate.descend.as_ref().filter(|_| recursive) {
        let (mut all, note) = of_folders(list, descend, arguments).await?;
        all.retain(|row| narrow.iter().all(|one| one.keeps(row)));
        return Rows::part(list, arguments, all, note);
    }
    let order = arguments.get("order").and_then(Value::as_str);
    if let Some(order) = order
        && let Some(known) = &paginate.order
        && let Some((_, field)) = known.by.iter().find(|(value, _)| *value == order)
    {
        let (all, note) = largest_first(list, known, field, &narrow, arguments).await?;
        return Rows::part(list, arguments, all, note);
    }
    let wanted = Wanted {
        limit: list.limit(arguments),
        narrow: &narrow,
        large_pages: false,
    };
    pages::collect(list, arguments, &wanted).await
}

/// Reads as many rows as may be compared, those with the largest values first; and says so if there are more.
async fn largest_first(
    list: &List<'_>,
    order: &Order,
    field: &str,
    narrow: &[Narrowed],
    arguments: &Map<String, Value>,
) -> Result<(Vec<Value>, Option<String>), Error> {
    let wanted = Wanted {
        limit: order.among as usize,
        narrow,
        large_pages: true,
    };
    let mut first = arguments.clone();
    // The rows are read from the beginning each time: a cursor of such an answer counts what was shown.
    first.remove("cursor");
    let mut found = pages::collect(list, &first, &wanted).await?;
    let compared = found.rows.len();
    let more = found.cursor(compared).is_some();
    let note = more.then(|| {
        let why = found.broke_off.take();
        let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
        format!(
            "ordered among the first {} only{why}; narrow the list to compare the rest",
            shape::counted(compared, "row")
        )
    });
    found.rows.sort_by(|left, right| {
        let number = |row: &Value| row.get(field).and_then(Value::as_f64);
        match (number(left), number(right)) {
            (Some(left), Some(right)) => right.total_cmp(&left),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    });
    Ok((found.rows, note))
}

/// Reads a folder and those below it, level by level; the rows by path, and what was not read.
async fn of_folders(
    list: &List<'_>,
    descend: &Descend,
    arguments: &Map<String, Value>,
) -> Result<(Vec<Value>, Option<String>), Error> {
    let mut all = list_folder(list, arguments.clone()).await?;
    let folders = |rows: &[Value]| -> Vec<String> {
        let is_folder = |row: &&Value| descend.when.iter().all(|one| shape::matches(row, one));
        let folders = rows.iter().filter(is_folder);
        folders
            .map(|row| shape::text_at(row, descend.path))
            .collect()
    };
    let mut waiting = folders(&all);
    let (mut read, mut unread) = (1, Vec::new());
    while !waiting.is_empty() {
        let room = (descend.folders as usize).saturating_sub(read).min(AT_ONCE);
        if room == 0 || all.len() >= GATHERED {
            unread.extend(waiting.iter().map(|path| format!("`{path}`")));
            break;
        }
        let rest = waiting.split_off(room.min(waiting.len()));
        let listed = waiting.iter().map(|path| {
            let mut arguments = arguments.clone();
            arguments.insert(descend.folder.to_owned(), path.as_str().into());
            list_folder(list, arguments)
        });
        let listed = join_all(listed).await;
        read += listed.len();
        let mut below = Vec::new();
        for (path, rows) in waiting.iter().zip(listed) {
            match rows {
                Ok(rows) => {
                    below.extend(folders(&rows));
                    all.extend(rows);
                }
                Err(error) => unread.push(format!("`{path}` ({error})")),
            }
        }
        waiting = rest;
        waiting.extend(below);
    }
    all.sort_by_cached_key(|row| shape::text_at(row, descend.path));
    let note = (!unread.is_empty()).then(|| {
        let shown: Vec<&str> = unread.iter().take(3).map(String::as_str).collect();
        let more = match unread.len().saturating_sub(shown.len()) {
            0 => String::new(),
            more => format!(" and {more} more with what is below"),
        };
        format!(
            "read: {}; not read: {}{more}. List them by `{}`",
            shape::counted(read, "folder"),
            shown.join(", "),
            descend.folder
        )
    });
    Ok((all, note))
}

async fn list_folder(
    list: &List<'_>,
    mut arguments: Map<String, Value>,
) -> Result<Vec<Value>, Error> {
    arguments.remove("cursor");
    let wanted = Wanted {
        limit: ROWS,
        narrow: &[],
        large_pages: true,
    };
    Ok(pages::collect(list, &arguments, &wanted).await?.rows)
}
