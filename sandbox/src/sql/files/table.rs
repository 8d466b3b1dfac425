//! A table of files: its columns are settled where the statement is planned, its rows are read where it runs.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DataFusionError, Result};
use datafusion::datasource::MemTable;
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;

use super::reading::Source;
use crate::sql::error::SqlError;
use crate::stored::Stored;

/// Files as a table.
pub(super) struct Files {
    stored: Arc<Stored>,
    source: Source,
    schema: SchemaRef,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Files").field(&self.source).finish()
    }
}

impl Files {
    /// A table of these files, with the columns that they have now.
    ///
    /// # Errors
    /// Fails if there are no files, or they cannot be read so.
    pub(super) fn new(stored: Arc<Stored>, mut source: Source) -> Result<Self, SqlError> {
        let schema = source.read(&stored)?.schema();
        let rescued = source.options.rescued.as_deref();
        let fields = schema
            .fields()
            .iter()
            .filter(|field| Some(field.name().as_str()) != rescued);
        let fixed = Schema::new(fields.cloned().collect::<Vec<_>>());
        source.options.schema = Some(Arc::new(fixed));
        Ok(Self {
            stored,
            source,
            schema,
        })
    }
}

#[async_trait]
impl TableProvider for Files {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let read = self.source.read(&self.stored);
        let batch = read.map_err(|error| DataFusionError::External(Box::new(error)))?;
        let table = MemTable::try_new(self.schema.clone(), vec![vec![batch]])?;
        table.scan(session, projection, filters, limit).await
    }
}
