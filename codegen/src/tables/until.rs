//! The conditions that end waiting: of the tool, else of the manifest, else of the specs.

use crate::manifest::{self, Outcome as Means, Poll, Until as Said};
use crate::spec::{self, Operation};

use super::List;
use super::tool_spec::{Condition, Outcome, Until};

/// The conditions for what `operation` starts; `known` is what the specs say of the states, `state` the field
/// that says them.
pub(super) fn until(
    operation: &Operation,
    known: Option<&spec::Wait>,
    rules: &Poll,
    tool: Option<&manifest::Wait>,
    state: &str,
) -> Vec<Until> {
    let own = tool.filter(|tool| tool.success.is_some() || tool.failure.is_some());
    if own.is_none() && !rules.until.is_empty() {
        return rules.until.iter().map(|until| said(until, state)).collect();
    }
    let success = own
        .and_then(|own| own.success.as_ref())
        .or(rules.success.as_ref())
        .or(known.map(|known| &known.success));
    let failure = own
        .and_then(|own| own.failure.as_ref())
        .or(rules.failure.as_ref())
        .or(known.map(|known| &known.failure));
    if success.is_none() && operation.long_running.is_some() {
        return done();
    }
    let states = [(success, Outcome::Success), (failure, Outcome::Failure)];
    states
        .into_iter()
        .filter_map(|(states, is)| Some((states.filter(|states| !states.is_empty())?, is)))
        .map(|(states, is)| Until {
            all: List(vec![condition(state, states)]),
            is,
        })
        .collect()
}

/// A field that has one of some values.
pub(super) fn condition(field: &str, any: &[String]) -> Condition {
    Condition {
        field: field.to_owned(),
        any: any.iter().cloned().collect(),
    }
}

/// The handle of a long-running operation says that it is done, and holds an error when it went wrong.
fn done() -> Vec<Until> {
    let is_done = || condition("done", &["true".to_owned()]);
    let no_error = condition("error.error_code", &[String::new()]);
    vec![
        Until {
            all: List(vec![is_done(), no_error]),
            is: Outcome::Success,
        },
        Until {
            all: List(vec![is_done()]),
            is: Outcome::Failure,
        },
    ]
}

fn said(until: &Said, state: &str) -> Until {
    let field = until.field.as_deref().unwrap_or(state);
    let first = condition(field, &until.r#in);
    let further = until.and.iter();
    let further = further.map(|(field, any)| condition(field, any));
    Until {
        all: std::iter::once(first).chain(further).collect(),
        is: match until.is {
            Means::Success => Outcome::Success,
            Means::Failure => Outcome::Failure,
        },
    }
}
