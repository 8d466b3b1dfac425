//! The entry of this program: its command, its arguments, and the marks by which it is known again.

use std::path::{Path, PathBuf};

use databricks_mcp::error::Error;
use databricks_mcp::redact;
use databricks_mcp::settings::{Takes, setting};

use crate::cli::flags::Pairs;

/// The name of the program.
const PROGRAM: &str = "databricks-mcp";

/// The command of entries: the absolute path of this program.
///
/// # Errors
/// The system does not say, or the path is not text.
pub(super) fn command() -> Result<String, Error> {
    let unknown = |reason: String| Error::Internal {
        reason: format!("the path of this program is not known: {reason}"),
    };
    let own = std::env::current_exe().map_err(|error| unknown(error.to_string()))?;
    // The link by which it was called outlasts an update that brings a new folder.
    let path = called(&own).unwrap_or(own);
    let text = path.into_os_string().into_string();
    text.map_err(|path| unknown(format!("`{}` is not text", path.display())))
}

/// Reports whether a command lies in the cache of a program that runs packages without installing them.
pub(super) fn is_in_cache(command: &str) -> bool {
    let command = command.replace('\\', "/");
    let caches = [
        "/_npx/",
        "/uv/archive-v",
        "/uv/environments-v",
        "/pipx/.cache/",
    ];
    caches.iter().any(|cache| command.contains(cache))
}

/// The path by which this program was called, if it is absolute or on the path, and leads to it.
fn called(own: &Path) -> Option<PathBuf> {
    let name = std::env::args_os().next()?;
    let path = if Path::new(&name).components().count() > 1 {
        PathBuf::from(name)
    } else {
        which::which(name).ok()?
    };
    let leads_to = std::fs::canonicalize(&path).ok()?;
    let is_own = std::fs::canonicalize(own).is_ok_and(|own| own == leads_to);
    (path.is_absolute() && is_own).then_some(path)
}

/// The arguments of an entry: `start` with these flags. Paths are made absolute, for a client starts it anywhere.
///
/// # Errors
/// A value that may be a secret.
pub(super) fn arguments(flags: &Pairs) -> Result<Vec<String>, Error> {
    let mut args = vec!["start".to_owned()];
    for (setting, value) in flags {
        let Some(flag) = setting.flag else { continue };
        if setting.takes == Takes::Switch {
            args.push(format!("--{}", flag.long));
            continue;
        }
        let value = match setting.takes {
            Takes::Path => absolute(value),
            _ => value.clone(),
        };
        let has_password = setting.name == setting::HOST.name && value.contains('@');
        if has_password || redact::text(&value) != value {
            let reason = "it looks like a secret, which is not written into a file of a client";
            return Err(setting.unusable(reason.to_owned()));
        }
        args.push(format!("--{}", flag.long));
        args.push(value);
    }
    Ok(args)
}

fn absolute(path: &str) -> String {
    let full = std::path::absolute(path).ok();
    let full = full.and_then(|path| path.to_str().map(ToOwned::to_owned));
    full.unwrap_or_else(|| path.to_owned())
}

/// Reports whether an entry with this command and these arguments starts this program, of whatever version.
pub(super) fn is_ours(command: Option<&str>, args: &[&str]) -> bool {
    let name = command.and_then(|command| command.rsplit(['/', '\\']).next());
    let name = name.map(|name| name.strip_suffix(".exe").unwrap_or(name));
    name == Some(PROGRAM) && args.contains(&"start")
}

/// Refuses a name that some client would not take.
///
/// # Errors
/// It is empty, long, or has other characters than letters, digits, `-` and `_`.
pub(super) fn check_name(name: &str) -> Result<(), Error> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if (1..=60).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    Err(Error::Setting {
        setting: "--name",
        reason: format!("`{name}` is not 1 to 60 letters, digits, `-` or `_`"),
    })
}
