//! A misbehaving service receives exactly the promised requests, and no more.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use databricks_mcp::auth::{Credential, Headers};
use databricks_mcp::connect::Connections;
use databricks_mcp::error::Error;
use databricks_mcp::transport::{Call, Limits};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use support::misbehaving::{Act, Misbehaving};
use support::pipe::{TOKEN, over, pipe, pipe_as, quick, request, send};

const VERBS: [Method; 6] = [
    Method::GET,
    Method::HEAD,
    Method::PUT,
    Method::DELETE,
    Method::POST,
    Method::PATCH,
];

/// The number of requests of each verb when the first answer is `act` and the second succeeds.
async fn sends(act: &Act) -> [usize; 6] {
    let mut counts = [0; 6];
    for (verb, count) in VERBS.into_iter().zip(&mut counts) {
        let server = Misbehaving::acts([act.clone(), Act::ok("{}")]).await;
        let has_body = verb != Method::HEAD;
        let outcome = send(
            &pipe(&server.host, quick()),
            verb,
            "jobs.create",
            Some("{}"),
        )
        .await;
        *count = server.seen().len();
        assert!(!has_body || outcome.is_ok() == (*count == 2), "{outcome:?}");
    }
    counts
}

#[tokio::test]
async fn what_may_pass_is_sent_again_where_that_is_harmless() {
    for status in [408, 502, 503, 504] {
        let counts = sends(&Act::status(status, "{}")).await;
        assert_eq!(counts, [2, 2, 2, 2, 1, 1], "{status}");
    }
    let transient =
        r#"{"error_code":"BAD_REQUEST","message":"cluster 7: ClusterNotReadyException"}"#;
    // An answer to HEAD has no body with an error code.
    assert_eq!(
        sends(&Act::status(400, transient)).await,
        [2, 1, 2, 2, 1, 1]
    );
}

#[tokio::test]
async fn what_was_not_begun_is_sent_again_always() {
    let busy = Act::status(429, "{}").with("retry-after", "0");
    assert_eq!(sends(&busy).await, [2; 6]);
}

