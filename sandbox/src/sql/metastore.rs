//! The metastore: catalogs, schemas and tables, as DataFusion queries them and Unity Catalog lists them.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::catalog::{CatalogProvider, CatalogProviderList, SchemaProvider, TableProvider};
use datafusion::error::DataFusionError;
use parking_lot::RwLock;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::error::{Kind, SqlError};

/// The schema in every catalog that lists the other schemas.
pub(crate) const INFORMATION_SCHEMA: &str = "information_schema";

/// The facts that every catalog, schema and table carries.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// Lower-case name.
    pub(crate) name: String,
    /// A UUID.
    pub(crate) id: String,
    /// The text of `COMMENT`.
    pub(crate) comment: Option<String>,
    /// Milliseconds since the epoch.
    pub(crate) created_at: i64,
    /// The time of the last change, in milliseconds since the epoch.
    pub(crate) updated_at: i64,
    /// Fields that only the REST API of Unity Catalog has.
    pub(crate) more: Map<String, Value>,
}

impl Facts {
    /// Facts of something created now.
    pub(crate) fn new(name: &str, comment: Option<String>) -> Self {
        let now = chrono::Utc::now().timestamp_millis();
        Self {
            name: name.to_lowercase(),
            id: Uuid::new_v4().to_string(),
            comment,
            created_at: now,
            updated_at: now,
            more: Map::new(),
        }
    }
}

/// All catalogs.
#[derive(Debug, Default)]
pub(crate) struct Metastore {
    catalogs: RwLock<BTreeMap<String, Arc<Catalog>>>,
}

/// A catalog and its schemas.
#[derive(Debug)]
pub(crate) struct Catalog {
    /// Name, comment and the rest.
    pub(crate) facts: Facts,
    /// True for the catalogs of the service (`samples`, `system`), which cannot be changed.
    pub(crate) read_only: bool,
    schemas: RwLock<BTreeMap<String, Arc<Schema>>>,
}

/// A schema and its tables.
#[derive(Debug)]
pub(crate) struct Schema {
    /// Name, comment and the rest.
    pub(crate) facts: Facts,
    tables: RwLock<BTreeMap<String, Arc<Table>>>,
}

/// A table or a view.
#[derive(Debug)]
pub(crate) struct Table {
    /// Name, comment and the rest.
    pub(crate) facts: Facts,
    /// The source of its rows.
    pub(crate) provider: Arc<dyn TableProvider>,
    /// The query of a view.
    pub(crate) view_definition: Option<String>,
    /// Column comments by column name.
    pub(crate) column_comments: BTreeMap<String, String>,
}

impl Metastore {
    /// Adds a catalog.
    ///
    /// # Errors
    /// Fails if the name is taken.
    pub(crate) fn create_catalog(&self, facts: Facts, read_only: bool) -> Result<(), SqlError> {
        let mut catalogs = self.catalogs.write();
        if catalogs.contains_key(&facts.name) {
            return Err(SqlError::already_exists(Kind::Catalog, &facts.name));
        }
        let schemas = RwLock::default();
        let name = facts.name.clone();
        catalogs.insert(
            name,
            Arc::new(Catalog {
                facts,
                read_only,
                schemas,
            }),
        );
        Ok(())
    }

    /// Removes a catalog with everything in it.
    ///
    /// # Errors
    /// Fails if the name does not exist.
    pub(crate) fn drop_catalog(&self, name: &str) -> Result<(), SqlError> {
        let name = name.to_lowercase();
        match self.catalogs.write().remove(&name) {
            Some(_) => Ok(()),
            None => Err(SqlError::catalog_not_found(&name)),
        }
    }

    /// Changes the facts of a catalog, including its name, and keeps its contents.
    ///
    /// # Errors
    /// Fails if the name does not exist.
    pub(crate) fn redefine_catalog(
        &self,
        name: &str,
        change: impl FnOnce(&mut Facts),
    ) -> Result<Arc<Catalog>, SqlError> {
        let name = name.to_lowercase();
        let mut catalogs = self.catalogs.write();
        let known = catalogs.remove(&name);
        let known = known.ok_or_else(|| SqlError::catalog_not_found(&name))?;
        let mut facts = known.facts.clone();
        change(&mut facts);
        let changed = Arc::new(Catalog {
            facts,
            read_only: known.read_only,
            schemas: RwLock::new(known.schemas.read().clone()),
        });
        catalogs.insert(changed.facts.name.clone(), changed.clone());
        Ok(changed)
    }

    /// All catalogs by name.
    pub(crate) fn catalogs(&self) -> Vec<Arc<Catalog>> {
        self.catalogs.read().values().cloned().collect()
    }

    /// The catalog of this name.
    ///
    /// # Errors
    /// Fails if the catalog does not exist.
    pub(crate) fn find_catalog(&self, name: &str) -> Result<Arc<Catalog>, SqlError> {
        let name = name.to_lowercase();
        let found = self.catalogs.read().get(&name).cloned();
        found.ok_or_else(|| SqlError::catalog_not_found(&name))
    }

    /// The schema of this name.
    ///
    /// # Errors
    /// Fails if the catalog or the schema does not exist.
    pub(crate) fn find_schema(&self, catalog: &str, name: &str) -> Result<Arc<Schema>, SqlError> {
        let name = name.to_lowercase();
        let found = self
            .find_catalog(catalog)?
            .schemas
            .read()
            .get(&name)
            .cloned();
        found.ok_or_else(|| SqlError::schema_not_found(&format!("{catalog}.{name}")))
    }

