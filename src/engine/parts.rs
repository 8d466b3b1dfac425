//! What further operations tell of the parts of an answer, such as the outputs of a run's tasks.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Map, Value};

use super::request::Values;
use super::send::send;
use super::whole;
use crate::catalog::{Condition, Each, PartFrom, Plan};
use crate::context::Context;
use crate::error::Error;
use crate::shape::{self, Projection};

/// The time that the answer waits for what is said besides.
const WITHIN: Duration = Duration::from_secs(8);

/// Parts that failed and are asked why, at most.
const FAILED: usize = 3;

/// Characters of a failed part's own words in an error.
const WORDS: usize = 2_000;

/// Adds to the parts of an answer what further operations tell of them, or why they tell nothing.
pub(super) async fn add(
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
    shown: &mut Value,
) {
    for each in plan.shape.each {
        let asked = ask(each, each.first as usize, context, arguments, shown).await;
        let (told, fitting) = asked;
        let Some(object) = shown.as_object_mut() else {
            return;
        };
        if each.of.is_empty() {
            object.extend(told.into_iter().flat_map(|(_, fields)| fields));
            continue;
        }
        if fitting > told.len() {
            let note = format!(
                "more is told of {} of {fitting} {} only",
                told.len(),
                each.of
            );
            object.insert("note".to_owned(), note.into());
        }
        let Some(Value::Array(parts)) = object.get_mut(each.of) else {
            continue;
        };
        for (place, fields) in told {
            if let Some(Value::Object(part)) = parts.get_mut(place) {
                part.extend(fields);
            }
        }
    }
}

/// Adds to the error of work that failed what its failed parts say of themselves.
pub(super) async fn explained(
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
    mut state: Value,
    mut error: Error,
) -> Error {
    let Error::Failed { message, .. } = &mut error else {
        return error;
    };
    let Some(wait) = &plan.wait else {
        return error;
    };
    whole::keep_failed(&wait.poll, &mut state);
    let shown = Projection::of(plan.shape.fields).project(&state);
    let mut shown = shown.unwrap_or_default();
    for each in plan.shape.each {
        if each.explains.is_empty() {
            continue;
        }
        if let Some(Value::Array(parts)) = shown.get_mut(each.of) {
            parts.retain(|part| fits(each, part));
            parts.truncate(FAILED);
        }
        let (told, _) = ask(each, FAILED, context, arguments, &shown).await;
        for (_, fields) in told {
            for name in each.explains {
                let words = fields.get(*name).and_then(Value::as_str);
                let words = words.unwrap_or_default();
                if !message.contains(words) {
                    message.push('\n');
                    message.push_str(shape::last_characters(words, WORDS));
                }
            }
        }
    }
    error
}

/// The field of a part that says why no more is told of it.
const INFO: &str = "info";

type Told = Vec<(usize, Map<String, Value>)>;

/// What is told of the first parts that fit, each with its place, and the number of parts that fit.
async fn ask(
    each: &'static Each,
    first: usize,
    context: &Context,
    arguments: &Map<String, Value>,
    shown: &Value,
) -> (Told, usize) {
    let whole;
    let parts = match shown.get(each.of) {
        Some(Value::Array(parts)) => parts,
        None if each.of.is_empty() => {
            let mut part = arguments.clone();
            part.extend(shown.as_object().cloned().unwrap_or_default());
            whole = vec![Value::Object(part)];
            &whole
        }
        _ => return (Told::new(), 0),
    };
    let fitting: Vec<(usize, &Value)> = parts
        .iter()
        .enumerate()
        .filter(|(_, part)| fits(each, part))
        .collect();
    let asking = fitting.iter().take(first).map(async |(place, part)| {
        let told = tell(each, context, arguments, shown, part).await;
        match told {
            Ok(told) => Some((*place, told)),
            Err(error) => {
                tracing::debug!(request_id = %context.call.id, operation = each.request.operation, %error, "nothing more is told");
                let mut told = Map::new();
                if !each.of.is_empty() {
                    told.insert(INFO.to_owned(), format!("no more is told: {error}").into());
                }
                Some((*place, told))
            }
        }
    });
    let asked = tokio::select! {
        asked = tokio::time::timeout(WITHIN, join_all(asking)) => asked.unwrap_or_default(),
        () = context.cancel.cancelled() => Vec::new(),
    };
    (asked.into_iter().flatten().collect(), fitting.len())
}

/// Tells whether more is to be said of a part.
fn fits(each: &Each, part: &Value) -> bool {
    let met = |one: &Condition| match one.any {
        [] => !shape::text_at(part, one.field).is_empty(),
        _ => shape::matches(part, one),
    };
    each.when.iter().all(met) && !each.unless.iter().any(met)
}

async fn tell(
    each: &'static Each,
    context: &Context,
    arguments: &Map<String, Value>,
    shown: &Value,
    part: &Value,
) -> Result<Map<String, Value>, Error> {
    let given = each.bind.iter().filter_map(|bind| {
        let value = match bind.from {
            PartFrom::OfPart => shape::at(part, bind.path),
            PartFrom::OfAnswer => shape::at(shown, bind.path),
            PartFrom::OfCaller => arguments.get(bind.path).cloned(),
        };
        Some((bind.name.to_owned(), value?))
    });
    let given: Map<String, Value> = given.collect();
    let values = Values::of(&each.request, &given, context).await?;
    let request = values.request(&each.request, &context.workspace)?;
    let answer = send(context, &each.request, request).await?;
    match shape::object(&answer, each.fields) {
        Value::Object(told) => Ok(told),
        _ => Ok(Map::new()),
    }
}
