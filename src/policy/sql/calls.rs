//! The functions that a statement calls, wherever they stand.

use super::functions::{self, Reach, reach};
use super::lexer::Token;
use super::words::word;
use super::{Class, Findings, Kind, identifier};

/// Words before a name that is followed by a list in parentheses and yet no function.
const NAMING: &[&str] = &["AS", "INTO", "OVERWRITE", "TABLE", "WITH", "RECURSIVE"];
/// Judges every function of a statement.
pub(super) fn all(tokens: &[Token<'_>], findings: &mut Findings) {
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Word(verb) if verb == "EXECUTE" && word(tokens, at + 1) == "IMMEDIATE" => {
                let reason = "EXECUTE IMMEDIATE runs what cannot be seen here";
                findings.add(Class::ActsOutside, reason);
                findings.is_of(None, reason);
            }
            Token::Word(using)
                if using == "USING" && matches!(tokens.get(at + 1), Some(Token::Text(_))) =>
            {
                findings.add(
                    Class::ActsOutside,
                    "USING with a text runs a program or what cannot be seen here",
                );
            }
            Token::Symbol('(') => {
                let before = at.checked_sub(1);
                open.push((
                    at,
                    before.is_some_and(|name| word(tokens, name) == "IDENTIFIER"),
                ));
                if let Some(name) = before {
                    named(tokens, name, findings);
                }
            }
            Token::Symbol(')') => {
                let calls = tokens.get(at + 1) == Some(&Token::Symbol('('));
                match open.pop() {
                    Some((start, true)) if calls => by_identifier(tokens, start, at, findings),
                    Some((start, true)) => identifier::judge(tokens, start, at, findings),
                    _ => {}
                }
            }
            _ => {}
        }
    }
}

/// Judges the function named at `at`, where it is one.
fn named(tokens: &[Token<'_>], at: usize, findings: &mut Findings) {
    let name = match tokens.get(at) {
        Some(Token::Word(word)) => word.clone(),
        Some(Token::Quoted(name)) => (*name).to_owned(),
        _ => return,
    };
    if !names_list(tokens, at) && is_built_in(tokens, at) {
        function(&name, tokens, at + 1, findings);
    }
}

/// Judges a built-in function whose arguments open at `open`.
fn function(name: &str, tokens: &[Token<'_>], open: usize, findings: &mut Findings) {
    // The service folds names to lower case, words to upper case.
    let shown = name.to_lowercase();
    if functions::shows_secrets(&shown.to_uppercase()) {
        findings.is_of(Kind::Secrets, format!("`{shown}` is about secrets"));
    }
    match reach(&shown.to_uppercase()) {
        Some(Reach::Outside) => {
            findings.add(Class::CallsOut, format!("`{shown}` reaches other systems"))
        }
        Some(Reach::Inside) => {
            findings.add(
                Class::ActsOutside,
                format!("`{shown}` runs code or shows a secret"),
            );
        }
        Some(Reach::Model) => findings.add(Class::AsksModel, format!("`{shown}` asks a model")),
        Some(Reach::Files) if !has_plain_path(tokens, open) => {
            findings.add(
                Class::CallsOut,
                format!("`{shown}` reads a path that is computed"),
            );
        }
        Some(Reach::Files) | None => {}
    }
}

/// `IDENTIFIER('name')(…)`, whose first parentheses are given: a literal is that name, a computed one may be any.
fn by_identifier(tokens: &[Token<'_>], open: usize, close: usize, findings: &mut Findings) {
    match (tokens.get(open + 1), close == open + 2) {
        (Some(Token::Text(name)), true) if is_plain(name) => {
            let parts: Vec<&str> = name
                .split('.')
                .map(|part| part.trim().trim_matches('`'))
                .collect();
            match parts.as_slice() {
                [name] => function(name, tokens, close + 1, findings),
                [.., owner, name] if is_own(owner) => {
                    function(name, tokens, close + 1, findings);
                }
                _ => {}
            }
        }
        _ => {
            let reason = "a function is called by a name that is computed";
            findings.add(Class::ActsOutside, reason);
            findings.is_of(Kind::Secrets, reason);
        }
    }
}

/// Whether the name before a parenthesis begins a list of columns, as in `INSERT INTO secret (a)`.
fn names_list(tokens: &[Token<'_>], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map_or("", |at| word(tokens, at));
    match before(1) {
        "EXISTS" => before(2) == "NOT" && before(3) == "IF",
        "VIEW" => before(2) != "LATERAL",
        word => NAMING.contains(&word),
    }
}

/// Whether a literal holds a name and nothing that could be read as more.
fn is_plain(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '`'))
}

/// Whether a name is that of a schema that only the service fills.
fn is_own(owner: &str) -> bool {
    let owner = owner.to_lowercase();
    matches!(owner.as_str(), "builtin" | "session" | "system")
}

/// Whether a name can be a built-in function: it stands alone or in `builtin`.
fn is_built_in(tokens: &[Token<'_>], at: usize) -> bool {
    let dotted = at.checked_sub(1).and_then(|dot| tokens.get(dot)) == Some(&Token::Symbol('.'));
    let owner = at.checked_sub(2).and_then(|owner| tokens.get(owner));
    !dotted
        || match owner {
            Some(Token::Word(owner)) => is_own(owner),
            Some(Token::Quoted(owner)) => is_own(owner),
            _ => true,
        }
}

/// Whether the first argument is a literal or a parameter and nothing more, with or without its name.
fn has_plain_path(tokens: &[Token<'_>], open: usize) -> bool {
    let mut at = open + 1;
    if matches!(tokens.get(at), Some(Token::Word(_)))
        && tokens.get(at + 1) == Some(&Token::Symbol('='))
        && tokens.get(at + 2) == Some(&Token::Symbol('>'))
    {
        at += 3;
    }
    let length = match tokens.get(at) {
        Some(Token::Text(_) | Token::Symbol('?')) => 1,
        Some(Token::Symbol(':')) if !word(tokens, at + 1).is_empty() => 2,
        _ => return false,
    };
    matches!(tokens.get(at + length), Some(Token::Symbol(',' | ')')))
}
