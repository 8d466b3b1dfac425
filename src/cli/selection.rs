//! Which tools are served: flags, then the environment, then `.env`, then the profile.

use clap::Args;
use databricks_mcp::auth::Given;
use databricks_mcp::auth::setting::{self, Setting};
use databricks_mcp::tools::Selection;

use super::settings;

/// A flag wins over its variable; what is left out or read-only anywhere stays so.
#[derive(Args)]
pub(super) struct Flags {
    /// Toolsets and presets, comma-separated [env: DATABRICKS_MCP_TOOLSETS]
    #[arg(long, visible_alias = "preset", value_delimiter = ',')]
    toolsets: Vec<String>,
    /// Single tools, comma-separated [env: DATABRICKS_MCP_TOOLS]
    #[arg(long, value_delimiter = ',')]
    tools: Vec<String>,
    /// Tools or toolsets to leave out, comma-separated [env: DATABRICKS_MCP_EXCLUDE]
    #[arg(long, value_delimiter = ',')]
    exclude: Vec<String>,
    /// Only tools that read; SQL is parsed and only reading let through [env: DATABRICKS_MCP_READ_ONLY]
    #[arg(long)]
    read_only: bool,
}

/// The settings that choose tools.
const ALL: [&Setting; 4] = [
    setting::MCP_TOOLSETS,
    setting::MCP_TOOLS,
    setting::MCP_EXCLUDE,
    setting::MCP_READ_ONLY,
];

impl Flags {
    /// The selection for the workspace of the settings, or for these profiles.
    pub(super) fn resolve(&self, workspace: &settings::Flags, profiles: &[String]) -> Selection {
        let flags = self.pairs();
        if profiles.is_empty() {
            // Where the settings cannot be read no workspace is served, and each call says why.
            let found = workspace.collect_with(&flags).map(|found| found.given);
            return selection(&found.unwrap_or_else(|_| settings::outside_profiles(&flags)));
        }
        let mut given = settings::outside_profiles(&flags);
        for found in profiles.iter().flat_map(|name| settings::in_profile(name)) {
            for setting in ALL {
                let origin = found.given.origin(setting).cloned();
                if let (Some(value), Some(origin)) = (found.given.text(setting), origin) {
                    given.offer(setting, value, origin);
                }
            }
        }
        selection(&given)
    }

    fn pairs(&self) -> Vec<(&'static Setting, String)> {
        let lists = [
            (setting::MCP_TOOLSETS, &self.toolsets),
            (setting::MCP_TOOLS, &self.tools),
            (setting::MCP_EXCLUDE, &self.exclude),
        ];
        let lists = lists.into_iter().filter(|(_, names)| !names.is_empty());
        let read_only = self
            .read_only
            .then(|| (setting::MCP_READ_ONLY, "true".to_owned()));
        lists
            .map(|(setting, names)| (setting, names.join(",")))
            .chain(read_only)
            .collect()
    }
}

fn selection(given: &Given) -> Selection {
    let list = |setting| names(given.get(setting).unwrap_or_default());
    // A safety switch: whatever is not a plain "no" turns it on.
    let off = ["", "0", "false", "no", "off"];
    let said = given.get(setting::MCP_READ_ONLY).unwrap_or_default();
    let mut said = said.split(',').map(|word| word.trim().to_lowercase());
    Selection {
        toolsets: list(setting::MCP_TOOLSETS),
        tools: list(setting::MCP_TOOLS),
        exclude: list(setting::MCP_EXCLUDE),
        read_only: said.any(|word| !off.contains(&word.as_str())),
    }
}

/// The profiles a flag gives, or else its variable.
pub(super) fn profiles(given: &[String]) -> Vec<String> {
    match given {
        [] => names(&settings::variable("DATABRICKS_MCP_PROFILES").unwrap_or_default()),
        given => names(&given.join(",")),
    }
}

fn names(text: &str) -> Vec<String> {
    let trimmed = text.split(',').map(|name| name.trim().to_owned());
    trimmed.filter(|name| !name.is_empty()).collect()
}
