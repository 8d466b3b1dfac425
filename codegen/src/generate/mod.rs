//! `make generate` and `make check`: every committed file that follows from the specs and the manifest.

mod tools_md;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::manifest::{self, Problems, Source};
use crate::spec::{self, Api};
use crate::{client, tables};

/// Why nothing could be generated, or what is stale.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The API documents cannot be read.
    #[error(transparent)]
    Spec(#[from] spec::Error),
    /// The client cannot be generated.
    #[error(transparent)]
    Client(#[from] client::Error),
    /// The manifest does not fit the API.
    #[error("the tool manifest does not fit the API\n{0}")]
    Manifest(Problems),
    /// A generated file cannot be written.
    #[error("cannot write `{path}`: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Committed files are not what the specs and the manifest give.
    #[error("stale: {}\nhint: run `make generate` and commit the difference", files.join(", "))]
    Stale {
        /// Paths from the root, each with the first line that differs.
        files: Vec<String>,
    },
}

/// Writes every generated file under `root`, the repository.
///
/// # Errors
/// A manifest that does not fit, a client that cannot be generated, a file that cannot be written.
pub fn write(root: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut written = Vec::new();
    for (path, text) in files(root)? {
        let path = root.join(path);
        std::fs::write(&path, text).map_err(|source| Error::Write {
            path: path.clone(),
            source,
        })?;
        written.push(path);
    }
    Ok(written)
}

/// Compares every generated file under `root` with what it should be.
///
/// # Errors
/// As [`write`], or the files that are stale.
pub fn check(root: &Path) -> Result<(), Error> {
    let mut stale = Vec::new();
    for (path, text) in files(root)? {
        // A checkout may have turned the line ends.
        let committed = std::fs::read_to_string(root.join(&path))
            .unwrap_or_default()
            .replace("\r\n", "\n");
        if committed != text {
            let line = committed
                .lines()
                .zip(text.lines())
                .take_while(|(old, new)| old == new)
                .count();
            stale.push(format!("`{}` (line {})", path.display(), line + 1));
        }
    }
    if stale.is_empty() {
        Ok(())
    } else {
        Err(Error::Stale { files: stale })
    }
}

/// Every generated file and what it should hold.
fn files(root: &Path) -> Result<Vec<(PathBuf, String)>, Error> {
    let specs = root.join("specs");
    let api = Api::load(&specs.join("databricks"))?;
    let mut problems = Problems::default();
    let source = manifest::read(&specs, &mut problems);
    let tables = tables::build(&api, &source, &mut problems);
    if !problems.is_empty() {
        return Err(Error::Manifest(problems));
    }
    let schema = format!("{:#}\n", manifest::json_schema());
    Ok(vec![
        (
            PathBuf::from("generated/src/lib.rs"),
            client::generate(&api, &behaviour_operations(&source))?,
        ),
        (
            PathBuf::from("generated/TOOLS.md"),
            tools_md::text(&source, &tables),
        ),
        (PathBuf::from("specs/tools.schema.json"), schema),
    ])
}

/// What hand-written code sends, by id.
fn behaviour_operations(source: &Source) -> Vec<String> {
    let tools = source
        .toolsets
        .iter()
        .flat_map(|(_, toolset)| &toolset.tools);
    let ids: BTreeSet<String> = tools
        .flat_map(|tool| &tool.operations)
        .map(|operation| operation.value.clone())
        .collect();
    ids.into_iter().collect()
}
