//! Spans for a collector of OpenTelemetry: a call as a part of its client's trace, its requests below it; nothing without
//! a collector.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::time::Instant;

use serde_json::{Value, json};
use support::binary::{Binary, Era};
use support::misbehaving::{Act, Misbehaving};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn server(host: &str, more: &[(&str, &str)]) -> Binary {
    let mut variables = vec![
        ("DATABRICKS_HOST", host),
        ("DATABRICKS_TOKEN", "marked-token-4711"),
        ("DATABRICKS_MCP_RETRY_WAIT", "0.001"),
    ];
    variables.extend(more);
    Binary::start(Era::Session, &variables)
}

/// A call that is part of its client's trace.
fn call(binary: &mut Binary, tool: &str, arguments: Value, parent: &str) {
    let params =
        json!({ "name": tool, "arguments": arguments, "_meta": { "traceparent": parent } });
    binary.request("tools/call", params);
}

fn attribute<'a>(span: &'a Value, key: &str) -> &'a Value {
    let all = span["attributes"].as_array().unwrap();
    all.iter()
        .find(|one| one["key"] == key)
        .map_or(&Value::Null, |one| &one["value"])
}

/// The spans that a collector has got.
fn spans(collector: &Misbehaving) -> Vec<Value> {
    let mut spans = Vec::new();
    for seen in collector.seen() {
        assert_eq!(seen.line(), "POST /otlp/v1/traces");
        assert_eq!(seen.header("api-key"), Some("marked key"));
        assert_eq!(seen.header("authorization"), None);
        assert!(!seen.body.contains("marked"), "{}", seen.body);
        let message: Value = serde_json::from_str(&seen.body).unwrap();
        let resource = &message["resourceSpans"][0];
        assert_eq!(
            attribute(&resource["resource"], "service.name")["stringValue"],
            "databricks-mcp"
        );
        spans.extend(
            resource["scopeSpans"][0]["spans"]
                .as_array()
                .unwrap()
                .clone(),
        );
    }
    spans
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_is_part_of_its_clients_trace_and_its_requests_of_the_call() {
    let collector = Misbehaving::acts([Act::ok("{}")]).await;
    let service = Misbehaving::acts([
        Act::status(503, r#"{"error_code": "TEMPORARILY_UNAVAILABLE"}"#),
        Act::ok(r#"{"clusters": [{"cluster_name": "marked_row"}]}"#),
        Act::status(
            404,
            r#"{"error_code": "NOT_FOUND", "message": "marked_message"}"#,
        ),
    ])
    .await;
    let endpoint = format!("{}/otlp/", collector.host);
    let mut binary = server(
        &service.host,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("OTEL_EXPORTER_OTLP_HEADERS", "api-key=marked%20key"),
        ],
    );
    let parent = format!("00-{TRACE}-{SPAN}-01");
    call(&mut binary, "list_clusters", json!({}), &parent);
    call(
        &mut binary,
        "get_job",
        json!({ "job_id": 1 }),
        "marked: no context",
    );
    // One that its client does not record is not recorded here.
    call(
        &mut binary,
        "list_clusters",
        json!({}),
        &parent.replace("-01", "-00"),
    );
    // Spans that wait are sent before the end.
    let (status, log) = binary.close();
    assert!(status.success());
    assert!(!log.contains("marked key"), "{log}");
    let spans = spans(&collector);
    let named = |name: &str| {
        spans
            .iter()
            .filter(|span| span["name"] == name)
            .collect::<Vec<_>>()
    };
    let (listed, sent) = (named("tools/call list_clusters"), named("clusters.list"));
    let (got, asked) = (named("tools/call get_job"), named("jobs.get"));
    assert_eq!(
        [
            listed.len(),
            sent.len(),
            got.len(),
            asked.len(),
            spans.len()
        ],
        [1, 2, 1, 1, 5]
    );
    assert_eq!(
        (&listed[0]["traceId"], &listed[0]["parentSpanId"]),
        (&json!(TRACE), &json!(SPAN))
    );
    assert_eq!(
        attribute(listed[0], "databricks_mcp.retries")["intValue"],
        "1"
    );
    for span in &sent {
        assert_eq!(
            (&span["traceId"], &span["parentSpanId"]),
            (&json!(TRACE), &listed[0]["spanId"])
        );
    }
    let statuses = [503, 200].map(|status| json!({ "intValue": status.to_string() }));
    let told = [0, 1].map(|n| attribute(sent[n], "http.response.status_code").clone());
    assert_eq!(told, statuses);
    assert_eq!(
        (&sent[0]["status"]["code"], sent[1]["status"].get("code")),
        (&json!(2), None)
    );
    // A trace of its own.
    assert_ne!(got[0]["traceId"], TRACE);
    assert_eq!(got[0].get("parentSpanId"), None);
    assert_eq!((&got[0]["kind"], &asked[0]["kind"]), (&json!(2), &json!(3)));
    assert_eq!(attribute(got[0], "error.type")["stringValue"], "api");
    // The workspace is told the span of each request.
    let seen = service.seen();
    for (number, span) in [sent[0], sent[1], asked[0]].into_iter().enumerate() {
        let (trace, id) = (
            span["traceId"].as_str().unwrap(),
            span["spanId"].as_str().unwrap(),
        );
        assert_eq!(
            seen[number].header("traceparent"),
            Some(format!("00-{trace}-{id}-01").as_str())
        );
    }
    assert!(seen[3].header("traceparent").unwrap().ends_with("-00"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_collector_nothing_is_said_of_a_trace() {
    let service = Misbehaving::acts([Act::ok("{}")]).await;
    let mut binary = server(&service.host, &[]);
    call(
        &mut binary,
        "list_clusters",
        json!({}),
        &format!("00-{TRACE}-{SPAN}-01"),
    );
    assert!(binary.close().0.success());
    assert_eq!(service.seen()[0].header("traceparent"), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_hangs_or_refuses_holds_up_neither_calls_nor_the_end() {
    let service = Misbehaving::acts([Act::ok("{}")]).await;
    for act in [Act::Hang, Act::status(500, "marked")] {
        let collector = Misbehaving::acts([act]).await;
        let mut binary = server(
            &service.host,
            &[("DATABRICKS_MCP_OTLP_ENDPOINT", &collector.host)],
        );
        for _ in 0..3 {
            assert_ne!(binary.call("list_clusters", json!({}))["isError"], true);
        }
        let since = Instant::now();
        while collector.seen().is_empty() {
            assert!(since.elapsed().as_secs() < 60, "spans are sent");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        let (status, log) = binary.close();
        assert!(status.success());
        assert!(
            log.matches("the collector takes no spans").count() <= 1,
            "{log}"
        );
        assert!(!log.contains("marked"), "{log}");
    }
}
