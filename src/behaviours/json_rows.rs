//! The rows of a JSON file, taken out of its text while it arrives: only those that are wanted are held.

use serde_json::Deserializer;

use crate::shape;

/// One row, as the service writes it: every value as text; nothing for NULL.
pub(super) type Row = Vec<Option<String>>;

/// What is said of a file that is something else.
const NO_ROWS: &str = "its file holds no rows as JSON";

/// The rows of a file that are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted {
    /// Rows before the first.
    pub(super) skip: u64,
    pub(super) rows: u64,
    /// Bytes of text after which no further row is needed.
    pub(super) bytes: usize,
}

/// The text of wanted rows, one after the other.
#[derive(Debug)]
pub(super) struct JsonRows {
    wanted: Wanted,
    kept: Vec<u8>,
    /// Bytes of it that are whole rows.
    whole: usize,
    /// Rows that have come, with those that are not wanted.
    seen: u64,
    depth: usize,
    in_text: bool,
    escaped: bool,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    GoesOn,
    /// All that is wanted is here.
    Full,
    Ended,
    /// It is no array of arrays.
    Broken,
}

impl JsonRows {
    /// All rows of a file.
    pub(super) fn all() -> Self {
        Self::new(Wanted {
            skip: 0,
            rows: u64::MAX,
            bytes: usize::MAX,
        })
    }

    pub(super) fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            kept: Vec::new(),
            whole: 0,
            seen: 0,
            depth: 0,
            in_text: false,
            escaped: false,
            state: State::GoesOn,
        }
    }

    /// Takes in the next bytes of the file. Returns whether more are needed.
    pub(super) fn feed(&mut self, piece: &[u8]) -> bool {
        let mut at = 0;
        // The begin of what is to be kept of this piece.
        let mut from = 0;
        while let Some(&byte) = piece.get(at) {
            at += 1;
            match self.state {
                State::GoesOn => {}
                State::Ended if byte.is_ascii_whitespace() => continue,
                State::Ended => self.state = State::Broken,
                State::Full | State::Broken => {}
            }
            if self.state != State::GoesOn {
                return false;
            }
            if self.escaped {
                self.escaped = false;
            } else if self.in_text {
                match byte {
                    b'"' => self.in_text = false,
                    b'\\' => self.escaped = true,
                    _ => {
                        let rest = piece.get(at..).unwrap_or_default();
                        at += memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
                    }
                }
            } else {
                match (byte, self.depth) {
                    (b'[', 0) => self.depth = 1,
                    (b'[', 1) => {
                        self.depth = 2;
                        from = at - 1;
                    }
                    (b'[', _) => self.depth += 1,
                    (b']', 1) => {
                        self.depth = 0;
                        self.state = State::Ended;
                    }
                    (b']', 2) => {
                        self.depth = 1;
                        self.keep(piece.get(from..at).unwrap_or_default());
                        self.seen += 1;
                        self.whole = self.kept.len();
                        if self.is_full() {
                            self.state = State::Full;
                        }
                    }
                    (b']', 3..) => self.depth -= 1,
                    (b'"', 2..) => self.in_text = true,
                    (byte, 0) if byte.is_ascii_whitespace() => {}
                    (byte, 1) if byte == b',' || byte.is_ascii_whitespace() => {}
                    (_, 0 | 1) => self.state = State::Broken,
                    _ => {}
                }
            }
        }
        if self.depth >= 2 {
            self.keep(piece.get(from..).unwrap_or_default());
        }
        self.state == State::GoesOn
    }

    fn keep(&mut self, part: &[u8]) {
        if self.seen >= self.wanted.skip {
            self.kept.extend_from_slice(part);
        }
    }

    fn is_full(&self) -> bool {
        self.seen >= self.wanted.skip.saturating_add(self.wanted.rows)
            || self.kept.len() >= self.wanted.bytes
    }

    /// Takes out the rows that have come whole, so that no more than the one under way is held.
    ///
    /// # Errors
    /// The file is no array of arrays, or a row is none.
    pub(super) fn drained(&mut self) -> Result<Vec<Row>, String> {
        if self.state == State::Broken {
            return Err(NO_ROWS.to_owned());
        }
        let text: Vec<u8> = self.kept.drain(..self.whole).collect();
        self.whole = 0;
        rows(&text).collect()
    }

    /// True at the end of the array, or once all that is wanted has come.
    pub(super) fn has_ended(&self) -> bool {
        matches!(self.state, State::Ended | State::Full)
    }

    /// Bytes that are held.
    pub(super) fn held(&self) -> usize {
        self.kept.len()
    }

    /// The text of the wanted rows, where the file holds `count` rows or was read only as far as they go.
    ///
    /// # Errors
    /// The reason why the file is not what it should be.
    pub(super) fn text(self, count: Option<u64>) -> Result<Vec<u8>, String> {
        match (self.state, count) {
            (State::Broken, _) => Err(NO_ROWS.to_owned()),
            (State::GoesOn, _) => Err(format!(
                "its file breaks off after {}",
                shape::counted(self.seen, "row")
            )),
            (State::Ended, Some(count)) if count != self.seen => Err(format!(
                "its file holds {} in place of {count}",
                shape::counted(self.seen, "row")
            )),
            (State::Ended | State::Full, _) => Ok(self.kept),
        }
    }
}

