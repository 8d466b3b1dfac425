//! Runs the commands that print tokens.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

use super::refusal::Refusal;
use crate::redact;

/// The time limit of a command, which may refresh its own token over the network.
const TIMEOUT: Duration = Duration::from_secs(60);

/// All executables of this name on the path, in path order. A path is returned unchanged.
pub(super) fn find(name: &str, path: Option<&str>) -> Vec<PathBuf> {
    if Path::new(name).components().count() > 1 {
        return vec![PathBuf::from(name)];
    }
    which::which_in_all(name, path, ".")
        .map(Iterator::collect)
        .unwrap_or_default()
}

/// Runs a command without stdin and reads the JSON it prints.
pub(super) async fn json(program: &Path, arguments: &[&str]) -> Result<Value, Refusal> {
    let name = program
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let child = tokio::process::Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(TIMEOUT, child)
        .await
        .map_err(|_| {
            let seconds = TIMEOUT.as_secs();
            Refusal::failed(format!("`{name}` printed no token within {seconds} s"))
        })?
        .map_err(|error| Refusal::absent(format!("`{name}` cannot be run: {error}")))?;
    if !output.status.success() {
        let said = [output.stderr, output.stdout].concat();
        let said = String::from_utf8_lossy(&said);
        let said: Vec<&str> = said.split_whitespace().collect();
        let said: String = said.join(" ").chars().take(400).collect();
        let said = redact::text(&said);
        return Err(Refusal::failed(format!("`{name}` failed: {said}")));
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|_| Refusal::failed(format!("`{name}` printed something that is not JSON")))
}

/// Parses a time with an offset, or in this machine's local time without one.
pub(super) fn parse_time(text: &str) -> Option<SystemTime> {
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.into());
    }
    let local: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = local.to_zoned(jiff::tz::TimeZone::system()).ok()?;
    Some(zoned.timestamp().into())
}

/// The claims of a JSON web token, unverified.
pub(super) fn claims(token: &str) -> Option<Value> {
    let mut parts = token.split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    let claims = BASE64_URL_SAFE_NO_PAD
        .decode(claims.trim_end_matches('='))
        .ok()?;
    serde_json::from_slice(&claims).ok()
}
