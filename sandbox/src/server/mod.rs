//! The server: it authenticates, routes and checks every call, and writes the answer with its headers.

mod form;

use std::ops::Range;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    ACCEPT_RANGES, AUTHORIZATION, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED, SERVER, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use chrono::DateTime;
use serde_json::Value;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::clock::{Clock, Millis};
use crate::faults::{Cut, Faults, Wires};
use crate::generic::Generic;
use crate::http::{ApiError, Conditions, Reply};
use crate::identity::Identity;
use crate::operations::Route;
use crate::services::{Statements, Storage};

/// The largest body that is accepted, in bytes.
const LARGEST_BODY: usize = 64 << 20;
/// The largest file that is accepted in one piece, in bytes.
const LARGEST_FILE: usize = 5 << 30;

/// Answers requests.
pub(crate) struct Server {
    pub(crate) clock: Clock,
    pub(crate) identity: Identity,
    /// Every operation of the workspace.
    pub(crate) routes: Vec<Route>,
    /// Every other operation of the API.
    pub(crate) generic: Generic,
    /// The statements, whose results presigned links lead to.
    pub(crate) statements: Arc<Statements>,
    /// The failures that were asked for.
    pub(crate) faults: Faults,
    /// The storage behind volumes, to which presigned URLs of files lead.
    pub(crate) storage: Arc<Storage>,
    /// Turns answers that the spec does not allow into errors.
    pub(crate) check_answers: bool,
}

/// Serves until the listener fails.
///
/// # Errors
/// The listener's.
pub(crate) async fn serve(listener: TcpListener, mut server: Server) -> std::io::Result<()> {
    server
        .routes
        .sort_by_key(|route| std::cmp::Reverse(route.operation.path.literals()));
    let router = Router::new().fallback(answer).with_state(Arc::new(server));
    let service = router.into_make_service_with_connect_info::<Cut>();
    axum::serve(Wires(listener), service).await
}

async fn answer(
    State(server): State<Arc<Server>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let fault = match server.faults.of(&parts.method, path, &parts.headers) {
        Ok(fault) => fault,
        Err(reason) => return written(Err(ApiError::invalid(reason))),
    };
    if let Some(fault) = &fault
        && let Some(instead) = fault.before(&cut).await
    {
        return instead;
    }
    let query = parts.uri.query().unwrap_or_default();
    let reply = if let Some(link) = path.strip_prefix(Statements::LINKS) {
        let now = server.clock.now();
        server.statements.follow(link, &pairs(query), now)
    } else if path.starts_with(Storage::LINKS) {
        whole(body, LARGEST_FILE).await.map(|bytes| {
            let query = pairs(query);
            let storage = &server.storage;
            storage.follow(&parts.method, path, &query, &parts.headers, bytes)
        })
    } else {
        server
            .operation(&parts.method, path, query, &parts.headers, body)
            .await
    };
    let mut response = written(reply);
    let headers = response.headers_mut();
    headers.insert(SERVER, HeaderValue::from_static("databricks"));
    headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
    let workspace = HeaderValue::from(server.identity.workspace_id);
    headers.insert(HeaderName::from_static("x-databricks-org-id"), workspace);
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    match fault {
        Some(fault) => fault.after(response, &cut).await,
        None => response,
    }
}

