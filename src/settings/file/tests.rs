#![allow(clippy::unwrap_used)]

use std::path::Path;

use super::super::{Given, Places, collect, of_process, setting};
use super::{Files, NAME, users};

/// The settings of the two files, with `TOKEN_OF_MINE` in the environment.
fn read(user: &str, project: &str) -> Result<Files, String> {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let open = folder.path().join("open");
    std::fs::create_dir_all(home.join("databricks-mcp")).unwrap();
    std::fs::create_dir_all(&open).unwrap();
    let variable = |name: &str| match name {
        "XDG_CONFIG_HOME" | "APPDATA" => Some(home.to_str().unwrap().to_owned()),
        "TOKEN_OF_MINE" => Some("dapi-1".to_owned()),
        _ => None,
    };
    let own = users(&variable).unwrap();
    if !user.is_empty() {
        std::fs::write(&own, user).unwrap();
    }
    if !project.is_empty() {
        std::fs::write(open.join(NAME), project).unwrap();
    }
    Files::read(None, &variable, Some(&open)).map_err(|error| {
        let text = error.text();
        let text = text.replace(home.to_str().unwrap(), "/home/.config");
        text.replace(open.to_str().unwrap(), "/open")
    })
}

fn given(user: &str, project: &str, variables: &[(&str, &str)]) -> Given {
    let files = read(user, project).unwrap();
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let places = Places {
        files: Some(&files),
        ..Places::default()
    };
    collect(&[], &variable, places).unwrap()
}

#[test]
fn every_setting_of_a_file_has_its_name_as_key() {
    for setting in setting::ALL.iter().filter(|known| super::is_of_files(known)) {
        let value = match setting.default {
            Some(default) => default.to_owned(),
            None => match setting.takes {
                crate::settings::Takes::Switch | crate::settings::Takes::LaxSwitch => "true".to_owned(),
                crate::settings::Takes::Limits { .. } => "execute_sql=4".to_owned(),
                crate::settings::Takes::Whole { from, .. } => from.to_string(),
                crate::settings::Takes::Number { to, .. } => to.to_string(),
                _ => "https://acme.example".to_owned(),
            },
        };
        let files = read(&format!("{}: \"{value}\"\n", setting.name), "").unwrap();
        let values = files.user.unwrap().values;
        assert_eq!(values, [(*setting, value)]);
    }
}

#[test]
fn values_are_written_as_yaml_has_them() {
    let file = "\
databricks:
  host: https://acme.example
  token: ${TOKEN_OF_MINE}
  warehouse_id: ${WAREHOUSE:w1}
toolsets: [sql, jobs]
exclude:
  - delete_job
tool_limits:
  execute_sql: 4
  run_job: 2
cache:
  ttl:
    list_jobs: 300
tools:
  enabled:
    - health
yes: false
log: debug
";
    let given = given(file, "", &[]);
    for (known, value) in [
        (setting::HOST, "https://acme.example"),
        (setting::TOKEN, "dapi-1"),
        (setting::WAREHOUSE_ID, "w1"),
        (setting::TOOLSETS, "sql,jobs"),
        (setting::TOOLS, "health"),
        (setting::EXCLUDE, "delete_job"),
        (setting::TOOL_LIMITS, "execute_sql=4,run_job=2"),
        (setting::CACHE, "list_jobs=300"),
        (setting::YES, "false"),
        (setting::LOG, "debug"),
    ] {
        assert_eq!(given.get(known), Some(value), "{}", known.name);
    }
    assert!(given.origin(setting::LOG).unwrap().to_string().starts_with("file "));
}

