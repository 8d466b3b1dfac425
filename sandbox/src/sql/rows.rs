//! The result of a statement.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatchOptions};
use datafusion::arrow::datatypes::{Field, Schema as ArrowSchema, SchemaRef};
use datafusion::arrow::record_batch::RecordBatch;

use super::error::SqlError;

/// The result of a statement.
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
    /// Fails if the columns differ in length.
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

/// The same rows under other column names.
pub(crate) fn renamed(rows: Rows, names: &[String]) -> Result<Rows, SqlError> {
    let fields: Vec<Field> = rows
        .columns
        .fields()
        .iter()
        .zip(names)
        .map(|(field, name)| field.as_ref().clone().with_name(name))
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
