//! The number of values in a body of JSON, counted while it arrives: parsing costs memory for each.

/// The most values of a body. A parsed one takes about 100 bytes, a written one may take two.
pub(super) const MOST: usize = 2_000_000;

/// A count under way. It may be fed in pieces.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// Items and members so far, about.
    pub(super) count: usize,
    begun: bool,
    in_string: bool,
    escaped: bool,
}

impl Values {
    /// Takes in the next bytes of the body, after those that came `before`. A value takes a byte at least, so a body
    /// of fewer bytes than [`MOST`] is not counted.
    pub(super) fn follow(&mut self, before: &[u8], next: &[u8]) {
        if before.len() + next.len() <= MOST {
            return;
        }
        if !std::mem::replace(&mut self.begun, true) {
            self.feed(before);
        }
        self.feed(next);
    }

    fn feed(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            if self.escaped {
                self.escaped = false;
            } else if self.in_string {
                match byte {
                    b'"' => self.in_string = false,
                    b'\\' => self.escaped = true,
                    _ => {
                        // Most of a body is text.
                        let plain = memchr::memchr2(b'"', b'\\', rest);
                        rest = rest.get(plain.unwrap_or(rest.len())..).unwrap_or_default();
                    }
                }
            } else {
                match byte {
                    b'"' => self.in_string = true,
                    b'{' | b'[' | b',' => self.count += 1,
                    _ => {}
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn values_are_counted_outside_strings_however_the_body_is_cut() {
        let body = br#"{"a":[1,2,"[,,\\\",{"],"b":{"c":",,"},"d":""}"#;
        for piece in [1, 2, 3, 100] {
            let mut values = Values::default();
            for piece in body.chunks(piece) {
                values.feed(piece);
            }
            assert_eq!(values.count, 7, "{piece}");
        }
    }

    #[test]
    fn a_body_is_counted_from_its_start_once_it_is_long_enough() {
        let body = ",".repeat(MOST + 2);
        let (mut values, mut before) = (Values::default(), 0);
        for end in [MOST - 1, MOST, MOST + 1, MOST + 2] {
            let (read, next) = body.as_bytes()[..end].split_at(before);
            values.follow(read, next);
            assert_eq!(values.count, if end > MOST { end } else { 0 });
            before = end;
        }
    }
}
