//! Statements about the metastore itself: SHOW, DESCRIBE, USE, and those that make catalogs and schemas.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BooleanArray, StringArray};
use datafusion::arrow::datatypes::Field;
use datafusion::sql::sqlparser::ast::{
    ObjectName, ShowCreateObject, ShowStatementFilter, ShowStatementFilterPosition,
    ShowStatementOptions, Statement, Use,
};

use super::error::SqlError;
use super::metastore::{Facts, INFORMATION_SCHEMA, Metastore, Table};
use super::names::Names;
use super::rows::Rows;
use super::statement::Own;
use super::types::field_text;

/// Carries out a statement about catalogs or schemas.
///
/// # Errors
/// Fails if the named object does not exist, or already exists.
pub(crate) fn run_own(metastore: &Metastore, names: &Names, own: Own) -> Result<Rows, SqlError> {
    let qualified = |name: Vec<String>| match name.as_slice() {
        [schema] => Ok((names.catalog.clone(), schema.clone())),
        [catalog, schema] => Ok((catalog.clone(), schema.clone())),
        _ => Err(SqlError::schema_not_found(&name.join("."))),
    };
    let (done, tolerated) = match own {
        Own::CreateCatalog {
            name,
            comment,
            if_not_exists,
        } => {
            let facts = Facts::new(&name, comment);
            let created = metastore.create_catalog(facts, false).and_then(|()| {
                metastore
                    .find_catalog(&name)?
                    .create_schema(Facts::new("default", None))
            });
            (created, if_not_exists.then_some("ALREADY_EXISTS"))
        }
        Own::DropCatalog { name, if_exists } => {
            if metastore
                .find_catalog(&name)
                .is_ok_and(|catalog| catalog.read_only)
            {
                return Err(read_only(&name));
            }
            (
                metastore.drop_catalog(&name),
                if_exists.then_some("NO_SUCH_CATALOG"),
            )
        }
        Own::CreateSchema {
            name,
            comment,
            if_not_exists,
        } => {
            let (catalog, schema) = qualified(name)?;
            let catalog = metastore.find_catalog(&catalog)?;
            if catalog.read_only {
                return Err(read_only(&catalog.facts.name));
            }
            let created = catalog.create_schema(Facts::new(&schema, comment));
            (created, if_not_exists.then_some("ALREADY_EXISTS"))
        }
        Own::DescribeCatalog { name } => {
            let catalog = metastore.find_catalog(&name)?;
            let comment = catalog.facts.comment.clone().unwrap_or_default();
            return pairs(
                ("info_name", "info_value"),
                &[
                    ("Catalog Name", &catalog.facts.name),
                    ("Comment", &comment),
                    ("Owner", &names.user),
                ],
            );
        }
        Own::DescribeTable { name, extended } => {
            let (catalog, schema, _) = names.table(&name)?;
            let table = find_table(metastore, names, &name)?;
            let place = extended.then_some((catalog.as_str(), schema.as_str()));
            return describe(&table, place, &names.user);
        }
        Own::DescribeSchema { name } => {
            let (catalog, schema) = qualified(name)?;
            let schema = metastore.find_schema(&catalog, &schema)?;
            let comment = schema.facts.comment.clone().unwrap_or_default();
            return pairs(
                ("database_description_item", "database_description_value"),
                &[
                    ("Catalog Name", &catalog),
                    ("Namespace Name", &schema.facts.name),
                    ("Comment", &comment),
                    ("Owner", &names.user),
                ],
            );
        }
    };
    match (done, tolerated) {
        (Err(error), Some(tolerated)) if error.condition.contains(tolerated) => Ok(Rows::none()),
        (done, _) => done.map(|()| Rows::none()),
    }
}

/// The error of a statement that would change a read-only catalog.
pub(crate) fn read_only(catalog: &str) -> SqlError {
    SqlError::new(
        "INSUFFICIENT_PERMISSIONS",
        "42501",
        format!("Insufficient privileges: the catalog '{catalog}' is read-only."),
    )
}

