//! Close names: when the service says that something does not exist, one short look at what does.

use std::time::Duration;

use serde_json::{Map, Value};

use super::look::look_at_page;
use crate::catalog::{Door, Nearest, Next, Plan, TOOLS, ToolSpec};
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::shape::{self, Answer};

/// The look must not make the error late.
const WITHIN: Duration = Duration::from_secs(3);
/// Pages of a list that are looked at.
const PAGES: usize = 5;
/// Names in a hint, at most.
const NAMES: usize = 3;
/// Similarity at which two names count as close.
const CLOSE: f64 = 0.8;

/// Adds the close names to the hint of an error which says that the thing asked for does not exist.
pub(crate) async fn with_close_names(
    tool: &'static ToolSpec,
    context: &Context,
    arguments: &Map<String, Value>,
    mut error: Error,
) -> Error {
    let Error::Api {
        status,
        code,
        message,
        hint,
        ..
    } = &mut error
    else {
        return error;
    };
    let missing = *status == 404 || (*status == 400 && message.contains("does not exist"));
    let fits = |nearest: &&Nearest| {
        !nearest.empty && (nearest.code.is_empty() || nearest.code == code.as_str())
    };
    let named = |nearest: &Nearest| asked_for(nearest, arguments);
    let mut lists = tool.nearest.iter().filter(fits).filter(|_| missing);
    let Some((nearest, asked)) = lists.find_map(|nearest| Some((nearest, named(nearest)?))) else {
        return error;
    };
    let names = close_names(nearest, context, &asked).await;
    if let Some(meant) = did_you_mean(&names) {
        let list = hints::shows_what_exists(nearest.list);
        *hint = Some(format!("{meant} {list}").into());
    }
    error
}

/// The parts of a dotted name, without the backticks around them; a dot within backticks belongs to its part.
#[must_use]
pub(crate) fn segments(name: &str) -> Vec<String> {
    let (mut parts, mut part) = (Vec::new(), String::new());
    let (mut quoted, mut rest) = (false, name.chars().peekable());
    while let Some(next) = rest.next() {
        match next {
            '`' if quoted && rest.next_if_eq(&'`').is_some() => part.push('`'),
            '`' => quoted = !quoted,
            '.' if !quoted => parts.push(std::mem::take(&mut part)),
            other => part.push(other),
        }
    }
    parts.push(part);
    parts
}

/// The name that was asked for, where it has as many segments as the list tells of.
fn asked_for(nearest: &Nearest, arguments: &Map<String, Value>) -> Option<String> {
    let named = nearest.named.iter();
    let named: Vec<&str> = named
        .filter_map(|name| arguments.get(*name)?.as_str())
        .collect();
    let name = named.join(".");
    let name = match name.strip_prefix("/Volumes/") {
        // The path of a file in a volume begins with the volume's name.
        Some(path) => path.trim_end_matches('/').replace('/', "."),
        None => name,
    };
    let deep = segments(&name).len() >= nearest.depth as usize;
    (!name.is_empty() && deep).then_some(name)
}

/// Adds to a list that is empty, although the caller named what is looked for, the names that come close.
pub(crate) async fn meant_by_nothing(
    tool: &'static ToolSpec,
    context: &Context,
    arguments: &Map<String, Value>,
    mut answer: Answer,
) -> Answer {
    let Door::Table(plan) = &tool.door else {
        return answer;
    };
    let key = plan.shape.items.rsplit('.').next().unwrap_or_default();
    let rows = answer.structured.get(key).and_then(Value::as_array);
    if rows.is_none_or(|rows| !rows.is_empty()) {
        return answer;
    }
    for nearest in tool.nearest.iter().filter(|nearest| nearest.empty) {
        let Some(asked) = asked_for(nearest, arguments) else {
            continue;
        };
        let names = close_names(nearest, context, &asked).await;
        if let (Some(meant), Some(structured)) =
            (did_you_mean(&names), answer.structured.as_object_mut())
        {
            answer.text.push_str(&format!("\n{meant}\n"));
            structured.insert("note".to_owned(), meant.into());
            break;
        }
    }
    answer
}

/// Adds to the error about an id that is no id the ids of what goes by that name, or by one that comes close.
pub(crate) async fn meant_by_name(
    tool: &'static ToolSpec,
    schema: &Map<String, Value>,
    context: &Context,
    arguments: &Map<String, Value>,
    mut error: Error,
) -> Error {
    let Error::Arguments { problems, .. } = &mut error else {
        return error;
    };
    let is_number = |name: &str| {
        let property = schema.get("properties").and_then(|known| known.get(name));
        property.is_some_and(|property| property.get("type").is_some_and(|kind| kind == "integer"))
    };
    for nearest in tool.nearest.iter().filter(|nearest| !nearest.empty) {
        let [name] = nearest.named else {
            continue;
        };
        let given = arguments
            .get(*name)
            .and_then(Value::as_str)
            .unwrap_or_default();
        let is_id = given.trim().parse::<i64>().is_ok();
        if given.is_empty() || is_id || nearest.label.is_empty() || !is_number(name) {
            continue;
        }
        let names = close_names(nearest, context, given).await;
        if let Some(meant) = did_you_mean(&names) {
            problems.push(format!("`{name}`: {meant}"));
        }
    }
    error
}

