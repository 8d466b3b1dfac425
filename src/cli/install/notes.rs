//! Remarks after an entry is written: whether the server that a client starts will find a workspace.

use databricks_mcp::settings::{Origin, setting};

use super::ours;
use crate::cli::settings::{Sources, in_profile};

/// The next steps, a line each: the way to a profile, if the server would not find its workspace without this shell.
pub(super) fn notes(sources: &Sources, client: &str, command: &str) -> Vec<String> {
    let mut lines = Vec::new();
    if ours::is_in_cache(command) {
        lines.push(format!(
            "`{command}` lies in a cache that may be emptied: install the program itself, and run this again"
        ));
    }
    lines.extend(of_workspace(sources, client));
    lines
}

fn of_workspace(sources: &Sources, client: &str) -> Vec<String> {
    let given = |setting: &databricks_mcp::settings::Setting| {
        let mut flags = sources.flags().iter();
        flags.find_map(|(known, value)| (known.name == setting.name).then_some(value.as_str()))
    };
    if let Some(profile) = given(setting::PROFILE) {
        if in_profile(profile).is_ok() {
            let doctor = format!("databricks-mcp doctor --profile {profile}");
            return vec![format!("`{doctor}` tells whether it finds its workspace")];
        }
        return vec![format!(
            "there is no profile `{profile}` yet: `databricks-mcp login --profile {profile} --host https://<workspace>` makes it"
        )];
    }
    let steps = |host: &str| {
        vec![
            format!(
                "`databricks-mcp login --profile databricks --host {host}` makes a profile, without a token in any file of a client"
            ),
            format!(
                "`databricks-mcp install {client} --profile databricks` then names it in the entry"
            ),
        ]
    };
    let found = sources
        .collect()
        .map(|found| found.given)
        .unwrap_or_default();
    let Some(host) = found.get(setting::HOST) else {
        let mut lines =
            vec!["no workspace is set for the server that the client starts".to_owned()];
        lines.extend(steps("https://<workspace>"));
        return lines;
    };
    let of_shell =
        |origin: Option<&Origin>| matches!(origin, Some(Origin::Variable(_) | Origin::DotEnv(_)));
    let credential = setting::ALL
        .iter()
        .copied()
        .filter(|setting| setting.kind.is_some());
    let mut set = [setting::HOST].into_iter().chain(credential);
    let Some(setting) = set.find(|setting| of_shell(found.origin(setting))) else {
        return vec!["`databricks-mcp doctor` tells whether it finds its workspace".to_owned()];
    };
    let host = if of_shell(found.origin(setting::HOST)) || given(setting::HOST).is_some() {
        found
            .shown(setting::HOST)
            .unwrap_or_else(|| host.to_owned())
    } else {
        "https://<workspace>".to_owned()
    };
    let mut lines = vec![format!(
        "`{}` of this shell is not written into the file, and a client may start the server without it",
        setting.title()
    )];
    lines.extend(steps(&host));
    lines
}
