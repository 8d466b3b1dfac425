//! Rows of a file that is one JSON list of lists, handed on as its bytes come.

use super::Row;
use super::source::Split;
use crate::behaviours::json_rows::JsonRows;

/// A reader of the file that keeps no more of it than the row under way.
#[derive(Debug)]
pub(super) struct Splitter(JsonRows);

impl Split for Splitter {
    type Part = Row;

    fn nth(_: usize) -> Self {
        Self(JsonRows::all())
    }

    fn inline(rows: Vec<Row>) -> Vec<Row> {
        rows
    }

    fn is_whole(&self) -> bool {
        self.0.has_ended()
    }

    fn end(&mut self) -> Result<Vec<Row>, String> {
        Err("the file ended in the middle".to_owned())
    }

    fn take(&mut self, piece: &[u8]) -> Result<Vec<Row>, String> {
        self.0.feed(piece);
        self.0.drained()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rows_come_whole_and_in_order_however_the_file_is_cut(
            rows in vec(vec(option::of(any::<String>()), 0..4), 0..8),
            pretty in any::<bool>(),
            size in 1_usize..20,
        ) {
            let file = if pretty {
                serde_json::to_vec_pretty(&rows).unwrap()
            } else {
                serde_json::to_vec(&rows).unwrap()
            };
            let mut splitter = Splitter::nth(0);
            let mut read = Vec::new();
            for piece in file.chunks(size) {
                prop_assert!(!splitter.is_whole());
                read.extend(splitter.take(piece).unwrap());
            }
            prop_assert!(splitter.is_whole());
            prop_assert_eq!(read, rows);
        }
    }

    #[test]
    fn what_is_no_list_of_rows_is_refused() {
        for file in [
            "{}]",
            "7",
            "[7]",
            "\"[\"",
            "[[\"a\"]] x",
            "[[7]]",
            "<html>",
            "]",
        ] {
            let mut splitter = Splitter::nth(0);
            assert!(splitter.take(file.as_bytes()).is_err(), "{file}");
        }
        let mut splitter = Splitter::nth(0);
        splitter.take(b"[[\"a\"],[\"b").unwrap();
        assert!(!splitter.is_whole());
    }
}