/// Reads rows whose texts stand one after the other.
pub(super) fn rows(text: &[u8]) -> impl Iterator<Item = Result<Row, String>> {
    let rows = Deserializer::from_slice(text).into_iter::<Row>();
    rows.map(|row| row.map_err(|error| format!("a row cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const FILE: &str = r#" [["1","a]\"[\\"], [null,"{\"x\":[1]}"] ,["3","é\n"],["4",""]]
"#;

    fn read(piece: usize, wanted: Wanted, count: u64) -> Result<Vec<Row>, String> {
        let mut reading = JsonRows::new(wanted);
        for piece in FILE.as_bytes().chunks(piece) {
            if !reading.feed(piece) {
                break;
            }
        }
        let text = reading.text(Some(count))?;
        rows(&text).collect()
    }

    fn all(skip: u64, rows: u64, bytes: usize) -> Wanted {
        Wanted { skip, rows, bytes }
    }

    #[test]
    fn the_wanted_rows_are_the_same_however_the_file_comes() {
        let whole: Vec<Row> = serde_json::from_str(FILE).unwrap();
        for piece in 1..=FILE.len() {
            for skip in 0..=4 {
                for count in 1..=4 {
                    let rows = read(piece, all(skip as u64, count as u64, usize::MAX), 4);
                    let expected: Vec<Row> = whole.iter().skip(skip).take(count).cloned().collect();
                    assert_eq!(rows.unwrap(), expected, "{piece} {skip} {count}");
                }
            }
            let one = read(piece, all(1, u64::MAX, 1), 4).unwrap();
            assert_eq!(one, whole.get(1..2).unwrap());
        }
    }

    #[test]
    fn a_file_that_is_not_what_it_should_be_is_told() {
        let everything = all(0, u64::MAX, usize::MAX);
        let counted = read(7, everything, 5).unwrap_err();
        assert_eq!(counted, "its file holds 4 rows in place of 5");
        for (file, told) in [
            ("[[\"1\"],[\"2", "its file breaks off after 1 row"),
            ("", "its file breaks off after 0 rows"),
            ("<Error/>", "its file holds no rows as JSON"),
            ("[{\"a\":1}]", "its file holds no rows as JSON"),
        ] {
            let mut reading = JsonRows::new(everything);
            reading.feed(file.as_bytes());
            assert_eq!(reading.text(None).unwrap_err(), told);
        }
        let mut reading = JsonRows::new(everything);
        reading.feed(b"[[1e]]");
        let text = reading.text(Some(1)).unwrap();
        assert!(rows(&text).any(|row| row.is_err()));
    }
}
