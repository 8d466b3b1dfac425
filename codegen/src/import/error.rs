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
    /// An overlay entry does not apply to this wheel.
    #[error(
        "stale entry in overlay.yaml, line {line}: `{action}` of `{operation}`: {reason}\nhint: remove or correct the entry"
    )]
    StaleOverlay {
        /// Line of the entry, from 1.
        line: u64,
        /// The entry's action.
        action: &'static str,
        /// The operation that the entry names.
        operation: String,
        /// The reason why it no longer applies.
        reason: String,
    },
    /// The documents contradict themselves.
    #[error("the imported documents are not consistent:\n{}", problems.join("\n"))]
    Inconsistent {
        /// One sentence each.
        problems: Vec<String>,
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

impl Error {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
        let path = path.into();
        move |source| Error::Io { path, source }
    }
}
