//! Log lines on their way to stderr and to the log file. A client that does not read stderr never holds up a call: lines
//! wait in bounded queues, the oldest go first when one is full, and a line says how many went.
//!
//! Rooms, each using only those before it:
//! - `queue`, lines that wait for the thread that writes them
//! - `file`, the log file, which makes room for itself

mod file;
mod queue;

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tracing_subscriber::fmt::MakeWriter;

use crate::error::Error;
use crate::redact;
use file::Rotating;
use queue::Queue;

pub use file::earlier;

/// The time for a crash report to be written before the crash goes on.
const CRASH: Duration = Duration::from_millis(500);

/// The one queue to stderr: there is one stderr.
static STDERR: Queue = Queue::new("stderr is not read", |line| {
    let _ = std::io::stderr().write_all(line);
});

/// The one queue to the log file.
static FILE: Queue = Queue::new("the log file cannot be written in time", |line| {
    if let Some(file) = LOG_FILE.get() {
        file.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(line);
    }
});

/// The log file, where there is one.
static LOG_FILE: OnceLock<Mutex<Rotating>> = OnceLock::new();

/// A writer of log lines, without secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Log {
    /// To stderr.
    Stderr,
    /// To stderr that a person looks at: nothing in a line steers the terminal.
    Terminal,
    /// To the log file.
    File,
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(*self, Vec::new())
    }
}

/// One log line, queued when it is complete.
#[derive(Debug)]
pub struct Line(Log, Vec<u8>);

impl Write for Line {
    fn write(&mut self, part: &[u8]) -> std::io::Result<usize> {
        self.1.extend_from_slice(part);
        Ok(part.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let line = String::from_utf8_lossy(&self.1);
        let line = redact::text(&line);
        match self.0 {
            Log::Stderr => STDERR.push(line.as_bytes()),
            Log::Terminal => STDERR.push(plain(&line).as_bytes()),
            Log::File => FILE.push(line.as_bytes()),
        }
    }
}

/// A line for a terminal: one line whatever it quotes, and nothing in it but text.
fn plain(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    for c in line.trim_end().chars() {
        // Marks of direction make a text read as another.
        let steers = c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if steers {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown.push('\n');
    shown
}

/// Queues what is to be written to stderr. It has to be without secrets.
pub fn write(line: &[u8]) {
    STDERR.push(line);
}

/// Has lines for the log file go there from now on. It is made for nobody else to read, and lines are added to one that
/// is there.
///
/// # Errors
/// The reason why it cannot be written.
pub fn to_file(path: PathBuf) -> Result<(), String> {
    let file = Rotating::open(path)?;
    // The first one stays; a process opens one.
    let _ = LOG_FILE.set(Mutex::new(file));
    Ok(())
}

/// Waits until every line is written, at most this long. The process then ends without losing them.
pub fn flush(within: Duration) {
    let until = Instant::now() + within;
    STDERR.flush(within);
    FILE.flush(until.saturating_duration_since(Instant::now()));
}

/// Installs the hook that writes crash reports to stderr without secrets.
pub fn crashes() {
    std::panic::set_hook(Box::new(|crash| {
        let error = Error::Internal {
            reason: crash.to_string(),
        };
        write(format!("error: {}\n", redact::text(&error.text())).as_bytes());
        // The process may end with this thread.
        STDERR.flush(CRASH);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_in_a_terminal_is_one_line_and_steers_nothing() {
        let shown = plain("a \u{1b}[2J b\nforged c\u{202e}d\n");
        assert_eq!(shown, "a \\u{1b}[2J b\\nforged c\\u{202e}d\n");
    }
}
