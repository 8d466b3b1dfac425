//! The client that `codegen::client` generates for a small API with every trap, and its errors.
#![cfg(feature = "client")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::path::{Path, PathBuf};

use databricks_codegen::client::{Error, Fields, generate};
use databricks_codegen::spec::Api;

/// Unordered and with a duplicate, which the output must not show.
const OPERATIONS: [&str; 11] = [
    "warehouses.list",
    "warehouses.get",
    "warehouses.edit",
    "warehouses.delete",
    "warehouses.get",
    "statement_execution.execute_statement",
    "statement_execution.cancel_execution",
    "current_user.me",
    "files.upload",
    "files.download",
    "files.get_metadata",
];

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/client")
}

fn write(operations: &[&str]) -> Result<String, Error> {
    let api = Api::load(&fixtures().join("databricks")).unwrap();
    let operations: Vec<String> = operations.iter().map(|&id| id.to_owned()).collect();
    generate(&api, &operations, &Fields::default())
}

#[test]
fn what_a_caller_gives_is_named_so_that_one_more_shifts_no_other() {
    let client = write(&OPERATIONS).unwrap();
    let constructors: Vec<&str> = client
        .lines()
        .filter(|line| line.contains(" fn new("))
        .collect();
    assert_eq!(constructors, ["    pub fn new("], "only the client has one");
    let methods = client.split("pub async fn ").skip(1);
    let mut seen = 0;
    for method in methods {
        let inputs = method.split("->").next().unwrap();
        let inputs: Vec<&str> = inputs
            .lines()
            .skip(1)
            .filter(|line| line.contains(": "))
            .collect();
        let own = inputs.iter().filter(|input| !input.contains("body: "));
        assert!(own.count() <= 1, "{inputs:?}");
        seen += usize::from(inputs.iter().any(|input| input.contains("params: ")));
    }
    assert_eq!(seen, 2, "`files.upload` and `warehouses.list` take several");
}

/// Generates from the fixture API with one schema changed.
fn write_changed(
    document: &str,
    change: impl Fn(&mut serde_json::Value),
    operation: &str,
) -> Error {
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(fixtures().join("databricks")).unwrap() {
        let path = entry.unwrap().path();
        let mut text = std::fs::read_to_string(&path).unwrap();
        if path.file_name().unwrap() == document {
            let mut json = serde_json::from_str(&text).unwrap();
            change(&mut json);
            text = json.to_string();
        }
        std::fs::write(folder.path().join(path.file_name().unwrap()), text).unwrap();
    }
    let api = Api::load(folder.path()).unwrap();
    generate(&api, &[operation.to_owned()], &Fields::default()).unwrap_err()
}

/// `client_live.rs` compiles and runs the same file.
#[test]
fn the_client_of_the_fixture_api() {
    let path = fixtures().join("client.rs");
    let written = write(&OPERATIONS).unwrap();
    if std::env::var_os("UPDATE_CLIENT_FIXTURE").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    let line = std::iter::zip(written.lines(), committed.lines())
        .position(|(written, committed)| written != committed);
    assert!(
        written == committed,
        "`{}` is another from line {:?} on\nhint: look at what `UPDATE_CLIENT_FIXTURE=1` changes",
        path.display(),
        line.map(|line| line + 1),
    );
}

#[test]
fn only_what_the_operations_reach_is_written() {
    let written = write(&["statement_execution.cancel_execution"]).unwrap();
    assert!(written.contains("pub async fn statement_execution_cancel_execution"));
    assert_eq!(written.matches("pub async fn ").count(), 1);
    assert!(!written.contains("pub struct Sql"));
}

