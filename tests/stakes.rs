//! What a question says of the things that it is about, and when nobody needs to be asked.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use serde_json::{Value, json};
use support::binary::{Binary, Era, text};
use support::recorder::Recorder;

fn connect(era: Era, recorder: &Recorder, capabilities: Value) -> Binary {
    let variables = [
        ("DATABRICKS_HOST", recorder.host.as_str()),
        ("DATABRICKS_TOKEN", "secret-token"),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
    ];
    Binary::launch(era, &[], &variables, capabilities)
}

fn asks() -> Value {
    json!({ "elicitation": {} })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_says_what_is_there_and_what_goes_with_it() {
    let catalog = json!({ "name": "main", "owner": "alice@example.com" });
    let schemas = json!({ "schemas": [{ "name": "a" }, { "name": "b" }], "next_page_token": "" });
    let job = json!({ "job_id": 7, "creator_user_name": "bob@example.com",
        "settings": { "name": "etl", "tasks": [{ "task_key": "a" }] } });
    let runs = json!({ "runs": [{ "run_id": 1 }], "has_more": true });
    let recorder = Recorder::routes([
        ("/unity-catalog/catalogs/main", catalog),
        ("/unity-catalog/schemas", schemas),
        ("/jobs/get", job),
        ("/jobs/runs/list", runs),
    ])
    .await;
    for (tool, arguments, wanted) in [
        (
            "delete_catalog",
            json!({ "name": "main", "force": true }),
            "Delete catalog main? (force) It belongs to alice@example.com and has 2 schemas.",
        ),
        (
            "delete_job",
            json!({ "job_id": 7 }),
            "Delete job 7? It is `etl`, belongs to bob@example.com and has 1 task, more than 1 active runs.",
        ),
    ] {
        let mut binary = connect(Era::Session, &recorder, json!({}));
        let asked = text(&binary.call(tool, arguments)).to_owned();
        assert_eq!(asked.lines().next(), Some(wanted), "{asked}");
    }
    let mut binary = connect(Era::Session, &recorder, asks());
    let call = json!({ "operation": "catalogs.delete", "arguments": { "name": "main" } });
    binary.ask(
        "tools/call",
        json!({ "name": "api_call", "arguments": call }),
    );
    let question = binary.message();
    let message = question["params"]["message"].as_str().unwrap();
    assert!(message.contains("2 schemas"), "{message}");
    assert!(recorder.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_about_what_does_not_exist() {
    let missing = json!({ "error_code": "CATALOG_DOES_NOT_EXIST", "message": "Catalog 'mian' does not exist." });
    let catalogs = json!({ "catalogs": [{ "name": "main" }] });
    let recorder = Recorder::start([(404, missing), (200, catalogs)]).await;
    let mut binary = connect(Era::Session, &recorder, asks());
    let refused = binary.call("delete_catalog", json!({ "name": "mian" }));
    assert_eq!(refused["isError"], true, "{refused}");
    assert!(text(&refused).contains("does not exist"), "{refused}");
    assert!(recorder.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_about_a_move_of_what_does_not_exist() {
    for source in ["dbfs:/a", "/Workspace/a"] {
        let missing = json!({ "error_code": "RESOURCE_DOES_NOT_EXIST", "message": "No file or directory exists." });
        let recorder = Recorder::start([(404, missing)]).await;
        let mut binary = connect(Era::Session, &recorder, asks());
        let moved = json!({ "source": source, "target": "dbfs:/b" });
        let refused = binary.call("move_file", moved);
        assert!(text(&refused).contains("No file or directory"), "{refused}");
        assert!(recorder.writes().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_and_a_folder_of_a_volume_are_looked_for_before_a_move() {
    let writes = |recorder: &Recorder| {
        let mut sent = recorder.writes();
        sent.retain(|request| !request.starts_with("HEAD "));
        sent
    };
    let missing = || {
        (
            404,
            json!({ "error_code": "NOT_FOUND", "message": "It is not found." }),
        )
    };
    let moved = json!({ "source": "/Volumes/a/b/c/d", "target": "dbfs:/b", "recursive": true });
    let recorder = Recorder::start([missing(), missing()]).await;
    let mut binary = connect(Era::Session, &recorder, json!({}));
    let refused = text(&binary.call("move_file", moved.clone()));
    assert!(refused.contains("404"), "{refused}");
    assert!(!refused.contains("Move "), "{refused}");
    assert!(writes(&recorder).is_empty());

    // A folder is none of the files.
    let recorder = Recorder::start([missing(), (200, json!({}))]).await;
    let mut binary = connect(Era::Session, &recorder, json!({}));
    let asked = text(&binary.call("move_file", moved));
    assert!(
        asked.contains("Move /Volumes/a/b/c/d to dbfs:/b"),
        "{asked}"
    );
    assert!(writes(&recorder).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_of_a_notebook_says_before_what_does_not_come_along() {
    for (source, loses) in [("/Workspace/a", true), ("dbfs:/a", false)] {
        let there = json!({ "path": "/a", "object_type": "NOTEBOOK" });
        let recorder = Recorder::start([(200, there.clone()), (200, there)]).await;
        let mut binary = connect(Era::Session, &recorder, json!({}));
        let moved = json!({ "source": source, "target": "/Volumes/a/b/c/d" });
        let asked = text(&binary.call("move_file", moved));
        let said = asked.contains("what their cells had printed is not moved");
        assert_eq!(said, loses, "{asked}");
        assert!(recorder.writes().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_asked_about_with_what_it_would_take_away() {
    let table = json!({ "full_name": "main.s.t", "owner": "alice@example.com",
        "properties": { "spark.sql.statistics.numRows": "1200", "spark.sql.statistics.totalSize": "9000" } });
    let lineage = json!({ "downstreams": [{ "tableInfo": {} }, { "jobInfos": [] }] });
    let recorder = Recorder::routes([
        ("/unity-catalog/tables/main.s.t", table),
        ("/table-lineage", lineage),
    ])
    .await;
    let mut binary = connect(Era::Session, &recorder, json!({}));
    let asked = binary.call("execute_sql", json!({ "statement": "DROP TABLE main.s.t" }));
    let wanted = "- `main.s.t` belongs to alice@example.com and has 1200 rows, 9000 bytes, \
                  2 tables, views and jobs that read it.";
    assert!(text(&asked).contains(wanted), "{}", text(&asked));
    assert!(recorder.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_does_not_exist_is_told_before_anybody_is_asked() {
    let missing = json!({ "error_code": "TABLE_DOES_NOT_EXIST", "message": "Table 'main.s.x' does not exist." });
    let recorder = Recorder::start([(404, missing.clone()), (404, missing)]).await;
    let mut binary = connect(Era::Session, &recorder, asks());
    let refused = binary.call("execute_sql", json!({ "statement": "DROP TABLE main.s.x" }));
    assert_eq!(refused["isError"], true, "{refused}");
    assert!(text(&refused).contains("does not exist"), "{refused}");
    assert!(recorder.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_where_nothing_is_replaced() {
    let missing =
        json!({ "error_code": "RESOURCE_DOES_NOT_EXIST", "message": "It does not exist." });
    for (tool, arguments, look, sent) in [
        (
            "import_notebook",
            json!({ "path": "/a", "content": "1", "language": "SQL", "overwrite": true }),
            (404, missing.clone()),
            "POST /api/2.0/workspace/import",
        ),
        (
            "put_secret",
            json!({ "scope": "s", "key": "k", "value": "v" }),
            (200, json!({ "secrets": [{ "key": "other" }] })),
            "POST /api/2.0/secrets/put",
        ),
        (
            "api_call",
            json!({ "operation": "dbfs.put", "arguments": { "path": "/a", "overwrite": true } }),
            (404, missing.clone()),
            "POST /api/2.0/dbfs/put",
        ),
        (
            "execute_sql",
            json!({ "statement": "DROP TABLE IF EXISTS main.s.x", "warehouse_id": "w" }),
            (
                404,
                json!({ "error_code": "TABLE_DOES_NOT_EXIST", "message": "no" }),
            ),
            "POST /api/2.0/sql/statements",
        ),
    ] {
        // Later requests are answered with 500; what counts is that it was sent unasked.
        let recorder = Recorder::start([look]).await;
        let mut binary = connect(Era::Session, &recorder, asks());
        binary.ask(
            "tools/call",
            json!({ "name": tool, "arguments": arguments }),
        );
        let answer = binary.message();
        let writes = recorder.writes();
        let first = writes.first().map(String::as_str).unwrap_or_default();
        assert!(first.starts_with(sent), "{tool}: {answer}");
    }
    // What is there is asked about.
    let recorder = Recorder::start([(200, json!({ "secrets": [{ "key": "k" }] }))]).await;
    let mut binary = connect(Era::Session, &recorder, asks());
    let arguments = json!({ "scope": "s", "key": "k", "value": "v" });
    binary.ask(
        "tools/call",
        json!({ "name": "put_secret", "arguments": arguments }),
    );
    let question = binary.message();
    let message = question["params"]["message"].as_str().unwrap();
    assert!(message.contains("has a value, which is lost"), "{message}");
    assert!(recorder.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_about_a_level_that_the_object_does_not_have() {
    let levels = json!({ "permission_levels": [{ "permission_level": "CAN_READ" }, { "permission_level": "CAN_MANAGE" }] });
    let recorder = Recorder::routes([("/permissionLevels", levels)]).await;
    let mut binary = connect(Era::Session, &recorder, asks());
    let entry = |level: &str| json!([{ "user_name": "bo@example.com", "permission_level": level }]);
    // The documents know the levels of jobs; those of dashboards the service knows.
    for (kind, level, known) in [
        ("jobs", "CAN_RUN", "CAN_MANAGE_RUN"),
        ("dashboards", "CAN_RUN", "CAN_READ"),
    ] {
        for (tool, arguments) in [
            (
                "update_permissions",
                json!({ "object_type": kind, "object_id": "7", "access_control_list": entry(level) }),
            ),
            (
                "set_permissions",
                json!({ "object_type": kind, "object_id": "7", "access_control_list": entry(level) }),
            ),
            (
                "api_call",
                json!({ "operation": "permissions.update", "arguments": {
                    "request_object_type": kind, "request_object_id": "7", "access_control_list": entry(level) } }),
            ),
        ] {
            let refused = binary.call(tool, arguments);
            assert_eq!(refused["isError"], true, "{tool} {kind}: {refused}");
            let said = text(&refused);
            assert!(
                said.contains(known) && said.contains("no level"),
                "{tool} {kind}: {said}"
            );
        }
    }
    assert!(recorder.writes().is_empty());
    // One that it has, and one that is taken away, are asked about.
    for level in ["CAN_READ", "NONE"] {
        let mut binary = connect(Era::Session, &recorder, json!({}));
        let arguments = json!({ "object_type": "dashboards", "object_id": "7", "access_control_list": entry(level) });
        let asked = binary.call("update_permissions", arguments);
        assert!(
            text(&asked).contains("Change who may use dashboards 7"),
            "{asked}"
        );
    }
}
