//! The class of a statement that does more than read, by its verb and the words that change what the verb does.

use super::lexer::Token;
use super::words::{follows, has, word, words};
use super::{Class, Findings, alter, create};

/// Verbs of statements that add or change, whatever else they say.
const WRITING: &[&str] = &[
    "ANALYZE", "BEGIN", "CACHE", "CLEAR", "COMMENT", "COMMIT", "CONVERT", "COPY", "DECLARE",
    "GENERATE", "MSCK", "OPTIMIZE", "RESET", "ROLLBACK", "SET", "START", "UNCACHE", "UNDROP",
    "USE",
];
/// Verbs of statements that delete or replace, and the words for it.
const DESTROYING: &[(&str, &str)] = &[
    ("DELETE", "deletes rows"),
    ("DROP", "deletes"),
    ("FSCK", "removes entries of a table"),
    ("PURGE", "deletes"),
    ("REMOVE", "deletes files"),
    ("REPLACE", "replaces"),
    ("RESTORE", "replaces the present state"),
    // It may make an owner, too.
    ("SYNC", "replaces what the catalog says of a table"),
    ("TRUNCATE", "deletes every row"),
    ("UPDATE", "replaces values"),
    ("VACUUM", "deletes old versions"),
];
/// Verbs that change who may do what.
pub(super) const GRANTING: &[&str] = &["DENY", "GRANT", "REVOKE"];
/// Verbs of statements that run what cannot be seen here.
const RUNNING: &[&str] = &["ADD", "CALL", "EXECUTE"];
/// Verbs that are judged by what follows.
const DEPENDING: &[&str] = &[
    "ALTER", "CREATE", "EXPLAIN", "INSERT", "LOAD", "MERGE", "PUT", "REFRESH", "REORG",
];
/// Formats of tables whose data is kept in files.
pub(super) const FORMATS: &[&str] = &[
    "AVRO",
    "BINARYFILE",
    "CSV",
    "DELTA",
    "HUDI",
    "ICEBERG",
    "JSON",
    "ORC",
    "PARQUET",
    "TEXT",
    "XML",
];
/// Whether a word begins a statement that changes anything.
pub(super) fn is_verb(word: &str) -> bool {
    WRITING.contains(&word) || does_more(word)
}

/// Whether a word begins a statement that may do more than add.
pub(super) fn does_more(word: &str) -> bool {
    DESTROYING.iter().any(|(verb, _)| *verb == word)
        || GRANTING.contains(&word)
        || RUNNING.contains(&word)
        || DEPENDING.contains(&word)
}

