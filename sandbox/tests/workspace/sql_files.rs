//! Files of volumes and DBFS, read by SQL: `read_files`, paths as tables, `COPY INTO` and `LIST`.

use serde_json::{Value, json};

use crate::client::{Client, client};

const LANDING: &str = "/Volumes/main/default/landing";

async fn upload(client: &Client, name: &str, text: &'static str) {
    let path = format!("/api/2.0/fs/files{LANDING}/{name}?overwrite=true");
    let sent = client.request("PUT", &path).body(text).send().await;
    assert_eq!(sent.unwrap().status(), 204, "{name}");
}

async fn put_to_dbfs(client: &Client, path: &str, base64: &str) {
    client
        .post(
            "/api/2.0/dbfs/put",
            json!({"path": path, "contents": base64}),
        )
        .await;
}

/// The columns of a statement as `name TYPE`.
async fn columns(client: &Client, statement: &str) -> Vec<String> {
    let answer = client.execute(statement, json!({})).await;
    let columns = answer["manifest"]["schema"]["columns"].as_array();
    let columns = columns.unwrap_or_else(|| panic!("{statement}: {answer}"));
    let text = |column: &Value, key: &str| column[key].as_str().unwrap().to_owned();
    columns
        .iter()
        .map(|c| format!("{} {}", text(c, "name"), text(c, "type_text")))
        .collect()
}

#[tokio::test]
async fn read_files_tells_the_types_and_rescues_what_does_not_fit() {
    let client = client(1.0);
    upload(
        &client,
        "sales/a.csv",
        "Id,Name,Price,Sold,Day,At\n1,\"Cup, red\",2.5,true,2026-01-02,2026-01-02 03:04:05\n2,,3,false,2026-01-03,2026-01-03T00:00:00Z\n",
    )
    .await;
    upload(&client, "sales/b.csv", "id,name\n3000000000,Jug,odd\n").await;
    upload(&client, "sales/_hidden.csv", "id\n9\n").await;
    let all = format!("read_files('{LANDING}/sales/', format => 'csv', header => true)");
    assert_eq!(
        columns(&client, &format!("SELECT * FROM {all}")).await,
        [
            "id BIGINT",
            "name STRING",
            "price DOUBLE",
            "sold BOOLEAN",
            "day DATE",
            "at TIMESTAMP",
            "_rescued_data STRING"
        ]
    );
    let rows = client
        .rows(&format!(
            "SELECT id, name, price, _rescued_data FROM {all} AS f ORDER BY f.id"
        ))
        .await;
    assert_eq!(
        rows,
        json!([
            ["1", "Cup, red", "2.5", null],
            ["2", null, "3.0", null],
            ["3000000000", "Jug", null, "{\"_c2\":\"odd\"}"],
        ])
    );
    let given = format!(
        "SELECT * FROM read_files('{LANDING}/sales/a.csv', header => 'true', schema => 'id INT, price INT')"
    );
    assert_eq!(client.rows(&given).await, json!([["1", null], ["2", "3"]]));
    let hinted = format!(
        "SELECT id FROM read_files('{LANDING}/sales/*.csv', header => true, schemaHints => 'id STRING') ORDER BY 1"
    );
    assert_eq!(
        client.rows(&hinted).await,
        json!([["1"], ["2"], ["3000000000"]])
    );
}

#[tokio::test]
async fn csv_is_read_with_the_options_that_people_set() {
    let client = client(1.0);
    upload(&client, "odd.txt", "skip me\n# no\na;'x;y';NA\n").await;
    let rows = client
        .rows(&format!("SELECT * FROM read_files('{LANDING}/odd.txt', format => 'csv', sep => ';', quote => '''', comment => '#', nullValue => 'NA', skipRows => 1)"))
        .await;
    assert_eq!(rows, json!([["a", "x;y", null, null]]));
    upload(&client, "tabs.tsv", "a\t1\n").await;
    let tabs = format!("SELECT * FROM read_files('{LANDING}/tabs.tsv', delimiter => '\\t')");
    assert_eq!(client.rows(&tabs).await, json!([["a", "1", null]]));
    let unknown = format!("SELECT * FROM read_files('{LANDING}/tabs.tsv', headr => true)");
    assert!(client.failure(&unknown).await.contains("headr"));
    let strict = format!(
        "SELECT * FROM read_files('{LANDING}/tabs.tsv', sep => '\\t', schema => 'a INT, b INT', mode => 'FAILFAST')"
    );
    assert!(client.failure(&strict).await.contains("MALFORMED_RECORD"));
}

