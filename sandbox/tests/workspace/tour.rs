//! A tour through every operation, each answer held to the spec by the sandbox itself
//! (`Options::check_answers`): an answer the spec does not allow would come as a 500.

use serde_json::{Value, json};

use crate::client::client;

#[tokio::test]
async fn every_operation_answers_what_the_spec_allows() {
    let client = client(1000.0);
    let home = "/Users/you@example.com";
    let job = client.get("/api/2.2/jobs/list?name=nightly-etl").await["jobs"][0]["job_id"].clone();
    let run = client
        .post(
            "/api/2.2/jobs/run-now",
            json!({"job_id": job, "job_parameters": {"run_date": "now"}}),
        )
        .await["run_id"]
        .clone();
    let past = client
        .get("/api/2.2/jobs/runs/list?completed_only=true&limit=25&expand_tasks=true")
        .await;
    let warehouse = client.running.warehouse_id().to_owned();
    let links = json!({"disposition": "EXTERNAL_LINKS"});
    let long = client
        .execute("SELECT * FROM samples.nyctaxi.trips", links)
        .await["statement_id"]
        .clone();
    let long = long.as_str().unwrap();
    let mut paths: Vec<String> = vec![
        "/api/2.0/preview/scim/v2/Me".into(),
        "/api/2.1/unity-catalog/catalogs".into(),
        "/api/2.1/unity-catalog/catalogs/main".into(),
        "/api/2.1/unity-catalog/schemas?catalog_name=samples".into(),
        "/api/2.1/unity-catalog/schemas/samples.information_schema".into(),
        "/api/2.1/unity-catalog/tables?catalog_name=main&schema_name=default".into(),
        "/api/2.1/unity-catalog/tables?catalog_name=samples&schema_name=tpch&omit_columns=true"
            .into(),
        "/api/2.1/unity-catalog/tables/main.default.products".into(),
        "/api/2.1/unity-catalog/tables/main.default.revenue_by_country".into(),
        "/api/2.1/unity-catalog/tables/main.default.products/exists".into(),
        "/api/2.1/clusters/list".into(),
        "/api/2.0/sql/warehouses".into(),
        format!("/api/2.0/sql/warehouses/{warehouse}"),
        format!("/api/2.0/sql/statements/{long}"),
        format!("/api/2.0/sql/statements/{long}/result/chunks/21"),
        "/api/2.2/jobs/list?expand_tasks=true&limit=100".into(),
        format!("/api/2.2/jobs/get?job_id={job}"),
        format!("/api/2.2/jobs/runs/get?run_id={run}"),
        format!("/api/2.0/workspace/list?path={home}"),
        format!("/api/2.0/workspace/get-status?path={home}"),
        format!("/api/2.0/workspace/export?path={home}/requirements.txt"),
    ];
    for cluster in client.get("/api/2.1/clusters/list").await["clusters"]
        .as_array()
        .unwrap()
    {
        paths.push(format!(
            "/api/2.1/clusters/get?cluster_id={}",
            cluster["cluster_id"].as_str().unwrap()
        ));
    }
    for run in past["runs"].as_array().unwrap() {
        for task in run["tasks"].as_array().unwrap() {
            paths.push(format!("/api/2.2/jobs/runs/get?run_id={}", task["run_id"]));
            paths.push(format!(
                "/api/2.2/jobs/runs/get-output?run_id={}",
                task["run_id"]
            ));
        }
    }
    for path in paths {
        let answer = client.get(&path).await;
        assert!(
            answer.as_object().is_some_and(|fields| !fields.is_empty()),
            "{path}"
        );
    }
    let posts: Vec<(String, Value)> = vec![
        (
            "/api/2.1/clusters/start".into(),
            json!({"cluster_id": "0603-140211-m7q4t8cd"}),
        ),
        (
            "/api/2.1/clusters/delete".into(),
            json!({"cluster_id": "0412-081530-k2v9x1ab"}),
        ),
        (
            format!("/api/2.0/sql/warehouses/{warehouse}/stop"),
            json!({}),
        ),
        (
            format!("/api/2.0/sql/warehouses/{warehouse}/start"),
            json!({}),
        ),
        (format!("/api/2.0/sql/statements/{long}/cancel"), json!({})),
        ("/api/2.2/jobs/runs/cancel".into(), json!({"run_id": run})),
        (
            "/api/2.0/workspace/mkdirs".into(),
            json!({"path": "/Shared/tour"}),
        ),
        (
            "/api/2.0/workspace/import".into(),
            json!({"path": "/Shared/tour/a", "content": "MQ==", "language": "PYTHON"}),
        ),
        (
            "/api/2.0/workspace/delete".into(),
            json!({"path": "/Shared/tour", "recursive": true}),
        ),
    ];
    for (path, body) in posts {
        assert_eq!(client.post(&path, body).await, json!({}), "{path}");
    }
    for statement in [
        "SELECT * FROM main.default.products",
        "SELECT INTERVAL '1' DAY, NULL, 1.5",
        "CREATE TABLE tour (a INT)",
        "INSERT INTO tour VALUES (1)",
        "SELECT * FROM tour WHERE a > 1",
        "DROP TABLE tour",
        "nonsense",
    ] {
        client.execute(statement, json!({})).await;
    }
}
