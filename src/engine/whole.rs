//! One object that comes in pages, such as a job of more than 100 tasks: its lists go on over the pages and are
//! put together.

use serde_json::{Map, Value, json};

use super::request::Values;
use super::send::send;
use crate::catalog::{OBJECTS, Outcome, Paged, RequestPlan, Until, WAITS, Wait};
use crate::context::Context;
use crate::shape;

/// Most pages of one object.
const PAGES: usize = 25;

/// Parts of a list that is the same work many times over; of more, those that succeeded are only counted.
const REPEATED: usize = 20;

/// Tells whether the answer of an operation may go on over further pages.
pub(super) fn is_paged(plan: &RequestPlan) -> bool {
    paged(plan).is_some()
}

/// The pages of an operation's answer, as the manifest has them.
fn paged(plan: &RequestPlan) -> Option<&'static Paged> {
    OBJECTS
        .iter()
        .find(|paged| paged.operation == plan.operation)
}

/// Reads the pages that follow the first one, `whole`, into it, and puts what failed first. Returns what the
/// answer says besides: how many parts there are, and what is missing.
pub(super) async fn complete(
    context: &Context,
    plan: &'static RequestPlan,
    arguments: &Map<String, Value>,
    whole: &mut Value,
) -> Map<String, Value> {
    let mut besides = Map::new();
    let Some(paged) = paged(plan).filter(|paged| !arguments.contains_key(paged.request.name))
    else {
        return besides;
    };
    let next = |whole: &Value| next(paged, whole);
    let mut read = 1;
    let mut why = String::new();
    while let Some(token) = next(whole)
        && read < PAGES
    {
        match page(context, plan, paged, arguments, &token).await {
            Ok(page) => append(paged, whole, page),
            Err(error) => {
                why = format!(": {error}");
                break;
            }
        }
        read += 1;
        if next(whole).as_ref() == Some(&token) {
            break;
        }
    }
    if let Some(token) = next(whole) {
        let missing = format!(
            "the lists are not whole, page {} is not read{why}; api_call of `{}` with `{}: {token:?}` reads on",
            read + 1,
            plan.operation,
            paged.request.name
        );
        besides.insert("missing".to_owned(), missing.into());
    }
    count_parts(plan, whole, read > 1, &mut besides);
    besides
}

async fn page(
    context: &Context,
    plan: &'static RequestPlan,
    paged: &'static Paged,
    arguments: &Map<String, Value>,
    token: &str,
) -> Result<Value, crate::error::Error> {
    let mut values = Values::of(plan, arguments, context).await?;
    values.set(paged.request.name, paged.request.place, token.into());
    let request = values.request(plan, &context.workspace)?;
    send(context, plan, request).await
}

/// The token of the page that follows.
fn next(paged: &Paged, whole: &Value) -> Option<String> {
    let token = whole.get(paged.response)?.as_str()?;
    (!token.is_empty()).then(|| token.to_owned())
}

/// Adds what a further page has: members of lists that are not there yet, also of lists in objects.
fn append(paged: &Paged, whole: &mut Value, page: Value) {
    let (Some(whole), Value::Object(page)) = (whole.as_object_mut(), page) else {
        return;
    };
    whole.remove(paged.response);
    for (name, value) in page {
        match (whole.get_mut(&name), value) {
            (Some(Value::Array(known)), Value::Array(more)) => {
                // What is no list of pages is said again on each of them.
                let before = known.len();
                for one in more {
                    if !known.iter().take(before).any(|known| *known == one) {
                        known.push(one);
                    }
                }
            }
            (Some(known @ Value::Object(_)), value @ Value::Object(_)) => {
                append(paged, known, value)
            }
            (Some(_), _) if name != paged.response => {}
            (_, value) => {
                whole.insert(name, value);
            }
        }
    }
}

/// The way in which the parts of the work that an operation tells of are ranked: those that failed before those that
/// go on, and these before those that succeeded. `None` where nothing tells.
fn ranked(plan: &RequestPlan) -> Option<impl Fn(&Value) -> u8 + Copy> {
    // What only stops work takes every end of it for a success.
    let tells = |wait: &Wait| wait.until.iter().any(|until| until.is == Outcome::Failure);
    let mut waits = WAITS.iter().map(|(_, wait)| wait);
    let wait = waits.find(|wait| wait.poll.operation == plan.operation && tells(wait))?;
    Some(move |part: &Value| {
        let met = |until: &&Until| until.all.iter().all(|one| shape::matches(part, one));
        match wait.until.iter().find(met).map(|until| until.is) {
            Some(Outcome::Failure) => 0,
            None => 1,
            Some(Outcome::Success) => 2,
        }
    })
}

/// Keeps only the tasks that failed.
pub(super) fn keep_failed(plan: &RequestPlan, whole: &mut Value) {
    if let (Some(rank), Some(Value::Array(tasks))) = (ranked(plan), whole.get_mut("tasks")) {
        tasks.retain(|task| rank(task) == 0);
    }
}

/// Puts the tasks that failed first.
fn failed_first(plan: &RequestPlan, whole: &mut Value) {
    if let (Some(rank), Some(Value::Array(tasks))) = (ranked(plan), whole.get_mut("tasks")) {
        tasks.sort_by_key(rank);
    }
}

/// Says how many parts there are, and puts those that failed first where there are many: an answer that is cut must
/// not lose them.
fn count_parts(
    plan: &RequestPlan,
    whole: &mut Value,
    long: bool,
    besides: &mut Map<String, Value>,
) {
    let Some(rank) = ranked(plan) else {
        return;
    };
    if long {
        failed_first(plan, whole);
        let tasks = whole.get("tasks").and_then(Value::as_array);
        besides.extend(tasks.map(|tasks| ("tasks_total".to_owned(), json!(tasks.len()))));
    }
    if let Some(Value::Array(iterations)) = whole.get_mut("iterations") {
        let total = iterations.len();
        iterations.sort_by_key(rank);
        let failed = iterations.iter().filter(|part| rank(part) == 0).count();
        if total > REPEATED {
            let others = iterations.iter().filter(|part| rank(part) < 2).count();
            iterations.truncate(others.max(REPEATED));
        }
        besides.insert("iterations_total".to_owned(), json!(total));
        besides.insert("iterations_failed".to_owned(), json!(failed));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn lists_go_on_and_what_is_said_again_is_not_doubled() {
        let mut whole = json!({"id": 1, "tasks": [1, 2], "settings": {"name": "a", "tasks": ["x"]},
            "repairs": ["r"], "next_page_token": "2"});
        let paged = OBJECTS
            .iter()
            .find(|paged| paged.operation == "jobs.get")
            .unwrap();
        let next = |whole: &Value| next(paged, whole);
        append(
            paged,
            &mut whole,
            json!({"id": 1, "tasks": [3, 3], "settings": {"name": "a", "tasks": ["y"], "clusters": [5]},
                "repairs": ["r"], "next_page_token": "3"}),
        );
        assert_eq!(next(&whole).as_deref(), Some("3"));
        append(paged, &mut whole, json!({"tasks": [4]}));
        assert_eq!(next(&whole), None);
        let all = json!({"id": 1, "tasks": [1, 2, 3, 3, 4], "settings": {"name": "a", "tasks": ["x", "y"], "clusters": [5]},
            "repairs": ["r"]});
        assert_eq!(whole, all);
    }
}
