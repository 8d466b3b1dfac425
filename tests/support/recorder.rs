//! A server on loopback that records requests and sends given answers.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use databricks_mcp::config::Settings;
use databricks_mcp::context::{Context, Progress, Workspace};
use databricks_mcp::transport::Call;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// The token that the server expects.
const TOKEN: &str = "secret-token";

/// A call of `tool` in the workspace at `host`, whose token is the one that a recorder expects.
pub fn context(host: &str, tool: &str) -> Context {
    context_with(host, TOKEN, tool)
}

/// A call of `tool` in the workspace at `host` with this token.
pub fn context_with(host: &str, token: &str, tool: &str) -> Context {
    let settings = Settings::from_variables(|name| match name {
        "DATABRICKS_HOST" => Some(host.to_owned()),
        "DATABRICKS_TOKEN" => Some(token.to_owned()),
        "DATABRICKS_WAREHOUSE_ID" => Some("abc123".to_owned()),
        _ => None,
    });
    let workspace = Workspace::open(&settings.expect("settings")).expect("a client");
    Context::new(
        Arc::new(workspace),
        Call::new(tool),
        CancellationToken::new(),
        Progress::Silent,
    )
}

/// The recording server.
#[derive(Clone)]
pub struct Recorder {
    /// `http://127.0.0.1:<port>`.
    pub host: String,
    tape: Arc<Mutex<Tape>>,
}

#[derive(Default)]
struct Tape {
    answers: VecDeque<(u16, Value)>,
    routes: Vec<(&'static str, Value)>,
    requests: Vec<String>,
}

impl Recorder {
    /// Answers the requests with these in order, and later ones with 500.
    pub async fn start(answers: impl IntoIterator<Item = (u16, Value)>) -> Self {
        Self::serve(Tape {
            answers: answers.into_iter().collect(),
            ..Tape::default()
        })
        .await
    }

    /// Answers every request with the first of these whose key its path and query contain.
    pub async fn routes(routes: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        Self::serve(Tape {
            routes: routes.into_iter().collect(),
            ..Tape::default()
        })
        .await
    }

    async fn serve(tape: Tape) -> Self {
        let tape = Arc::new(Mutex::new(tape));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let host = format!("http://{}", listener.local_addr().expect("an address"));
        let app = axum::Router::new()
            .fallback(answer)
            .with_state(tape.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { host, tape }
    }

    /// The requests so far that do more than read.
    pub fn writes(&self) -> Vec<String> {
        let mut requests = self.requests();
        requests.retain(|request| !request.starts_with("GET "));
        requests
    }

    /// The requests so far: verb, path, query, and the body if any.
    pub fn requests(&self) -> Vec<String> {
        self.tape.lock().expect("no panic").requests.clone()
    }
}

async fn answer(
    State(tape): State<Arc<Mutex<Tape>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, [(&'static str, &'static str); 2], String) {
    let mut tape = tape.lock().expect("no panic");
    let body = String::from_utf8_lossy(&body);
    let space = if body.is_empty() { "" } else { " " };
    tape.requests.push(format!("{method} {uri}{space}{body}"));
    assert_eq!(headers["authorization"], format!("Bearer {TOKEN}").as_str());
    assert!(!headers.contains_key("api-version"));
    let routed = tape
        .routes
        .iter()
        .find(|(part, _)| uri.to_string().contains(part));
    let routed = routed.map(|(_, body)| (200, body.clone()));
    let (status, body) = routed
        .or_else(|| tape.answers.pop_front())
        .unwrap_or((500, Value::Null));
    let status = StatusCode::from_u16(status).expect("a status");
    (
        status,
        [
            ("content-type", "application/json"),
            ("x-databricks-org-id", "6051"),
        ],
        body.to_string(),
    )
}
