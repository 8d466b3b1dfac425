//! Promise: rows behind presigned links are read as far as they are wanted, without our credential, also when a link
//! has expired, and no link leads to another host in the clear.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use databricks_mcp::context::Context;
use databricks_mcp::tools;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use support::inventory::everything;
use support::recorder;

/// Rows of a chunk.
const CHUNK: u64 = 100;

/// A workspace with a result of three chunks behind links.
#[derive(Clone, Default)]
struct Service {
    host: String,
    /// Where links lead, if not to the workspace.
    elsewhere: Option<&'static str>,
    /// The service no longer has the result.
    expired: bool,
    /// Files never end.
    endless: bool,
    /// Paths of the requests, in order.
    seen: Arc<Mutex<Vec<String>>>,
    /// The links given so far; the first of chunk 1 has expired.
    given: Arc<Mutex<u32>>,
}

impl Service {
    async fn start(elsewhere: Option<&'static str>) -> Self {
        Self::serve(Self {
            elsewhere,
            ..Self::default()
        })
        .await
    }

    async fn serve(service: Self) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = Self {
            host: format!("http://{}", listener.local_addr().unwrap()),
            ..service
        };
        let app = Router::new()
            .route("/api/2.0/sql/statements/{id}", get(statement))
            .route("/api/2.0/sql/statements/{id}/result/chunks/{n}", get(chunk))
            .route("/files/{n}/{link}", get(file))
            .with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        service
    }

    fn saw(&self, what: String) {
        self.seen.lock().unwrap().push(what);
    }

    fn link(&self, n: u64) -> Value {
        let mut given = self.given.lock().unwrap();
        *given += 1;
        let host = self.elsewhere.unwrap_or(&self.host);
        let mut link = json!({
            "chunk_index": n, "row_offset": n * CHUNK, "row_count": CHUNK,
            "external_link": format!("{host}/files/{n}/{given}"),
        });
        if n < 2 {
            link["next_chunk_index"] = json!(n + 1);
        }
        json!({ "external_links": [link] })
    }
}

async fn statement(State(service): State<Service>) -> String {
    let chunks: Vec<Value> = (0..3)
        .map(|n| json!({ "chunk_index": n, "row_offset": n * CHUNK, "row_count": CHUNK }))
        .collect();
    json!({
        "statement_id": "s1", "status": { "state": "SUCCEEDED" },
        "manifest": {
            "format": "JSON_ARRAY", "total_row_count": 3 * CHUNK, "chunks": chunks,
            "schema": { "columns": [{ "name": "n", "type_text": "INT" }] }
        },
        "result": service.link(0)
    })
    .to_string()
}

async fn chunk(
    State(service): State<Service>,
    Path((_, n)): Path<(String, u64)>,
) -> (StatusCode, String) {
    service.saw(format!("chunk {n}"));
    if service.expired {
        let gone =
            json!({ "error_code": "NOT_FOUND", "message": "The statement s1 was not found." });
        return (StatusCode::NOT_FOUND, gone.to_string());
    }
    (StatusCode::OK, service.link(n).to_string())
}

async fn file(
    State(service): State<Service>,
    Path((n, link)): Path<(u64, u32)>,
    headers: HeaderMap,
) -> (StatusCode, Body) {
    service.saw(format!("file {n}"));
    assert!(!headers.contains_key("authorization"));
    assert!(!headers.contains_key("x-databricks-mcp-request-id"));
    if n == 1 && link == 2 {
        let expired =
            "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
        return (StatusCode::FORBIDDEN, expired.into());
    }
    if service.endless {
        let begin = stream::once(async { Ok::<_, Infallible>("[") });
        return (
            StatusCode::OK,
            Body::from_stream(begin.chain(stream::repeat_with(|| Ok(" ")))),
        );
    }
    let rows: Vec<[String; 1]> = (n * CHUNK..(n + 1) * CHUNK)
        .map(|n| [n.to_string()])
        .collect();
    (StatusCode::OK, serde_json::to_string(&rows).unwrap().into())
}

async fn get_statement(service: &Service, offset: u64, rows: u64) -> Result<Value, String> {
    let context = recorder::context(&service.host, "get_statement");
    get_statement_in(&context, offset, rows).await
}

async fn get_statement_in(context: &Context, offset: u64, rows: u64) -> Result<Value, String> {
    let inventory = everything();
    let arguments = json!({ "statement_id": "s1", "offset": offset, "max_rows": rows });
    let entry = inventory.find("get_statement").unwrap();
    let answer = tools::call(entry, context, arguments.as_object().unwrap().clone()).await;
    answer
        .map(|answer| answer.structured)
        .map_err(|error| error.text())
}

#[tokio::test]
async fn only_wanted_files_are_read_and_an_expired_link_is_asked_for_again() {
    let service = Service::start(None).await;
    let page = get_statement(&service, 150, 100).await.unwrap();
    let rows: Vec<u64> = (page["rows"].as_array().unwrap().iter())
        .map(|row| row[0].as_u64().unwrap())
        .collect();
    assert_eq!(rows, (150..250).collect::<Vec<_>>());
    assert_eq!(page["next_offset"], 250);
    assert_eq!(
        *service.seen.lock().unwrap(),
        [
            "chunk 1", "file 1", "chunk 1", "file 1", "chunk 2", "file 2"
        ]
    );
}

#[tokio::test]
async fn a_link_in_the_clear_to_another_host_is_not_followed() {
    let service = Service::start(Some("http://169.254.169.254")).await;
    let refused = get_statement(&service, 0, 1).await.unwrap_err();
    insta::assert_snapshot!(refused);
}

#[tokio::test]
async fn a_result_that_expires_between_two_chunks_says_how_to_get_it_anew() {
    let service = Service::serve(Service {
        expired: true,
        ..Service::default()
    })
    .await;
    let told = get_statement(&service, 150, 10).await.unwrap_err();
    for words in [
        "its result has expired",
        "execute_sql with the same `statement` gets them anew",
    ] {
        assert!(told.contains(words), "{told}");
    }
}

#[tokio::test]
async fn a_file_that_never_ends_holds_no_call_for_ever() {
    let service = Service::serve(Service {
        endless: true,
        ..Service::default()
    })
    .await;
    let mut context = recorder::context(&service.host, "get_statement");
    context.call.until = Some(tokio::time::Instant::now() + Duration::from_millis(500));
    let told = tokio::time::timeout(Duration::from_secs(60), get_statement_in(&context, 150, 10));
    told.await.expect("it ends with its call").unwrap_err();
}
