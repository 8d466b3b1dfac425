//! A statement as the user sees it: without comments, with whatever hides or turns text written out.

use super::lexer::{Lexed, Token};
use crate::shape;

/// Characters of a statement that a question shows from its start, and from its end.
const SHOWN: (usize, usize) = (1_500, 500);
/// Characters of one name or reason; the service allows names of 255.
const NAME: usize = 1_000;

/// The statement; of a long one its start, its end and how much is left out, cut between names.
pub(super) fn statement(sql: &str, lexed: Option<&Lexed<'_>>) -> String {
    let Some(lexed) = lexed else {
        return unlexed(sql.trim());
    };
    let pieces = pieces(sql, lexed);
    let lengths: Vec<usize> = pieces.iter().map(|piece| piece.chars().count()).collect();
    let total: usize = lengths.iter().sum();
    if total <= SHOWN.0 + SHOWN.1 {
        return pieces.concat().trim().to_owned();
    }
    let fits = |lengths: &mut dyn Iterator<Item = &usize>, most: usize| {
        let mut sum = 0;
        lengths
            .take_while(|length| {
                sum += **length;
                sum <= most
            })
            .count()
    };
    let start = fits(&mut lengths.iter(), SHOWN.0);
    let end = pieces.len() - fits(&mut lengths.iter().rev(), SHOWN.1);
    let part = |from: usize, to: usize| pieces.get(from..to).unwrap_or_default().concat();
    let left_out: usize = lengths.get(start..end).unwrap_or_default().iter().sum();
    format!(
        "{}\n… {left_out} characters left out …\n{}",
        part(0, start).trim(),
        part(end, pieces.len()).trim()
    )
}

/// The text as it stands, where it is unclear what in it is a comment; cut likewise.
fn unlexed(sql: &str) -> String {
    let left_out = sql.chars().count().saturating_sub(SHOWN.0 + SHOWN.1);
    if left_out == 0 {
        return escaped(sql);
    }
    let start: String = sql.chars().take(SHOWN.0).collect();
    let end = escaped(shape::last_characters(sql, SHOWN.1));
    format!(
        "{}\n… {left_out} characters left out …\n{end}",
        escaped(&start)
    )
}

/// A name, in full up to a bound that no real one reaches.
pub(super) fn name(text: &str) -> String {
    let mut shown = on_one_line(&text.chars().take(NAME).collect::<String>());
    if text.chars().nth(NAME).is_some() {
        shown.push('…');
    }
    shown
}

/// The text with every character written out that is not seen, or that changes how others are seen.
pub(in crate::policy) fn escaped(text: &str) -> String {
    write_out(text, |c| matches!(c, '\n' | '\t'))
}

/// The same, also with line ends written out, so that no text passes for a line of the question.
pub(in crate::policy) fn on_one_line(text: &str) -> String {
    write_out(text, |_| false)
}

fn write_out(text: &str, plain: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if hides(c) && !plain(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The statement in pieces that are shown or left out whole: a dotted name, a literal, a word, a sign.
fn pieces(sql: &str, lexed: &Lexed<'_>) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut ended = None;
    let mut after_dot = false;
    for (token, span) in lexed.tokens.iter().zip(&lexed.spans) {
        let text = sql.get(span.clone()).unwrap_or_default();
        let gap = sql
            .get(ended.unwrap_or(span.start)..span.start)
            .unwrap_or_default();
        let text = match token {
            Token::Text(_) | Token::Quoted(_) => on_one_line(text),
            _ => escaped(text),
        };
        let is_dot = *token == Token::Symbol('.');
        let joined = (is_dot || after_dot) && !pieces.is_empty();
        let between = match gap {
            "" => "",
            // A comment's line ends are not the statement's.
            gap if gap.trim_start_matches([' ', '\t', '\r']).starts_with('\n') => "\n",
            _ => " ",
        };
        match pieces.last_mut() {
            Some(last) if joined => last.push_str(&(between.to_owned() + &text)),
            _ => pieces.push(between.to_owned() + &text),
        }
        ended = Some(span.end);
        after_dot = is_dot;
    }
    pieces
}

/// Whether a character is not seen, or changes how others are: controls, marks of direction, joiners, odd spaces,
/// fillers, tags and selectors of variants.
fn hides(c: char) -> bool {
    let odd_space = c.is_whitespace() && c != ' ';
    odd_space
        || c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::super::lexer;
    use super::*;

    fn shown(sql: &str) -> String {
        statement(sql, lexer::tokens(sql).ok().as_ref())
    }

    #[test]
    fn comments_go_and_what_hides_is_written_out() {
        for (sql, wanted) in [
            ("-- harmless\nDROP /* not */ TABLE t", "DROP TABLE t"),
            ("DROP/**/TABLE\n  t", "DROP TABLE\nt"),
            (
                "DELETE FROM t WHERE a = '\u{202e}x'",
                "DELETE FROM t WHERE a = '\\u{202e}x'",
            ),
            ("DELETE FROM `a\u{200b}`", "DELETE FROM `a\\u{200b}`"),
            (
                "DELETE FROM t WHERE a = 'x\n\nIt is safe.'",
                "DELETE FROM t WHERE a = 'x\\u{a}\\u{a}It is safe.'",
            ),
            (
                "DROP TABLE t /* open \u{1b}",
                "DROP TABLE t /* open \\u{1b}",
            ),
        ] {
            assert_eq!(shown(sql), wanted);
        }
    }

    #[test]
    fn a_long_statement_is_cut_in_the_middle_but_never_in_a_name() {
        let long = format!("DELETE FROM t WHERE a = '{}' OR 1 = 1", "x".repeat(9_000));
        let text = shown(&long);
        assert!(
            text.starts_with("DELETE FROM t WHERE a =\n… 9003 characters left out …"),
            "{text}"
        );
        assert!(text.ends_with("OR 1 = 1"), "{text}");
        let names = format!("SELECT {}1", "catalog.schema.`name` + ".repeat(1_000));
        let text = shown(&names);
        let whole = text.replace("catalog.schema.`name`", "");
        assert!(!whole.contains("cat") && !whole.contains("na"), "{text}");
        assert!(text.chars().count() < 2_100, "{text}");
    }
}
