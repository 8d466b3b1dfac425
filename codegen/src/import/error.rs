//! Everything that can stop an import, as sentences with a way out.

use std::path::PathBuf;

/// The reason why an import failed. `specs/` is then unchanged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read or written.
    #[error("cannot access `{}`: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
    /// The file given as a wheel is not a zip archive.
    #[error("`{}` is not a wheel: {reason}\nhint: fetch it with `pip download --no-deps databricks-sdk`", path.display())]
    NotAWheel {
        /// The file given.
        path: PathBuf,
        /// The fault.
        reason: String,
    },
    /// The wheel differs from the one that `SOURCE.toml` pins under the same version.
    #[error(
        "wrong sha256 for {file}: {actual}, pinned: {pinned}\nhint: fetch the wheel again; a released wheel never changes"
    )]
    WrongHash {
        /// The wheel's file name.
        file: String,
        /// The hash of the file given.
        actual: String,
        /// The hash in `SOURCE.toml`.
        pinned: String,
    },
    /// A module that the wheel lists, or that another module refers to, is absent.
    #[error("module `{module}` is missing from the wheel, needed by: {needed_by}")]
    MissingModule {
        /// The module's file inside the wheel.
        module: String,
        /// The file or module that names it.
        needed_by: String,
    },
    /// A module is not valid Python.
    #[error("cannot parse `{file}`, line {line}: {reason}")]
    Parse {
        /// The module's file inside the wheel.
        file: String,
        /// Line, from 1.
        line: usize,
        /// The error of the parser.
        reason: String,
    },
    /// A module is valid Python in a shape that the importer does not know.
    #[error(
        "cannot read `{file}`, line {line}: {reason}\nhint: the SDK's generator has changed; teach codegen/src/import the new shape"
    )]
    Shape {
        /// The module's file inside the wheel.
        file: String,
        /// Line, from 1.
        line: usize,
        /// The unknown part.
        reason: String,
    },
    /// A class that an operation or field refers to does not exist.
    #[error("no class `{class}` in module `{module}`, referred to by: {referrer}")]
    UnknownClass {
        /// The module that should define it.
        module: String,
        /// The class.
        class: String,
        /// The operation or schema that names it.
        referrer: String,
    },
    /// `overlay.yaml` or `SOURCE.toml` cannot be read.
    #[error("cannot read `{file}`: {reason}")]
    Config {
        /// The file, relative to the specs folder.
        file: String,
        /// The error of the parser, with its position.
        reason: String,
    },
    /// Overlay entries do not apply to this wheel.
    #[error(
        "{} in overlay.yaml:\n{}\nhint: remove or correct {}",
        if stale.len() == 1 { "stale entry" } else { "stale entries" },
        stale.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
        if stale.len() == 1 { "the entry" } else { "the entries" }
    )]
    StaleOverlay {
        /// All of them.
        stale: Vec<Stale>,
    },
    /// The documents contradict themselves.
    #[error("the imported documents are not consistent:\n{}", problems.join("\n"))]
    Inconsistent {
        /// One sentence each.
        problems: Vec<String>,
    },
    /// A folder holds no wheel, or several.
    #[error(
        "`{}` holds {} wheels of databricks-sdk: {}\nhint: name one of them, `WHEEL=path/to/databricks_sdk-….whl`", path.display(), found.len(), list(found)
    )]
    NotOneWheel {
        /// The folder given.
        path: PathBuf,
        /// The file names.
        found: Vec<String>,
    },
    /// The documents are not those that the import wrote.
    #[error(
        "`specs/databricks` is not what the import of {version} wrote\nhint: undo the edit with `git checkout specs/databricks`; a correction is an entry in specs/overlay.yaml, then `make update-specs`"
    )]
    EditedDocuments {
        /// The version that `SOURCE.toml` pins.
        version: String,
    },
    /// A committed document is not the JSON that the importer writes.
    #[error(
        "`{file}` is not an imported document: {reason}\nhint: restore it with git, or delete it and run `make update-specs`"
    )]
    BadDocument {
        /// File name under `specs/databricks`.
        file: String,
        /// The fault.
        reason: String,
    },
}

fn list(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        some => some.join(", "),
    }
}

/// An overlay entry that does not apply to this wheel.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stale {
    /// Line of the entry, from 1.
    pub line: u64,
    /// The entry's action.
    pub action: &'static str,
    /// The operation that the entry names.
    pub operation: String,
    /// The reason why it no longer applies.
    pub reason: String,
}

impl std::fmt::Display for Stale {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Stale {
            line,
            action,
            operation,
            reason,
        } = self;
        write!(f, "line {line}: `{action}` of `{operation}`: {reason}")
    }
}

impl Error {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { path, source }
    }
}