/// The answer with its status, its body and the headers about the body.
fn written(reply: Result<Reply, ApiError>) -> Response {
    let json = "application/json";
    let (status, content_type, bytes) = match reply {
        Ok(Reply::Json(value)) => (StatusCode::OK, json, value.to_string().into()),
        Ok(Reply::Bytes {
            content_type,
            bytes,
        }) => (StatusCode::OK, content_type, bytes.into()),
        Ok(Reply::File {
            bytes,
            part,
            modified,
        }) => return file(&bytes, part, modified),
        Ok(Reply::Storage { status, etag, xml }) => return stored(status, etag, xml),
        Ok(Reply::Done) => (StatusCode::NO_CONTENT, json, Bytes::new()),
        Err(error) => (error.status, json, error.body().to_string().into()),
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// The whole body, if it is no longer than `most` bytes.
async fn whole(body: Body, most: usize) -> Result<Bytes, ApiError> {
    let read = to_bytes(body, most).await;
    read.map_err(|_| ApiError::bad_request("MAX_REQUEST_SIZE_EXCEEDED", "Body too large."))
}

fn stored(status: StatusCode, etag: Option<String>, xml: String) -> Response {
    let mut response = Response::new(Body::from(xml));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    if let Some(etag) = etag.and_then(|etag| HeaderValue::from_str(&etag).ok()) {
        headers.insert(ETAG, etag);
    }
    response
}

fn file(bytes: &Bytes, part: Option<Range<usize>>, modified: Millis) -> Response {
    let whole = bytes.len();
    let sent = match &part {
        Some(part) => bytes.slice(part.start.min(whole)..part.end.min(whole)),
        None => bytes.clone(),
    };
    let mut response = Response::new(Body::from(sent));
    let headers = response.headers_mut();
    let modified = DateTime::from_timestamp_millis(modified).unwrap_or_default();
    let modified = modified.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let mut all = vec![
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (ACCEPT_RANGES, "bytes".to_owned()),
        (LAST_MODIFIED, modified),
    ];
    if let Some(part) = &part {
        let last = part.end.saturating_sub(1);
        all.push((
            CONTENT_RANGE,
            format!("bytes {}-{last}/{whole}", part.start),
        ));
    }
    for (name, value) in all {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    if part.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response
}

impl Server {
    async fn operation(
        &self,
        verb: &Method,
        path: &str,
        query: &str,
        headers: &HeaderMap,
        body: Body,
    ) -> Result<Reply, ApiError> {
        self.authenticate(headers)?;
        let matching =
            |route| -> Option<(&Route, _)> { Some((route, Route::matches(route, verb, path)?)) };
        let mut found = self.routes.iter().find_map(matching);
        let others;
        if found.is_none() {
            others = self.generic.routes(path)?;
            found = others
                .iter()
                .flat_map(|routes| routes.iter())
                .find_map(matching);
        }
        let Some((route, parameters)) = found else {
            return Err(ApiError::no_endpoint(verb.as_str(), path));
        };
        let most = if route.operation.takes_file() {
            LARGEST_FILE
        } else {
            LARGEST_BODY
        };
        let body = whole(body, most).await?;
        let content_type = headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        let form = form::read(content_type.unwrap_or_default(), &body).await?;
        let body = form.map_or(body, |form| form.to_string().into());
        let mut call = route.operation.admit(parameters, &pairs(query), &body)?;
        call.conditions = Conditions::of(headers);
        let mut reply = (route.handler)(call).await?;
        if let Reply::Json(value) = &mut reply {
            drop_null_fields(value);
        }
        if let (true, Reply::Json(value)) = (self.check_answers, &reply) {
            self.check(route, value)?;
        }
        Ok(reply)
    }

    fn authenticate(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let sent = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        match sent.and_then(|value| value.strip_prefix("Bearer ")) {
            None => Err(ApiError::no_credential()),
            Some(token) if token.trim() == self.identity.token => Ok(()),
            Some(_) => Err(ApiError::invalid_token()),
        }
    }

    fn check(&self, route: &Route, value: &Value) -> Result<(), ApiError> {
        match route.operation.find_fault(value) {
            None => Ok(()),
            Some(fault) => {
                let id = route.operation.id;
                Err(ApiError::internal(format!(
                    "the answer of {id} is not in the spec: {fault}"
                )))
            }
        }
    }
}

/// Drops fields without a value, as the service does. A null in an array is a value and stays.
fn drop_null_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(drop_null_fields);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_null_fields),
        _ => {}
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}
