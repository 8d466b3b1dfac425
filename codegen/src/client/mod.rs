//! The typed client: the few operations that hand-written code calls, as the crate `generated/`.
//!
//! progenitor and typify write a good client for a service that keeps to its documents. Databricks' service
//! does not, and its documents (see [`crate::spec`]) hold less than a service's own would: no nullability, no
//! error bodies, no width of integers. So what they write would compile and fail at run time. [`generate`]
//! stands around progenitor:
//!
//! 1. `draft`: the operations asked for and every schema they reach, under their Rust names
//!    (`sql.StatementResponse` is `SqlStatementResponse`; a body that has no name is called after its
//!    operation, `StatementExecutionExecuteStatementRequest`).
//! 2. `cures`: the draft is changed so that the types take what the service sends.
//! 3. `document`, `progenitor`: one closed OpenAPI 3.0.3 document, and the Rust that progenitor makes of it.
//! 4. `mend`: what no schema can say is changed in that Rust.
//! 5. prettyplease makes text, the same on any toolchain. `template/head.rs` and `template/seam.rs` go before it.
//!
//! # What is cured, and why
//!
//! | the service … | then progenitor's client … | cured in | by |
//! |---|---|---|---|
//! | adds a value to an enum | refuses the answer | `cures/enums.rs`, `mend/enums.rs` | a last variant `Unlisted(String)` |
//! | sends `null` for a list or map | refuses the answer; also never sends an empty list | `cures/lists.rs` | `Option<Vec<_>>` |
//! | sends NULL cells in rows | refuses the answer | `cures/lists.rs` | `Vec<Vec<Option<String>>>` |
//! | sends 64-bit integers, and those as text | overflows, or refuses | `cures/integers.rs` | `types::Int64` in answers, `i64` in requests |
//! | leaves out required fields | refuses the answer | `cures/sides.rs` | nothing is required in an answer; a schema that also is sent is written twice, as `Name` and `NameSent` |
//! | sends odd timestamps | refuses the answer | `cures/plain.rs` | text stays text |
//! | takes dotted query parameters for objects | sends nothing | the importer; `cures/parameters.rs` | an object is an error |
//! | answers `{}`, nothing, or 204 | refuses the answer | `cures/empty.rs` | declared without content |
//! | answers another 2xx | calls it an error | `document.rs` | `2XX` |
//! | has many shapes of error | wants one | `document.rs` | no `default`: status, headers and body stay in `Error::UnexpectedResponse` |
//! | has paths with slashes in a parameter | sends `%2F` | `mend/methods.rs` | `segments(…)`, for parameters marked `x-databricks-multi-segment` |
//! | resolves `..` in a path, as URLs do | calls another operation | `mend/methods.rs` | `segment(…)` refuses it |
//! | knows no `api-version` | sends the header | `template/seam.rs` | removed on the way out |
//! | has a property called `$ref` | takes it for a reference | `schema.rs` | only a schema is asked for its reference |
//!
//! Not cured: a scalar or object of another type than documented, and a `null` inside a list that is no table.
//! Both are [`InvalidResponsePayload`](https://docs.rs/progenitor-client/0.15.1/progenitor_client/enum.Error.html).
//!
//! # The seam
//!
//! The client owns no connection. It is made over an `Exchange`, a trait of the written crate with one method,
//! and progenitor's `ClientHooks::exec` hands every request to it with the operation's id. That hook may fail
//! only with `reqwest::Error`, which nobody can make; the seam lets one come about by reading a body that
//! fails with the exchange's error, and `exchange_error` takes that error out again, by value and with its
//! type.
//!
//! # To add a cure
//!
//! Where a schema can say it: a file in `cures/` with one function over the `Draft`, named in `cures/mod.rs`
//! in its place. Where only Rust can: a mend, which must be an error when it does not find what it changes.
//! Put the trap into `tests/fixtures/client/databricks/`, a test into `tests/client_live.rs`, see it fail
//! without the cure, and write the fixture's client anew with
//! `UPDATE_CLIENT_FIXTURE=1 cargo test -p databricks-codegen --features client --test client_generate`.

mod cures;
mod document;
mod draft;
mod error;
mod mend;
mod progenitor;
mod schema;

pub use error::Error;

use crate::spec::Api;
use draft::Draft;

const HEAD: &str = include_str!("template/head.rs");
const SEAM: &str = include_str!("template/seam.rs");

/// Writes the client for these operations: the text of `generated/src/lib.rs`.
///
/// The text depends on the set of ids only, not on their order. It stands on the crates `progenitor-client`,
/// `reqwest`, `http`, `futures-core`, `serde` and `serde_json`.
///
/// # Errors
/// An operation that does not exist, or whose facts have no Rust form; see [`Error`].
pub fn generate(api: &Api, operation_ids: &[String]) -> Result<String, Error> {
    let mut draft = Draft::of(api, operation_ids)?;
    cures::apply(&mut draft)?;
    let document = document::write(&draft)?;
    let mut file = progenitor::generate(&document, draft.enums.keys())?;
    mend::apply(&mut file, &draft)?;
    let client = prettyplease::unparse(&file);
    Ok(format!("{HEAD}\n{SEAM}\n{client}"))
}
