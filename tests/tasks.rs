//! Ordinary tasks, played as an agent would over stdio against the sandbox, in no more calls than they should take.
//!
//! `tests/tasks.json` lists the tasks: `calls` is the most that one may take, and `steps` are its calls, in the form of
//! `tests/calls/`. A call that fails counts too: its error must say enough for the next one to be right.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::fmt::Write;

use serde::Deserialize;
use serde_json::Map;
use support::script::{Step, play, stage};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Task {
    /// What a person asks for.
    task: String,
    /// What happened before, which counts for nothing.
    #[serde(default)]
    before: Vec<Step>,
    /// Calls that it may take.
    calls: usize,
    steps: Vec<Step>,
}

#[test]
fn every_task_takes_the_calls_it_should() {
    let (_sandbox, mut server) = stage();
    let tasks: Vec<Task> = serde_json::from_str(include_str!("tasks.json")).unwrap();
    let mut counted = String::new();
    let mut failures = Vec::new();
    for Task {
        task,
        before,
        calls,
        steps,
    } in tasks
    {
        let mut kept = Map::new();
        for step in &before {
            play(step, &mut server, &mut kept).unwrap();
        }
        let mut taken = 0;
        for step in &steps {
            taken += 1;
            if let Err(failure) = play(step, &mut server, &mut kept) {
                failures.push(format!("{task}: call {taken}, {}: {failure}", step.tool));
                break;
            }
        }
        if taken > calls {
            failures.push(format!("{task}: {taken} calls instead of {calls}"));
        }
        writeln!(counted, "{taken} {task}").unwrap();
    }
    assert!(
        failures.is_empty(),
        "{} failures:\n{}",
        failures.len(),
        failures.join("\n")
    );
    insta::assert_snapshot!(counted);
}
