//! One call of a plan, from arguments to the answer.

use reqwest::Request;
use serde_json::{Map, Value, json};

use super::pages::{self, Rows};
use super::request::Values;
use super::wait::{self, Ended};
use crate::context::Context;
use crate::error::Error;
use crate::rows::{Call, Format, Plan, Shape};
use crate::shape::{self, Answer};

/// Serves a call from its plan: request, then pages or waiting, then the answer.
///
/// # Errors
/// What the service or the network said, or a cursor that is none.
pub async fn call(
    tool: &str,
    plan: &'static Plan,
    context: &Context,
    arguments: Map<String, Value>,
) -> Result<Answer, Error> {
    if let Some(paginate) = &plan.paginate {
        let rows = pages::collect(tool, plan, paginate, context, &arguments).await?;
        let names: Vec<&str> = plan.shape.fields.iter().map(|field| field.name).collect();
        return Ok(list(&plan.shape, plan.shape.format, &names, &rows));
    }
    let answer = start(plan, context, &arguments).await?;
    match wait::until_done(plan, context, &arguments, answer).await? {
        Ended::Done(answer) => Ok(one(&plan.shape, &answer, &arguments)),
        Ended::Unfinished(answer) => Ok(answer),
    }
}

/// As [`call`] of a plan that keeps everything, but shows only these dotted fields; all when there are none.
///
/// # Errors
/// As [`call`].
pub async fn call_for(
    tool: &str,
    plan: &'static Plan,
    context: &Context,
    arguments: Map<String, Value>,
    fields: &[String],
) -> Result<Answer, Error> {
    if fields.is_empty() {
        return call(tool, plan, context, arguments).await;
    }
    let names: Vec<&str> = fields.iter().map(String::as_str).collect();
    if let Some(paginate) = &plan.paginate {
        let mut rows = pages::collect(tool, plan, paginate, context, &arguments).await?;
        for row in &mut rows.rows {
            *row = shape::pick(row, &names);
        }
        return Ok(list(&plan.shape, Format::Grid, &names, &rows));
    }
    let answer = start(plan, context, &arguments).await?;
    match wait::until_done(plan, context, &arguments, answer).await? {
        Ended::Done(answer) => Ok(one(&plan.shape, &shape::pick(&answer, &names), &arguments)),
        Ended::Unfinished(answer) => Ok(answer),
    }
}

/// Sends the request of a plan and gives the service's answer as it came.
///
/// # Errors
/// What the service or the network said.
pub async fn start(
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
) -> Result<Value, Error> {
    let values = Values::of(&plan.call, arguments, context).await?;
    let request = values.request(&plan.call, &context.workspace)?;
    send(context, &plan.call, request).await
}

/// Sends a request and reads its JSON; an empty body is an empty object, a raw one the field `content`.
pub(super) async fn send(context: &Context, call: &Call, request: Request) -> Result<Value, Error> {
    let transport = &context.workspace.transport;
    let reply = transport
        .send(&context.call, call.operation, request)
        .await?;
    if call.raw {
        return match String::from_utf8(reply.body) {
            Ok(content) => Ok(json!({ "content": content })),
            Err(_) => Err(Error::Answer {
                operation: call.operation.to_owned(),
                reason: "it is not text".to_owned(),
            }),
        };
    }
    Ok(match reply.json(call.operation)? {
        // A structured answer is an object.
        rows @ Value::Array(_) => json!({ "items": rows }),
        other => other,
    })
}

/// The answer that shows one object.
pub(super) fn one(shape: &Shape, answer: &Value, arguments: &Map<String, Value>) -> Answer {
    let mut shown = shape::object(answer, shape.fields);
    if shape.format == Format::Plain {
        return plain(shape, shown, arguments);
    }
    shape::fit_json(&mut shown);
    if shown == json!({}) {
        // The service says nothing more than that it did it.
        return Answer {
            text: "Done".to_owned(),
            structured: shown,
        };
    }
    Answer::json(shown)
}

/// The answer that is one long text: as much as fits, and where to go on.
fn plain(shape: &Shape, mut shown: Value, arguments: &Map<String, Value>) -> Answer {
    let name = shape.fields.first().map_or("", |field| field.name);
    let whole = shape::text_at(&shown, name);
    let offset = arguments.get("offset").and_then(Value::as_u64).unwrap_or(0);
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    let part = shape::cut_text(&whole, offset);
    let (total, end) = (
        whole.chars().count(),
        offset.saturating_add(part.chars().count()),
    );
    let mut text = part.to_owned();
    if let Some(object) = shown.as_object_mut() {
        object.insert(name.to_owned(), json!(part));
        if end < total {
            object.insert("next_offset".to_owned(), json!(end));
            object.insert("total_characters".to_owned(), json!(total));
            text.push_str(&format!(
                "\n[characters {offset} to {end} of {total}; `offset: {end}` goes on]"
            ));
        }
    }
    Answer {
        text,
        structured: shown,
    }
}

fn list(shape: &Shape, format: Format, names: &[&str], found: &Rows) -> Answer {
    let key = shape.items.rsplit('.').next().unwrap_or(shape.items);
    let lines: Vec<String> = match format {
        Format::Grid => found
            .rows
            .iter()
            .map(|row| shape::grid_row(names.iter().map(|name| row.get(name))))
            .collect(),
        Format::Json | Format::Plain => found.rows.iter().map(|row| format!("{row}\n")).collect(),
    };
    let count = shape::fit_rows(&lines);
    let cursor = found.cursor(count);
    let lines = lines.into_iter().take(count);
    let rows: Vec<&Value> = found.rows.iter().take(count).collect();
    let mut structured = json!({ key: rows });
    let mut text = match format {
        _ if count == 0 => shape.empty.to_owned(),
        Format::Grid => shape::grid(names, lines),
        Format::Json | Format::Plain => lines.collect(),
    };
    if let (Some(cursor), Some(object)) = (cursor, structured.as_object_mut()) {
        let line = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        text.push_str(&format!(
            "{line}{count} rows, more follow: `cursor: \"{cursor}\"`\n"
        ));
        object.insert("next_cursor".to_owned(), json!(cursor));
    }
    Answer { text, structured }
}
