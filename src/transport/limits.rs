//! How much a workspace is asked at once, how long, and how often again.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::error::Error;

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
    /// Bytes of an answer, decompressed; a larger one is refused.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            in_flight: 32,
            tools: BTreeMap::new(),
            rate: None,
            call: Duration::from_secs(120),
            sends: 5,
            retry_within: Duration::from_secs(40),
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(10),
            retries: 100,
            body: 64 << 20,
        }
    }
}

impl Limits {
    /// Reads `DATABRICKS_MCP_IN_FLIGHT`, `DATABRICKS_MCP_TOOL_LIMITS` (`execute_sql=4,run_job=2`),
    /// `DATABRICKS_MCP_CALL_TIMEOUT` (seconds) and, as the SDKs call it, `DATABRICKS_RATE_LIMIT` (requests
    /// per second).
    ///
    /// # Errors
    /// A value that is no positive number.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let given = |name: &str| {
            let value = variable(name).map(|value| value.trim().to_owned());
            value.filter(|value| !value.is_empty())
        };
        let mut limits = Self::default();
        let name = "DATABRICKS_MCP_IN_FLIGHT";
        if let Some(text) = given(name) {
            limits.in_flight = count(name, &text)?;
        }
        let name = "DATABRICKS_MCP_TOOL_LIMITS";
        for pair in given(name).iter().flat_map(|text| text.split(',')) {
            let (tool, text) = pair.split_once('=').ok_or_else(|| Error::Setting {
                setting: name,
                reason: format!("`{pair}` is not `tool=number`"),
            })?;
            limits
                .tools
                .insert(tool.trim().to_owned(), count(name, text)?);
        }
        let name = "DATABRICKS_MCP_CALL_TIMEOUT";
        if let Some(text) = given(name) {
            limits.call = Duration::from_secs_f64(number(name, &text)?);
        }
        let name = "DATABRICKS_RATE_LIMIT";
        limits.rate = given(name).map(|text| number(name, &text)).transpose()?;
        Ok(limits)
    }
}

/// The semaphore's own bound is far above.
fn count(setting: &'static str, text: &str) -> Result<usize, Error> {
    match text.trim().parse() {
        Ok(count) if (1..=100_000).contains(&count) => Ok(count),
        _ => Err(Error::Setting {
            setting,
            reason: format!("`{text}` is not a whole number from 1 to 100000"),
        }),
    }
}

fn number(setting: &'static str, text: &str) -> Result<f64, Error> {
    match text.parse::<f64>() {
        Ok(number) if (0.001..=1e6).contains(&number) => Ok(number),
        _ => Err(Error::Setting {
            setting,
            reason: format!("`{text}` is not a number from 0.001 to 1000000"),
        }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use super::*;

    fn limits(pairs: &[(&str, &str)]) -> Result<Limits, String> {
        let found = Limits::from_variables(|name| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        found.map_err(|error| error.to_string())
    }

    #[test]
    fn variables_set_the_limits() {
        let limits = limits(&[
            ("DATABRICKS_MCP_IN_FLIGHT", "8"),
            ("DATABRICKS_MCP_TOOL_LIMITS", "execute_sql=4, run_job=2"),
            ("DATABRICKS_MCP_CALL_TIMEOUT", "1.5"),
            ("DATABRICKS_RATE_LIMIT", "15"),
        ]);
        let limits = limits.unwrap();
        assert_eq!(limits.in_flight, 8);
        assert_eq!(limits.tools["execute_sql"], 4);
        assert_eq!(limits.tools["run_job"], 2);
        assert_eq!(limits.call, Duration::from_millis(1500));
        assert_eq!(limits.rate, Some(15.0));
    }

    #[test]
    fn what_is_no_limit_is_refused() {
        for (name, value, reason) in [
            (
                "DATABRICKS_MCP_IN_FLIGHT",
                "0",
                "`0` is not a whole number from 1 to 100000",
            ),
            (
                "DATABRICKS_MCP_TOOL_LIMITS",
                "run_job",
                "`run_job` is not `tool=number`",
            ),
            (
                "DATABRICKS_MCP_CALL_TIMEOUT",
                "NaN",
                "`NaN` is not a number from 0.001 to 1000000",
            ),
            (
                "DATABRICKS_RATE_LIMIT",
                "-1",
                "`-1` is not a number from 0.001 to 1000000",
            ),
        ] {
            assert_eq!(
                limits(&[(name, value)]).unwrap_err(),
                format!("`{name}` cannot be used: {reason}")
            );
        }
    }
}
