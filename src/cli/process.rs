//! The settings of the whole process, parsed: limits, confirmation, log levels.

use databricks_mcp::error::Error;
use databricks_mcp::server::Confirmation;
use databricks_mcp::settings::{Given, setting};
use databricks_mcp::tools::tool_named;
use databricks_mcp::transport::Limits;
use tracing_subscriber::EnvFilter;

/// The parsed settings of the process.
pub(super) struct Process {
    pub(super) limits: Limits,
    pub(super) confirmation: Confirmation,
    pub(super) levels: EnvFilter,
}

impl Process {
    /// Reads the settings. A limit may name its tool by an alias, and holds for the tool's own name.
    ///
    /// # Errors
    /// A value that cannot be used, or a limit for a tool that does not exist.
    pub(super) fn of(given: &Given) -> Result<Self, Error> {
        let mut limits = Limits::of(given)?;
        let tools = std::mem::take(&mut limits.tools);
        for (name, limit) in tools {
            let tool = tool_named(&name).map_err(|reason| setting::TOOL_LIMITS.unusable(reason))?;
            if limits.tools.insert(tool.name.to_owned(), limit).is_some() {
                let reason = format!("`{}` is given twice", tool.name);
                return Err(setting::TOOL_LIMITS.unusable(reason));
            }
        }
        Ok(Self {
            limits,
            confirmation: Confirmation::of(given)?,
            levels: levels(given)?,
        })
    }
}

fn levels(given: &Given) -> Result<EnvFilter, Error> {
    let text: String = given.read(setting::LOG)?.unwrap_or_default();
    let levels = EnvFilter::try_new(&text)
        .map_err(|error| setting::LOG.unusable(format!("`{text}`: {error}")))?;
    // Below warn, rmcp logs whole requests and answers, which may hold secrets of users.
    Ok(match "rmcp=warn".parse() {
        Ok(quiet) => levels.add_directive(quiet),
        Err(_) => levels,
    })
}
