//! The figures of the committed documents, which belong to the pinned SDK version.
#![cfg(feature = "import")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::path::PathBuf;

use databricks_codegen::import::{self, SourcePin};
use serde_json::Value;

fn specs() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../specs")
}

/// A snapshot, so that a new version shows in the change as what it adds and takes away.
#[test]
fn the_committed_documents_are_the_whole_api() {
    let version = SourcePin::read(&specs()).unwrap().unwrap().version;
    let figures = import::figures(&specs()).unwrap();
    insta::assert_snapshot!("figures", format!("{version}\n{figures}"));
    assert!(figures.operations > 1_000 && figures.modules > 40);
}

#[test]
fn the_documents_were_imported_with_the_committed_overlay() {
    assert!(
        import::overlay_is_current(&specs()).unwrap(),
        "overlay.yaml changed since the import; hint: run `make update-specs`"
    );
}

#[test]
fn no_document_was_edited_since_the_import() {
    import::documents_are_imported(&specs()).unwrap();
}

#[test]
fn documents_carry_no_prose() {
    for entry in std::fs::read_dir(specs().join("databricks")).unwrap() {
        let path = entry.unwrap().path();
        let document: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for item in document["paths"].as_object().unwrap().values() {
            for operation in item.as_object().unwrap().values() {
                assert!(
                    operation.get("description").is_none() && operation.get("summary").is_none()
                );
                for response in operation["responses"].as_object().unwrap().values() {
                    assert!(
                        matches!(response["description"].as_str(), Some("success" | "error")),
                        "{path:?}"
                    );
                }
            }
        }
    }
}
