//! The calls that a sealed agreement lets through.

#![allow(clippy::unwrap_used)]

use super::*;
use rmcp::model::InputResponses;

fn arguments(value: Value) -> JsonObject {
    serde_json::from_value(value).unwrap()
}

fn again(state: Option<String>, answer: Value) -> CallToolRequestParams {
    let answers = InputResponses::from([(CONFIRM.to_owned(), answer)]);
    let mut request = CallToolRequestParams::new("delete_job").with_input_responses(answers);
    request.request_state = state;
    request
}

fn yes() -> Value {
    json!({ "action": "accept", "content": { "confirm": true } })
}

fn ask(seal: &Seal, call: &Binding) -> InputRequiredResult {
    seal.question(call, "Delete?", SEALED_FOR).unwrap()
}

#[test]
fn an_agreement_counts_for_its_own_call_whatever_the_order_of_arguments() {
    let seal = Seal::new().unwrap();
    let asked = Binding::of(
        "delete_job",
        None,
        &arguments(json!({ "a": { "x": 1, "y": 2 }, "b": 3 })),
    );
    let state = ask(&seal, &asked).request_state;
    let same = Binding::of(
        "delete_job",
        None,
        &arguments(json!({ "b": 3, "a": { "y": 2, "x": 1 } })),
    );
    let others = [
        Binding::of(
            "delete_job",
            Some("prod"),
            &arguments(json!({ "a": { "x": 1, "y": 2 }, "b": 3 })),
        ),
        Binding::of(
            "delete_job",
            None,
            &arguments(json!({ "a": { "x": 1, "y": 2 }, "b": 4 })),
        ),
        Binding::of(
            "delete_run",
            None,
            &arguments(json!({ "a": { "x": 1, "y": 2 }, "b": 3 })),
        ),
    ];
    for other in others {
        assert!(!seal.open(&other, &again(state.clone(), yes())).unwrap());
    }
    assert!(seal.open(&same, &again(state.clone(), yes())).unwrap());
    // Once.
    assert!(!seal.open(&same, &again(state, yes())).unwrap());
}

#[test]
fn a_seal_that_is_broken_foreign_old_or_missing_is_none() {
    let seal = Seal::new().unwrap();
    let call = Binding::of("delete_job", None, &arguments(json!({ "job_id": 7 })));
    let state = ask(&seal, &call).request_state.unwrap();
    let mut broken = state.clone();
    broken.replace_range(
        8..9,
        if broken.get(8..9) == Some("A") {
            "B"
        } else {
            "A"
        },
    );
    let foreign = ask(&Seal::new().unwrap(), &call).request_state;
    let old = seal.question(&call, "Delete?", Duration::ZERO).unwrap();
    let old = again(old.request_state, yes());
    // Its time is over with the next millisecond.
    let expired = (0..1_000_000).any(|_| !seal.open(&call, &old).unwrap());
    assert!(expired, "an old seal");
    for state in [Some(broken), foreign, None, Some(String::new())] {
        assert!(
            !seal.open(&call, &again(state.clone(), yes())).unwrap(),
            "{state:?}"
        );
    }
    assert!(seal.open(&call, &again(Some(state), yes())).unwrap());
}

#[test]
fn anything_but_a_yes_in_an_accepted_form_declines() {
    let seal = Seal::new().unwrap();
    let call = Binding::of("delete_job", None, &arguments(json!({})));
    for answer in [
        json!({ "action": "decline" }),
        json!({ "action": "cancel" }),
        json!({ "action": "accept" }),
        json!({ "action": "accept", "content": { "confirm": false } }),
        json!({ "action": "accept", "content": { "confirm": "true" } }),
        json!({ "action": "decline", "content": { "confirm": true } }),
    ] {
        let state = ask(&seal, &call).request_state;
        let refused = seal.open(&call, &again(state.clone(), answer.clone()));
        assert!(matches!(refused, Err(Error::Declined { .. })), "{answer}");
        // What was declined is not to be had by a yes to the same question.
        assert!(!seal.open(&call, &again(state, yes())).unwrap(), "{answer}");
    }
}
