//! Keeps every answer within its budget and says what was cut.

use super::fit::first_within;

/// Characters of an answer's text, about 5,000 tokens.
pub const CHARACTERS: usize = 20_000;

/// How many of the rows fit the budget; at least one, so that paging always goes on.
#[must_use]
pub fn fit_rows<'a>(rows: impl IntoIterator<Item = &'a String>) -> usize {
    let mut rows = rows.into_iter().map(String::len).peekable();
    let least = usize::from(rows.peek().is_some());
    first_within(rows, CHARACTERS).max(least)
}

/// The part of `text` from character `offset` that fits the budget, ended at a line where there is one.
#[must_use]
pub fn cut_text(text: &str, offset: usize) -> &str {
    let byte = |chars: usize| {
        text.char_indices()
            .nth(chars)
            .map_or(text.len(), |(at, _)| at)
    };
    let start = byte(offset);
    let end = byte(offset.saturating_add(CHARACTERS));
    let part = text.get(start..end).unwrap_or_default();
    if end == text.len() {
        return part;
    }
    match part.rfind('\n') {
        Some(line) => part.get(..=line).unwrap_or(part),
        None => part,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_lines_and_continues_where_it_stopped() {
        let text = "é".repeat(99).to_string() + "\n";
        let text = text.repeat(300);
        let first = cut_text(&text, 0);
        assert!(first.chars().count() <= CHARACTERS && first.ends_with('\n'));
        let mut all = String::new();
        while all.len() < text.len() {
            all.push_str(cut_text(&text, all.chars().count()));
        }
        assert_eq!(all, text);
    }
}
