//! Shortens JSON to a budget: what is large shares the room that what is small leaves, and each cut is named.

use serde_json::{Map, Value, json};

use super::budget::{ANSWER_BYTES, first_within, level};

/// Bytes of a text that is never cut: identifiers, numbers and times mean nothing in part.
pub const WHOLE: usize = 40;

/// Bytes kept free for the list of what was cut.
const NOTES: usize = 500;

/// Shortens what is longest in an object until its JSON fits, and names under `cut` what was shortened.
///
/// Lists keep their first members, at least one; texts keep their beginning and their end, with the number of characters
/// between. The fields of the object itself stay.
pub fn fit_json(value: &mut Value) {
    fit_json_to(value, ANSWER_BYTES);
}

/// Shortens an object as [`fit_json`] does, to `room` bytes.
pub fn fit_json_to(value: &mut Value, room: usize) {
    if json_size(value) <= room {
        return;
    }
    let mut cuts = Cuts::default();
    cuts.shrink(value, "", room.saturating_sub(NOTES.min(room / 4)));
    if !cuts.0.is_empty()
        && let Value::Object(object) = value
    {
        object.insert("cut".to_owned(), json!(cuts.notes()));
    }
}

/// True for an object of which an answer shows only a part.
#[must_use]
pub fn is_cut(value: &Value) -> bool {
    json_size(value) > ANSWER_BYTES
}