/// Carries out SHOW, DESCRIBE or USE.
///
/// # Errors
/// Fails if the named object does not exist, or the sandbox does not know the statement.
pub(crate) fn run(
    metastore: &Metastore,
    names: &Names,
    statement: &Statement,
) -> Result<Rows, SqlError> {
    match statement {
        Statement::ShowCatalogs { show_options, .. } => {
            let found = metastore
                .catalogs()
                .iter()
                .map(|c| c.facts.name.clone())
                .collect();
            let found = matching(found, show_options)?;
            Rows::of(vec![("catalog", strings(found))])
        }
        Statement::ShowSchemas { show_options, .. }
        | Statement::ShowDatabases { show_options, .. } => {
            let catalog = match parent(show_options) {
                Some(name) => name.to_string().replace('`', ""),
                None => names.catalog.clone(),
            };
            let schemas = metastore.find_catalog(&catalog)?.schemas();
            let mut found: Vec<String> = schemas.iter().map(|s| s.facts.name.clone()).collect();
            found.push(INFORMATION_SCHEMA.to_owned());
            found.sort();
            Rows::of(vec![(
                "databaseName",
                strings(matching(found, show_options)?),
            )])
        }
        Statement::ShowTables { show_options, .. } => {
            let tables = tables(metastore, names, show_options)?;
            let found: Vec<String> = tables.iter().map(|(_, t)| t.facts.name.clone()).collect();
            let schemas = tables.into_iter().map(|(schema, _)| schema).collect();
            let temporary = vec![false; found.len()];
            Rows::of(vec![
                ("database", strings(schemas)),
                ("tableName", strings(found)),
                ("isTemporary", Arc::new(BooleanArray::from(temporary))),
            ])
        }
        Statement::ShowViews { show_options, .. } => {
            let mut views = tables(metastore, names, show_options)?;
            views.retain(|(_, table)| table.view_definition.is_some());
            let found: Vec<String> = views.iter().map(|(_, t)| t.facts.name.clone()).collect();
            let flags = vec![false; found.len()];
            let flags: ArrayRef = Arc::new(BooleanArray::from(flags));
            Rows::of(vec![
                (
                    "namespace",
                    strings(views.into_iter().map(|(schema, _)| schema).collect()),
                ),
                ("viewName", strings(found)),
                ("isTemporary", flags.clone()),
                ("isMaterialized", flags),
            ])
        }
        Statement::ShowColumns { show_options, .. } => {
            let Some(name) = parent(show_options) else {
                return Err(SqlError::syntax("EOF", None));
            };
            let table = find_table(metastore, names, name)?;
            let columns = table.provider.schema();
            let found = columns
                .fields()
                .iter()
                .map(|field| field.name().clone())
                .collect();
            Rows::of(vec![("col_name", strings(found))])
        }
        Statement::ShowCreate {
            obj_type: ShowCreateObject::Table,
            obj_name,
        } => {
            let full_name = names.table(obj_name)?;
            let table = find_table(metastore, names, obj_name)?;
            let text = create_text(&full_name, &table);
            Rows::of(vec![("createtab_stmt", strings(vec![text]))])
        }
        // Every statement has its own session, so USE checks the name and changes nothing.
        Statement::Use(Use::Catalog(name)) => {
            metastore.find_catalog(&name.to_string().replace('`', ""))?;
            Ok(Rows::none())
        }
        Statement::Use(Use::Schema(name) | Use::Database(name) | Use::Object(name)) => {
            let (catalog, schema) = names.schema(name)?;
            metastore.find_schema(&catalog, &schema)?;
            Ok(Rows::none())
        }
        other => {
            let text = other.to_string();
            let start: Vec<&str> = text.split_whitespace().take(2).collect();
            Err(SqlError::unsupported(&start.join(" ")))
        }
    }
}

fn find_table(
    metastore: &Metastore,
    names: &Names,
    name: &ObjectName,
) -> Result<Arc<Table>, SqlError> {
    let (catalog, schema, table) = names.table(name)?;
    metastore.find_table(&catalog, &schema, &table)
}

fn tables(
    metastore: &Metastore,
    names: &Names,
    options: &ShowStatementOptions,
) -> Result<Vec<(String, Arc<Table>)>, SqlError> {
    let (catalog, schema) = match parent(options) {
        Some(name) => names.schema(name)?,
        None => (names.catalog.clone(), names.schema.clone()),
    };
    let all = metastore.find_schema(&catalog, &schema)?.tables();
    let found = matching(all.iter().map(|t| t.facts.name.clone()).collect(), options)?;
    Ok(all
        .into_iter()
        .filter(|table| found.contains(&table.facts.name))
        .map(|table| (schema.clone(), table))
        .collect())
}

fn parent(options: &ShowStatementOptions) -> Option<&ObjectName> {
    options.show_in.as_ref()?.parent_name.as_ref()
}

/// Matches `LIKE 'a*|b'`: a star stands for any text, a bar separates alternatives, and `%` works too.
fn matching(names: Vec<String>, options: &ShowStatementOptions) -> Result<Vec<String>, SqlError> {
    let pattern = match &options.filter_position {
        None => return Ok(names),
        Some(
            ShowStatementFilterPosition::Infix(filter)
            | ShowStatementFilterPosition::Suffix(filter),
        ) => match filter {
            ShowStatementFilter::Like(pattern)
            | ShowStatementFilter::ILike(pattern)
            | ShowStatementFilter::NoKeyword(pattern) => pattern.to_lowercase(),
            ShowStatementFilter::Where(_) => return Err(SqlError::unsupported("SHOW ... WHERE")),
        },
    };
    let fits = |name: &String| {
        pattern
            .split('|')
            .any(|one| like(&name.to_lowercase(), one.trim()))
    };
    Ok(names.into_iter().filter(fits).collect())
}

