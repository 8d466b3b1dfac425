//! The typed client in `generated/`: the operations that behaviours call.
//!
//! progenitor and typify write a good client for a service that keeps to its documents. Databricks does not,
//! and the documents (see [`crate::spec`]) say nothing about nullability, error bodies or integer widths. A
//! client generated from them directly would compile and fail at run time. [`generate`] therefore wraps
//! progenitor:
//!
//! 1. `draft` collects the operations and every schema they reach, under their Rust names; of large schemas
//!    it keeps the `fields` that `specs/client.yaml` names
//!    (`sql.StatementResponse` becomes `SqlStatementResponse`; an unnamed body is named after its operation,
//!    `StatementExecutionExecuteStatementRequest`).
//! 2. `cures` change the draft so that the types accept what the service sends.
//! 3. `document` writes one closed OpenAPI 3.0.3 document, and `progenitor` turns it into Rust.
//! 4. `mend` changes that Rust where no schema could have said so.
//! 5. prettyplease formats it the same on any toolchain, after `template/head.rs` and `template/seam.rs`.
//!
//! # Cures
//!
//! | the service … | then progenitor's client … | cured in | by |
//! |---|---|---|---|
//! | adds a value to an enum | refuses the answer | `cures/enums.rs`, `mend/enums.rs` | a last variant `Unlisted(String)` |
//! | sends `null` for a list or map | refuses the answer; also never sends an empty list | `cures/lists.rs` | `Option<Vec<_>>` |
//! | sends NULL cells in rows | refuses the answer | `cures/lists.rs` | `Vec<Vec<Option<String>>>` |
//! | sends 64-bit integers, also as strings | overflows, or refuses | `cures/integers.rs` | `types::Int64` in answers, `i64` in requests |
//! | leaves out required fields | refuses the answer | `cures/sides.rs` | nothing is required in an answer; a schema used both ways is written twice, as `Name` and `NameSent` |
//! | sends odd timestamps | refuses the answer | `cures/plain.rs` | timestamps stay strings |
//! | takes objects as dotted query parameters | sends nothing | the importer; `cures/parameters.rs` | an object is an error |
//! | answers `{}`, nothing, or 204 | refuses the answer | `cures/empty.rs` | declared without content |
//! | answers with another 2xx | treats it as an error | `document.rs` | `2XX` |
//! | has many shapes of error | expects one | `document.rs` | no `default`: status, headers and body stay in `Error::UnexpectedResponse` |
//! | has path parameters with slashes | sends `%2F` | `mend/methods.rs` | `segments(…)`, for parameters marked `x-databricks-multi-segment` |
//! | resolves `..` in a path, as URLs do | calls another operation | `mend/methods.rs` | `segment(…)` refuses it |
//! | has no `api-version` | sends the header | `template/seam.rs` | the header is removed before sending |
//! | has a property called `$ref` | takes it for a reference | `schema.rs` | references are read from schemas, never from property maps |
//!
//! Two cases are not cured: a scalar or object of another type than documented, and a `null` inside a list
//! that is not a table. Both end as
//! [`InvalidResponsePayload`](https://docs.rs/progenitor-client/0.15.1/progenitor_client/enum.Error.html).
//!
//! # The seam
//!
//! The client owns no connection. It is built over an `Exchange`, a trait with one method, and progenitor's
//! `ClientHooks::exec` passes every request to it with the operation's id. That hook can fail only with
//! `reqwest::Error`, which has no constructor. The seam obtains one by reading a body that fails with the
//! exchange's error, and `exchange_error` recovers that error with its type.
//!
//! # Adding a cure
//!
//! If a schema can express it, add a file to `cures/` with one function over the `Draft`, and call it in
//! `cures/mod.rs`. If only Rust can, add a mend, which must fail when it does not find what it changes.
//! Add the case to `codegen/tests/fixtures/client/databricks/` and a test to `codegen/tests/client_live.rs`,
//! see it fail without the cure, and regenerate the fixture's client with
//! `UPDATE_CLIENT_FIXTURE=1 cargo t --test client_generate`.

mod cures;
mod document;
mod draft;
mod error;
mod fields;
mod mend;
mod progenitor;
mod schema;

pub use error::Error;
pub use fields::Fields;

use crate::spec::Api;
use draft::Draft;

const HEAD: &str = include_str!("template/head.rs");
const SEAM: &str = include_str!("template/seam.rs");

/// Generates the client for these operations: the text of `generated/src/lib.rs`.
///
/// The order of the ids does not matter, and of a schema in `fields` only those are written. The text depends on the crates `progenitor-client`, `reqwest`,
/// `http`, `futures-core`, `serde` and `serde_json`.
///
/// # Errors
/// An operation does not exist or cannot be expressed in Rust; see [`Error`].
pub fn generate(api: &Api, operation_ids: &[String], fields: &Fields) -> Result<String, Error> {
    let mut draft = Draft::of(api, operation_ids, fields)?;
    cures::apply(&mut draft)?;
    let document = document::write(&draft)?;
    let mut file = progenitor::generate(&document, draft.enums.keys())?;
    mend::apply(&mut file, &draft)?;
    let client = prettyplease::unparse(&file);
    Ok(format!("{HEAD}\n{SEAM}\n{client}"))
}
