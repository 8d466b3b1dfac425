//! Reports of progress to a client that asked for them: of the service's own states, growing, one a second at most.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::{Peer, RoleServer};

use crate::clock;
use crate::transfers::Meter;

/// The time between two reports.
const EVERY: Duration = Duration::from_secs(1);

/// The client's progress bar, if it asked for one.
#[cfg_attr(
    test,
    expect(private_interfaces, reason = "reports are there for tests")
)]
#[derive(Debug)]
pub enum Progress {
    /// Nobody asked.
    Silent,
    /// The client gave a token with its request.
    Client {
        /// The connection.
        peer: Peer<RoleServer>,
        /// The client's token.
        token: ProgressToken,
        /// The last report.
        told: Mutex<Told>,
    },
    /// A transfer that waits for the work tells it.
    Transfer(Arc<Meter>),
    /// A unit test reads the reports.
    #[cfg(test)]
    Noted(Mutex<(Told, Vec<Report>)>),
}

/// A part of a whole, such as 2 of 3 tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// What is done.
    pub done: u64,
    /// The whole.
    pub total: u64,
}

impl Share {
    /// The share of a whole that is known: none of nothing.
    #[must_use]
    pub fn of(done: u64, total: u64) -> Option<Self> {
        (total > 0).then_some(Self { done, total })
    }
}

/// One report.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Report {
    /// Greater than the one before.
    pub value: f64,
    /// What the value grows to, where that is known.
    pub total: Option<f64>,
    /// The state in a few words.
    pub message: String,
}

/// The last report of a call, and its time.
#[derive(Debug, Default)]
pub struct Told(Option<(Instant, Report)>);

impl Told {
    /// The report of a state, unless it is the last one's or comes too soon after it; a state that lasts is told when
    /// it is asked for again.
    fn next(&mut self, now: Instant, message: String, share: Option<Share>) -> Option<Report> {
        let (least, total) = match share {
            Some(Share { done, total }) => (done as f64, Some(total as f64)),
            None => (0.0, None),
        };
        let value = match &self.0 {
            None => least,
            Some((at, last)) => {
                if now.saturating_duration_since(*at) < EVERY || last.message == message {
                    return None;
                }
                let last = last.value;
                if least > last {
                    least
                } else {
                    // Another state of the same share: a little more, and less than the next share.
                    let (next, more) = (
                        last.floor() + 1.0,
                        last + (last.floor() + 1.0 - last) / 16.0,
                    );
                    if more > last { more } else { next }
                }
            }
        };
        if total.is_some_and(|total| value > total) {
            return None;
        }
        let report = Report {
            value,
            total,
            message,
        };
        self.0 = Some((now, report.clone()));
        Some(report)
    }
}

impl Progress {
    /// Reports to `peer` under `token`, or to nobody.
    #[must_use]
    pub fn new(peer: Peer<RoleServer>, token: Option<ProgressToken>) -> Self {
        match token {
            Some(token) => Self::Client {
                peer,
                token,
                told: Mutex::default(),
            },
            None => Self::Silent,
        }
    }

    /// Tells the client the state of things, and how much of the whole is done, where that is known.
    pub async fn report(&self, message: String, share: Option<Share>) {
        match self {
            Self::Silent => {}
            Self::Transfer(meter) => meter.await_for(message),
            Self::Client { peer, token, told } => {
                let report = {
                    let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                    told.next(clock::now(), message, share)
                };
                let Some(report) = report else {
                    return;
                };
                let mut update = ProgressNotificationParam::new(token.clone(), report.value)
                    .with_message(report.message);
                update.total = report.total;
                // A client that went away is noticed elsewhere.
                let _ = peer.notify_progress(update).await;
            }
            #[cfg(test)]
            Self::Noted(noted) => {
                let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
                let report = noted.0.next(clock::now(), message, share);
                noted.1.extend(report);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reports of states that come half a second after each other, each with its time.
    fn reports(states: &[(&str, Option<Share>)]) -> Vec<(usize, Report)> {
        let (mut told, start) = (Told::default(), Instant::now());
        let states = states.iter().enumerate();
        let report = |(nth, (message, share)): (usize, &(&str, Option<Share>))| {
            let now = start + EVERY / 2 * u32::try_from(nth).unwrap_or(u32::MAX);
            Some((nth, told.next(now, (*message).to_owned(), *share)?))
        };
        states.filter_map(report).collect()
    }

    #[test]
    fn one_a_second_at_most_and_each_state_once() {
        let states: Vec<String> = (0..40).map(|nth| format!("state {}", nth / 7)).collect();
        let states: Vec<_> = states.iter().map(|state| (state.as_str(), None)).collect();
        let told = reports(&states);
        assert!(told.is_sorted_by(|(a, _), (b, _)| a + 2 <= *b), "{told:?}");
        assert!(told.is_sorted_by(|(_, a), (_, b)| a.value < b.value));
        let said: Vec<&str> = told.iter().map(|(_, one)| one.message.as_str()).collect();
        let all = [
            "state 0", "state 1", "state 2", "state 3", "state 4", "state 5",
        ];
        assert_eq!(said, all);
        assert!(told.iter().all(|(_, one)| one.total.is_none()));
    }

    #[test]
    fn the_value_is_the_share_and_never_falls_nor_passes_the_whole() {
        let of = |done, total| Share::of(done, total);
        let told = reports(&[
            ("queued", None),
            ("queued", None),
            ("starting", None),
            ("starting", None),
            ("0 of 3", of(0, 3)),
            ("0 of 3", of(0, 3)),
            ("2 of 3", of(2, 3)),
            ("2 of 3", of(2, 3)),
            ("2 of 3, late", of(2, 3)),
            ("2 of 3, late", of(2, 3)),
            ("1 of 3 again", of(1, 3)),
            ("1 of 3 again", of(1, 3)),
            ("3 of 3", of(3, 3)),
            ("3 of 3", of(3, 3)),
            ("3 of 3, ending", of(3, 3)),
        ]);
        let told: Vec<Report> = told.into_iter().map(|(_, report)| report).collect();
        assert!(told.is_sorted_by(|a, b| a.value < b.value), "{told:?}");
        let value = |said: &str| {
            let found = told.iter().find(|one| one.message == said);
            found.map(|one| (one.value, one.total))
        };
        assert_eq!(value("queued"), Some((0.0, None)));
        assert_eq!(value("2 of 3"), Some((2.0, Some(3.0))));
        assert!(value("1 of 3 again").is_some_and(|(value, _)| value < 3.0));
        assert_eq!(value("3 of 3"), Some((3.0, Some(3.0))));
        assert_eq!(value("3 of 3, ending"), None);
    }

    #[test]
    fn long_states_of_changing_words_go_on_being_told() {
        let states: Vec<String> = (0..1_200).map(|nth| format!("{nth} rows")).collect();
        let states: Vec<_> = states.iter().map(|state| (state.as_str(), None)).collect();
        let told = reports(&states);
        assert_eq!(told.len(), 600);
        assert!(told.is_sorted_by(|(_, a), (_, b)| a.value < b.value));
    }
}
