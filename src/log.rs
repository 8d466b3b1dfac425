//! Log lines on their way to stderr. A client that does not read stderr never holds up a call: lines wait in a bounded
//! queue, the oldest go first when it is full, and a line says how many went.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use crate::error::Error;
use crate::redact;

/// Most bytes that wait.
const WAITING: usize = 1 << 20;

/// The time for a crash report to be written before the crash goes on.
const CRASH: Duration = Duration::from_millis(500);

/// The one queue: there is one stderr.
static QUEUE: LazyLock<Queue> = LazyLock::new(Queue::default);

/// The writer of log lines, to stderr and without secrets.
#[derive(Debug, Clone, Copy, Default)]
pub struct Log;

impl<'a> MakeWriter<'a> for Log {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(Vec::new())
    }
}

/// One log line, queued when it is complete.
#[derive(Debug)]
pub struct Line(Vec<u8>);

impl Write for Line {
    fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
        self.0.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let line = String::from_utf8_lossy(&self.0);
        write(redact::text(&line).as_bytes());
    }
}

/// Queues what is to be written to stderr. It has to be without secrets.
pub fn write(line: &[u8]) {
    let mut waiting = QUEUE.lock();
    if !waiting.is_served {
        let thread = std::thread::Builder::new().name("log".to_owned());
        // Without a thread the lines are lost; nobody could be told.
        waiting.is_served = thread.spawn(serve).is_ok();
    }
    waiting.push(line.to_vec());
    drop(waiting);
    QUEUE.changed.notify_all();
}

/// Waits until every line is written, at most this long. The process then ends without losing them.
pub fn flush(within: Duration) {
    let waiting = QUEUE.lock();
    let busy = |waiting: &mut Waiting| {
        waiting.is_served && (waiting.is_writing || !waiting.lines.is_empty())
    };
    let _ = QUEUE.changed.wait_timeout_while(waiting, within, busy);
}

fn serve() {
    loop {
        let mut waiting = QUEUE.lock();
        waiting.is_writing = false;
        QUEUE.changed.notify_all();
        let idle = |waiting: &mut Waiting| waiting.lines.is_empty();
        let woken = QUEUE.changed.wait_while(waiting, idle);
        waiting = woken.unwrap_or_else(PoisonError::into_inner);
        waiting.is_writing = true;
        let Some(line) = waiting.pop() else { continue };
        drop(waiting);
        let _ = std::io::stderr().write_all(&line);
    }
}

/// Installs the hook that writes crash reports to stderr without secrets.
pub fn crashes() {
    std::panic::set_hook(Box::new(|crash| {
        let error = Error::Internal {
            reason: crash.to_string(),
        };
        write(format!("error: {}\n", redact::text(&error.text())).as_bytes());
        // The process may end with this thread.
        flush(CRASH);
    }));
}

#[derive(Debug, Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Waiting {
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    dropped: u64,
    is_served: bool,
    is_writing: bool,
}

impl Waiting {
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
    fn pop(&mut self) -> Option<Vec<u8>> {
        if self.dropped > 0 {
            let dropped = std::mem::take(&mut self.dropped);
            return Some(
                format!("{{\"level\":\"WARN\",\"message\":\"stderr is not read: {dropped} log lines were dropped\"}}\n")
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
        let mut waiting = Waiting::default();
        for number in 0..2_000 {
            waiting.push(format!("{number:01023}\n").into_bytes());
        }
        assert!(waiting.bytes <= WAITING);
        let first = String::from_utf8(waiting.pop().unwrap()).unwrap();
        assert!(first.contains("976 log lines were dropped"), "{first}");
        let next = String::from_utf8(waiting.pop().unwrap()).unwrap();
        assert_eq!(next.trim_end().trim_start_matches('0'), "976");
        let mut left = 1;
        while waiting.pop().is_some() {
            left += 1;
        }
        assert_eq!((left, waiting.bytes), (1_024, 0));
    }
}