/// Bytes of a text in JSON, without its quotes; a `|`, which a table escapes, counts twice.
#[must_use]
pub fn text_size(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// The beginning of a text that is larger than `room` bytes, with an ellipsis; `None` for one that stays whole.
#[must_use]
pub fn beginning(text: &str, room: usize) -> Option<String> {
    let room = room.max(WHOLE);
    if text_size(text) <= room {
        return None;
    }
    let kept = first_within(text.chars().map(width), room - '…'.len_utf8());
    let mut beginning: String = text.chars().take(kept).collect();
    beginning.push('…');
    Some(beginning)
}

/// Bytes of a text of which the beginning alone is kept: there is no room for an end that says anything.
const SHORT: usize = 200;

/// Bytes kept free for what stands in place of the middle.
const LEFT_OUT: usize = 48;

/// The text without its middle, where it is larger than `room` bytes, and how many of its characters are kept: errors
/// and logs say most at their end.
fn without_middle(text: &str, room: usize) -> Option<(String, usize)> {
    if room < SHORT {
        let cut = beginning(text, room)?;
        let kept = cut.chars().count() - 1;
        return Some((cut, kept));
    }
    if text_size(text) <= room {
        return None;
    }
    let keep = room - LEFT_OUT;
    let first = first_within(text.chars().map(width), keep / 3 * 2);
    let last = first_within(text.chars().rev().map(width), keep / 3);
    let total = text.chars().count();
    let mut cut: String = text.chars().take(first).collect();
    let out = total - first - last;
    cut.push_str(&format!("… [{out} characters left out] …"));
    cut.extend(text.chars().skip(total - last));
    Some((cut, first + last))
}

fn width(c: char) -> usize {
    match c {
        '"' | '\\' | '|' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => c.len_utf8(),
    }
}

/// Bytes of the JSON of a value.
#[must_use]
pub fn json_size(value: &Value) -> usize {
    match value {
        Value::String(text) => text_size(text) + 2,
        Value::Array(items) => items.iter().map(|item| json_size(item) + 1).sum::<usize>() + 2,
        Value::Object(object) => object.iter().map(field_size).sum::<usize>() + 2,
        other => other.to_string().len(),
    }
}

/// Bytes of a name and its value in JSON, with what stands around them.
fn field_size((name, value): (&String, &Value)) -> usize {
    name_size(name) + json_size(value)
}

fn name_size(name: &str) -> usize {
    text_size(name) + 4
}

struct Cut {
    path: String,
    unit: &'static str,
    shown: usize,
    total: usize,
}

/// The cuts of an answer; those at the same path count as one.
#[derive(Default)]
struct Cuts(Vec<Cut>);

impl Cuts {
    /// Shortens a value to about `room` bytes.
    fn shrink(&mut self, value: &mut Value, path: &str, room: usize) {
        if json_size(value) <= room {
            return;
        }
        match value {
            Value::String(text) => {
                if let Some((cut, shown)) = without_middle(text, room.saturating_sub(2)) {
                    let total = text.chars().count();
                    *text = cut;
                    self.add(path, " characters", shown, total);
                }
            }
            Value::Array(items) => self.shrink_list(items, path, room.saturating_sub(2)),
            Value::Object(object) => self.shrink_object(object, path, room.saturating_sub(2)),
            _ => {}
        }
    }

    fn shrink_list(&mut self, items: &mut Vec<Value>, path: &str, room: usize) {
        let total = items.len();
        let sizes: Vec<usize> = items.iter().map(|item| json_size(item) + 1).collect();
        // A member larger than a quarter of the room is shortened before others give way to it.
        let shared = sizes.iter().map(|size| (*size).min(room / 4));
        let mut shown = first_within(shared, room).max(1).min(total);
        let level = level(sizes.into_iter().take(shown), room);
        let inner = format!("{path}[]");
        let mut used = 0;
        for (nth, item) in items.iter_mut().take(shown).enumerate() {
            self.shrink(item, &inner, level.saturating_sub(1));
            used += json_size(item) + 1;
            // Members that cannot be cut may have taken more than their share.
            if used > room && nth > 0 {
                shown = nth;
                break;
            }
        }
        if shown < total {
            items.truncate(shown);
            self.add(path, "", shown, total);
        }
    }

    fn shrink_object(&mut self, object: &mut Map<String, Value>, path: &str, room: usize) {
        let total = object.len();
        let least = object
            .iter()
            .map(|(name, value)| name_size(name) + json_size(value).min(WHOLE));
        let shown = first_within(least, room).max(1);
        // The answer itself keeps its fields: its schema promises them.
        if shown < total && !path.is_empty() {
            *object = std::mem::take(object).into_iter().take(shown).collect();
            self.add(path, " fields", shown, total);
        }
        let names: usize = object.keys().map(|name| name_size(name)).sum();
        let level = level(object.values().map(json_size), room.saturating_sub(names));
        for (name, value) in object {
            let inner = match path {
                "" => name.clone(),
                path => format!("{path}.{name}"),
            };
            self.shrink(value, &inner, level);
        }
    }

    fn add(&mut self, path: &str, unit: &'static str, shown: usize, total: usize) {
        let known = |cut: &&mut Cut| cut.path == path && cut.unit == unit;
        match self.0.iter_mut().find(known) {
            Some(cut) => {
                cut.shown += shown;
                cut.total += total;
            }
            None => self.0.push(Cut {
                path: path.to_owned(),
                unit,
                shown,
                total,
            }),
        }
    }

    /// One line for each cut, as many as there is room for.
    fn notes(&self) -> Vec<String> {
        let line = |cut: &Cut| {
            let Cut {
                path,
                unit,
                shown,
                total,
            } = cut;
            format!("{path}: {shown} of {total}{unit}")
        };
        let mut notes: Vec<String> = self.0.iter().map(line).collect();
        let fit = first_within(notes.iter().map(|note| text_size(note) + 3), NOTES - 50);
        if fit < notes.len() {
            let more = format!("and {} more", notes.len() - fit);
            notes.truncate(fit);
            notes.push(more);
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    /// The value cut, which must fit and not waste the room.
    fn fitted(mut value: Value) -> Value {
        fit_json(&mut value);
        let length = value.to_string().len();
        assert!((19_000..=ANSWER_BYTES).contains(&length), "{length}");
        value
    }

    #[test]
    fn a_long_text_is_cut_to_what_fits_and_named_once() {
        let long = format!("{}yyy", "x".repeat(99_997));
        let shown = fitted(json!({"id": 1, "view": long}));
        let view = shown["view"].as_str().unwrap();
        let kept = view.matches(['x', 'y']).count();
        assert!(view.contains(&format!("… [{} characters left out] …", 100_000 - kept)));
        assert_eq!(
            shown["cut"],
            json!([format!("view: {kept} of 100000 characters")])
        );
        assert!(view.starts_with("xxx") && view.ends_with("xyyy"), "{view}");
    }

    #[test]
    fn a_list_is_cut_to_what_fits_and_named_once() {
        let shown = fitted(json!({"id": 1, "tasks": vec![json!({"key": "x".repeat(100)}); 1000]}));
        let kept = shown["tasks"].as_array().unwrap().len();
        assert_eq!(shown["cut"], json!([format!("tasks: {kept} of 1000")]));
    }

    #[test]
    fn a_list_keeps_a_member_and_the_long_text_in_it_is_cut() {
        let reply = json!({"message": {"role": "assistant", "content": "x\n".repeat(10_500)}});
        let shown = fitted(json!({"choices": [reply], "model": "m"}));
        let content = shown["choices"][0]["message"]["content"].as_str().unwrap();
        let kept = content.matches(['x', '\n']).count();
        let line = format!("choices[].message.content: {kept} of 21000 characters");
        assert_eq!(shown["cut"], json!([line]));
        assert_eq!(shown["choices"][0]["message"]["role"], "assistant");
    }

    #[test]
    fn a_wide_row_shows_its_first_columns() {
        let row: Vec<String> = (0..600).map(|nth| format!("{nth:0>100}")).collect();
        let shown = fitted(json!({"type": "table", "data": [row, ["next"]]}));
        let kept = shown["data"][0].as_array().unwrap().len();
        assert!(kept > 180, "{kept}");
        assert_eq!(shown["data"][0][0], format!("{:0>100}", 0));
        assert_eq!(shown["cut"][0], json!(format!("data[]: {kept} of 600")));
    }

    #[test]
    fn long_members_share_the_room_and_short_ones_stay() {
        let long = "é".repeat(30_000);
        let shown = fitted(json!({"list": [long, "short", long], "id": "f".repeat(36)}));
        let lengths: Vec<usize> = shown["list"]
            .as_array()
            .unwrap()
            .iter()
            .map(|text| text.as_str().unwrap().len())
            .collect();
        assert!(
            lengths[0] > 9_000 && lengths[0] == lengths[2],
            "{lengths:?}"
        );
        assert_eq!(shown["list"][1], "short");
        // Both cuts are one line.
        let kept = shown["list"].to_string().matches('é').count();
        let line = format!("list[]: {kept} of 60000 characters");
        assert_eq!(shown["cut"], json!([line]));
        assert_eq!(shown["id"], "f".repeat(36));
    }

    #[test]
    fn whatever_the_shape_it_fits_and_no_list_is_emptied() {
        let texts = ["\u{1}\"|\\", "plain", "é…\n"];
        for (count, length) in [(1, 12_000), (3, 4_000), (40, 300), (600, 20), (6_000, 2)] {
            for text in texts {
                let text = text.repeat(length);
                let list = vec![json!(text); count];
                let map: Map<String, Value> = (0..count)
                    .map(|nth| (format!("{nth}"), json!(text)))
                    .collect();
                for value in [
                    json!({ "a": list }),
                    json!({"a": [list, list], "b": {"c": list}}),
                    json!({ "a": [map, map] }),
                    json!({"a": [{"b": list, "c": text}], "d": text}),
                ] {
                    let mut shown = value.clone();
                    fit_json(&mut shown);
                    assert!(
                        shown.to_string().len() <= ANSWER_BYTES,
                        "{count} of {length}"
                    );
                    assert!(!shown.to_string().contains(":[]"), "{count} of {length}");
                    assert_eq!(shown.get("cut").is_some(), shown != value);
                }
            }
        }
    }
}
