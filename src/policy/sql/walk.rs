//! The walk over a whole text of SQL.

use super::{Class, Finding, Findings, lexer, script};

/// Judges a text of SQL: the first part of each class that it has, at least one.
pub(super) fn judge(sql: &str) -> Vec<Finding> {
    findings(sql).first
}

/// All that the walk finds in a text of SQL.
pub(super) fn findings(sql: &str) -> Findings {
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
            if findings.first.is_empty() {
                findings.add(Class::Unknown, "it holds no statement that is known here");
            }
        }
        Err(unclear) => findings.add(Class::Unknown, format!("it {unclear}")),
    }
    findings
}
