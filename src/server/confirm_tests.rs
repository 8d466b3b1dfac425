//! Whom a sealed agreement lets through, and what the settings of confirmation mean.
#![allow(clippy::unwrap_used)]

use rmcp::model::InputResponses;
use serde_json::json;

use super::*;

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

#[test]
fn an_agreement_counts_for_its_own_call_whatever_the_order_of_arguments() {
    let seal = Seal::new().unwrap();
    let asked = Binding::of(
        "delete_job",
        &arguments(json!({ "a": { "x": 1, "y": 2 }, "b": 3 })),
    );
    let state = seal.question(&asked, "Delete?").request_state;
    let same = Binding::of(
        "delete_job",
        &arguments(json!({ "b": 3, "a": { "y": 2, "x": 1 } })),
    );
    assert!(seal.open(&same, &again(state.clone(), yes())).unwrap());
    let others = [
        Binding::of(
            "delete_job",
            &arguments(json!({ "a": { "x": 1, "y": 2 }, "b": 4 })),
        ),
        Binding::of(
            "delete_run",
            &arguments(json!({ "a": { "x": 1, "y": 2 }, "b": 3 })),
        ),
    ];
    for other in others {
        assert!(!seal.open(&other, &again(state.clone(), yes())).unwrap());
    }
}

#[test]
fn a_seal_that_is_broken_foreign_old_or_missing_is_none() {
    let seal = Seal::new().unwrap();
    let call = Binding::of("delete_job", &arguments(json!({ "job_id": 7 })));
    let state = seal.question(&call, "Delete?").request_state.unwrap();
    let mut broken = state.clone();
    broken.replace_range(
        8..9,
        if broken.get(8..9) == Some("A") {
            "B"
        } else {
            "A"
        },
    );
    let foreign = Seal::new()
        .unwrap()
        .question(&call, "Delete?")
        .request_state;
    let old = seal.question_for(&call, "Delete?", Duration::ZERO);
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
    let call = Binding::of("delete_job", &arguments(json!({})));
    let state = seal.question(&call, "Delete?").request_state;
    for answer in [
        json!({ "action": "decline" }),
        json!({ "action": "cancel" }),
        json!({ "action": "accept" }),
        json!({ "action": "accept", "content": { "confirm": false } }),
        json!({ "action": "accept", "content": { "confirm": "true" } }),
        json!({ "action": "decline", "content": { "confirm": true } }),
    ] {
        let refused = seal.open(&call, &again(state.clone(), answer.clone()));
        assert!(matches!(refused, Err(Error::Declined { .. })), "{answer}");
    }
}

#[test]
fn only_a_plain_yes_takes_the_safety_off() {
    let set = |yes: &'static str| {
        let variable = move |name: &str| (name == "DATABRICKS_MCP_YES").then(|| yes.to_owned());
        Confirmation::from_variables(false, variable).unwrap().yes
    };
    assert!(set("1") && set(" TRUE ") && set("yes"));
    assert!(!set("") && !set("0") && !set("no") && !set("maybe"));
    assert!(Confirmation::from_variables(true, |_| None).unwrap().yes);
}

#[test]
fn a_patience_that_is_none_is_refused() {
    let set = |text: &'static str| {
        let variable =
            move |name: &str| (name == "DATABRICKS_MCP_CONFIRM_TIMEOUT").then(|| text.to_owned());
        Confirmation::from_variables(false, variable)
    };
    assert_eq!(set("5").unwrap().patience, Duration::from_secs(5));
    assert_eq!(set("").unwrap().patience, PATIENCE);
    for wrong in ["0", "-1", "4m", "100000"] {
        assert!(
            set(wrong).unwrap_err().to_string().contains(wrong),
            "{wrong}"
        );
    }
}
