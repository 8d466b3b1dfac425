//! Statements of Databricks that the SQL parser does not know, about catalogs and schemas.

use datafusion::sql::sqlparser::ast::ObjectName;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::Token;

use super::dialect::SandboxDialect;
use super::error::SqlError;
use super::names::parts;

/// A statement about catalogs or schemas.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Own {
    /// `CREATE CATALOG [IF NOT EXISTS] name [COMMENT 'text']`
    CreateCatalog {
        name: String,
        comment: Option<String>,
        if_not_exists: bool,
    },
    /// `DROP CATALOG [IF EXISTS] name [CASCADE | RESTRICT]`
    DropCatalog { name: String, if_exists: bool },
    /// `CREATE SCHEMA [IF NOT EXISTS] name [COMMENT 'text']`
    CreateSchema {
        name: Vec<String>,
        comment: Option<String>,
        if_not_exists: bool,
    },
    /// `DESCRIBE CATALOG [EXTENDED] name`
    DescribeCatalog { name: String },
    /// `DESCRIBE SCHEMA [EXTENDED] name`
    DescribeSchema { name: Vec<String> },
    /// `DESCRIBE [TABLE] [EXTENDED | FORMATTED] name`
    DescribeTable { name: ObjectName, extended: bool },
}

/// Parses one of these statements; `None` leaves the text to the SQL parser.
///
/// # Errors
/// Fails if the text begins like one of these statements but goes on differently.
pub(crate) fn parse(text: &str) -> Result<Option<Own>, SqlError> {
    let mut parser = Parser::new(&SandboxDialect).try_with_sql(text)?;
    let own = if parser.parse_keywords(&[Keyword::CREATE, Keyword::CATALOG]) {
        create_catalog(&mut parser)?
    } else if parser.parse_keywords(&[Keyword::DROP, Keyword::CATALOG]) {
        drop_catalog(&mut parser)?
    } else if parser.parse_keywords(&[Keyword::CREATE, Keyword::SCHEMA])
        || parser.parse_keywords(&[Keyword::CREATE, Keyword::DATABASE])
    {
        create_schema(&mut parser)?
    } else if parser
        .parse_one_of_keywords(&[Keyword::DESCRIBE, Keyword::DESC])
        .is_some()
    {
        match describe(&mut parser)? {
            Some(own) => own,
            None => return Ok(None),
        }
    } else {
        return Ok(None);
    };
    while parser.consume_token(&Token::SemiColon) {}
    match parser.peek_token() {
        rest if rest.token == Token::EOF => Ok(Some(own)),
        _ => Err(parser
            .expected::<()>("end of statement", parser.peek_token())
            .err()
            .map_or_else(|| SqlError::syntax("EOF", None), SqlError::from)),
    }
}

fn create_catalog(parser: &mut Parser<'_>) -> Result<Own, ParserError> {
    let if_not_exists = parser.parse_keywords(&[Keyword::IF, Keyword::NOT, Keyword::EXISTS]);
    let name = parser.parse_identifier()?.value.to_lowercase();
    let comment = comment(parser)?;
    Ok(Own::CreateCatalog {
        name,
        comment,
        if_not_exists,
    })
}

fn drop_catalog(parser: &mut Parser<'_>) -> Result<Own, ParserError> {
    let if_exists = parser.parse_keywords(&[Keyword::IF, Keyword::EXISTS]);
    let name = parser.parse_identifier()?.value.to_lowercase();
    let _ = parser.parse_one_of_keywords(&[Keyword::CASCADE, Keyword::RESTRICT]);
    Ok(Own::DropCatalog { name, if_exists })
}

fn create_schema(parser: &mut Parser<'_>) -> Result<Own, ParserError> {
    let if_not_exists = parser.parse_keywords(&[Keyword::IF, Keyword::NOT, Keyword::EXISTS]);
    let name = parts(&parser.parse_object_name(false)?);
    let comment = comment(parser)?;
    Ok(Own::CreateSchema {
        name,
        comment,
        if_not_exists,
    })
}

/// Parses `DESCRIBE`; `None` if a query follows it.
fn describe(parser: &mut Parser<'_>) -> Result<Option<Own>, ParserError> {
    let kind = [
        Keyword::CATALOG,
        Keyword::SCHEMA,
        Keyword::DATABASE,
        Keyword::TABLE,
    ];
    let kind = parser.parse_one_of_keywords(&kind);
    let extended = parser
        .parse_one_of_keywords(&[Keyword::EXTENDED, Keyword::FORMATTED])
        .is_some();
    let query = [
        Keyword::SELECT,
        Keyword::WITH,
        Keyword::QUERY,
        Keyword::FUNCTION,
    ];
    if kind.is_none() && parser.peek_one_of_keywords(&query).is_some() {
        return Ok(None);
    }
    let name = parser.parse_object_name(false)?;
    Ok(Some(match (kind, parts(&name).as_slice()) {
        (Some(Keyword::CATALOG), [name]) => Own::DescribeCatalog { name: name.clone() },
        (Some(Keyword::SCHEMA | Keyword::DATABASE), name) => Own::DescribeSchema {
            name: name.to_vec(),
        },
        _ => Own::DescribeTable { name, extended },
    }))
}

fn comment(parser: &mut Parser<'_>) -> Result<Option<String>, ParserError> {
    if parser.parse_keyword(Keyword::COMMENT) {
        return Ok(Some(parser.parse_literal_string()?));
    }
    Ok(None)
}
