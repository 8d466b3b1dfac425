//! Reads the `databricks-sdk` wheel statically and writes the API facts to `specs/databricks/`.
