//! `COPY INTO`: rows of files into a table, each file once.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, new_null_array};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::sql::sqlparser::ast::{
    Ident, ObjectName, ObjectNamePart, Query, SetExpr, Statement, TableFactor,
};
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserError};
use datafusion::sql::sqlparser::tokenizer::Token;
use parking_lot::Mutex;

use super::options::{Format, Options, flag};
use super::places::Named;
use super::reading::Source;
use crate::clock::Millis;
use crate::sql::dialect::SandboxDialect;
use crate::sql::error::SqlError;
use crate::sql::metastore::Table;
use crate::sql::parse::parse;
use crate::sql::rows::Rows;
use crate::stored::Stored;

/// The files that a table has taken, by the table's id.
#[derive(Default)]
pub(crate) struct Copied(Mutex<BTreeSet<(String, String, Millis)>>);

/// A `COPY INTO` statement.
pub(crate) struct Copy {
    /// The table that takes the rows.
    pub(crate) target: ObjectName,
    /// The columns that take the rows by position, in place of those of the same name.
    positions: Option<Vec<String>>,
    /// The query over the files, which are named in single quotes.
    query: Box<Query>,
    source: Source,
    /// New columns of the files become columns of the table.
    merges: bool,
    /// Files are taken again.
    force: bool,
}

