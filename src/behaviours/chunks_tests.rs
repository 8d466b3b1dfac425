//! A large result behind links that expire: every row once and in order, with few files at a time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::config::Settings;
use crate::context::{Progress, Workspace};
use crate::transport::Call;

const CHUNKS: u64 = 5;
const ROWS: u64 = 100_000;

/// A service whose links serve only once they have been asked for a second time.
#[derive(Clone)]
struct Service {
    host: String,
    asked: Arc<[AtomicU64; CHUNKS as usize]>,
    /// Files under way, and the most of them.
    reading: Arc<(AtomicUsize, AtomicUsize)>,
    /// The first files come only when all that are read at once have been asked for.
    together: Arc<Barrier>,
}

impl Service {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let service = Self {
            host: format!("http://{}", listener.local_addr().unwrap()),
            asked: Arc::default(),
            reading: Arc::default(),
            together: Arc::new(Barrier::new(AT_ONCE as usize)),
        };
        let app = Router::new()
            .route("/api/2.0/sql/statements/s1/result/chunks/{n}", get(chunk))
            .route("/files/{n}/{link}", get(file))
            .with_state(service.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        service
    }

    fn link(&self, n: u64) -> Value {
        let nth = self.asked[n as usize].fetch_add(1, Ordering::SeqCst);
        json!({ "external_links": [{
            "chunk_index": n, "row_offset": n * ROWS, "row_count": ROWS,
            "external_link": format!("{}/files/{n}/{nth}", self.host),
        }] })
    }

    fn context(&self) -> Context {
        let settings = Settings::from_variables(|name| match name {
            "DATABRICKS_HOST" => Some(self.host.clone()),
            "DATABRICKS_TOKEN" => Some("t".to_owned()),
            _ => None,
        });
        let workspace = Workspace::open(&settings.unwrap()).unwrap();
        Context::new(
            Arc::new(workspace),
            Call::new("execute_sql"),
            CancellationToken::new(),
            Progress::Silent,
        )
    }
}

async fn chunk(State(service): State<Service>, Path(n): Path<u64>) -> String {
    service.link(n).to_string()
}

async fn file(
    State(service): State<Service>,
    Path((n, link)): Path<(u64, u64)>,
) -> (StatusCode, String) {
    if link == 0 {
        return (
            StatusCode::FORBIDDEN,
            "<Error>Request has expired</Error>".to_owned(),
        );
    }
    let (now, most) = &*service.reading;
    let count = now.fetch_add(1, Ordering::SeqCst) + 1;
    most.fetch_max(count, Ordering::SeqCst);
    if n < AT_ONCE {
        service.together.wait().await;
    }
    let rows: Vec<[String; 1]> = (n * ROWS..(n + 1) * ROWS)
        .map(|n| [n.to_string()])
        .collect();
    now.fetch_sub(1, Ordering::SeqCst);
    (StatusCode::OK, serde_json::to_string(&rows).unwrap())
}

fn manifest(byte_count: u64) -> SqlResultManifest {
    let chunks: Vec<Value> = (0..CHUNKS)
        .map(|n| json!({ "chunk_index": n, "row_offset": n * ROWS, "row_count": ROWS, "byte_count": byte_count }))
        .collect();
    let manifest = json!({
        "format": "JSON_ARRAY", "total_chunk_count": CHUNKS, "total_row_count": CHUNKS * ROWS, "chunks": chunks,
    });
    serde_json::from_value(manifest).unwrap()
}

#[tokio::test]
async fn every_row_comes_once_though_links_expire_and_four_files_are_read_at_once() {
    let service = Service::start().await;
    let context = service.context();
    let manifest = manifest(1 << 20);
    let source = Source {
        context: &context,
        statement_id: "s1",
        manifest: &manifest,
    };
    let first = serde_json::from_value(service.link(0)).unwrap();
    let whole = Span {
        offset: 0,
        rows: u64::MAX,
        bytes: usize::MAX,
    };
    let mut chunks = pin!(chunks(source, first, whole));
    let mut next = 0;
    while let Some(chunk) = chunks.next().await {
        for row in chunk.unwrap().rows() {
            assert_eq!(row.unwrap(), [Some(next.to_string())]);
            next += 1;
        }
    }
    assert_eq!(next, CHUNKS * ROWS);
    assert_eq!(service.reading.1.load(Ordering::SeqCst), AT_ONCE as usize);
}

#[tokio::test]
async fn files_are_read_ahead_only_as_far_as_rows_are_wanted_and_memory_allows() {
    let service = Service::start().await;
    let context = service.context();
    let at_once = |byte_count: u64, offset: u64, rows: u64, bytes: usize| {
        let manifest = manifest(byte_count);
        let source = Source {
            context: &context,
            statement_id: "s1",
            manifest: &manifest,
        };
        let span = Span {
            offset,
            rows,
            bytes,
        };
        source.at_once(source.chunk_of(offset), span)
    };
    let all = (u64::MAX, usize::MAX);
    assert_eq!(at_once(1 << 20, 0, all.0, all.1), 4);
    assert_eq!(at_once(1 << 20, 3 * ROWS, all.0, all.1), 2);
    assert_eq!(at_once(30 << 20, 0, all.0, all.1), 2);
    assert_eq!(at_once(1 << 30, 0, all.0, all.1), 1);
    assert_eq!(at_once(1 << 20, ROWS - 1, 2, all.1), 2);
    assert_eq!(at_once(1 << 20, 0, all.0, 1 << 20), 1);
}
