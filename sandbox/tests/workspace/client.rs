//! A client that speaks plain HTTP to a sandbox of its own.

use std::time::Duration;

use databricks_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};

/// A sandbox and a way to call it.
pub(crate) struct Client {
    pub(crate) running: Running,
    pub(crate) http: reqwest::Client,
}

/// A sandbox whose states move `speed` times as fast, and whose answers are held to the spec.
pub(crate) fn client(speed: f64) -> Client {
    start(Options {
        speed,
        check_answers: true,
        ..Options::default()
    })
}

pub(crate) fn start(options: Options) -> Client {
    let running = Sandbox::start(options).unwrap();
    Client {
        running,
        http: http_client(),
    }
}

impl Client {
    pub(crate) fn request(&self, verb: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.running.host());
        self.http
            .request(verb.parse().unwrap(), url)
            .bearer_auth(self.running.token())
    }

    pub(crate) async fn call(&self, verb: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let mut request = self.request(verb, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (
            status,
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path}: {text}")),
        )
    }

    /// A GET that must succeed.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// A POST that must succeed.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let (status, body) = self.call("POST", path, Some(body)).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// A statement with these fields added to its request.
    pub(crate) async fn execute(&self, statement: &str, more: Value) -> Value {
        let mut body = json!({
            "statement": statement,
            "warehouse_id": self.running.warehouse_id(),
            "wait_timeout": "50s",
        });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.post("/api/2.0/sql/statements/", body).await
    }

    /// The rows of a statement that must succeed.
    pub(crate) async fn rows(&self, statement: &str) -> Value {
        let answer = self.execute(statement, json!({})).await;
        assert_eq!(
            answer["status"]["state"], "SUCCEEDED",
            "{statement}: {answer}"
        );
        answer["result"]["data_array"].clone()
    }

    /// The message of a statement that must fail.
    pub(crate) async fn failure(&self, statement: &str) -> String {
        let answer = self.execute(statement, json!({})).await;
        assert_eq!(answer["status"]["state"], "FAILED", "{statement}: {answer}");
        answer["status"]["error"]["message"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Gets `path` until `done` says so, and returns the values `seen` showed on the way, each once.
    pub(crate) async fn follow(
        &self,
        path: &str,
        seen: &str,
        done: impl Fn(&Value) -> bool,
    ) -> (Vec<String>, Value) {
        let mut states: Vec<String> = Vec::new();
        let polling = async {
            loop {
                let answer = self.get(path).await;
                let state = answer
                    .pointer(seen)
                    .and_then(Value::as_str)
                    .unwrap_or("")
                    .to_owned();
                if states.last() != Some(&state) {
                    states.push(state);
                }
                if done(&answer) {
                    return answer;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let answer = tokio::time::timeout(Duration::from_secs(50), polling)
            .await
            .unwrap();
        (states, answer)
    }
}

/// The states seen are these, in this order, up to the last. A slow machine may miss some on the way:
/// that none is skipped is what the tests of the states themselves promise.
pub(crate) fn assert_passed(seen: &[String], order: &[&str]) {
    let mut rest = order.iter();
    assert!(
        seen.iter().all(|state| rest.any(|next| next == state)),
        "{seen:?}"
    );
    assert_eq!(seen.last().map(String::as_str), order.last().copied());
}

/// Built with the whole workspace reqwest has TLS without a provider, and refuses to be built before there
/// is one, though nothing here speaks TLS.
pub(crate) fn http_client() -> reqwest::Client {
    // Fails only when a provider is already there, which serves as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}
