//! The terminal: what it is like, the bar that shows that work goes on, and the question before something is deleted.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use databricks_mcp::shape::printable;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rustyline::config::Behavior;
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{Config, Editor};

use super::say;

/// The time from one look of the bar to the next.
const TICK: Duration = Duration::from_millis(100);

/// True where stdout is a terminal whose user has nothing against colours.
pub(super) fn is_coloured() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    std::io::stdout().is_terminal() && !set("NO_COLOR") && !dumb
}

/// The columns of the terminal that stdout is, if it is one.
pub(super) fn width() -> Option<u16> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let size = console::Term::stdout().size_checked();
    size.map(|(_, columns)| columns)
}

/// A bar on stderr for the call under way; nothing where stderr is no terminal.
#[derive(Debug, Clone, Default)]
pub(super) struct Bar(Arc<Mutex<Option<ProgressBar>>>);

impl Bar {
    /// Begins one that does not show yet: most calls are over before a person would see it.
    pub(super) fn begin(&self, what: &str) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        bar.set_style(style("{spinner} {elapsed}  {wide_msg}"));
        bar.set_message(what.to_owned());
        self.put(Some(bar));
    }

    /// Shows it from now on.
    pub(super) fn appear(&self) {
        self.with(|bar| {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(TICK);
        });
    }

    /// Shows how far the work is.
    pub(super) fn report(&self, done: f64, total: Option<f64>, message: Option<&str>) {
        self.with(|bar| {
            if let Some(total) = total {
                if bar.length().is_none() {
                    bar.set_style(style(
                        "{spinner} {elapsed}  {bar:24} {percent}%  {wide_msg}",
                    ));
                }
                // Of a whole such as 3 tasks, parts of one show too.
                bar.set_length((total * PARTS) as u64);
                bar.set_position((done * PARTS) as u64);
            }
            if let Some(message) = message {
                bar.set_message(printable(message).replace(['\n', '\t'], " "));
            }
        });
    }

    /// Takes it away.
    pub(super) fn end(&self) {
        if let Some(bar) = self.put(None) {
            bar.finish_and_clear();
        }
    }

    /// Asks while it does not show. It is back for the work that was agreed to.
    fn aside(&self, ask: impl FnOnce() -> Said) -> Said {
        let bar = self.put(None);
        let what = bar.as_ref().map(ProgressBar::message);
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
        let said = ask();
        if let Some(what) = what.filter(|_| said == Said::Yes) {
            self.begin(&what);
            self.appear();
        }
        said
    }

    fn with(&self, act: impl FnOnce(&ProgressBar)) {
        let bar = self.lock().clone();
        if let Some(bar) = bar {
            act(&bar);
        }
    }

    fn put(&self, bar: Option<ProgressBar>) -> Option<ProgressBar> {
        std::mem::replace(&mut *self.lock(), bar)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<ProgressBar>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Steps of the bar for one unit of progress.
const PARTS: f64 = 1_000.0;

fn style(template: &str) -> ProgressStyle {
    // The templates are ours.
    let style = ProgressStyle::with_template(template);
    style
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_chars("|/-\\ ")
        .progress_chars("=> ")
}

/// The answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// Do it.
    Yes,
    /// Do not.
    No,
    /// There is nobody to ask.
    Nothing,
}

/// Asks the person at the terminal. Only a `y` or `yes` is one; Ctrl-C is a no.
pub(super) fn ask(bar: &Bar, question: &str) -> Said {
    if !std::io::stdin().is_terminal() {
        return Said::Nothing;
    }
    bar.aside(|| {
        say::aside(question);
        // Of the terminal itself, as stdout may be a file. A plain read of stdin would outlive a Ctrl-C, and take the
        // next line that is typed.
        let config = Config::builder().behavior(Behavior::PreferTerm).build();
        let line = Editor::<(), MemHistory>::with_history(config, MemHistory::new())
            .and_then(|mut editor| editor.readline("[y/N] "));
        match line.map(|line| line.trim().to_lowercase()) {
            Ok(line) if line == "y" || line == "yes" => Said::Yes,
            Ok(_) | Err(ReadlineError::Interrupted | ReadlineError::Eof) => Said::No,
            Err(_) => Said::Nothing,
        }
    })
}
