//! What files hold, in whatever format.

use std::collections::BTreeMap;

use datafusion::arrow::array::ArrayRef;

use crate::sql::error::SqlError;

/// What files hold.
pub(super) struct Read {
    pub(super) columns: Vec<(String, ArrayRef)>,
    pub(super) rows: usize,
    /// What fits nowhere, by row.
    pub(super) rescued: BTreeMap<usize, Vec<(String, String)>>,
}

/// The error of a record that does not fit, where the options say that it is one.
pub(super) fn malformed(record: &str) -> SqlError {
    SqlError::new(
        "MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION",
        "22023",
        format!("Malformed records are detected in record parsing: {record}."),
    )
}