impl Copy {
    /// Parses the statement; `None` if the text is another.
    ///
    /// # Errors
    /// Fails if the text begins like it and goes on differently.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, SqlError> {
        let mut parser = Parser::new(&SandboxDialect).try_with_sql(text)?;
        if !parser.parse_keywords(&[Keyword::COPY, Keyword::INTO]) {
            return Ok(None);
        }
        let target = parser.parse_object_name(false)?;
        let positions = positions(&mut parser)?;
        parser.expect_keyword(Keyword::FROM)?;
        let query = query(&mut parser)?;
        let path = path(&query).ok_or_else(|| SqlError::syntax("FROM", None))?;
        expect_word(&mut parser, "FILEFORMAT")?;
        parser.expect_token(&Token::Eq)?;
        let format = parser.parse_identifier()?.value;
        let format = Format::named(&format)?.ok_or_else(|| SqlError::syntax(&format, None))?;
        let mut copy = Self {
            target,
            positions,
            query,
            source: Source {
                path,
                format: Some(format),
                options: Options::plain(),
                only: None,
            },
            merges: false,
            force: false,
        };
        copy.clauses(&mut parser)?;
        Ok(Some(copy))
    }

    fn clauses(&mut self, parser: &mut Parser<'_>) -> Result<(), SqlError> {
        loop {
            let token = parser.next_token();
            let word = match &token.token {
                Token::EOF => return Ok(()),
                Token::SemiColon => continue,
                Token::Word(word) => word.value.to_uppercase(),
                other => return Err(SqlError::syntax(&other.to_string(), None)),
            };
            match word.as_str() {
                "FORMAT_OPTIONS" => {
                    for (name, value) in pairs(parser)? {
                        if name.eq_ignore_ascii_case("mergeSchema") {
                            continue;
                        }
                        self.source.options.set(&name, &value)?;
                    }
                }
                "COPY_OPTIONS" => {
                    for (name, value) in pairs(parser)? {
                        match name.to_lowercase().as_str() {
                            "mergeschema" => self.merges = flag(&name, &value)?,
                            "force" => self.force = flag(&name, &value)?,
                            _ => {
                                let text = format!("the option {name} of COPY INTO");
                                return Err(SqlError::unsupported(&text));
                            }
                        }
                    }
                }
                "PATTERN" => {
                    parser.expect_token(&Token::Eq)?;
                    let pattern = parser.parse_literal_string()?;
                    self.source.path =
                        format!("{}/{pattern}", self.source.path.trim_end_matches('/'));
                }
                "FILES" => {
                    parser.expect_token(&Token::Eq)?;
                    parser.expect_token(&Token::LParen)?;
                    let names = parser.parse_comma_separated(Parser::parse_literal_string)?;
                    parser.expect_token(&Token::RParen)?;
                    self.source.only = Some(names);
                }
                _ => return Err(SqlError::syntax(&token.token.to_string(), None)),
            }
        }
    }

    /// The query over the files that the table has not taken yet, how its places are read, and what to remember
    /// when it is done. `None` if there are no such files.
    ///
    /// # Errors
    /// Fails if nothing is there.
    pub(crate) fn fresh(
        &self,
        stored: &Stored,
        copied: &Copied,
        table: &Table,
    ) -> Result<Option<Fresh>, SqlError> {
        let mut source = self.source.clone();
        let listed = source.only.take();
        let mut files = source.files(stored)?;
        if let Some(names) = listed {
            let folder = source.path.trim_end_matches('/');
            let folder = folder.strip_prefix("dbfs:").unwrap_or(folder);
            files.retain(|file| {
                names
                    .iter()
                    .any(|name| file.path == *name || file.path == format!("{folder}/{name}"))
            });
        }
        let taken = copied.0.lock();
        let mark = |path: &str, modified| (table.facts.id.clone(), path.to_owned(), modified);
        files.retain(|file| self.force || !taken.contains(&mark(&file.path, file.modified)));
        if files.is_empty() {
            return Ok(None);
        }
        source.only = Some(files.iter().map(|file| file.path.clone()).collect());
        let marks = files.iter().map(|file| mark(&file.path, file.modified));
        Ok(Some(Fresh {
            query: Statement::Query(self.query.clone()),
            marks: marks.collect(),
            named: Named(source),
        }))
    }

    /// The columns of the table once it has taken the rows; the same as now unless new ones are merged.
    ///
    /// # Errors
    /// Fails if the rows have columns that the table lacks, and they are not merged.
    pub(crate) fn columns(&self, rows: &Rows, table: &Schema) -> Result<SchemaRef, SqlError> {
        let mut fields: Vec<Field> = table.fields().iter().map(|f| f.as_ref().clone()).collect();
        let named = self.positions.is_none();
        for field in rows.columns.fields().iter().filter(|_| named) {
            let name = field.name().to_lowercase();
            if fields.iter().any(|known| known.name() == &name) {
                continue;
            }
            if !self.merges {
                return Err(SqlError::new(
                    "COPY_INTO_SCHEMA_MISMATCH_WITH_TARGET_TABLE",
                    "42KDG",
                    format!(
                        "A schema mismatch was detected while copying into {}: the table has no column `{name}`. COPY_OPTIONS ('mergeSchema' = 'true') adds it; FORMAT_OPTIONS ('header' = 'true') takes the names from the first line.",
                        self.target
                    ),
                ));
            }
            fields.push(Field::new(name, field.data_type().clone(), true));
        }
        Ok(Arc::new(Schema::new(fields)))
    }

    /// The rows in the columns of the table.
    ///
    /// # Errors
    /// Fails if a value does not fit its column.
    pub(crate) fn fitted(
        &self,
        rows: &Rows,
        table: &SchemaRef,
    ) -> Result<Vec<RecordBatch>, SqlError> {
        let options = CastOptions {
            safe: false,
            ..CastOptions::default()
        };
        let mut fitted = Vec::with_capacity(rows.batches.len());
        for batch in &rows.batches {
            let mut columns: Vec<ArrayRef> = Vec::with_capacity(table.fields().len());
            for (at, field) in table.fields().iter().enumerate() {
                columns.push(match self.own(rows, batch, at, field) {
                    Some(column) => cast_with_options(column, field.data_type(), &options)?,
                    None => new_null_array(field.data_type(), batch.num_rows()),
                });
            }
            fitted.push(RecordBatch::try_new(table.clone(), columns)?);
        }
        Ok(fitted)
    }

    /// The column of the rows that a column of the table takes.
    fn own<'a>(
        &self,
        rows: &Rows,
        batch: &'a RecordBatch,
        at: usize,
        field: &Field,
    ) -> Option<&'a ArrayRef> {
        let position = match &self.positions {
            Some(names) if names.is_empty() => Some(at),
            Some(names) => names.iter().position(|name| name == field.name()),
            None => {
                let mut fields = rows.columns.fields().iter();
                fields.position(|own| own.name().eq_ignore_ascii_case(field.name()))
            }
        };
        batch.columns().get(position?)
    }
}

