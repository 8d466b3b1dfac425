//! Unity Catalog lists the objects that SQL made.

use serde_json::{Value, json};

use crate::client::client;

const UNITY: &str = "/api/2.1/unity-catalog";

fn names(answer: &Value, items: &str) -> Vec<String> {
    let items = answer[items].as_array().unwrap();
    items
        .iter()
        .map(|item| item["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn lists_come_in_pages() {
    let client = client(1.0);
    let mut seen = Vec::new();
    let mut token = String::new();
    loop {
        let path = format!(
            "{UNITY}/tables?catalog_name=samples&schema_name=tpch&max_results=3&page_token={token}"
        );
        let page = client.get(&path).await;
        seen.extend(names(&page, "tables"));
        match page["next_page_token"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(
        seen,
        [
            "customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"
        ]
    );
    let (status, _) = client
        .call(
            "GET",
            &format!("{UNITY}/catalogs?page_token=nonsense"),
            None,
        )
        .await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_table_made_by_sql_is_described_by_rest() {
    let client = client(1.0);
    client
        .rows("CREATE SCHEMA main.made COMMENT 'by a test'")
        .await;
    client.rows("CREATE TABLE main.made.t (id BIGINT NOT NULL COMMENT 'Key', price DECIMAL(8,2), tags ARRAY<STRING>)").await;
    assert_eq!(
        names(
            &client
                .get(&format!("{UNITY}/schemas?catalog_name=main"))
                .await,
            "schemas"
        ),
        ["default", "information_schema", "made"]
    );
    assert_eq!(
        client.get(&format!("{UNITY}/schemas/main.made")).await["comment"],
        "by a test"
    );
    let mut table = client.get(&format!("{UNITY}/tables/main.made.t")).await;
    for changing in ["table_id", "storage_location", "created_at", "updated_at"] {
        table[changing] = json!("[changing]");
    }
    insta::assert_json_snapshot!(table);
    let exists = client
        .get(&format!("{UNITY}/tables/main.made.t/exists"))
        .await;
    assert_eq!(exists, json!({"table_exists": true}));
    client.rows("DROP TABLE main.made.t").await;
    let (status, answer) = client
        .call("GET", &format!("{UNITY}/tables/main.made.t"), None)
        .await;
    assert_eq!(
        (status, &answer["error_code"]),
        (404, &json!("TABLE_DOES_NOT_EXIST"))
    );
}

#[tokio::test]
async fn what_does_not_exist_is_named() {
    let client = client(1.0);
    let missing = [
        (
            "catalogs/nothing",
            "CATALOG_DOES_NOT_EXIST",
            "Catalog 'nothing' does not exist.",
        ),
        (
            "schemas/main.nothing",
            "SCHEMA_DOES_NOT_EXIST",
            "Schema 'main.nothing' does not exist.",
        ),
        (
            "tables/main.default.nothing",
            "TABLE_DOES_NOT_EXIST",
            "Table 'main.default.nothing' does not exist.",
        ),
        (
            "tables?catalog_name=main&schema_name=nothing",
            "SCHEMA_DOES_NOT_EXIST",
            "Schema 'main.nothing' does not exist.",
        ),
    ];
    for (path, code, message) in missing {
        let answer = client.call("GET", &format!("{UNITY}/{path}"), None).await;
        assert_eq!(
            answer,
            (404, json!({"error_code": code, "message": message}))
        );
    }
}
