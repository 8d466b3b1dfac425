//! `range(n)` as a table, whose column is called `id`.

use std::sync::Arc;

use datafusion::catalog::view::ViewTable;
use datafusion::catalog::{TableFunction, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::Result;
use datafusion::datasource::provider_as_source;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use datafusion::prelude::ident;

/// The name of the function.
pub(super) const RANGE: &str = "range";
/// The column, as Databricks names it.
const ID: &str = "id";

/// The engine's own function under the column's name.
#[derive(Debug)]
struct Range(Arc<TableFunction>);

/// The function `range` over the engine's own.
pub(super) fn renamed(own: Arc<TableFunction>) -> Arc<TableFunction> {
    let function = Arc::new(Range(own));
    Arc::new(TableFunction::new(RANGE.to_owned(), function))
}

impl TableFunctionImpl for Range {
    fn call_with_args(&self, arguments: TableFunctionArgs) -> Result<Arc<dyn TableProvider>> {
        let table = self.0.create_table_provider_with_args(arguments)?;
        let columns: Vec<Expr> = table
            .schema()
            .fields()
            .iter()
            .map(|field| ident(field.name()).alias(ID))
            .collect();
        let plan = LogicalPlanBuilder::scan(RANGE, provider_as_source(table), None)?
            .project(columns)?
            .build()?;
        Ok(Arc::new(ViewTable::new(plan, None)))
    }
}
