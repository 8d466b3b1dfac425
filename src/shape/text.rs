//! Forms of a text: its end, its beginning on one line, or without characters that steer a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with control characters as `\u001b`, so that none steers the terminal it is shown in. Ends of lines
/// and tabs stay.
#[must_use]
pub fn printable(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 64);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let ends_line = c == '\r' && characters.peek() == Some(&'\n');
        if steers(c) && !ends_line {
            // A string takes everything.
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// The last characters of a text, `count` at most.
#[must_use]
pub fn last_characters(text: &str, count: usize) -> &str {
    let start = text.char_indices().rev().nth(count.saturating_sub(1));
    start.and_then(|(at, _)| text.get(at..)).unwrap_or(text)
}

/// The text on one line, cut with an ellipsis after `count` characters.
#[must_use]
pub fn one_line(text: &str, count: usize) -> String {
    let flat = |c: char| if c.is_control() { ' ' } else { c };
    let mut line: String = text.chars().take(count).map(flat).collect();
    if text.chars().nth(count).is_some() {
        line.push('…');
    }
    line
}

/// A count with its noun, which takes an `s` unless there is one.
#[must_use]
pub fn counted(count: impl std::fmt::Display, noun: &str) -> String {
    let count = count.to_string();
    let ending = if count == "1" { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_is_told_in_the_singular() {
        let told = [0, 1, 2].map(|count| counted(count, "row"));
        assert_eq!(told, ["0 rows", "1 row", "2 rows"]);
    }

    #[test]
    fn no_control_character_is_left_but_tabs_and_ends_of_lines() {
        let text = "a\u{1b}[31mb\0c\td\r\ne\rf\u{7f}\u{9b}g\n";
        assert_eq!(
            printable(text),
            "a\\u001b[31mb\\u0000c\td\r\ne\\u000df\\u007f\\u009bg\n"
        );
        assert!(matches!(printable("plän\n|"), Cow::Borrowed(_)));
    }
}
