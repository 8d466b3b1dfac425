//! The table of settings: whoever reads one reads it through the table, and the README, the flags and `config` show all of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::path::Path;
use std::process::{Command, Output};

use databricks_mcp::settings::{Commands, Narrows, Section, Setting, Takes, setting};
use serde_json::Value;
use support::binary::{Binary, Era, text};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn codes(texts: &[&str]) -> String {
    texts
        .iter()
        .map(|text| code(text))
        .collect::<Vec<_>>()
        .join(", ")
}

fn flag(setting: &Setting) -> String {
    let Some(flag) = setting.flag else {
        return String::new();
    };
    let names = std::iter::once(flag.long).chain(flag.alias);
    let names: Vec<String> = names.map(|name| code(&format!("--{name}"))).collect();
    names.join(", ")
}

/// The README's table of a section.
fn table(section: Section) -> String {
    let (head, row): (&str, fn(&Setting) -> [String; 4]) = match section {
        Section::Credentials => ("setting | flag | variable | ", |setting| {
            [
                code(setting.name),
                flag(setting),
                codes(setting.variables),
                setting.help().to_owned(),
            ]
        }),
        Section::Tools => ("flag | variable | in a profile | ", |setting| {
            [
                flag(setting),
                codes(setting.variables),
                setting.profile_key.map(code).unwrap_or_default(),
                setting.help().to_owned(),
            ]
        }),
        Section::Other => ("variable | takes | default | ", |setting| {
            [
                codes(setting.variables),
                setting.takes.to_string(),
                setting.default.map(code).unwrap_or_default(),
                setting.help().to_owned(),
            ]
        }),
    };
    let mut text = format!("| {head}|\n|---|---|---|---|\n");
    for setting in setting::ALL {
        if setting.section == section {
            text.push_str(&format!("| {} |\n", row(setting).join(" | ")));
        }
    }
    text
}

#[test]
fn the_readme_lists_every_setting() {
    let path = Path::new(ROOT).join("README.md");
    let before = std::fs::read_to_string(&path).unwrap();
    let mut text = before.clone();
    for (name, section) in [
        ("credentials", Section::Credentials),
        ("tools", Section::Tools),
        ("other", Section::Other),
    ] {
        let marker = format!("<!-- settings: {name} -->\n");
        let start = text.find(&marker).expect(&marker) + marker.len();
        let end = start + text[start..].find("<!-- end -->").expect("the end");
        text.replace_range(start..end, &table(section));
    }
    for setting in setting::ALL {
        // Without a variable, a flag or a key of its own, only the working directory can mean it.
        let is_own = !setting.variables.is_empty() || setting.profile_key.is_some();
        assert!(
            !is_own || text.contains(&code(setting.title())),
            "{}",
            setting.name
        );
    }
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(&path, &text).unwrap();
        return;
    }
    assert!(
        text == before,
        "the README's tables of settings are not those of src/settings/setting.rs\n\
         hint: run `UPDATE_README=1 cargo t --test settings`"
    );
}

fn sources(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path.display().to_string(), text));
        }
    }
}

