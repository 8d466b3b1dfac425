//! Cancelled calls: requests not yet sent stay unsent, and requests in flight are awaited.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::sync::Arc;
use std::time::Duration;

use databricks_mcp::auth::{Credential, Headers};
use databricks_mcp::error::Error;
use databricks_mcp::transport::{Call, Limits, Reply, Transport};
use futures_util::future::{BoxFuture, FutureExt, poll_immediate};
use reqwest::Method;
use reqwest::header::HeaderMap;
use support::misbehaving::{Act, Misbehaving};
use support::pipe::{pipe, pipe_as, quick, request};
use tokio::sync::Barrier;

type Sending<'a> = BoxFuture<'a, Result<Reply, Error>>;

fn sending<'a>(pipe: &'a Transport, call: &'a Call, verb: Method) -> Sending<'a> {
    let request = request(pipe, verb, "/api/2.0/test", Some("{}"));
    pipe.send(call, "jobs.create", request).boxed()
}

/// Polls a request until the server has seen `count`.
async fn until_seen(server: &Misbehaving, count: usize, sending: &mut Sending<'_>) {
    while server.seen().len() < count {
        let pause = tokio::time::sleep(Duration::from_millis(1));
        tokio::select! {
            outcome = &mut *sending => panic!("{outcome:?}"),
            () = pause => {}
        }
    }
}

/// Polls a request once, so that it starts to wait, then cancels its call.
async fn cancelled(call: &Call, mut sending: Sending<'_>) -> String {
    assert!(poll_immediate(&mut sending).await.is_none(), "it waits");
    call.cancel.cancel();
    sending.await.unwrap_err().text()
}

#[tokio::test]
async fn in_the_queue_nothing_is_sent() {
    let server = Misbehaving::acts([Act::Hang]).await;
    let limits = Limits {
        in_flight: 1,
        ..quick()
    };
    let pipe = pipe(&server.host, limits);
    let first = Call::new("first");
    let mut holding = sending(&pipe, &first, Method::POST);
    until_seen(&server, 1, &mut holding).await;
    for verb in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let call = Call::new("second");
        let said = cancelled(&call, sending(&pipe, &call, verb)).await;
        assert_eq!(said, "cancelled: `jobs.create` was not sent");
    }
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn under_a_rate_nothing_is_sent() {
    let server = Misbehaving::acts([Act::ok("{}")]).await;
    let limits = Limits {
        rate: Some(0.001),
        ..quick()
    };
    let pipe = pipe(&server.host, limits);
    let call = Call::new("t");
    sending(&pipe, &call, Method::POST).await.unwrap();
    let said = cancelled(&call, sending(&pipe, &call, Method::POST)).await;
    assert_eq!(said, "cancelled: `jobs.create` was not sent");
    assert_eq!(server.seen().len(), 1);
}

/// A credential that is never ready.
#[derive(Debug)]
struct Never;

impl Credential for Never {
    fn auth_type(&self) -> &'static str {
        "oauth-m2m"
    }

    fn headers(&self) -> Headers<'_> {
        Box::pin(std::future::pending())
    }

    fn refused(&self, _: &HeaderMap) -> bool {
        false
    }
}

#[tokio::test]
async fn without_a_credential_nothing_is_sent() {
    let server = Misbehaving::acts([Act::ok("{}")]).await;
    let pipe = pipe_as(&server.host, Arc::new(Never));
    let call = Call::new("t");
    let said = cancelled(&call, sending(&pipe, &call, Method::POST)).await;
    assert_eq!(said, "cancelled: `jobs.create` was not sent");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn before_it_is_sent_again_it_ends_and_tells_the_first_failure() {
    let busy = r#"{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"slow down"}"#;
    let busy = Act::status(429, busy).with("retry-after", "30");
    let server = Misbehaving::acts([busy]).await;
    let pipe = pipe(&server.host, quick());
    let call = Call::new("t");
    let mut sending = sending(&pipe, &call, Method::POST);
    until_seen(&server, 1, &mut sending).await;
    call.cancel.cancel();
    let said = sending.await.unwrap_err().text();
    assert_eq!(
        said,
        "cancelled: `jobs.create` was not sent again after this: Databricks refused `jobs.create`: slow down (HTTP 429, REQUEST_LIMIT_EXCEEDED)"
    );
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn what_is_on_its_way_is_waited_for() {
    let both = Arc::new(Barrier::new(2));
    let done = Act::ok(r#"{"job_id":7}"#);
    let server = Misbehaving::acts([Act::Together(Arc::clone(&both), Box::new(done))]).await;
    let pipe = pipe(&server.host, quick());
    let call = Call::new("t");
    let mut sending = sending(&pipe, &call, Method::POST);
    until_seen(&server, 1, &mut sending).await;
    call.cancel.cancel();
    assert!(poll_immediate(&mut sending).await.is_none(), "it goes on");
    both.wait().await;
    assert_eq!(sending.await.unwrap().body, br#"{"job_id":7}"#);
}

#[tokio::test]
async fn what_stops_the_work_of_a_cancelled_call_and_what_asks_for_it_still_go_out() {
    let server = Misbehaving::acts([
        Act::ok("{}"),
        Act::status(503, "{}").with("retry-after", "0"),
        Act::ok("{}"),
    ])
    .await;
    let pipe = pipe(&server.host, quick());
    let call = Call::new("t");
    let mut polling = sending(&pipe, &call, Method::GET);
    assert!(poll_immediate(&mut polling).await.is_none(), "it waits");
    call.cancel.cancel();
    polling.await.unwrap();
    sending(&pipe, &call, Method::DELETE).await.unwrap();
    assert_eq!(server.seen().len(), 3);
}
