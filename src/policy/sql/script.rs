//! Statements of a text and of a script: where each one begins, inside of blocks too.

use std::collections::BTreeSet;
use std::ops::Range;

use super::lexer::{self, Lexed, Token, Unclear};
use super::words::{is_name, word};
use super::{Class, Findings, calls, change, statement};

/// One statement of a text, or one of a script.
pub(super) struct Part<'t, 's> {
    tokens: &'t [Token<'s>],
    /// It stands in `BEGIN … END`.
    in_script: bool,
}

/// Words after which a statement may begin inside of a script.
const OPENERS: &[&str] = &["BEGIN", "DO", "ELSE", "LOOP", "REPEAT", "THEN"];
/// Words that begin a part of a script and do nothing by themselves.
const CONTROL: &[&str] = &[
    "CASE", "CLOSE", "DECLARE", "ELSEIF", "END", "FETCH", "FOR", "GET", "IF", "ITERATE", "LEAVE",
    "OPEN", "RESIGNAL", "RETURN", "SET", "SIGNAL", "UNTIL", "WHEN", "WHILE",
];

/// Places in one part at which statements are looked for; each is looked at to its end.
const STARTS: usize = 20;

/// Splits at every `;`. From the first statement that is a script on, all belongs to it.
pub(super) fn split<'t, 's>(tokens: &'t [Token<'s>]) -> Vec<Part<'t, 's>> {
    let ends = tokens.split(|token| *token == Token::Symbol(';'));
    let mut in_script = false;
    let parts = ends.filter(|tokens| !tokens.is_empty()).map(|tokens| {
        in_script = in_script || begins_script(tokens);
        Part { tokens, in_script }
    });
    parts.collect()
}

/// The statements of a text, without the `;` between them. As for [`split`], a script and what follows it are one.
///
/// # Errors
/// The text cannot be split with certainty; the reason completes "it …".
pub(in crate::policy) fn statements(sql: &str) -> Result<Vec<&str>, Unclear> {
    let Lexed { tokens, spans } = lexer::tokens(sql)?;
    let text = |range: Range<usize>| {
        let spans = spans.get(range)?;
        sql.get(spans.first()?.start..spans.last()?.end)
    };
    let is_end = |token: &Token<'_>| *token == Token::Symbol(';');
    let last = tokens.iter().rposition(|token| !is_end(token));
    let mut statements = Vec::new();
    let mut start = 0;
    for part in tokens.split(is_end) {
        if begins_script(part) {
            statements.extend(last.and_then(|last| text(start..last + 1)));
            break;
        }
        statements.extend(text(start..start + part.len()));
        start += part.len() + 1;
    }
    Ok(statements)
}

/// Judges one part.
pub(super) fn judge(part: &Part<'_, '_>, findings: &mut Findings) {
    if !part.in_script {
        statement::judge(part.tokens, findings);
        return;
    }
    calls::all(part.tokens, findings);
    let starts = starts(part.tokens);
    if starts.len() > STARTS {
        findings.add(Class::Unknown, "it holds too many statements");
        return;
    }
    for start in starts {
        let rest = part.tokens.get(start..).unwrap_or_default();
        match rest.first() {
            Some(Token::Word(word)) if word == "GET" && !diagnoses(rest) => {
                statement::judge(rest, findings);
            }
            // `SET` sets a variable of the script, unless it sets a tag or takes a role.
            Some(Token::Word(set))
                if set == "SET"
                    && (matches!(word(rest, 1), "TAG" | "TAGS") || change::takes_a_role(rest)) =>
            {
                statement::judge(rest, findings);
            }
            Some(Token::Word(word)) if CONTROL.contains(&word.as_str()) => {}
            Some(Token::Word(word)) if OPENERS.contains(&word.as_str()) => {}
            None => {}
            Some(_) => statement::judge(rest, findings),
        }
    }
}

