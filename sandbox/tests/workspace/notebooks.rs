//! The workspace tree: listed, exported, imported, changed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::client::client;

const TREE: &str = "/api/2.0/workspace";
const HOME: &str = "/Users/you@example.com";

fn text(answer: &Value) -> String {
    String::from_utf8(
        STANDARD
            .decode(answer["content"].as_str().unwrap())
            .unwrap(),
    )
    .unwrap()
}

#[tokio::test]
async fn directories_list_what_they_hold() {
    let client = client(1.0);
    let list = client.get(&format!("{TREE}/list?path={HOME}/")).await;
    let shown: Vec<(&str, &str)> = list["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| {
            (
                o["path"].as_str().unwrap(),
                o["object_type"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("/Users/you@example.com/Revenue report", "NOTEBOOK"),
            ("/Users/you@example.com/Taxi exploration", "NOTEBOOK"),
            ("/Users/you@example.com/drafts", "DIRECTORY"),
            ("/Users/you@example.com/requirements.txt", "FILE"),
        ]
    );
    client
        .post(&format!("{TREE}/mkdirs"), json!({"path": "/Repos/empty"}))
        .await;
    assert_eq!(
        client.get(&format!("{TREE}/list?path=/Repos/empty")).await,
        json!({})
    );
    let status = client
        .get(&format!(
            "{TREE}/get-status?path=/Workspace{HOME}/drafts/Forecast"
        ))
        .await;
    assert_eq!(
        (&status["language"], &status["object_type"]),
        (&json!("R"), &json!("NOTEBOOK"))
    );
    let (status, answer) = client
        .call("GET", &format!("{TREE}/list?path=/nothing"), None)
        .await;
    assert_eq!(
        (status, &answer["error_code"]),
        (404, &json!("RESOURCE_DOES_NOT_EXIST"))
    );
    assert_eq!(
        client
            .call("GET", &format!("{TREE}/list?path=nothing"), None)
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn notebooks_are_exported_in_each_format() {
    let client = client(1.0);
    let path = format!("{TREE}/export?path={HOME}/Taxi%20exploration");
    let source = client.get(&path).await;
    assert_eq!(source["file_type"], "py");
    assert!(text(&source).starts_with("# Databricks notebook source\n"));
    let raw = client
        .request("GET", &format!("{path}&direct_download=true"))
        .send()
        .await
        .unwrap();
    assert_eq!(raw.text().await.unwrap(), text(&source));
    let jupyter: Value =
        serde_json::from_str(&text(&client.get(&format!("{path}&format=JUPYTER")).await)).unwrap();
    assert_eq!(jupyter["cells"][0]["cell_type"], "markdown");
    assert_eq!(jupyter["cells"].as_array().unwrap().len(), 5);
    let html = text(&client.get(&format!("{path}&format=HTML")).await);
    assert!(html.contains("samples.nyctaxi.trips"));
    let archive = client.get(&format!("{path}&format=DBC")).await;
    assert!(
        archive["content"].as_str().unwrap().starts_with("UEsD"),
        "an archive"
    );
    let file = client
        .get(&format!("{TREE}/export?path=/Shared/README.md"))
        .await;
    assert!(text(&file).starts_with("# Shared"));
}

#[tokio::test]
async fn what_is_imported_stays_until_it_is_deleted() {
    let client = client(1.0);
    let import = async |path: &str, more: Value| {
        let mut body = json!({"path": path});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        client
            .call("POST", &format!("{TREE}/import"), Some(body))
            .await
    };
    let content = |text: &str| STANDARD.encode(text);
    let sql = json!({"content": content("SELECT 1"), "language": "SQL", "format": "SOURCE"});
    let (status, answer) = import("/Shared/new/q", sql.clone()).await;
    assert_eq!(
        (status, &answer["error_code"]),
        (404, &json!("RESOURCE_DOES_NOT_EXIST")),
        "no parent"
    );
    client
        .post(
            &format!("{TREE}/mkdirs"),
            json!({"path": "/Shared/new/deep"}),
        )
        .await;
    assert_eq!(import("/Shared/new/q", sql.clone()).await.0, 200);
    let (status, answer) = import("/Shared/new/q", sql).await;
    assert_eq!(
        (status, &answer["error_code"]),
        (400, &json!("RESOURCE_ALREADY_EXISTS"))
    );
    let exported = text(
        &client
            .get(&format!("{TREE}/export?path=/Shared/new/q"))
            .await,
    );
    assert_eq!(exported, "-- Databricks notebook source\nSELECT 1");
    let scala = json!({"content": content("// Databricks notebook source\n1"), "format": "AUTO"});
    assert_eq!(import("/Shared/new/s.scala", scala).await.0, 200);
    let plain = json!({"content": content("print(1)"), "format": "AUTO"});
    assert_eq!(import("/Shared/new/p.py", plain).await.0, 200);
    let listed = client.get(&format!("{TREE}/list?path=/Shared/new")).await;
    let shown: Vec<String> = listed["objects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| format!("{} {}", o["object_type"], o["path"]))
        .collect();
    assert_eq!(
        shown,
        [
            "\"DIRECTORY\" \"/Shared/new/deep\"",
            "\"FILE\" \"/Shared/new/p.py\"",
            "\"NOTEBOOK\" \"/Shared/new/q\"",
            "\"NOTEBOOK\" \"/Shared/new/s\"",
        ]
    );
    let delete = async |body: Value| {
        client
            .call("POST", &format!("{TREE}/delete"), Some(body))
            .await
    };
    let (status, answer) = delete(json!({"path": "/Shared/new"})).await;
    assert_eq!(
        (status, &answer["error_code"]),
        (400, &json!("DIRECTORY_NOT_EMPTY"))
    );
    assert_eq!(
        delete(json!({"path": "/Shared/new", "recursive": true})).await,
        (200, json!({}))
    );
    assert_eq!(
        client
            .call(
                "GET",
                &format!("{TREE}/get-status?path=/Shared/new/q"),
                None
            )
            .await
            .0,
        404
    );
}
