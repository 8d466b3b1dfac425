//! What answers where: `/mcp`, the health of the server, and lists for people.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower_http::compression::CompressionLayer;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

use super::refusal::{INVALID_REQUEST, hint, refusal};
use super::{Guests, Serving, body};
use crate::server::Server;

/// Sessions at a time. An idle one takes some 55 KB.
const SESSIONS: usize = 1_000;
/// Seconds after which a client that was turned away may come again.
const AGAIN: u64 = 30;
/// Bytes of a plain text of the MCP library that is told on.
const TOLD: usize = 4 << 10;

/// What the routes share.
#[derive(Clone)]
pub(super) struct Shared {
    server: Server,
    sessions: Arc<LocalSessionManager>,
    /// The answers that are not sent to their end.
    pub(super) answering: TaskTracker,
    /// The server is about to end.
    pub(super) draining: Arc<AtomicBool>,
}

impl Shared {
    pub(super) fn new(server: Server) -> Self {
        Self {
            server,
            sessions: Arc::default(),
            answering: TaskTracker::new(),
            draining: Arc::default(),
        }
    }
}

/// All routes; `end` ends the sessions.
pub(super) fn routes(shared: &Shared, serving: &Serving, end: CancellationToken) -> Router {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(!serving.stateless)
        .with_json_response(true)
        .with_max_request_body_bytes(body::LONGEST)
        // Both are looked at before every route, see `guard`.
        .disable_allowed_hosts()
        .disable_allowed_origins()
        .with_cancellation_token(end);
    let server = shared.server.clone();
    let mcp = StreamableHttpService::new(
        move || Ok(server.for_session()),
        Arc::clone(&shared.sessions),
        config,
    );
    let guests = Arc::new(serving.guests.clone());
    let cors = CorsLayer::new()
        // Whoever comes this far may ask, see `guard`.
        .allow_origin(AllowOrigin::mirror_request())
        .allow_methods(AllowMethods::list([
            http::Method::GET,
            http::Method::POST,
            http::Method::DELETE,
        ]))
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([http::HeaderName::from_static("mcp-session-id")]);
    let guarded = Router::new()
        .route_service("/mcp", mcp)
        .layer(from_fn_with_state(shared.clone(), room))
        .layer(from_fn(body::read))
        .layer(from_fn(told_as_json))
        .route("/mcp/tools", get(tools))
        .route("/mcp/status", get(status))
        .with_state(shared.clone())
        // Events are left alone, and so is what is small.
        .layer(CompressionLayer::new())
        .layer(cors)
        .layer(from_fn_with_state(guests, guard));
    Router::new()
        .route("/health", get(health))
        .with_state(shared.clone())
        .merge(guarded)
        .fallback(nothing_here)
}

/// Open to everybody and always the same, but for the end of the server.
async fn health(State(shared): State<Shared>) -> (StatusCode, Json<Value>) {
    if shared.draining.load(Ordering::Relaxed) {
        return (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(json!({ "status": "ending" })),
        );
    }
    (StatusCode::OK, Json(json!({ "status": "ok" })))
}

async fn tools(State(shared): State<Shared>) -> Json<Value> {
    Json(json!({ "tools": shared.server.tools() }))
}

async fn status(State(shared): State<Shared>) -> Json<Value> {
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "sessions": shared.sessions.sessions.read().await.len(),
        "calls": shared.server.calls_under_way(),
    }))
}

async fn nothing_here() -> Response {
    let hint = "MCP is at `/mcp`; there are `/health`, `/mcp/tools` and `/mcp/status` too";
    refusal(
        StatusCode::NOT_FOUND,
        INVALID_REQUEST,
        "nothing is served at this path",
        hint,
    )
}

/// Turns away who may not ask, whatever the route.
async fn guard(State(guests): State<Arc<Guests>>, request: Request, next: Next) -> Response {
    match guests.refuse(request.uri(), request.headers()) {
        Some(reason) => refusal(
            StatusCode::FORBIDDEN,
            INVALID_REQUEST,
            &reason,
            "the settings `DATABRICKS_MCP_ALLOWED_HOSTS` and `DATABRICKS_MCP_ALLOWED_ORIGINS` name who may",
        ),
        None => next.run(request).await,
    }
}

/// Opens no session where there are too many, and none while the server ends.
async fn room(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let opens = request.extensions().get::<body::Opens>();
    let is_new = opens.is_some_and(|opens| opens.0);
    let reason = if shared.draining.load(Ordering::Relaxed) {
        "the server is about to end"
    } else if is_new && shared.sessions.sessions.read().await.len() >= SESSIONS {
        "too many sessions are open"
    } else {
        // A stream that the server may send to at any time holds up no end.
        let is_call = request.method() == http::Method::POST;
        let token = is_call.then(|| shared.answering.token());
        return next.run(request).await.map(|body| {
            Body::new(body.map_frame(move |frame| {
                let _until_sent = &token;
                frame
            }))
        });
    };
    let mut response = refusal(
        StatusCode::SERVICE_UNAVAILABLE,
        INVALID_REQUEST,
        reason,
        "come again after the time of `Retry-After`",
    );
    response
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(AGAIN));
    response
}

/// Tells plain texts of the MCP library as JSON, each with its hint.
async fn told_as_json(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let status = response.status();
    let kind = response.headers().get(CONTENT_TYPE);
    let is_json = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if is_json || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = match http_body_util::Limited::new(body, TOLD).collect().await {
        Ok(text) => String::from_utf8_lossy(&text.to_bytes()).into_owned(),
        Err(_) => String::new(),
    };
    let reason = if text.is_empty() {
        status.canonical_reason().unwrap_or("refused")
    } else {
        &text
    };
    let told = refusal(status, INVALID_REQUEST, reason, hint(status));
    let (told, body) = told.into_parts();
    let mut headers = parts.headers;
    headers.remove(http::header::CONTENT_LENGTH);
    headers.extend(told.headers);
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
