//! Removes clauses of CREATE TABLE and CREATE VIEW that the parser does not know: storage options of Delta and
//! the comment of a view. Nothing is stored, so nothing is lost.

use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Word};

const OF_TABLES: &[&str] = &[
    "TBLPROPERTIES",
    "OPTIONS",
    "LOCATION",
    "PARTITIONED",
    "CLUSTER",
];
const OF_VIEWS: &[&str] = &["TBLPROPERTIES", "COMMENT"];

/// The tokens of a statement, without these clauses if it is a CREATE TABLE or CREATE VIEW.
pub(crate) fn without_storage(tokens: Vec<TokenWithSpan>) -> Vec<TokenWithSpan> {
    let start: Vec<String> = tokens
        .iter()
        .filter_map(|token| word(&token.token))
        .take(4)
        .map(upper)
        .collect();
    let creates = start.first().is_some_and(|word| word == "CREATE");
    let clauses = match start
        .iter()
        .find(|word| *word == "TABLE" || *word == "VIEW")
    {
        Some(kind) if creates => {
            if kind == "TABLE" {
                OF_TABLES
            } else {
                OF_VIEWS
            }
        }
        _ => return tokens,
    };
    let mut kept = Vec::with_capacity(tokens.len());
    let mut tokens = tokens.into_iter().peekable();
    let mut depth = 0_usize;
    let mut has_columns = false;
    while let Some(token) = tokens.next() {
        match &token.token {
            Token::LParen => {
                has_columns = true;
                depth += 1;
            }
            Token::RParen => depth = depth.saturating_sub(1),
            Token::Word(name) if depth == 0 => {
                let name = upper(name);
                if name == "AS" {
                    kept.push(token);
                    kept.extend(tokens);
                    return kept;
                }
                // Without columns, the place is where they would come from.
                let needed = name == "LOCATION" && !has_columns;
                if clauses.contains(&name.as_str()) && !needed {
                    skip_argument(&mut tokens);
                    continue;
                }
            }
            _ => {}
        }
        kept.push(token);
    }
    kept
}

/// Skips `BY`, then one word, one string, or one parenthesis with its contents.
fn skip_argument(tokens: &mut std::iter::Peekable<impl Iterator<Item = TokenWithSpan>>) {
    let mut depth = 0_usize;
    for token in tokens.by_ref() {
        match &token.token {
            Token::Whitespace(_) => {}
            Token::Word(word) if depth == 0 && upper(word) == "BY" => {}
            Token::LParen => depth += 1,
            Token::RParen => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return;
                }
            }
            _ if depth == 0 => return,
            _ => {}
        }
    }
}

fn word(token: &Token) -> Option<&Word> {
    match token {
        Token::Word(word) => Some(word),
        _ => None,
    }
}

fn upper(word: &Word) -> String {
    word.value.to_uppercase()
}
