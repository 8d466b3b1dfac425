//! The walk over a whole text of SQL.

use super::{Class, Finding, Findings, lexer, script};

/// Judges a text of SQL: the first part of each class that it has, at least one.
pub(super) fn judge(sql: &str) -> Vec<Finding> {
    let mut findings = Findings::default();
    match lexer::tokens(sql) {
        Ok(lexed) => {
            let parts = script::split(&lexed.tokens);
            if parts.is_empty() {
                findings.add(Class::Unknown, "it holds no statement");
            }
            for part in &parts {
                script::judge(part, &mut findings);
            }
            if findings.0.is_empty() {
                findings.add(Class::Unknown, "it holds no statement that is known here");
            }
        }
        Err(unclear) => findings.add(Class::Unknown, format!("it {unclear}")),
    }
    findings.0
}
