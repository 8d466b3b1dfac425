//! Short forms of a text: its end, or its beginning on one line.

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