#[tokio::test]
async fn what_lasts_is_sent_once() {
    for status in [302, 400, 401, 403, 404, 409, 500, 501] {
        assert_eq!(sends(&Act::status(status, "{}")).await, [1; 6], "{status}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_tried_again_where_that_is_harmless() {
    assert_eq!(sends(&Act::Reset).await, [2, 2, 2, 2, 1, 1]);
    // HEAD has no body to be cut.
    assert_eq!(sends(&Act::Short(r#"{"half":"#)).await, [2, 1, 2, 2, 1, 1]);
    assert_eq!(
        sends(&Act::Endless(r#"{"half":"#)).await,
        [2, 1, 2, 2, 1, 1]
    );
}

#[tokio::test]
async fn a_service_that_hangs_is_given_up_and_post_is_not_repeated() {
    let limits = Limits {
        sends: 3,
        ..quick()
    };
    let mut connections = Connections::default();
    connections.read = Duration::from_millis(100);
    for (verb, sends, hint) in [
        (Method::GET, 3, "hint: call again in a moment"),
        (Method::POST, 1, "hint: it may have been done all the same"),
    ] {
        let server = Misbehaving::acts([Act::Hang]).await;
        let pipe = over(&server.host, &connections, limits.clone());
        let error = send(&pipe, verb, "jobs.create", None).await.unwrap_err();
        let text = error.text();
        assert_eq!(server.seen().len(), sends);
        assert!(
            text.contains("nothing came before the read timeout"),
            "{text}"
        );
        assert!(text.contains(hint), "{text}");
    }
}

#[tokio::test]
async fn one_operation_ends_at_its_deadline() {
    let server = Misbehaving::acts([Act::Hang]).await;
    let limits = Limits {
        call: Duration::from_millis(200),
        ..quick()
    };
    let error = send(
        &pipe(&server.host, limits),
        Method::POST,
        "jobs.create",
        None,
    )
    .await;
    let text = error.unwrap_err().text();
    assert!(
        text.starts_with("`jobs.create` got no answer: it took longer than 0.2 s"),
        "{text}"
    );
    assert!(text.contains("may have been done"), "{text}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_turn_that_never_comes_is_not_a_request_that_may_have_acted() {
    let server = Misbehaving::acts([Act::Hang]).await;
    let limits = Limits {
        in_flight: 1,
        call: Duration::from_secs(2),
        ..quick()
    };
    let pipe = pipe(&server.host, limits);
    // Polled until it has arrived and then left alone, so that it keeps its turn.
    let mut first = Box::pin(send(&pipe, Method::POST, "jobs.create", None));
    while server.seen().is_empty() {
        let pause = tokio::time::sleep(Duration::from_millis(1));
        tokio::select! {
            outcome = &mut first => panic!("{outcome:?}"),
            () = pause => {}
        }
    }
    let second = send(&pipe, Method::POST, "jobs.create", None).await;
    let text = second.unwrap_err().text();
    assert!(text.contains("its turn did not come within 2 s"), "{text}");
    assert!(text.ends_with("hint: call again in a moment"), "{text}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn sends_are_bounded_and_the_last_error_is_told() {
    let server =
        Misbehaving::acts([Act::status(503, r#"{"error_code":"X","message":"down"}"#)]).await;
    let error = send(&pipe(&server.host, quick()), Method::GET, "jobs.list", None).await;
    assert_eq!(server.seen().len(), 5);
    let Err(Error::Api {
        status,
        code,
        message,
        retryable,
        ..
    }) = error
    else {
        panic!("an error of the service")
    };
    assert_eq!(
        (status, code.as_str(), message.as_str(), retryable),
        (503, "X", "down", true)
    );
}

#[tokio::test]
async fn a_wait_beyond_the_budget_is_told_and_not_waited_for() {
    let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(7200));
    for after in ["3600".to_owned(), date] {
        let busy = Act::status(
            429,
            r#"{"error_code":"REQUEST_LIMIT_EXCEEDED","message":"slow down"}"#,
        );
        let server = Misbehaving::acts([busy.with("retry-after", after)]).await;
        let error = send(&pipe(&server.host, quick()), Method::GET, "jobs.list", None).await;
        let text = error.unwrap_err().text();
        assert_eq!(server.seen().len(), 1);
        assert!(text.contains("(the service asks to wait "), "{text}");
    }
}

#[tokio::test]
async fn what_the_service_asks_for_counts_against_the_time_there_is() {
    for (within, sends) in [
        (Duration::from_millis(500), 1),
        (Duration::from_secs(30), 2),
    ] {
        let busy = Act::status(503, "{}").with("retry-after", "1");
        let server = Misbehaving::acts([busy, Act::ok("{}")]).await;
        let limits = Limits {
            retry_within: within,
            ..quick()
        };
        let outcome = send(&pipe(&server.host, limits), Method::GET, "jobs.list", None).await;
        assert_eq!(server.seen().len(), sends);
        assert_eq!(outcome.is_ok(), sends == 2);
    }
}

#[tokio::test]
async fn a_storm_is_not_amplified() {
    let server = Misbehaving::acts([Act::status(503, "{}")]).await;
    let limits = Limits {
        retries: 10,
        ..quick()
    };
    let pipe = pipe(&server.host, limits);
    let calls = (0..50).map(|_| send(&pipe, Method::GET, "jobs.list", None));
    let outcomes = futures_util::future::join_all(calls).await;
    assert!(outcomes.iter().all(Result::is_err));
    assert_eq!(server.seen().len(), 50 + 10);
}

#[tokio::test]
async fn an_idempotency_token_makes_a_post_harmless_and_stays_the_same() {
    for act in [Act::status(503, "{}"), Act::Reset, Act::Short("{")] {
        let server = Misbehaving::acts([act, Act::ok(r#"{"run_id":7}"#)]).await;
        let pipe = pipe(&server.host, quick());
        send(&pipe, Method::POST, "jobs.run_now", Some(r#"{"job_id":1}"#))
            .await
            .unwrap();
        let bodies: Vec<Value> = server
            .seen()
            .iter()
            .map(|seen| serde_json::from_str(&seen.body).unwrap())
            .collect();
        assert_eq!(bodies.len(), 2);
        assert_eq!(bodies[0], bodies[1]);
        assert_eq!(bodies[0]["job_id"], 1);
        assert_eq!(bodies[0]["idempotency_token"].as_str().unwrap().len(), 36);
    }
}

/// A credential with a second token after the first is refused.
#[derive(Debug, Default)]
struct Renewable(AtomicUsize);

impl Credential for Renewable {
    fn auth_type(&self) -> &'static str {
        "oauth-m2m"
    }

    fn headers(&self) -> Headers<'_> {
        let number = self.0.load(Ordering::SeqCst);
        let bearer = HeaderValue::from_str(&format!("Bearer token-{number}")).unwrap();
        Box::pin(std::future::ready(Ok(HeaderMap::from_iter([(
            AUTHORIZATION,
            bearer,
        )]))))
    }

    fn refused(&self, refused: &HeaderMap) -> bool {
        assert_eq!(refused[AUTHORIZATION], "Bearer token-0");
        self.0.fetch_add(1, Ordering::SeqCst) == 0
    }
}

#[tokio::test]
async fn a_refused_credential_is_renewed_once_for_any_verb() {
    let refusals = [
        Act::status(401, r#"{"error_code":401,"message":"expired"}"#),
        Act::status(
            403,
            r#"{"error_code":403,"message":"Invalid access token."}"#,
        ),
    ];
    for verb in [Method::GET, Method::POST] {
        for refusal in &refusals {
            let server = Misbehaving::acts([refusal.clone(), Act::ok("{}")]).await;
            let pipe = pipe_as(&server.host, Arc::new(Renewable::default()));
            send(&pipe, verb.clone(), "jobs.create", None)
                .await
                .unwrap();
            let seen = server.seen();
            let sent: Vec<_> = seen
                .iter()
                .map(|seen| seen.header("authorization").unwrap())
                .collect();
            assert_eq!(sent, ["Bearer token-0", "Bearer token-1"]);
        }
    }
    let server = Misbehaving::acts([refusals[0].clone()]).await;
    let pipe = pipe_as(&server.host, Arc::new(Renewable::default()));
    let text = send(&pipe, Method::GET, "jobs.list", None)
        .await
        .unwrap_err()
        .text();
    assert_eq!(server.seen().len(), 2);
    assert!(text.contains("DATABRICKS_CLIENT_SECRET"), "{text}");
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_token_goes_nowhere() {
    let thief = Misbehaving::acts([Act::ok("{}")]).await;
    let target = format!("{}/login.html?secret=1", thief.host);
    let server = Misbehaving::acts([Act::status(307, "").with("location", target)]).await;
    let text = send(&pipe(&server.host, quick()), Method::GET, "jobs.list", None)
        .await
        .unwrap_err()
        .text();
    assert!(
        text.contains("/login.html`, which is not followed"),
        "{text}"
    );
    assert!(!text.contains("secret=1"), "{text}");
    assert_eq!(thief.connections(), 0);
}

#[tokio::test]
async fn another_host_never_gets_the_credential() {
    let storage = Misbehaving::acts([Act::ok("{}")]).await;
    let server = Misbehaving::acts([Act::ok("{}")]).await;
    let pipe = pipe(&server.host, quick());
    for host in [&storage.host, &server.host] {
        let url = format!("{host}/file?sig=1").parse().unwrap();
        let request = reqwest::Request::new(Method::PUT, url);
        pipe.send(&Call::new("test"), "files.upload", request)
            .await
            .unwrap();
    }
    assert_eq!(storage.seen()[0].header("authorization"), None);
    // Nor the id of the call, which a workspace's logs have.
    let id = "x-databricks-mcp-request-id";
    assert_eq!(storage.seen()[0].header(id), None);
    assert!(server.seen()[0].header(id).is_some());
    let bearer = format!("Bearer {TOKEN}");
    assert_eq!(
        server.seen()[0].header("authorization"),
        Some(bearer.as_str())
    );
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_compressed_or_not() {
    let limits = Limits {
        body: 1 << 20,
        ..quick()
    };
    let plain = Act::Answer(200, Vec::new(), vec![b'0'; (1 << 20) + 1]);
    for act in [Act::bomb(32), plain] {
        let server = Misbehaving::acts([act]).await;
        let error = send(
            &pipe(&server.host, limits.clone()),
            Method::GET,
            "jobs.list",
            None,
        )
        .await;
        assert_eq!(
            error.unwrap_err().to_string(),
            "`jobs.list` gave an answer that cannot be read: it is larger than 1 MiB"
        );
        assert_eq!(server.seen().len(), 1);
    }
    let server = Misbehaving::acts([Act::bomb(1)]).await;
    let reply = send(&pipe(&server.host, limits), Method::GET, "jobs.list", None)
        .await
        .unwrap();
    assert_eq!(reply.body.len(), 1 << 20);
    assert_eq!(server.seen()[0].header("accept-encoding"), Some("gzip"));
}

#[tokio::test]
async fn a_bomb_in_an_error_does_not_fill_the_memory() {
    let Act::Answer(_, headers, body) = Act::bomb(32) else {
        unreachable!()
    };
    let server = Misbehaving::acts([Act::Answer(400, headers, body)]).await;
    let error = send(&pipe(&server.host, quick()), Method::GET, "jobs.list", None).await;
    assert!(error.unwrap_err().text().len() < 1000);
}

#[tokio::test]
async fn an_answer_of_too_many_values_is_refused() {
    // Two bytes each, of which a parsed one takes a hundred.
    let body = format!("[{}0]", "{},".repeat(1_100_000));
    let server = Misbehaving::acts([Act::ok(&body)]).await;
    let pipe = pipe(&server.host, quick());
    let mut request = request(&pipe, Method::GET, "/api/2.0/test", None);
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(reqwest::header::ACCEPT, json);
    let error = pipe.send(&Call::new("test"), "jobs.list", request).await;
    let text = error.unwrap_err().text();
    assert!(text.contains("it holds more than 2000000 values"), "{text}");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_call_that_has_taken_its_time_asks_no_more_but_may_still_stop_its_work() {
    let server = Misbehaving::acts([Act::ok("{}")]).await;
    let pipe = pipe(&server.host, quick());
    let call = Call {
        until: Some(tokio::time::Instant::now()),
        ..Call::new("test")
    };
    let page = request(&pipe, Method::GET, "/api/2.0/test", None);
    let text = pipe
        .send(&call, "jobs.list", page)
        .await
        .unwrap_err()
        .text();
    assert!(text.contains("the call has taken all its time"), "{text}");
    assert!(server.seen().is_empty());
    let cancel = request(&pipe, Method::POST, "/api/2.0/test", None);
    pipe.send(&call, "jobs.cancel_run", cancel).await.unwrap();
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn what_broke_off_says_so() {
    for (act, says) in [
        (Act::Short(r#"{"half":"#), "it broke off after 8 bytes"),
        (Act::Endless(r#"{"half":"#), "it broke off after 8 bytes"),
        (
            Act::ok("not gzip").with("content-encoding", "gzip"),
            "its compression is broken",
        ),
    ] {
        let server = Misbehaving::acts([act]).await;
        let text = send(&pipe(&server.host, quick()), Method::GET, "jobs.list", None)
            .await
            .unwrap_err()
            .text();
        assert!(text.contains(says), "{text}");
    }
    let server = Misbehaving::acts([Act::ok(r#"{"half":"#)]).await;
    let reply = send(&pipe(&server.host, quick()), Method::GET, "jobs.list", None)
        .await
        .unwrap();
    let error = reply.json::<Value>("jobs.list").unwrap_err();
    assert!(
        error.to_string().ends_with("it breaks off after 8 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn a_web_page_instead_of_json_says_so() {
    let page = "<!doctype html><title>Sign in to\n Databricks</title>";
    let server =
        Misbehaving::acts([Act::ok(page).with("content-type", "text/html; charset=utf-8")]).await;
    let pipe = pipe(&server.host, quick());
    let mut asks_for_json = request(&pipe, Method::GET, "/api", None);
    asks_for_json
        .headers_mut()
        .insert("accept", HeaderValue::from_static("application/json"));
    let error = pipe
        .send(&Call::new("t"), "jobs.list", asks_for_json)
        .await
        .unwrap_err();
    let says = "`jobs.list` gave an answer that cannot be read: it is a web page instead of JSON: Sign in to Databricks";
    assert_eq!(error.to_string(), says);
    // A download may be a web page.
    let reply = send(&pipe, Method::GET, "jobs.list", None).await.unwrap();
    assert_eq!(reply.body, page.as_bytes());
    assert_eq!(
        reply.json::<Value>("jobs.list").unwrap_err().to_string(),
        says
    );
}

#[tokio::test]
async fn nothing_that_comes_back_shows_the_token() {
    let echo =
        json!({ "message": format!("bad header: Bearer {TOKEN}"), "error_code": "X" }).to_string();
    let server = Misbehaving::acts([Act::status(400, &echo), Act::ok(&echo)]).await;
    let pipe = pipe(&server.host, quick());
    let error = send(&pipe, Method::GET, "jobs.list", None)
        .await
        .unwrap_err();
    assert!(
        error.text().contains("bad header: Bearer [redacted]"),
        "{}",
        error.text()
    );
    let reply = send(&pipe, Method::GET, "jobs.list", None).await.unwrap();
    let body = String::from_utf8(reply.body).unwrap();
    assert_eq!(body, echo.replace(TOKEN, "[redacted]"));
    assert!(!format!("{pipe:?}").contains(TOKEN));
}

#[tokio::test]
async fn requests_say_who_sends_them() {
    let server = Misbehaving::acts([Act::ok("{}")]).await;
    send(&pipe(&server.host, quick()), Method::GET, "jobs.list", None)
        .await
        .unwrap();
    let seen = &server.seen()[0];
    let expected = format!(
        "databricks-mcp/{} os/{} auth/pat",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS
    );
    assert_eq!(seen.header("user-agent"), Some(expected.as_str()));
}
