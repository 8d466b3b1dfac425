//! Promise: who subscribes to a run or a statement is told of each change of its state and of its end, and the workspace
//! is not asked any more once it has ended or nobody listens; what may not be read cannot be subscribed to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{StatusCode, Uri};
use axum::{Json, Router};
use serde_json::{Value, json};
use support::binary::{Binary, Era};

/// A workspace whose work is in the state that a test gives it.
#[derive(Clone)]
struct Stage {
    host: String,
    /// States by id.
    states: Arc<Mutex<HashMap<String, &'static str>>>,
    /// Questions by id.
    asked: Arc<Mutex<HashMap<String, usize>>>,
}

impl Stage {
    fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let stage = Self {
            host: format!("http://{}", listener.local_addr().unwrap()),
            states: Arc::default(),
            asked: Arc::default(),
        };
        let answering = stage.clone();
        let answer = move |uri: Uri| {
            let answer = answering.answer(&uri);
            async move { answer }
        };
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, Router::new().fallback(answer)).await
            })
        });
        stage
    }

    fn answer(&self, uri: &Uri) -> (StatusCode, Json<Value>) {
        let run = uri.query().unwrap_or_default().split('&');
        let run = run.filter_map(|pair| pair.strip_prefix("run_id=")).next();
        let statement = uri.path().strip_prefix("/api/2.0/sql/statements/");
        let id = run.or(statement).unwrap_or_default().to_owned();
        *self.asked.lock().unwrap().entry(id.clone()).or_default() += 1;
        let states = self.states.lock().unwrap();
        let Some(state) = states.get(&id) else {
            let refused =
                json!({ "error_code": "RESOURCE_DOES_NOT_EXIST", "message": "there is none" });
            return (StatusCode::NOT_FOUND, Json(refused));
        };
        let answer = match statement {
            Some(id) => json!({ "statement_id": id, "status": { "state": state } }),
            None => json!({
                "run_id": id.parse::<u64>().unwrap(),
                "state": { "life_cycle_state": state, "result_state": "SUCCESS" },
            }),
        };
        (StatusCode::OK, Json(answer))
    }

    fn is(&self, id: &str, state: &'static str) {
        self.states.lock().unwrap().insert(id.to_owned(), state);
    }

    fn asked(&self, id: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.get(id).copied().unwrap_or_default()
    }

    /// Waits until the state of this was asked for some times more.
    fn is_followed(&self, id: &str) {
        let before = self.asked(id);
        while self.asked(id) < before + 2 {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn server(&self, era: Era, more: &[(&str, &str)]) -> Binary {
        let mut variables = vec![
            ("DATABRICKS_HOST", self.host.as_str()),
            ("DATABRICKS_TOKEN", "secret-token"),
        ];
        variables.extend(more);
        Binary::start(era, &variables)
    }

    fn run(&self, id: &str) -> String {
        format!("databricks://{}/run/{id}", &self.host["http://".len()..])
    }

    fn rows(&self, id: &str) -> String {
        let at = &self.host["http://".len()..];
        format!("databricks://{at}/statement/{id}/rows/0-99")
    }
}

fn subscribe(server: &mut Binary, uri: &str) -> Value {
    server.request("resources/subscribe", json!({ "uri": uri }))
}

fn refused(server: &mut Binary, uri: &str) -> String {
    let answer = subscribe(server, uri);
    let message = answer["error"]["message"].as_str();
    let message = message.unwrap_or_else(|| panic!("{uri}: {answer}"));
    message.to_owned()
}

/// The address in the next message, which is an update.
fn updated(server: &mut Binary) -> String {
    let message = server.message();
    assert_eq!(
        message["method"], "notifications/resources/updated",
        "{message}"
    );
    message["params"]["uri"].as_str().unwrap().to_owned()
}

/// Opens a request that stays open; its id and the addresses that the server takes.
fn listen(server: &mut Binary, uris: &[&str]) -> (u64, Value) {
    let filter = json!({ "notifications": { "resourceSubscriptions": uris } });
    let id = server.ask("subscriptions/listen", filter);
    let message = server.message();
    assert_eq!(
        message["method"], "notifications/subscriptions/acknowledged",
        "{message}"
    );
    (
        id,
        message["params"]["notifications"]["resourceSubscriptions"].clone(),
    )
}

#[test]
fn a_session_is_told_of_each_change_until_the_end_and_then_nobody_asks_on() {
    let stage = Stage::start();
    let mut server = stage.server(Era::Session, &[]);
    for id in ["1", "2", "s1"] {
        stage.is(id, "PENDING");
    }
    let (one, two, rows) = (stage.run("1"), stage.run("2"), stage.rows("s1"));
    for uri in [&one, &two, &rows, &one] {
        let answer = subscribe(&mut server, uri);
        assert_eq!(answer["result"], json!({}), "{answer}");
    }
    stage.is("1", "RUNNING");
    assert_eq!(updated(&mut server), one);
    stage.is("s1", "SUCCEEDED");
    assert_eq!(updated(&mut server), rows);
    stage.is("1", "TERMINATED");
    assert_eq!(updated(&mut server), one);
    let asked = (stage.asked("1"), stage.asked("s1"));
    stage.is_followed("2");
    assert_eq!((stage.asked("1"), stage.asked("s1")), asked);
    // What has ended is told at once, since it may have ended before the client could subscribe.
    let answer = server.ask("resources/subscribe", json!({ "uri": one }));
    let (_, before) = server.answer(answer);
    match &before[..] {
        [told] => assert_eq!(told["params"]["uri"], *one),
        _ => assert_eq!(updated(&mut server), one),
    }
    let (status, log) = server.close();
    assert!(status.success(), "{log}");
}

#[test]
fn a_session_that_unsubscribes_is_told_nothing_more() {
    let stage = Stage::start();
    let mut server = stage.server(Era::Session, &[]);
    stage.is("1", "RUNNING");
    stage.is("2", "RUNNING");
    let (one, two) = (stage.run("1"), stage.run("2"));
    subscribe(&mut server, &one);
    subscribe(&mut server, &two);
    for _ in 0..2 {
        let answer = server.request("resources/unsubscribe", json!({ "uri": one }));
        assert_eq!(answer["result"], json!({}), "{answer}");
    }
    // A question that was under way is answered.
    stage.is_followed("2");
    let asked = stage.asked("1");
    stage.is("1", "TERMINATED");
    stage.is_followed("2");
    assert_eq!(stage.asked("1"), asked);
    stage.is("2", "TERMINATED");
    assert_eq!(updated(&mut server), two);
}

#[test]
fn what_may_not_be_read_is_not_subscribed_to() {
    let stage = Stage::start();
    let mut server = stage.server(Era::Session, &[]);
    let at = stage.host["http://".len()..].to_owned();
    stage.is("1", "RUNNING");
    for (uri, reason) in [
        (
            format!("databricks://{at}/job/1"),
            "does not change by itself",
        ),
        (
            format!("databricks://{at}/table/a.b.c"),
            "does not change by itself",
        ),
        (
            "databricks://elsewhere.example.com/run/1".to_owned(),
            "unknown workspace",
        ),
        ("file:///etc/passwd".to_owned(), "another scheme"),
        (stage.run("7"), "there is none"),
    ] {
        let message = refused(&mut server, &uri);
        assert!(message.contains(reason), "{uri}: {message}");
    }
    // A place that a refusal took is free again.
    for id in 100..132 {
        stage.is(&*id.to_string().leak(), "RUNNING");
        let answer = subscribe(&mut server, &stage.run(&id.to_string()));
        assert_eq!(answer["result"], json!({}), "{answer}");
    }
    let message = refused(&mut server, &stage.run("1"));
    assert!(message.contains("unsubscribe from one"), "{message}");
    let gone = stage.run("100");
    server.request("resources/unsubscribe", json!({ "uri": gone }));
    while subscribe(&mut server, &stage.run("1"))["error"].is_object() {
        std::thread::sleep(Duration::from_millis(5));
    }
    stage.is("9", "RUNNING");
    let exclude = [("DATABRICKS_MCP_EXCLUDE", "get_run")];
    for (era, method) in [
        (Era::Session, "resources/subscribe"),
        (Era::Alone, "subscriptions/listen"),
    ] {
        let mut without = stage.server(era, &exclude);
        if era == Era::Session {
            let message = refused(&mut without, &stage.run("9"));
            assert!(
                message.contains("the user has excluded"),
                "{method}: {message}"
            );
        } else {
            let (id, taken) = listen(&mut without, &[&stage.run("9")]);
            assert!(taken.is_null(), "{taken}");
            without.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }));
        }
        stage.is_followed("101");
        assert_eq!(stage.asked("9"), 0);
    }
}

