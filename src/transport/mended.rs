//! Mends answers that are JSON but for a few characters: a text that was cut within a character, bytes of another
//! encoding, control characters as they are, numbers that JSON does not know. Such a fault costs its character, not the answer.

use std::sync::LazyLock;

use regex::bytes::Regex;

/// What stands in place of a character that cannot be read.
const REPLACED: &[u8] = br"\ufffd";

/// The mark that some programs put before a text.
const MARK: &str = "\u{feff}";

/// True where a control character stands, be it only to lay the JSON out.
fn has_control(body: &[u8]) -> bool {
    // The least of a piece is found faster than the first that is less.
    let least = |piece: &[u8]| piece.iter().copied().fold(u8::MAX, u8::min);
    body.chunks(4096).any(|piece| least(piece) < b' ')
}

/// The body, mended where it has such a fault. A quick look spares sound bodies the slow one.
pub(crate) fn mended(body: Vec<u8>) -> Vec<u8> {
    static DOUBTFUL: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\\u|NaN|Infinity").ok());
    let has_word = |words: &Regex| words.is_match(&body);
    let doubtful = DOUBTFUL.as_ref().is_none_or(has_word)
        || has_control(&body)
        || body.starts_with(MARK.as_bytes())
        || std::str::from_utf8(&body).is_err();
    match doubtful.then(|| mend(&body)).flatten() {
        Some(mended) => {
            tracing::warn!("an answer had characters that are no JSON, which were replaced");
            mended
        }
        None => body,
    }
}

/// The body with U+FFFD for half a surrogate pair and for bytes that are not UTF-8, control characters of a text
/// escaped, null for `NaN` and `Infinity`, and without a mark before it. `None` where there is nothing to mend.
fn mend(body: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(body);
    let mut rest = text.trim_start_matches(MARK).as_bytes();
    let mut mended = Vec::with_capacity(rest.len());
    let mut in_text = false;
    let mut changed = matches!(text, std::borrow::Cow::Owned(_)) || rest.len() < text.len();
    while let Some((&byte, after)) = rest.split_first() {
        match (in_text, byte) {
            (true, b'\\') => {
                let (written, read, replaced) = escape(rest);
                mended.extend_from_slice(written);
                changed |= replaced;
                rest = rest.get(read..).unwrap_or_default();
                continue;
            }
            (_, b'"') => in_text = !in_text,
            (true, 0..b' ') => {
                mended.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                changed = true;
                rest = after;
                continue;
            }
            (false, b'N' | b'I' | b'-') => {
                let words: [&[u8]; 3] = [b"NaN", b"-Infinity", b"Infinity"];
                if let Some(word) = words.iter().find(|word| rest.starts_with(word)) {
                    mended.extend_from_slice(b"null");
                    changed = true;
                    rest = rest.get(word.len()..).unwrap_or_default();
                    continue;
                }
            }
            _ => {}
        }
        mended.push(byte);
        rest = after;
    }
    changed.then_some(mended)
}

/// One escape at the start of `text`: what to write for it, how much of the text it is, and whether it was mended.
fn escape(text: &[u8]) -> (&[u8], usize, bool) {
    let whole = |length: usize| (text.get(..length).unwrap_or(text), length, false);
    match unit(text) {
        None => whole(2.min(text.len())),
        Some(0xD800..=0xDBFF) => {
            let low = text.get(6..).and_then(unit);
            if matches!(low, Some(0xDC00..=0xDFFF)) {
                whole(12)
            } else {
                (REPLACED, 6, true)
            }
        }
        Some(0xDC00..=0xDFFF) => (REPLACED, 6, true),
        Some(_) => whole(6),
    }
}

/// The UTF-16 unit of a `\u` escape at the start of `text`.
fn unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(br"\u")?.get(..4)?;
    let digits = std::str::from_utf8(digits).ok()?;
    let hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn read(body: &[u8]) -> Value {
        serde_json::from_slice(&mend(body).unwrap()).unwrap()
    }

    #[test]
    fn a_character_that_cannot_be_read_costs_itself() {
        assert_eq!(
            read(br#"["half \ud83d", "ok"]"#),
            json!(["half \u{fffd}", "ok"])
        );
        assert_eq!(
            read(br#"["\udc00x\ud83d\ude00\ud83d\n"]"#),
            json!(["\u{fffd}x\u{1f600}\u{fffd}\n"])
        );
        assert_eq!(
            read(b"\xef\xbb\xbf{\"a\":\n\t\"two\nlines\tand\x01\"}"),
            json!({ "a": "two\nlines\tand\u{1}" })
        );
        assert_eq!(read(b"{\"a\": \"caf\xe9\"}"), json!({ "a": "caf\u{fffd}" }));
        assert_eq!(
            read(br#"{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN \\"}"#),
            json!({ "a": null, "b": [null, null], "c": "NaN \\" })
        );
    }

    #[test]
    fn what_is_whole_or_beyond_help_stays() {
        for body in [
            &br#"{"a": "\\ud83d \ud83d\ude00 \" NaN", "b": -1}"#[..],
            b"{\"a\": \"\\",
            b"{\n\t\"a\": 1\r\n}",
            b"<html>",
            b"",
        ] {
            assert_eq!(mend(body), None, "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn the_seeds_of_the_fuzz_target_are_mended_once_and_sound_ones_stay() {
        let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuzz/seeds/mended");
        let (mut seen, mut changed) = (0, 0);
        for seed in std::fs::read_dir(seeds).unwrap() {
            let body = std::fs::read(seed.unwrap().path()).unwrap();
            let once = mended(body.clone());
            let shown = String::from_utf8_lossy(&body);
            assert_eq!(mended(once.clone()), once, "{shown}");
            let sound = serde_json::from_slice::<Value>(&body).is_ok();
            assert!(!sound || once == body, "{shown}");
            seen += 1;
            changed += usize::from(once != body);
        }
        assert!(seen > 10 && changed > 5, "{seen} {changed}");
    }

    proptest! {
        #[test]
        fn sound_json_is_never_changed(text in any::<String>(), number in any::<f64>()) {
            let body = serde_json::to_vec(&json!({ "a": text, "b": [number, text] })).unwrap();
            prop_assert_eq!(mend(&body), None);
        }

        #[test]
        fn any_bytes_can_be_tried(body in prop::collection::vec(any::<u8>(), 0..200)) {
            let once = mend(&body);
            if let Some(once) = once {
                prop_assert_eq!(mend(&once), None);
            }
        }
    }
}
