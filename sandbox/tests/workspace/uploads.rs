//! Files in parts and behind presigned URLs, and files written by their raw bytes or block by block.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use crate::client::{Client, client};

const PATH: &str = "/Volumes/main/default/landing/50% #1?.bin";
const FILE: &str = "/api/2.0/fs/files/Volumes/main/default/landing/50%25%20%231%3F.bin";
/// The least size of a part that is not the last.
const PART: usize = 5 << 20;

async fn session(client: &Client, query: &str, body: Value) -> (u16, Value) {
    let path = format!("{FILE}?{query}");
    client.call("POST", &path, Some(body)).await
}

async fn initiate(client: &Client, overwrite: bool) -> String {
    let query = format!("action=initiate-upload&overwrite={overwrite}");
    let (status, answer) = session(client, &query, json!({})).await;
    assert_eq!(status, 200, "{answer}");
    let token = &answer["multipart_upload"]["session_token"];
    token.as_str().unwrap().to_owned()
}

async fn complete(client: &Client, token: &str, parts: &[(u64, &str)]) -> (u16, Value) {
    let parts: Vec<Value> = (parts.iter())
        .map(|(number, etag)| json!({"part_number": number, "etag": etag}))
        .collect();
    let query = format!("action=complete-upload&upload_type=multipart&session_token={token}");
    session(client, &query, json!({"parts": parts})).await
}

async fn url(client: &Client, token: &str, number: u64) -> Value {
    let body = json!({
        "path": PATH, "session_token": token, "start_part_number": number, "count": 1,
        "expire_time": "2999-01-01T00:00:00Z",
    });
    let answer = client
        .post("/api/2.0/fs/create-upload-part-urls", body)
        .await;
    let url = answer["upload_part_urls"][0].clone();
    assert_eq!(url["part_number"], number);
    url
}

async fn put(client: &Client, url: &Value, bytes: Vec<u8>) -> Response {
    let header = &url["headers"][0];
    let request = client.http.put(url["url"].as_str().unwrap()).body(bytes);
    let (name, value) = (header["name"].as_str(), header["value"].as_str());
    let request = request.header(name.unwrap(), value.unwrap());
    request.send().await.unwrap()
}

/// Puts a part and returns its mark.
async fn part(client: &Client, token: &str, number: u64, bytes: Vec<u8>) -> String {
    let url = url(client, token, number).await;
    let answer = put(client, &url, bytes).await;
    assert_eq!(answer.status(), 200);
    answer.headers()["etag"].to_str().unwrap().to_owned()
}

async fn uploads(client: &Client) -> Value {
    client.get("/sandbox/uploads").await["uploads"].clone()
}

