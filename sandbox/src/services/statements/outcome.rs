//! The result of a statement: its manifest, its chunks and the files behind links.

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::ipc::writer::StreamWriter;
use datafusion::arrow::record_batch::RecordBatch;
use serde_json::{Map, Value, json};

use super::request::{Delivery, Format};
use crate::sql::values::{Row, rows};
use crate::sql::{Rows, SqlError, types};

/// The largest INLINE result, in bytes.
const INLINE_LIMIT: usize = 25 << 20;
/// The largest result here, in bytes. The service allows 100 GiB.
const LIMIT: usize = 256 << 20;

/// A result, cut into chunks.
#[derive(Debug)]
pub(super) struct Outcome {
    columns: SchemaRef,
    batches: Vec<RecordBatch>,
    /// The chunks; an empty result has none.
    pub(super) chunks: Vec<Chunk>,
    truncated: bool,
}

/// Some rows of a result.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    row_offset: usize,
    bytes: usize,
    /// The rows in their written form.
    pub(super) rows: Vec<Row>,
}

impl Chunk {
    /// The place of the chunk in the result.
    pub(super) fn describe(&self, index: usize) -> Map<String, Value> {
        let mut described = Map::new();
        described.insert("chunk_index".to_owned(), json!(index));
        described.insert("row_offset".to_owned(), json!(self.row_offset));
        described.insert("row_count".to_owned(), json!(self.rows.len()));
        described.insert("byte_count".to_owned(), json!(self.bytes));
        described
    }
}

impl Outcome {
    /// Writes the rows and cuts them into chunks of `chunk_rows`.
    ///
    /// # Errors
    /// Fails if an INLINE result is too large, or Arrow cannot write a value.
    pub(super) async fn of(
        result: Rows,
        delivery: Delivery,
        chunk_rows: usize,
    ) -> Result<Self, SqlError> {
        let limit = delivery.byte_limit.unwrap_or(LIMIT).min(LIMIT);
        let mut outcome = Self {
            columns: result.columns,
            batches: result.batches,
            chunks: Vec::new(),
            truncated: result.truncated,
        };
        let mut total = 0;
        let mut chunk = Chunk::default();
        let mut kept = 0;
        'rows: for batch in &outcome.batches {
            // Gives a cancel its turn between batches.
            tokio::task::yield_now().await;
            for row in rows(batch)? {
                let bytes = size(&row);
                if total + bytes > limit {
                    outcome.truncated = true;
                    break 'rows;
                }
                total += bytes;
                kept += 1;
                if delivery.is_inline() && total > INLINE_LIMIT {
                    return Err(too_large());
                }
                chunk.bytes += bytes;
                chunk.rows.push(row);
                if chunk.rows.len() == chunk_rows {
                    outcome.chunks.push(std::mem::take(&mut chunk));
                    chunk.row_offset = kept;
                }
            }
        }
        if !chunk.rows.is_empty() {
            outcome.chunks.push(chunk);
        }
        if delivery.format != Format::ArrowStream {
            outcome.batches.clear();
        }
        Ok(outcome)
    }

    /// The manifest of the result.
    pub(super) fn manifest(&self, delivery: Delivery) -> Value {
        let columns: Vec<Value> = self
            .columns
            .fields()
            .iter()
            .enumerate()
            .map(|(position, field)| Value::Object(types::column(field, position)))
            .collect();
        let mut schema = json!({"column_count": columns.len()});
        let mut manifest = json!({
            "format": delivery.format.name(),
            "schema": {},
            "total_chunk_count": self.chunks.len(),
            "total_row_count": self.chunks.iter().map(|chunk| chunk.rows.len()).sum::<usize>(),
            "truncated": self.truncated,
        });
        if let Some(schema) = schema.as_object_mut().filter(|_| !columns.is_empty()) {
            schema.insert("columns".to_owned(), Value::Array(columns));
        }
        if let Some(manifest) = manifest.as_object_mut() {
            manifest.insert("schema".to_owned(), schema);
            if !self.chunks.is_empty() {
                let bytes: usize = self.chunks.iter().map(|chunk| chunk.bytes).sum();
                let chunks: Vec<Value> = self
                    .chunks
                    .iter()
                    .enumerate()
                    .map(|(index, chunk)| Value::Object(chunk.describe(index)))
                    .collect();
                manifest.insert("total_byte_count".to_owned(), json!(bytes));
                manifest.insert("chunks".to_owned(), Value::Array(chunks));
            }
        }
        manifest
    }

    /// The file behind the link of a chunk: its media type and content. `None` if there is no such chunk.
    ///
    /// # Errors
    /// Fails if the writer of the format fails.
    pub(super) fn file(
        &self,
        index: usize,
        delivery: Delivery,
    ) -> Result<Option<(&'static str, Vec<u8>)>, String> {
        let Some(chunk) = self.chunks.get(index) else {
            return Ok(None);
        };
        let file = match delivery.format {
            Format::JsonArray => (
                "application/json",
                json!(chunk.rows).to_string().into_bytes(),
            ),
            Format::Csv => (
                "text/csv",
                self.csv(chunk, index == 0).map_err(|e| e.to_string())?,
            ),
            Format::ArrowStream => {
                let bytes = self.arrow(chunk).map_err(|error| error.to_string())?;
                ("application/vnd.apache.arrow.stream", bytes)
            }
        };
        Ok(Some(file))
    }

    fn csv(&self, chunk: &Chunk, header: bool) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        if header {
            writer.write_record(self.columns.fields().iter().map(|field| field.name()))?;
        }
        for row in &chunk.rows {
            writer.write_record(row.iter().map(|value| value.as_deref().unwrap_or("null")))?;
        }
        Ok(writer.into_inner()?)
    }

    fn arrow(&self, chunk: &Chunk) -> Result<Vec<u8>, datafusion::arrow::error::ArrowError> {
        let mut writer = StreamWriter::try_new(Vec::new(), &self.columns)?;
        let (start, end) = (chunk.row_offset, chunk.row_offset + chunk.rows.len());
        let mut first = 0;
        for batch in &self.batches {
            let next = first + batch.num_rows();
            let (from, to) = (start.clamp(first, next), end.clamp(first, next));
            if from < to {
                writer.write(&batch.slice(from - first, to - from))?;
            }
            first = next;
        }
        writer.finish()?;
        writer.into_inner()
    }
}

/// The bytes of a row in JSON, not counting escapes.
fn size(row: &Row) -> usize {
    let values = row
        .iter()
        .map(|value| value.as_ref().map_or(4, |text| text.len() + 2) + 1);
    values.sum::<usize>() + 2
}

fn too_large() -> SqlError {
    SqlError::new(
        "INLINE_BYTE_LIMIT_EXCEEDED",
        "54000",
        format!(
            "Statements executed with disposition=INLINE can have a result of at most \
             {INLINE_LIMIT} bytes. Use disposition=EXTERNAL_LINKS for the full result."
        ),
    )
}
