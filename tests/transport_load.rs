//! Concurrency: the number of calls that reach a service at once, and of connections.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use databricks_mcp::transport::{Call, Limits, Transport};
use futures_util::future::join_all;
use reqwest::Method;
use support::misbehaving::{Act, Misbehaving};
use support::pipe::{pipe, quick, request, send};
use tokio::sync::Barrier;

#[tokio::test]
async fn three_hundred_calls_in_a_row_use_one_connection() {
    let server = Misbehaving::acts([Act::ok(r#"{"jobs":[]}"#)]).await;
    let pipe = pipe(&server.host, Limits::default());
    for _ in 0..300 {
        send(&pipe, Method::GET, "jobs.list", None).await.unwrap();
    }
    assert_eq!((server.seen().len(), server.connections()), (300, 1));
}

#[tokio::test]
async fn an_error_leaves_the_connection_in_use() {
    let server = Misbehaving::acts([Act::status(404, r#"{"error_code":"NOT_FOUND"}"#)]).await;
    let pipe = pipe(&server.host, Limits::default());
    for _ in 0..20 {
        send(&pipe, Method::GET, "jobs.get", None)
            .await
            .unwrap_err();
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn thirty_two_calls_in_flight_reach_the_service_as_thirty_two() {
    // The server answers only once 32 have arrived: fewer at a time would hang.
    let together = Act::Together(Arc::new(Barrier::new(32)), Box::new(Act::ok("{}")));
    let server = Misbehaving::acts([together]).await;
    let pipe = pipe(&server.host, Limits::default());
    // Of several tools, since one alone may not take all places.
    let tools = ["a", "b", "c", "d"].map(Call::new);
    let calls = (0..96).map(|number| {
        let request = request(&pipe, Method::GET, "/api/2.0/test", None);
        pipe.send(&tools[number % 4], "jobs.list", request)
    });
    assert!(join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(server.most(), 32);
    assert_eq!(server.connections(), 32);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_in_flight_are_all_answered_each_with_its_own() {
    let server = Misbehaving::start(|_, seen| Act::ok(&format!("{:?}", seen.line()))).await;
    let pipe = Arc::new(pipe(&server.host, Limits::default()));
    let calls = (0..1000).map(|number| {
        let pipe = Arc::clone(&pipe);
        tokio::spawn(async move {
            let path = format!("/api/{number}");
            let request = request(&pipe, Method::GET, &path, None);
            let reply = pipe
                .send(&Call::new("test"), "jobs.get", request)
                .await
                .unwrap();
            assert_eq!(
                reply.json::<String>("jobs.get").unwrap(),
                format!("GET {path}")
            );
        })
    });
    for call in join_all(calls.collect::<Vec<_>>()).await {
        call.unwrap();
    }
    assert_eq!(server.seen().len(), 1000);
    assert!(server.most() <= 32, "{}", server.most());
}

#[tokio::test]
async fn a_tool_at_its_limit_does_not_hold_up_others() {
    // Two of five `run_job` are admitted. With `list_jobs` they make the three that the server waits for.
    let together = Act::Together(Arc::new(Barrier::new(3)), Box::new(Act::ok("{}")));
    let server = Misbehaving::acts([together]).await;
    let limits = Limits {
        tools: BTreeMap::from([("run_job".to_owned(), 2)]),
        ..quick()
    };
    let pipe = pipe(&server.host, limits);
    let call = |tool: &'static str| {
        let pipe: &Transport = &pipe;
        async move {
            let request = request(pipe, Method::GET, "/api", None);
            pipe.send(&Call::new(tool), "jobs.get", request).await
        }
    };
    let tools = [["run_job"; 4].as_slice(), ["list_jobs"; 2].as_slice()].concat();
    assert!(
        join_all(tools.into_iter().map(call))
            .await
            .iter()
            .all(Result::is_ok)
    );
    assert_eq!(server.most(), 3);
}
