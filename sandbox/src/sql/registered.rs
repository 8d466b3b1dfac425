//! A table that a statement brings along, called as a function without arguments.

use std::sync::Arc;

use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::Result;

/// A table under the name of a function.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    /// The name of the function.
    pub(crate) name: String,
    /// The rows.
    pub(crate) table: Arc<dyn TableProvider>,
}

impl TableFunctionImpl for Registered {
    fn call_with_args(&self, _: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        Ok(self.table.clone())
    }
}