/// Judges a statement by its verb, without its functions.
pub(super) fn judge(tokens: &[Token<'_>], findings: &mut Findings) {
    let verb = word(tokens, 0);
    if let Some((verb, does)) = DESTROYING.iter().find(|(known, _)| *known == verb) {
        findings.add(Class::Destroys, format!("{verb} {does}"));
        return;
    }
    match verb {
        _ if GRANTING.contains(&verb) => {
            findings.add(Class::Destroys, format!("{verb} changes who may do what"));
        }
        _ if RUNNING.contains(&verb) => {
            findings.add(
                Class::ActsOutside,
                format!("{verb} runs what cannot be seen here"),
            );
        }
        "SET" if matches!(word(tokens, 1), "TAG" | "TAGS") => {
            findings.add(
                Class::Destroys,
                "SET TAG changes who may do what, where policies go by tags",
            );
        }
        "SET" | "USE" if takes_a_role(tokens) => {
            findings.add(Class::Destroys, format!("{verb} changes who may do what"));
        }
        "MSCK" if has(tokens, "DROP") || has(tokens, "SYNC") => {
            findings.add(
                Class::Destroys,
                "MSCK REPAIR … removes partitions of a table",
            );
        }
        "ANALYZE" if has(tokens, "DELETE") => {
            findings.add(Class::Destroys, "ANALYZE … DELETE deletes statistics")
        }
        "MSCK" if has(tokens, "PRIVILEGES") => {
            findings.add(
                Class::Destroys,
                "MSCK REPAIR … PRIVILEGES changes who may do what",
            );
        }
        "COPY" if writes_to_a_path(tokens) => {
            findings.add(
                Class::ActsOutside,
                "COPY … writes to a place that the statement names",
            );
        }
        _ if WRITING.contains(&verb) => findings.add(Class::Writes, format!("{verb} writes")),
        _ => depending(verb, tokens, findings),
    }
}

/// A verb that deletes or replaces only with certain words.
fn depending(verb: &str, tokens: &[Token<'_>], findings: &mut Findings) {
    let has = |word| has(tokens, word);
    let follows = |first: &str, second: &[&str]| follows(tokens, first, second);
    let destroys = match verb {
        "CREATE" | "ALTER" if opens_a_way(tokens) => {
            findings.add(
                Class::ActsOutside,
                format!("{verb} … opens or changes a way to another system"),
            );
            return;
        }
        "CREATE" => create::destroys(tokens, findings),
        "INSERT" if has("DIRECTORY") => Some("DIRECTORY replaces files"),
        "INSERT" if has("OVERWRITE") => Some("OVERWRITE replaces rows"),
        "INSERT" => {
            follows("REPLACE", &["WHERE", "USING", "ON"]).then_some("REPLACE replaces rows")
        }
        "LOAD" if !has("LOCAL") => Some("moves the files that it loads"),
        "LOAD" | "PUT" => has("OVERWRITE").then_some("OVERWRITE replaces files"),
        "MERGE" => (has("DELETE") || has("UPDATE")).then_some("updates or deletes rows"),
        "REFRESH" => has("FULL").then_some("FULL computes everything anew"),
        "REORG" => tokens
            .iter()
            .any(|token| matches!(token, Token::Word(word) if word == "PURGE"))
            .then_some("PURGE deletes old versions"),
        "ALTER" => alter::destroys(tokens),
        _ => None,
    };
    match destroys {
        Some(does) => findings.add(Class::Destroys, format!("{verb} … {does}")),
        None => findings.add(Class::Writes, format!("{verb} writes")),
    }
    if matches!(verb, "INSERT" | "MERGE") && writes_to_a_path(tokens) {
        findings.add(
            Class::ActsOutside,
            format!("{verb} … writes to a place that the statement names"),
        );
    }
    if verb == "CREATE" && names_a_location(tokens) {
        findings.add(
            Class::ActsOutside,
            "CREATE … LOCATION keeps data at a place that the statement names",
        );
    }
    if let ("CREATE", Some(format)) = (verb, source(tokens)) {
        findings.add(
            Class::ActsOutside,
            format!("USING {format} reads another system"),
        );
    }
}

/// Whether a session goes on as somebody else: `SET ROLE r`, `SET SESSION AUTHORIZATION a`.
pub(super) fn takes_a_role(tokens: &[Token<'_>]) -> bool {
    let named = |at: usize| {
        let name = tokens.get(at);
        matches!(
            name,
            Some(Token::Word(_) | Token::Quoted(_) | Token::Text(_))
        )
    };
    match word(tokens, 1) {
        "ROLE" => named(2),
        "SESSION" => word(tokens, 2) == "AUTHORIZATION",
        _ => false,
    }
}

/// Whether rows go to files at a path that stands for the table, as in ``INSERT INTO csv.`s3://…` ``.
fn writes_to_a_path(tokens: &[Token<'_>]) -> bool {
    words(tokens).any(|(at, found)| {
        let named = tokens.get(at + 1..).unwrap_or_default();
        let named = named
            .strip_prefix(&[Token::Word("TABLE".into())])
            .unwrap_or(named);
        let name = named.iter().take_while(|token| match token {
            Token::Word(word) => word != "SELECT" && word != "VALUES",
            Token::Quoted(_) | Token::Symbol('.') => true,
            _ => false,
        });
        let identified = match named {
            [Token::Word(word), Token::Symbol('('), Token::Text(name), ..] => {
                word == "IDENTIFIER" && name.contains('/')
            }
            _ => false,
        };
        let is_path =
            |token: &Token<'_>| matches!(token, Token::Quoted(part) if part.contains('/'));
        found == "INTO" && (identified || name.take(6).any(is_path))
    })
}

/// Whether the statement makes or changes a connection, a credential or an external location.
pub(super) fn opens_a_way(tokens: &[Token<'_>]) -> bool {
    let replacing = if follows(tokens, "OR", &["REPLACE"]) {
        2
    } else {
        0
    };
    match word(tokens, 1 + replacing) {
        "CONNECTION" | "CREDENTIAL" | "SERVER" | "SERVICE" | "STORAGE" => true,
        "EXTERNAL" => word(tokens, 2 + replacing) == "LOCATION",
        "FOREIGN" => word(tokens, 2 + replacing) == "CATALOG",
        _ => false,
    }
}

/// Whether a path stands after `LOCATION`, as where the data of what is created is to be kept.
fn names_a_location(tokens: &[Token<'_>]) -> bool {
    words(tokens).any(|(at, found)| {
        found == "LOCATION" && matches!(tokens.get(at + 1), Some(Token::Text(_)))
    })
}

/// The format after `USING`, where it is none of files.
fn source<'t>(tokens: &'t [Token<'_>]) -> Option<&'t str> {
    // A table may be named `as`.
    let table_named_as =
        words(tokens).any(|(at, found)| found == "AS" && word(tokens, at + 1) == "USING");
    let mut depth = 0_usize;
    let at = tokens.iter().position(|token| {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        // After `AS` a query begins, in which `USING` joins.
        depth == 0 && matches!(token, Token::Word(word) if word == "USING" || (word == "AS" && !table_named_as))
    })?;
    let format = match (word(tokens, at), tokens.get(at + 1)) {
        ("USING", Some(Token::Word(format))) => format.as_str(),
        ("USING", Some(Token::Quoted(format))) => format,
        _ => return None,
    };
    (!FORMATS.contains(&format.to_uppercase().as_str())).then_some(format)
}
