//! `make generate` and `make check`: the committed files generated from the API documents and the manifest.

mod tokens;
mod tools_md;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::manifest::{self, Problems, Source};
use crate::spec::{self, Api};
use crate::{client, tables};

use tokens::Tokens;

/// A failure to generate, or stale files.
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
    /// The token counts cannot be read.
    #[error("`{}`: {reason}\nhint: run `make tokens ACCEPT=1`", tokens::PATH)]
    Tokens {
        /// The reason.
        reason: String,
    },
    /// Tools without a token count.
    #[error("no token count for {}\nhint: run `make tokens ACCEPT=1` and commit `{}`", tools.join(", "), tokens::PATH)]
    Uncounted {
        /// Their names.
        tools: Vec<String>,
    },
    /// Committed files differ from what would be generated.
    #[error("stale: {}\nhint: run `make generate` and commit the difference", files.join(", "))]
    Stale {
        /// Paths from the repository root, each with the first line that differs.
        files: Vec<String>,
    },
}

/// The result of [`write()`].
#[derive(Debug)]
pub struct Written {
    /// The written files, below the root.
    pub files: Vec<PathBuf>,
    /// Tools without a token count, in backticks.
    pub uncounted: Vec<String>,
}

/// Writes every generated file of the repository at `root`. Missing token counts are no error here,
/// because a new tool must compile before it can be counted.
///
/// # Errors
/// The manifest does not fit the API, the client cannot be generated, or a file cannot be written.
pub fn write(root: &Path) -> Result<Written, Error> {
    let mut written = Vec::new();
    let Generated { files, uncounted } = files(root)?;
    for (path, text) in files {
        let path = root.join(path);
        std::fs::write(&path, text).map_err(|source| Error::Write {
            path: path.clone(),
            source,
        })?;
        written.push(path);
    }
    Ok(Written {
        files: written,
        uncounted,
    })
}

/// Compares every generated file of the repository at `root` with its expected text.
///
/// # Errors
/// The errors of [`write()`], stale files, or tools without a token count.
pub fn check(root: &Path) -> Result<(), Error> {
    let Generated { files, uncounted } = files(root)?;
    if !uncounted.is_empty() {
        return Err(Error::Uncounted { tools: uncounted });
    }
    let mut stale = Vec::new();
    for (path, text) in files {
        // A checkout may have converted line endings.
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

/// The generated files with their expected text.
struct Generated {
    files: Vec<(PathBuf, String)>,
    /// Tools without a token count.
    uncounted: Vec<String>,
}

fn files(root: &Path) -> Result<Generated, Error> {
    let specs = root.join("specs");
    let api = Api::load(&specs.join("databricks"))?;
    let mut problems = Problems::default();
    let source = manifest::read(&specs, &mut problems);
    let tables = tables::build(&api, &source, &mut problems);
    if !problems.is_empty() {
        return Err(Error::Manifest(problems));
    }
    let fields = client::Fields::read(&specs.join("client.yaml"))?;
    let schema = format!("{:#}\n", manifest::json_schema());
    let tokens = Tokens::read(root)?;
    let uncounted = tokens.uncounted(&tables);
    let files = vec![
        (
            PathBuf::from("generated/src/lib.rs"),
            client::generate(&api, &behaviour_operations(&source), &fields)?,
        ),
        (
            PathBuf::from("generated/TOOLS.md"),
            tools_md::text(&source, &tables),
        ),
        (PathBuf::from("specs/tools.schema.json"), schema),
    ];
    Ok(Generated { files, uncounted })
}

/// The ids of the operations that behaviours call.
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
