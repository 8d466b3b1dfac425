//! The loop under a clock that moves by itself: work of any duration, slow services, many waits, the ends.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::cell::RefCell;
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::clock::paused;
use crate::config::Settings;
use crate::context::{Progress, Workspace};
use crate::transport::Call;

const SECOND: Duration = Duration::from_secs(1);

fn workspace() -> Arc<Workspace> {
    let settings = Settings::from_variables(|name| match name {
        "DATABRICKS_HOST" => Some("http://127.0.0.1:9".to_owned()),
        "DATABRICKS_TOKEN" => Some("secret-token".to_owned()),
        _ => None,
    });
    Arc::new(Workspace::open(&settings.unwrap()).unwrap())
}

/// A call that begins now.
fn context(workspace: &Arc<Workspace>) -> Context {
    let call = Call::new("run_job");
    let mut context = Context::new(
        Arc::clone(workspace),
        call,
        CancellationToken::new(),
        Progress::Silent,
    );
    context.since = clock::now();
    context
}

/// A run that takes a time of its own, on a service that takes its time for each request.
struct Run {
    known: Known,
    ends: Instant,
    request: Duration,
    asked: Mutex<Vec<Instant>>,
    cancelled: Mutex<bool>,
    unstoppable: bool,
    panics: bool,
    every: Option<Duration>,
    /// The questions, by number, that get no answer, and their error.
    fails: Option<(std::ops::Range<usize>, Error)>,
}

impl Run {
    fn of(takes: Duration, request: Duration) -> Self {
        Self {
            known: Known::started("jobs.run_now", &json!({}), &json!({ "run_id": 5 })).unwrap(),
            ends: clock::now() + takes,
            request,
            asked: Mutex::default(),
            cancelled: Mutex::default(),
            unstoppable: false,
            panics: false,
            every: None,
            fails: None,
        }
    }

