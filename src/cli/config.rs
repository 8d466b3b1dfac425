//! `config`: every setting with its source, and the credential they yield.

use databricks_mcp::error::Error;
use databricks_mcp::http;
use databricks_mcp::settings::{Given, Setting, setting};
use serde_json::{Map, Value, json};

use super::flags::Serving;
use super::process::Process;
use super::selection;
use super::settings::{Sources, variable};

/// The settings, and the outcome of authenticating with them.
pub(super) struct Report {
    host: Option<String>,
    auth_type: Option<&'static str>,
    settings: Vec<Row>,
    /// The value that cannot be used, or the reason why requests cannot be authenticated.
    pub(super) error: Option<Error>,
}

/// One setting.
struct Row {
    setting: &'static Setting,
    /// Its value, masked if secret, and its source.
    set: Option<(String, String)>,
}

/// Collects every setting, and gets a token to see that it works.
pub(super) async fn report(sources: &Sources) -> Result<Report, Error> {
    let found = sources.collect()?;
    let settings = setting::ALL.iter().map(|setting| Row {
        setting,
        set: set(&found.given, setting),
    });
    let mut report = Report {
        host: None,
        auth_type: None,
        settings: settings.collect(),
        error: unusable(sources, &found.given),
    };
    let failed = match found.settle(variable).await {
        Ok(settings) => {
            report.host = Some(settings.host.as_str().trim_end_matches('/').to_owned());
            let failed = settings.credential.headers().await.err();
            report.auth_type = Some(settings.credential.auth_type());
            failed
        }
        Err(error) => Some(error),
    };
    report.error = report.error.or(failed);
    Ok(report)
}

/// Reads every value; returns which files were read.
///
/// # Errors
/// The first value that cannot be used.
pub(super) fn check(sources: &Sources) -> Result<String, Error> {
    let found = sources.collect()?;
    if let Some(error) = unusable(sources, &found.given) {
        return Err(error);
    }
    let mut lines: Vec<String> = sources
        .files
        .read_ones()
        .map(|path| format!("{} is in order", path.display()))
        .collect();
    if lines.is_empty() {
        lines.push("no settings file; every value that is set is in order".to_owned());
    }
    Ok(lines.join("\n"))
}

/// The first value that cannot be used.
fn unusable(sources: &Sources, given: &Given) -> Option<Error> {
    let error = given.check().err();
    let error = error.or_else(|| Process::of(given).err());
    let error = error.or_else(|| http::Serving::of(given).err());
    let chosen = || {
        let selection = selection::resolve(sources, &Serving(Vec::new()), &[]);
        selection.and_then(|selection| selection.specs()).err()
    };
    error.or_else(chosen).map(|error| sources.placed(error))
}

fn set(given: &Given, setting: &Setting) -> Option<(String, String)> {
    Some((given.shown(setting)?, given.origin(setting)?.to_string()))
}

impl Report {
    /// The report for programs: every setting, including those not set.
    pub(super) fn json(&self) -> Value {
        let settings = self.settings.iter().map(|row| {
            let default = row.setting.default;
            let body = match &row.set {
                Some((value, origin)) => {
                    json!({ "value": value, "origin": origin, "default": default })
                }
                None => json!({
                    "value": default,
                    "origin": default.map(|_| "default"),
                    "default": default,
                }),
            };
            (row.setting.name.to_owned(), body)
        });
        json!({
            "host": self.host,
            "auth_type": self.auth_type,
            "settings": settings.collect::<Map<_, _>>(),
            "error": self.error.as_ref().map(Error::text),
        })
    }

    /// The report for people: the settings that are set, or all of them.
    pub(super) fn text(&self, all: bool) -> String {
        let mut lines: Vec<String> = Vec::new();
        for Row { setting, set } in &self.settings {
            let (value, origin) = match set {
                Some((value, origin)) => (value.as_str(), origin.as_str()),
                None if all => match setting.default {
                    Some(default) => (default, "default"),
                    None => ("", "not set"),
                },
                None => continue,
            };
            lines.push(format!("{:<28} {value:<48} {origin}", setting.name));
        }
        if let (Some(host), Some(auth_type), None) = (&self.host, self.auth_type, &self.error) {
            lines.push(format!(
                "\nrequests to {host} are authenticated by `{auth_type}`"
            ));
        }
        lines.join("\n")
    }
}
