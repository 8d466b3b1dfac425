//! `metrics`: the figures of the calls that the log file tells of. Those of a server that runs are its own.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::time::Duration;

use databricks_mcp::catalog::TOOLS;
use databricks_mcp::error::Error;
use databricks_mcp::log;
use databricks_mcp::settings::setting;
use databricks_mcp::tally::{Counts, Ending, Tally};
use serde_json::{Value, json};

use super::settings::Sources;

/// The figures of the log file of the settings, as a table or as JSON.
///
/// # Errors
/// No log file is set, or it cannot be read.
pub(super) fn told(sources: &Sources, json: bool) -> Result<String, Error> {
    let given = sources.of_process(&Vec::new());
    let Some(path) = given.text(setting::LOG_FILE) else {
        return Err(Error::NotServed {
            name: "metrics".to_owned(),
            hint: "each server counts its own calls while it runs: ask it by its tool `metrics` of toolset `observe`; \
                   with `DATABRICKS_MCP_LOG_FILE` this command counts the calls that the file tells of"
                .to_owned(),
        });
    };
    let past = read(path.as_ref())
        .map_err(|error| setting::LOG_FILE.unusable(format!("`{path}`: {error}")))?;
    Ok(if json {
        format!("{:#}", past.json())
    } else {
        past.text()
    })
}

/// The calls of the log file and of the earlier ones, counted by tool.
struct Past {
    counts: Vec<Counts>,
    /// The time of the first line that tells of a call.
    since: Option<String>,
}

/// Counts the calls that a log file and its earlier ones tell of. What is no line about a call is passed over.
///
/// # Errors
/// The file cannot be read.
fn read(path: &Path) -> std::io::Result<Past> {
    let tally = Tally::default();
    let mut since = None;
    let earlier = log::earlier(path).into_iter().rev();
    let earlier = earlier.filter_map(|path| File::open(path).ok());
    if !path.metadata()?.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    for file in earlier.chain([File::open(path)?]) {
        for line in BufReader::new(file).lines().map_while(Result::ok) {
            let Some(at) = count(&tally, &line) else {
                continue;
            };
            since.get_or_insert(at);
        }
    }
    Ok(Past {
        counts: tally.counts(),
        since,
    })
}

/// Counts the call that a line tells of. Returns its time; none where it tells of no call that has ended.
fn count(tally: &Tally, line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    let ending = match line.get("outcome")?.as_str()? {
        "success" | "cached" => Ending::Answered,
        "error" => Ending::Failed,
        "timeout" => Ending::TimedOut,
        "cancelled" => Ending::Cancelled,
        _ => return None,
    };
    let name = line.get("tool")?.as_str()?;
    let tool = TOOLS.iter().find(|tool| tool.name == name)?.name;
    let milliseconds = line.get("milliseconds")?.as_u64()?;
    tally.count(tool, ending, Duration::from_millis(milliseconds));
    line.get("timestamp")?.as_str().map(ToOwned::to_owned)
}

impl Past {
    fn json(&self) -> Value {
        json!({ "since": self.since, "tools": self.counts })
    }

    /// A table, with times in milliseconds.
    fn text(&self) -> String {
        let Some(since) = &self.since else {
            return "the log file tells of no call".to_owned();
        };
        let mut lines = vec![
            format!("calls since {since}, times in milliseconds"),
            format!(
                "{:<32} {:>7} {:>7} {:>7} {:>7} {:>9} {:>7} {:>7} {:>7} {:>7}",
                "tool",
                "calls",
                "success",
                "error",
                "timeout",
                "cancelled",
                "p50",
                "p90",
                "p99",
                "max"
            ),
        ];
        for one in &self.counts {
            let times = one.latency_ms.clone().unwrap_or_default();
            lines.push(format!(
                "{:<32} {:>7} {:>7} {:>7} {:>7} {:>9} {:>7} {:>7} {:>7} {:>7}",
                one.tool,
                one.calls,
                one.success,
                one.error,
                one.timeout,
                one.cancelled,
                times.p50,
                times.p90,
                times.p99,
                times.max
            ));
        }
        lines.join("\n")
    }
}
