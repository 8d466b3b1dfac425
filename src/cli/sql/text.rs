//! The text of statements: where one ends, and the commands of the prompt.

use databricks_mcp::policy;

/// The statements of a text. One that cannot be split with certainty is left whole, for the server to judge.
pub(super) fn statements(text: &str) -> Vec<&str> {
    match policy::statements(text) {
        Ok(statements) => statements,
        Err(_) => vec![text.trim().trim_end_matches(';')],
    }
}

/// True where a text as it is typed ends with a `;` that ends a statement, and is not within quotes or a comment.
pub(super) fn ends(text: &str) -> bool {
    let mut rest = text;
    let mut ended = false;
    while let Some(first) = rest.chars().next() {
        let after = rest.get(first.len_utf8()..).unwrap_or_default();
        let skipped = if rest.starts_with("--") {
            Some(past(rest, "\n").unwrap_or_default())
        } else if rest.starts_with("/*") {
            past(after, "*/")
        } else if matches!(first, '\'' | '"' | '`') {
            ended = false;
            closed(after, first)
        } else {
            ended = first == ';' || (ended && first.is_whitespace());
            Some(after)
        };
        match skipped {
            Some(after) => rest = after,
            None => return false,
        }
    }
    ended
}

/// What follows the first `end`.
fn past<'a>(text: &'a str, end: &str) -> Option<&'a str> {
    text.split_once(end).map(|(_, after)| after)
}

/// What follows the quote that closes. In text, though not in names, a backslash takes the next character along.
fn closed(text: &str, quote: char) -> Option<&str> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = quote != '`',
            _ if c == quote => return text.get(at + c.len_utf8()..),
            _ => {}
        }
    }
    None
}

/// A command of the prompt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// `\q`.
    Quit,
    /// `\?`.
    Help,
    /// `\timing`.
    Timing,
    /// `\c CATALOG[.SCHEMA]`.
    Connect(&'a str),
    /// `\d` or `\d NAME`.
    Describe(&'a str),
    /// No command that there is.
    Unknown(&'a str),
}

/// The help of the prompt.
pub(super) const HELP: &str = "\
Statements end with `;` and may take several lines.
  \\d                       what there is: catalogs, schemas or tables, as deep as \\c went
  \\d TABLE                 columns of a table
  \\c CATALOG[.SCHEMA]      names without a catalog or schema mean this one
  \\timing                  times on or off
  \\q                       leave, as does Ctrl-D
Ctrl-C drops what is typed, or cancels the statement that runs.
A statement that begins with a space is not kept in the history.";

/// Reads a line as a command; `None` where it is SQL.
pub(super) fn command(line: &str) -> Option<Command<'_>> {
    let line = line.trim().trim_end_matches(';').trim_end();
    let (word, rest) = match line.split_once(char::is_whitespace) {
        Some((word, rest)) => (word, rest.trim()),
        None => (line, ""),
    };
    Some(match word {
        "\\q" | "exit" | "quit" if rest.is_empty() => Command::Quit,
        "\\?" | "help" if rest.is_empty() => Command::Help,
        "\\timing" => Command::Timing,
        "\\c" if !rest.is_empty() => Command::Connect(rest),
        "\\d" => Command::Describe(rest),
        _ if word.starts_with('\\') => Command::Unknown(word),
        _ => return None,
    })
}

/// A name as SQL takes it: each part in backticks, unless it has some already.
pub(super) fn quoted(name: &str) -> String {
    if name.contains('`') {
        return name.replace(';', "");
    }
    let parts = name.split('.').map(|part| format!("`{}`", part.trim()));
    parts.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_ends_with_its_semicolon_and_not_with_another() {
        for text in [
            "select 1;",
            "select ';' ; ",
            "select 1; -- done\n",
            "select 1; /* so */",
            "select 1; -- at the end",
            "select \"a\\\";\";",
            "select `a\\`;",
            "select 'it''s';",
            "-- first\nselect 1\n;",
        ] {
            assert!(ends(text), "{text}");
        }
        for text in [
            "",
            "select 1",
            "select ';",
            "select 1 -- ;",
            "select /* ;",
            "select 'a\\';",
            "select `;",
            "select 1; select 2",
            "-- only;\n",
        ] {
            assert!(!ends(text), "{text}");
        }
    }

    #[test]
    fn a_text_is_split_or_left_whole() {
        assert_eq!(
            statements("select 1; select ';'\n;"),
            ["select 1", "select ';'"]
        );
        assert_eq!(statements("select 'open;"), ["select 'open"]);
    }

    #[test]
    fn commands_are_told_from_statements() {
        assert_eq!(command("\\q"), Some(Command::Quit));
        assert_eq!(command(" exit; "), Some(Command::Quit));
        assert_eq!(command("\\d  main.a ;"), Some(Command::Describe("main.a")));
        assert_eq!(command("\\c main"), Some(Command::Connect("main")));
        assert_eq!(command("\\c"), Some(Command::Unknown("\\c")));
        assert_eq!(command("select '\\q'"), None);
    }

    #[test]
    fn a_name_stays_one_name() {
        assert_eq!(quoted("main.my table; drop"), "`main`.`my table; drop`");
        assert_eq!(quoted("`a.b`.c;"), "`a.b`.c");
    }
}
