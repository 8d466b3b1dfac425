//! The figures of the committed documents, which belong to the pinned SDK version.
#![cfg(feature = "import")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::path::PathBuf;

use databricks_codegen::import::{self, Figures, SourcePin};
use serde_json::Value;

fn specs() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../specs")
}

#[test]
fn the_committed_documents_are_the_whole_api() {
    // An update of the version changes the figures as well.
    assert_eq!(
        SourcePin::read(&specs()).unwrap().unwrap().version,
        "0.162.0"
    );
    let figures = import::figures(&specs()).unwrap();
    let expected = Figures {
        modules: 44,
        documents: 50,
        apis: 201,
        extracted: 1436,
        // V2 classes repeat 40 operations; the overlay adds 2.
        operations: 1436 - 40 + 2,
        workspace: 1198,
        account: 238,
        enums: 567,
        enum_values: 3470,
        objects: 2149,
        properties: 8214,
        required: 838,
        paginated: [179, 12, 2, 1],
        waiters: 37,
        long_running: 41,
        deprecated: 19,
        staged: 9,
        added: 2,
    };
    assert_eq!(figures, expected);
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
