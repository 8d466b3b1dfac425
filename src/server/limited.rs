//! Limits of single tools under the tools' own names: the user may have written an alias.

use crate::catalog::Access;
use crate::completions::COMPLETE;
use crate::error::Error;
use crate::settings::setting;
use crate::tools::tool_named;
use crate::transport::Limits;

/// Puts limits of single tools under the tools' own names.
///
/// # Errors
/// There is no such tool, one is named twice, or answers are to be kept of one that does more than read.
pub fn by_own_names(limits: &mut Limits) -> Result<(), Error> {
    let tools = std::mem::take(&mut limits.tools);
    for (name, limit) in tools {
        let tool = tool_named(&name).map_err(|reason| setting::TOOL_LIMITS.unusable(reason))?;
        if limits.tools.insert(tool.name.to_owned(), limit).is_some() {
            let reason = format!("`{}` is given twice", tool.name);
            return Err(setting::TOOL_LIMITS.unusable(reason));
        }
    }
    let lives = std::mem::take(&mut limits.lives);
    for (name, seconds) in lives {
        limits.lives.insert(kept(&name)?, seconds);
    }
    Ok(())
}

/// The name under which answers of a tool are kept, which must be one that only reads. Earlier servers named what is
/// listed: `jobs` for `list_jobs`.
fn kept(name: &str) -> Result<String, Error> {
    if name == COMPLETE {
        return Ok(name.to_owned());
    }
    let tool =
        tool_named(name).or_else(|reason| tool_named(&format!("list_{name}")).map_err(|_| reason));
    let tool = tool.map_err(|reason| setting::CACHE.unusable(reason))?;
    if tool.access != Access::Read {
        let reason = format!("`{name}` does more than read, its answers are not kept");
        return Err(setting::CACHE.unusable(reason));
    }
    Ok(tool.name.to_owned())
}
