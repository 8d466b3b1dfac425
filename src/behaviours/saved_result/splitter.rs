//! Rows of a file that is one JSON list of lists, taken apart as its bytes come.

use super::Row;
use super::source::Split;

/// A reader of the file that keeps no more of it than the row under way.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    /// The bytes of the row under way.
    row: Vec<u8>,
    depth: usize,
    in_text: bool,
    /// The byte before was a backslash in a text.
    escaped: bool,
    is_whole: bool,
}

impl Split for Splitter {
    type Part = Row;

    fn nth(_: usize) -> Self {
        Self::default()
    }

    fn inline(rows: Vec<Row>) -> Vec<Row> {
        rows
    }

    fn is_whole(&self) -> bool {
        self.is_whole
    }

    fn end(&mut self) -> Result<Vec<Row>, String> {
        Err("the file ended in the middle".to_owned())
    }

    fn take(&mut self, piece: &[u8]) -> Result<Vec<Row>, String> {
        let mut rows = Vec::new();
        for &byte in piece {
            if self.depth >= 2 {
                self.row.push(byte);
            }
            if self.in_text {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_text = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => {}
                _ if self.is_whole => return Err("something follows its list of rows".to_owned()),
                b'[' | b'{' => {
                    self.depth += 1;
                    if self.depth == 2 {
                        self.row.push(byte);
                    }
                }
                b']' | b'}' => {
                    let above = self.depth.checked_sub(1);
                    self.depth = above.ok_or_else(|| "it is no list of rows".to_owned())?;
                    self.is_whole = self.depth == 0;
                    if self.depth == 1 {
                        let row = serde_json::from_slice(&self.row);
                        rows.push(row.map_err(|error| format!("a row cannot be read: {error}"))?);
                        self.row.clear();
                    }
                }
                b'"' if self.depth >= 2 => self.in_text = true,
                b',' if self.depth == 1 => {}
                _ if self.depth < 2 => return Err("it is no list of rows".to_owned()),
                _ => {}
            }
        }
        Ok(rows)
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
            let mut splitter = Splitter::default();
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
            let mut splitter = Splitter::default();
            assert!(splitter.take(file.as_bytes()).is_err(), "{file}");
        }
        let mut splitter = Splitter::default();
        splitter.take(b"[[\"a\"],[\"b").unwrap();
        assert!(!splitter.is_whole());
    }
}
