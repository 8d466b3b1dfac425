//! A result as Parquet: the batches of the service's Arrow stream, in groups of rows that are written as they fill up.

use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

/// Bytes of a group of rows, which is held in memory until it is written.
const GROUP: usize = 8 << 20;

/// A file of Parquet under way.
pub(super) struct Writer {
    decoder: StreamDecoder,
    /// None until the schema has come.
    writer: Option<ArrowWriter<Vec<u8>>>,
    rows: u64,
}

impl Writer {
    /// A file of nothing yet.
    pub(super) fn new() -> Self {
        Self {
            decoder: StreamDecoder::new(),
            writer: None,
            rows: 0,
        }
    }

    /// Rows that were taken.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Takes a piece of one Arrow stream, and returns the bytes of the file that are ready.
    ///
    /// # Errors
    /// It is no such stream, or has a type that Parquet has not.
    pub(super) fn take(&mut self, piece: Vec<u8>) -> Result<Vec<u8>, String> {
        let mut piece = Buffer::from_vec(piece);
        while !piece.is_empty() {
            let batch = self.decoder.decode(&mut piece);
            let batch = batch.map_err(|error| error.to_string())?;
            if let Some(schema) = self.decoder.schema()
                && self.writer.is_none()
            {
                let properties = WriterProperties::builder();
                let properties = properties.set_compression(Compression::SNAPPY).build();
                let writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties));
                self.writer = Some(writer.map_err(|error| error.to_string())?);
            }
            if let (Some(batch), Some(writer)) = (batch, &mut self.writer) {
                self.rows += batch.num_rows() as u64;
                let written = writer.write(&batch);
                written.map_err(|error| error.to_string())?;
                if writer.memory_size() >= GROUP {
                    writer.flush().map_err(|error| error.to_string())?;
                }
            }
        }
        let ready = self.writer.as_mut().map(ArrowWriter::inner_mut);
        Ok(ready.map(std::mem::take).unwrap_or_default())
    }

    /// The end of the file; none of one that had no schema.
    ///
    /// # Errors
    /// The stream broke off.
    pub(super) fn end(mut self) -> Result<Option<Vec<u8>>, String> {
        self.decoder.finish().map_err(|error| error.to_string())?;
        let ended = self.writer.map(ArrowWriter::into_inner);
        ended.transpose().map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use std::sync::Arc;

    use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use arrow_ipc::writer::StreamWriter;
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    use super::*;

    fn batch(from: i64, rows: i64) -> RecordBatch {
        // Numbers that compress badly.
        let number = |n: i64| n.wrapping_mul(0x1e37_79b9_7f4a_7c15);
        let numbers = Int64Array::from_iter_values((from..from + rows).map(number));
        let texts = (from..from + rows).map(|n| (n % 3 > 0).then(|| format!("caf\u{e9} {n}")));
        let texts = StringArray::from_iter(texts);
        let columns: [(&str, ArrayRef); 2] = [("n", Arc::new(numbers)), ("text", Arc::new(texts))];
        RecordBatch::try_from_iter_with_nullable(
            columns.map(|(name, column)| (name, column, name == "text")),
        )
        .unwrap()
    }

    /// The file of these batches, taken in pieces of this size, and the most bytes that were ready at once.
    fn file(batches: &[RecordBatch], size: usize) -> (Vec<u8>, usize) {
        let schema = batches[0].schema();
        let mut stream = StreamWriter::try_new(Vec::new(), &schema).unwrap();
        batches
            .iter()
            .for_each(|batch| stream.write(batch).unwrap());
        // The mark of its end is not among what is taken.
        let stream = stream.into_inner().unwrap();
        let stream = stream.strip_suffix(&super::super::END).unwrap();
        let (mut writer, mut file, mut most) = (Writer::new(), Vec::new(), 0);
        for piece in stream.chunks(size) {
            let ready = writer.take(piece.to_vec()).unwrap();
            most = most.max(ready.len());
            file.extend(ready);
        }
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        assert_eq!(writer.rows(), rows as u64);
        file.extend(writer.end().unwrap().unwrap());
        (file, most)
    }

    fn rows(file: Vec<u8>) -> Vec<RecordBatch> {
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(file)).unwrap();
        let reader = reader.with_batch_size(1_000).build().unwrap();
        reader.map(Result::unwrap).collect()
    }

    #[test]
    fn what_is_read_back_is_what_came_whatever_the_pieces() {
        let batches = [batch(0, 1_000), batch(1_000, 1_000), batch(2_000, 7)];
        for size in [1, 7, 1_000, 1 << 20] {
            assert_eq!(rows(file(&batches, size).0), batches);
        }
        let none = [batch(0, 0)];
        assert!(rows(file(&none, 64).0).is_empty());
    }

    #[test]
    fn a_large_result_is_written_in_groups_as_it_comes() {
        let batches: Vec<RecordBatch> = (0..200).map(|nth| batch(nth * 10_000, 10_000)).collect();
        let (file, most) = file(&batches, 1 << 18);
        assert!(most > 0 && most < GROUP + (1 << 20), "{most}");
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(file)).unwrap();
        assert!(reader.metadata().num_row_groups() > 2);
        assert_eq!(reader.metadata().file_metadata().num_rows(), 2_000_000);
    }

    #[test]
    fn what_is_no_arrow_or_breaks_off_is_refused() {
        let mut writer = Writer::new();
        let taken = writer.take(b"[[\"a\"]]  and so on".to_vec());
        assert!(taken.is_err() || writer.end().is_err());
        let mut stream = StreamWriter::try_new(Vec::new(), &batch(0, 9).schema()).unwrap();
        stream.write(&batch(0, 9)).unwrap();
        let stream = stream.into_inner().unwrap();
        let mut writer = Writer::new();
        writer.take(stream[..stream.len() / 2].to_vec()).unwrap();
        assert!(writer.end().is_err());
        assert!(Writer::new().end().unwrap().is_none());
    }
}
