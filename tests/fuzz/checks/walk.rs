//! What holds of the judgement of any text: it ends, and nothing that may do harm is let through unasked.

use std::sync::LazyLock;

use databricks_mcp::catalog::{TOOLS, ToolSpec};
use databricks_mcp::policy::{self, Rules};
use serde_json::{Map, Value};
use sqlparser::ast::Statement;
use sqlparser::dialect::DatabricksDialect;
use sqlparser::parser::Parser;
use url::Url;

static TOOL: LazyLock<&ToolSpec> = LazyLock::new(|| {
    let named = TOOLS.iter().find(|tool| tool.name == "execute_sql");
    named.expect("the tool that runs SQL")
});
static HOST: LazyLock<Url> =
    LazyLock::new(|| Url::parse("https://acme.cloud.databricks.com").expect("a URL"));

fn arguments(sql: &str) -> Map<String, Value> {
    Map::from_iter([("statement".to_owned(), Value::from(sql))])
}

fn question(sql: &str) -> Option<String> {
    let question = policy::question(*TOOL, &arguments(sql));
    question.map(|question| format!("{question:?}"))
}

/// Why read-only mode refuses it, if it does.
fn refused(sql: &str) -> Option<String> {
    let rules = Rules {
        read_only: true,
        ..Rules::default()
    };
    let admitted = rules.admit(*TOOL, &arguments(sql), &HOST);
    admitted.err().map(|error| error.to_string())
}

/// Whether another reader of SQL, which knows less of Databricks, knows it to change something.
fn is_known_to_change(sql: &str) -> bool {
    let parsed = Parser::parse_sql(&DatabricksDialect {}, sql).unwrap_or_default();
    parsed.iter().any(|statement| {
        matches!(
            statement,
            Statement::Insert(_)
                | Statement::Update { .. }
                | Statement::Delete(_)
                | Statement::Merge { .. }
                | Statement::Drop { .. }
                | Statement::Truncate { .. }
                | Statement::CreateTable(_)
                | Statement::CreateView { .. }
                | Statement::AlterTable { .. }
                | Statement::Grant { .. }
                | Statement::Revoke { .. }
        )
    })
}

/// Fails if the judgement of this text breaks a promise.
pub(crate) fn check(sql: &str) {
    let asked = question(sql);
    let refused_alone = refused(sql);
    let _ = policy::targets(*TOOL, &arguments(sql));
    assert!(
        asked.is_none() || refused_alone.is_some(),
        "asked about, yet it only reads"
    );
    // The other reader takes no backslash for an escape within a text, as the service does.
    if !sql.contains('\\') && is_known_to_change(sql) {
        assert!(
            refused_alone.is_some(),
            "it changes something and passes read-only mode"
        );
    }

    let empty = refused_alone.is_some_and(|reason| reason.contains("holds no statement"));
    if asked.is_none() || empty {
        return;
    }
    // What asks alone asks also after another statement, before one, with a comment, and in other capitals.
    let mut dressed = vec![
        format!("SELECT 1;\n{sql}"),
        format!("{sql}\n;\nSELECT 1"),
        format!("/* a look */ {sql}\n-- at rows"),
    ];
    // A tag such as `$a$` is told by its case.
    if !sql.contains('$') {
        dressed.push(sql.to_ascii_lowercase());
        dressed.push(sql.to_ascii_uppercase());
    }
    for dressed in dressed {
        assert!(question(&dressed).is_some(), "not asked about: {dressed}");
    }
}
