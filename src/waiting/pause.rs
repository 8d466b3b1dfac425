//! The pause between two questions.

use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(60);
const LONGEST: Duration = Duration::from_secs(1);

/// The time from one question to the next, `elapsed` after waiting began, unless the caller has `chosen` it.
///
/// It is a tenth of the time elapsed: nobody waits much longer for the answer than the work took, and 45 s take
/// fewer than 80 questions.
pub(super) fn pause(elapsed: Duration, chosen: Option<Duration>) -> Duration {
    match chosen {
        Some(chosen) => chosen.max(SHORTEST),
        None => (elapsed / 10).clamp(SHORTEST, LONGEST),
    }
}
