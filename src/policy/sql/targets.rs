//! The catalog objects that a statement takes away or changes, as the REST operations name them: for a look before the
//! question.

use serde_json::{Map, json};

use super::lexer::{self, Token};
use super::words::word;
use crate::policy::{IfMissing, Target};

/// Objects that are looked at.
const LOOKED_AT: usize = 3;
/// Catalogs that the REST API does not know.
const UNKNOWN: &[&str] = &[
    "hive_metastore",
    "spark_catalog",
    "global_temp",
    "session",
    "system",
];

/// The objects of a statement, by full name where the statement or its context gives it.
pub(in crate::policy) fn targets(
    sql: &str,
    catalog: Option<&str>,
    schema: Option<&str>,
) -> Vec<Target> {
    let Ok(lexed) = lexer::tokens(sql) else {
        return Vec::new();
    };
    let tokens = lexed.tokens.as_slice();
    let mut found: Vec<Target> = Vec::new();
    for at in 0..tokens.len() {
        let Some(verb) = Verb::at(tokens, at) else {
            continue;
        };
        let target = target(sql, &lexed, at, verb, [catalog, schema]);
        let known = |target: &Target| found.iter().any(|known| known.name == target.name);
        if let Some(target) = target.filter(|target| !known(target)) {
            found.push(target);
        }
        if found.len() == LOOKED_AT {
            break;
        }
    }
    found
}

/// A verb whose object is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    /// It takes the object away.
    Drops,
    /// It changes what is in a table.
    Changes,
}

impl Verb {
    fn at(tokens: &[Token], at: usize) -> Option<Self> {
        match (word(tokens, at), word(tokens, at + 1)) {
            ("DROP", _) => Some(Self::Drops),
            ("TRUNCATE", _) | ("DELETE", "FROM") | ("INSERT", "OVERWRITE") => Some(Self::Changes),
            // `ON UPDATE`, `FOR UPDATE` and the branch of a MERGE name no table.
            ("UPDATE", next) if !matches!(next, "SET" | "" | "AND" | "OR") => Some(Self::Changes),
            _ => None,
        }
    }
}

fn target(
    sql: &str,
    lexed: &lexer::Lexed<'_>,
    at: usize,
    verb: Verb,
    place: [Option<&str>; 2],
) -> Option<Target> {
    let tokens = lexed.tokens.as_slice();
    let is_first = at == 0;
    let mut at = at + 1;
    let mut kind = "TABLE";
    let mut if_exists = false;
    loop {
        match word(tokens, at) {
            "TABLE" | "VIEW" | "FROM" | "OVERWRITE" | "INTO" | "MATERIALIZED" | "STREAMING" => {}
            "SCHEMA" | "DATABASE" => kind = "SCHEMA",
            "CATALOG" => kind = "CATALOG",
            "VOLUME" => kind = "VOLUME",
            "FUNCTION" => kind = "FUNCTION",
            "IF" | "EXISTS" => if_exists = true,
            _ => break,
        }
        at += 1;
    }
    let (mut parts, end) = parts(sql, lexed, at)?;
    let alone = is_first && is_end(tokens, end);
    let depth = match kind {
        "CATALOG" => 1,
        "SCHEMA" => 2,
        _ => 3,
    };
    let missing = depth - parts.len().min(depth);
    let context = match (depth, missing) {
        (_, 0) => Vec::new(),
        (2, 1) => vec![place[0]?],
        (3, 1) => vec![place[0]?],
        (3, 2) => vec![place[0]?, place[1]?],
        _ => return None,
    };
    parts.splice(0..0, context.iter().map(|part| (*part).to_owned()));
    let first = parts.first()?.to_lowercase();
    if parts.len() != depth || UNKNOWN.contains(&first.as_str()) {
        return None;
    }
    let name = parts.join(".");
    let (operation, argument) = match kind {
        "CATALOG" => ("catalogs.delete", "name"),
        "SCHEMA" => ("schemas.delete", "full_name"),
        "VOLUME" => ("volumes.delete", "name"),
        "FUNCTION" => ("functions.delete", "name"),
        _ => ("tables.delete", "full_name"),
    };
    Some(Target {
        operation,
        arguments: Map::from_iter([(argument.to_owned(), json!(name))]),
        name: Some(name),
        or_else: None,
        if_missing: match (verb, if_exists) {
            (Verb::Drops, true) if alone => IfMissing::TakesNothing,
            (Verb::Drops, false) if alone => IfMissing::Fails,
            // What an earlier statement may have made is not known yet.
            (Verb::Changes, _) if is_first && !tokens.contains(&Token::Symbol(';')) => {
                IfMissing::Fails
            }
            _ => IfMissing::Said,
        },
    })
}

