//! `login`: a person logs in by the browser; the token goes where the Databricks CLI keeps its own.

use std::io::Write;
use std::path::Path;

use databricks_mcp::auth::setting;
use databricks_mcp::error::Error;
use url::Url;

use super::settings::{Flags, variable};

/// Logs in and, when a profile is named that does not exist yet, writes it.
pub(crate) async fn login(flags: &Flags, say: &(dyn Fn(&str) + Sync)) -> Result<(), Error> {
    let found = flags.collect_for_login()?;
    let show = |page: &str| {
        say(&format!("open this page to log in:\n{page}"));
        // Without a browser, on a server say, the person opens the page elsewhere.
        let _ = webbrowser::open(page);
    };
    let host = found.login(variable, &show).await?;
    say(&format!("logged in to {host}"));
    let (Some(profile), Some(path)) = (found.given.get(setting::PROFILE), found.config_file())
    else {
        return Ok(());
    };
    let account = found.given.get(setting::ACCOUNT_ID);
    let written = add_profile(&path, profile, &host, account).map_err(|error| Error::Setting {
        setting: "DATABRICKS_CONFIG_FILE",
        reason: format!("`{}`: {error}", path.display()),
    })?;
    if written {
        say(&format!("wrote profile `{profile}` to {}", path.display()));
    }
    Ok(())
}

/// Appends a profile unless the file has it; what is there is left as it is. Returns whether it wrote.
fn add_profile(
    path: &Path,
    profile: &str,
    host: &Url,
    account: Option<&str>,
) -> std::io::Result<bool> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let header = format!("[{profile}]");
    if text.lines().any(|line| line.trim() == header) {
        return Ok(false);
    }
    let gap = if text.is_empty() || text.ends_with("\n\n") {
        ""
    } else if text.ends_with('\n') {
        "\n"
    } else {
        "\n\n"
    };
    let host = host.as_str().trim_end_matches('/');
    let account = account.map(|id| format!("account_id = {id}\n"));
    let section = format!(
        "{gap}{header}\nhost = {host}\n{}auth_type = databricks-cli\n",
        account.unwrap_or_default()
    );
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(section.as_bytes())?;
    Ok(true)
}
