//! Rates of tools: how many calls of one may come in a period, as the user has set it.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio_util::sync::CancellationToken;

use super::turns;
use crate::clock;
use crate::error::Error;
use crate::settings::{Given, Rate, setting};
use crate::tools::tool_named;

/// The word for tools that have no rate of their own.
const DEFAULT: &str = "default";

/// A call that comes too early waits this long at most. A longer wait is told, so that the agent can do something else.
const WAITED: Duration = Duration::from_secs(5);

/// The rate of each tool that has one.
#[derive(Debug, Default)]
pub struct Rates(HashMap<&'static str, (Rate, DefaultDirectRateLimiter)>);

impl Rates {
    /// Reads the rates that the user has set. `tools` are those that the default is for.
    ///
    /// # Errors
    /// A rate cannot be read, or its tool does not exist.
    pub fn of(given: &Given, tools: impl Iterator<Item = &'static str>) -> Result<Self, Error> {
        let set: BTreeMap<String, Rate> = given.read(setting::TOOL_RATES)?.unwrap_or_default();
        let mut rates: HashMap<&'static str, Rate> = HashMap::new();
        if let Some(default) = set.get(DEFAULT) {
            let tools = tools.filter(|tool| !turns::is_always_served(tool));
            rates.extend(tools.map(|tool| (tool, *default)));
        }
        for (name, rate) in set.iter().filter(|(name, _)| *name != DEFAULT) {
            let tool = tool_named(name).map_err(|reason| setting::TOOL_RATES.unusable(reason))?;
            rates.insert(tool.name, *rate);
        }
        let limited = |(tool, rate): (&'static str, Rate)| Some((tool, (rate, limiter(rate)?)));
        Ok(Self(rates.into_iter().filter_map(limited).collect()))
    }

    /// Waits until the tool may be called.
    ///
    /// # Errors
    /// That is not soon, or the client cancelled meanwhile.
    pub(super) async fn turn(&self, tool: &str, cancel: &CancellationToken) -> Result<(), Error> {
        let Some((rate, limiter)) = self.0.get(tool) else {
            return Ok(());
        };
        let last = Instant::now() + WAITED;
        while let Err(early) = limiter.check() {
            let wait = early.wait_time_from(DefaultClock::default().now());
            let due = Instant::now() + wait;
            if due > last {
                return Err(Error::TooOften {
                    tool: tool.to_owned(),
                    rate: rate.to_string(),
                    seconds: wait.as_secs().saturating_add(1),
                });
            }
            tokio::select! {
                () = clock::sleep_until(due) => {}
                () = cancel.cancelled() => return Err(Error::Cancelled {
                    what: "the call, before anything was sent".to_owned(),
                }),
            }
        }
        Ok(())
    }
}

/// A limiter that gives the whole of a period's calls at once, and then one at each gap.
fn limiter(rate: Rate) -> Option<DefaultDirectRateLimiter> {
    let quota = Quota::with_period(rate.gap())?.allow_burst(rate.count);
    Some(RateLimiter::direct(quota))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::settings::file::Files;
    use crate::settings::of_process;

    fn rates(text: &str) -> Result<Rates, Error> {
        let variable = |name: &str| (name == "DATABRICKS_MCP_TOOL_RATES").then(|| text.to_owned());
        let given = of_process(&[], &variable, &Files::default());
        Rates::of(&given, ["list_jobs", "run_job", "health"].into_iter())
    }

    #[tokio::test]
    async fn a_call_too_many_is_told_when_it_may_come() {
        let rates = rates("default=2/hour, export_notebook=30/second").unwrap();
        let cancel = CancellationToken::new();
        for tool in ["list_jobs", "run_job", "list_jobs", "run_job"] {
            rates.turn(tool, &cancel).await.unwrap();
        }
        let error = rates.turn("list_jobs", &cancel).await.unwrap_err();
        assert!(error.text().contains("2/hour"), "{error}");
        // Nobody is held up for less than a moment, and a sign of life never.
        for _ in 0..50 {
            rates.turn("export_notebook", &cancel).await.unwrap();
            rates.turn("health", &cancel).await.unwrap();
        }
    }

    #[test]
    fn a_rate_of_no_tool_is_refused() {
        let error = rates("list_job=2/hour").unwrap_err();
        assert!(error.text().contains("list_job"), "{error}");
        assert!(rates("list_jobs=0/hour").is_err());
        assert!(rates("list_jobs=2/week").is_err());
    }
}