#[test]
fn the_environment_beats_the_file_and_restrictions_add_up() {
    let file = "log: debug\nexclude: run_job\nhost: https://file.example\ntoken: of-file\n";
    let variables = [
        ("DATABRICKS_MCP_LOG", "warn"),
        ("DATABRICKS_MCP_EXCLUDE", "delete_job"),
        ("DATABRICKS_HOST", "https://env.example"),
    ];
    let given = given(file, "exclude: [grants]\n", &variables);
    assert_eq!(given.get(setting::LOG), Some("warn"));
    assert_eq!(given.get(setting::EXCLUDE), Some("delete_job,run_job,grants"));
    // A credential of the file is for the file's own host.
    assert_eq!(given.get(setting::HOST), Some("https://env.example"));
    assert_eq!(given.get(setting::TOKEN), None);
}

#[test]
fn all_that_is_wrong_is_told_at_once_with_its_place() {
    let file = "\
hots: https://acme.example
DATABRICKS_TOKEN: x
in_flight: many
toolsets:
  sql: true
https_proxy: http://proxy
logging:
  format: '%(message)s'
  colour: yes
server:
  name: mine
token: ${NOT_SET}
answer_within: [1, 2]
";
    insta::assert_snapshot!(read(file, "").unwrap_err(), @"");
    for (file, told) in [
        ("a: [1", "line"),
        ("- a\n", "it is a list, not keys with values"),
        ("log: debug\nlog: info\n", "line 2, column 1: `log` is given twice"),
        ("log: &a debug\nhost: *a\n", "aliases such as `*name` are not taken"),
        ("log: debug\nlogging: {level: info}\n", "`logging.level` is given twice"),
        ("log: debug\n---\nlog: info\n", "a second document begins"),
        ("only: sql\n", "unknown key `only`"),
        ("a: {b: {c: {d: {e: {f: {g: {h: {i: {j: 1}}}}}}}}}\n", "nested too deep"),
    ] {
        let error = read(file, "").unwrap_err();
        assert!(error.contains(told), "{file}: {error}");
    }
}

#[test]
fn the_file_of_the_open_folder_only_restricts() {
    let whole = |user: &str, project: &str| {
        let files = read(user, project).unwrap();
        of_process(&[], &|_: &str| None, &files)
    };
    let lowered = whole("in_flight: 8\n", "in_flight: 4\nmax_tokens: 90000\ntool_limits: {run_job: 1}\n");
    assert_eq!(lowered.get(setting::IN_FLIGHT), Some("4"));
    // Above the default, it is no restriction.
    assert_eq!(lowered.get(setting::MAX_TOKENS), None);
    assert_eq!(lowered.get(setting::TOOL_LIMITS), Some("run_job=1"));
    assert_eq!(whole("in_flight: 2\n", "in_flight: 4\n").get(setting::IN_FLIGHT), Some("2"));
    let given = given("toolsets: all\nread_only: false\n", "toolsets: [sql]\nread_only: true\n", &[]);
    assert_eq!(given.get(setting::TOOLSETS), Some("all"));
    assert_eq!(given.get(setting::ONLY), Some("sql"));
    assert_eq!(given.read::<bool>(setting::READ_ONLY).unwrap(), Some(true));
    assert!(read("", "read_only: false\n").unwrap_err().contains("only be switched on"));
    let open = [setting::EXCLUDE, setting::READ_ONLY, setting::TOOLSETS, setting::TOOLS];
    for known in setting::ALL.iter().filter(|known| super::is_of_files(known)) {
        let limit = known.narrows == crate::settings::Narrows::Lower;
        if open.contains(known) || limit {
            continue;
        }
        let error = read("", &format!("{}: x\n", known.name)).unwrap_err();
        let told = "may not be set by a file of the working directory; set it in `/home/.config/databricks-mcp/databricks-mcp.yaml`";
        assert!(error.contains(told), "{}: {error}", known.name);
    }
    // It learns nothing of the environment.
    assert!(read("", "exclude: ${TOKEN_OF_MINE}\n").unwrap_err().contains("is not set"));
}

#[test]
fn a_named_file_must_be_there() {
    let error = Files::read(Some(Path::new("/none.yaml")), &|_: &str| None, None).unwrap_err();
    assert!(error.to_string().contains("there is no such file"), "{error}");
}