/// The files that a table takes for the first time.
pub(crate) struct Fresh {
    /// The query over them.
    pub(crate) query: Statement,
    /// How its path is read.
    pub(crate) named: Named,
    marks: Vec<(String, String, Millis)>,
}

impl Copied {
    /// Remembers what a table has taken.
    pub(crate) fn remember(&self, fresh: Fresh) {
        self.0.lock().extend(fresh.marks);
    }
}

/// The answer of the statement.
///
/// # Errors
/// Fails if Arrow refuses the columns.
pub(crate) fn counted(rows: usize) -> Result<Rows, SqlError> {
    let count: ArrayRef = Arc::new(Int64Array::from(vec![i64::try_from(rows).ok()]));
    let none: ArrayRef = Arc::new(Int64Array::from(vec![0]));
    Rows::of(vec![
        ("num_affected_rows", count.clone()),
        ("num_inserted_rows", count),
        ("num_skipped_corrupt_files", none),
    ])
}

fn positions(parser: &mut Parser<'_>) -> Result<Option<Vec<String>>, ParserError> {
    if parser.parse_keyword(Keyword::BY) {
        expect_word(parser, "POSITION")?;
        return Ok(Some(Vec::new()));
    }
    if !parser.consume_token(&Token::LParen) {
        return Ok(None);
    }
    let names: Vec<Ident> = parser.parse_comma_separated(Parser::parse_identifier)?;
    parser.expect_token(&Token::RParen)?;
    Ok(Some(
        names.iter().map(|name| name.value.to_lowercase()).collect(),
    ))
}

fn query(parser: &mut Parser<'_>) -> Result<Box<Query>, SqlError> {
    if parser.consume_token(&Token::LParen) {
        let query = parser.parse_query()?;
        parser.expect_token(&Token::RParen)?;
        return Ok(query);
    }
    let path = parser.parse_identifier()?.value.replace('\'', "''");
    match parse(&format!("SELECT * FROM '{path}'"))? {
        Statement::Query(query) => Ok(query),
        other => Err(SqlError::syntax(&other.to_string(), None)),
    }
}

/// The path in single quotes that a query reads.
fn path(query: &Query) -> Option<String> {
    let SetExpr::Select(select) = query.body.as_ref() else {
        return None;
    };
    let TableFactor::Table { name, .. } = &select.from.first()?.relation else {
        return None;
    };
    let path = name.0.first().and_then(ObjectNamePart::as_ident)?;
    (path.quote_style == Some('\'')).then(|| path.value.clone())
}

fn expect_word(parser: &mut Parser<'_>, due: &str) -> Result<(), ParserError> {
    let token = parser.next_token();
    match &token.token {
        Token::Word(word) if word.value.eq_ignore_ascii_case(due) => Ok(()),
        _ => parser.expected(due, token),
    }
}

/// `('name' = 'value', …)`
fn pairs(parser: &mut Parser<'_>) -> Result<Vec<(String, String)>, ParserError> {
    parser.expect_token(&Token::LParen)?;
    let pairs = parser.parse_comma_separated(|parser| {
        let name = parser.parse_identifier()?.value;
        parser.expect_token(&Token::Eq)?;
        let token = parser.next_token();
        let value = match &token.token {
            Token::SingleQuotedString(text) | Token::DoubleQuotedString(text) => text.clone(),
            Token::Number(text, _) => text.clone(),
            Token::Word(word) => word.value.clone(),
            _ => return parser.expected("a value", token),
        };
        Ok((name, value))
    })?;
    parser.expect_token(&Token::RParen)?;
    Ok(pairs)
}
