//! The parameters of a run before it starts: the service takes a misspelt one in silence, and runs with the default.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::look::look;
use super::whole;
use crate::catalog::{CHECKED, Checked, Plan, plan_of};
use crate::context::Context;
use crate::error::Error;
use crate::shape;

/// Similarity at which a name counts as a misspelling of another.
const CLOSE: f64 = 0.85;

/// Refuses parameters that what is to be run does not have.
///
/// # Errors
/// One line for each name that is unknown. Where what is run cannot be looked at, the service has the word.
pub(super) async fn check(
    tool: &str,
    plan: &Plan,
    context: &Context,
    arguments: &Map<String, Value>,
) -> Result<(), Error> {
    let operation = plan.request.operation;
    let Some(checked) = CHECKED
        .iter()
        .find(|checked| checked.operation == operation)
    else {
        return Ok(());
    };
    let given = |name: &str| {
        let given = arguments.get(name).and_then(Value::as_object);
        given.is_some_and(|given| !given.is_empty())
    };
    let names = checked.names.iter().map(|(name, _)| *name);
    let mut names = names.chain(checked.of_tasks.iter().map(|(name, ..)| *name));
    if !names.any(given) {
        return Ok(());
    }
    let id = checked.named;
    let (Some(shows), Some(named)) = (plan_of(checked.by), arguments.get(id)) else {
        return Ok(());
    };
    let asked = Map::from_iter([(id.to_owned(), named.clone())]);
    let mut shown = match look(shows, context, &asked).await {
        Ok(shown) => shown,
        Err(error) => {
            tracing::debug!(request_id = %context.call.id, %error, "the parameters cannot be checked");
            return Ok(());
        }
    };
    let besides = whole::complete(context, &shows.request, &asked, &mut shown).await;
    if besides.contains_key("missing") {
        return Ok(());
    }
    let problems = problems(checked, &shown, arguments, &format!("{id} {named}"));
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::Arguments {
        tool: tool.to_owned(),
        problems,
    })
}

fn problems(
    checked: &Checked,
    shown: &Value,
    arguments: &Map<String, Value>,
    what: &str,
) -> Vec<String> {
    let given = |name: &str| {
        let given = arguments.get(name).and_then(Value::as_object);
        given.into_iter().flatten().map(|(name, _)| name.as_str())
    };
    let mut problems = Vec::new();
    let mut all_declared = BTreeSet::new();
    for (argument, path) in checked.names {
        let declared = texts(shape::at(shown, path));
        for name in given(argument).filter(|name| !declared.contains(*name)) {
            problems.push(match nearest(name, &declared, 0.0) {
                Some(meant) => {
                    let all: Vec<String> = declared.iter().map(|one| format!("`{one}`")).collect();
                    format!(
                        "`{argument}.{name}`: {what} has no such parameter, did you mean `{meant}`? It has {}",
                        all.join(", ")
                    )
                }
                None => format!("`{argument}.{name}`: {what} has no job parameters"),
            });
        }
        all_declared.extend(declared);
    }
    let tasks = match shape::at(shown, checked.tasks) {
        Some(Value::Array(tasks)) => tasks,
        _ => Vec::new(),
    };
    for (argument, kind, path) in checked.of_tasks {
        // A for-each task has the task that it repeats inside.
        let inside = format!("for_each_task.task.{kind}");
        let paths = [(*path).to_owned(), format!("for_each_task.task.{path}")];
        // A job that runs another passes its parameters on.
        let kinds = [*kind, inside.as_str(), "run_job_task"];
        let takes = |task: &Value| kinds.iter().any(|kind| shape::at(task, kind).is_some());
        let takes = tasks.iter().any(takes);
        let used: BTreeSet<String> = tasks
            .iter()
            .flat_map(|task| paths.iter().filter_map(|path| shape::at(task, path)))
            .filter_map(|used| used.as_object().cloned())
            .flat_map(|used| used.into_iter().map(|(name, _)| name))
            .chain(all_declared.iter().cloned())
            .collect();
        for name in given(argument).filter(|name| !used.contains(*name)) {
            if !takes && !tasks.is_empty() {
                problems.push(format!("`{argument}.{name}`: {what} has no {kind}"));
            } else if let Some(meant) = nearest(name, &used, CLOSE) {
                // A notebook may read further names, so only a misspelling is certain.
                problems.push(format!("`{argument}.{name}`: did you mean `{meant}`?"));
            }
        }
    }
    problems
}

fn texts(found: Option<Value>) -> BTreeSet<String> {
    let all = match found {
        Some(Value::Array(all)) => all,
        _ => Vec::new(),
    };
    let texts = all.iter().filter_map(Value::as_str);
    texts.map(ToOwned::to_owned).collect()
}

/// The name that comes closest, if it is at least that close.
fn nearest<'a>(name: &str, known: &'a BTreeSet<String>, least: f64) -> Option<&'a str> {
    let score = |one: &str| strsim::jaro_winkler(&name.to_lowercase(), &one.to_lowercase());
    let best = known.iter().map(|one| (score(one), one));
    let best = best.max_by(|(left, _), (right, _)| left.total_cmp(right));
    best.filter(|(score, _)| *score >= least)
        .map(|(_, one)| one.as_str())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use serde_json::json;

    use super::*;

    fn run_now() -> &'static Checked {
        let of = |checked: &&Checked| checked.operation == "jobs.run_now";
        CHECKED.iter().find(of).unwrap()
    }

    fn of_job(arguments: Value) -> String {
        let job = json!({ "settings": {
            "parameters": [{ "name": "run_date", "default": "today" }, { "name": "env", "default": "prod" }],
            "tasks": [{ "task_key": "a", "notebook_task": { "notebook_path": "/n", "base_parameters": { "region": "eu" } } }],
        } });
        problems(run_now(), &job, arguments.as_object().unwrap(), "job_id 7").join("\n")
    }

    #[test]
    fn unknown_job_parameters_are_refused_with_the_nearest() {
        let known = of_job(json!({ "job_parameters": { "run_date": "x", "env": "y" } }));
        assert_eq!(known, "");
        let text = of_job(json!({ "job_parameters": { "run_dat": "x" } }));
        assert!(
            text.contains("did you mean `run_date`? It has `env`, `run_date`"),
            "{text}"
        );
        let none = json!({ "settings": { "tasks": [] } });
        let given = json!({ "job_parameters": { "a": "1" } });
        let text = problems(run_now(), &none, given.as_object().unwrap(), "job_id 7");
        assert_eq!(text, ["`job_parameters.a`: job_id 7 has no job parameters"]);
    }

    #[test]
    fn parameters_of_tasks_may_be_more_than_the_job_says_but_not_misspelt() {
        assert_eq!(
            of_job(json!({ "notebook_params": { "region": "us", "other": "1" } })),
            ""
        );
        let text = of_job(json!({ "notebook_params": { "regoin": "us" } }));
        assert!(text.contains("did you mean `region`?"), "{text}");
        let text = of_job(json!({ "sql_params": { "x": "us" } }));
        assert_eq!(text, "`sql_params.x`: job_id 7 has no sql_task");
    }
}