    fn polls(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

impl Work for Run {
    type State = Value;

    fn known(&self) -> &Known {
        &self.known
    }

    /// The state is that of the request's middle.
    async fn ask(&self) -> Result<Value, Error> {
        assert!(!self.panics, "a fault of this program");
        let asked = clock::now();
        self.asked.lock().unwrap().push(asked);
        if let Some((which, error)) = &self.fails
            && which.contains(&self.polls())
        {
            return Err(error.clone());
        }
        clock::sleep_until(asked + self.request / 2).await;
        let ended = clock::now() >= self.ends;
        clock::sleep_until(asked + self.request).await;
        Ok(if ended {
            json!({ "state": { "life_cycle_state": "TERMINATED", "result_state": "SUCCESS" } })
        } else {
            json!({ "state": { "life_cycle_state": "RUNNING" } })
        })
    }

    async fn cancel(&self) -> Result<(), Error> {
        *self.cancelled.lock().unwrap() = true;
        if self.unstoppable {
            return Err(Error::Internal {
                reason: "the service refused".to_owned(),
            });
        }
        Ok(())
    }

    fn patience(&self) -> Patience {
        Patience {
            within: None,
            every: self.every,
        }
    }
}

/// The end of a wait, the time until the answer, and the number of questions.
async fn wait(
    workspace: &Arc<Workspace>,
    takes: Duration,
    request: Duration,
) -> (Ended<Value>, Duration, usize) {
    // Not in the shadow of the wait before.
    clock::sleep_until(clock::now() + SECOND).await;
    let context = context(workspace);
    let run = Run::of(takes, request);
    let ended = until_ended(&run, &context, None).await.unwrap();
    // Should the call die before it tells the id of what goes on, that is known to be stopped.
    let left = context.left.take().len();
    assert_eq!(left, usize::from(matches!(ended, Ended::Unfinished(_))));
    (ended, clock::now() - context.since, run.polls())
}

fn durations() -> impl Iterator<Item = Duration> {
    let short = (0..400).map(|nth| Duration::from_millis(nth * 7));
    let long = (0..420).map(|nth| Duration::from_millis(2_800 + nth * 100));
    short.chain(long)
}

#[test]
fn work_is_answered_soon_after_it_ends_with_few_questions() {
    paused::run(async {
        let workspace = workspace();
        for request in [0, 40].map(Duration::from_millis) {
            for takes in durations() {
                let (ended, answered, polls) = wait(&workspace, takes, request).await;
                assert!(matches!(ended, Ended::Done(_)), "{takes:?}");
                let late = (takes / 10).clamp(Duration::from_millis(60), SECOND);
                let most = takes + late + request;
                assert!(answered <= most, "{takes:?} answered after {answered:?}");
                assert!(polls <= 80, "{takes:?} took {polls} questions");
            }
        }
    });
}

#[test]
fn a_slow_service_is_asked_one_question_after_the_other() {
    paused::run(async {
        let workspace = workspace();
        for request in [0.2, 1.0, 3.0].map(Duration::from_secs_f64) {
            for takes in durations().step_by(20) {
                let (ended, answered, polls) = wait(&workspace, takes, request).await;
                assert!(matches!(ended, Ended::Done(_)), "{takes:?}");
                let pause = (takes / 10).clamp(Duration::from_millis(60), SECOND);
                // The question that is under way when the work ends, and the one that finds it ended.
                let most = takes + pause.max(request) + request;
                assert!(answered <= most, "{takes:?} answered after {answered:?}");
                assert!(polls <= 80, "{takes:?} took {polls} questions");
            }
        }
    });
}

#[test]
fn what_goes_on_is_told_at_the_deadline() {
    paused::run(async {
        let (ended, answered, polls) = wait(&workspace(), 1_000 * SECOND, Duration::ZERO).await;
        let Ended::Unfinished(unfinished) = ended else {
            panic!("it goes on");
        };
        assert_eq!(unfinished.described, "RUNNING");
        assert_eq!(answered, 45 * SECOND);
        assert!((70..=80).contains(&polls), "{polls} questions");
    });
}

#[test]
fn a_service_that_stops_answering_does_not_hold_the_answer_up() {
    paused::run(async {
        let (ended, answered, _) = wait(&workspace(), 1_000 * SECOND, 30 * SECOND).await;
        assert!(matches!(ended, Ended::Unfinished(_)));
        assert_eq!(answered, 55 * SECOND);
    });
}

#[test]
fn a_service_that_never_answers_loses_no_id() {
    paused::run(async {
        let context = context(&workspace());
        let run = Run::of(1_000 * SECOND, 300 * SECOND);
        let lost = until_ended(&run, &context, None).await.unwrap_err().text();
        assert_eq!(clock::now() - context.since, 55 * SECOND);
        assert!(lost.contains("get_run tells: {\"run_id\":5}"), "{lost}");
    });
}

#[test]
fn a_caller_chooses_the_pace_but_no_rush() {
    paused::run(async {
        for (chosen, gap) in [(3_000, 3_000), (0, 60)] {
            let context = context(&workspace());
            let run = Run {
                every: Some(Duration::from_millis(chosen)),
                ..Run::of(10 * SECOND, Duration::ZERO)
            };
            until_ended(&run, &context, None).await.unwrap();
            let asked = run.asked.lock().unwrap();
            let mut gaps = asked.windows(2).map(|pair| pair[1] - pair[0]);
            assert!(gaps.all(|each| each == Duration::from_millis(gap)));
        }
    });
}

/// A run of four tasks, of which one ends every ten seconds.
struct Tasks(Run);

impl Work for Tasks {
    type State = Value;

    fn known(&self) -> &Known {
        &self.0.known
    }

    async fn ask(&self) -> Result<Value, Error> {
        let mut state = self.0.ask().await?;
        let left = self
            .0
            .ends
            .saturating_duration_since(clock::now())
            .as_secs();
        let of = |nth| {
            if nth * 10 < left {
                "RUNNING"
            } else {
                "TERMINATED"
            }
        };
        let task = |nth| json!({ "state": { "life_cycle_state": of(nth) } });
        state["tasks"] = (0..4_u64).map(task).collect();
        Ok(state)
    }

    async fn cancel(&self) -> Result<(), Error> {
        self.0.cancel().await
    }
}

#[test]
fn progress_is_of_the_tasks_that_are_done_one_report_a_second_at_most() {
    paused::run(async {
        let mut context = context(&workspace());
        context.progress = Progress::Noted(Mutex::default());
        let run = Tasks(Run::of(39 * SECOND, Duration::ZERO));
        until_ended(&run, &context, None).await.unwrap();
        let Progress::Noted(noted) = &context.progress else {
            panic!("reports are noted");
        };
        let told = &noted.lock().unwrap().1;
        let shares: Vec<(f64, Option<f64>)> =
            told.iter().map(|one| (one.value, one.total)).collect();
        let all = [0, 1, 2, 3, 4].map(|done| (f64::from(done), Some(4.0)));
        assert_eq!(shares, all, "{told:?}");
        assert!(told[2].message.contains("2 of 4 tasks"), "{told:?}");
        assert!(
            run.0.polls() > 40,
            "most questions have nothing new to tell"
        );
    });
}

#[test]
fn two_hundred_waits_ask_twenty_questions_a_second_between_them() {
    paused::run(async {
        let workspace = workspace();
        let contexts: Vec<Context> = (0..200).map(|_| context(&workspace)).collect();
        let runs: Vec<Run> = (0..200)
            .map(|nth| Run::of(SECOND * (nth % 40), Duration::from_millis(5)))
            .collect();
        let waits = runs.iter().zip(&contexts);
        let answered = join_all(waits.map(|(run, context)| async {
            until_ended(run, context, None).await.unwrap();
            clock::now() - context.since
        }));
        assert!(answered.await.into_iter().all(|time| time <= 45 * SECOND));
        for run in &runs {
            // Nobody starves: with two hundred in the queue, everybody's turn comes every ten seconds.
            let asked = run.asked.lock().unwrap();
            let gaps = asked.windows(2).map(|pair| pair[1] - pair[0]);
            assert!(gaps.max().unwrap_or_default() <= 11 * SECOND);
        }
        let mut asked: Vec<Instant> = Vec::new();
        for run in &runs {
            asked.extend(run.asked.lock().unwrap().iter());
        }
        asked.sort_unstable();
        let gaps = asked.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(gaps.min().unwrap() >= Duration::from_millis(50));
    });
}

#[test]
fn a_cancelled_wait_cancels_its_work_and_leaves_the_queue() {
    paused::run(async {
        let workspace = workspace();
        let contexts: Vec<Context> = (0..100).map(|_| context(&workspace)).collect();
        let runs: Vec<Run> = contexts
            .iter()
            .map(|_| Run::of(40 * SECOND, Duration::ZERO))
            .collect();
        let outcomes = RefCell::new(Vec::new());
        let waits = join_all(runs.iter().zip(&contexts).map(|(run, context)| async {
            let error = until_ended(run, context, None).await.unwrap_err();
            outcomes.borrow_mut().push(error);
        }));
        let cancels = async {
            clock::sleep_until(contexts[0].since + SECOND).await;
            contexts.iter().for_each(|context| context.cancel.cancel());
        };
        futures_util::join!(waits, cancels);
        let cancelled_at = clock::now();
        assert_eq!(cancelled_at - contexts[0].since, SECOND);
        for error in outcomes.into_inner() {
            assert!(matches!(error, Error::Cancelled { what } if what == "run_id 5"));
        }
        assert!(runs.iter().all(|run| *run.cancelled.lock().unwrap()));
        // The places of those that left are free.
        let context = self::context(&workspace);
        let run = Run::of(Duration::ZERO, Duration::ZERO);
        until_ended(&run, &context, None).await.unwrap();
        assert!(clock::now() - cancelled_at <= Duration::from_millis(50));
    });
}

#[test]
fn a_call_that_dies_while_it_waits_stops_its_work() {
    paused::run(async {
        let workspace = workspace();
        let context = context(&workspace);
        let mut run = Run::of(600 * SECOND, SECOND);
        run.panics = true;
        let died = AssertUnwindSafe(until_ended(&run, &context, None)).catch_unwind();
        assert!(died.await.is_err());
        assert!(*run.cancelled.lock().unwrap());
    });
}

#[test]
fn questions_that_fail_in_passing_do_not_end_a_wait() {
    let cut_off = Error::Answer {
        operation: "jobs.get_run".to_owned(),
        reason: "EOF while parsing".to_owned(),
    };
    let failed = |status| Error::Api {
        operation: "jobs.get_run".to_owned(),
        status,
        code: String::new(),
        message: "no".to_owned(),
        request_id: None,
        retryable: false,
        retry_after: None,
        hint: None,
    };
    paused::run(async {
        let asked = async |which: std::ops::Range<usize>, error: &Error| {
            let context = context(&workspace());
            let run = Run {
                fails: Some((which, error.clone())),
                ..Run::of(8 * SECOND, Duration::ZERO)
            };
            (until_ended(&run, &context, None).await, run.polls())
        };
        for error in [&cut_off, &failed(500), &failed(429)] {
            for which in [1..2, 3..7, 2..3] {
                let (ended, _) = asked(which, error).await;
                assert!(matches!(ended, Ok(Ended::Done(_))), "{error}");
            }
            let (lost, polls) = asked(2..1_000, error).await;
            assert_eq!(polls, 6);
            let lost = lost.unwrap_err().text();
            assert!(lost.contains("get_run tells: {\"run_id\":5}"), "{lost}");
        }
        // A refusal stays one.
        let (refused, polls) = asked(1..2, &failed(403)).await;
        assert!(refused.is_err());
        assert_eq!(polls, 1);
    });
}

#[test]
fn work_that_cannot_be_stopped_is_named_with_its_id() {
    paused::run(async {
        let context = context(&workspace());
        let mut run = Run::of(1_000 * SECOND, Duration::ZERO);
        run.unstoppable = true;
        context.cancel.cancel();
        let told = until_ended(&run, &context, None).await.unwrap_err().text();
        assert!(told.contains("run_id 5"), "{told}");
        assert!(told.contains("could not be stopped"), "{told}");
        assert!(told.contains("get_run tells: {\"run_id\":5}"), "{told}");
    });
}
