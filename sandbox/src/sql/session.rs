//! One statement's session: it plans and executes under the statement's own defaults.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, StringArray, UInt64Array};
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::execution::context::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::statistics::{StatisticsArgs, StatisticsContext};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::sql::parser::Statement as PlannableStatement;
use datafusion::sql::sqlparser::ast::{DescribeAlias, ObjectName, Statement};
use futures::StreamExt;

use super::commands;
use super::error::SqlError;
use super::metastore::Metastore;
use super::names::{Names, Projection};
use super::parse::parse;
use super::registered::Registered;
use super::rows::{Rows, renamed};
use super::values;

/// The most bytes of a result. The service writes larger ones to files.
const LARGEST: usize = 512 << 20;

/// The session of one statement.
pub(crate) struct Session<'a> {
    metastore: &'a Metastore,
    template: &'a SessionState,
    /// The meaning of unqualified names.
    pub(crate) names: Names,
    /// The tables that the statement brings along.
    tables: Vec<Registered>,
}

impl<'a> Session<'a> {
    /// A session over a metastore and `tables`, with everything but the names from `template`.
    pub(crate) fn new(
        metastore: &'a Metastore,
        template: &'a SessionState,
        names: Names,
        tables: Vec<Registered>,
    ) -> Self {
        Self {
            metastore,
            template,
            names,
            tables,
        }
    }

    /// The tables to query.
    pub(crate) fn metastore(&self) -> &Metastore {
        self.metastore
    }

    /// The plan of a statement.
    ///
    /// # Errors
    /// Fails if the query names something that does not exist, or its types do not fit.
    pub(crate) async fn plan(&self, statement: Statement) -> Result<LogicalPlan, SqlError> {
        let state = self.state();
        let statement = PlannableStatement::Statement(Box::new(statement));
        Ok(state.statement_to_plan(statement).await?)
    }

    /// The rows of a query, its columns named as the text names them.
    ///
    /// # Errors
    /// Fails if the statement cannot be planned, or fails while it runs.
    pub(crate) async fn query(
        &self,
        statement: Statement,
        projection: Option<Projection>,
        row_limit: Option<usize>,
    ) -> Result<Rows, SqlError> {
        let plan = self.plan(statement).await?;
        let rows = self.execute(&plan, row_limit).await?;
        let Some(projection) = projection else {
            return Ok(rows);
        };
        let planned: Vec<String> = plan
            .schema()
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect();
        renamed(rows, &projection.names(&planned))
    }

    /// The plan as text, in one row; the columns of the query after DESCRIBE.
    ///
    /// # Errors
    /// Fails if the statement cannot be planned.
    pub(crate) async fn explain(&self, statement: Statement) -> Result<Rows, SqlError> {
        if let Statement::Explain {
            describe_alias,
            statement,
            ..
        } = &statement
            && *describe_alias != DescribeAlias::Explain
        {
            let mut query = statement.as_ref().clone();
            let projection = match &mut query {
                Statement::Query(query) => Projection::of(query),
                _ => None,
            };
            let rows = self.query(query, projection, Some(0)).await?;
            return commands::columns(&rows);
        }
        let rows = self.query(statement, None, None).await?;
        let mut text = String::from("== Physical Plan ==\n");
        for batch in &rows.batches {
            for row in values::rows(batch)? {
                if let [Some(kind), Some(plan)] = row.as_slice()
                    && kind.starts_with("physical_plan")
                {
                    text.push_str(plan);
                }
            }
        }
        Rows::of(vec![("plan", Arc::new(StringArray::from(vec![text])))])
    }

    /// The plan with the size of every part, in one row, as EXPLAIN COST writes it.
    ///
    /// # Errors
    /// Fails if the statement cannot be planned.
    pub(crate) async fn cost(&self, statement: Statement) -> Result<Rows, SqlError> {
        let plan = self.plan(statement).await?;
        let physical = self.state().create_physical_plan(&plan).await?;
        let mut text = String::from("== Optimized Logical Plan ==\n");
        sized(physical.as_ref(), 0, &mut text);
        text.push_str("\n== Physical Plan ==\n");
        Rows::of(vec![("plan", Arc::new(StringArray::from(vec![text])))])
    }

