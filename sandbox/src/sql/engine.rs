//! The engine: one statement in, rows out, over DataFusion and the metastore.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Int64Array, RecordBatchOptions, StringArray, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::SessionState;
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionConfig;
use datafusion::sql::parser::Statement as PlannableStatement;
use datafusion::sql::sqlparser::ast::{DescribeAlias, ObjectName, Statement};
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};
use futures::StreamExt;

use super::dialect::SandboxDialect;
use super::error::SqlError;
use super::metastore::Metastore;
use super::names::{Names, Projection};
use super::rewrite::{Parameter, rewrite};
use super::table_clauses::without_storage;
use super::types::{DatabricksTypes, TIME_ZONE};
use super::{commands, definitions, functions, statement};

/// Memory all running statements may take together.
const MEMORY: usize = 1 << 30;
/// How deep expressions may nest; deeper ones are a syntax error rather than an overflowing stack.
const NESTING: usize = 60;
/// Catalog and schema of names that say neither.
const DEFAULT_CATALOG: &str = "main";
const DEFAULT_SCHEMA: &str = "default";

/// SQL over the tables of the metastore.
pub(crate) struct Engine {
    /// What there is to query.
    pub(crate) metastore: Arc<Metastore>,
    template: SessionState,
    user: String,
}

/// A statement to run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Work {
    /// The SQL text.
    pub(crate) text: String,
    /// Default catalog, in place of `main`.
    pub(crate) catalog: Option<String>,
    /// Default schema, in place of `default`.
    pub(crate) schema: Option<String>,
    /// Parameters by name.
    pub(crate) parameters: BTreeMap<String, Parameter>,
    /// Rows to stop after.
    pub(crate) row_limit: Option<usize>,
}

/// What a statement answers.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    /// The columns; names may repeat.
    pub(crate) columns: SchemaRef,
    /// The rows.
    pub(crate) batches: Vec<RecordBatch>,
    /// There were more rows than the limit let through.
    pub(crate) truncated: bool,
}

impl Rows {
    /// An answer without columns, as most definitions give.
    pub(crate) fn none() -> Self {
        Self {
            columns: Arc::new(ArrowSchema::empty()),
            batches: Vec::new(),
            truncated: false,
        }
    }

    /// An answer of these columns.
    ///
    /// # Errors
    /// When the columns differ in length.
    pub(crate) fn of(columns: Vec<(&str, ArrayRef)>) -> Result<Self, SqlError> {
        let fields: Vec<Field> = columns
            .iter()
            .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
            .collect();
        let columns: Vec<ArrayRef> = columns.into_iter().map(|(_, array)| array).collect();
        let schema = Arc::new(ArrowSchema::new(fields));
        let batch = RecordBatch::try_new(schema.clone(), columns)?;
        Ok(Self {
            columns: schema,
            batches: vec![batch],
            truncated: false,
        })
    }
}

impl Engine {
    /// An engine over a metastore, for statements of `user`.
    ///
    /// # Errors
    /// When DataFusion refuses its configuration.
    pub(crate) fn new(metastore: Arc<Metastore>, user: &str) -> Result<Self, SqlError> {
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(GreedyMemoryPool::new(MEMORY)))
            .build_arc()?;
        let mut config = SessionConfig::new()
            .with_information_schema(true)
            .with_create_default_catalog_and_schema(false)
            .with_target_partitions(1);
        let options = config.options_mut();
        options.sql_parser.parse_float_as_decimal = true;
        options.sql_parser.map_string_types_to_utf8view = false;
        // Spark sorts NULL first ascending and last descending.
        options.sql_parser.default_null_ordering = "nulls_min".to_owned();
        options.execution.time_zone = Some(TIME_ZONE.to_owned());
        let mut builder = SessionStateBuilder::new_with_default_features()
            .with_config(config)
            .with_runtime_env(runtime)
            .with_catalog_list(metastore.clone())
            .with_type_planner(Arc::new(DatabricksTypes));
        builder
            .expr_planners()
            .get_or_insert_default()
            .insert(0, Arc::new(functions::Operators));
        builder
            .scalar_functions()
            .get_or_insert_default()
            .extend(functions::all());
        Ok(Self {
            metastore,
            template: builder.build(),
            user: user.to_owned(),
        })
    }

    /// Runs a statement. Dropping the future cancels it.
    ///
    /// # Errors
    /// When it does not parse, names what does not exist, or fails while it runs.
    pub(crate) async fn run(&self, work: &Work) -> Result<Rows, SqlError> {
        let names = Names {
            catalog: work
                .catalog
                .as_deref()
                .unwrap_or(DEFAULT_CATALOG)
                .to_lowercase(),
            schema: work
                .schema
                .as_deref()
                .unwrap_or(DEFAULT_SCHEMA)
                .to_lowercase(),
            user: self.user.clone(),
        };
        if work.catalog.is_some() {
            self.metastore.find_catalog(&names.catalog)?;
        }
        if work.schema.is_some() {
            self.metastore.find_schema(&names.catalog, &names.schema)?;
        }
        if let Some(own) = statement::parse(&work.text)? {
            return commands::run_own(&self.metastore, &names, own);
        }
        let mut parsed = parse(&work.text)?;
        let projection = match &mut parsed {
            Statement::Query(query) => Projection::of(query),
            Statement::Insert(insert) => insert.source.as_mut().and_then(|q| Projection::of(q)),
            _ => None,
        };
        let definition = definitions::prepare(&mut parsed);
        rewrite(&mut parsed, &work.parameters, &names)?;
        let session = Session {
            engine: self,
            names,
        };
        match &parsed {
            Statement::Query(_) => session.query(parsed, projection, work.row_limit).await,
            Statement::Explain { .. } => session.explain(parsed).await,
            Statement::Insert(_) => session.change(parsed, true).await,
            Statement::Update(_) | Statement::Delete(_) => session.change(parsed, false).await,
            _ => match definition {
                Some(definition) => definitions::run(&session, definition, parsed).await,
                None => commands::run(&self.metastore, &session.names, &parsed),
            },
        }
    }
}

