//! Promise: the commands around the tools print what they are asked for, for people and for programs, and nothing else
//! on stdout.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use databricks_mcp::catalog::TOOLS;
use serde_json::{Value, json};
use support::shell::{Done, Shell, command, done};

fn run(arguments: &[&str]) -> Done {
    let done = done(command(arguments).spawn().unwrap());
    assert_eq!(done.code, 0, "{done:?}");
    done
}

/// The output of `list-tools` with the names and effects of the tools only.
fn listed(arguments: &[&str]) -> String {
    let done = run(&[&["list-tools"], arguments].concat());
    let lines = done.out.lines().skip(2);
    let tools = lines.map(|line| {
        line.split_whitespace()
            .take(3)
            .collect::<Vec<_>>()
            .join(" ")
    });
    tools.collect::<Vec<_>>().join("\n")
}

#[test]
fn tools_are_listed_by_words_and_toolsets() {
    insta::assert_snapshot!(listed(&["--toolsets", "sql,jobs"]));
    assert_eq!(
        listed(&["--toolsets", "all", "Repair", "RUN"]),
        "jobs diagnose_run read\njobs_admin repair_run write"
    );
    // A word of an alias, and one that no tool has.
    assert_eq!(listed(&["execute_dbsql"]), "sql execute_sql destroy");
    let none = run(&["list-tools", "nothing-has-this"]);
    assert_eq!(none.out, "");
    assert!(
        none.err.contains("no tool has all of these words"),
        "{none:?}"
    );
}

#[test]
fn tools_as_json_are_those_of_tools_list_and_their_tokens_add_up() {
    let all: Value =
        serde_json::from_str(&run(&["list-tools", "--toolsets", "all", "--json"]).out).unwrap();
    let names: Vec<&str> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), TOOLS.len());
    assert!(all[0]["inputSchema"].is_object(), "{all}");
    let few: Value =
        serde_json::from_str(&run(&["list-tools", "warehouse", "--json"]).out).unwrap();
    assert!(few.as_array().unwrap().len() < names.len());
    let done = run(&["list-tools", "--toolsets", "sql", "--tokens"]);
    let counts: Vec<u64> = (done.out.lines().skip(2))
        .map(|line| line.split_whitespace().nth(3).unwrap().parse().unwrap())
        .collect();
    let said = format!(
        "tools: {}, tokens: about {}\n",
        counts.len(),
        counts.iter().sum::<u64>()
    );
    assert_eq!(done.err, said);
}

#[test]
fn what_is_said_of_tokens_is_near_what_is_measured() {
    let measured: Value =
        serde_json::from_str(&std::fs::read_to_string("tests/tokens.json").unwrap()).unwrap();
    let measured: u64 = measured
        .as_object()
        .unwrap()
        .values()
        .map(|count| count.as_u64().unwrap())
        .sum();
    let done = run(&["list-tools", "--toolsets", "all", "--tokens"]);
    let said: u64 = done.err.split_whitespace().nth(4).unwrap().parse().unwrap();
    assert!(
        said.abs_diff(measured) < measured / 20,
        "{said} for {measured}"
    );
}

#[test]
fn the_version_says_what_it_was_made_from() {
    let facts: Value = serde_json::from_str(&run(&["version", "--json"]).out).unwrap();
    assert_eq!(facts["version"], env!("CARGO_PKG_VERSION"));
    let source = std::fs::read_to_string("specs/SOURCE.toml").unwrap();
    let spec = facts["spec"].as_str().unwrap();
    assert!(
        source.contains(&format!("\nversion = \"{spec}\"\n")),
        "{facts}"
    );
    let text = run(&["version"]).out;
    assert!(
        text.starts_with("databricks-mcp 0.1.0\nspec      databricks-sdk "),
        "{text}"
    );
    for line in ["build     ", "revision  "] {
        assert!(text.contains(&format!("\n{line}")), "{text}");
    }
}

#[test]
fn completions_know_the_commands_and_the_tools() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let text = run(&["completions", shell]).out;
        for word in ["list-tools", "sync-run", "read-only"] {
            assert!(text.contains(word), "{shell}: {word}");
        }
        // The others complete no values of positions.
        let has_values = ["bash", "zsh"].contains(&shell);
        assert_eq!(text.contains("execute_sql"), has_values, "{shell}");
    }
    let wrong = done(command(&["completions", "tcsh"]).spawn().unwrap());
    assert_eq!((wrong.code, wrong.out.as_str()), (2, ""), "{wrong:?}");
}

#[test]
fn the_manual_has_a_page_of_all_and_one_of_each_command() {
    let all = run(&["man"]).out;
    assert!(
        all.contains(".TH databricks-mcp 1") && all.contains("list\\-operations"),
        "{all}"
    );
    let call = run(&["man", "call"]).out;
    assert!(
        call.contains(".TH databricks-mcp-call 1") && call.contains("Exit codes"),
        "{call}"
    );
    let wrong = done(command(&["man", "cal"]).spawn().unwrap());
    assert_eq!((wrong.code, wrong.out.as_str()), (2, ""), "{wrong:?}");
    assert!(wrong.err.contains("there is no command `cal`"), "{wrong:?}");
}

#[test]
fn a_git_folder_is_synced_and_its_notebook_run() {
    let shell = Shell::open();
    let folder = "/Repos/you@example.com/etl";
    let repo = shell.json(
        "create_repo",
        &json!({ "url": "https://git.example.com/acme/etl.git", "provider": "gitHub", "path": folder }),
    );
    let notebook =
        json!({ "path": format!("{folder}/load"), "content": "SELECT 1\n", "language": "SQL" });
    shell.json("import_notebook", &notebook);
    let repo = repo["id"].to_string().replace('"', "");
    let done = shell.run(&[
        "sync-run",
        "--repo-id",
        &repo,
        "--notebook-path",
        "load",
        "--json",
    ]);
    assert_eq!(done.code, 0, "{done:?}");
    let run: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(run["result"], "SUCCESS", "{run}");
    let nowhere = shell.run(&["sync-run", "--repo-id", "1", "--notebook-path", "x"]);
    assert_eq!((nowhere.code, nowhere.out.as_str()), (1, ""), "{nowhere:?}");
    assert!(nowhere.err.contains("hint: "), "{nowhere:?}");
}
