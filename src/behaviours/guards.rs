//! The user's bounds on SQL statements: rows, the bytes that one may read, and tags that say whom it comes from.

use databricks_client::types::{
    SqlDisposition, SqlQueryTag, StatementExecutionExecuteStatementRequest,
};

use super::json_rows::Row;
use super::statement;
use crate::context::Context;
use crate::error::Error;
use crate::policy;
use crate::waiting::{Ended, Patience};

/// Verbs of statements that read tables.
const READING: &[&str] = &[
    "SELECT", "WITH", "FROM", "VALUES", "TABLE", "INSERT", "MERGE", "UPDATE", "DELETE",
];
/// Verbs of statements that read tables where they have a query.
const MAYBE_READING: &[&str] = &["CREATE", "REPLACE"];
/// The words with which a plan is answered that cannot be made. The statement fails likewise.
const NO_PLAN: &str = "Error occurred during query planning";
/// Characters of a tag's value.
const TAG: usize = 128;
/// From here on an estimate says that nothing is known: it is the optimizer's default.
const UNKNOWN: f64 = 8.0 * (1_u64 << 60) as f64;

/// The rows that a statement may return.
pub(super) fn row_limit(context: &Context) -> Option<i64> {
    let rows = context.workspace.transport.statements().rows;
    rows.map(|rows| i64::try_from(rows).unwrap_or(i64::MAX))
}

/// The tags of a statement, where the user wants them: the tool, the request's id as in the log, and the client.
pub(super) fn tags(context: &Context) -> Option<Vec<SqlQueryTag>> {
    if !context.workspace.transport.statements().tags {
        return None;
    }
    let call = &context.call;
    let told = [
        ("databricks_mcp_tool", Some(&*call.tool)),
        ("databricks_mcp_request_id", Some(&*call.id)),
        ("databricks_mcp_client", call.client.as_deref()),
    ];
    let tags = told.into_iter().filter_map(|(key, value)| {
        Some(SqlQueryTag {
            key: key.to_owned(),
            value: Some(value?.chars().take(TAG).collect()),
        })
    });
    Some(tags.collect())
}

/// Checks by its plan that a statement does not read more than it may.
///
/// # Errors
/// It would read more, nothing is known of how much it reads, or it cannot be planned.
pub(super) async fn check(
    context: &Context,
    request: &StatementExecutionExecuteStatementRequest,
) -> Result<(), Error> {
    let Some(most) = context.workspace.transport.statements().mebibytes else {
        return Ok(());
    };
    let Some(query) = reading(&request.statement) else {
        return Ok(());
    };
    let explain = StatementExecutionExecuteStatementRequest {
        statement: format!("EXPLAIN COST {query}"),
        disposition: Some(SqlDisposition::Inline),
        row_limit: None,
        ..request.clone()
    };
    let response = statement::submit(context, &explain).await?;
    let Ended::Done(response) = statement::wait(
        context,
        response,
        Some(&request.warehouse_id),
        Patience::default(),
    )
    .await?
    else {
        return Err(refused(
            "its plan did not come in time, so it was not run".to_owned(),
        ));
    };
    let rows: Vec<Row> = response
        .result
        .and_then(|result| result.data_array)
        .unwrap_or_default();
    let plan: Vec<&str> = rows
        .iter()
        .flatten()
        .flatten()
        .map(String::as_str)
        .collect();
    let plan = plan.join("\n");
    if plan.contains(NO_PLAN) {
        return Ok(());
    }
    match read_by(&plan) {
        Some(bytes) if bytes <= most as f64 * f64::from(1 << 20) => Ok(()),
        Some(bytes) if bytes < UNKNOWN => Err(refused(format!(
            "by the estimate of its plan it reads {:.0} MiB, and {most} MiB is the most that the user allows",
            (bytes / f64::from(1 << 20)).ceil(),
        ))),
        _ => Err(refused(format!(
            "its plan has no estimate of what it reads, and {most} MiB is the most that the user allows"
        ))),
    }
}

fn refused(message: String) -> Error {
    Error::Failed {
        what: "the statement".to_owned(),
        state: "REFUSED".to_owned(),
        message,
        hint: Some(
            "name fewer columns, filter by a partition or a clustering column, or read a smaller table; the user sets \
             the bound by `DATABRICKS_MCP_SQL_MEBIBYTES`"
                .to_owned(),
        ),
    }
}

