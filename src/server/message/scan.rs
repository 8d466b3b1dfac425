//! One pass over a line's bytes before it is parsed: how deep it nests, how many values it holds, and its id. It
//! works on a line in pieces, so that a line that is too long to keep is known all the same.

use memchr::memchr2;
use serde_json::Value;

/// The longest id that is read, with its quotes.
const LONGEST_ID: usize = 256;
/// The longest name of a member that matters here.
const LONGEST_NAME: usize = 8;

/// What is known of a line so far.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// The number of bytes.
    pub(crate) length: usize,
    /// The deepest nesting of arrays and objects.
    pub(crate) deepest: usize,
    /// The number of members and items, about.
    pub(crate) values: usize,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// After the colon of a member of the outermost object.
    in_member: bool,
    name: Vec<u8>,
    value: Vec<u8>,
    id: Option<Vec<u8>>,
    is_answer: bool,
}

impl Scan {
    /// Takes in the next bytes of the line.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.length = self.length.saturating_add(bytes.len());
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            if self.in_string {
                if self.escaped {
                    self.escaped = false;
                    self.keep(&[byte]);
                    rest = after;
                    continue;
                }
                let plain = memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
                let (text, after) = rest.split_at(plain);
                self.keep(text);
                rest = after;
                let Some((&end, after)) = rest.split_first() else {
                    break;
                };
                match end {
                    b'\\' => self.escaped = true,
                    _ => self.in_string = false,
                }
                self.keep(&[end]);
                rest = after;
                continue;
            }
            self.structural(byte);
            rest = after;
        }
    }

    fn structural(&mut self, byte: u8) {
        match byte {
            b'"' => {
                self.in_string = true;
                self.keep(b"\"");
            }
            b'{' | b'[' => {
                self.depth += 1;
                self.values += 1;
                self.deepest = self.deepest.max(self.depth);
            }
            b'}' | b']' => {
                if self.depth == 1 {
                    self.end_member();
                }
                self.depth = self.depth.saturating_sub(1);
            }
            b',' => {
                self.values += 1;
                if self.depth == 1 {
                    self.end_member();
                }
            }
            b':' if self.depth == 1 && !self.in_member => {
                self.in_member = true;
                self.value.clear();
            }
            b' ' | b'\t' | b'\r' | b'\n' => {}
            other => self.keep(&[other]),
        }
    }

    /// Keeps bytes of a name or of a value of the outermost object, as far as they can matter.
    fn keep(&mut self, bytes: &[u8]) {
        if self.depth != 1 {
            return;
        }
        let (kept, most) = if self.in_member {
            (&mut self.value, LONGEST_ID)
        } else {
            (&mut self.name, LONGEST_NAME)
        };
        // One byte more than fits tells that it is too long.
        let room = (most + 1).saturating_sub(kept.len()).min(bytes.len());
        kept.extend_from_slice(bytes.get(..room).unwrap_or_default());
    }

    fn end_member(&mut self) {
        match self.name.as_slice() {
            b"\"id\"" => self.id = Some(std::mem::take(&mut self.value)),
            b"\"result\"" | b"\"error\"" => self.is_answer = true,
            _ => {}
        }
        self.name.clear();
        self.value.clear();
        self.in_member = false;
    }

    /// The id to answer under: a string or a number. An answer's id is the server's own and none of these.
    pub(crate) fn id(&self) -> Option<Value> {
        let id = self.id.as_ref().filter(|id| id.len() <= LONGEST_ID)?;
        let id: Value = serde_json::from_slice(id).ok()?;
        ((id.is_string() || id.is_number()) && !self.is_answer).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::*;

    fn scan(line: &[u8], piece: usize) -> Scan {
        let mut scan = Scan::default();
        for piece in line.chunks(piece) {
            scan.feed(piece);
        }
        scan
    }

    #[test]
    fn an_id_is_read_wherever_it_stands_and_however_the_line_is_cut() {
        for (line, id) in [
            (&br#"{"jsonrpc":"2.0","id":7,"method":"x"}"#[..], json!(7)),
            (
                br#"{"method":"x","params":{"id":1},"id" : "a\"b"}"#,
                json!("a\"b"),
            ),
            (br#"{"id":-1.5,"params":["id",{"id":3}]}"#, json!(-1.5)),
            (b"{\"id\":9,\"params\":\"\xff\"", json!(9)),
            (br#"{"id":5,"method":nonsense}"#, json!(5)),
        ] {
            for piece in [1, 2, 5, 100] {
                assert_eq!(scan(line, piece).id(), Some(id.clone()), "{piece}");
            }
        }
    }

    fn depth(value: &Value) -> usize {
        match value {
            Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
            Value::Object(fields) => 1 + fields.values().map(depth).max().unwrap_or(0),
            _ => 0,
        }
    }

    #[test]
    fn the_seeds_of_the_fuzz_target_are_known_alike_however_they_are_cut() {
        let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuzz/seeds/line");
        let (mut seen, mut sound) = (0, 0);
        for seed in std::fs::read_dir(seeds).unwrap() {
            let line = std::fs::read(seed.unwrap().path()).unwrap();
            let known = |piece| {
                let scan = scan(&line, piece);
                (scan.deepest, scan.values, scan.id())
            };
            let whole = known(line.len().max(1));
            let shown = String::from_utf8_lossy(&line);
            for piece in [1, 3, 64] {
                assert_eq!(known(piece), whole, "{shown}");
            }
            if let Ok(value) = serde_json::from_slice::<Value>(&line) {
                assert_eq!(whole.0, depth(&value), "{shown}");
                sound += 1;
            }
            seen += 1;
        }
        assert!(seen > 10 && sound > 5, "{seen} {sound}");
    }

    #[test]
    fn what_is_no_id_of_a_request_is_none() {
        for line in [
            &br#"{"id":1,"result":{}}"#[..],
            br#"{"id":{"a":1},"method":"x"}"#,
            br#"{"id":null}"#,
            br#"{"id":12"#,
            br#"["id",1]"#,
            b"}}}]{:::,,,",
        ] {
            assert_eq!(
                scan(line, 3).id(),
                None,
                "{}",
                String::from_utf8_lossy(line)
            );
        }
        let long = format!(r#"{{"id":"{}"}}"#, "x".repeat(1000));
        assert_eq!(scan(long.as_bytes(), 7).id(), None);
    }

    #[test]
    fn depth_and_values_are_counted_outside_strings_only() {
        let told = scan(br#"{"a":[[1,2],{"b":"[[[[,,,,"}],"c":"\"[["}"#, 4);
        assert_eq!((told.deepest, told.values), (3, 7));
        let deep = "[".repeat(10_000);
        assert_eq!(scan(deep.as_bytes(), 64).deepest, 10_000);
    }
}
