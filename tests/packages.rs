//! Promise: what is committed for other installers says the version of Cargo.toml and starts this server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn parsed(path: &str) -> Value {
    serde_json::from_str(&read(path)).unwrap()
}

const HINT: &str = "hint: run `python3 packages/pack.py versions`";

#[test]
fn the_plugin_for_claude_code_has_the_version_and_starts_the_server() {
    let market = parsed(".claude-plugin/marketplace.json");
    let plugin = &market["plugins"][0];
    assert_eq!(plugin["version"], VERSION, "{HINT}");
    let source = plugin["source"].as_str().unwrap();
    let own = parsed(&format!("{source}/.claude-plugin/plugin.json"));
    assert_eq!(own["version"], VERSION, "{HINT}");
    assert_eq!(own["name"], plugin["name"]);
    let servers = parsed(&format!("{source}/.mcp.json"));
    assert_eq!(
        servers["mcpServers"]["databricks"],
        json!({ "command": "npx", "args": ["-y", format!("databricks-mcp@{VERSION}"), "start"] }),
        "{HINT}"
    );
}

#[test]
fn the_link_for_cursor_holds_the_entry_of_the_server() {
    let readme = read("README.md");
    let links = readme.split("install-mcp?name=databricks&config=").skip(1);
    let configs: Vec<&str> = links
        .filter_map(|rest| rest.split([')', '"', '`', '\n']).next())
        .collect();
    assert!(!configs.is_empty());
    for config in configs {
        let config = percent_decode_str(config).decode_utf8().unwrap();
        let entry: Value =
            serde_json::from_slice(&BASE64_STANDARD.decode(&*config).unwrap()).unwrap();
        assert_eq!(
            entry,
            json!({ "command": "npx", "args": ["-y", "databricks-mcp", "start"] })
        );
    }
}

#[test]
fn the_changelog_says_what_a_version_promises_of_tools() {
    let changelog = read("CHANGELOG.md");
    let before = changelog.split("\n## ").next().unwrap();
    for word in ["patch", "minor", "major"] {
        assert!(before.contains(word), "{word}");
    }
    let released = changelog.contains(&format!("\n## {VERSION}"));
    assert!(released || changelog.contains("\n## Unreleased"));
}
