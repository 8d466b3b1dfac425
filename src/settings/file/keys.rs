//! The setting that a key of a settings file means, also in the sections of the systems this server replaces.

use strsim::damerau_levenshtein;

use super::super::definition::Setting;
use super::super::setting;

/// Keys of other names, by their path: the sections `databricks`, `logging`, `tools`, `cache`, `server` and `cors` of earlier servers.
const ALIASES: &[(&str, &Setting)] = &[
    ("databricks.host", setting::HOST),
    ("databricks.token", setting::TOKEN),
    ("databricks.profile", setting::PROFILE),
    ("databricks.warehouse_id", setting::WAREHOUSE_ID),
    ("databricks.timeout", setting::CALL_TIMEOUT),
    ("databricks.account_id", setting::ACCOUNT_ID),
    ("logging.level", setting::LOG),
    ("logging.file", setting::LOG_FILE),
    ("tools.enabled", setting::TOOLS),
    ("tools.toolsets", setting::TOOLSETS),
    ("tools.limits", setting::TOOL_LIMITS),
    ("tools.rate_limits", setting::TOOL_RATES),
    ("cache.ttl", setting::CACHE),
    ("cache.enabled", setting::CACHE_ENABLED),
];

const STDIO: &str = "`start` serves over stdin and stdout and listens nowhere";

/// Keys of earlier servers that mean nothing here, each with what replaced it.
const REPLACED: &[(&str, &str)] = &[
    ("server.name", "the server's name is fixed"),
    (
        "server.version",
        "the server's version is its own; `databricks-mcp version` prints it",
    ),
    ("server.fastapi.debug", "write `log: debug`"),
    ("server.fastapi.host", STDIO),
    ("server.fastapi.port", STDIO),
    ("server.mcp.host", STDIO),
    ("server.mcp.port", STDIO),
    ("cors.enabled", STDIO),
    ("cors.origins", STDIO),
    (
        "logging.format",
        "the log is JSON lines; any program for logs lays them out",
    ),
];

/// Settings that libraries read from the environment of the process, which a file cannot change.
const OF_ENVIRONMENT: &[&Setting] = &[
    setting::SSL_CERT_FILE,
    setting::SSL_CERT_DIR,
    setting::HTTPS_PROXY,
    setting::HTTP_PROXY,
    setting::ALL_PROXY,
    setting::NO_PROXY,
    // It says which file to read.
    setting::CONFIG,
];

/// True for a setting that a file may have.
#[must_use]
pub fn is_of_files(setting: &Setting) -> bool {
    setting.name != setting::ONLY.name && !OF_ENVIRONMENT.contains(&setting)
}

/// True for a mapping that is looked into, and that is not the value of a setting.
fn is_section(path: &str) -> bool {
    let within = |known: &&str| {
        known
            .strip_prefix(path)
            .is_some_and(|rest| rest.starts_with('.'))
    };
    let replaced = REPLACED.iter().map(|(known, _)| known);
    ALIASES
        .iter()
        .map(|(known, _)| known)
        .chain(replaced)
        .any(within)
}

/// The meaning of a key.
pub(super) enum Key {
    /// A setting.
    Of(&'static Setting),
    /// A section with further keys.
    Section,
    /// A key that does nothing any more, with what replaced it.
    Replaced(&'static str),
    /// A setting that only the environment has.
    OfEnvironment(&'static Setting),
    /// None, with the nearest that there is.
    Unknown(Option<String>),
}

/// The meaning of a key, by its path with dots. `members` are the keys of its value: `cache` is a setting and a section.
pub(super) fn find(path: &str, members: &[&str]) -> Key {
    let mut members = members.iter();
    if is_section(path) && members.any(|member| is_below(path, member)) {
        return Key::Section;
    }

    let named = setting::ALL.iter().find(|setting| setting.name == path);
    let aliased = || ALIASES.iter().find(|(known, _)| *known == path);
    if let Some(setting) = named
        .copied()
        .or_else(|| aliased().map(|(_, setting)| *setting))
    {
        return if is_of_files(setting) {
            Key::Of(setting)
        } else if setting.variables.is_empty() {
            Key::Unknown(None)
        } else {
            Key::OfEnvironment(setting)
        };
    }
    if let Some((_, instead)) = REPLACED.iter().find(|(known, _)| *known == path) {
        return Key::Replaced(instead);
    }
    if is_section(path) {
        return Key::Section;
    }
    Key::Unknown(nearest(path))
}

fn is_below(section: &str, member: &str) -> bool {
    let path = format!("{section}.{member}");
    let aliases = ALIASES.iter().map(|(known, _)| *known);
    aliases
        .chain(REPLACED.iter().map(|(known, _)| *known))
        .any(|known| known == path)
}

/// The key that was likely meant: a variable or a flag is often written for one.
fn nearest(path: &str) -> Option<String> {
    let lower = path.to_lowercase().replace('-', "_");
    let of_variable = setting::ALL.iter().find(|setting| {
        let mut variables = setting.variables.iter();
        variables.any(|variable| variable.to_lowercase() == lower)
    });
    if let Some(setting) = of_variable {
        return Some(setting.name.to_owned());
    }
    let names = setting::ALL.iter().map(|setting| setting.name);
    let all = names.chain(ALIASES.iter().map(|(known, _)| *known));
    all.map(|known| (damerau_levenshtein(&lower, known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 5)
        .min()
        .map(|(_, known)| known.to_owned())
}
