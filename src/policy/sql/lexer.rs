//! Splits Databricks SQL into tokens as the service does, and refuses text that two lexers may split differently.
//!
//! The rules are those of Spark's grammar (`SqlBaseLexer.g4`): strings with backslashes and doubled quotes, raw
//! strings, nested comments, hints that are tokens, words that match keywords after Unicode upper-casing.

use std::ops::Range;

/// A statement of more tokens than this is not judged.
const TOKENS: usize = 100_000;
/// A statement whose parentheses stand deeper than this is not judged.
const DEPTH: usize = 1_000;

/// One token of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// An unquoted word or number, in upper case.
    Word(String),
    /// An identifier in backticks, without them.
    Quoted(&'a str),
    /// A string literal, without its quotes, escapes as written.
    Text(&'a str),
    /// Text between `$$`, as the body of a function.
    Body(&'a str),
    /// The pipe operator, `|>`.
    Pipe,
    /// Any other character.
    Symbol(char),
}

/// Why a text cannot be split with certainty; completes "it …".
pub(super) type Unclear = String;

/// The tokens of a text, and where in it each one stands.
#[derive(Debug, Default)]
pub(super) struct Lexed<'a> {
    /// In the order of the text.
    pub(super) tokens: Vec<Token<'a>>,
    /// As many as there are tokens.
    pub(super) spans: Vec<Range<usize>>,
}

/// Splits the whole text.
///
/// # Errors
/// An open quote or comment, a character that is not SQL, or text that lexers read differently.
pub(super) fn tokens(sql: &str) -> Result<Lexed<'_>, Unclear> {
    let mut lexer = Lexer { sql, at: 0 };
    let mut lexed = Lexed::default();
    let mut depth = 0_usize;
    while let Some((start, token)) = lexer.next()? {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if lexed.tokens.len() == TOKENS {
            return Err(format!("has more than {TOKENS} tokens"));
        }
        if depth > DEPTH {
            return Err(format!("is nested more than {DEPTH} deep"));
        }
        lexed.tokens.push(token);
        lexed.spans.push(start..lexer.at);
    }
    Ok(lexed)
}

