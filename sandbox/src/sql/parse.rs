//! From text to one statement.

use datafusion::sql::sqlparser::ast::Statement;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

use super::dialect::SandboxDialect;
use super::error::SqlError;
use super::table_clauses::without_storage;

/// The depth to which expressions may nest. Deeper ones are a syntax error, so that the stack never overflows.
const NESTING: usize = 60;

/// The operators that may hang on one another. Each nests the plan by one, though the text does not show it.
const CHAIN: usize = 200;

/// True if an expression nests too deep although it does not look it: `1 + 1 + 1 …` nests as deep as it is long.
fn has_long_chain(tokens: &[TokenWithSpan]) -> bool {
    // What hangs on one another between the commas of each open parenthesis.
    let mut open = vec![0_usize];
    for spanned in tokens {
        match &spanned.token {
            Token::LParen | Token::LBracket => open.push(0),
            Token::RParen | Token::RBracket => {
                // What was in there hangs on what follows, but not below it.
                open.pop();
                if open.is_empty() {
                    open.push(0);
                }
            }
            Token::Comma | Token::SemiColon => {
                if let Some(last) = open.last_mut() {
                    *last = 0;
                }
            }
            Token::Word(word) => {
                let chains = matches!(
                    word.keyword,
                    Keyword::AND
                        | Keyword::OR
                        | Keyword::NOT
                        | Keyword::UNION
                        | Keyword::EXCEPT
                        | Keyword::INTERSECT
                        | Keyword::JOIN
                        | Keyword::IS
                        | Keyword::LIKE
                        | Keyword::BETWEEN
                        | Keyword::DIV
                        | Keyword::CASE
                );
                if let Some(last) = open.last_mut().filter(|_| chains) {
                    *last += 1;
                }
            }
            Token::Whitespace(_)
            | Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::Period
            | Token::EOF => {}
            _ => {
                if let Some(last) = open.last_mut() {
                    *last += 1;
                }
            }
        }
        if open.iter().sum::<usize>() > CHAIN {
            return true;
        }
    }
    false
}

/// One statement, with nothing but semicolons after it.
///
/// # Errors
/// Fails if the text does not parse, or holds a second statement.
pub(crate) fn parse(text: &str) -> Result<Statement, SqlError> {
    let tokens = Tokenizer::new(&SandboxDialect, text)
        .tokenize_with_location()
        .map_err(ParserError::from)?;
    if has_long_chain(&tokens) {
        return Err(ParserError::RecursionLimitExceeded.into());
    }
    let mut parser = Parser::new(&SandboxDialect)
        .with_recursion_limit(NESTING)
        .with_tokens_with_locations(without_storage(tokens));
    let statement = parser.parse_statement()?;
    while parser.consume_token(&Token::SemiColon) {}
    match parser.peek_token() {
        rest if rest.token == Token::EOF => Ok(statement),
        rest => {
            let line = usize::try_from(rest.span.start.line).unwrap_or(1);
            let column = usize::try_from(rest.span.start.column).unwrap_or(1);
            Err(SqlError::syntax(
                &rest.token.to_string(),
                Some((line, column.saturating_sub(1))),
            ))
        }
    }
}