#[test]
fn an_unknown_operation_is_told_with_the_nearest() {
    let error = write(&["warehouses.get", "warehouse.lst"]).unwrap_err();
    insta::assert_snapshot!(error, @r"
    unknown operation: `warehouse.lst`
    hint: did you mean `warehouses.list`?
    ");
}

#[test]
fn an_object_in_the_query_is_refused() {
    insta::assert_snapshot!(write(&["query_history.list"]).unwrap_err(), @r"
    parameter `filter_by` of `query_history.list` is an object
    hint: the importer flattens such parameters into dotted ones; correct it in `overlay.yaml` or leave the operation to the engine
    ");
}

#[test]
fn a_reference_to_nothing_is_told() {
    let error = write_changed(
        "iam.json",
        |json| {
            json["components"]["schemas"]
                .as_object_mut()
                .unwrap()
                .remove("ComplexValue");
        },
        "current_user.me",
    );
    insta::assert_snapshot!(error, @r"
    unknown schema: `iam.ComplexValue`, which `iam.User` refers to
    hint: the documents do not match each other; run `make update-specs`
    ");
}

#[test]
fn two_schemas_of_one_rust_name_are_told() {
    let error = write_changed(
        "iam.json",
        |json| {
            let schemas = &mut json["components"]["schemas"];
            schemas["complexValue"] = schemas["ComplexValue"].clone();
            schemas["User"]["properties"]["other"] =
                serde_json::json!({"$ref": "#/components/schemas/complexValue"});
        },
        "current_user.me",
    );
    insta::assert_snapshot!(error, @r"
    `iam.ComplexValue` and `iam.complexValue` would both be called `IamComplexValue` in Rust
    hint: leave one of the operations that need them out of the client
    ");
}

#[test]
fn two_fields_of_one_rust_name_are_told() {
    let error = write_changed(
        "iam.json",
        |json| {
            let user = &mut json["components"]["schemas"]["User"]["properties"];
            user["user_name"] = serde_json::json!({"type": "string"});
        },
        "current_user.me",
    );
    insta::assert_snapshot!(error, @r"
    `IamUser` would have `user_name` twice
    hint: two of its wire names differ only by case or punctuation; correct one in `overlay.yaml`
    ");
}

/// The client of the fixture API with what `client.yaml` keeps.
fn write_kept(operations: &[&str], yaml: &str) -> Result<String, Error> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("client.yaml");
    std::fs::write(&file, yaml).unwrap();
    let api = Api::load(&fixtures().join("databricks")).unwrap();
    let operations: Vec<String> = operations.iter().map(|&id| id.to_owned()).collect();
    generate(&api, &operations, &Fields::read(&file)?)
}

#[test]
fn of_a_schema_only_the_fields_kept_are_written() {
    let yaml = "sql.StatementResponse: [status, result]\nsql.ResultData: []\n";
    let written = write_kept(&["statement_execution.execute_statement"], yaml).unwrap();
    let start = written.find("pub struct SqlStatementResponse {").unwrap();
    let (response, _) = written[start..].split_once("\n    }\n").unwrap();
    insta::assert_snapshot!(response, @r#"
    pub struct SqlStatementResponse {
            #[serde(skip_serializing_if = "Option::is_none")]
            pub result: Option<::serde_json::Map<String, ::serde_json::Value>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            pub status: Option<SqlStatementStatus>,
    "#);
    assert!(!written.contains("SqlResultData"));
}

#[test]
fn fields_that_are_not_there_are_told() {
    let told = |yaml: &str| {
        let error = write_kept(&["current_user.me"], yaml).unwrap_err();
        error.to_string()
    };
    insta::assert_snapshot!(
        told("iam.User: [user_name]"),
        @"`specs/client.yaml`: `iam.User` has no field `user_name`"
    );
    insta::assert_snapshot!(told("sql.ResultData: [row_offset]"), @r"
    `specs/client.yaml`: no operation of the client reaches `sql.ResultData`
    hint: remove it, or name the operation under `operations` of a behaviour
    ");
    let error = told("iam.User: id");
    assert!(error.starts_with("`specs/client.yaml`: "), "{error}");
}

#[test]
fn every_operation_of_the_committed_documents_can_be_written() {
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs/databricks");
    let api = Api::load(&specs).unwrap();
    // A document can have only one operation for a verb and path.
    let mut taken = std::collections::HashSet::new();
    let ids: Vec<String> = api
        .operations()
        .filter(|operation| taken.insert((&operation.verb, &operation.path)))
        .map(|operation| operation.id.clone())
        .collect();
    assert!(ids.len() > 1_300, "{}", ids.len());
    let written = generate(&api, &ids, &Fields::default()).unwrap();
    assert_eq!(written.matches("pub async fn ").count(), ids.len());
}