#[tokio::test]
async fn parts_become_a_file_and_nothing_else_is_left() {
    let client = client(1.0);
    let token = initiate(&client, false).await;
    let second = part(&client, &token, 2, b"the end".to_vec()).await;
    let first = part(&client, &token, 1, vec![7; PART]).await;
    let described = json!([{"path": PATH, "parts": 2, "bytes": PART + 7}]);
    assert_eq!(uploads(&client).await, described);
    let (status, answer) = complete(&client, &token, &[(1, &first), (2, &second)]).await;
    assert_eq!((status, answer), (200, json!({})));
    assert_eq!(uploads(&client).await, json!([]));
    let whole = client.request("GET", FILE).send().await.unwrap();
    let bytes = whole.bytes().await.unwrap();
    assert_eq!(bytes.len(), PART + 7);
    assert!(bytes.ends_with(b"\x07the end"));
    // An upload is completed once.
    let (status, _) = complete(&client, &token, &[(1, &first), (2, &second)]).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn what_is_no_upload_is_refused() {
    let client = client(1.0);
    let token = initiate(&client, false).await;
    let small = part(&client, &token, 1, b"small".to_vec()).await;
    let last = part(&client, &token, 2, b"last".to_vec()).await;
    let wrong: [(&[(u64, &str)], &str); 4] = [
        (&[], "is completed with its parts"),
        (&[(2, &last), (1, &small)], "not in ascending order"),
        (&[(1, &last)], "not uploaded with this ETag"),
        (&[(1, &small), (2, &last)], "only the last may have fewer"),
    ];
    for (parts, message) in wrong {
        let (status, answer) = complete(&client, &token, parts).await;
        let said = answer["message"].as_str().unwrap();
        assert!(status == 400 && said.contains(message), "{said}");
    }
    // The upload is still there, and an abort takes its parts along.
    assert_eq!(uploads(&client).await[0]["parts"], 2);
    let open = url(&client, &token, 3).await;
    let abort = format!("action=abort-upload&upload_type=multipart&session_token={token}");
    assert_eq!(session(&client, &abort, json!({})).await.0, 200);
    assert_eq!(uploads(&client).await, json!([]));
    assert_eq!(session(&client, &abort, json!({})).await.0, 404);
    let late = put(&client, &open, b"late".to_vec()).await;
    assert_eq!(late.status(), 404);
    assert!(late.text().await.unwrap().contains("<Code>NoSuchUpload<"));
}

#[tokio::test]
async fn a_file_that_is_there_stays_unless_it_may_be_overwritten() {
    let client = client(1.0);
    let early = initiate(&client, false).await;
    let part_of_early = part(&client, &early, 1, b"early".to_vec()).await;
    let sent = client.request("PUT", FILE).body("there").send().await;
    assert_eq!(sent.unwrap().status(), 204);
    let (status, answer) = complete(&client, &early, &[(1, &part_of_early)]).await;
    assert_eq!(
        (status, &answer["error_code"]),
        (409, &json!("ALREADY_EXISTS"))
    );
    let query = "action=initiate-upload&overwrite=false";
    assert_eq!(session(&client, query, json!({})).await.0, 409);
    let token = initiate(&client, true).await;
    let etag = part(&client, &token, 1, b"new".to_vec()).await;
    assert_eq!(complete(&client, &token, &[(1, &etag)]).await.0, 200);
    let now = client.request("GET", FILE).send().await.unwrap();
    assert_eq!(now.text().await.unwrap(), "new");
}

#[tokio::test]
async fn a_presigned_url_lets_in_alone_and_for_a_time() {
    let client = client(1.0);
    let token = initiate(&client, false).await;
    let given = url(&client, &token, 1).await;
    let link = given["url"].as_str().unwrap();
    let with_token = client.http.put(link).bearer_auth(client.running.token());
    let refused = with_token.send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert!(
        refused
            .text()
            .await
            .unwrap()
            .contains("<Code>InvalidArgument<")
    );
    for wrong in [link.replace("part=1", "part=2"), link.to_owned()] {
        // The second lacks the header that was signed.
        let refused = client.http.put(wrong).body("x").send().await.unwrap();
        assert_eq!(refused.status(), 403);
        let text = refused.text().await.unwrap();
        assert!(text.contains("<Code>SignatureDoesNotMatch<"), "{text}");
    }
    let expire = client.call("POST", "/sandbox/expire-urls?count=1", None);
    assert_eq!(expire.await.0, 200);
    let expired = put(&client, &given, b"x".to_vec()).await;
    assert_eq!(expired.status(), 403);
    let text = expired.text().await.unwrap();
    assert!(text.contains("<Code>AccessDenied</Code><Message>Request has expired<"));
    assert_eq!(put(&client, &given, b"x".to_vec()).await.status(), 200);
}

#[tokio::test]
async fn a_download_url_takes_ranges_and_conditions_like_the_file_itself() {
    let client = client(1.0);
    let sent = client.request("PUT", FILE).body("0123456789").send().await;
    assert_eq!(sent.unwrap().status(), 204);
    let query = format!(
        "path={}",
        "%2FVolumes%2Fmain%2Fdefault%2Flanding%2F50%25%20%231%3F.bin"
    );
    let create = format!("/api/2.0/fs/create-download-url?{query}");
    let (_, answer) = client.call("POST", &create, None).await;
    let link = answer["url"].as_str().unwrap();
    for get in [client.http.get(link), client.request("GET", FILE)] {
        let with = |name: &str, value: &str| {
            let request = get.try_clone().unwrap().header(name, value);
            async { request.send().await.unwrap() }
        };
        let part = with("range", "bytes=2-4").await;
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(part.headers()["content-range"], "bytes 2-4/10");
        let modified = part.headers()["last-modified"].to_str().unwrap().to_owned();
        assert_eq!(part.text().await.unwrap(), "234");
        assert_eq!(with("range", "bytes=10-").await.status(), 416);
        assert_eq!(with("if-unmodified-since", &modified).await.status(), 200);
        let before = "Thu, 01 Jan 1970 00:00:00 GMT";
        assert_eq!(with("if-unmodified-since", before).await.status(), 412);
    }
    let (status, _) = client.call("POST", &format!("{create}x"), None).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn raw_bytes_become_a_file_and_a_notebooks_source_a_notebook() {
    let client = client(1.0);
    let import = async |path: &str, body: Vec<u8>| {
        let path = format!("/api/2.0/workspace-files/import-file{path}");
        let sent = client
            .request("POST", &path)
            .body(body)
            .send()
            .await
            .unwrap();
        sent.status().as_u16()
    };
    let export = async |path: &str| {
        let query = format!("path={path}&format=AUTO&direct_download=true");
        let path = format!("/api/2.0/workspace/export?{query}");
        client
            .request("GET", &path)
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap()
    };
    // Larger than what an export as JSON takes.
    let large = vec![0xff; 11 << 20];
    assert_eq!(import("/Shared/a%20b.bin", large.clone()).await, 200);
    assert_eq!(export("/Shared/a%20b.bin").await, large);
    assert_eq!(import("/Shared/a%20b.bin", b"new".to_vec()).await, 409);
    let new = import(
        "/Workspace/Shared/a%20b.bin?overwrite=true",
        b"new".to_vec(),
    );
    assert_eq!(new.await, 200);
    assert_eq!(export("/Shared/a%20b.bin").await, "new");
    assert_eq!(import("/nowhere/a.bin", b"new".to_vec()).await, 404);
    let source = "# Databricks notebook source\nprint(1)";
    assert_eq!(import("/Shared/n.py", source.into()).await, 200);
    let status = client
        .get("/api/2.0/workspace/get-status?path=/Shared/n")
        .await;
    assert_eq!(status["object_type"], "NOTEBOOK");
    assert_eq!(import("/Shared/n.py", source.into()).await, 400);
    assert_eq!(
        import("/Shared/n?overwrite=true", b"text".to_vec()).await,
        400
    );
    assert_eq!(export("/Shared/n").await, source);
}

#[tokio::test]
async fn dbfs_takes_blocks_of_a_megabyte_into_files_that_are_still_there() {
    let client = client(1.0);
    let post = async |method: &str, body: Value| {
        let path = format!("/api/2.0/dbfs/{method}");
        let (status, answer) = client.call("POST", &path, Some(body)).await;
        let code = answer["error_code"].as_str().unwrap_or_default().to_owned();
        (status, code, answer["handle"].clone())
    };
    let refused = |code: &str| (400, code.to_owned(), Value::Null);
    let (_, _, handle) = post("create", json!({"path": "/tmp/a"})).await;
    let long = STANDARD.encode(vec![0; (1 << 20) + 1]);
    let block = post("add-block", json!({"handle": handle, "data": long})).await;
    assert_eq!(block, refused("MAX_BLOCK_SIZE_EXCEEDED"));
    assert_eq!(post("close", json!({"handle": handle})).await.0, 200);
    let put = json!({"path": "/tmp/b", "contents": ""});
    assert_eq!(post("put", put).await.0, 200);
    let to = json!({"source_path": "/tmp/a", "destination_path": "/tmp/b"});
    assert_eq!(post("move", to).await, refused("RESOURCE_ALREADY_EXISTS"));
    let read = "/api/2.0/dbfs/read?path=/tmp/a&length=1048577";
    let (_, answer) = client.call("GET", read, None).await;
    assert_eq!(answer["error_code"], "MAX_READ_SIZE_EXCEEDED");
    // A file that was deleted does not come back with its last block.
    let (_, _, other) = post("create", json!({"path": "/tmp/c"})).await;
    assert_ne!(other, handle);
    assert_eq!(post("delete", json!({"path": "/tmp/c"})).await.0, 200);
    assert_eq!(post("close", json!({"handle": other})).await.0, 404);
    let gone = "/api/2.0/dbfs/get-status?path=/tmp/c";
    assert_eq!(client.call("GET", gone, None).await.0, 404);
}
