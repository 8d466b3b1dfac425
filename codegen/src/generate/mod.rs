//! `make generate` and `make check`: every committed file that follows from the specs and the manifest.

mod tokens;
mod tools_md;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::manifest::{self, Problems, Source};
use crate::spec::{self, Api};
use crate::{client, tables};

use tokens::Tokens;

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
    /// The token counts cannot be read.
    #[error("`{}`: {reason}\nhint: run `make tokens ACCEPT=1`", tokens::PATH)]
    Tokens {
        /// What is wrong with the file.
        reason: String,
    },
    /// Tools that nobody has counted the tokens of.
    #[error("no token count for {}\nhint: run `make tokens ACCEPT=1` and commit `{}` and what it generates", tools.join(", "), tokens::PATH)]
    Uncounted {
        /// Their names.
        tools: Vec<String>,
    },
    /// Committed files are not what the specs and the manifest give.
    #[error("stale: {}\nhint: run `make generate` and commit the difference", files.join(", "))]
    Stale {
        /// Paths from the root, each with the first line that differs.
        files: Vec<String>,
    },
}

/// What [`write()`] did.
#[derive(Debug)]
pub struct Written {
    /// Every file, under the root.
    pub files: Vec<PathBuf>,
    /// Tools without a token count, quoted.
    pub uncounted: Vec<String>,
}

/// Writes every generated file under `root`, the repository. A tool whose tokens are not counted yet is
/// written all the same, because they are counted once it compiles.
///
/// # Errors
/// A manifest that does not fit, a client that cannot be generated, a file that cannot be written.
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

/// Compares every generated file under `root` with what it should be.
///
/// # Errors
/// As [`write`], the files that are stale, or the tools whose tokens are not counted.
pub fn check(root: &Path) -> Result<(), Error> {
    let Generated { files, uncounted } = files(root)?;
    if !uncounted.is_empty() {
        return Err(Error::Uncounted { tools: uncounted });
    }
    let mut stale = Vec::new();
    for (path, text) in files {
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
    let schema = format!("{:#}\n", manifest::json_schema());
    let tokens = Tokens::read(root)?;
    let uncounted = tokens.uncounted(&tables);
    let files = vec![
        (
            PathBuf::from("generated/src/lib.rs"),
            client::generate(&api, &behaviour_operations(&source))?,
        ),
        (
            PathBuf::from("generated/TOOLS.md"),
            tools_md::text(&source, &tables, &tokens),
        ),
        (PathBuf::from("specs/tools.schema.json"), schema),
    ];
    Ok(Generated { files, uncounted })
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
