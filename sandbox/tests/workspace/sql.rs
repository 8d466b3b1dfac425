//! SQL: values, types, names, definitions and errors, as Databricks writes them.

use serde_json::{Value, json};

use crate::client::client;

#[tokio::test]
async fn every_type_is_named_and_written_as_the_service_does() {
    let client = client(1.0);
    let answer = client
        .execute(
            "SELECT * FROM main.default.products ORDER BY product_id",
            json!({}),
        )
        .await;
    insta::assert_json_snapshot!(answer["manifest"]["schema"]["columns"]);
    insta::assert_json_snapshot!(answer["result"]["data_array"]);
}

#[tokio::test]
async fn columns_are_called_as_the_text_calls_them() {
    let client = client(1.0);
    let names = async |statement: &str| -> Vec<String> {
        let answer = client.execute(statement, json!({})).await;
        let columns = answer["manifest"]["schema"]["columns"]
            .as_array()
            .unwrap_or_else(|| panic!("{answer}"));
        columns
            .iter()
            .map(|c| c["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names("SELECT 1, NULL, CAST(NULL AS DOUBLE), 'a'").await,
        ["1", "NULL", "CAST(NULL AS DOUBLE)", "a"]
    );
    assert_eq!(
        names("SELECT COUNT(*), sum(quantity) AS Total FROM orders").await,
        ["count(1)", "Total"]
    );
    assert_eq!(
        names("SELECT 1 AS a, 2 AS a, 3 AS A").await,
        ["a", "a", "A"]
    );
    assert_eq!(
        names("SELECT o.order_id, `Name` FROM orders o, products p LIMIT 1").await,
        ["order_id", "Name"]
    );
    assert_eq!(
        names("SELECT order_id AS First, *, 1 AS Last FROM orders LIMIT 1")
            .await
            .last()
            .unwrap(),
        "Last"
    );
    assert_eq!(names("VALUES (1, 'a')").await, ["col1", "col2"]);
}

#[tokio::test]
async fn numbers_divide_and_count_as_in_databricks() {
    let client = client(1.0);
    let rows = client
        .rows("SELECT 7/2, 1.0/4, tags[0], 2e3, CAST(1 AS FLOAT), interval '90' minute, 1 = 1 FROM products LIMIT 1")
        .await;
    assert_eq!(
        rows,
        json!([[
            "3.5",
            "0.25000",
            "kitchen",
            "2000.0",
            "1.0",
            "0 01:30:00.000000000",
            "true"
        ]])
    );
}

#[tokio::test]
async fn samples_are_there_and_the_same_at_every_start() {
    let trips = "SELECT count(*), round(sum(fare_amount), 2), min(tpep_pickup_datetime) FROM samples.nyctaxi.trips";
    let lines = "SELECT count(*), sum(l_extendedprice) FROM samples.tpch.lineitem";
    let mut seen: Vec<(Value, Value)> = Vec::new();
    for _ in 0..2 {
        let client = client(1.0);
        seen.push((client.rows(trips).await, client.rows(lines).await));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].0[0][0], "21932");
    let joined = "SELECT count(*) FROM samples.tpch.lineitem l
        JOIN samples.tpch.orders o ON l.l_orderkey = o.o_orderkey
        JOIN samples.tpch.partsupp ps ON ps.ps_partkey = l.l_partkey AND ps.ps_suppkey = l.l_suppkey
        JOIN samples.tpch.customer c ON c.c_custkey = o.o_custkey
        JOIN samples.tpch.nation n ON n.n_nationkey = c.c_nationkey
        JOIN samples.tpch.region r ON r.r_regionkey = n.n_regionkey";
    assert_eq!(
        client(1.0).rows(joined).await[0][0],
        seen[0].1[0][0],
        "every key leads somewhere"
    );
}

#[tokio::test]
async fn what_is_created_can_be_filled_changed_and_dropped() {
    let client = client(1.0);
    for statement in [
        "CREATE CATALOG dev COMMENT 'for tests'",
        "CREATE SCHEMA IF NOT EXISTS dev.raw",
        "CREATE SCHEMA IF NOT EXISTS dev.raw",
        "CREATE TABLE dev.raw.t (Id INT NOT NULL, d DECIMAL(12,3), m MAP<STRING, INT>, s STRUCT<a: INT, b: ARRAY<STRING>>)
         USING DELTA COMMENT 'hey' TBLPROPERTIES ('a' = 'b') CLUSTER BY (id)",
    ] {
        client.rows(statement).await;
    }
    let inserted = client
        .execute(
            "INSERT INTO dev.raw.t (id, d) VALUES (1, 2.5), (2, NULL), (3, 1)",
            json!({}),
        )
        .await;
    let names: Vec<&Value> = inserted["manifest"]["schema"]["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| &c["name"])
        .collect();
    assert_eq!(names, ["num_affected_rows", "num_inserted_rows"]);
    assert_eq!(inserted["result"]["data_array"], json!([["3", "3"]]));
    assert_eq!(
        client.rows("UPDATE dev.raw.t SET d = 9 WHERE id < 3").await,
        json!([["2"]])
    );
    assert_eq!(
        client.rows("DELETE FROM dev.raw.t WHERE id = 2").await,
        json!([["1"]])
    );
    assert_eq!(
        client
            .rows("SELECT ID, d, m FROM dev.raw.t ORDER BY id")
            .await,
        json!([["1", "9.000", null], ["3", "1.000", null]])
    );
    client
        .rows("CREATE TABLE dev.raw.u AS SELECT id AS `My Id`, 1 AS one, 'x' FROM dev.raw.t")
        .await;
    assert_eq!(
        client.rows("DESCRIBE dev.raw.u").await,
        json!([
            ["my id", "int", null],
            ["one", "int", null],
            ["x", "string", null]
        ])
    );
    assert!(
        client
            .failure("CREATE TABLE dev.raw.u (a INT)")
            .await
            .starts_with("[TABLE_OR_VIEW_ALREADY_EXISTS]")
    );
    client
        .rows("CREATE OR REPLACE VIEW dev.raw.v AS SELECT count(*) AS n FROM dev.raw.t")
        .await;
    client.rows("TRUNCATE TABLE dev.raw.t").await;
    assert_eq!(client.rows("SELECT n FROM dev.raw.v").await, json!([["0"]]));
    client.rows("DROP VIEW dev.raw.v").await;
    assert!(
        client
            .failure("DROP SCHEMA dev.raw")
            .await
            .starts_with("[SCHEMA_NOT_EMPTY]")
    );
    client.rows("DROP SCHEMA dev.raw CASCADE").await;
    client
        .rows("DROP TABLE IF EXISTS main.default.nothing")
        .await;
    client.rows("DROP CATALOG dev CASCADE").await;
    assert!(
        client
            .failure("SELECT * FROM dev.raw.t")
            .await
            .starts_with("[TABLE_OR_VIEW_NOT_FOUND]")
    );
    assert!(
        client
            .failure("DROP TABLE samples.nyctaxi.trips")
            .await
            .starts_with("[INSUFFICIENT_PERMISSIONS]")
    );
    assert!(
        client
            .failure("DELETE FROM samples.nyctaxi.trips")
            .await
            .starts_with("[INSUFFICIENT_PERMISSIONS]")
    );
}

#[tokio::test]
async fn the_metastore_can_be_shown() {
    let client = client(1.0);
    assert_eq!(
        client.rows("SHOW CATALOGS").await,
        json!([["main"], ["samples"], ["system"]])
    );
    assert_eq!(
        client.rows("SHOW SCHEMAS IN samples LIKE 't*'").await,
        json!([["tpch"]])
    );
    assert_eq!(
        client.rows("SHOW TABLES IN samples.nyctaxi").await,
        json!([["nyctaxi", "trips", "false"]])
    );
    assert_eq!(
        client.rows("SHOW TABLES LIKE 'pro*|ord*'").await,
        json!([
            ["default", "orders", "false"],
            ["default", "products", "false"]
        ])
    );
    let names =
        "SELECT table_name FROM samples.information_schema.tables WHERE table_schema = 'nyctaxi'";
    assert_eq!(client.rows(names).await, json!([["trips"]]));
    client.rows("USE CATALOG samples").await;
    assert!(
        client
            .failure("USE SCHEMA nothing")
            .await
            .starts_with("[SCHEMA_NOT_FOUND]")
    );
    let extended = client.rows("DESCRIBE TABLE EXTENDED products").await;
    assert!(
        extended
            .as_array()
            .unwrap()
            .contains(&json!(["Type", "MANAGED", ""]))
    );
}

#[tokio::test]
async fn unqualified_names_follow_the_request() {
    let client = client(1.0);
    let in_samples = json!({"catalog": "samples", "schema": "nyctaxi"});
    let answer = client
        .execute(
            "SELECT count(*), current_catalog(), current_schema() FROM trips",
            in_samples,
        )
        .await;
    assert_eq!(
        answer["result"]["data_array"],
        json!([["21932", "samples", "nyctaxi"]])
    );
    let answer = client
        .execute("SELECT 1", json!({"catalog": "nothing"}))
        .await;
    assert_eq!(answer["status"]["state"], "FAILED");
}

#[tokio::test]
async fn parameters_are_typed() {
    let client = client(1.0);
    let parameters = json!({"parameters": [
        {"name": "least", "value": "100.5", "type": "DECIMAL(10,2)"},
        {"name": "day", "value": "2023-01-01", "type": "DATE"},
        {"name": "word", "value": "it's"},
        {"name": "none", "type": "INT"},
        {"name": "rows", "value": "1", "type": "INT"},
    ]});
    let answer = client
        .execute(
            "SELECT name, :word, :none FROM products WHERE price > :least OR launched > :day ORDER BY name LIMIT :rows",
            parameters,
        )
        .await;
    assert_eq!(
        answer["result"]["data_array"],
        json!([["Espresso machine", "it's", null]])
    );
    assert!(
        client
            .failure("SELECT :unbound")
            .await
            .starts_with("[UNBOUND_SQL_PARAMETER]")
    );
}

#[tokio::test]
async fn failures_say_what_and_where() {
    let client = client(1.0);
    let mut said = Vec::new();
    for statement in [
        "INSER INTO t VALUES (1)",
        "SELECT 1 +",
        "SELECT 'open",
        "SELECT 1; SELECT 2",
        "SELECT *\nFROM main.default.nothing",
        "SELECT nam FROM products",
        "SELECT customer_id FROM customers a JOIN orders b ON a.customer_id = b.customer_id",
        "SELECT 1/0",
        "SELECT CAST('abc' AS INT)",
        "SELECT nothing(1)",
        "SELECT name FROM products GROUP BY price",
        "CREATE TABLE main.nothing.t (a INT)",
        "CREATE TABLE t (a GEOGRAPHY)",
        "INSERT INTO orders VALUES (1)",
        "MERGE INTO orders USING products ON 1 = 1 WHEN MATCHED THEN DELETE",
    ] {
        said.push(client.failure(statement).await);
    }
    insta::assert_json_snapshot!(said);
    let nested = format!("SELECT {}1{}", "(".repeat(500), ")".repeat(500));
    assert!(
        client
            .failure(&nested)
            .await
            .starts_with("[PARSE_SYNTAX_ERROR]"),
        "and the stack holds"
    );
}

#[tokio::test]
async fn what_would_take_all_the_stack_or_memory_is_an_error() {
    let client = client(1.0);
    let sum = format!("SELECT {}1", "1 + ".repeat(20_000));
    let choice = format!("SELECT 1 WHERE {}true", "1 = 1 OR ".repeat(20_000));
    let nested = format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000));
    let union = format!("{}SELECT 1", "SELECT 1 UNION ALL ".repeat(20_000));
    let signs = format!("SELECT {}1", "- ".repeat(20_000));
    for statement in [
        sum.as_str(),
        &choice,
        &nested,
        &union,
        &signs,
        "SELECT repeat('a', 2000000000)",
        "SELECT lpad('a', 2000000000, 'b')",
        "SELECT array_repeat('a', 2000000000)",
        "SELECT length(rpad('a', 2000000000, 'b'))",
    ] {
        let answer = client
            .call(
                "POST",
                "/api/2.0/sql/statements",
                Some(json!({
                    "statement": statement,
                    "warehouse_id": client.running.warehouse_id(),
                    "wait_timeout": "30s",
                })),
            )
            .await
            .1;
        let shown = &statement[..40.min(statement.len())];
        assert_eq!(answer["status"]["state"], "FAILED", "{shown}: {answer}");
        // It is still there.
        client.execute("SELECT repeat('ab', 3)", json!({})).await;
    }
    let hundred = format!("SELECT {}1", "1 + ".repeat(99));
    let answer = client.execute(&hundred, json!({})).await;
    assert_eq!(answer["result"]["data_array"][0][0], "100");
    let many = format!("SELECT 1 IN ({}1)", "2, ".repeat(2_000));
    client.execute(&many, json!({})).await;
}

