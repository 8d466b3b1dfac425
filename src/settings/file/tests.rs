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
    for setting in setting::ALL
        .iter()
        .filter(|known| super::is_of_files(known))
    {
        let value = match setting.default {
            Some(default) => default.to_owned(),
            None => match setting.takes {
                crate::settings::Takes::Switch | crate::settings::Takes::LaxSwitch => {
                    "true".to_owned()
                }
                crate::settings::Takes::Limits { .. } => "execute_sql=4".to_owned(),
                crate::settings::Takes::Whole { from, .. } => from.to_string(),
                crate::settings::Takes::Number { to, .. } => to.to_string(),
                crate::settings::Takes::Rates => "execute_sql=50/minute".to_owned(),
                _ => "https://acme.example".to_owned(),
            },
        };
        let files = read(&format!("{}: \"{value}\"\n", setting.name), "").unwrap();
        let entries = files.user.unwrap().entries;
        let values: Vec<_> = entries
            .into_iter()
            .map(|entry| (entry.setting, entry.value))
            .collect();
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
    assert!(
        given
            .origin(setting::LOG)
            .unwrap()
            .to_string()
            .starts_with("file ")
    );
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
    assert_eq!(
        given.get(setting::EXCLUDE),
        Some("delete_job,run_job,grants")
    );
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
    insta::assert_snapshot!(read(file, "").unwrap_err(), @r"
    the settings file `/home/.config/databricks-mcp/databricks-mcp.yaml` cannot be used
    - line 1, column 1: unknown key `hots`; did you mean `host`?
    - line 2, column 1: unknown key `DATABRICKS_TOKEN`; did you mean `token`?
    - line 3, column 1: `in_flight`: `many` is not a whole number from 1 to 100000
    - line 5, column 3: `toolsets` takes names, separated by commas, not a mapping
    - line 6, column 1: `https_proxy` is read from the environment only; set `HTTPS_PROXY` there
    - line 8, column 3: `logging.format` does nothing here: the log is JSON lines; any program for logs lays them out
    - line 9, column 3: unknown key `logging.colour`
    - line 11, column 3: `server.name` does nothing here: the server's name is fixed
    - line 12, column 8: the variable `NOT_SET` is not set; `${NOT_SET:}` leaves it empty
    - line 13, column 16: `answer_within` takes seconds from 1 to 600, not a list
    hint: `databricks-mcp config init` prints a file with every key and its help
    ");
    for (file, told) in [
        ("a: [1", "line"),
        ("- a\n", "it is a list, not keys with values"),
        (
            "log: debug\nlog: info\n",
            "line 2, column 1: `log` is given twice",
        ),
        (
            "log: &a debug\nhost: *a\n",
            "aliases such as `*name` are not taken",
        ),
        (
            "log: debug\nlogging: {level: info}\n",
            "`logging.level` is given twice",
        ),
        ("log: debug\n---\nlog: info\n", "a second document begins"),
        ("only: sql\n", "unknown key `only`"),
        (
            "a: {b: {c: {d: {e: {f: {g: {h: {i: {j: 1}}}}}}}}}\n",
            "nested too deep",
        ),
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
    let lowered = whole(
        "in_flight: 8\n",
        "in_flight: 4\nmax_tokens: 90000\ntool_limits: {run_job: 1}\n",
    );
    assert_eq!(lowered.get(setting::IN_FLIGHT), Some("4"));
    // Above the default, it is no restriction.
    assert_eq!(lowered.get(setting::MAX_TOKENS), None);
    assert_eq!(lowered.get(setting::TOOL_LIMITS), Some("run_job=1"));
    assert_eq!(
        whole("in_flight: 2\n", "in_flight: 4\n").get(setting::IN_FLIGHT),
        Some("2")
    );
    let given = given(
        "toolsets: all\nread_only: false\n",
        "toolsets: [sql]\nread_only: true\n",
        &[],
    );
    assert_eq!(given.get(setting::TOOLSETS), Some("all"));
    assert_eq!(given.get(setting::ONLY), Some("sql"));
    assert_eq!(given.read::<bool>(setting::READ_ONLY).unwrap(), Some(true));
    assert!(
        read("", "read_only: false\n")
            .unwrap_err()
            .contains("only be switched on")
    );
    let open = [
        setting::EXCLUDE,
        setting::READ_ONLY,
        setting::TOOLSETS,
        setting::TOOLS,
    ];
    for known in setting::ALL
        .iter()
        .filter(|known| super::is_of_files(known))
    {
        let limit = known.narrows == crate::settings::Narrows::Lower;
        if open.contains(known) || limit {
            continue;
        }
        let error = read("", &format!("{}: x\n", known.name)).unwrap_err();
        let told = "may not be set by a file of the working directory; set it in `/home/.config/databricks-mcp/databricks-mcp.yaml`";
        assert!(error.contains(told), "{}: {error}", known.name);
    }
    // It learns nothing of the environment.
    assert!(
        read("", "exclude: ${TOKEN_OF_MINE}\n")
            .unwrap_err()
            .contains("is not set")
    );
}

#[test]
fn the_configuration_of_earlier_servers_has_its_place() {
    let file = r#"
databricks:
  host: "https://acme.example"
  token: "${TOKEN_OF_MINE}"
  warehouse_id: "w1"
  timeout: ${DATABRICKS_TIMEOUT:30}
logging:
  level: "${LOG_LEVEL:INFO}"
tools:
  enabled:
    # Core tools
    - health
    - list_jobs
  rate_limits:
    default: "100/minute"
    export_notebook: "10/minute"
cache:
  enabled: ${CACHE_ENABLED:true}
  ttl:
    jobs: 300
    warehouses: 600
"#;
    let found = given(file, "", &[]);
    for (known, value) in [
        (setting::HOST, "https://acme.example"),
        (setting::WAREHOUSE_ID, "w1"),
        (setting::CALL_TIMEOUT, "30"),
        (setting::LOG, "INFO"),
        (setting::TOOLS, "health,list_jobs"),
        (
            setting::TOOL_RATES,
            "default=100/minute,export_notebook=10/minute",
        ),
        (setting::CACHE_ENABLED, "true"),
        (setting::CACHE, "jobs=300,warehouses=600"),
    ] {
        assert_eq!(found.get(known), Some(value), "{}", known.name);
    }
    let replaced = r#"
server:
  name: "databricks-mcp-server"
  version: "0.2.0"
  fastapi: { host: localhost, port: 8000, debug: false }
  mcp: { host: localhost, port: 5173 }
logging:
  format: "%(message)s"
cors:
  enabled: true
  origins: ["http://localhost:3000"]
"#;
    let error = read(replaced, "").unwrap_err();
    assert_eq!(error.matches("does nothing here").count(), 10, "{error}");
}

#[test]
fn variables_of_earlier_servers_set_what_they_mean() {
    for (variable, known) in [
        ("TOOL_TIMEOUT_SECONDS", setting::ANSWER_WITHIN),
        ("MAX_CONCURRENT_REQUESTS", setting::IN_FLIGHT),
        ("HTTP_TIMEOUT_SECONDS", setting::CALL_TIMEOUT),
        ("DATABRICKS_TIMEOUT", setting::CALL_TIMEOUT),
        ("API_MAX_RETRIES", setting::RETRIES),
        ("API_RETRY_BACKOFF_SECONDS", setting::RETRY_WAIT),
        ("LOG_LEVEL", setting::LOG),
        ("CACHE_ENABLED", setting::CACHE_ENABLED),
        ("RUNNING_VIA_CURSOR_MCP", setting::NO_DOT_ENV),
    ] {
        let found = given("", "", &[(variable, "1")]);
        assert_eq!(found.get(known), Some("1"), "{variable}");
        let own = known.variables.first().unwrap();
        let found = given("", "", &[(variable, "1"), (own, "2")]);
        assert_eq!(found.get(known), Some("2"), "{variable}");
    }
    // A value that cannot be read is told under the name that has it.
    let found = given("", "", &[("MAX_CONCURRENT_REQUESTS", "many")]);
    let error = found.read::<usize>(setting::IN_FLIGHT).unwrap_err();
    assert!(
        error.to_string().starts_with("`MAX_CONCURRENT_REQUESTS`"),
        "{error}"
    );
}

/// The settings with a `.env` in the open folder.
fn with_dot_env(user: &str, dot_env: &str, variables: &[(&str, &str)]) -> Given {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(".env"), dot_env).unwrap();
    let path = folder.path().join("user.yaml");
    std::fs::write(&path, user).unwrap();
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let files = Files::read(Some(&path), &variable, Some(folder.path())).unwrap();
    let places = Places {
        files: Some(&files),
        ..Places::default()
    };
    collect(&[], &variable, places).unwrap()
}

#[test]
fn a_dot_env_only_restricts_what_every_workspace_shares() {
    let dot_env = "\
DATABRICKS_MCP_TOOLSETS=all
DATABRICKS_MCP_READ_ONLY=false
MAX_CONCURRENT_REQUESTS=4
DATABRICKS_MCP_MAX_TOKENS=90000
DATABRICKS_MCP_TOOL_RATES=list_jobs=500/minute,run_job=1/minute
DATABRICKS_MCP_YES=true
DATABRICKS_MCP_ROOTS=/
DATABRICKS_MCP_EXCLUDE=delete_job
";
    let found = with_dot_env(
        "tool_rates: {default: 10/minute}\nread_only: true\n",
        dot_env,
        &[],
    );
    assert_eq!(found.get(setting::TOOLSETS), None);
    assert_eq!(found.get(setting::ONLY), Some("all"));
    assert_eq!(found.read::<bool>(setting::READ_ONLY).unwrap(), Some(true));
    assert_eq!(found.get(setting::IN_FLIGHT), Some("4"));
    assert_eq!(found.get(setting::MAX_TOKENS), None);
    assert_eq!(
        found.get(setting::TOOL_RATES),
        Some("default=10/minute,list_jobs=10/minute,run_job=1/minute")
    );
    assert_eq!(found.get(setting::YES), None);
    assert_eq!(found.get(setting::ROOTS), None);
    assert_eq!(found.get(setting::EXCLUDE), Some("delete_job"));
    // Not at all, where the client brings the environment.
    let left = with_dot_env("", dot_env, &[("RUNNING_VIA_CURSOR_MCP", "1")]);
    assert_eq!(left.get(setting::EXCLUDE), None);
    let left = with_dot_env("no_dot_env: true\n", dot_env, &[]);
    assert_eq!(left.get(setting::ONLY), None);
}

#[test]
fn toolsets_and_tools_of_one_source_are_one_bound() {
    let found = given("", "toolsets: [sql]\ntools: [run_job]\n", &[]);
    assert_eq!(found.get(setting::ONLY), Some("sql,run_job"));
}

#[cfg(unix)]
#[test]
fn a_file_of_the_open_folder_is_no_link_to_another_place() {
    let folder = tempfile::tempdir().unwrap();
    let open = folder.path().join("open");
    std::fs::create_dir_all(&open).unwrap();
    std::fs::write(folder.path().join("secrets"), "password: hunter\n").unwrap();
    std::os::unix::fs::symlink("../secrets", open.join(NAME)).unwrap();
    let error = Files::read(None, &|_: &str| None, Some(&open))
        .unwrap_err()
        .text();
    assert!(
        error.contains("outside of its folder") && !error.contains("password"),
        "{error}"
    );
    std::fs::remove_file(open.join(NAME)).unwrap();
    std::fs::write(open.join("real.yaml"), "read_only: true\n").unwrap();
    std::os::unix::fs::symlink("real.yaml", open.join(NAME)).unwrap();
    Files::read(None, &|_: &str| None, Some(&open)).unwrap();
}

#[test]
fn a_named_file_must_be_there() {
    let error = Files::read(Some(Path::new("/none.yaml")), &|_: &str| None, None).unwrap_err();
    assert!(
        error.to_string().contains("there is no such file"),
        "{error}"
    );
}
