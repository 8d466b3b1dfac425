//! Errors of the client generator.

/// The typed client cannot be generated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A requested operation does not exist.
    #[error("unknown operation: `{id}`{}", did_you_mean(.nearest.as_deref()))]
    UnknownOperation {
        /// The requested id.
        id: String,
        /// The most similar id.
        nearest: Option<String>,
    },
    /// A reference names a schema that no document defines.
    #[error(
        "unknown schema: `{name}`, which `{used_by}` refers to\nhint: the documents do not match each other; run `make update-specs`"
    )]
    UnknownSchema {
        /// The schema, as `module.Name`.
        name: String,
        /// The operation or schema that refers to it.
        used_by: String,
    },
    /// `client.yaml` cannot be read.
    #[error("`specs/client.yaml`: {0}")]
    Fields(String),
    /// A field to keep that the schema does not have.
    #[error("`specs/client.yaml`: `{schema}` has no field `{field}`")]
    UnknownField {
        /// The schema, as `module.Name`, or the operation whose body it is.
        schema: String,
        /// The field.
        field: String,
    },
    /// A schema of `client.yaml` that no operation of the client reaches.
    #[error(
        "`specs/client.yaml`: no operation of the client reaches `{schema}`\nhint: remove it, or name the operation under `operations` of a behaviour"
    )]
    UnusedFields {
        /// The schema, as `module.Name`, or the operation whose body it is.
        schema: String,
    },
    /// Two schemas would get the same Rust name.
    #[error(
        "`{first}` and `{second}` would both be called `{name}` in Rust\nhint: leave one of the operations that need them out of the client"
    )]
    SameName {
        /// The Rust name.
        name: String,
        /// The origin of the first.
        first: String,
        /// The origin of the second.
        second: String,
    },
    /// A struct would have two fields, or a method two parameters, of the same name.
    #[error(
        "`{place}` would have `{name}` twice\nhint: two of its wire names differ only by case or punctuation; correct one in `overlay.yaml`"
    )]
    SameField {
        /// The struct or method.
        place: String,
        /// The Rust name of the field or parameter.
        name: String,
    },
    /// Two operations share verb and path.
    #[error(
        "`{first}` and `{second}` both send `{request}`\nhint: leave one of them out of the client"
    )]
    SameRequest {
        /// Verb and path.
        request: String,
        /// The first operation.
        first: String,
        /// The second operation.
        second: String,
    },
    /// A parameter outside the body is an object, which cannot be sent there.
    #[error(
        "parameter `{parameter}` of `{operation}` is an object\nhint: the importer flattens such parameters into dotted ones; correct it in `overlay.yaml` or leave the operation to the engine"
    )]
    ObjectParameter {
        /// The operation.
        operation: String,
        /// The wire name of the parameter.
        parameter: String,
    },
    /// The assembled document is not OpenAPI 3.0.
    #[error("the document assembled for progenitor is not OpenAPI 3.0: {0}")]
    Document(#[from] serde_json::Error),
    /// progenitor rejected the document.
    #[error("progenitor cannot generate the client: {0}")]
    Generator(String),
    /// progenitor's output is not Rust, or not the Rust that the mends expect.
    #[error(
        "progenitor's output is not the Rust expected: {0}\nhint: after an update of progenitor, compare `codegen/src/client/mend/` with what it writes now"
    )]
    Output(String),
}

impl From<syn::Error> for Error {
    fn from(error: syn::Error) -> Self {
        Self::Output(error.to_string())
    }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| {
        format!("\nhint: did you mean `{nearest}`?")
    })
}
