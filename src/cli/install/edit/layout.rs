//! Places in a text: lines, columns, indentation, the end of lines; and changes at several places at once.

use std::ops::Range;

/// The line and the column of an offset, both from 1; columns count characters.
pub(super) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = text.get(..end).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let column = before.get(start..).unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// The end of lines that a text uses.
pub(super) fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// The offset at which the line of an offset begins.
pub(super) fn line_start(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or_default();
    before.rfind('\n').map_or(0, |at| at + 1)
}

/// The blanks at the begin of the line of an offset.
pub(super) fn indentation(text: &str, offset: usize) -> &str {
    let line = text.get(line_start(text, offset)..).unwrap_or_default();
    let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
    line.get(..blanks).unwrap_or_default()
}

/// Reports whether nothing but blanks stands before an offset on its line.
pub(super) fn is_first_on_line(text: &str, offset: usize) -> bool {
    let before = text
        .get(line_start(text, offset)..offset)
        .unwrap_or_default();
    before.trim().is_empty()
}

/// The lines of a text with their ends, each with its offset.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut offset = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = offset;
        offset += line.len();
        (start, line)
    })
}

/// The text with other text in place of some parts of it.
pub(super) fn spliced(text: &str, mut parts: Vec<(Range<usize>, String)>) -> String {
    parts.sort_by_key(|(range, _)| (range.start, range.end));
    let mut new = String::with_capacity(text.len() + 256);
    let mut at = 0;
    for (range, part) in parts {
        new.push_str(text.get(at..range.start).unwrap_or_default());
        new.push_str(&part);
        at = range.end;
    }
    new.push_str(text.get(at..).unwrap_or_default());
    new
}