fn like(name: &str, pattern: &str) -> bool {
    match pattern.find(['*', '%']) {
        None => name == pattern,
        Some(star) => {
            let (before, after) = (pattern.get(..star), pattern.get(star + 1..));
            let (Some(before), Some(after)) = (before, after) else {
                return false;
            };
            let Some(rest) = name.strip_prefix(before) else {
                return false;
            };
            (0..=rest.len()).any(|skip| rest.get(skip..).is_some_and(|rest| like(rest, after)))
        }
    }
}

/// The columns of a query's result, as DESCRIBE lists them.
///
/// # Errors
/// Fails if Arrow refuses the columns.
pub(crate) fn columns(rows: &Rows) -> Result<Rows, SqlError> {
    let fields = rows.columns.fields();
    let names = fields.iter().map(|field| field.name().clone()).collect();
    let types = fields.iter().map(|field| lower_type(field)).collect();
    let comments = vec![None::<String>; fields.len()];
    Rows::of(vec![
        ("col_name", strings(names)),
        ("data_type", strings(types)),
        ("comment", Arc::new(StringArray::from(comments))),
    ])
}

/// `struct<a:int,b:string>`
fn lower_type(field: &Field) -> String {
    field_text(field)
        .to_lowercase()
        .replace(", ", ",")
        .replace(": ", ":")
}

fn describe(table: &Table, extended: Option<(&str, &str)>, owner: &str) -> Result<Rows, SqlError> {
    let mut rows: Vec<(String, String, Option<String>)> = Vec::new();
    for field in table.provider.schema().fields() {
        let comment = table.column_comments.get(field.name()).cloned();
        rows.push((field.name().clone(), lower_type(field), comment));
    }
    if let Some((catalog, schema)) = extended {
        let created = chrono::DateTime::from_timestamp_millis(table.facts.created_at)
            .map(|time| time.format("%a %b %d %H:%M:%S UTC %Y").to_string());
        let kind = if table.view_definition.is_some() {
            "VIEW"
        } else {
            "MANAGED"
        };
        let mut details = vec![
            ("", String::new()),
            ("# Detailed Table Information", String::new()),
            ("Catalog", catalog.to_owned()),
            ("Database", schema.to_owned()),
            ("Table", table.facts.name.clone()),
            ("Created Time", created.unwrap_or_default()),
            ("Created By", "Spark ".to_owned()),
            ("Type", kind.to_owned()),
        ];
        if let Some(comment) = &table.facts.comment {
            details.push(("Comment", comment.clone()));
        }
        match &table.view_definition {
            Some(text) => details.push(("View Text", text.clone())),
            None => details.push(("Provider", "delta".to_owned())),
        }
        details.push(("Owner", owner.to_owned()));
        rows.extend(
            details
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value, Some(String::new()))),
        );
    }
    let comments: Vec<Option<String>> = rows.iter().map(|(_, _, c)| c.clone()).collect();
    Rows::of(vec![
        (
            "col_name",
            strings(rows.iter().map(|(name, _, _)| name.clone()).collect()),
        ),
        (
            "data_type",
            strings(rows.into_iter().map(|(_, value, _)| value).collect()),
        ),
        ("comment", Arc::new(StringArray::from(comments))),
    ])
}

fn create_text(name: &(String, String, String), table: &Table) -> String {
    let (catalog, schema, name) = name;
    if let Some(query) = &table.view_definition {
        return format!("CREATE VIEW {catalog}.{schema}.{name} AS {query}");
    }
    let columns: Vec<String> = table
        .provider
        .schema()
        .fields()
        .iter()
        .map(|field| {
            let required = if field.is_nullable() { "" } else { " NOT NULL" };
            format!("  {} {}{required}", field.name(), field_text(field))
        })
        .collect();
    format!(
        "CREATE TABLE {catalog}.{schema}.{name} (\n{})\nUSING delta\n",
        columns.join(",\n")
    )
}

fn pairs(names: (&str, &str), rows: &[(&str, &String)]) -> Result<Rows, SqlError> {
    Rows::of(vec![
        (
            names.0,
            strings(rows.iter().map(|(name, _)| (*name).to_owned()).collect()),
        ),
        (
            names.1,
            strings(rows.iter().map(|(_, value)| (*value).clone()).collect()),
        ),
    ])
}

fn strings(values: Vec<String>) -> ArrayRef {
    Arc::new(StringArray::from(values))
}
