//! Whose turn it is: calls worked on at the same time, in all and of one tool.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use crate::error::Error;

/// Calls worked on at the same time; more wait their turn. Most of them wait for work in the workspace, which costs little;
/// the requests of all have places of their own.
pub(super) const CALLS: usize = 384;
/// The same of one tool, so that calls of a tool that hang leave turns for the others.
const CALLS_OF_A_TOOL: usize = 256;
/// The tools that say how the server is; they wait for nobody.
const ALWAYS: [&str; 3] = ["health", "status", "metrics"];

/// True for a tool that waits for nobody.
pub(super) fn is_always_served(tool: &str) -> bool {
    ALWAYS.contains(&tool)
}

/// The queues, each first come, first served.
#[derive(Debug)]
pub(super) struct Turns {
    all: Semaphore,
    tools: HashMap<&'static str, Semaphore>,
}

/// The right to be worked on, until dropped.
#[derive(Debug)]
pub(super) struct Turn<'a>(#[expect(dead_code, reason = "held")] Option<[SemaphorePermit<'a>; 2]>);

impl Turns {
    /// Turns for these tools.
    pub(super) fn new(tools: impl Iterator<Item = &'static str>) -> Self {
        Self {
            all: Semaphore::new(CALLS),
            tools: tools
                .filter(|tool| !is_always_served(tool))
                .map(|tool| (tool, Semaphore::new(CALLS_OF_A_TOOL)))
                .collect(),
        }
    }

    /// Waits for a turn. The tool's own queue comes first, so that its calls do not take the places of others.
    ///
    /// # Errors
    /// The client cancelled meanwhile, or patience ended.
    pub(super) async fn of(
        &self,
        tool: &str,
        cancel: &CancellationToken,
        patience: Duration,
    ) -> Result<Turn<'_>, Error> {
        let Some(own) = self.tools.get(tool) else {
            return Ok(Turn(None));
        };
        let both = async {
            let own = own.acquire().await;
            Ok([own?, self.all.acquire().await?])
        };
        tokio::select! {
            both = both => both.map(|turns| Turn(Some(turns))).map_err(|error: tokio::sync::AcquireError| {
                Error::Internal { reason: error.to_string() }
            }),
            () = tokio::time::sleep(patience) => Err(Error::Unanswered {
                operation: tool.to_owned(),
                reason: format!(
                    "its turn did not come within {} s, too many calls of it are under way",
                    patience.as_secs_f64()
                ),
                may_have_acted: false,
            }),
            () = cancel.cancelled() => Err(Error::Cancelled {
                what: "the call, before anything was sent".to_owned(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use futures_util::FutureExt;

    use super::*;

    /// A turn if there is one now. It takes more of them than tokio lets a task take in one go.
    fn take<'a>(turns: &'a Turns, tool: &str) -> Option<Turn<'a>> {
        let cancel = CancellationToken::new();
        let turn = turns.of(tool, &cancel, Duration::MAX);
        tokio::task::unconstrained(turn).now_or_never()?.ok()
    }

    #[tokio::test]
    async fn calls_of_one_tool_leave_turns_for_the_others() {
        let turns = Turns::new(["a", "b", "health"].into_iter());
        let of_a: Vec<_> = std::iter::from_fn(|| take(&turns, "a")).collect();
        assert_eq!(of_a.len(), CALLS_OF_A_TOOL);
        let of_b: Vec<_> = std::iter::from_fn(|| take(&turns, "b")).collect();
        assert_eq!(of_a.len() + of_b.len(), CALLS);
        assert!(take(&turns, "health").is_some());
    }

    #[tokio::test]
    async fn a_call_waits_until_it_is_cancelled_or_patience_ends() {
        let turns = Turns::new(["a"].into_iter());
        let held: Vec<_> = std::iter::from_fn(|| take(&turns, "a")).collect();
        let cancel = CancellationToken::new();
        let error = turns.of("a", &cancel, Duration::ZERO).await.unwrap_err();
        assert_eq!(error.kind(), "unanswered");
        assert!(
            error.to_string().contains("its turn did not come"),
            "{error}"
        );
        cancel.cancel();
        let error = turns.of("a", &cancel, Duration::MAX).await.unwrap_err();
        assert_eq!(error.kind(), "cancelled");
        drop(held);
    }
}