#[tokio::test]
async fn a_view_does_not_replace_a_table() {
    let client = client(1.0);
    let answer = client
        .call(
            "POST",
            "/api/2.0/sql/statements",
            Some(json!({
                "statement": "CREATE OR REPLACE VIEW main.default.products AS SELECT 1 AS a",
                "warehouse_id": client.running.warehouse_id(),
                "wait_timeout": "30s",
            })),
        )
        .await
        .1;
    assert_eq!(answer["status"]["state"], "FAILED", "{answer}");
    let count = "SELECT count(*) > 1 FROM main.default.products";
    let answer = client.execute(count, json!({})).await;
    assert_eq!(answer["result"]["data_array"][0][0], "true", "{answer}");
}

#[tokio::test]
async fn what_would_take_all_memory_is_refused() {
    let client = client(1_000.0);
    for statement in [
        "SELECT range(0, 100000000000)",
        "SELECT generate_series(1, 100000000000, 2)",
        "SELECT id, id AS b, id AS c, id AS d FROM range(100000000000)",
    ] {
        let said = client.failure(statement).await;
        assert!(said.contains("MiB"), "{statement}: {said}");
    }
    assert_eq!(
        client.rows("SELECT cardinality(range(0, 10, 3))").await,
        serde_json::json!([["4"]])
    );
}
