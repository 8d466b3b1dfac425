//! The flags that choose tools, each with its environment variable.

use clap::Args;
use databricks_mcp::tools::Selection;

/// A flag wins over its variable.
#[derive(Args)]
pub(super) struct Flags {
    /// Toolsets and presets, comma-separated [env: DATABRICKS_MCP_TOOLSETS]
    #[arg(long, value_delimiter = ',')]
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

impl Flags {
    pub(super) fn resolve(self) -> Selection {
        let variable = std::env::var("DATABRICKS_MCP_READ_ONLY").unwrap_or_default();
        // A safety switch: whatever is not a plain "no" turns it on.
        let off =
            ["", "0", "false", "no", "off"].contains(&variable.trim().to_lowercase().as_str());
        Selection {
            toolsets: names(self.toolsets, "DATABRICKS_MCP_TOOLSETS"),
            tools: names(self.tools, "DATABRICKS_MCP_TOOLS"),
            exclude: names(self.exclude, "DATABRICKS_MCP_EXCLUDE"),
            read_only: self.read_only || !off,
        }
    }
}

/// The names a flag gives, or else its variable, comma-separated.
pub(super) fn names(given: Vec<String>, variable: &str) -> Vec<String> {
    let value = std::env::var(variable).unwrap_or_default();
    let from_variable = || value.split(',').map(ToOwned::to_owned).collect();
    let given = if given.is_empty() {
        from_variable()
    } else {
        given
    };
    let trimmed = given.iter().map(|name| name.trim().to_owned());
    trimmed.filter(|name| !name.is_empty()).collect()
}