#[tokio::test]
async fn a_path_behind_a_format_is_a_table() {
    let client = client(1.0);
    upload(&client, "Rows.csv", "id,name\n1,Cup\n").await;
    upload(
        &client,
        "rows.json",
        "{\"b\": {\"y\": 1, \"x\": [1.5]}, \"A\": \"t\"}\n{\"a\": null, \"n\": 7}\n",
    )
    .await;
    upload(&client, "list.json", "[\n {\"id\": 1},\n {\"id\": 2}\n]\n").await;
    upload(&client, "notes.txt", "one\n\ntwo\n").await;
    let csv = format!("csv.`{LANDING}/Rows.csv`");
    assert_eq!(
        client.rows(&format!("SELECT * FROM {csv}")).await,
        json!([["id", "name"], ["1", "Cup"]])
    );
    assert_eq!(
        columns(&client, &format!("SELECT * FROM {csv}")).await,
        ["_c0 STRING", "_c1 STRING"]
    );
    assert_eq!(
        columns(
            &client,
            &format!("SELECT * FROM json.`{LANDING}/rows.json`")
        )
        .await,
        [
            "a STRING",
            "b STRUCT<x: ARRAY<DOUBLE>, y: BIGINT>",
            "n BIGINT"
        ]
    );
    let nested = format!("SELECT a, b.y, n FROM JSON.`{LANDING}/rows.json`");
    assert_eq!(
        client.rows(&nested).await,
        json!([["t", "1", null], [null, null, "7"]])
    );
    let list = format!("SELECT sum(id) FROM read_files('{LANDING}/list.json', multiLine => true)");
    assert_eq!(client.rows(&list).await, json!([["3"]]));
    let text = format!("SELECT value FROM text.`{LANDING}/notes.txt`");
    assert_eq!(client.rows(&text).await, json!([["one"], [""], ["two"]]));
    let binary = format!("SELECT path, length FROM binaryFile.`{LANDING}/notes.txt`");
    assert_eq!(
        client.rows(&binary).await,
        json!([[format!("{LANDING}/notes.txt"), "9"]])
    );
    let parquet = format!("SELECT * FROM parquet.`{LANDING}/notes.txt`");
    assert!(client.failure(&parquet).await.contains("parquet"));
}

#[tokio::test]
async fn files_of_dbfs_are_read_and_what_is_not_there_is_said() {
    let client = client(1.0);
    // id,name / 1,Cup
    put_to_dbfs(&client, "/FileStore/d.csv", "aWQsbmFtZQoxLEN1cAo=").await;
    for path in ["dbfs:/FileStore/d.csv", "/FileStore/d.csv"] {
        let rows = client
            .rows(&format!(
                "SELECT id, name FROM read_files('{path}', format => 'csv', header => true)"
            ))
            .await;
        assert_eq!(rows, json!([["1", "Cup"]]), "{path}");
    }
    for path in ["/FileStore/none.csv", "/Volumes/main/default/nowhere/a.csv"] {
        let missing = format!("SELECT * FROM csv.`{path}`");
        assert!(
            client.failure(&missing).await.contains("PATH_NOT_FOUND"),
            "{path}"
        );
    }
    let cloud = client
        .failure("SELECT * FROM read_files('s3://bucket/a.csv')")
        .await;
    assert!(cloud.contains("/Volumes"), "{cloud}");
}

#[tokio::test]
async fn a_view_over_files_shows_them_as_they_are_when_it_is_queried() {
    let client = client(1.0);
    upload(&client, "v.csv", "id\n1\n").await;
    let files = format!("read_files('{LANDING}/v.csv', header => true)");
    client
        .rows(&format!(
            "CREATE VIEW main.default.v AS SELECT id FROM {files}"
        ))
        .await;
    client
        .rows(&format!(
            "CREATE TABLE main.default.kept AS SELECT id FROM {files}"
        ))
        .await;
    upload(&client, "v.csv", "id\n1\n2\n").await;
    let count = async |name: &str| {
        client
            .rows(&format!("SELECT count(*) FROM main.default.{name}"))
            .await
    };
    assert_eq!(count("v").await, json!([["2"]]));
    assert_eq!(count("kept").await, json!([["1"]]));
}

#[tokio::test]
async fn copy_into_takes_each_file_once() {
    let client = client(1.0);
    upload(&client, "in/1.csv", "id,name\n1,Cup\n2,Jug\n").await;
    client
        .rows("CREATE TABLE main.default.items (id BIGINT, name STRING)")
        .await;
    let copy = format!(
        "COPY INTO main.default.items FROM '{LANDING}/in' FILEFORMAT = CSV FORMAT_OPTIONS ('header' = 'true', 'inferSchema' = 'true')"
    );
    assert_eq!(client.rows(&copy).await, json!([["2", "2", "0"]]));
    assert_eq!(client.rows(&copy).await, json!([["0", "0", "0"]]));
    upload(&client, "in/2.csv", "id,name\n3,Pot\n").await;
    assert_eq!(client.rows(&copy).await, json!([["1", "1", "0"]]));
    let forced = format!("{copy} COPY_OPTIONS ('force' = 'true');");
    assert_eq!(client.rows(&forced).await, json!([["3", "3", "0"]]));
    let count = client
        .rows("SELECT count(*), count(DISTINCT id) FROM main.default.items")
        .await;
    assert_eq!(count, json!([["6", "3"]]));
}

