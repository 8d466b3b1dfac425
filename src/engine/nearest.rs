//! Which name is close: when the service says that something does not exist, one short look at what does.

use std::time::Duration;

use serde_json::{Map, Value};

use super::request::Values;
use crate::catalog::{Door, Nearest, Plan, TOOLS, ToolSpec};
use crate::context::Context;
use crate::error::Error;
use crate::shape;
use crate::transport::SOME_LIST;

/// The look must not make the error late.
const WITHIN: Duration = Duration::from_secs(3);
/// Names that a hint holds.
const NAMES: usize = 3;
/// Similarity from which a name may have been meant.
const CLOSE: f64 = 0.8;

/// The error, with the names that come close in its hint where it says that what was asked for does not exist.
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
        *hint = Some(format!("{meant} {} shows what exists", nearest.list).into());
    }
    error
}

/// The error, its hint naming the tool that lists what the operation's service has, where there is one.
#[must_use]
pub fn with_list(mut error: Error) -> Error {
    if let Error::Api {
        operation,
        hint: Some(hint),
        ..
    } = &mut error
        && hint.contains(SOME_LIST)
        && let Some(list) = list_of(operation)
    {
        *hint = hint.replace(SOME_LIST, list).into();
    }
    error
}

/// The list tool of an operation's service; of several the one that can be called knowing least.
fn list_of(operation: &str) -> Option<&'static str> {
    let service = |operation: &str| {
        operation
            .split_once('.')
            .map(|(service, _)| service.to_owned())
    };
    let wanted = service(operation)?;
    let lists = TOOLS.iter().filter(|tool| match &tool.door {
        Door::Table(plan) => {
            tool.name.starts_with("list_")
                && service(plan.request.operation).as_ref() == Some(&wanted)
        }
        Door::Behaviour(_) => false,
    });
    let needed = |tool: &&ToolSpec| {
        let schema: Value = serde_json::from_str(tool.input_schema).unwrap_or_default();
        let required = schema.get("required").and_then(Value::as_array);
        required.map_or(0, Vec::len)
    };
    lists.min_by_key(needed).map(|tool| tool.name)
}

/// `did you mean ...?`, where there are names.
#[must_use]
pub fn did_you_mean(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| format!("did you mean {}?", names.join(" or ")))
}

/// The names that come closest to the one asked for, in backticks, best first; none where the look fails.
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
    // In a dotted name only the last part is in question, unless the whole is one name.
    let wanted = match nearest.within.is_empty() && nearest.depth == 0 {
        true => asked,
        false => segments.last().copied().unwrap_or_default(),
    };
    let look = tokio::time::timeout(WITHIN, rows(plan, context, &arguments));
    let rows = tokio::select! {
        rows = look => rows,
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

/// The rows of one page, as large as the service gives it.
async fn rows(
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
) -> Result<Vec<Value>, Error> {
    let mut values = Values::of(&plan.request, arguments, context).await?;
    let size = plan.paginate.as_ref().and_then(|list| list.size.as_ref());
    if let Some(size) = size {
        values.set(size.wire.name, size.wire.place, size.maximum.into());
    }
    let request = values.request(&plan.request, &context.workspace)?;
    let transport = &context.workspace.transport;
    let operation = plan.request.operation;
    let reply = transport
        .send_once(&context.call, operation, request)
        .await?;
    let answer: Value = reply.json(operation)?;
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
            let last = match nearest.within.is_empty() {
                true => id.as_str(),
                false => id.rsplit('.').next().unwrap_or_default(),
            };
            let label = shape::text_at(row, nearest.label);
            let by_label = if label.is_empty() { 0.0 } else { score(&label) };
            let best = score(last).max(by_label);
            let shown = match label.is_empty() || label == id {
                true => format!("`{id}`"),
                false => format!("`{id}` ({label})"),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_names_the_list_of_the_service() {
        for (operation, list) in [
            ("pipelines.get", Some("list_pipelines")),
            ("genie.get_space", Some("list_genie_spaces")),
            ("repos.get", Some("list_repos")),
            ("secrets.put_secret", Some("list_secret_scopes")),
            (
                "vector_search_indexes.get_index",
                Some("list_vector_indexes"),
            ),
            ("files.download", Some("list_volume_files")),
            ("queries.get", Some("list_queries")),
            ("volumes.read", Some("list_volumes")),
            ("tables.get", Some("list_tables")),
            ("nothing.get", None),
        ] {
            assert_eq!(list_of(operation), list, "{operation}");
            let error = with_list(Error::Api {
                operation: operation.to_owned(),
                status: 404,
                code: "NOT_FOUND".to_owned(),
                message: String::new(),
                request_id: None,
                retryable: false,
                hint: Some(format!("check; {SOME_LIST} shows").into()),
            });
            let named = list.unwrap_or(SOME_LIST);
            assert_eq!(error.hint(), Some(format!("check; {named} shows")));
        }
    }
}
