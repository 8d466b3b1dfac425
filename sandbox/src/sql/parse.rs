//! From text to one statement.

use datafusion::sql::sqlparser::ast::Statement;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::dialect::SandboxDialect;
use super::error::SqlError;
use super::table_clauses::without_storage;

/// The depth to which expressions may nest. Deeper ones are a syntax error, so that the stack never overflows.
const NESTING: usize = 60;

/// One statement, with nothing but semicolons after it.
///
/// # Errors
/// Fails if the text does not parse, or holds a second statement.
pub(crate) fn parse(text: &str) -> Result<Statement, SqlError> {
    let tokens = Tokenizer::new(&SandboxDialect, text)
        .tokenize_with_location()
        .map_err(ParserError::from)?;
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
