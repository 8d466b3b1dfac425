//! Changes to files of clients, over texts that nobody has written by hand: what is put in can be taken out again, and
//! nothing else changes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    unreachable_pub,
    dead_code,
    reason = "the module is part of the binary"
)]

#[path = "../src/cli/install/edit/mod.rs"]
mod edit;

use edit::{Format, Place, Trouble};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn entry() -> Map<String, Value> {
    let entry = json!({ "command": "C:\\a \"b\"\\databricks-mcp.exe", "args": ["start", "--profile", "ü"] });
    entry.as_object().unwrap().clone()
}

fn place(format: Format, container: &'static str) -> Place<'static> {
    Place {
        format,
        container,
        name: "databricks",
    }
}

/// Blanks and, in a dialect that has them, comments between two tokens.
fn gap(comments: bool) -> BoxedStrategy<String> {
    let blanks = prop::sample::select(vec!["", " ", "\n", "\n  ", "\r\n\t", "  \n\n    "]);
    let comment = prop::sample::select(vec![
        "",
        "// a, {b}\n",
        "/* \"c\": 1, */",
        "/* d\n */ // e }\n",
    ]);
    (blanks.clone(), comment, blanks)
        .prop_map(move |(before, comment, after)| {
            let comment = if comments { comment } else { "" };
            format!("{before}{comment}{after}")
        })
        .boxed()
}

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a",
        "b c",
        "mcpServers",
        "other",
        "\\u00e4\\\"",
        "databricks2",
    ])
    .prop_map(|key| format!("\"{key}\""))
}

/// A JSON text with gaps wherever they may be.
fn value(comments: bool, commas: bool) -> BoxedStrategy<String> {
    let leaf = prop::sample::select(vec![
        "1",
        "-1.50e3",
        "true",
        "null",
        "\"x, }\"",
        "\"// no\"",
        "[]",
        "[1, 2]",
    ]);
    let leaf = leaf.prop_map(str::to_owned).boxed();
    leaf.prop_recursive(3, 24, 4, move |inner| {
        object(inner.boxed(), comments, commas)
    })
    .boxed()
}

fn object(inner: BoxedStrategy<String>, comments: bool, commas: bool) -> BoxedStrategy<String> {
    let member = (gap(comments), key(), gap(comments), inner, gap(comments));
    (
        prop::collection::vec(member, 1..4),
        any::<bool>(),
        gap(comments),
    )
        .prop_map(move |(members, trailing, end)| {
            let mut seen = std::collections::BTreeSet::new();
            let members = members
                .into_iter()
                .filter(|member| seen.insert(member.1.clone()));
            let members: Vec<String> = members
                .map(|(before, key, gap, value, after)| {
                    // The map of servers is a map.
                    let value = if key == "\"mcpServers\"" && !value.starts_with('{') {
                        "{\"z\":{}}".to_owned()
                    } else {
                        value
                    };
                    format!("{before}{key}:{gap}{value}{after}")
                })
                .collect();
            let comma = if trailing && commas { "," } else { "" };
            format!("{{{}{comma}{end}}}", members.join(","))
        })
        .boxed()
}

fn document(comments: bool, commas: bool) -> BoxedStrategy<String> {
    (
        gap(comments),
        object(value(comments, commas), comments, commas),
        gap(comments),
    )
        .prop_map(|(before, object, after)| format!("{before}{object}{after}"))
        .boxed()
}

fn comes_and_goes(text: &str, format: Format) {
    let place = place(format, "mcpServers");
    let had = place.servers(text).unwrap();
    let with = place
        .put(text, &entry(), false)
        .unwrap_or_else(|trouble| panic!("{trouble:?}: {text}"));
    assert_eq!(
        place.put(&with, &entry(), false).unwrap(),
        with,
        "once is enough"
    );
    let without = place.take(&with, had.is_none()).unwrap();
    assert_eq!(without, text, "{with}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_entry_comes_and_goes_in_any_json(text in document(false, false)) {
        comes_and_goes(&text, Format::Json);
    }

    #[test]
    fn an_entry_comes_and_goes_among_comments_and_commas(text in document(true, true)) {
        comes_and_goes(&text, Format::Jsonc);
    }

    #[test]
    fn no_text_of_any_kind_is_changed_unless_it_is_understood(text in "\\PC{0,40}|[\\[\\]{}\",:a# \\n=.-]{0,40}") {
        for (format, container) in [
            (Format::Json, "a"), (Format::Jsonc, "a"), (Format::Toml, "a"), (Format::Yaml, "a"),
        ] {
            let place = place(format, container);
            if let Ok(with) = place.put(&text, &entry(), false) {
                let servers = place.servers(&with).unwrap().unwrap();
                assert_eq!(servers["databricks"], Value::Object(entry()));
            }
        }
    }
}

/// The lines of a file in TOML or YAML, any of which may be missing.
const TOML: [&str; 9] = [
    "# first",
    "a = 1",
    "b = [\n  \"[x]\",\n]",
    "",
    "[c]",
    "d = '''\n[mcp_servers.databricks]\n'''",
    "[mcp_servers.z]",
    "command = \"y\"",
    "# last",
];
const YAML: [&str; 9] = [
    "# first",
    "a: 1",
    "b:\n  - c",
    "",
    "extensions:",
    "  z:",
    "    cmd: y # mine",
    "# between",
    "d: |\n  extensions:\n    databricks: {}",
];

#[test]
fn an_entry_comes_and_goes_among_any_lines() {
    let mut changed = 0;
    for (format, container, lines) in [
        (Format::Toml, "mcp_servers", TOML),
        (Format::Yaml, "extensions", YAML),
    ] {
        for chosen in 0..1_u32 << lines.len() {
            let picked = lines
                .iter()
                .enumerate()
                .filter(|(index, _)| chosen & (1 << index) != 0);
            let text: String = picked.map(|(_, line)| format!("{line}\n")).collect();
            let place = place(format, container);
            // Some are not of their format.
            let Ok(had) = place.servers(&text) else {
                continue;
            };
            let mut keys = text
                .lines()
                .filter(|line| !line.is_empty() && !line.starts_with('#'));
            let is_indented = keys.next().is_some_and(|line| line.starts_with(' '));
            let with = match place.put(&text, &entry(), false) {
                Ok(with) => with,
                // A whole file that is indented.
                Err(Trouble::Unsafe(_)) if is_indented => continue,
                Err(trouble) => panic!("{trouble:?}: {text}"),
            };
            assert_eq!(place.put(&with, &entry(), false).unwrap(), with);
            let key_is_there = text.lines().any(|line| line == "extensions:");
            let without = place.take(&with, had.is_none() && !key_is_there).unwrap();
            assert_eq!(without, text, "{with}");
            changed += 1;
        }
    }
    assert!(changed > 500, "{changed}");
}
