//! Results: chunks, limits, links and their formats.

use databricks_sandbox::Options;
use datafusion::arrow::ipc::reader::StreamReader;
use serde_json::{Value, json};

use crate::client::{Client, client, start};

const TRIPS: &str = "SELECT * FROM samples.nyctaxi.trips ORDER BY tpep_pickup_datetime";

/// Every chunk of an answer, following the links from one to the next.
async fn chunks(client: &Client, answer: &Value) -> Vec<Value> {
    let mut chunks = vec![answer["result"].clone()];
    loop {
        let last = chunks.last().unwrap();
        let last = last.pointer("/external_links/0").unwrap_or(last);
        let Some(next) = last["next_chunk_internal_link"].as_str().map(str::to_owned) else {
            return chunks;
        };
        assert_eq!(last["next_chunk_index"], chunks.len());
        chunks.push(client.get(&next).await);
    }
}

#[tokio::test]
async fn a_large_result_comes_in_chunks_that_make_the_whole() {
    let client = client(1.0);
    let answer = client.execute(TRIPS, json!({})).await;
    let manifest = &answer["manifest"];
    assert_eq!(manifest["total_row_count"], 21_932);
    assert_eq!(manifest["total_chunk_count"], 22);
    assert_eq!(manifest["chunks"].as_array().unwrap().len(), 22);
    let chunks = chunks(&client, &answer).await;
    assert_eq!(chunks.len(), 22);
    let mut offset = 0;
    for (index, chunk) in chunks.iter().enumerate() {
        let rows = chunk["data_array"].as_array().unwrap().len();
        assert_eq!(
            (&chunk["chunk_index"], &chunk["row_offset"]),
            (&json!(index), &json!(offset))
        );
        assert_eq!(chunk["row_count"], rows);
        assert_eq!(manifest["chunks"][index]["row_count"], rows);
        offset += rows;
    }
    assert_eq!(offset, 21_932);
    let id = answer["statement_id"].as_str().unwrap();
    let path = format!("/api/2.0/sql/statements/{id}/result/chunks");
    assert_eq!(client.get(&format!("{path}/3")).await, chunks[3]);
    assert_eq!(client.call("GET", &format!("{path}/22"), None).await.0, 400);
    assert_eq!(
        client.call("GET", &format!("{path}/first"), None).await.0,
        400
    );
}

#[tokio::test]
async fn limits_cut_and_say_so() {
    let client = client(1.0);
    let answer = client.execute(TRIPS, json!({"row_limit": 5})).await;
    assert_eq!(
        (
            &answer["manifest"]["truncated"],
            &answer["manifest"]["total_row_count"]
        ),
        (&json!(true), &json!(5))
    );
    let answer = client.execute("SELECT 1", json!({"row_limit": 1})).await;
    assert_eq!(answer["manifest"]["truncated"], false);
    let answer = client.execute(TRIPS, json!({"byte_limit": 1000})).await;
    assert_eq!(answer["manifest"]["truncated"], true);
    assert!(answer["manifest"]["total_byte_count"].as_u64().unwrap() <= 1000);
}

#[tokio::test]
async fn an_inline_result_over_25_mib_fails_and_links_carry_it() {
    let client = client(1.0);
    let large = "SELECT repeat('x', 1100000) FROM samples.nyctaxi.trips LIMIT 25";
    assert!(client.failure(large).await.contains("disposition=INLINE"));
    let answer = client
        .execute(large, json!({"disposition": "EXTERNAL_LINKS"}))
        .await;
    assert_eq!(answer["manifest"]["total_row_count"], 25);
}

#[tokio::test]
async fn definitions_answer_no_columns_and_no_chunks() {
    let client = client(1.0);
    let answer = client
        .execute("CREATE TABLE empty (a INT)", json!({}))
        .await;
    insta::assert_json_snapshot!(answer["manifest"]);
    let answer = client.execute("SELECT * FROM empty", json!({})).await;
    assert_eq!(answer["manifest"]["total_chunk_count"], 0);
    assert_eq!(answer["manifest"]["schema"]["column_count"], 1);
}

#[tokio::test]
async fn links_lead_to_json_csv_and_arrow_without_a_token() {
    let client = start(Options {
        chunk_rows: 2,
        check_answers: true,
        ..Options::default()
    });
    let statement =
        "SELECT * FROM (VALUES (1, 'a, \"b\"'), (2, NULL), (3, 'c')) AS t(n, text) ORDER BY n";
    let mut files: Vec<(String, Vec<Vec<u8>>)> = Vec::new();
    for format in ["JSON_ARRAY", "CSV", "ARROW_STREAM"] {
        let more = json!({"disposition": "EXTERNAL_LINKS", "format": format});
        let answer = client.execute(statement, more).await;
        assert_eq!(answer["manifest"]["format"], format);
        let mut contents = Vec::new();
        for chunk in chunks(&client, &answer).await {
            let link = chunk["external_links"][0]["external_link"]
                .as_str()
                .unwrap();
            let file = client.http.get(link).send().await.unwrap();
            assert_eq!(file.status(), 200);
            contents.push(file.bytes().await.unwrap().to_vec());
            let forged = link.replace("signature=", "signature=0");
            assert_eq!(client.http.get(forged).send().await.unwrap().status(), 403);
            let old = link.replace("expires=", "expires=1&x=");
            assert_eq!(client.http.get(old).send().await.unwrap().status(), 403);
        }
        files.push((format.to_owned(), contents));
    }
    let text =
        |format: usize, chunk: usize| String::from_utf8(files[format].1[chunk].clone()).unwrap();
    assert_eq!(text(0, 0), r#"[["1","a, \"b\""],["2",null]]"#);
    assert_eq!(text(0, 1), r#"[["3","c"]]"#);
    assert_eq!(text(1, 0), "n,text\n1,\"a, \"\"b\"\"\"\n2,null\n");
    assert_eq!(text(1, 1), "3,c\n", "the header comes once");
    let counts: Vec<usize> = files[2]
        .1
        .iter()
        .map(|bytes| {
            let batches = StreamReader::try_new(bytes.as_slice(), None).unwrap();
            batches.map(|batch| batch.unwrap().num_rows()).sum()
        })
        .collect();
    assert_eq!(counts, [2, 1]);
}

#[tokio::test]
async fn inline_answers_json_only() {
    let client = client(1.0);
    let body = json!({
        "statement": "SELECT 1",
        "warehouse_id": client.running.warehouse_id(),
        "format": "CSV",
    });
    let (status, answer) = client
        .call("POST", "/api/2.0/sql/statements", Some(body))
        .await;
    assert_eq!(
        (status, &answer["error_code"]),
        (400, &json!("INVALID_PARAMETER_VALUE"))
    );
}
