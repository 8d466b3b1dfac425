//! The selection of tools from flags, the environment, `.env` and the profile, in this order.

use databricks_mcp::error::Error;
use databricks_mcp::tools::Selection;

use super::flags::Serving;
use super::settings::{self, CHOOSING, Sources};

/// The selection for the one workspace, or for these profiles. A flag wins over its variable; a restriction set
/// anywhere holds.
pub(super) fn resolve(
    sources: &Sources,
    flags: &Serving,
    profiles: &[String],
) -> Result<Selection, Error> {
    if profiles.is_empty() {
        // If the settings cannot be read, no workspace is served, and each call says why.
        let found = sources.collect_with(&flags.0).map(|found| found.given);
        return Selection::of(&found.unwrap_or_else(|_| sources.outside_profiles(&flags.0)));
    }
    let mut given = sources.outside_profiles(&flags.0);
    for found in profiles.iter().flat_map(|name| settings::in_profile(name)) {
        for setting in CHOOSING {
            let origin = found.given.origin(setting).cloned();
            if let (Some(value), Some(origin)) = (found.given.text(setting), origin) {
                given.offer(setting, value, origin);
            }
        }
    }
    Selection::of(&given)
}