struct Lexer<'a> {
    sql: &'a str,
    /// Byte offset, always at a character's start.
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.sql.get(self.at..).unwrap_or_default()
    }

    /// The next token, and where it starts.
    fn next(&mut self) -> Result<Option<(usize, Token<'a>)>, Unclear> {
        loop {
            let rest = self.rest();
            let Some(first) = rest.chars().next() else {
                return Ok(None);
            };
            if is_space(first) {
                self.at += first.len_utf8();
            } else if rest.starts_with("--") {
                self.line_comment()?;
            } else if rest.starts_with("/*") && !rest.starts_with("/*+") {
                self.block_comment()?;
            } else {
                let start = self.at;
                return self.token(first).map(|token| Some((start, token)));
            }
        }
    }

    fn token(&mut self, first: char) -> Result<Token<'a>, Unclear> {
        let rest = self.rest();
        if let Some(quote) = raw_quote(rest) {
            self.at += 1;
            return self.closed(quote, |_| 0).map(Token::Text);
        }
        match first {
            '\'' | '"' => {
                let escapes = move |tail: &str| escape(tail, first);
                self.closed(first, escapes).map(Token::Text)
            }
            '`' => {
                let doubled = |tail: &str| if tail.starts_with("``") { 2 } else { 0 };
                self.closed('`', doubled).map(Token::Quoted)
            }
            '$' if rest.starts_with("${") => {
                Err("has a `${…}`, which may become anything before it runs".to_owned())
            }
            '$' => match dollar_tag(rest) {
                Some(tag) => self.dollar_quoted(tag).map(Token::Body),
                None => Ok(self.symbol(first)),
            },
            '|' if rest.starts_with("|>") => {
                self.at += 2;
                Ok(Token::Pipe)
            }
            _ if is_word(first) => self.word(),
            _ if first.is_ascii_graphic() => Ok(self.symbol(first)),
            _ => Err(format!(
                "holds U+{:04X}, which is not SQL",
                u32::from(first)
            )),
        }
    }

    fn symbol(&mut self, symbol: char) -> Token<'a> {
        self.at += symbol.len_utf8();
        Token::Symbol(symbol)
    }

    /// A word, or a path such as `s3://bucket/key`, which is one word to the service.
    fn word(&mut self) -> Result<Token<'a>, Unclear> {
        let rest = self.rest();
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let letters = word.chars().all(char::is_alphabetic);
        if let (true, Some(path)) = (letters, tail.strip_prefix("://")) {
            let in_path = |c: char| is_word(c) || "/-.?=&#%".contains(c);
            let length = path.find(|c| !in_path(c)).unwrap_or(path.len());
            if path.get(..length).is_some_and(|path| path.contains("--")) {
                return Err("holds `--` within a path, which may begin a comment".to_owned());
            }
            self.at += end + "://".len() + length;
            return Ok(Token::Word(word.to_uppercase()));
        }
        self.at += end;
        Ok(Token::Word(word.to_uppercase()))
    }

    /// What stands between this quote and its end. `skip` says how many bytes an escape takes, 0 for none.
    fn closed(&mut self, quote: char, skip: impl Fn(&str) -> usize) -> Result<&'a str, Unclear> {
        let inner = self.rest().get(1..).unwrap_or_default();
        let mut at = 0;
        loop {
            let tail = inner.get(at..).unwrap_or_default();
            let Some(next) = tail.chars().next() else {
                return Err(format!("has a {quote} that is not closed"));
            };
            match skip(tail) {
                0 if next == quote => break,
                0 => at += next.len_utf8(),
                bytes => at += bytes,
            }
        }
        self.at += at + 2;
        Ok(inner.get(..at).unwrap_or_default())
    }

    /// What stands between `$$` or `$tag$` and the next of the same.
    fn dollar_quoted(&mut self, tag: &'a str) -> Result<&'a str, Unclear> {
        let inner = self.rest().get(tag.len()..).unwrap_or_default();
        let end = inner
            .find(tag)
            .ok_or_else(|| format!("has a {tag} that is not closed"))?;
        self.at += end + 2 * tag.len();
        Ok(inner.get(..end).unwrap_or_default())
    }

    fn line_comment(&mut self) -> Result<(), Unclear> {
        let rest = self.rest();
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let (comment, tail) = rest.split_at_checked(end).unwrap_or((rest, ""));
        if !tail.is_empty() && comment.ends_with('\\') {
            return Err("has a comment whose line ends in a backslash, which may go on".to_owned());
        }
        if tail.starts_with('\r') && !tail.starts_with("\r\n") {
            return Err("has a comment that ends in a lone carriage return".to_owned());
        }
        self.at += end;
        Ok(())
    }

    fn block_comment(&mut self) -> Result<(), Unclear> {
        let inner = self.rest().get(2..).unwrap_or_default();
        let end = inner.find("*/").ok_or("has a comment that is not closed")?;
        if inner
            .get(..end)
            .is_some_and(|comment| comment.contains("/*"))
        {
            return Err("has a comment within a comment".to_owned());
        }
        self.at += end + 4;
        Ok(())
    }
}

/// Bytes of the escape at the start of `tail`: a backslash with what follows it, or a doubled quote.
fn escape(tail: &str, quote: char) -> usize {
    let mut chars = tail.chars();
    match (chars.next(), chars.next()) {
        (Some('\\'), Some(next)) => 1 + next.len_utf8(),
        (Some(first), Some(second)) if first == quote && second == quote => 2,
        _ => 0,
    }
}

/// The quote of a raw string, `r'…'`.
fn raw_quote(rest: &str) -> Option<char> {
    let tail = rest.strip_prefix(['r', 'R'])?;
    tail.chars()
        .next()
        .filter(|next| matches!(next, '\'' | '"'))
}

/// `$$` or `$tag$`, where the text starts with one.
fn dollar_tag(rest: &str) -> Option<&str> {
    let inner = rest.get(1..)?;
    let end = inner.find('$')?;
    let letters = inner.get(..end)?.chars().all(|c| c.is_ascii_alphabetic());
    rest.get(..end + 2).filter(|_| letters)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// White space as the service knows it; a character that merely looks like it is none.
fn is_space(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{2028}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}