/// `did you mean …?`, if there are names.
#[must_use]
pub(crate) fn did_you_mean(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

/// Returns the names closest to `asked`, in backticks, best first. A look that fails finds none.
pub(crate) async fn close_names(nearest: &Nearest, context: &Context, asked: &str) -> Vec<String> {
    let mut segments = segments(asked);
    if nearest.depth > 0 {
        segments.truncate(nearest.depth as usize);
    }
    let arguments: Map<String, Value> = nearest
        .within
        .iter()
        .zip(&segments)
        .map(|(name, segment)| ((*name).to_owned(), Value::from(segment.as_str())))
        .collect();
    let plan = TOOLS.iter().find_map(|tool| match &tool.door {
        Door::Table(plan) if tool.name == nearest.list => Some(plan),
        _ => None,
    });
    let Some(plan) = plan else {
        return Vec::new();
    };
    // Only the last part of a dotted name is looked for, unless the dots belong to one name.
    let wanted = if nearest.within.is_empty() && nearest.depth == 0 {
        asked
    } else {
        segments.last().map_or("", String::as_str)
    };
    let mut found = Vec::new();
    let looked = tokio::time::timeout(WITHIN, rows(plan, context, &arguments, &mut found));
    let looked = tokio::select! {
        looked = looked => looked,
        () = context.cancel.cancelled() => return Vec::new(),
    };
    match looked {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::debug!(request_id = %context.call.id, list = nearest.list, %error, "no close names");
        }
        Err(_) => {
            tracing::debug!(request_id = %context.call.id, list = nearest.list, "close names took too long");
        }
    }
    let outer: String = segments
        .iter()
        .take(segments.len().saturating_sub(1))
        .filter(|_| !nearest.within.is_empty())
        .map(|segment| format!("{segment}."))
        .collect();
    closest(nearest, &outer, wanted, &found)
}

/// Fetches the rows of the first pages, as a tool shows them.
///
/// # Errors
/// Fails with the error of the service or the network.
pub(crate) async fn first_rows(
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
) -> Result<Vec<Value>, Error> {
    let mut found = Vec::new();
    rows(plan, context, arguments, &mut found).await?;
    Ok(found)
}

/// Fetches the rows of the first pages, as large as the service gives them.
async fn rows(
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
    found: &mut Vec<Value>,
) -> Result<(), Error> {
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let answer = look_at_page(plan, context, arguments, token.as_deref()).await?;
        let next = match plan.paginate.as_ref().and_then(|list| list.next.as_ref()) {
            Some(Next::ByToken(_, path)) => shape::text_at(&answer, path),
            _ => String::new(),
        };
        let rows = match (shape::at(&answer, plan.shape.items), answer) {
            (Some(Value::Array(rows)), _) | (None, Value::Array(rows)) => rows,
            _ => Vec::new(),
        };
        let shown = |row: &Value| shape::row(row, plan.shape.filter, plan.shape.fields);
        found.extend(rows.iter().filter_map(shown));
        if next.is_empty() || token.as_ref() == Some(&next) {
            break;
        }
        token = Some(next);
    }
    Ok(())
}

/// How close a name comes to one that holds it, or to one of its words.
fn by_word(wanted: &str, name: &str) -> f64 {
    let name = name.to_lowercase();
    if wanted.chars().count() > 2 && name.contains(wanted) {
        return 1.0;
    }
    let words = name.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| word.chars().count() > 3);
    let scores = words.map(|word| strsim::jaro_winkler(wanted, word));
    // A word is short, so that much resembles it.
    let best = scores.fold(0.0, f64::max);
    if best < 0.9 { 0.0 } else { best - 0.05 }
}

/// The names closest to `wanted`; the rows may tell them with what they lie in, `catalog.schema.`, before them.
fn closest(nearest: &Nearest, outer: &str, wanted: &str, rows: &[Value]) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let score = |name: &str| strsim::jaro_winkler(&wanted, &name.to_lowercase());
    let mut exists = false;
    let mut found: Vec<(f64, String)> = rows
        .iter()
        .filter_map(|row| {
            let id = shape::text_at(row, nearest.of);
            // A full name begins with what it lies in; the rest may hold dots itself.
            let last = match id.get(..outer.len()) {
                Some(start) if start.eq_ignore_ascii_case(outer) => {
                    id.get(outer.len()..).unwrap_or_default()
                }
                _ => &id,
            };
            let label = shape::text_at(row, nearest.label);
            let by_label = if label.is_empty() {
                0.0
            } else {
                score(&label).max(by_word(&wanted, &label))
            };
            if last.to_lowercase() == wanted {
                exists = true;
                return None;
            }
            let best = score(last).max(by_label);
            let shown = if label.is_empty() || label == id {
                format!("`{id}`")
            } else {
                format!("`{id}` ({label})")
            };
            (best >= CLOSE && !id.is_empty()).then_some((best, shown))
        })
        .collect();
    if exists && nearest.empty {
        // It is empty, and another was not meant.
        return Vec::new();
    }
    found.sort_by(|(a, left), (b, right)| b.total_cmp(a).then_with(|| left.cmp(right)));
    found
        .into_iter()
        .take(NAMES)
        .map(|(_, shown)| shown)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_within_backticks_belongs_to_its_part() {
        for (name, parts) in [
            ("main.sales.orders", vec!["main", "sales", "orders"]),
            ("`a.b`.c", vec!["a.b", "c"]),
            ("a.`b.c`.`d``e`", vec!["a", "b.c", "d`e"]),
            ("`a.b", vec!["a.b"]),
            ("", vec![""]),
        ] {
            assert_eq!(segments(name), parts, "{name}");
        }
    }
}
