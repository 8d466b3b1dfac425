//! The question before a statement that does more than read or add.

use std::fmt::Write;

use super::walk::judge;
use super::{Class, Finding, lexer, objects, shown};

/// The question before a statement that deletes, replaces, changes who may do what, acts outside or cannot be placed.
///
/// A needless question costs less than a table.
pub(in crate::policy) fn question(
    sql: &str,
    catalog: Option<&str>,
    schema: Option<&str>,
) -> Option<String> {
    let mut asking = judge(sql);
    asking.retain(|finding| finding.class.asks());
    asking.sort_by_key(|finding| std::cmp::Reverse(finding.class));
    let gravest = asking.first()?;
    let names: Vec<String> = [catalog, schema]
        .into_iter()
        .flatten()
        .map(shown::name)
        .collect();
    let place = match names.as_slice() {
        [] => String::new(),
        names => format!(" in `{}`", names.join(".")),
    };
    let mut question = format!(
        "Run this statement{place}, which {}?",
        gravest.class.in_words()
    );
    for Finding { reason, .. } in &asking {
        let _ = write!(question, "\n- {reason}");
    }
    let lexed = lexer::tokens(sql).ok();
    if let Some(lexed) = &lexed {
        for line in objects::lines(sql, lexed) {
            let _ = write!(question, "\n- {line}");
        }
    }
    question.push('\n');
    question.push_str(&shown::statement(sql, lexed.as_ref()));
    Some(question)
}
