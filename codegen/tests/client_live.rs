//! The client of the fixture API, compiled and run against a service on loopback: a test for each cure.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[allow(dead_code, unreachable_pub)]
#[rustfmt::skip]
#[path = "fixtures/client/client.rs"]
mod client;
#[path = "client_live/service.rs"]
mod service;

use std::sync::{Arc, Mutex};

use client::types::{
    SqlDisposition, SqlState, SqlStatementParameter, SqlTagSent, SqlWarehouseSent,
    StatementExecutionExecuteStatementRequest,
};
use client::{
    BoxError, Client, Error, Exchange, Exchanged, FilesUploadParams, WarehousesListParams,
    exchange_error,
};
use serde_json::{Value, json};
use service::{Answer, Service};

/// An exchange that sends requests unchanged and records their operations.
struct Direct {
    http: reqwest::Client,
    asked: Mutex<Vec<(&'static str, bool)>>,
}

impl Default for Direct {
    fn default() -> Self {
        Self {
            http: http_client(),
            asked: Mutex::default(),
        }
    }
}

impl Exchange for Direct {
    fn exchange<'a>(&'a self, operation: &'static str, request: reqwest::Request) -> Exchanged<'a> {
        let versioned = request.headers().contains_key("api-version");
        self.asked.lock().unwrap().push((operation, versioned));
        Box::pin(async move { Ok(self.http.execute(request).await?) })
    }
}

fn client(service: &Service) -> Client {
    Client::new(&service.url, http_client(), Arc::new(Direct::default()))
}

fn execute() -> StatementExecutionExecuteStatementRequest {
    StatementExecutionExecuteStatementRequest {
        disposition: None,
        parameters: None,
        row_limit: None,
        statement: "SELECT 1".to_owned(),
        warehouse_id: "w1".to_owned(),
    }
}

async fn executed(answer: Value) -> client::types::SqlStatementResponse {
    let service = Service::answering(Answer::json(200, &answer));
    client(&service)
        .statement_execution_execute_statement(&execute())
        .await
        .unwrap()
        .into_inner()
}

async fn warehouse(answer: Value) -> client::types::SqlWarehouse {
    let service = Service::answering(Answer::json(200, &answer));
    client(&service)
        .warehouses_get("w1")
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn an_enum_value_that_no_fact_lists_is_kept() {
    let known = warehouse(json!({"state": "RUNNING"})).await;
    assert_eq!(known.state, Some(SqlState::Running));
    let unknown = warehouse(json!({"state": "HIBERNATING", "name": "w"})).await;
    assert_eq!(
        unknown.state,
        Some(SqlState::Unlisted("HIBERNATING".to_owned()))
    );
    assert_eq!(unknown.name.as_deref(), Some("w"));
    // It is sent back unchanged.
    assert_eq!(
        serde_json::to_value(&unknown).unwrap()["state"],
        "HIBERNATING"
    );
    assert_eq!(unknown.state.unwrap().to_string(), "HIBERNATING");
    // An inline enum is a string.
    assert_eq!(
        executed(json!({"mode": "C"})).await.mode.as_deref(),
        Some("C")
    );
}

#[tokio::test]
async fn enum_values_that_look_alike_in_rust_stay_apart() {
    for value in ["2X-Small", "2X_SMALL", "Unlisted", ""] {
        let state = warehouse(json!({"state": value})).await.state.unwrap();
        assert!(!matches!(state, SqlState::Unlisted(_)), "{value}");
        assert_eq!(serde_json::to_value(&state).unwrap(), value);
    }
}

#[tokio::test]
async fn null_is_no_list_and_no_map() {
    let warehouse =
        warehouse(json!({"tags": null, "conf": null, "spec": null, "size": null})).await;
    assert!(warehouse.tags.is_none() && warehouse.conf.is_none());
}

#[tokio::test]
async fn an_empty_list_is_sent() {
    let service = Service::answering(Answer::empty(200));
    let edited = SqlWarehouseSent {
        tags: Some(Vec::new()),
        conf: None,
        creator: None,
        id: None,
        name: "w".to_owned(),
        size: None,
        spec: None,
        state: None,
    };
    client(&service)
        .warehouses_edit("w1", &edited)
        .await
        .unwrap();
    assert_eq!(service.seen().json(), json!({"name": "w", "tags": []}));
}

#[tokio::test]
async fn a_cell_may_be_null() {
    let answer = executed(json!({"result": {"data_array": [["1", null], [null, "2"]]}})).await;
    let rows = answer.result.unwrap().data_array.unwrap();
    assert_eq!(rows[0], [Some("1".to_owned()), None]);
}

#[tokio::test]
async fn an_integer_may_be_text_and_is_64_bits_wide() {
    let result = executed(json!({"result": {
        "row_count": "9007199254740993",
        "chunks": ["1", 2, 5_000_000_000_i64],
        "byte_counts": {"a": "-3", "b": 4},
    }}))
    .await
    .result
    .unwrap();
    assert_eq!(result.row_count.unwrap(), 9_007_199_254_740_993);
    let chunks: Vec<i64> = result.chunks.unwrap().into_iter().map(i64::from).collect();
    assert_eq!(chunks, [1, 2, 5_000_000_000]);
    assert_eq!(result.byte_counts.unwrap()["a"], -3);
    assert_eq!(warehouse(json!({"size": "7"})).await.size.unwrap(), 7);
}

#[tokio::test]
async fn text_that_is_no_integer_is_an_error() {
    let service = Service::answering(Answer::json(200, &json!({"size": "many"})));
    let error = client(&service).warehouses_get("w1").await.unwrap_err();
    assert!(
        matches!(error, Error::InvalidResponsePayload(..)),
        "{error}"
    );
}

#[tokio::test]
async fn an_answer_may_leave_out_what_is_required() {
    let answer = executed(json!({"result": {}, "status": {}})).await;
    assert!(answer.statement_id.is_none());
    assert!(answer.status.unwrap().state.is_none());
}

#[tokio::test]
async fn a_request_asks_for_what_is_required() {
    let service = Service::answering(Answer::json(200, &json!({})));
    let request = StatementExecutionExecuteStatementRequest {
        row_limit: Some(5_000_000_000),
        disposition: Some(SqlDisposition::ExternalLinks),
        parameters: Some(vec![SqlStatementParameter {
            name: "p".to_owned(),
            type_: None,
            value: None,
        }]),
        ..execute()
    };
    client(&service)
        .statement_execution_execute_statement(&request)
        .await
        .unwrap();
    let seen = service.seen();
    assert_eq!(seen.line, "POST /api/2.0/sql/statements/ HTTP/1.1");
    assert_eq!(
        seen.json(),
        json!({
            "disposition": "EXTERNAL_LINKS",
            "parameters": [{"name": "p"}],
            "row_limit": 5_000_000_000_i64,
            "statement": "SELECT 1",
            "warehouse_id": "w1",
        })
    );
    let tag = SqlTagSent {
        key: "k".to_owned(),
        value: None,
    };
    assert_eq!(serde_json::to_value(tag).unwrap(), json!({"key": "k"}));
}

#[tokio::test]
async fn an_answer_without_fields_may_be_anything() {
    for answer in [
        Answer::empty(204),
        Answer::empty(200),
        Answer::json(200, &json!({})),
        Answer::text(202, "done"),
    ] {
        let service = Service::answering(answer);
        let client = client(&service);
        client
            .statement_execution_cancel_execution("s1")
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn head_answers_headers() {
    let service = Service::answering(Answer::empty(200).header("x-size", "12"));
    let answer = client(&service)
        .files_get_metadata("/Volumes/a")
        .await
        .unwrap();
    assert_eq!(answer.headers()["x-size"], "12");
    assert!(service.seen().line.starts_with("HEAD "));
}

#[tokio::test]
async fn any_2xx_is_a_success() {
    let service = Service::answering(Answer::json(201, &json!({"id": "w1"})));
    let answer = client(&service).warehouses_get("w1").await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.id.as_deref()),
        (201, Some("w1"))
    );
}

#[tokio::test]
async fn any_other_status_keeps_its_body_whatever_it_is() {
    let page = "<html>maintenance</html>";
    let service = Service::answering(Answer::text(503, page).header("retry-after", "7"));
    let error = client(&service).warehouses_get("w1").await.unwrap_err();
    let Error::UnexpectedResponse(response) = error else {
        panic!("{error}");
    };
    assert_eq!(response.status().as_u16(), 503);
    assert_eq!(response.headers()["retry-after"], "7");
    assert_eq!(response.text().await.unwrap(), page);
}

#[tokio::test]
async fn a_path_of_several_segments_keeps_its_slashes() {
    let service = Service::answering(Answer::empty(204));
    client(&service)
        .files_upload(
            FilesUploadParams {
                file_path: "/Volumes/main/a b/50%#?.csv",
                overwrite: Some(true),
            },
            "1,2\n",
        )
        .await
        .unwrap();
    let seen = service.seen();
    assert_eq!(
        seen.line,
        "PUT /api/2.0/fs/files/Volumes/main/a%20b/50%25%23%3F.csv?overwrite=true HTTP/1.1"
    );
    assert_eq!(seen.body, b"1,2\n");
    assert_eq!(
        seen.header("content-type").as_deref(),
        Some("application/octet-stream")
    );
}

#[tokio::test]
async fn a_path_of_one_segment_stays_one() {
    let service = Service::answering(Answer::json(200, &json!({})));
    client(&service)
        .warehouses_get("a/b\\c\t%2e")
        .await
        .unwrap();
    assert_eq!(
        service.seen().line,
        "GET /api/2.0/sql/warehouses/a%2Fb%5Cc%09%252e HTTP/1.1"
    );
}

#[tokio::test]
async fn a_path_does_not_lead_elsewhere() {
    let direct = Arc::new(Direct::default());
    let client = Client::new("http://127.0.0.1:9", http_client(), direct.clone());
    for id in ["", ".", ".."] {
        let error = client.warehouses_get(id).await.unwrap_err();
        assert!(matches!(error, Error::InvalidRequest(_)), "{id}: {error}");
        assert!(client.warehouses_delete(id).await.is_err());
    }
    for path in ["", "/Volumes/../../clusters", "..", "/a/./b"] {
        let error = client.files_download(path).await.err().unwrap();
        assert!(matches!(error, Error::InvalidRequest(_)), "{path}: {error}");
    }
    assert!(direct.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn raw_bytes_arrive_as_they_are() {
    let service = Service::answering(Answer::text(200, "a,b\n\u{fffd}"));
    let answer = client(&service).files_download("/Volumes/a").await.unwrap();
    let mut body = answer.into_inner();
    let mut bytes = Vec::new();
    while let Some(chunk) = std::future::poll_fn(|cx| {
        let stream: std::pin::Pin<&mut dyn futures_core::Stream<Item = _>> = body.as_mut();
        stream.poll_next(cx)
    })
    .await
    {
        let chunk: Result<_, reqwest::Error> = chunk;
        bytes.extend_from_slice(&chunk.unwrap());
    }
    assert_eq!(bytes, "a,b\n\u{fffd}".as_bytes());
}

#[tokio::test]
async fn parameters_of_query_and_header_have_their_wire_names() {
    let service = Service::answering(Answer::json(200, &json!({"warehouses": [{"id": "w1"}]})));
    let states = vec![SqlState::Running, SqlState::Unlisted("NEW ONE".to_owned())];
    let answer = client(&service)
        .warehouses_list(WarehousesListParams {
            filter_by_owner: Some("me@x.y"),
            page_size: Some(25),
            states: Some(&states),
            x_trace: Some("t1"),
        })
        .await
        .unwrap();
    assert_eq!(answer.warehouses.as_ref().unwrap().len(), 1);
    let seen = service.seen();
    assert_eq!(
        seen.line,
        "GET /api/2.0/sql/warehouses?filter_by.owner=me%40x.y&page_size=25&states=RUNNING\
         &states=NEW+ONE HTTP/1.1"
    );
    assert_eq!(seen.header("x-trace").as_deref(), Some("t1"));
}

#[tokio::test]
async fn a_property_called_ref_is_a_property() {
    let service = Service::answering(Answer::json(
        200,
        &json!({"userName": "me@x.y", "groups": [{"$ref": "Groups/1", "display": "admins"}]}),
    ));
    let me = client(&service)
        .current_user_me()
        .await
        .unwrap()
        .into_inner();
    assert_eq!(me.user_name.as_deref(), Some("me@x.y"));
    assert_eq!(me.groups.unwrap()[0].ref_.as_deref(), Some("Groups/1"));
}

#[tokio::test]
async fn a_time_is_text_as_the_service_wrote_it() {
    let answer = executed(json!({"status": {"at": "2021-01-01 10:00"}})).await;
    assert_eq!(
        answer.status.unwrap().at.as_deref(),
        Some("2021-01-01 10:00")
    );
}

#[tokio::test]
async fn every_request_goes_through_the_exchange_without_api_version() {
    let service = Service::answering(Answer::json(200, &json!({})));
    let direct = Arc::new(Direct::default());
    let client = Client::new(&service.url, http_client(), direct.clone());
    client.warehouses_get("w1").await.unwrap();
    assert_eq!(*direct.asked.lock().unwrap(), [("warehouses.get", false)]);
    assert_eq!(service.seen().header("api-version"), None);
}

/// An error type like the transport's, not `Clone`.
#[derive(Debug, PartialEq)]
struct Throttled {
    wait_s: u64,
}

impl std::fmt::Display for Throttled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the workspace asks to wait {} s", self.wait_s)
    }
}

impl std::error::Error for Throttled {}

struct Refusing;

impl Exchange for Refusing {
    fn exchange<'a>(&'a self, _: &'static str, _: reqwest::Request) -> Exchanged<'a> {
        Box::pin(async { Err(BoxError::from(Throttled { wait_s: 7 })) })
    }
}

#[tokio::test]
async fn the_exchanges_own_error_reaches_the_caller_whole() {
    let client = Client::new("http://h", http_client(), Arc::new(Refusing));
    let error = client.warehouses_get("w1").await.unwrap_err();
    // Its text is kept as well.
    assert!(
        format!("{error:#}").contains("asks to wait 7 s"),
        "{error:#}"
    );
    let inner = exchange_error(error).unwrap();
    assert_eq!(
        *inner.downcast::<Throttled>().unwrap(),
        Throttled { wait_s: 7 }
    );

    // Calls that return nothing, bytes or JSON fail alike.
    let error = client
        .files_upload(
            FilesUploadParams {
                file_path: "/a",
                overwrite: None,
            },
            "",
        )
        .await
        .unwrap_err();
    assert!(exchange_error(error).unwrap().is::<Throttled>());
    let error = client.files_download("/a").await.err().unwrap();
    assert!(exchange_error(error).unwrap().is::<Throttled>());
}

#[tokio::test]
async fn an_error_that_is_not_the_exchanges_comes_back() {
    let service = Service::answering(Answer::text(200, "not JSON"));
    let error = client(&service).warehouses_get("w1").await.unwrap_err();
    let error = exchange_error(error).unwrap_err();
    assert!(
        matches!(error, Error::InvalidResponsePayload(..)),
        "{error}"
    );
}

/// Installs a crypto provider first. In a build of the whole workspace reqwest has TLS without a provider
/// and cannot be built before one is installed, although nothing here uses TLS.
fn http_client() -> reqwest::Client {
    // Fails only if a provider is already installed, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}
