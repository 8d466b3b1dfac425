//! Tables of the samples, column by column, with numbers that only look random.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Decimal128Array, Int64Array, StringArray};
use datafusion::arrow::datatypes::{Field, Schema as ArrowSchema};
use datafusion::arrow::record_batch::RecordBatch;

use crate::sql::definitions::memory;
use crate::sql::error::SqlError;
use crate::sql::metastore::{Facts, Metastore, Table};

/// Puts a table into a schema of `samples`.
///
/// # Errors
/// Fails if the columns differ in length, or the schema does not exist.
pub(super) fn put(
    metastore: &Metastore,
    schema: &str,
    name: &str,
    columns: Vec<(&str, ArrayRef)>,
) -> Result<(), SqlError> {
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
        .collect();
    let arrow_schema = Arc::new(ArrowSchema::new(fields));
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    let batch = RecordBatch::try_new(arrow_schema.clone(), arrays)?;
    let table = Table {
        facts: Facts::new(name, None),
        provider: memory(arrow_schema, vec![batch])?,
        view_definition: None,
        column_comments: BTreeMap::new(),
    };
    metastore
        .find_schema("samples", schema)?
        .put_table(table, false)
}

pub(super) fn longs(values: impl Iterator<Item = i64>) -> ArrayRef {
    Arc::new(values.collect::<Int64Array>())
}

pub(super) fn texts(values: impl Iterator<Item = String>) -> ArrayRef {
    Arc::new(values.map(Some).collect::<StringArray>())
}

/// `DECIMAL(18,2)` of hundredths.
pub(super) fn money(values: impl Iterator<Item = i128>) -> Result<ArrayRef, SqlError> {
    let values: Decimal128Array = values.map(Some).collect();
    Ok(Arc::new(values.with_precision_and_scale(18, 2)?))
}

/// Numbers that look random and are the same at every start (SplitMix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// A number from `low` up to, but not including, `high`.
    pub(super) fn within(&mut self, low: i64, high: i64) -> i64 {
        let width = u64::try_from(high - low).unwrap_or(1).max(1);
        low + i64::try_from(self.next() % width).unwrap_or(0)
    }

    pub(super) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        let index = self.next() % (from.len().max(1) as u64);
        usize::try_from(index)
            .ok()
            .and_then(|index| from.get(index))
            .copied()
            .unwrap_or("")
    }
}
