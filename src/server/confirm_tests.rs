//! The calls that a sealed agreement lets through, and the settings of confirmation.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::settings::of_process;
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

#[test]
fn an_agreement_counts_for_its_own_call_whatever_the_order_of_arguments() {
    let seal = Seal::new().unwrap();
    let asked = Binding::of(
        "delete_job",
        None,
        &arguments(json!({ "a": { "x": 1, "y": 2 }, "b": 3 })),
    );
    let state = seal.question(&asked, "Delete?").request_state;
    let same = Binding::of(
        "delete_job",
        None,
        &arguments(json!({ "b": 3, "a": { "y": 2, "x": 1 } })),
    );
    assert!(seal.open(&same, &again(state.clone(), yes())).unwrap());
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
}

#[test]
fn a_seal_that_is_broken_foreign_old_or_missing_is_none() {
    let seal = Seal::new().unwrap();
    let call = Binding::of("delete_job", None, &arguments(json!({ "job_id": 7 })));
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
    let call = Binding::of("delete_job", None, &arguments(json!({})));
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

fn set(name: &'static str, text: &'static str) -> Result<Confirmation, Error> {
    let variable = move |asked: &str| (asked == name).then(|| text.to_owned());
    Confirmation::of(&of_process(&[], &variable))
}

#[test]
fn only_a_plain_yes_takes_the_safety_off() {
    let set = |yes| set("DATABRICKS_MCP_YES", yes);
    for yes in ["1", " TRUE ", "yes"] {
        assert!(set(yes).unwrap().yes, "{yes}");
    }
    for no in ["", "0", "no"] {
        assert!(!set(no).unwrap().yes, "{no}");
    }
    assert!(set("maybe").is_err());
}

#[test]
fn a_patience_that_is_none_is_refused() {
    let set = |text| set("DATABRICKS_MCP_CONFIRM_TIMEOUT", text);
    assert_eq!(set("5").unwrap().patience, Duration::from_secs(5));
    assert_eq!(set("").unwrap().patience, PATIENCE);
    for wrong in ["0", "-1", "4m", "100000"] {
        assert!(
            set(wrong).unwrap_err().to_string().contains(wrong),
            "{wrong}"
        );
    }
}
