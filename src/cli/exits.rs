//! The numbers that commands end with, for scripts.

use std::process::ExitCode;
use std::time::Duration;

use databricks_mcp::error::Error;
use databricks_mcp::log;

/// The time for the last log lines of a command that ends.
pub(super) const FLUSHED_WITHIN: Duration = Duration::from_millis(500);

/// The end of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Exit {
    /// It is done.
    Done = 0,
    /// The call or the command failed.
    Failed = 1,
    /// The command line, the tool's name or its arguments are wrong; clap ends so too.
    Usage = 2,
    /// No workspace or credential is configured, or a setting cannot be used.
    NotConfigured = 3,
    /// The user did not agree, or has forbidden it by the settings.
    Refused = 4,
    /// Ctrl-C; 128 and the number of the signal, as shells have it.
    Interrupted = 130,
}

/// The numbers as `--help` of the commands that call tools shows them.
pub(super) const HELP: &str = "\
Exit codes:
  0    done
  1    the call failed; stderr says why, with a hint
  2    wrong command line, tool or arguments
  3    no workspace or credential is configured, or a setting cannot be used
  4    not confirmed, or refused by `--read-only`, `--exclude` and the like
  130  interrupted by Ctrl-C; the work upstream is cancelled";

impl Exit {
    /// The end by an error.
    pub(super) fn of(error: &Error) -> Self {
        Self::of_kind(error.kind())
    }

    /// The end by an error of this kind.
    pub(super) fn of_kind(kind: &str) -> Self {
        match kind {
            "unknown_tool" | "arguments" | "selection" => Self::Usage,
            "not_configured" | "no_credential" | "ambiguous" | "credential" | "setting" => {
                Self::NotConfigured
            }
            "unconfirmed" | "unasked" | "declined" | "read_only" | "not_served" => Self::Refused,
            "cancelled" => Self::Interrupted,
            _ => Self::Failed,
        }
    }

    /// Ends the process, unless all is done.
    pub(super) fn leave(self) {
        if self != Self::Done {
            log::flush(FLUSHED_WITHIN);
            std::process::exit(i32::from(self as u8));
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
