//! Lineage, read from the texts of views: the tables that a view reads, and the views that read a table.

use datafusion::common::TableReference;
use datafusion::sql::parser::DFParser;
use datafusion::sql::resolve::resolve_table_references;
use serde_json::{Map, Value, json};

use super::securables::{missing, three_parts};
use crate::http::{ApiError, Call, Reply};
use crate::shared::Shared;

/// A table or view, with the full names of the tables that it reads.
struct Reader {
    full_name: String,
    columns: Vec<String>,
    is_view: bool,
    sources: Vec<String>,
}

pub(super) fn of_table(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let (name, all) = start(shared, call)?;
    let own = all.iter().find(|reader| reader.full_name == name);
    let upstreams: Vec<Value> = all
        .iter()
        .filter(|reader| own.is_some_and(|own| own.sources.contains(&reader.full_name)))
        .map(|reader| json!({"tableInfo": reader.describe()}))
        .collect();
    let downstreams: Vec<Value> = all
        .iter()
        .filter(|reader| reader.sources.contains(&name))
        .map(|reader| json!({"tableInfo": reader.describe()}))
        .collect();
    Ok(json!({"upstreams": upstreams, "downstreams": downstreams}).into())
}

/// Columns of the same name on either side.
pub(super) fn of_column(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    let (name, all) = start(shared, call)?;
    let column = call.query.get("column_name").and_then(Value::as_str);
    let column = column.unwrap_or_default().to_lowercase();
    let own = all.iter().find(|reader| reader.full_name == name);
    if !own.is_some_and(|own| own.columns.contains(&column)) {
        return Err(ApiError::not_found(format!(
            "Column '{column}' of '{name}' does not exist."
        )));
    }
    let same = |reader: &&Reader| reader.columns.contains(&column);
    let describe = |reader: &Reader| {
        let mut info = reader.describe();
        let table = info.insert("name".to_owned(), json!(column));
        info.insert("table_name".to_owned(), table.unwrap_or_default());
        Value::Object(info)
    };
    let upstream: Vec<Value> = all
        .iter()
        .filter(|reader| own.is_some_and(|own| own.sources.contains(&reader.full_name)))
        .filter(same)
        .map(describe)
        .collect();
    let downstream: Vec<Value> = all
        .iter()
        .filter(|reader| reader.sources.contains(&name))
        .filter(same)
        .map(describe)
        .collect();
    Ok(json!({"upstream_cols": upstream, "downstream_cols": downstream}).into())
}

fn start(shared: &Shared, call: &Call) -> Result<(String, Vec<Reader>), ApiError> {
    let name = call.query.get("table_name").and_then(Value::as_str);
    let name = name.unwrap_or_default().to_lowercase();
    let (catalog, schema, table) = three_parts(&name)?;
    let metastore = &shared.engine.metastore;
    metastore
        .find_table(catalog, schema, table)
        .map_err(missing)?;
    Ok((name, readers(shared)))
}

/// Every table and view.
fn readers(shared: &Shared) -> Vec<Reader> {
    let mut all = Vec::new();
    for catalog in shared.engine.metastore.catalogs() {
        for schema in catalog.schemas() {
            let within = (catalog.facts.name.as_str(), schema.facts.name.as_str());
            for table in schema.tables() {
                let query = table.view_definition.as_deref();
                let fields = table.provider.schema();
                all.push(Reader {
                    full_name: format!("{}.{}.{}", within.0, within.1, table.facts.name),
                    columns: fields
                        .fields()
                        .iter()
                        .map(|f| f.name().to_lowercase())
                        .collect(),
                    is_view: query.is_some(),
                    sources: query
                        .map(|query| sources(query, within))
                        .unwrap_or_default(),
                });
            }
        }
    }
    all
}

/// The full names of the tables that a query reads; empty if it cannot be parsed.
fn sources(query: &str, (catalog, schema): (&str, &str)) -> Vec<String> {
    let parsed = DFParser::parse_sql(query).ok();
    let statement = parsed.and_then(|mut statements| statements.pop_front());
    let found = statement.and_then(|statement| resolve_table_references(&statement, true).ok());
    let (tables, _) = found.unwrap_or_default();
    tables
        .into_iter()
        .map(|table| {
            let resolved = TableReference::resolve(table, catalog, schema);
            format!(
                "{}.{}.{}",
                resolved.catalog, resolved.schema, resolved.table
            )
            .to_lowercase()
        })
        .collect()
}

impl Reader {
    fn describe(&self) -> Map<String, Value> {
        let mut parts = self.full_name.split('.');
        let mut next = || json!(parts.next());
        let mut info = Map::new();
        info.insert("catalog_name".to_owned(), next());
        info.insert("schema_name".to_owned(), next());
        info.insert("name".to_owned(), next());
        let kind = if self.is_view { "VIEW" } else { "TABLE" };
        info.insert("table_type".to_owned(), json!(kind));
        info
    }
}
