//! What an update removes is recorded, once and for good.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use databricks_codegen::manifest::Removed;
use databricks_codegen::spec::Api;
use serde_json::{Value, json};

fn document() -> Value {
    let text = std::fs::read_to_string("tests/fixtures/tables/databricks/jobs.json").unwrap();
    serde_json::from_str(&text).unwrap()
}

fn api(document: &Value) -> Api {
    Api::of([(&"jobs.json".to_owned(), document)]).unwrap()
}

#[test]
fn what_is_gone_is_named_with_the_version() {
    let before = document();
    let mut after = before.clone();
    let paths = after["paths"].as_object_mut().unwrap();
    let listed = paths.keys().find(|path| path.ends_with("jobs/list"));
    let listed = listed.unwrap().clone();
    paths.remove(&listed);
    let operations = paths
        .values_mut()
        .flat_map(|path| path.as_object_mut().unwrap().values_mut());
    let mut parameters = operations.filter_map(|operation| operation["parameters"].as_array_mut());
    parameters.find(|all| !all.is_empty()).unwrap().pop();
    let schemas = after["components"]["schemas"].as_object_mut().unwrap();
    for schema in schemas.values_mut() {
        if let Some(fields) = schema["properties"].as_object_mut() {
            fields.remove("settings");
        }
    }
    let removed = Removed::between(&api(&before), &api(&after), "9.9.9");
    assert_eq!(Removed::between(&api(&before), &api(&before), "9.9.9"), []);

    let folder = tempfile::tempdir().unwrap();
    Removed::record(folder.path(), &removed).unwrap();
    Removed::record(folder.path(), &[]).unwrap();
    let text = std::fs::read_to_string(folder.path().join("removed.yaml")).unwrap();
    insta::assert_snapshot!(text);
}

#[test]
fn the_committed_file_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let committed = std::fs::read_to_string("../specs/removed.yaml").unwrap();
    let one: Removed = serde_json::from_value(
        json!({ "version": "1.0", "operation": "jobs.list", "parameter": "it's" }),
    )
    .unwrap();
    std::fs::write(folder.path().join("removed.yaml"), committed).unwrap();
    Removed::record(folder.path(), std::slice::from_ref(&one)).unwrap();
    let mut problems = databricks_codegen::manifest::Problems::default();
    let source = databricks_codegen::manifest::read(folder.path(), &mut problems);
    assert_eq!(source.removed.last(), Some(&one));
}
