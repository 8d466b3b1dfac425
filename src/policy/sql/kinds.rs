//! Statements that a user may have excluded by what they do: those that change who may do what, and those on secrets.

use super::lexer::Token;
use super::words::{follows, has, is_name, word};
use super::{Findings, Kind, alter, change};

/// Words of an `ALTER`, or of what makes an owner by the way, that change who may do what.
const GRANTING: &[&str] = &["FILTER", "ISOLATION", "MASK", "OWNER", "TAG", "TAGS"];
/// Things that say who may do what, whatever is done with them.
const RULES: &[&str] = &["GROUP", "POLICY", "RECIPIENT", "SHARE", "USER"];
/// Verbs that run what cannot be seen here.
const RUNNING: &[&str] = &["CALL", "EXECUTE"];

/// Finds of which kind a statement is, by its verb; functions are found by the walk over calls.
pub(super) fn judge(tokens: &[Token<'_>], findings: &mut Findings) {
    let verb = word(tokens, 0);
    let thing = thing(tokens);
    let changes = matches!(verb, "ALTER" | "CREATE" | "DROP");
    let has_any = |words: &[&str]| words.iter().any(|word| has(tokens, word));
    let grants = change::GRANTING.contains(&verb)
        || (changes && (RULES.contains(&thing) || change::opens_a_way(tokens)))
        // Forms of `ALTER` that are not known may say who owns it.
        || (verb == "ALTER" && (has_any(GRANTING) || !alter::KNOWN.contains(&thing)))
        || (verb == "CREATE" && follows(tokens, "ROW", &["FILTER"]))
        || (changes && masks(tokens))
        || (matches!(verb, "SET" | "USE") && change::takes_a_role(tokens))
        || (verb == "SYNC" && has(tokens, "OWNER"))
        || (matches!(verb, "SET" | "UNSET") && matches!(word(tokens, 1), "TAG" | "TAGS"))
        || (verb == "MSCK" && has(tokens, "PRIVILEGES"))
        || follows(tokens, "WITH", &["TAG", "TAGS"]);
    if grants {
        findings.is_of(Kind::Grants, format!("{verb} changes who may do what"));
    }
    let reads = matches!(verb, "DESC" | "DESCRIBE" | "SHOW");
    if (changes || reads) && matches!(thing, "SECRET" | "SECRETS") {
        findings.is_of(Kind::Secrets, format!("{verb} {thing} is about secrets"));
    }
    if RUNNING.contains(&verb) {
        findings.is_of(None, format!("{verb} runs what cannot be seen here"));
    }
}

/// True if a column gets a mask where it is declared: `a INT MASK f`.
fn masks(tokens: &[Token<'_>]) -> bool {
    (1..tokens.len()).any(|at| {
        let declared = !is_name(tokens, at) && tokens.get(at - 1) != Some(&Token::Symbol('('));
        let named = matches!(tokens.get(at + 1), Some(Token::Word(_) | Token::Quoted(_)));
        word(tokens, at) == "MASK" && declared && named
    })
}

/// The kind of thing that a statement names after its verb.
fn thing<'t>(tokens: &'t [Token<'_>]) -> &'t str {
    let replacing = follows(tokens, "OR", &["REPLACE", "REFRESH"]) && word(tokens, 1) == "OR";
    word(tokens, if replacing { 3 } else { 1 })
}

#[cfg(test)]
mod tests {
    use super::super::is_of;
    use super::*;

    #[test]
    fn what_changes_who_may_do_what_is_known_wherever_it_stands() {
        for sql in [
            "GRANT SELECT ON TABLE t TO a",
            "SELECT 1; REVOKE SELECT ON TABLE t FROM a",
            "BEGIN SELECT 1; IF x THEN DENY SELECT ON t TO a; END IF; END",
            "ALTER TABLE t OWNER TO a",
            "ALTER SCHEMA s SET OWNER TO a",
            "ALTER TABLE t SET ROW FILTER f ON (a)",
            "ALTER SHARE s ADD TABLE t",
            "ALTER FUNCTION f OWNER TO a",
            "CREATE OR REPLACE POLICY p ON TABLE t",
            "DROP POLICY p ON TABLE t",
            "CREATE TABLE t (a INT) WITH ROW FILTER f ON (a)",
            "CREATE TABLE t (a DECIMAL(3, 1) MASK f)",
            "ALTER TABLE t ADD COLUMNS (a INT MASK s.f)",
            "SET ROLE admin",
            "SET SESSION AUTHORIZATION a",
            "SET TAG ON TABLE t a = b",
            "MSCK REPAIR TABLE t SYNC PRIVILEGES",
            "EXPLAIN GRANT SELECT ON t TO a",
            "CREATE PROCEDURE p() LANGUAGE SQL AS BEGIN GRANT SELECT ON t TO a; END",
            "EXECUTE IMMEDIATE 'GR' || 'ANT SELECT ON t TO a'",
            "BEGIN EXECUTE IMMEDIATE x; END",
            "CALL p()",
            "SELEC 1",
            "SELECT 'open",
        ] {
            assert!(is_of(sql, Kind::Grants).is_some(), "{sql}");
        }
        for sql in [
            "SELECT 'GRANT SELECT ON t TO a'",
            "DROP TABLE t",
            "ALTER TABLE t ADD COLUMN owner_name STRING",
            "CREATE TABLE grants (a INT)",
            "CREATE TABLE t (mask INT, role STRING)",
            "CREATE TABLE t AS SELECT mask m, filter FROM u",
            "USE role",
            "SET role.a = 1",
            "SHOW GRANTS ON TABLE t",
            "SELECT secret('s', 'k')",
        ] {
            assert_eq!(is_of(sql, Kind::Grants), None, "{sql}");
        }
    }

    #[test]
    fn what_is_about_secrets_is_known_wherever_it_stands() {
        for sql in [
            "SELECT secret('s', 'k')",
            "SELECT 1; SELECT TRY_SECRET('s', 'k')",
            "SELECT `secret`('s', 'k')",
            "SELECT IDENTIFIER('secret')('s', 'k')",
            "SELECT IDENTIFIER('sec' || 'ret')('s', 'k')",
            "SELECT * FROM list_secrets()",
            "CREATE CONNECTION c TYPE mysql OPTIONS (password secret('s', 'k'))",
            "SHOW SECRETS",
            "BEGIN EXECUTE IMMEDIATE x; END",
        ] {
            assert!(is_of(sql, Kind::Secrets).is_some(), "{sql}");
        }
        for sql in [
            "SELECT secret FROM t",
            "GRANT SELECT ON t TO a",
            "SELECT 'secret(1)'",
        ] {
            assert_eq!(is_of(sql, Kind::Secrets), None, "{sql}");
        }
    }
}
