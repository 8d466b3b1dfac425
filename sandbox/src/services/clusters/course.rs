//! The course of a cluster: the states between a request and its effect.

use crate::clock::Millis;

/// The way of a cluster, with the times of its start and its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course {
    pub(super) way: Way,
    pub(super) since: Millis,
    pub(super) until: Millis,
}

/// A change that a cluster goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Start,
    Restart,
    Resize,
    /// Terminated by a user.
    Stop,
    /// Terminated because nobody used it.
    Idle,
}

impl Course {
    /// The state as the API enumerates it.
    pub(super) fn state(self, now: Millis) -> &'static str {
        let there = now >= self.until;
        match self.way {
            Way::Start | Way::Restart | Way::Resize if there => "RUNNING",
            Way::Start => "PENDING",
            Way::Restart => "RESTARTING",
            Way::Resize => "RESIZING",
            Way::Stop | Way::Idle if there => "TERMINATED",
            Way::Stop | Way::Idle => "TERMINATING",
        }
    }

    /// The message that accompanies the state.
    pub(super) fn message(self, now: Millis) -> &'static str {
        match self.state(now) {
            // The first two thirds of a start are spent on machines, the rest on Spark.
            "PENDING" if (now - self.since) * 3 < (self.until - self.since) * 2 => {
                "Acquiring instances"
            }
            "PENDING" => "Starting Spark",
            "RESTARTING" => "Restarting Spark",
            "RESIZING" => "Changing the number of workers",
            "TERMINATING" => "Termination requested by user",
            "TERMINATED" if self.way == Way::Idle => {
                "Terminated after 60 minutes without activity."
            }
            "TERMINATED" => "Cluster terminated by user.",
            _ => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_passes_pending_in_two_steps() {
        let course = Course {
            way: Way::Start,
            since: 1_000,
            until: 4_000,
        };
        assert_eq!(course.state(1_000), "PENDING");
        assert!(course.message(1_000).starts_with("Acquiring"));
        assert_eq!(course.message(3_500), "Starting Spark");
        assert_eq!(course.state(4_000), "RUNNING");
        assert_eq!(course.message(4_000), "");
    }
}
