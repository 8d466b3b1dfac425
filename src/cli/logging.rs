//! The log of a server: to stderr as JSON lines or, in a terminal, as text; to a file; and its levels, which change while
//! it runs.

use std::io::IsTerminal;

use databricks_mcp::error::Error;
use databricks_mcp::log::{self, Log};
use databricks_mcp::settings::{Given, setting};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use super::process::{levels, may_be_logged};

/// The levels of the running server.
pub(super) struct Levels {
    handle: Handle<EnvFilter, Registry>,
    /// The setting as it was last taken up.
    set: Option<String>,
    is_debug: bool,
}

/// Has the server log from now on.
///
/// # Errors
/// The log file cannot be written.
pub(super) fn start(given: &Given, filter: EnvFilter) -> Result<Levels, Error> {
    let file = given.text(setting::LOG_FILE);
    if let Some(path) = &file {
        log::to_file(path.into())
            .map_err(|reason| setting::LOG_FILE.unusable(format!("`{path}`: {reason}")))?;
    }
    let (filter, handle) = reload::Layer::new(filter);
    let json = |log: Log| {
        tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(log)
            .boxed()
    };
    let stderr = if std::io::stderr().is_terminal() {
        tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(Log::Terminal)
            .boxed()
    } else {
        json(Log::Stderr)
    };
    let mut lines = vec![stderr];
    lines.extend(file.map(|_| json(Log::File)));
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .with(filter_fn(may_be_logged))
        .init();
    Ok(Levels {
        handle,
        set: given.text(setting::LOG),
        is_debug: false,
    })
}

impl Levels {
    /// Takes up the setting where it has changed since, else goes to `debug` or back from it.
    fn switch(&mut self, given: Result<Given, Error>) {
        let found = given.and_then(|given| Ok((given.text(setting::LOG), levels(&given)?)));
        let (set, filter) = match found {
            Ok((set, filter)) => (set, Some(filter)),
            // The levels stay to be switched even if the file is being written.
            Err(error) => {
                tracing::warn!(kind = error.kind(), "the settings cannot be read again");
                tracing::debug!(%error, "the reason");
                (self.set.clone(), None)
            }
        };
        let is_new = set != self.set;
        self.is_debug = !is_new && !self.is_debug;
        let filter = if self.is_debug {
            Some(EnvFilter::new("debug"))
        } else {
            filter
        };
        let Some(filter) = filter else { return };
        self.set = set;
        let to = if self.is_debug { "debug" } else { "as set" };
        // Told once, by the levels that let it through.
        let is_told = tracing::enabled!(tracing::Level::INFO);
        if is_told {
            tracing::info!(to, "log levels change");
        }
        if self.handle.reload(filter).is_ok() && !is_told {
            tracing::info!(to, "log levels have changed");
        }
    }

    /// Switches the levels at each SIGUSR1. `read` reads the settings anew. The handler is there once this returns.
    #[cfg(unix)]
    pub(super) fn on_signals(
        mut self,
        read: impl Fn() -> Result<Given, Error> + Send + 'static,
    ) -> impl Future<Output = ()> {
        use tokio::signal::unix::{SignalKind, signal};
        let signal = signal(SignalKind::user_defined1());
        async move {
            let Ok(mut signal) = signal else { return };
            while signal.recv().await.is_some() {
                self.switch(read());
            }
        }
    }
}