/// True if nothing follows that does anything else.
fn is_end(tokens: &[Token], mut at: usize) -> bool {
    while matches!(word(tokens, at), "CASCADE" | "RESTRICT" | "PURGE") {
        at += 1;
    }
    let rest = tokens.get(at..).unwrap_or_default();
    rest.iter().all(|token| *token == Token::Symbol(';'))
}

/// The parts of the dotted name from here on, without backticks, and the place after it.
fn parts(sql: &str, lexed: &lexer::Lexed<'_>, mut at: usize) -> Option<(Vec<String>, usize)> {
    let mut parts = Vec::new();
    loop {
        match lexed.tokens.get(at)? {
            Token::Word(_) | Token::Quoted(_) => {
                let text = sql.get(lexed.spans.get(at)?.clone())?;
                let plain = text
                    .strip_prefix('`')
                    .and_then(|rest| rest.strip_suffix('`'));
                parts.push(plain.map_or_else(|| text.to_owned(), |name| name.replace("``", "`")));
            }
            _ => return None,
        }
        match lexed.tokens.get(at + 1) {
            Some(Token::Symbol('.')) => {}
            // `IDENTIFIER(…)` is a name that is not there to read.
            Some(Token::Symbol('(')) => return None,
            _ => return Some((parts, at + 1)),
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(sql: &str) -> Vec<String> {
        let found = targets(sql, Some("main"), Some("s"));
        let line = |target: &Target| {
            let missing = match target.if_missing {
                IfMissing::Fails => "",
                IfMissing::TakesNothing => "?",
                IfMissing::Said => "…",
            };
            format!(
                "{} {}{missing}",
                target.operation,
                target.name.as_deref().unwrap_or_default()
            )
        };
        found.iter().map(line).collect()
    }

    #[test]
    fn objects_are_named_as_the_catalog_knows_them() {
        for (sql, wanted) in [
            ("DROP TABLE t", "tables.delete main.s.t"),
            ("drop view if exists a.`b c`.d", "tables.delete a.b c.d?"),
            ("DROP SCHEMA x CASCADE", "schemas.delete main.x"),
            ("DROP CATALOG c", "catalogs.delete c"),
            ("DELETE FROM o.t WHERE a", "tables.delete main.o.t"),
            ("UPDATE t SET a = 1", "tables.delete main.s.t"),
            ("DROP TABLE IF EXISTS t CASCADE;", "tables.delete main.s.t?"),
            (
                "DROP TABLE IF EXISTS t; SELECT 1",
                "tables.delete main.s.t…",
            ),
            (
                "CREATE TABLE t(a INT); UPDATE t SET a = 1",
                "tables.delete main.s.t…",
            ),
            ("DROP TABLE hive_metastore.a.b", ""),
            (
                "MERGE INTO t USING u ON a WHEN MATCHED THEN UPDATE SET b = 1",
                "",
            ),
            ("DROP TABLE IDENTIFIER(:t)", ""),
        ] {
            assert_eq!(named(sql).join(","), wanted, "{sql}");
        }
        assert_eq!(
            named("DROP TABLE a; DROP TABLE b; DROP TABLE a; DROP TABLE c; DROP TABLE d").len(),
            3
        );
        assert!(targets("DROP TABLE t", None, None).is_empty());
    }
}