#[test]
fn without_a_session_a_request_hears_of_all_it_names_and_ends_with_the_last() {
    let stage = Stage::start();
    let mut server = stage.server(Era::Alone, &[]);
    for id in ["1", "2", "s1"] {
        stage.is(id, "RUNNING");
    }
    let (one, two, rows) = (stage.run("1"), stage.run("2"), stage.rows("s1"));
    let other = "databricks://elsewhere.example.com/run/1";
    let (id, taken) = listen(&mut server, &[&one, other, &rows]);
    assert_eq!(taken, json!([one, rows]));
    let (second, taken) = listen(&mut server, &[&two]);
    assert_eq!(taken, json!([two]));
    stage.is("1", "TERMINATED");
    let message = server.message();
    assert_eq!(message["params"]["uri"], *one, "{message}");
    let of = &message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"];
    assert_eq!(*of, id, "{message}");
    stage.is("s1", "FAILED");
    assert_eq!(updated(&mut server), rows);
    let (answer, _) = server.answer(id);
    assert_eq!(answer["result"]["resultType"], "complete", "{answer}");
    let asked = (stage.asked("1"), stage.asked("s1"));
    stage.is_followed("2");
    assert_eq!((stage.asked("1"), stage.asked("s1")), asked);
    // The client ends the other: nobody asks on, as a third shows that is followed after it.
    server.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": second } }));
    stage.is("3", "RUNNING");
    let three = stage.run("3");
    listen(&mut server, &[&three]);
    stage.is_followed("3");
    let asked = stage.asked("2");
    stage.is_followed("3");
    assert_eq!(stage.asked("2"), asked);
    let (status, log) = server.close();
    assert!(status.success(), "{log}");
}

#[test]
fn subscriptions_are_declared_where_there_is_something_to_subscribe_to() {
    let stage = Stage::start();
    let declared = |more: &[(&str, &str)]| {
        let mut server = stage.server(Era::Alone, more);
        let answer = server.request("server/discover", json!({}));
        answer["result"]["capabilities"]["resources"]["subscribe"].clone()
    };
    assert_eq!(declared(&[]), true);
    assert_eq!(
        declared(&[("DATABRICKS_MCP_TOOLS", "get_table")]),
        Value::Null
    );
    let mut narrow = stage.server(Era::Alone, &[("DATABRICKS_MCP_TOOLS", "get_table")]);
    let asked = json!({ "notifications": { "resourceSubscriptions": [stage.run("1")] } });
    let answer = narrow.request("subscriptions/listen", asked);
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
}