#[tokio::test]
async fn copy_into_fits_columns_by_name_by_position_or_by_a_query() {
    let client = client(1.0);
    upload(&client, "p/plain.csv", "1,Cup\n").await;
    upload(
        &client,
        "p/more.json",
        "{\"id\": 2, \"name\": \"Jug\", \"price\": 1.5}\n",
    )
    .await;
    client
        .rows("CREATE TABLE main.default.items (id BIGINT, name STRING)")
        .await;
    let into = "COPY INTO main.default.items";
    let headless = format!("{into} FROM '{LANDING}/p/plain.csv' FILEFORMAT = CSV");
    let refused = client.failure(&headless).await;
    assert!(refused.contains("COPY_INTO_SCHEMA_MISMATCH"), "{refused}");
    let position = format!("{into} BY POSITION FROM '{LANDING}/p/plain.csv' FILEFORMAT = CSV");
    assert_eq!(client.rows(&position).await, json!([["1", "1", "0"]]));
    let extra = format!("{into} FROM '{LANDING}/p' FILEFORMAT = JSON PATTERN = '*.json'");
    assert!(client.failure(&extra).await.contains("price"));
    let merged = format!("{extra} COPY_OPTIONS ('mergeSchema' = 'true')");
    assert_eq!(client.rows(&merged).await, json!([["1", "1", "0"]]));
    let queried = format!(
        "{into} FROM (SELECT id + 10 AS id, upper(name) AS name FROM '{LANDING}/p') FILEFORMAT = JSON FILES = ('more.json') COPY_OPTIONS ('force' = 'true')"
    );
    assert_eq!(client.rows(&queried).await, json!([["1", "1", "0"]]));
    let rows = client
        .rows("SELECT * FROM main.default.items ORDER BY id")
        .await;
    assert_eq!(
        rows,
        json!([["1", "Cup", null], ["2", "Jug", "1.5"], ["12", "JUG", null]])
    );
    let odd = format!(
        "{into} FROM (SELECT 'x' AS id FROM '{LANDING}/p') FILEFORMAT = JSON FILES = ('more.json') COPY_OPTIONS ('force' = 'true')"
    );
    assert!(client.failure(&odd).await.contains("CAST_INVALID_INPUT"));
}

#[tokio::test]
async fn a_table_without_columns_takes_those_of_the_files() {
    let client = client(1.0);
    upload(&client, "n.csv", "id,name\n1,Cup\n").await;
    client
        .rows("CREATE TABLE IF NOT EXISTS main.default.fresh")
        .await;
    client
        .rows(&format!("COPY INTO main.default.fresh FROM '{LANDING}/n.csv' FILEFORMAT = CSV FORMAT_OPTIONS ('mergeSchema' = 'true', 'header' = 'true', 'inferSchema' = 'true') COPY_OPTIONS ('mergeSchema' = 'true')"))
        .await;
    assert_eq!(
        columns(&client, "SELECT * FROM main.default.fresh").await,
        ["id INT", "name STRING"]
    );
    assert_eq!(
        client.rows("SELECT * FROM main.default.fresh").await,
        json!([["1", "Cup"]])
    );
    for over_files in [
        format!("CREATE TABLE main.default.x USING CSV OPTIONS (path '{LANDING}/n.csv')"),
        format!("CREATE TABLE main.default.x LOCATION '{LANDING}/n.csv'"),
    ] {
        assert!(
            client.failure(&over_files).await.contains("read_files"),
            "{over_files}"
        );
    }
}

#[tokio::test]
async fn list_shows_what_a_folder_holds() {
    let client = client(1.0);
    let empty = client.rows(&format!("LIST '{LANDING}'")).await;
    assert!(empty.as_array().is_none_or(Vec::is_empty), "{empty}");
    upload(&client, "a.txt", "abc").await;
    upload(&client, "sub/b.txt", "b").await;
    let answer = client
        .execute(&format!("LIST '{LANDING}/'"), json!({}))
        .await;
    let rows = answer["result"]["data_array"].as_array().unwrap();
    let shown: Vec<_> = rows
        .iter()
        .map(|row| json!([row[0], row[1], row[2]]))
        .collect();
    assert_eq!(
        json!(shown),
        json!([
            [format!("{LANDING}/a.txt"), "a.txt", "3"],
            [format!("{LANDING}/sub/"), "sub/", "0"],
        ])
    );
    let one = client.rows(&format!("LIST '{LANDING}' LIMIT 1;")).await;
    assert_eq!(one.as_array().unwrap().len(), 1);
    let dbfs = client.rows("LIST 'dbfs:/'").await;
    assert_eq!(dbfs[0][0], "dbfs:/FileStore/");
    assert!(
        client
            .failure(&format!("LIST '{LANDING}/none'"))
            .await
            .contains("PATH_NOT_FOUND")
    );
}
