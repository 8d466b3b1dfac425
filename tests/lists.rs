//! The bounds of lists that are gathered whole, and that the answer says so where they are met.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use databricks_mcp::shape::Answer;
use databricks_mcp::tools;
use serde_json::{Value, json};
use support::inventory::everything;
use support::recorder::{self, Recorder};

/// Calls a tool of a workspace that gives these answers; returns its answer and the number of requests.
async fn call(tool: &str, arguments: Value, answers: Vec<(u16, Value)>) -> (Answer, usize) {
    let recorder = Recorder::start(answers).await;
    let context = recorder::context(&recorder.host, tool);
    let inventory = everything();
    let entry = inventory.find(tool).unwrap();
    let arguments = arguments.as_object().unwrap().clone();
    let answer = tools::call(entry, &context, arguments).await.unwrap();
    (answer, recorder.requests().len())
}

#[tokio::test]
async fn folders_beyond_the_bound_are_named() {
    let folder = |nth: usize| json!({ "path": format!("/a/{nth:03}"), "object_type": "DIRECTORY" });
    let folders: Vec<Value> = (0..205).map(folder).collect();
    let mut answers = vec![(200, json!({ "objects": folders }))];
    answers.extend((0..199).map(|_| (200, json!({}))));
    let arguments = json!({ "path": "/a", "recursive": true, "limit": 3 });
    let (answer, requests) = call("list_notebooks", arguments, answers).await;
    assert_eq!(requests, 200);
    let note = "read: 200 folders; not read: `/a/199`, `/a/200`, `/a/201` and 3 more with what is below. \
                List them by `path`";
    assert_eq!(answer.structured["note"], note);
    assert!(answer.text.contains(note), "{}", answer.text);
    assert_eq!(answer.structured["next_cursor"], "3:");
}

#[tokio::test]
async fn what_is_said_of_an_order_is_what_was_compared() {
    let page = |nth: u64| {
        let row = |at: u64| json!({ "query_id": format!("{nth}-{at}"), "duration": (nth * 1_000 + at) * 1_000 });
        let rows: Vec<Value> = (0..1_000).map(row).collect();
        (
            200,
            json!({ "res": rows, "has_next_page": true, "next_page_token": format!("p{nth}") }),
        )
    };
    let arguments = json!({ "order": "duration", "limit": 2 });
    let pages = (0..6).map(page).collect();
    let (answer, requests) = call("list_query_history", arguments, pages).await;
    // One page more tells that there is more.
    assert!(requests <= 6, "{requests}");
    let rows = &answer.structured["res"];
    assert_eq!(
        (&rows[0]["id"], &rows[1]["id"]),
        (&json!("4-999"), &json!("4-998"))
    );
    let note = "ordered among the first 5000 rows only; narrow the list to compare the rest";
    assert_eq!(answer.structured["note"], note);
    assert!(answer.text.contains(note), "{}", answer.text);
}

#[tokio::test]
async fn a_list_that_is_narrowed_goes_on_where_it_stopped() {
    let page = |nth: usize| {
        let job = |at: usize| json!({ "job_id": nth * 100 + at, "settings": { "name": if at == 7 { "nightly" } else { "x" } } });
        let jobs: Vec<Value> = (0..100).map(job).collect();
        (
            200,
            json!({ "jobs": jobs, "has_more": true, "next_page_token": format!("p{nth}") }),
        )
    };
    let arguments = json!({ "contains": "night", "limit": 2 });
    let (answer, _) = call("list_jobs", arguments, (0..3).map(page).collect()).await;
    let ids: Vec<&Value> = answer.structured["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| &job["id"])
        .collect();
    assert_eq!(ids, ["7", "107"]);
    let cursor = answer.structured["next_cursor"].as_str().unwrap();
    let again = json!({ "contains": "night", "limit": 2, "cursor": cursor });
    let (answer, _) = call("list_jobs", again, vec![page(2), page(3)]).await;
    assert_eq!(answer.structured["jobs"][0]["id"], "207");
}

#[tokio::test]
async fn a_row_that_is_longer_than_an_answer_is_cut_and_says_so() {
    let long = json!({ "job_id": 1, "settings": { "name": "x".repeat(3_000_000) } });
    let next = json!({ "job_id": 2, "settings": { "name": "short" } });
    for jobs in [json!([long]), json!([long, next])] {
        let page = json!({ "jobs": jobs, "has_more": false });
        let (answer, _) = call("list_jobs", json!({}), vec![(200, page)]).await;
        let room = databricks_mcp::shape::ANSWER_BYTES + 1_000;
        assert!(answer.text.len() < room, "{}", answer.text.len());
        assert!(answer.structured.to_string().len() < room);
        let note = answer.structured["note"].as_str().unwrap();
        assert!(note.contains("cut") && note.contains("row.name"), "{note}");
        // What follows is shown, or has a cursor.
        let shown = answer.structured["jobs"].as_array().unwrap().len();
        let rest = answer.structured["next_cursor"].is_string();
        assert!(shown == jobs.as_array().unwrap().len() || rest, "{shown}");
    }
}