    async fn execute(
        &self,
        plan: &LogicalPlan,
        row_limit: Option<usize>,
    ) -> Result<Rows, SqlError> {
        let state = self.state();
        let physical = yielding(state.create_physical_plan(plan).await?)?;
        let columns = physical.schema();
        let mut stream = execute_stream(physical, state.task_ctx())?;
        let mut rows = Rows {
            columns,
            batches: Vec::new(),
            truncated: false,
        };
        let mut left = row_limit.unwrap_or(usize::MAX);
        let mut held = 0;
        while let Some(batch) = stream.next().await {
            let batch = batch?;
            if batch.num_rows() > left {
                rows.truncated = true;
                if left > 0 {
                    rows.batches.push(batch.slice(0, left));
                }
                break;
            }
            left -= batch.num_rows();
            held += batch.get_array_memory_size();
            if held > LARGEST {
                let message = format!(
                    "the sandbox holds at most {} MiB of a result.",
                    LARGEST >> 20
                );
                return Err(SqlError::new("SANDBOX_LIMIT_EXCEEDED", "54000", message));
            }
            if batch.num_rows() > 0 {
                rows.batches.push(batch);
            }
        }
        Ok(rows)
    }

    /// Empties a table.
    ///
    /// # Errors
    /// Fails if the table does not exist or is read-only.
    pub(crate) async fn delete_all(&self, table: &ObjectName) -> Result<(), SqlError> {
        self.change(parse(&format!("DELETE FROM {table}"))?, false)
            .await?;
        Ok(())
    }

    /// Carries out INSERT, UPDATE or DELETE; an `insert` counts what it inserted too.
    ///
    /// # Errors
    /// Fails if the table is read-only or the statement fails.
    pub(crate) async fn change(
        &self,
        statement: Statement,
        insert: bool,
    ) -> Result<Rows, SqlError> {
        let plan = self.plan(statement).await?;
        if let LogicalPlan::Dml(change) = &plan {
            let target = change
                .table_name
                .clone()
                .resolve(&self.names.catalog, &self.names.schema);
            if self.metastore().find_catalog(&target.catalog)?.read_only {
                return Err(commands::read_only(&target.catalog));
            }
        }
        let rows = self.execute(&plan, None).await?;
        let counted = rows.batches.first().map(|batch| batch.column(0).clone());
        let affected = counted
            .and_then(|column| Some(column.as_any().downcast_ref::<UInt64Array>()?.value(0)))
            .and_then(|count| i64::try_from(count).ok())
            .unwrap_or_default();
        let affected: ArrayRef = Arc::new(Int64Array::from(vec![affected]));
        let mut columns = vec![("num_affected_rows", affected.clone())];
        if insert {
            columns.push(("num_inserted_rows", affected));
        }
        Rows::of(columns)
    }

    fn state(&self) -> SessionState {
        let mut state = self.template.clone();
        let catalog = &mut state.config_mut().options_mut().catalog;
        catalog.default_catalog.clone_from(&self.names.catalog);
        catalog.default_schema.clone_from(&self.names.schema);
        for table in &self.tables {
            state.register_udtf(&table.name, Arc::new(table.clone()));
        }
        state.mark_start_execution();
        state
    }
}

/// Writes a node with its size and those below it. Where none is known it is the default of the service's optimizer.
fn sized(node: &dyn ExecutionPlan, depth: usize, text: &mut String) {
    let statistics = StatisticsContext::new()
        .compute(node, &StatisticsArgs::new())
        .ok();
    let bytes = statistics.and_then(|found| found.total_byte_size.get_value().copied());
    let size = bytes.map_or("8.0 EiB".to_owned(), |bytes| match bytes {
        0..1024 => format!("{bytes}.0 B"),
        _ => format!("{:.1} KiB", bytes as f64 / 1024.0),
    });
    let branch = if depth == 0 { "" } else { "+- " };
    let indent = "   ".repeat(depth.saturating_sub(1));
    let name = node.name();
    text.push_str(&format!(
        "{indent}{branch}{name}, Statistics(sizeInBytes={size})\n"
    ));
    for child in node.children() {
        sized(child.as_ref(), depth + 1, text);
    }
}

/// The same plan with joins that yield. DataFusion's joins yield only where they read their input, yet one batch
/// of input can become millions of rows, and no cancel gets through meanwhile.
fn yielding(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>, SqlError> {
    let plan = plan.transform_up(|node| {
        if node.name().contains("Join") {
            return Ok(Transformed::yes(
                Arc::new(CooperativeExec::new(node)) as Arc<_>
            ));
        }
        Ok(Transformed::no(node))
    })?;
    Ok(plan.data)
}
