//! A bounded queue of lines, and the thread that writes them.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Most bytes that wait.
const WAITING: usize = 1 << 20;

/// Lines that wait to be written.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    /// The reason why lines were dropped, in words.
    why: &'static str,
    write: fn(&[u8]),
}

impl Queue {
    /// A queue of lines for `write`, which may block.
    pub(super) const fn new(why: &'static str, write: fn(&[u8])) -> Self {
        Self {
            waiting: Mutex::new(Waiting::new()),
            changed: Condvar::new(),
            why,
            write,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a line. The first one starts the thread.
    pub(super) fn push(&'static self, line: &[u8]) {
        let mut waiting = self.lock();
        if !waiting.is_served {
            let thread = std::thread::Builder::new().name("log".to_owned());
            // Without a thread the lines are lost; nobody could be told.
            waiting.is_served = thread.spawn(|| self.serve()).is_ok();
        }
        waiting.push(line.to_vec());
        drop(waiting);
        self.changed.notify_all();
    }

    /// Waits until every line is written, at most this long.
    pub(super) fn flush(&self, within: Duration) {
        let waiting = self.lock();
        let busy = |waiting: &mut Waiting| {
            waiting.is_served && (waiting.is_writing || !waiting.lines.is_empty())
        };
        let _ = self.changed.wait_timeout_while(waiting, within, busy);
    }

    fn serve(&self) {
        loop {
            let mut waiting = self.lock();
            waiting.is_writing = false;
            self.changed.notify_all();
            let idle = |waiting: &mut Waiting| waiting.lines.is_empty();
            let woken = self.changed.wait_while(waiting, idle);
            waiting = woken.unwrap_or_else(PoisonError::into_inner);
            waiting.is_writing = true;
            let Some(line) = waiting.pop(self.why) else {
                continue;
            };
            drop(waiting);
            (self.write)(&line);
        }
    }
}

#[derive(Debug)]
struct Waiting {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    dropped: u64,
    is_served: bool,
    is_writing: bool,
}

impl Waiting {
    const fn new() -> Self {
        Self {
            lines: VecDeque::new(),
            bytes: 0,
            dropped: 0,
            is_served: false,
            is_writing: false,
        }
    }

    /// Adds a line, in place of the oldest where there is no room.
    fn push(&mut self, line: Vec<u8>) {
        self.bytes += line.len();
        self.lines.push_back(line);
        while self.bytes > WAITING
            && self.lines.len() > 1
            && let Some(oldest) = self.lines.pop_front()
        {
            self.bytes -= oldest.len();
            self.dropped += 1;
        }
    }

    /// The next line to write: first the word on those that were dropped.
    fn pop(&mut self, why: &str) -> Option<Vec<u8>> {
        if self.dropped > 0 {
            let dropped = std::mem::take(&mut self.dropped);
            return Some(
                format!("{{\"level\":\"WARN\",\"message\":\"{why}: {dropped} log lines were dropped\"}}\n")
                    .into_bytes(),
            );
        }
        let line = self.lines.pop_front()?;
        self.bytes -= line.len();
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_oldest_lines_go_and_are_counted() {
        let mut waiting = Waiting::new();
        for number in 0..2_000 {
            waiting.push(format!("{number:01023}\n").into_bytes());
        }
        assert!(waiting.bytes <= WAITING);
        let first = String::from_utf8(waiting.pop("x").unwrap()).unwrap();
        assert!(first.contains("x: 976 log lines were dropped"), "{first}");
        let next = String::from_utf8(waiting.pop("x").unwrap()).unwrap();
        assert_eq!(next.trim_end().trim_start_matches('0'), "976");
        let mut left = 1;
        while waiting.pop("x").is_some() {
            left += 1;
        }
        assert_eq!((left, waiting.bytes), (1_024, 0));
    }
}
