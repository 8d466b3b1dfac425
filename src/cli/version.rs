//! `version`: this program, the API documents that it was made from, and how it was built.

use clap::Args;
use serde_json::{Value, json};

use super::say;

/// Where the API documents come from.
const SOURCE: &str = include_str!("../../specs/SOURCE.toml");

/// The command line of `version`.
#[derive(Args)]
pub(super) struct Version {
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Prints it.
pub(super) fn run(asked: &Version) {
    let facts = facts();
    if asked.json {
        say::data(&format!("{facts:#}"));
        return;
    }
    let fact = |name: &str| {
        facts
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or("unknown")
            .to_owned()
    };
    say::data(&format!(
        "databricks-mcp {}\nspec      databricks-sdk {}, {}\nbuild     {}, {}\nrevision  {}",
        fact("version"),
        fact("spec"),
        fact("spec_date"),
        fact("build"),
        fact("target"),
        fact("revision"),
    ));
}

fn facts() -> Value {
    let build = if cfg!(debug_assertions) {
        "debug"
    } else {
        "release"
    };
    let env = if cfg!(target_env = "gnu") {
        "-gnu"
    } else if cfg!(target_env = "musl") {
        "-musl"
    } else if cfg!(target_env = "msvc") {
        "-msvc"
    } else {
        ""
    };
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "spec": source("version"),
        "spec_date": source("date"),
        "build": build,
        "target": format!("{}-{}{env}", std::env::consts::ARCH, std::env::consts::OS),
        // Set by `make release`: a build script that looked at the repository would run again after every commit.
        "revision": option_env!("BUILD_REVISION").filter(|revision| !revision.is_empty()),
    })
}

/// A value of the file, whose lines are `name = "value"`.
fn source(name: &str) -> Option<&'static str> {
    SOURCE.lines().find_map(|line| {
        let (key, value) = line.split_once(" = ")?;
        (key == name).then(|| value.trim_matches('"'))
    })
}
