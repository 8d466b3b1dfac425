//! The part of a long text that one answer shows, taken while the text passes by in pieces.

use std::io::Read;

use base64::engine::general_purpose::STANDARD;
use base64::read::DecoderReader;

use super::budget::TEXT_CHARACTERS;

/// Bytes that are decoded at a time.
const PIECE: usize = 48 << 10;

/// A part of a text, ended at a line where there is one, and the length of the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// The part.
    pub part: String,
    /// Characters of the whole text.
    pub total: usize,
}

impl Window {
    /// The part of `text` from character `offset`.
    #[must_use]
    pub fn of(text: &str, offset: usize) -> Self {
        let mut passing = Passing::new(offset);
        passing.push(text);
        passing.end()
    }

    /// The same part of a text that comes as base64, without decoding it as a whole; `None` where it is not
    /// base64 of UTF-8.
    #[must_use]
    pub fn of_base64(encoded: &str, offset: usize) -> Option<Self> {
        let mut passing = Passing::new(offset);
        let mut decoder = DecoderReader::new(encoded.as_bytes(), &STANDARD);
        let mut piece = Vec::with_capacity(PIECE);
        loop {
            let room = (PIECE - piece.len()) as u64;
            let read = decoder.by_ref().take(room).read_to_end(&mut piece).ok()?;
            if read == 0 {
                break;
            }
            let whole = match std::str::from_utf8(&piece) {
                Ok(text) => text.len(),
                // A character that goes on in the next piece.
                Err(error) if error.error_len().is_none() => error.valid_up_to(),
                Err(_) => return None,
            };
            passing.push(std::str::from_utf8(piece.get(..whole)?).ok()?);
            piece.drain(..whole);
        }
        piece.is_empty().then(|| passing.end())
    }
}

/// A text under way.
struct Passing {
    offset: usize,
    part: String,
    total: usize,
}

impl Passing {
    fn new(offset: usize) -> Self {
        Self {
            offset,
            part: String::new(),
            total: 0,
        }
    }

    fn push(&mut self, piece: &str) {
        let before = self.offset.saturating_sub(self.total);
        let until = self.offset.saturating_add(TEXT_CHARACTERS);
        let until = until.saturating_sub(self.total);
        let byte = |characters: usize| {
            let at = piece.char_indices().nth(characters);
            at.map_or(piece.len(), |(at, _)| at)
        };
        let count = piece.chars().count();
        if before < count && until > 0 {
            let part = piece.get(byte(before)..byte(until));
            self.part.push_str(part.unwrap_or_default());
        }
        self.total += count;
    }

    fn end(mut self) -> Window {
        let goes_on = self.total > self.offset.saturating_add(TEXT_CHARACTERS);
        if goes_on && let Some(line) = self.part.rfind('\n') {
            self.part.truncate(line + 1);
        }
        Window {
            part: self.part,
            total: self.total,
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_cut_at_lines_and_continues_where_it_stopped() {
        let text = "é".repeat(99).to_string() + "\n";
        let text = text.repeat(300);
        let first = Window::of(&text, 0);
        assert!(first.part.chars().count() <= TEXT_CHARACTERS && first.part.ends_with('\n'));
        let mut all = String::new();
        while all.len() < text.len() {
            let next = Window::of(&text, all.chars().count());
            assert_eq!(next.total, 30_000);
            all.push_str(&next.part);
        }
        assert_eq!(all, text);
    }

    #[test]
    fn a_text_without_lines_is_cut_at_the_budget_and_one_that_fits_is_not_cut() {
        let text = "x".repeat(TEXT_CHARACTERS + 1);
        assert_eq!(Window::of(&text, 0).part.len(), TEXT_CHARACTERS);
        assert_eq!(Window::of(&text, 1).part.len(), TEXT_CHARACTERS);
        assert_eq!(Window::of(&text, 9 * TEXT_CHARACTERS).part, "");
        assert_eq!(Window::of("a\nb", 0).part, "a\nb");
    }

    #[test]
    fn a_character_on_the_border_of_two_pieces_stays_whole() {
        // Three bytes each, so that borders fall within some of them.
        let text = "a".to_owned() + &"€\n".repeat(PIECE / 2);
        for offset in [0, PIECE / 4, PIECE - 5_000] {
            let encoded = STANDARD.encode(&text);
            let window = Window::of_base64(&encoded, offset);
            assert_eq!(window, Some(Window::of(&text, offset)));
        }
    }

    proptest! {
        /// Decoding in pieces takes and refuses what decoding at once does.
        #[test]
        fn base64_in_pieces_is_read_as_at_once(
            bytes in vec(any::<u8>(), 0..60), cut in 0_usize..9, tail in "[A-Za-z=]{0,5}", repeat in 1_usize..2_000,
        ) {
            let text: String = String::from_utf8_lossy(&bytes).into_owned().repeat(repeat);
            for encoded in [STANDARD.encode(&text), STANDARD.encode(&bytes)] {
                let end = encoded.len().saturating_sub(cut);
                for encoded in [encoded.clone(), encoded.get(..end).unwrap_or_default().to_owned() + &tail] {
                    let at_once = STANDARD.decode(&encoded).ok();
                    let at_once = at_once.and_then(|bytes| String::from_utf8(bytes).ok());
                    let at_once = at_once.map(|text| Window::of(&text, cut));
                    prop_assert_eq!(Window::of_base64(&encoded, cut), at_once);
                }
            }
        }
    }
}
