//! Statements that define tables and views: CREATE TABLE [AS], CREATE VIEW, DROP, TRUNCATE.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{Field, Schema as ArrowSchema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::view::ViewTable;
use datafusion::datasource::MemTable;
use datafusion::sql::sqlparser::ast::{
    ColumnDef, ColumnOption, CommentDef, CreateTable, CreateTableOptions, CreateView, HiveIOFormat,
    ObjectName, ObjectType, Query, SqlOption, Statement,
};

use super::commands::read_only;
use super::error::SqlError;
use super::metastore::{Facts, Schema, Table};
use super::names::Projection;
use super::rows::{Rows, renamed};
use super::session::Session;
use super::types::{arrow_field, stored_type};

/// A definition, with the parts of its text that rewriting would lose.
pub(crate) enum Definition {
    /// CREATE TABLE, with its query's columns when it has one.
    Table(Option<Projection>),
    /// CREATE VIEW, with its query's columns and text.
    View(Option<Projection>, String),
    /// DROP TABLE, VIEW or SCHEMA.
    Drop,
    /// TRUNCATE TABLE.
    Truncate,
}

/// Recognises a definition.
pub(crate) fn prepare(statement: &mut Statement) -> Option<Definition> {
    match statement {
        Statement::CreateTable(table) => Some(Definition::Table(
            table.query.as_mut().and_then(|query| Projection::of(query)),
        )),
        Statement::CreateView(view) => {
            let text = view.query.to_string();
            Some(Definition::View(Projection::of(&mut view.query), text))
        }
        Statement::Drop { .. } => Some(Definition::Drop),
        Statement::Truncate(_) => Some(Definition::Truncate),
        _ => None,
    }
}

/// Carries out a definition.
///
/// # Errors
/// Fails if the object to define exists, the object to drop does not, or the query fails.
pub(crate) async fn run(
    session: &Session<'_>,
    definition: Definition,
    statement: Statement,
) -> Result<Rows, SqlError> {
    match (definition, statement) {
        (Definition::Table(projection), Statement::CreateTable(table)) => {
            create_table(session, table, projection).await
        }
        (Definition::View(projection, text), Statement::CreateView(view)) => {
            create_view(session, view, projection, text).await
        }
        (
            _,
            Statement::Drop {
                object_type,
                if_exists,
                names,
                cascade,
                ..
            },
        ) => {
            for name in &names {
                drop_one(session, object_type, name, if_exists, cascade)?;
            }
            Ok(Rows::none())
        }
        (_, Statement::Truncate(truncate)) => {
            for target in &truncate.table_names {
                session.delete_all(&target.name).await?;
            }
            Ok(Rows::none())
        }
        (_, other) => Err(SqlError::unsupported(&other.to_string())),
    }
}

async fn create_table(
    session: &Session<'_>,
    table: CreateTable,
    projection: Option<Projection>,
) -> Result<Rows, SqlError> {
    let (schema, name) = target_schema(session, &table.name)?;
    if schema.table_named(&name).is_some() && table.if_not_exists {
        return Ok(Rows::none());
    }
    if reads_files(&table) {
        return Err(SqlError::unsupported(
            "CREATE TABLE over files (CREATE TABLE ... AS SELECT * FROM read_files(...) copies them)",
        ));
    }
    let comment = match &table.table_options {
        CreateTableOptions::Plain(options) => options.iter().find_map(|option| match option {
            SqlOption::Comment(CommentDef::WithEq(text) | CommentDef::WithoutEq(text)) => {
                Some(text.clone())
            }
            _ => None,
        }),
        _ => None,
    };
    let facts = Facts::new(&name, comment);
    let (provider, rows) = match table.query {
        Some(query) => {
            let rows = result(session, query, projection).await?;
            let (columns, batches) = storable(rows)?;
            let none: ArrayRef = Arc::new(Int64Array::from(Vec::<i64>::new()));
            let answer = Rows::of(vec![
                ("num_affected_rows", none.clone()),
                ("num_inserted_rows", none),
            ])?;
            (memory(columns, batches)?, answer)
        }
        None => (memory(columns(&table.columns)?, Vec::new())?, Rows::none()),
    };
    let column_comments = comments(&table.columns);
    let table_entry = Table {
        facts,
        provider,
        view_definition: None,
        column_comments,
    };
    schema.put_table(table_entry, table.or_replace)?;
    Ok(rows)
}

/// True if a definition takes its rows from files that are there: of another format than Delta, or of a place
/// without columns.
fn reads_files(table: &CreateTable) -> bool {
    let Some(formats) = &table.hive_formats else {
        return false;
    };
    let other = match &formats.storage {
        Some(HiveIOFormat::Using { format }) => !format.value.eq_ignore_ascii_case("delta"),
        _ => false,
    };
    let placed = formats.location.is_some() && table.columns.is_empty() && table.query.is_none();
    other || placed
}