#[test]
fn no_variable_of_our_own_is_read_that_is_not_in_the_table() {
    let mut files = Vec::new();
    sources(&Path::new(ROOT).join("src"), &mut files);
    let prefix = "DATABRICKS_MCP_";
    let mut seen = 0;
    for (path, text) in files {
        for (place, _) in text.match_indices(prefix) {
            let rest = &text[place + prefix.len()..];
            let end = rest.find(|c: char| c != '_' && !c.is_ascii_uppercase());
            let name = &text[place..place + prefix.len() + end.unwrap()];
            let known = setting::ALL.iter().any(|it| it.variables.contains(&name));
            assert!(
                known || name == prefix,
                "{path} names `{name}`, which is no setting\nhint: add it to src/settings/setting.rs"
            );
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn names_and_variables_are_taken_once() {
    let mut taken = std::collections::BTreeSet::new();
    for setting in setting::ALL {
        for name in std::iter::once(&setting.name).chain(setting.variables) {
            // Proxies go by their variable in small letters.
            let proxy = *name == setting.name && setting.variables.contains(name);
            assert!(proxy || taken.insert(*name), "{name}");
        }
        assert!(!setting.help().is_empty(), "{}", setting.name);
    }
}

/// Runs the binary with only these variables, in a folder.
fn run(arguments: &[&str], variables: &[(&str, &str)], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_databricks-mcp"));
    command.args(arguments).current_dir(folder).env_clear();
    command.envs(variables.iter().copied()).output().unwrap()
}

fn config(arguments: &[&str], variables: &[(&str, &str)], folder: &Path) -> (Value, Output) {
    let output = run(
        &[&["config", "--json"], arguments].concat(),
        variables,
        folder,
    );
    let json = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (json, output)
}

const SET: [(&str, &str); 7] = [
    ("DATABRICKS_HOST", "http://127.0.0.1:9"),
    ("DATABRICKS_TOKEN", "dapi-of-nobody"),
    ("DATABRICKS_MCP_IN_FLIGHT", "7"),
    ("DATABRICKS_MCP_TOOL_LIMITS", "execute_sql=4"),
    ("DATABRICKS_MCP_EXCLUDE", "run_job"),
    ("https_proxy", "http://me:marked-password@proxy:3128"),
    ("DATABRICKS_MCP_LOG", "debug"),
];

#[test]
fn config_prints_every_setting_that_is_set_with_its_source() {
    let here = tempfile::tempdir().unwrap();
    let output = run(&["config"], &SET, here.path());
    let text = String::from_utf8(output.stdout).unwrap();
    for (name, value, origin) in [
        ("host", "http://127.0.0.1:9", "environment DATABRICKS_HOST"),
        ("token", "***", "environment DATABRICKS_TOKEN"),
        ("in_flight", "7", "environment DATABRICKS_MCP_IN_FLIGHT"),
        ("exclude", "run_job", "environment DATABRICKS_MCP_EXCLUDE"),
        (
            "https_proxy",
            "http://me:***@proxy:3128/",
            "environment https_proxy",
        ),
        ("log", "debug", "environment DATABRICKS_MCP_LOG"),
    ] {
        let words = [name, value, origin];
        let line = text.lines().find(|line| line.starts_with(name));
        let line = line.unwrap_or_else(|| panic!("{name}: {text}"));
        assert!(words.iter().all(|word| line.contains(word)), "{line}");
    }
    assert!(!text.contains("confirm_timeout"), "{text}");
    assert!(!text.contains("dapi-of-nobody") && !text.contains("marked-password"));
    assert!(
        text.ends_with("requests to http://127.0.0.1:9 are authenticated by `pat`\n"),
        "{text}"
    );
}

#[test]
fn config_shows_what_nobody_set_too_when_asked_and_in_json() {
    let here = tempfile::tempdir().unwrap();
    let output = run(&["config", "--all"], &SET, here.path());
    let text = String::from_utf8(output.stdout).unwrap();
    let (json, _) = config(&[], &SET, here.path());
    let settings = json["settings"].as_object().unwrap();
    assert_eq!(settings.len(), setting::ALL.len());
    for setting in setting::ALL {
        assert!(
            text.lines().any(|line| line.starts_with(setting.name)),
            "{}",
            setting.name
        );
        assert_eq!(settings[setting.name]["default"], setting_default(setting));
    }
    assert_eq!(settings["confirm_timeout"]["value"], "240");
    assert_eq!(settings["confirm_timeout"]["origin"], "default");
    assert_eq!(settings["rate_limit"]["value"], Value::Null);
    assert_eq!(settings["in_flight"]["value"], "7");
    assert_eq!(settings["in_flight"]["default"], "32");
}

fn setting_default(setting: &Setting) -> Value {
    setting.default.map_or(Value::Null, Value::from)
}

#[test]
fn a_bad_value_ends_the_start_and_shows_in_config() {
    let here = tempfile::tempdir().unwrap();
    for (name, value, says) in [
        (
            "DATABRICKS_MCP_TOOL_LIMITS",
            "execute_sq=4",
            "unknown tool: `execute_sq`, did you mean `execute_sql`?",
        ),
        (
            "DATABRICKS_MCP_TOOL_LIMITS",
            "execute_sql=many",
            "`execute_sql=many` is not `tool=number`",
        ),
        (
            "DATABRICKS_MCP_TOOL_LIMITS",
            "execute_sql=4,execute_dbsql=2",
            "`execute_sql` is given twice",
        ),
        (
            "DATABRICKS_MCP_YES",
            "maybe",
            "`maybe` is not `true` or `false`",
        ),
        (
            "DATABRICKS_MCP_READ_ONLY",
            "maybe",
            "`maybe` is not `true` or `false`",
        ),
        ("DATABRICKS_MCP_LOG", "databricks_mcp=loud", "loud"),
        (
            "DATABRICKS_MCP_CONFIRM_TIMEOUT",
            "4m",
            "`4m` is not seconds",
        ),
    ] {
        let (status, log) = Binary::start(Era::Alone, &[(name, value)]).end();
        let wanted = format!("error: `{name}` cannot be used: ");
        assert!(!status.success() && log.contains(&wanted), "{log}");
        assert!(log.contains(says), "{says}: {log}");
        let (json, output) = config(&[], &[SET[0], SET[1], (name, value)], here.path());
        assert!(!output.status.success(), "{json}");
        assert!(json["error"].as_str().unwrap().contains(says), "{json}");
    }
}

#[test]
fn a_limit_may_be_given_by_a_tools_other_name() {
    let variables = [("DATABRICKS_MCP_TOOL_LIMITS", "execute_dbsql=2")];
    let mut server = Binary::start(Era::Alone, &variables);
    assert!(server.request("tools/list", serde_json::json!({}))["result"].is_object());
}

#[test]
fn dot_env_sets_what_the_table_lets_it_and_nothing_else() {
    let here = tempfile::tempdir().unwrap();
    let mut lines = String::new();
    for setting in setting::ALL {
        for name in setting.variables {
            lines.push_str(&format!("{name}=1\n"));
        }
    }
    std::fs::write(here.path().join(".env"), lines).unwrap();
    let (json, _) = config(&[], &[], here.path());
    for setting in setting::ALL {
        let origin = json["settings"][setting.name]["origin"].as_str();
        let from_dot_env = origin.is_some_and(|origin| origin.starts_with(".env "));
        let allowed = match setting.narrows {
            Narrows::No => setting.dot_env && !setting.variables.is_empty(),
            Narrows::Set => true,
            // Each of these takes 1, which is less than its default.
            Narrows::Lower => {
                !matches!(setting.takes, Takes::Limits { .. } | Takes::Rates)
                    && setting.name != "max_tokens"
            }
            Narrows::Within => false,
        };
        // What is chosen there bounds what the user has chosen.
        let allowed = allowed || setting.name == setting::ONLY.name;
        assert_eq!(from_dot_env, allowed, "{}: {origin:?}", setting.name);
    }
    // A program, a file, whom to trust, where a login goes, and whether anybody is asked.
    for forbidden in [
        setting::DATABRICKS_CLI_PATH,
        setting::CONFIG_FILE,
        setting::AUTH_STORAGE,
        setting::DISCOVERY_URL,
        setting::CA_FILE,
        setting::SSL_CERT_FILE,
        setting::HTTPS_PROXY,
        setting::YES,
        setting::PROFILES,
        setting::LOG,
    ] {
        assert!(!forbidden.dot_env, "{}", forbidden.name);
    }
}

#[test]
fn the_help_has_every_flag_of_the_table_with_its_variable() {
    let here = tempfile::tempdir().unwrap();
    let help = |command: &str| {
        let help = run(&[command, "--help"], &[], here.path());
        String::from_utf8(help.stdout).unwrap()
    };
    let (start, serve) = (help("start"), help("serve"));
    let flags = setting::ALL.iter().filter(|setting| setting.flag.is_some());
    for setting in flags {
        let flag = setting.flag.unwrap();
        let help = match flag.commands {
            Commands::Serve => &serve,
            _ => &start,
        };
        let flag = format!("--{}", flag.long);
        let mut lines = help.lines();
        let line = lines.find(|line| line.split_whitespace().any(|word| word == flag));
        let line = line.unwrap_or_else(|| panic!("{flag}: {help}"));
        assert!(line.contains(setting.help()), "{line}");
        assert!(
            line.contains(&format!("[env: {}]", setting.title())),
            "{line}"
        );
    }
}

#[test]
fn a_wrong_name_of_a_tool_in_a_file_is_told_with_its_place() {
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("databricks-mcp.yaml");
    let check = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let output = run(&["config", "check"], &[], here.path());
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    let told = check("read_only: true\ntool_rates: {execute_sqll: 5/minute}\n");
    assert!(
        told.contains("line 2, column 1: `tool_rates`: unknown tool: `execute_sqll`"),
        "{told}"
    );
    let told = check("exclude: [nosuch]\n");
    assert!(told.contains("to exclude: `nosuch`"), "{told}");
    assert_eq!(
        told.matches("names come from the settings file").count(),
        1,
        "{told}"
    );
}

#[test]
fn a_call_beyond_its_rate_is_told_when_it_may_come() {
    let variables = [
        ("DATABRICKS_HOST", "http://127.0.0.1:9"),
        ("DATABRICKS_TOKEN", "dapi-of-nobody"),
        (
            "DATABRICKS_MCP_TOOL_RATES",
            "default=1/hour, api_describe=9/second",
        ),
    ];
    let mut server = Binary::start(Era::Alone, &variables);
    let words = serde_json::json!({"query": "jobs"});
    let first = server.call("api_search", words.clone());
    assert_ne!(first["isError"], true, "{first}");
    let second = server.call("api_search", words);
    let said = text(&second);
    assert!(
        said.starts_with(
            "`api_search` may be called at a rate of 1/hour: its next call may come in"
        ),
        "{said}"
    );
    assert!(said.contains("\nhint: nothing was sent; wait"), "{said}");
    // Each tool has its own.
    let operation = serde_json::json!({"operation": "jobs.list"});
    for _ in 0..3 {
        let other = server.call("api_describe", operation.clone());
        assert_ne!(other["isError"], true, "{other}");
    }
}
