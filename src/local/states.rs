//! The folder where programs of this platform keep what outlives them.

use std::path::PathBuf;

/// The folder of states of this user, as these variables tell it.
#[must_use]
pub fn states(variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let set = |name: &str| {
        let path = PathBuf::from(variable(name).filter(|path| !path.is_empty())?);
        path.is_absolute().then_some(path)
    };
    if cfg!(windows) {
        set("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        set("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        set("XDG_STATE_HOME").or_else(|| set("HOME").map(|home| home.join(".local/state")))
    }
}
