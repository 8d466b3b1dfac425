//! The two voices of a command: data on stdout, everything else on stderr.

use std::io::Write;

use databricks_mcp::redact;
use databricks_mcp::shape::printable;

/// Prints data, if there is any.
pub(super) fn data(text: &str) {
    if !text.is_empty() {
        line(text);
    }
}

/// Prints data and an end of line; a reader such as `head` may leave early.
pub(super) fn line(text: &str) {
    let mut stdout = std::io::stdout().lock();
    if let Err(error) = writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        unwritten(&error);
    }
}

/// Ends the command where its data cannot be written: in silence where the reader has left.
pub(super) fn unwritten(error: &std::io::Error) -> ! {
    if error.kind() == std::io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    aside(&format!("error: stdout cannot be written: {error}"));
    std::process::exit(1);
}

/// Tells the person something beside the data.
pub(super) fn aside(text: &str) {
    // Without a stderr there is nobody to tell it.
    let _ = writeln!(std::io::stderr(), "{}", printable(text));
}

/// Tells the person what went wrong. A token that was pasted into the wrong setting is not repeated.
pub(super) fn error(text: &str) {
    aside(&format!("error: {}", redact::text(text)));
}
