//! Sources of this process: the settings of its workspace, of one profile among several, and of the whole process.

use std::path::PathBuf;

use databricks_mcp::config::{Found, Settings};
use databricks_mcp::error::Error;
use databricks_mcp::settings::{self, Given, Places, setting};

use super::flags::{Every, Pairs};

/// Collects the settings of the workspace from all sources.
pub(super) fn collect(flags: &Every) -> Result<Found, Error> {
    find(flags, &[], false)
}

/// As [`collect`], with the flags of a command.
pub(super) fn collect_with(flags: &Every, more: &Pairs) -> Result<Found, Error> {
    find(flags, more, false)
}

/// As [`collect`], for a profile that need not exist yet.
pub(super) fn collect_for_login(flags: &Every) -> Result<Found, Error> {
    find(flags, &[], true)
}

fn find(
    flags: &Every,
    more: &[(&'static settings::Setting, String)],
    new_profile: bool,
) -> Result<Found, Error> {
    let home = home();
    let directory = std::env::current_dir().ok();
    let places = Places {
        home: home.as_deref(),
        directory: directory.as_deref(),
        new_profile,
    };
    Found::collect(&[flags.0.as_slice(), more].concat(), variable, places)
}

/// The settings of the whole process.
pub(super) fn of_process(flags: &Pairs) -> Given {
    settings::of_process(flags, &variable)
}

/// The settings of one profile among several. All come from its section, so that a variable meant for one
/// workspace never reaches another.
pub(super) async fn of_profile(name: &str) -> Result<Settings, Error> {
    in_profile(name)?.settle(of_no_workspace).await
}

/// Collects the settings of one profile's section.
pub(super) fn in_profile(name: &str) -> Result<Found, Error> {
    let home = home();
    let places = Places {
        home: home.as_deref(),
        directory: None,
        new_profile: false,
    };
    let flags = [(setting::PROFILE, name.to_owned())];
    Found::collect(&flags, of_no_workspace, places)
}

/// A variable of this process, unless it is meant for one workspace.
fn of_no_workspace(name: &str) -> Option<String> {
    let own = ["DATABRICKS_", "ARM_", "AZURE_", "GOOGLE_", "ACTIONS_"];
    let foreign = own.iter().any(|prefix| name.starts_with(prefix));
    let mut shared = setting::ALL.iter().filter(|setting| setting.shared);
    let allowed = !foreign || shared.any(|setting| setting.variables.contains(&name));
    allowed.then(|| variable(name)).flatten()
}

/// The settings from these flags, the server's own variables and `.env`, regardless of profiles.
pub(super) fn outside_profiles(flags: &Pairs) -> Given {
    let own = |name: &str| variable(name).filter(|_| name.starts_with("DATABRICKS_MCP_"));
    let directory = std::env::current_dir().ok();
    let with_dot_env = Places {
        directory: directory.as_deref(),
        ..Places::default()
    };
    settings::collect(flags, &own, with_dot_env)
        .or_else(|_| settings::collect(flags, &own, Places::default()))
        .unwrap_or_default()
}

/// A variable of this process.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The home directory as Databricks' tools find it.
fn home() -> Option<PathBuf> {
    let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    std::env::var_os(name).map(PathBuf::from)
}
