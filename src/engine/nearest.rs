//! Close names: when the service says that something does not exist, one short look at what does.

use std::time::Duration;

use serde_json::{Map, Value};

use super::look::look;
use crate::catalog::{Door, Nearest, Plan, TOOLS, ToolSpec};
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::shape;

/// The look must not make the error late.
const WITHIN: Duration = Duration::from_secs(3);
/// Names in a hint, at most.
const NAMES: usize = 3;
/// Similarity at which two names count as close.
const CLOSE: f64 = 0.8;

/// Adds the close names to the hint of an error which says that the thing asked for does not exist.
pub async fn with_close_names(
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
    let fits = |nearest: &&Nearest| nearest.code.is_empty() || nearest.code == code.as_str();
    let Some(nearest) = tool.nearest.iter().find(fits).filter(|_| missing) else {
        return error;
    };
    let named: Vec<String> = nearest
        .named
        .iter()
        .filter_map(|name| arguments.get(*name)?.as_str().map(ToOwned::to_owned))
        .collect();
    if named.is_empty() {
        return error;
    }
    let names = close_names(nearest, context, &named.join(".")).await;
    if let Some(meant) = did_you_mean(&names) {
        let list = hints::shows_what_exists(nearest.list);
        *hint = Some(format!("{meant} {list}").into());
    }
    error
}

/// `did you mean …?`, if there are names.
#[must_use]
pub fn did_you_mean(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

/// Returns the names closest to `asked`, in backticks, best first. A look that fails finds none.
pub async fn close_names(nearest: &Nearest, context: &Context, asked: &str) -> Vec<String> {
    let mut segments: Vec<&str> = asked
        .split('.')
        .map(|part| part.trim_matches('`'))
        .collect();
    if nearest.depth > 0 {
        segments.truncate(nearest.depth as usize);
    }
    let arguments: Map<String, Value> = nearest
        .within
        .iter()
        .zip(&segments)
        .map(|(name, segment)| ((*name).to_owned(), Value::from(*segment)))
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
        segments.last().copied().unwrap_or_default()
    };
    let looked = tokio::time::timeout(WITHIN, rows(plan, context, &arguments));
    let rows = tokio::select! {
        rows = looked => rows,
        () = context.cancel.cancelled() => return Vec::new(),
    };
    match rows {
        Ok(Ok(rows)) => closest(nearest, wanted, &rows),
        Ok(Err(error)) => {
            tracing::debug!(request_id = %context.call.id, list = nearest.list, %error, "no close names");
            Vec::new()
        }
        Err(_) => {
            tracing::debug!(request_id = %context.call.id, list = nearest.list, "close names took too long");
            Vec::new()
        }
    }
}

/// Fetches the rows of one page, as large as the service gives it.
async fn rows(
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
) -> Result<Vec<Value>, Error> {
    let answer = look(plan, context, arguments).await?;
    let rows = match (shape::at(&answer, plan.shape.items), answer) {
        (Some(Value::Array(rows)), _) | (None, Value::Array(rows)) => rows,
        _ => Vec::new(),
    };
    let shown = |row: &Value| shape::row(row, plan.shape.filter, plan.shape.fields);
    Ok(rows.iter().filter_map(shown).collect())
}

fn closest(nearest: &Nearest, wanted: &str, rows: &[Value]) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let score = |name: &str| strsim::jaro_winkler(&wanted, &name.to_lowercase());
    let mut found: Vec<(f64, String)> = rows
        .iter()
        .filter_map(|row| {
            let id = shape::text_at(row, nearest.of);
            let last = if nearest.within.is_empty() {
                id.as_str()
            } else {
                id.rsplit('.').next().unwrap_or_default()
            };
            let label = shape::text_at(row, nearest.label);
            let by_label = if label.is_empty() { 0.0 } else { score(&label) };
            let best = score(last).max(by_label);
            let shown = if label.is_empty() || label == id {
                format!("`{id}`")
            } else {
                format!("`{id}` ({label})")
            };
            (best >= CLOSE && !id.is_empty()).then_some((best, shown))
        })
        .collect();
    found.sort_by(|(a, left), (b, right)| b.total_cmp(a).then_with(|| left.cmp(right)));
    found
        .into_iter()
        .take(NAMES)
        .map(|(_, shown)| shown)
        .collect()
}