async fn create_view(
    session: &Session<'_>,
    view: CreateView,
    projection: Option<Projection>,
    text: String,
) -> Result<Rows, SqlError> {
    let (schema, name) = target_schema(session, &view.name)?;
    if schema.table_named(&name).is_some() && view.if_not_exists {
        return Ok(Rows::none());
    }
    let known = schema.table_named(&name);
    if known.is_some_and(|known| known.view_definition.is_none()) {
        return Err(SqlError::new(
            "EXPECT_VIEW_NOT_TABLE.NO_ALTERNATIVE",
            "42809",
            format!("'CREATE VIEW' expects a view but `{name}` is a table."),
        ));
    }
    let plan = session.plan(Statement::Query(view.query)).await?;
    let planned: Vec<String> = plan
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    let names: Vec<String> = match &projection {
        _ if !view.columns.is_empty() => {
            view.columns.iter().map(|c| c.name.value.clone()).collect()
        }
        Some(projection) => projection.names(&planned),
        None => planned.clone(),
    };
    let columns = plan.schema().columns();
    let aliased = columns
        .into_iter()
        .zip(names)
        .map(|(column, name)| datafusion::prelude::Expr::Column(column).alias(name.to_lowercase()));
    let plan = datafusion::logical_expr::LogicalPlanBuilder::from(plan)
        .project(aliased)?
        .build()?;
    let table = Table {
        facts: Facts::new(&name, view.comment),
        provider: Arc::new(ViewTable::new(plan, Some(text.clone()))),
        view_definition: Some(text),
        column_comments: BTreeMap::new(),
    };
    schema.put_table(table, view.or_replace)?;
    Ok(Rows::none())
}

async fn result(
    session: &Session<'_>,
    query: Box<Query>,
    projection: Option<Projection>,
) -> Result<Rows, SqlError> {
    let rows = session
        .query(Statement::Query(query), projection, None)
        .await?;
    let mut names: Vec<String> = Vec::new();
    for field in rows.columns.fields() {
        let name = field.name().to_lowercase();
        if names.contains(&name) {
            return Err(SqlError::new(
                "COLUMN_ALREADY_EXISTS",
                "42711",
                format!("The column `{name}` already exists. Choose another name."),
            ));
        }
        names.push(name);
    }
    renamed(rows, &names)
}

/// Converts rows to the form that a table keeps: every column is nullable and of a type with one Databricks name.
fn storable(rows: Rows) -> Result<(SchemaRef, Vec<RecordBatch>), SqlError> {
    let fields: Vec<Field> = rows
        .columns
        .fields()
        .iter()
        .map(|field| {
            let kept = Field::new(field.name(), stored_type(field.data_type()), true);
            kept.with_metadata(field.metadata().clone())
        })
        .collect();
    let schema = Arc::new(ArrowSchema::new(fields));
    let mut batches = Vec::with_capacity(rows.batches.len());
    for batch in &rows.batches {
        let columns = batch
            .columns()
            .iter()
            .zip(schema.fields())
            .map(|(column, field)| cast(column, field.data_type()))
            .collect::<Result<Vec<_>, _>>()?;
        batches.push(RecordBatch::try_new(schema.clone(), columns)?);
    }
    Ok((schema, batches))
}

/// A table in memory. Even an empty one has a partition, since DataFusion inserts into partitions.
pub(crate) fn memory(
    columns: SchemaRef,
    batches: Vec<RecordBatch>,
) -> Result<Arc<MemTable>, SqlError> {
    Ok(Arc::new(MemTable::try_new(columns, vec![batches])?))
}

/// The columns of a definition.
///
/// # Errors
/// Fails if a type is not known.
pub(crate) fn columns(definitions: &[ColumnDef]) -> Result<SchemaRef, SqlError> {
    let mut fields = Vec::with_capacity(definitions.len());
    for definition in definitions {
        let name = definition.name.value.to_lowercase();
        let Some(field) = arrow_field(&name, &definition.data_type)? else {
            let mut error = SqlError::new(
                "UNSUPPORTED_DATATYPE",
                "0A000",
                format!("Unsupported data type \"{}\".", definition.data_type),
            );
            error.near = Some(definition.data_type.to_string());
            return Err(error);
        };
        let nullable = !definition
            .options
            .iter()
            .any(|option| option.option == ColumnOption::NotNull);
        fields.push(field.with_nullable(nullable));
    }
    Ok(Arc::new(ArrowSchema::new(fields)))
}

fn comments(definitions: &[ColumnDef]) -> BTreeMap<String, String> {
    let mut comments = BTreeMap::new();
    for definition in definitions {
        for option in &definition.options {
            if let ColumnOption::Comment(text) = &option.option {
                comments.insert(definition.name.value.to_lowercase(), text.clone());
            }
        }
    }
    comments
}

/// The schema a table is created in or dropped from, and the table's own name.
fn target_schema(
    session: &Session<'_>,
    name: &ObjectName,
) -> Result<(Arc<Schema>, String), SqlError> {
    let (catalog, schema, table) = session.names.table(name)?;
    if session.metastore().find_catalog(&catalog)?.read_only {
        return Err(read_only(&catalog));
    }
    Ok((session.metastore().find_schema(&catalog, &schema)?, table))
}

fn drop_one(
    session: &Session<'_>,
    object_type: ObjectType,
    name: &ObjectName,
    if_exists: bool,
    cascade: bool,
) -> Result<(), SqlError> {
    let dropped = match object_type {
        ObjectType::Table | ObjectType::View => {
            target_schema(session, name).and_then(|(schema, table)| {
                if schema.drop_table(&table) {
                    Ok(())
                } else {
                    Err(SqlError::table_not_found(&name.to_string()))
                }
            })
        }
        ObjectType::Schema | ObjectType::Database => {
            let (catalog, schema) = session.names.schema(name)?;
            let catalog = session.metastore().find_catalog(&catalog)?;
            if catalog.read_only {
                return Err(read_only(&catalog.facts.name));
            }
            catalog.drop_schema(&schema, cascade)
        }
        other => return Err(SqlError::unsupported(&format!("DROP {other}"))),
    };
    match dropped {
        Err(error) if if_exists && error.condition.contains("NOT_FOUND") => Ok(()),
        dropped => dropped,
    }
}