    /// The table or view of this name.
    ///
    /// # Errors
    /// Fails if the catalog, the schema or the table does not exist.
    pub(crate) fn find_table(
        &self,
        catalog: &str,
        schema: &str,
        name: &str,
    ) -> Result<Arc<Table>, SqlError> {
        let full_name = format!("{catalog}.{schema}.{name}").to_lowercase();
        let found = self.find_schema(catalog, schema).ok();
        let found = found.and_then(|schema| schema.table_named(name));
        found.ok_or_else(|| SqlError::table_not_found(&full_name))
    }
}

impl Catalog {
    /// Adds a schema.
    ///
    /// # Errors
    /// Fails if the name is taken.
    pub(crate) fn create_schema(&self, facts: Facts) -> Result<(), SqlError> {
        let mut schemas = self.schemas.write();
        if schemas.contains_key(&facts.name) || facts.name == INFORMATION_SCHEMA {
            return Err(SqlError::already_exists(Kind::Schema, &facts.name));
        }
        let name = facts.name.clone();
        schemas.insert(
            name,
            Arc::new(Schema {
                facts,
                tables: RwLock::default(),
            }),
        );
        Ok(())
    }

    /// Removes a schema. One with tables in it goes only if `cascade` is set.
    ///
    /// # Errors
    /// Fails if the name does not exist, or the schema is not empty.
    pub(crate) fn drop_schema(&self, name: &str, cascade: bool) -> Result<(), SqlError> {
        let name = name.to_lowercase();
        let mut schemas = self.schemas.write();
        match schemas.get(&name) {
            None => Err(SqlError::schema_not_found(&format!(
                "{}.{name}",
                self.facts.name
            ))),
            Some(schema) if !cascade && !schema.tables.read().is_empty() => Err(SqlError::new(
                "SCHEMA_NOT_EMPTY",
                "2BP01",
                format!("The schema `{name}` holds tables. CASCADE drops them too."),
            )),
            Some(_) => {
                schemas.remove(&name);
                Ok(())
            }
        }
    }

    /// Changes the facts of a schema, including its name, and keeps its contents.
    ///
    /// # Errors
    /// Fails if the name does not exist.
    pub(crate) fn redefine_schema(
        &self,
        name: &str,
        change: impl FnOnce(&mut Facts),
    ) -> Result<Arc<Schema>, SqlError> {
        let name = name.to_lowercase();
        let mut schemas = self.schemas.write();
        let known = schemas.remove(&name);
        let missing = || SqlError::schema_not_found(&format!("{}.{name}", self.facts.name));
        let known = known.ok_or_else(missing)?;
        let mut facts = known.facts.clone();
        change(&mut facts);
        let changed = Arc::new(Schema {
            facts,
            tables: RwLock::new(known.tables.read().clone()),
        });
        schemas.insert(changed.facts.name.clone(), changed.clone());
        Ok(changed)
    }

    /// All schemas by name, without `information_schema`.
    pub(crate) fn schemas(&self) -> Vec<Arc<Schema>> {
        self.schemas.read().values().cloned().collect()
    }
}

impl Schema {
    /// Adds a table or view; `replace` lets it take the place of one with the same name.
    ///
    /// # Errors
    /// Fails if the name is taken and `replace` is false.
    pub(crate) fn put_table(&self, table: Table, replace: bool) -> Result<(), SqlError> {
        let mut tables = self.tables.write();
        if tables.contains_key(&table.facts.name) && !replace {
            return Err(SqlError::already_exists(Kind::Table, &table.facts.name));
        }
        tables.insert(table.facts.name.clone(), Arc::new(table));
        Ok(())
    }

    /// Changes the facts of a table or view; `None` if the name does not exist.
    pub(crate) fn redefine_table(
        &self,
        name: &str,
        change: impl FnOnce(&mut Facts),
    ) -> Option<Arc<Table>> {
        let mut tables = self.tables.write();
        let known = tables.get_mut(&name.to_lowercase())?;
        let mut facts = known.facts.clone();
        change(&mut facts);
        *known = Arc::new(Table {
            facts,
            provider: known.provider.clone(),
            view_definition: known.view_definition.clone(),
            column_comments: known.column_comments.clone(),
        });
        Some(known.clone())
    }

    /// Removes a table or view; `false` if the name does not exist.
    pub(crate) fn drop_table(&self, name: &str) -> bool {
        self.tables.write().remove(&name.to_lowercase()).is_some()
    }

    /// The table or view of this name.
    pub(crate) fn table_named(&self, name: &str) -> Option<Arc<Table>> {
        self.tables.read().get(&name.to_lowercase()).cloned()
    }

    /// All tables and views by name.
    pub(crate) fn tables(&self) -> Vec<Arc<Table>> {
        self.tables.read().values().cloned().collect()
    }
}

impl CatalogProviderList for Metastore {
    fn register_catalog(
        &self,
        _name: String,
        _catalog: Arc<dyn CatalogProvider>,
    ) -> Option<Arc<dyn CatalogProvider>> {
        None
    }

    fn catalog_names(&self) -> Vec<String> {
        self.catalogs.read().keys().cloned().collect()
    }

    fn catalog(&self, name: &str) -> Option<Arc<dyn CatalogProvider>> {
        Some(self.find_catalog(name).ok()?)
    }
}

impl CatalogProvider for Catalog {
    fn schema_names(&self) -> Vec<String> {
        self.schemas.read().keys().cloned().collect()
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        Some(self.schemas.read().get(&name.to_lowercase())?.clone())
    }
}

#[async_trait]
impl SchemaProvider for Schema {
    fn table_names(&self) -> Vec<String> {
        self.tables.read().keys().cloned().collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        Ok(self.table_named(name).map(|table| table.provider.clone()))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.table_named(name).is_some()
    }
}