/// Whether `GET` is followed by `DIAGNOSTICS`; else it copies a file.
fn diagnoses(tokens: &[Token<'_>]) -> bool {
    let kind = usize::from(matches!(word(tokens, 1), "CURRENT" | "STACKED"));
    word(tokens, 1 + kind) == "DIAGNOSTICS"
}

/// Whether a statement is a script: `BEGIN`, not of a transaction, also with a label or as the body of a procedure.
fn begins_script(tokens: &[Token<'_>]) -> bool {
    let word = |at: usize| word(tokens, at);
    let goes_on = |at: usize| at < tokens.len() && !matches!(word(at), "TRANSACTION" | "WORK");
    let begins = |at: usize| word(at) == "BEGIN" && goes_on(at + 1);
    let labelled = tokens.get(1) == Some(&Token::Symbol(':')) && begins(2);
    let routine = word(0) == "CREATE" && (0..tokens.len()).any(begins);
    begins(0) || labelled || routine
}

/// Where statements may begin in a part of a script: at its start or after its label, after a word that opens a
/// block, and at any verb that may do more than add, wherever it is no name.
fn starts(tokens: &[Token<'_>]) -> BTreeSet<usize> {
    let labelled = tokens.get(1) == Some(&Token::Symbol(':'));
    let first = if labelled { 2 } else { 0 };
    // A condition may have any name, so no word before the statement of its handler tells that this is a name.
    let holds = |wanted: &str| {
        tokens
            .iter()
            .any(|token| matches!(token, Token::Word(word) if word == wanted))
    };
    let handler = holds("DECLARE") && holds("HANDLER");
    let mut starts = opened(tokens);
    starts.insert(first);
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(first + 1) {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') => depth = depth.saturating_sub(1),
            Token::Word(word) if depth == 0 => {
                if OPENERS.contains(&word.as_str())
                    && statement::is_verb(self::word(tokens, at + 1))
                {
                    starts.insert(at + 1);
                } else if change::does_more(word) && (handler || !is_name(tokens, at)) {
                    starts.insert(at);
                }
            }
            _ => {}
        }
    }
    starts
}

/// Where a statement follows a word that opens a block for certain, and not as a part of `CASE … END`.
fn opened(tokens: &[Token<'_>]) -> BTreeSet<usize> {
    let mut opened = BTreeSet::new();
    let (mut cases, mut depth) = (0_usize, 0_usize);
    for at in (0..tokens.len()).rev() {
        match tokens.get(at) {
            Some(Token::Symbol(')')) => depth += 1,
            Some(Token::Symbol('(')) => depth = depth.saturating_sub(1),
            _ => {}
        }
        let before = at.checked_sub(1).map_or("", |before| word(tokens, before));
        let follows = tokens.get(at + 1);
        match word(tokens, at) {
            _ if depth > 0 => {}
            "END" if !is_name(tokens, at) => cases += 1,
            "CASE" => cases = cases.saturating_sub(1),
            // `END LOOP name` opens nothing.
            opener if cases > 0 || before == "END" || !OPENERS.contains(&opener) => {}
            "DO" | "LOOP" | "REPEAT" if is_name(tokens, at) => {}
            "REPEAT"
                if follows == Some(&Token::Symbol('('))
                    && !before.is_empty()
                    && !OPENERS.contains(&before) => {}
            "BEGIN" | "DO" | "LOOP" | "REPEAT"
                if at > 0
                    && matches!(follows, None | Some(Token::Symbol(_)))
                    && follows != Some(&Token::Symbol('(')) => {}
            _ => {
                opened.insert(after_label(tokens, at + 1));
            }
        }
    }
    opened
}

/// Where the statement itself begins, after `ATOMIC` and its label.
fn after_label(tokens: &[Token<'_>], at: usize) -> usize {
    let labelled = |at: usize| tokens.get(at + 1) == Some(&Token::Symbol(':'));
    let mut at = at;
    if !labelled(at) {
        at += match (word(tokens, at), word(tokens, at + 1)) {
            ("ATOMIC", _) => 1,
            ("NOT", "ATOMIC") => 2,
            _ => 0,
        };
    }
    if labelled(at) { at + 2 } else { at }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_split_between_its_statements() {
        let split = |sql| statements(sql).unwrap_or_else(|unclear| vec![unclear.leak()]);
        assert_eq!(
            split("-- first\nSELECT ';' ;; /* ; */ INSERT INTO t VALUES (1) -- last;\n;"),
            ["SELECT ';'", "INSERT INTO t VALUES (1)"]
        );
        assert_eq!(split(" ; -- nothing\n"), [""; 0]);
        let script = "BEGIN INSERT INTO t VALUES (1); SELECT 2; END";
        let both = format!("SELECT 1;{script};;");
        assert_eq!(split(&both), ["SELECT 1", script]);
        assert_eq!(
            split("SELECT 'open; DROP TABLE t"),
            ["has a ' that is not closed"]
        );
    }
}
