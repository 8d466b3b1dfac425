//! The selection of tools from flags, the environment, `.env` and the profile, in this order.

use databricks_mcp::error::Error;
use databricks_mcp::policy::ReadOnlyFunctions;
use databricks_mcp::settings::{Given, setting};
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
        return selection(&found.unwrap_or_else(|_| sources.outside_profiles(&flags.0)));
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
    selection(&given)
}

fn functions(given: &Given) -> Result<ReadOnlyFunctions, Error> {
    let names: Vec<String> = given
        .read(setting::READ_ONLY_FUNCTIONS)?
        .unwrap_or_default();
    ReadOnlyFunctions::of(&names).map_err(|name| {
        setting::READ_ONLY_FUNCTIONS.unusable(format!("`{name}` is not `ai` or `outbound`"))
    })
}

/// The bounds of the working directory, one for each of its sources.
fn bounds(given: &Given) -> Vec<Vec<String>> {
    let bounds = given.get(setting::ONLY).unwrap_or_default();
    let bounds = bounds.split(';').filter(|bound| !bound.is_empty());
    let names = |bound: &str| {
        bound
            .split(',')
            .map(|name| name.trim().to_owned())
            .collect()
    };
    bounds.map(names).collect()
}

fn selection(given: &Given) -> Result<Selection, Error> {
    let names = |setting| Ok::<_, Error>(given.read(setting)?.unwrap_or_default());
    Ok(Selection {
        toolsets: names(setting::TOOLSETS)?,
        tools: names(setting::TOOLS)?,
        only: bounds(given),
        exclude: names(setting::EXCLUDE)?,
        read_only: given.read(setting::READ_ONLY)?.unwrap_or_default(),
        read_only_functions: functions(given)?,
    })
}
