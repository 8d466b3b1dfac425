//! `LIST '/Volumes/…'`: the files of a folder.

use std::sync::Arc;

use datafusion::arrow::array::{Int64Array, StringArray, TimestampMicrosecondArray};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::Parser;
use datafusion::sql::sqlparser::tokenizer::Token;

use super::reading::{local, missing, shown};
use crate::sql::dialect::SandboxDialect;
use crate::sql::error::SqlError;
use crate::sql::rows::Rows;
use crate::sql::types::TIME_ZONE;
use crate::stored::Stored;

/// `LIST 'path' [LIMIT n]`
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct List {
    path: String,
    limit: usize,
}

impl List {
    /// Parses the statement; `None` if the text is another.
    ///
    /// # Errors
    /// Fails if the text begins like it and goes on differently.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, SqlError> {
        let mut parser = Parser::new(&SandboxDialect).try_with_sql(text)?;
        let word = parser.next_token();
        if !matches!(&word.token, Token::Word(word) if word.value.eq_ignore_ascii_case("LIST") && word.quote_style.is_none())
        {
            return Ok(None);
        }
        let path = parser.parse_identifier()?.value;
        let mut limit = usize::MAX;
        if parser.parse_keyword(Keyword::LIMIT) {
            limit = usize::try_from(parser.parse_literal_uint()?).unwrap_or(usize::MAX);
        }
        while parser.consume_token(&Token::SemiColon) {}
        parser.expect_token(&Token::EOF)?;
        Ok(Some(Self { path, limit }))
    }

    /// Lists the folder.
    ///
    /// # Errors
    /// Fails if nothing is there.
    pub(crate) fn run(&self, stored: &Stored) -> Result<Rows, SqlError> {
        let found = stored.list(local(&self.path)?).map_err(missing)?;
        let found: Vec<_> = found.into_iter().take(self.limit).collect();
        let folder = |folder: bool| if folder { "/" } else { "" };
        let paths: StringArray = found
            .iter()
            .map(|(path, entry)| Some(format!("{}{}", shown(path), folder(entry.is_folder()))))
            .collect();
        let names: StringArray = found
            .iter()
            .map(|(path, entry)| {
                let name = path.rsplit('/').next()?;
                Some(format!("{name}{}", folder(entry.is_folder())))
            })
            .collect();
        let sizes: Int64Array = found
            .iter()
            .map(|(_, entry)| i64::try_from(entry.size()).ok())
            .collect();
        let times: TimestampMicrosecondArray = found
            .iter()
            .map(|(_, entry)| Some(entry.modified * 1000))
            .collect();
        Rows::of(vec![
            ("path", Arc::new(paths)),
            ("name", Arc::new(names)),
            ("size", Arc::new(sizes)),
            (
                "modification_time",
                Arc::new(times.with_timezone(TIME_ZONE)),
            ),
        ])
    }
}
