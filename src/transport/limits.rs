//! The limits on requests to a workspace: how many at once, for how long, and how often again.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::Error;
use crate::settings::{Given, setting};

/// Bounds of one workspace's pipe.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Requests at the same time; more wait their turn, first come first served.
    pub in_flight: usize,
    /// Requests of one tool at the same time, by the tool's name.
    pub tools: BTreeMap<String, usize>,
    /// Requests per second, evenly spaced; none means as many as come.
    pub rate: Option<f64>,
    /// Time for one operation: its turn, all its sends and their answers.
    pub call: Duration,
    /// Time from the begin of a call to its answer, whatever it waits for.
    pub answer_within: Duration,
    /// Sends of one request at most, the first included.
    pub sends: u32,
    /// No send begins later than this after the first; clients give up near 60 s.
    pub retry_within: Duration,
    /// Bound of the first wait between sends; each further bound is twice the last.
    pub first_wait: Duration,
    /// No bound grows beyond this. What the service asks for with `Retry-After` may be longer.
    pub longest_wait: Duration,
    /// Sends after a failure that the workspace has left when nothing succeeds in between.
    pub retries: u32,
    /// Answers of tools that read are kept for seconds.
    pub keeps: bool,
    /// Seconds that answers of single tools are kept, in place of the defaults.
    pub lives: BTreeMap<String, usize>,
    /// Bytes of an answer, decompressed; a larger one is refused.
    pub body: usize,
    /// Bounds of SQL statements.
    pub statements: Statements,
}

/// Bounds that the user sets to SQL statements.
#[derive(Debug, Clone, Default)]
pub struct Statements {
    /// Rows of a result.
    pub rows: Option<usize>,
    /// Mebibytes that a statement may read, as the service estimates them.
    pub mebibytes: Option<usize>,
    /// Statements carry tags that say whom they come from.
    pub tags: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: 32,
            tools: BTreeMap::new(),
            rate: None,
            call: Duration::from_secs(45),
            // Many clients give up near 60 s.
            answer_within: Duration::from_secs(45),
            sends: 5,
            retry_within: Duration::from_secs(40),
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(10),
            retries: 100,
            keeps: true,
            lives: BTreeMap::new(),
            body: 64 << 20,
            statements: Statements::default(),
        }
    }
}

impl Limits {
    /// Reads the limits that the user has set; the others are the defaults.
    ///
    /// # Errors
    /// A value that is no limit.
    pub fn of(given: &Given) -> Result<Self, Error> {
        let default = Self::default();
        Ok(Self {
            in_flight: given.read(setting::IN_FLIGHT)?.unwrap_or(default.in_flight),
            tools: given.read(setting::TOOL_LIMITS)?.unwrap_or_default(),
            lives: given.read(setting::CACHE)?.unwrap_or_default(),
            rate: given.read(setting::RATE_LIMIT)?,
            sends: given.read(setting::RETRIES)?.map_or(default.sends, sends),
            first_wait: given
                .read(setting::RETRY_WAIT)?
                .unwrap_or(default.first_wait),
            keeps: given.read(setting::CACHE_ENABLED)?.unwrap_or(default.keeps),
            call: given.read(setting::CALL_TIMEOUT)?.unwrap_or(default.call),
            answer_within: given
                .read(setting::ANSWER_WITHIN)?
                .unwrap_or(default.answer_within),
            statements: Statements {
                rows: given.read(setting::SQL_ROWS)?,
                mebibytes: given.read(setting::SQL_MEBIBYTES)?,
                tags: given.read(setting::SQL_TAGS)?.unwrap_or_default(),
            },
            ..default
        })
    }
}

/// Sends of one request at most, for so many sends again.
fn sends(retries: usize) -> u32 {
    u32::try_from(retries).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::settings::file::Files;
    use crate::settings::of_process;

    #[test]
    fn variables_set_the_limits() {
        let variables = |name: &str| {
            let value = match name {
                "DATABRICKS_MCP_IN_FLIGHT" => "8",
                "DATABRICKS_MCP_TOOL_LIMITS" => "execute_sql=4",
                "DATABRICKS_MCP_CALL_TIMEOUT" => "1.5",
                "DATABRICKS_MCP_ANSWER_WITHIN" => "600",
                "DATABRICKS_RATE_LIMIT" => "15",
                "DATABRICKS_MCP_SQL_ROWS" => "1000",
                "DATABRICKS_MCP_SQL_MEBIBYTES" => "5",
                "DATABRICKS_MCP_SQL_TAGS" => "true",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let limits = Limits::of(&of_process(&[], &variables, &Files::default())).unwrap();
        assert_eq!(limits.in_flight, 8);
        assert_eq!(limits.tools.get("execute_sql"), Some(&4));
        assert_eq!(limits.call, Duration::from_millis(1500));
        assert_eq!(limits.answer_within, Duration::from_secs(600));
        assert_eq!(limits.rate, Some(15.0));
        assert_eq!(limits.statements.rows, Some(1000));
        assert_eq!(limits.statements.mebibytes, Some(5));
        assert!(limits.statements.tags);
    }

    #[test]
    fn the_defaults_are_those_of_the_table() {
        let unset = Limits::of(&Given::default()).unwrap();
        assert_eq!(format!("{unset:?}"), format!("{:?}", Limits::default()));
    }
}
