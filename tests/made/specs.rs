//! The API documents and the manifest, read again, for what the rows do not tell.

use std::path::Path;
use std::sync::LazyLock;

use databricks_codegen::manifest::{self, Problems};
use databricks_codegen::spec::Api;
use databricks_codegen::tables::{self, Tables};

/// The API documents.
pub static API: LazyLock<Api> = LazyLock::new(|| {
    let documents = Path::new("specs/databricks");
    Api::load(documents).expect("the documents")
});

/// The tables that `build.rs` has made of documents and manifest.
pub static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut problems = Problems::default();
    let source = manifest::read(Path::new("specs"), &mut problems);
    tables::build(&API, &source, &mut problems)
});