/// One statement's view of the engine.
pub(crate) struct Session<'a> {
    engine: &'a Engine,
    /// What unqualified names mean.
    pub(crate) names: Names,
}

impl Session<'_> {
    /// What there is to query.
    pub(crate) fn metastore(&self) -> &Metastore {
        &self.engine.metastore
    }

    /// The plan of a statement.
    ///
    /// # Errors
    /// When it names what does not exist or does not type.
    pub(crate) async fn plan(&self, statement: Statement) -> Result<LogicalPlan, SqlError> {
        let state = self.state();
        let statement = PlannableStatement::Statement(Box::new(statement));
        Ok(state.statement_to_plan(statement).await?)
    }

    /// The rows of a query, its columns named as the text names them.
    ///
    /// # Errors
    /// When it cannot be planned or fails while it runs.
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
    async fn explain(&self, statement: Statement) -> Result<Rows, SqlError> {
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
            for row in super::values::rows(batch)? {
                if let [Some(kind), Some(plan)] = row.as_slice()
                    && kind.starts_with("physical_plan")
                {
                    text.push_str(plan);
                }
            }
        }
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
            if batch.num_rows() > 0 {
                rows.batches.push(batch);
            }
        }
        Ok(rows)
    }

    /// Empties a table.
    ///
    /// # Errors
    /// When there is none of this name, or it is read-only.
    pub(crate) async fn delete_all(&self, table: &ObjectName) -> Result<(), SqlError> {
        self.change(parse(&format!("DELETE FROM {table}"))?, false)
            .await?;
        Ok(())
    }

    async fn change(&self, statement: Statement, insert: bool) -> Result<Rows, SqlError> {
        let plan = self.plan(statement).await?;
        if let LogicalPlan::Dml(change) = &plan {
            let target = change
                .table_name
                .clone()
                .resolve(&self.names.catalog, &self.names.schema);
            if self.metastore().find_catalog(&target.catalog)?.read_only {
                return Err(definitions::read_only(&target.catalog));
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
        let mut state = self.engine.template.clone();
        let catalog = &mut state.config_mut().options_mut().catalog;
        catalog.default_catalog.clone_from(&self.names.catalog);
        catalog.default_schema.clone_from(&self.names.schema);
        state.mark_start_execution();
        state
    }
}

fn parse(text: &str) -> Result<Statement, SqlError> {
    let tokens = Tokenizer::new(&SandboxDialect, text)
        .tokenize_with_location()
        .map_err(ParserError::from)?;
    let mut parser = Parser::new(&SandboxDialect)
        .with_recursion_limit(NESTING)
        .with_tokens_with_locations(without_storage(tokens));
    let statement = parser.parse_statement()?;
    while parser.consume_token(&Token::SemiColon) {}
    match parser.peek_token() {
        rest if rest.token == Token::EOF => Ok(statement),
        rest => {
            let line = usize::try_from(rest.span.start.line).unwrap_or(1);
            let column = usize::try_from(rest.span.start.column).unwrap_or(1);
            Err(SqlError::syntax(
                &rest.token.to_string(),
                Some((line, column.saturating_sub(1))),
            ))
        }
    }
}

/// The same plan, whose joins yield. DataFusion's yield where they read their input, and a join can
/// multiply one batch of input into millions without coming up for air, or for a cancel.
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

/// The same rows under other column names.
pub(crate) fn renamed(rows: Rows, names: &[String]) -> Result<Rows, SqlError> {
    let fields: Vec<Field> = rows
        .columns
        .fields()
        .iter()
        .zip(names)
        .map(|(field, name)| Field::new(name, field.data_type().clone(), field.is_nullable()))
        .collect();
    let columns: SchemaRef = Arc::new(ArrowSchema::new(fields));
    let batches = rows
        .batches
        .into_iter()
        .map(|batch| {
            let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
            RecordBatch::try_new_with_options(columns.clone(), batch.columns().to_vec(), &options)
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Rows {
        columns,
        batches,
        truncated: rows.truncated,
    })
}

/// The same column as the type a table keeps: strings without views, small unsigned types signed.
pub(crate) fn stored_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        DataType::UInt8 => DataType::Int16,
        DataType::UInt16 => DataType::Int32,
        DataType::UInt32 | DataType::UInt64 => DataType::Int64,
        DataType::Timestamp(_, Some(_)) => super::types::timestamp(),
        DataType::Dictionary(_, value) => stored_type(value),
        other => other.clone(),
    }
}
