//! Keeps every answer within its budget and says what was cut.

use serde_json::{Value, json};

/// Characters of an answer's text, about 5,000 tokens.
pub const CHARACTERS: usize = 20_000;

/// How many of the rows fit the budget; at least one, so that paging always goes on.
#[must_use]
pub fn fit_rows<'a>(rows: impl IntoIterator<Item = &'a String>) -> usize {
    let mut used = 0;
    let mut fit = 0;
    for row in rows {
        used += row.len();
        if used > CHARACTERS && fit > 0 {
            break;
        }
        fit += 1;
    }
    fit
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

/// Shortens the longest lists of an object until its JSON fits, and names under `cut` what was shortened.
pub fn fit_json(value: &mut Value) {
    let mut cut: Vec<(String, usize, usize)> = Vec::new();
    while value.to_string().len() > CHARACTERS {
        let Some((path, items)) = longest_list(value, "") else {
            break;
        };
        let before = items.len();
        items.truncate(before / 2);
        let now = items.len();
        match cut.iter_mut().find(|(known, _, _)| *known == path) {
            Some(known) => known.1 = now,
            None => cut.push((path, now, before)),
        }
    }
    let mut notes: Vec<String> = cut
        .iter()
        .map(|(path, now, before)| format!("{path}: {now} of {before}"))
        .collect();
    while value.to_string().len() > CHARACTERS {
        let Some((path, text)) = longest_text(value, "") else {
            break;
        };
        let before = text.chars().count();
        *text = text.chars().take(before / 2).collect();
        notes.push(format!("{path}: {} of {before} characters", before / 2));
    }
    if let (false, Value::Object(object)) = (notes.is_empty(), value) {
        object.insert("cut".to_owned(), json!(notes));
    }
}

/// The longest text, with its dotted path; nothing when all are short.
fn longest_text<'a>(value: &'a mut Value, path: &str) -> Option<(String, &'a mut String)> {
    match value {
        Value::Object(object) => object
            .iter_mut()
            .filter_map(|(name, child)| {
                let path = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                longest_text(child, &path)
            })
            .max_by_key(|(_, text)| text.len()),
        Value::Array(items) => items
            .iter_mut()
            .filter_map(|item| longest_text(item, path))
            .max_by_key(|(_, text)| text.len()),
        Value::String(text) if text.len() > 100 => Some((path.to_owned(), text)),
        _ => None,
    }
}

/// The list whose JSON is longest, with its dotted path.
fn longest_list<'a>(value: &'a mut Value, path: &str) -> Option<(String, &'a mut Vec<Value>)> {
    let join = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Object(object) => object
            .iter_mut()
            .filter_map(|(name, child)| longest_list(child, &join(name)))
            .max_by_key(|(_, items)| {
                items
                    .iter()
                    .map(|item| item.to_string().len())
                    .sum::<usize>()
            }),
        Value::Array(items) if !items.is_empty() => Some((path.to_owned(), items)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

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

    #[test]
    fn a_long_text_is_shortened_and_named() {
        let mut value = json!({"id": 1, "view": "x".repeat(50_000)});
        fit_json(&mut value);
        assert!(value.to_string().len() < CHARACTERS + 200);
        let cut = json!([
            "view: 25000 of 50000 characters",
            "view: 12500 of 25000 characters"
        ]);
        assert_eq!(value.get("cut").unwrap(), &cut);
    }

    #[test]
    fn long_lists_are_shortened_and_named() {
        let mut value = json!({"id": 1, "tasks": vec![json!({"key": "x".repeat(100)}); 1000]});
        fit_json(&mut value);
        assert!(value.to_string().len() < CHARACTERS + 100);
        assert_eq!(value.get("cut").unwrap(), &json!(["tasks: 125 of 1000"]));
    }
}
