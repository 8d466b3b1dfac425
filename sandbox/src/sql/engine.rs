//! The engine: one statement in, rows out, over DataFusion and the metastore.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::SessionState;
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::SessionConfig;
use datafusion::sql::sqlparser::ast::Statement;

use super::copying::Copying;
use super::error::SqlError;
use super::files::{Copied, Copy, List, resolve};
use super::metastore::Metastore;
use super::names::{Names, Projection};
use super::parse::parse;
use super::rewrite::{Parameter, rewrite};
use super::rows::Rows;
use super::session::Session;
use super::types::{DatabricksTypes, TIME_ZONE};
use super::{commands, definitions, functions, growing, named_types, ranges, statement};
use crate::stored::Stored;

/// The memory that all running statements share, in bytes.
const MEMORY: usize = 1 << 30;
/// The catalog and schema of unqualified names.
const DEFAULT_CATALOG: &str = "main";
const DEFAULT_SCHEMA: &str = "default";

/// SQL over the tables of the metastore.
pub(crate) struct Engine {
    /// The tables to query.
    pub(crate) metastore: Arc<Metastore>,
    /// The files to read.
    stored: Arc<Stored>,
    /// The files that tables have taken.
    copied: Copied,
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

impl Engine {
    /// An engine over a metastore and files, for statements of `user`.
    ///
    /// # Errors
    /// Fails if DataFusion refuses its configuration.
    pub(crate) fn new(
        metastore: Arc<Metastore>,
        stored: Arc<Stored>,
        user: &str,
    ) -> Result<Self, SqlError> {
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
        if let Some(tables) = builder.table_functions()
            && let Some(own) = tables.remove(ranges::RANGE)
        {
            tables.insert(ranges::RANGE.to_owned(), ranges::renamed(own));
        }
        builder
            .expr_planners()
            .get_or_insert_default()
            .insert(0, Arc::new(functions::Operators));
        builder.scalar_functions().get_or_insert_default().extend(
            functions::all()
                .into_iter()
                .chain(growing::all())
                .chain(named_types::all()),
        );
        Ok(Self {
            metastore,
            stored,
            copied: Copied::default(),
            template: builder.build(),
            user: user.to_owned(),
        })
    }

    /// Runs a statement. Dropping the future cancels it.
    ///
    /// # Errors
    /// Fails if the statement does not parse, names something that does not exist, or fails while it runs.
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
        if let Some(list) = List::parse(&work.text)? {
            return list.run(&self.stored);
        }
        if let Some(copy) = Copy::parse(&work.text)? {
            let copying = Copying {
                metastore: &self.metastore,
                template: &self.template,
                stored: &self.stored,
                copied: &self.copied,
                parameters: &work.parameters,
            };
            return copying.run(names, copy).await;
        }
        let costed = costed(&work.text);
        let mut parsed = parse(costed.unwrap_or(&work.text))?;
        let projection = match &mut parsed {
            Statement::Query(query) => Projection::of(query),
            Statement::Insert(insert) => insert.source.as_mut().and_then(|q| Projection::of(q)),
            _ => None,
        };
        let definition = definitions::prepare(&mut parsed);
        let files = resolve(&mut parsed, &self.stored, &work.parameters, None)?;
        rewrite(&mut parsed, &work.parameters, &names)?;
        let session = Session::new(&self.metastore, &self.template, names, files);
        match &parsed {
            _ if costed.is_some() => session.cost(parsed).await,
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

/// The statement after EXPLAIN COST.
fn costed(text: &str) -> Option<&str> {
    let after = |text: &'_ str, word: &str| -> Option<usize> {
        let start = text.len() - text.trim_start().len();
        let end = start + word.len();
        let found = text.get(start..end)?.eq_ignore_ascii_case(word);
        (found && text.get(end..)?.starts_with(char::is_whitespace)).then_some(end)
    };
    let rest = text.get(after(text, "EXPLAIN")?..)?;
    rest.get(after(rest, "COST")?..)
}
