//! The times of a series of calls, and the CPU time of the thread that makes them.

use std::error::Error;
use std::time::Duration;

/// Any failure of the benchmark ends it.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// The times of a series of calls.
#[derive(Default)]
pub(crate) struct Spent {
    pub(crate) times: Vec<Duration>,
    /// CPU time of the calling thread; the server runs on another.
    pub(crate) cpu: Option<Duration>,
}

impl Spent {
    pub(crate) fn add(&mut self, mut round: Self) {
        self.times.append(&mut round.times);
        self.cpu = round.cpu.map(|cpu| cpu + self.cpu.unwrap_or_default());
    }

    pub(crate) fn at(&self, share: f64) -> Duration {
        let mut times = self.times.clone();
        times.sort();
        let at = (times.len() as f64 * share) as usize;
        times.get(at).copied().unwrap_or_default()
    }

    pub(crate) fn tell(&self) -> String {
        let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
        let calls = self.times.len() as f64;
        let cpu = match self.cpu {
            Some(cpu) => format!("{:.1} µs CPU", microseconds(cpu) / calls),
            None => "CPU time unavailable on this system".to_owned(),
        };
        format!(
            "median {:.0} µs, p99 {:.0} µs, {cpu} per call",
            microseconds(self.at(0.5)),
            microseconds(self.at(0.99))
        )
    }
}

/// CPU time of this thread, from `schedstat` (proc(5)) on Linux.
pub(crate) fn cpu() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

pub(crate) fn since(began: Option<Duration>) -> Option<Duration> {
    Some(cpu()?.saturating_sub(began?))
}
