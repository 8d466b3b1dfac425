//! Files of a result in Arrow's stream format, joined to one stream as their bytes come.
//!
//! Each file is a whole stream: the schema as its first message, batches of rows, and a mark at its end. The schema is
//! kept of the first file, the marks are taken away, and one is put at the end. Batches pass as they are, so that no
//! value is touched and nothing need understand them.

use super::Row;
use super::source::Split;

/// The mark at the end of a stream.
pub(super) const END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

/// What every message begins with, before its length.
const MESSAGE: [u8; 4] = [0xff; 4];
/// Bytes of a schema at most; it tells what is no Arrow from what is.
const SCHEMA: usize = 64 << 20;

/// One file of the result, on its way into the stream.
#[derive(Debug)]
pub(super) struct Splicer {
    is_first: bool,
    /// Bytes of the schema that are still to be passed over; none before its length is known.
    over: Option<usize>,
    /// Bytes whose turn has not come: the first of the file, and the last, which may be its mark.
    held: Vec<u8>,
    is_whole: bool,
}

impl Split for Splicer {
    type Part = u8;

    fn nth(nth: usize) -> Self {
        Self {
            is_first: nth == 0,
            over: None,
            held: Vec::new(),
            is_whole: false,
        }
    }

    fn inline(_: Vec<Row>) -> Vec<u8> {
        Vec::new()
    }

    fn is_whole(&self) -> bool {
        self.is_whole
    }

    fn take(&mut self, piece: &[u8]) -> Result<Vec<u8>, String> {
        self.held.extend_from_slice(piece);
        let over = match self.over {
            Some(over) => over,
            None => {
                let Some((first, rest)) = self.held.split_first_chunk::<4>() else {
                    return Ok(Vec::new());
                };
                let Some(length) = rest.first_chunk::<4>() else {
                    return Ok(Vec::new());
                };
                let length = usize::try_from(i32::from_le_bytes(*length)).unwrap_or(0);
                if *first != MESSAGE || length == 0 || length > SCHEMA {
                    return Err("it is no stream of Arrow".to_owned());
                }
                let schema = MESSAGE.len() + 4 + length;
                *self.over.insert(if self.is_first { 0 } else { schema })
            }
        };
        let passed = over.min(self.held.len());
        self.held.drain(..passed);
        self.over = Some(over - passed);
        let ready = self.held.len().saturating_sub(END.len());
        Ok(self.held.drain(..ready).collect())
    }

    fn end(&mut self) -> Result<Vec<u8>, String> {
        if self.over != Some(0) {
            return Err("the file ended before its schema".to_owned());
        }
        self.is_whole = true;
        let last = std::mem::take(&mut self.held);
        Ok(if last == END { Vec::new() } else { last })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use proptest::prelude::*;

    use super::*;

    /// A stream of a schema and a batch, as far as the splicer looks at them.
    fn file(batch: &[u8], ended: bool) -> Vec<u8> {
        let mut file = [&MESSAGE[..], &8_i32.to_le_bytes(), b"a schema"].concat();
        file.extend_from_slice(batch);
        if ended {
            file.extend_from_slice(&END);
        }
        file
    }

    proptest! {
        #[test]
        fn one_schema_every_batch_and_no_mark_in_between(
            batches in prop::collection::vec(prop::collection::vec(any::<u8>(), 8..40), 1..4),
            size in 1_usize..30,
            ended in any::<bool>(),
        ) {
            let mut joined = Vec::new();
            for (nth, batch) in batches.iter().enumerate() {
                let mut splicer = Splicer::nth(nth);
                for piece in file(batch, ended).chunks(size) {
                    joined.extend(splicer.take(piece).unwrap());
                }
                joined.extend(splicer.end().unwrap());
            }
            prop_assume!(!batches.iter().any(|batch| batch.ends_with(&END)));
            prop_assert_eq!(joined, file(&batches.concat(), false));
        }
    }

    #[test]
    fn what_is_no_arrow_is_refused() {
        let mut splicer = Splicer::nth(1);
        assert!(splicer.take(b"[[\"a\"]]  ").is_err());
        let mut splicer = Splicer::nth(1);
        splicer.take(&file(b"", false)[..10]).unwrap();
        assert!(splicer.end().is_err());
    }
}
