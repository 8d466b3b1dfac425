//! Following work for somebody who does not wait: each change of its state is told, until it ends.

use std::time::Duration;

use serde_json::Value;

use super::{AFTER_FAILURE, FAILED_QUESTIONS, Known, passes};
use crate::clock;
use crate::error::Error;

/// The shortest and the longest pause between two questions. Nobody waits for the answer, the turns are those of calls
/// that are waited for too, and some work goes on for days.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(10);

/// Work whose changes are told.
pub(crate) trait Followed: Sync {
    /// The catalog's knowledge of it, and its ids.
    fn known(&self) -> &Known;

    /// Asks for the state.
    fn ask(&self) -> impl Future<Output = Result<Value, Error>> + Send;

    /// Tells that the state has changed; false if nobody listens any more.
    fn tell(&self) -> impl Future<Output = bool> + Send;
}

/// Follows work from the state that was asked for first, and tells each change of what its state says, its end
/// above all. Work whose state cannot be asked for any more has changed too: whoever then looks learns why.
///
/// It ends when the work has ended, or nobody listens any more. Work that has ended before is told at once, since
/// nobody can know whether that was before they looked.
pub(crate) async fn each_change(work: &impl Followed, first: &Value) {
    let known = work.known();
    if known.outcome(first).is_some() {
        work.tell().await;
        return;
    }
    let mut said = known.describe(first);
    let began = clock::now();
    let mut asked = began;
    let mut failures = 0;
    loop {
        let usual = ((asked - began) / 10).clamp(SHORTEST, LONGEST);
        let after_failure = match failures {
            0 => Duration::ZERO,
            _ => AFTER_FAILURE * (1 << failures),
        };
        clock::sleep_until(asked + usual.max(after_failure)).await;
        asked = clock::now();
        let state = match work.ask().await {
            Ok(state) => state,
            Err(error) if passes(&error) && failures + 1 < FAILED_QUESTIONS => {
                failures += 1;
                continue;
            }
            Err(_) => {
                work.tell().await;
                return;
            }
        };
        failures = 0;
        let now = known.describe(&state);
        let is_over = known.outcome(&state).is_some();
        let is_heard = (!is_over && now == said) || work.tell().await;
        if is_over || !is_heard {
            return;
        }
        said = now;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Mutex;
    use std::time::Instant;

    use serde_json::json;

    use super::*;
    use crate::clock::paused;

    /// A run whose states come after these times, and the times at which it was asked and told.
    struct Run {
        known: Known,
        began: Instant,
        states: Vec<(Duration, Result<Value, Error>)>,
        asked: Mutex<Vec<Duration>>,
        told: Mutex<Vec<Duration>>,
        listens: bool,
    }

    fn state(life_cycle: &str) -> Value {
        json!({ "state": { "life_cycle_state": life_cycle, "result_state": "SUCCESS" } })
    }

    fn broken(retryable: bool) -> Error {
        Error::Api {
            operation: "jobs.get_run".to_owned(),
            status: if retryable { 503 } else { 404 },
            code: "X".to_owned(),
            message: String::new(),
            request_id: None,
            retryable,
            retry_after: None,
            hint: None,
        }
    }

    impl Run {
        fn of(states: Vec<(u64, Result<Value, Error>)>) -> Self {
            let states = states.into_iter();
            Self {
                known: Known::started("jobs.run_now", &json!({}), &json!({ "run_id": 5 })).unwrap(),
                began: clock::now(),
                states: states
                    .map(|(second, state)| (Duration::from_secs(second), state))
                    .collect(),
                asked: Mutex::default(),
                told: Mutex::default(),
                listens: true,
            }
        }

        fn elapsed(&self) -> Duration {
            clock::now() - self.began
        }
    }

    impl Followed for Run {
        fn known(&self) -> &Known {
            &self.known
        }

        async fn ask(&self) -> Result<Value, Error> {
            self.asked.lock().unwrap().push(self.elapsed());
            let come = self.states.iter().rev();
            let mut come = come.filter(|(after, _)| *after <= self.elapsed());
            come.next().unwrap().1.clone()
        }

        async fn tell(&self) -> bool {
            self.told.lock().unwrap().push(self.elapsed());
            self.listens
        }
    }

    /// The seconds, cut, in which a run was told, and the times at which it was asked.
    fn followed(run: impl FnOnce() -> Run) -> (Vec<u64>, Vec<Duration>) {
        paused::run(async {
            let run = run();
            let first = run.states.first().unwrap().1.clone();
            each_change(&run, &first.unwrap()).await;
            let told = run.told.lock().unwrap();
            let told = told.iter().map(Duration::as_secs).collect();
            (told, run.asked.lock().unwrap().clone())
        })
    }

    #[test]
    fn each_change_is_told_once_and_its_end_is_the_last_question() {
        let (told, asked) = followed(|| {
            Run::of(vec![
                (0, Ok(state("PENDING"))),
                (10, Ok(state("RUNNING"))),
                (3_600, Ok(state("TERMINATED"))),
            ])
        });
        assert!(matches!(told[..], [10 | 11, 3_600..=3_610]), "{told:?}");
        // Work that takes an hour is asked after every ten seconds.
        assert!(asked.len() < 3_600 / 10 + 60, "{}", asked.len());
    }

    #[test]
    fn what_had_ended_is_told_at_once_and_never_asked_after() {
        let (told, asked) = followed(|| Run::of(vec![(0, Ok(state("TERMINATED")))]));
        assert_eq!((told, asked.len()), (vec![0], 0));
    }

    #[test]
    fn a_service_that_fails_for_a_while_changes_nothing_and_one_that_refuses_ends_it() {
        let (told, _) = followed(|| {
            Run::of(vec![
                (0, Ok(state("RUNNING"))),
                (60, Err(broken(true))),
                (70, Ok(state("RUNNING"))),
                (120, Ok(state("TERMINATED"))),
            ])
        });
        assert!(matches!(told[..], [120..=130]), "{told:?}");
        let (told, asked) =
            followed(|| Run::of(vec![(0, Ok(state("RUNNING"))), (60, Err(broken(false)))]));
        assert!(matches!(told[..], [60..=66]), "{told:?}");
        assert!(asked.last().unwrap().as_secs() <= 66);
    }

    #[test]
    fn a_state_that_stays_unknown_is_told_and_not_asked_after_for_ever() {
        let (told, asked) =
            followed(|| Run::of(vec![(0, Ok(state("RUNNING"))), (60, Err(broken(true)))]));
        assert_eq!(told.len(), 1, "{told:?}");
        let failed = asked.iter().filter(|at| at.as_secs() >= 60).count();
        assert_eq!(failed, FAILED_QUESTIONS as usize);
    }

    #[test]
    fn nobody_is_asked_after_for_one_who_has_gone() {
        let (told, asked) = followed(|| Run {
            listens: false,
            ..Run::of(vec![
                (0, Ok(state("PENDING"))),
                (10, Ok(state("RUNNING"))),
                (3_600, Ok(state("TERMINATED"))),
            ])
        });
        assert_eq!(told.len(), 1);
        assert!(asked.last().unwrap().as_secs() < 12, "{asked:?}");
    }
}
