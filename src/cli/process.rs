//! The settings of the whole process, parsed: limits, confirmation, log levels.

use std::path::PathBuf;

use databricks_mcp::catalog::TOOLS;
use databricks_mcp::error::Error;
use databricks_mcp::leaving::Leaving;
use databricks_mcp::local::{Kept, Roots, states};
use databricks_mcp::log;
use databricks_mcp::notify::Webhook;
use databricks_mcp::server::{Confirmation, Rates, SealKey, Shaping, by_own_names};
use databricks_mcp::settings::{Given, Takes, setting};
use databricks_mcp::trace::Collector;
use databricks_mcp::transport::Limits;
use tracing_subscriber::EnvFilter;

use super::settings;

/// The parsed settings of the process.
pub(super) struct Process {
    pub(super) limits: Limits,
    pub(super) confirmation: Confirmation,
    pub(super) levels: EnvFilter,
    /// Folders of this machine for clients that declare none.
    pub(super) roots: Roots,
    /// The key of ids of tasks.
    pub(super) seal_key: SealKey,
    /// What becomes of work when the client goes.
    pub(super) leaving: Leaving,
    pub(super) shaping: Shaping,
    /// How often tools may be called.
    pub(super) rates: Rates,
    /// The URL that is told the end of long work.
    pub(super) webhook: Option<Webhook>,
    /// The collector of spans.
    pub(super) collector: Option<Collector>,
}

impl Process {
    /// Reads the settings. A limit may name its tool by an alias, and holds for the tool's own name.
    ///
    /// # Errors
    /// A value that cannot be used, or a limit for a tool that does not exist.
    pub(super) fn of(given: &Given) -> Result<Self, Error> {
        let mut limits = Limits::of(given)?;
        by_own_names(&mut limits)?;
        let seal_key = SealKey::of(given, settings::variable)?;
        Ok(Self {
            limits,
            confirmation: Confirmation::of(given)?,
            levels: levels(given)?,
            roots: roots(given, &seal_key)?,
            seal_key,
            leaving: Leaving::of(given)?,
            shaping: Shaping::of(given)?,
            webhook: Webhook::of(given)?,
            collector: Collector::of(given)?,
            rates: Rates::of(given, TOOLS.iter().map(|tool| tool.name))?,
        })
    }
}

fn roots(given: &Given, seal_key: &SealKey) -> Result<Roots, Error> {
    let folders: Option<Vec<String>> = given.read(setting::ROOTS)?;
    let folders: Option<Vec<PathBuf>> =
        folders.map(|folders| folders.iter().map(PathBuf::from).collect());
    // Files that the settings name, some of which may not be files at all.
    let kept = setting::ALL.iter().filter_map(|setting| {
        let may_be_file =
            matches!(setting.takes, Takes::Path) || setting.name == "google_credentials";
        let path = given.text(setting).or_else(|| {
            let mut variables = setting.variables.iter();
            variables.find_map(|name| settings::variable(name))
        });
        Some(Kept {
            path: path.filter(|_| may_be_file)?.into(),
            setting: setting.title(),
        })
    });
    // What was written to the log file before is no more to be read or written than what is written now.
    let log = given.text(setting::LOG_FILE).map(PathBuf::from);
    let logs = log.iter().flat_map(|path| log::earlier(path));
    let logs = logs.map(|path| Kept {
        path,
        setting: setting::LOG_FILE.title(),
    });
    let key = seal_key.file().map(|path| Kept {
        path: path.to_owned(),
        setting: setting::SEAL_KEY.title(),
    });
    let roots = Roots::configured(folders.as_deref(), kept.chain(logs).chain(key).collect())?;
    Ok(roots.remembering(states(settings::variable)))
}

/// The words that are a level by themselves.
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// The log levels of the settings.
///
/// # Errors
/// The setting cannot be used.
pub(super) fn levels(given: &Given) -> Result<EnvFilter, Error> {
    let text: String = given.read(setting::LOG)?.unwrap_or_default();
    let refuse = |reason: String| setting::LOG.unusable(reason);
    // The words of Python's logging, as `LOG_LEVEL` often has them.
    let words = text.split(',').map(|word| match word.trim() {
        word if word.eq_ignore_ascii_case("warning") => "warn",
        word if word.eq_ignore_ascii_case("critical") => "error",
        word => word,
    });
    let words: Vec<&str> = words.collect();
    for word in &words {
        // A word that is no level would be taken for the only part of the program that logs.
        let is_level = LEVELS.iter().any(|level| level.eq_ignore_ascii_case(word));
        let plain = !word.contains(['=', '[']) && !word.starts_with("databricks_mcp");
        if plain && !is_level && !word.is_empty() {
            let levels = LEVELS.join("`, `");
            return Err(refuse(format!("`{word}` is no level; it takes `{levels}`")));
        }
    }
    EnvFilter::try_new(words.join(",")).map_err(|error| refuse(format!("`{text}`: {error}")))
}

/// True for what may be logged whatever the levels say. Below warn, rmcp logs whole requests and answers, which
/// may hold secrets of users; no directive switches that on.
pub(super) fn may_be_logged(metadata: &tracing::Metadata<'_>) -> bool {
    !metadata.target().starts_with("rmcp") || *metadata.level() <= tracing::Level::ERROR
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use databricks_mcp::settings::file::Files;
    use databricks_mcp::settings::of_process;

    fn levels_of(text: &str) -> Result<EnvFilter, Error> {
        let variable = |name: &str| (name == "DATABRICKS_MCP_LOG").then(|| text.to_owned());
        levels(&of_process(&[], &variable, &Files::default()))
    }

    #[test]
    fn a_word_that_is_no_level_is_refused() {
        for text in ["loud", "info,loud", "verbose", "databricks_mcp=loud"] {
            assert!(levels_of(text).is_err(), "{text}");
        }
        for text in [
            "debug",
            "INFO",
            "off",
            "WARNING",
            "critical",
            "info,databricks_mcp=trace",
            "warn, hyper=debug",
        ] {
            levels_of(text).unwrap();
        }
    }
}