/// The statement without what stands before it, if it reads tables.
fn reading(sql: &str) -> Option<&str> {
    let statements = policy::statements(sql).ok()?;
    let [statement] = statements.as_slice() else {
        return None;
    };
    let mut words = statement.split(|c: char| !c.is_alphanumeric() && c != '_');
    let verb = words.next()?.to_ascii_uppercase();
    let has_query = |mut words: std::str::Split<'_, _>| {
        words.any(|word| {
            ["SELECT", "WITH", "FROM"]
                .iter()
                .any(|w| word.eq_ignore_ascii_case(w))
        })
    };
    let reads = statement.starts_with('(')
        || READING.contains(&verb.as_str())
        || (MAYBE_READING.contains(&verb.as_str()) && has_query(words));
    reads.then_some(*statement)
}

/// The bytes that a plan reads by its statistics: those of its leaves, since the others read nothing themselves.
fn read_by(plan: &str) -> Option<f64> {
    let logical = plan.split("== Physical Plan ==").next()?;
    let nodes: Vec<(usize, f64)> = logical.lines().filter_map(node).collect();
    let leaves = nodes.iter().enumerate().filter(|(nth, (depth, _))| {
        let next = nodes.get(nth + 1);
        next.is_none_or(|(below, _)| below <= depth)
    });
    let sum = leaves.map(|(_, (_, bytes))| bytes).sum();
    (!nodes.is_empty()).then_some(sum)
}

/// The depth of a node of a plan, and its size.
fn node(line: &str) -> Option<(usize, f64)> {
    let depth = line.find(|c: char| c.is_alphanumeric())?;
    let (_, size) = line.rsplit_once("Statistics(sizeInBytes=")?;
    let size = size.split([',', ')']).next()?;
    let (number, unit) = size.trim().split_once(' ')?;
    let number: f64 = number.parse().ok()?;
    let power = match unit.as_bytes().first()? {
        b'B' => 0,
        b'K' => 1,
        b'M' => 2,
        b'G' => 3,
        b'T' => 4,
        b'P' => 5,
        b'E' => 6,
        _ => return None,
    };
    Some((depth, number * 1024_f64.powi(power)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_a_plan_reads_is_what_its_leaves_hold() {
        let plan = "== Optimized Logical Plan ==\n\
            Aggregate [k#1], [k#1, count(1) AS c#9L], Statistics(sizeInBytes=20.0 B, rowCount=1)\n\
            +- Join Inner, (k#1 = k#2), Statistics(sizeInBytes=1.23E+21 B)\n\
            \u{20}  :- Filter isnotnull(k#1), Statistics(sizeInBytes=2.0 KiB)\n\
            \u{20}  :  +- Relation a.b.c[k#1] parquet, Statistics(sizeInBytes=3.0 MiB, rowCount=2.5E+5)\n\
            \u{20}  +- Relation a.b.d[k#2] parquet, Statistics(sizeInBytes=1.5 KB)\n\n\
            == Physical Plan ==\n\
            *(1) Scan, Statistics(sizeInBytes=9.0 GiB)\n";
        assert_eq!(read_by(plan), Some(3.0 * 1_048_576.0 + 1536.0));
        assert_eq!(read_by("== Physical Plan ==\nScan"), None);
        let unknown = "Range (0, 9), Statistics(sizeInBytes=8.0 EiB)";
        assert_eq!(read_by(unknown), Some(UNKNOWN));
    }

    #[test]
    fn only_what_reads_tables_is_planned_first() {
        for (sql, read) in [
            ("-- a\nselect 1;", Some("select 1")),
            ("(SELECT 1)", Some("(SELECT 1)")),
            (
                "CREATE TABLE t AS SELECT 1",
                Some("CREATE TABLE t AS SELECT 1"),
            ),
            ("CREATE TABLE t (a INT)", None),
            ("SHOW TABLES", None),
            ("EXPLAIN SELECT 1", None),
            ("SELECT 1; SELECT 2", None),
        ] {
            assert_eq!(reading(sql), read, "{sql}");
        }
    }
}
