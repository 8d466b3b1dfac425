//! Builds tables from a small API and manifest, and checks rows and problems.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use databricks_codegen::manifest::{self, Problems};
use databricks_codegen::spec::Api;
use databricks_codegen::tables;

fn build(manifest: &str) -> (tables::Tables, Problems) {
    let fixtures = Path::new("tests/fixtures/tables");
    let api = Api::load(&fixtures.join("databricks")).unwrap();
    let mut problems = Problems::default();
    let source = manifest::read(&fixtures.join(manifest), &mut problems);
    let tables = tables::build(&api, &source, &mut problems);
    (tables, problems)
}

#[test]
fn a_manifest_becomes_rows() {
    let (tables, problems) = build("good");
    assert_eq!(problems.to_string(), "");
    // Written to a file because tests/catalog.rs compiles it.
    let path = Path::new("tests/fixtures/tables/tools.rs");
    if std::env::var_os("UPDATE_CATALOG_FIXTURE").is_some() {
        std::fs::write(path, tables.to_rust()).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        tables.to_rust() == committed,
        "`{}` is stale\nhint: run this test with `UPDATE_CATALOG_FIXTURE=1` and read the difference",
        path.display()
    );
}

#[test]
fn every_problem_is_reported_at_once_with_its_place_and_the_right_name() {
    let (_, problems) = build("bad");
    insta::assert_snapshot!(problems);
}

#[test]
fn editors_get_a_schema_of_the_manifest() {
    let schema = serde_json::to_string_pretty(&manifest::json_schema()).unwrap();
    let committed = std::fs::read_to_string("../specs/tools.schema.json").unwrap_or_default();
    assert!(
        schema + "\n" == committed,
        "`specs/tools.schema.json` is stale\nhint: run `make generate`"
    );
}
