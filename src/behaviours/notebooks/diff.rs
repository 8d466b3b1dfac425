//! The difference that an edit makes, cell by cell, as a person reads it.

use super::source::Readable;
use crate::shape;

/// Lines around a change that are shown.
const AROUND: usize = 2;
/// Bytes of a whole difference.
const SHOWN: usize = 8_000;

/// What became of one cell; numbers count from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// Its text is another now.
    Replaced {
        was: usize,
        is: usize,
        from: Readable,
        to: Readable,
    },
    /// It is new.
    Inserted { is: usize, to: Readable },
    /// It is gone.
    Deleted { was: usize, from: Readable },
    /// It was moved by name; those that made way are not told.
    Moved { was: usize, is: usize },
}

/// The changes as text, of bounded length.
pub(super) fn text(changes: &[Change]) -> String {
    let mut text = String::new();
    for (nth, change) in changes.iter().enumerate() {
        let mut told = told(change);
        if told.len() > SHOWN {
            told.truncate(told.floor_char_boundary(SHOWN));
            told.push_str("…\n[the rest of this change is not shown]\n");
        }
        if text.len() + told.len() > SHOWN && nth > 0 {
            text.push_str(&format!(
                "[made and not shown: {}]\n",
                shape::counted(changes.len() - nth, "more change")
            ));
            break;
        }
        text.push_str(&told);
    }
    text
}

fn told(change: &Change) -> String {
    let marked = |mark: char, readable: &Readable| -> String {
        let lines = lines(readable);
        let lines = lines.iter().map(|line| format!("{mark}{line}\n"));
        lines.collect()
    };
    match change {
        Change::Replaced { was, is, from, to } => {
            let number = match was == is {
                true => format!("{is}"),
                false => format!("{was} -> {is}"),
            };
            format!("@@ cell {number} @@\n{}", between(from, to))
        }
        Change::Inserted { is, to } => format!("@@ cell {is}, new @@\n{}", marked('+', to)),
        Change::Deleted { was, from } => {
            format!("@@ cell {was}, deleted @@\n{}", marked('-', from))
        }
        Change::Moved { was, is } => format!("@@ cell {was} -> {is} @@\n"),
    }
}

fn lines(readable: &Readable) -> Vec<String> {
    let title = readable.title.iter().map(|title| format!("[{title}]"));
    title
        .chain(readable.text.lines().map(str::to_owned))
        .collect()
}

/// Lines that go and lines that come, between those that stay at the begin and the end.
fn between(from: &Readable, to: &Readable) -> String {
    let (from, to) = (lines(from), lines(to));
    let same = |one: &mut dyn Iterator<Item = (&String, &String)>| {
        one.take_while(|(one, other)| one == other).count()
    };
    let first = same(&mut from.iter().zip(&to));
    let most = from.len().min(to.len()) - first;
    let last = same(&mut from.iter().rev().zip(to.iter().rev())).min(most);
    let part = |mark: char, all: &[String], begin: usize, end: usize| -> String {
        let part = all.get(begin..end).unwrap_or_default();
        part.iter().map(|line| format!("{mark}{line}\n")).collect()
    };
    let (gone, come) = (from.len() - last, to.len() - last);
    [
        part(' ', &from, first.saturating_sub(AROUND), first),
        part('-', &from, first, gone),
        part('+', &to, first, come),
        part(' ', &from, gone, (gone + AROUND).min(from.len())),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> Readable {
        Readable {
            title: None,
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_change_shows_the_lines_that_differ_and_a_few_around() {
        let change = Change::Replaced {
            was: 3,
            is: 3,
            from: cell("a\nb\nc\nd\ne\nf\ng"),
            to: cell("a\nb\nc\nX\nY\ne\nf\ng"),
        };
        assert_eq!(
            text(&[change]),
            "@@ cell 3 @@\n b\n c\n-d\n+X\n+Y\n e\n f\n"
        );
        let change = Change::Replaced {
            was: 1,
            is: 2,
            from: cell("a\na"),
            to: cell("a\na\na"),
        };
        assert_eq!(text(&[change]), "@@ cell 1 -> 2 @@\n a\n a\n+a\n");
    }

    #[test]
    fn a_long_difference_is_cut_and_says_so() {
        let long = Change::Inserted {
            is: 1,
            to: cell(&"é".repeat(SHOWN)),
        };
        let cut = text(&[long.clone(), long]);
        assert!(cut.len() < SHOWN + 200, "{}", cut.len());
        assert!(cut.contains("[made and not shown: 1 more change]"));
    }
}
