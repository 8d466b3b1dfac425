//! The order of the sources, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use super::*;
use crate::settings::{gather, parse_dot_env};

fn lookup(pairs: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> {
    let pairs: Vec<(String, String)> = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    move |name| {
        let found = pairs.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    }
}

fn settings(pairs: &[(&str, &str)]) -> Result<Settings, Error> {
    Settings::from_variables(lookup(pairs))
}

/// The settings of a home with this `.databrickscfg`, this `.env` and these variables.
fn given(profiles: &str, dot_env: &str, variables: &[(&str, &str)]) -> Result<Given, Error> {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join(".databrickscfg"), profiles).unwrap();
    let places = Places {
        home: Some(home.path()),
        ..Places::default()
    };
    let dot_env = parse_dot_env(dot_env).variables;
    gather(&[], &lookup(variables), &dot_env, places)
}

const TWO: &str = "[DEFAULT]\nhost = default.com\ntoken = d\n\n[dev]\nhost = dev.com\ntoken = v\n";

#[test]
fn a_host_is_taken_as_people_write_it() {
    for text in [
        "acme.cloud.databricks.com",
        "https://acme.cloud.databricks.com/",
        "https://acme.cloud.databricks.com:443",
        "https://acme.cloud.databricks.com/?o=123#job/7",
        "https://acme.cloud.databricks.com/#folder/me@acme.com",
    ] {
        let settings = settings(&[("DATABRICKS_HOST", text), ("DATABRICKS_TOKEN", "t")]);
        assert_eq!(
            settings.unwrap().host.as_str(),
            "https://acme.cloud.databricks.com/"
        );
    }
}

#[test]
fn a_host_with_a_password_is_refused_and_not_shown() {
    for text in [
        "https://user:secret@acme.cloud.databricks.com",
        "user:secret@acme.cloud.databricks.com",
        "https://secret@acme.cloud.databricks.com",
        "https://user:sec/ret@acme.cloud.databricks.com",
        "https://user:secret@acme.cloud.databricks.com:port",
    ] {
        let error = settings(&[("DATABRICKS_HOST", text), ("DATABRICKS_TOKEN", "t")]);
        let error = error.unwrap_err().text();
        assert!(
            error.contains("`DATABRICKS_HOST` cannot be used"),
            "{error}"
        );
        assert!(
            !error.contains("secret") && !error.contains("ret@"),
            "{error}"
        );
    }
}

#[test]
fn a_token_never_travels_in_the_clear() {
    let error = settings(&[
        ("DATABRICKS_HOST", "http://acme.com"),
        ("DATABRICKS_TOKEN", "t"),
    ]);
    assert_eq!(
        error.unwrap_err().to_string(),
        "`DATABRICKS_HOST` cannot be used: `http://acme.com` is not https"
    );
    assert!(
        settings(&[
            ("DATABRICKS_HOST", "http://127.0.0.1:8080"),
            ("DATABRICKS_TOKEN", "t")
        ])
        .is_ok()
    );
}

#[test]
fn what_is_missing_is_named() {
    assert_eq!(
        settings(&[]).unwrap_err().to_string(),
        "no Databricks workspace is configured: `DATABRICKS_HOST` and `DATABRICKS_TOKEN` are not set"
    );
    assert_eq!(
        settings(&[("DATABRICKS_TOKEN", "t")])
            .unwrap_err()
            .to_string(),
        "no Databricks workspace is configured: `DATABRICKS_HOST` is not set"
    );
    let error = settings(&[("DATABRICKS_HOST", "acme.com"), ("DATABRICKS_TOKEN", " ")]);
    let text = error.unwrap_err().to_string();
    for line in [
        "no credential for `https://acme.com` was found",
        "- `pat`: `DATABRICKS_TOKEN` is not set",
        "- `oauth-m2m`: `DATABRICKS_CLIENT_ID` and `DATABRICKS_CLIENT_SECRET` are not set",
        "- `databricks-cli`: `databricks` is not on the path",
        "- `azure-cli`: the host is not on Azure",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
}

#[test]
fn debug_never_shows_a_secret() {
    for name in ["DATABRICKS_TOKEN", "DATABRICKS_METADATA_SERVICE_URL"] {
        let settings = settings(&[("DATABRICKS_HOST", "acme.com"), (name, "dapi123")]).unwrap();
        assert!(!format!("{settings:?}").contains("dapi123"));
    }
    let given = given(TWO, "", &[("DATABRICKS_CLIENT_SECRET", "dapi123")]).unwrap();
    assert!(!format!("{given:?}").contains("dapi123"));
}

/// The settings of a profile that a flag names, beside these variables.
fn by_flag(variables: &[(&str, &str)]) -> Given {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join(".databrickscfg"), TWO).unwrap();
    let places = Places {
        home: Some(home.path()),
        ..Places::default()
    };
    let flags = [(setting::PROFILE, "dev".to_owned())];
    gather(&flags, &lookup(variables), &[], places).unwrap()
}

#[test]
fn a_profile_by_flag_wins_and_the_environment_fills_its_gaps() {
    let given = by_flag(&[
        ("DATABRICKS_CONFIG_PROFILE", "nowhere"),
        ("DATABRICKS_HOST", "env.com"),
        ("DATABRICKS_TOKEN", "e"),
        ("DATABRICKS_CLIENT_SECRET", "s"),
        ("DATABRICKS_WAREHOUSE_ID", "w"),
    ]);
    let dev = Some(Origin::Profile("dev".to_owned()));
    for (setting, value) in [(setting::HOST, "dev.com"), (setting::TOKEN, "v")] {
        assert_eq!(given.get(setting), Some(value));
        assert_eq!(given.origin(setting), dev.as_ref());
    }
    assert_eq!(given.get(setting::WAREHOUSE_ID), Some("w"));
    // A second kind of credential would make it ambiguous.
    assert_eq!(given.get(setting::CLIENT_SECRET), None);
}

#[test]
fn a_placeholder_is_told_where_a_credential_is_due_and_dropped_elsewhere() {
    for value in [
        "${DATABRICKS_TOKEN}",
        "<token>",
        "$DATABRICKS_TOKEN",
        "%TOKEN%",
    ] {
        let variables = [("DATABRICKS_HOST", "acme.com"), ("DATABRICKS_TOKEN", value)];
        let error = settings(&variables).unwrap_err().to_string();
        assert!(
            error.contains(value) && error.contains("DATABRICKS_TOKEN"),
            "{error}"
        );
    }
    let variables = [
        ("DATABRICKS_HOST", "acme.com"),
        ("DATABRICKS_TOKEN", "t"),
        ("DATABRICKS_WAREHOUSE_ID", "${user_config.warehouse}"),
    ];
    assert_eq!(settings(&variables).unwrap().warehouse_id, None);
}

#[test]
fn a_restriction_that_was_not_filled_never_falls_away() {
    for name in ["DATABRICKS_MCP_READ_ONLY", "DATABRICKS_MCP_EXCLUDE"] {
        let variables = [
            ("DATABRICKS_HOST", "acme.com"),
            ("DATABRICKS_TOKEN", "t"),
            (name, "${user_config.x}"),
        ];
        let error = settings(&variables).unwrap_err().to_string();
        assert!(
            error.contains(name) && error.contains("${user_config.x}"),
            "{error}"
        );
    }
}

#[test]
fn lines_of_dot_env_that_are_not_ours_cost_nothing() {
    let text = "\u{feff}TITLE=My great app\n<<<<<<< HEAD\nMY-KEY=3\n{\"a\": 1}\nDATABRICKS_WAREHOUSE_ID=w\n";
    let given = given(TWO, text, &[]).unwrap();
    assert_eq!(given.get(setting::WAREHOUSE_ID), Some("w"));
}

#[test]
fn the_default_profile_is_read_when_nothing_else_says_where_to_go() {
    let given_of = |variables| given(TWO, "", variables).unwrap();
    assert_eq!(given_of(&[]).get(setting::HOST), Some("default.com"));
    assert_eq!(given_of(&[]).get(setting::PROFILE), None);
    let only_host = given_of(&[("DATABRICKS_HOST", "env.com")]);
    assert_eq!(only_host.get(setting::TOKEN), None);
    let named = "[__settings__]\ndefault_profile = dev\n".to_owned() + TWO;
    let named = given(&named, "", &[]).unwrap();
    assert_eq!(named.get(setting::HOST), Some("dev.com"));
    assert_eq!(named.get(setting::PROFILE), Some("dev"));
}

#[test]
fn a_profile_that_is_not_there_is_told_with_those_that_are() {
    let error = given(TWO, "", &[("DATABRICKS_CONFIG_PROFILE", "prod")]).unwrap_err();
    let text = error.to_string();
    assert!(
        text.ends_with("has no profile `prod`; it has: DEFAULT, dev"),
        "{text}"
    );
}

#[test]
fn dot_env_is_weaker_than_the_environment_and_stronger_than_a_profile() {
    let dot_env = "DATABRICKS_CONFIG_PROFILE=dev\nDATABRICKS_WAREHOUSE_ID=\"w1\"\n";
    let given = given(TWO, dot_env, &[("DATABRICKS_WAREHOUSE_ID", "w2")]).unwrap();
    assert_eq!(given.get(setting::HOST), Some("dev.com"));
    assert_eq!(given.get(setting::WAREHOUSE_ID), Some("w2"));
}

#[test]
fn dot_env_cannot_send_a_credential_from_elsewhere_to_its_host() {
    let dot_env = "DATABRICKS_HOST=https://evil.example\n";
    for variables in [
        [("DATABRICKS_TOKEN", "t")],
        [("DATABRICKS_CONFIG_PROFILE", "dev")],
    ] {
        let error = given(TWO, dot_env, &variables).unwrap_err().to_string();
        assert!(error.contains("`.env` may not send `token`"), "{error}");
    }
    let both = "DATABRICKS_HOST=https://own.example\nDATABRICKS_TOKEN=t\n";
    assert!(given(TWO, both, &[]).is_ok());
    let program = given(TWO, "DATABRICKS_CLI_PATH=./evil\n", &[]).unwrap();
    assert_eq!(program.get(setting::DATABRICKS_CLI_PATH), None);
}

#[test]
fn dot_env_cannot_have_what_this_machine_has_sent_to_its_host() {
    let home = tempfile::tempdir().unwrap();
    let path = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    for name in ["id", "model-dependencies-oauth-token", "adc"] {
        std::fs::write(path(name), "{}").unwrap();
    }
    let folder = home.path().to_str().unwrap();
    let machine = [
        (
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "https://github.example/?a=b",
        ),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t"),
        ("DATABRICKS_OIDC_TOKEN", "t"),
        ("IS_IN_DB_MODEL_SERVING_ENV", "true"),
        ("SERVING_CREDENTIALS_DIR", folder),
    ];
    for (auth_type, more) in [
        ("env-oidc", String::new()),
        ("github-oidc", "DATABRICKS_CLIENT_ID=c".to_owned()),
        (
            "file-oidc",
            format!("DATABRICKS_OIDC_TOKEN_FILEPATH={}", path("id")),
        ),
        (
            "google-credentials",
            format!("GOOGLE_CREDENTIALS={}", path("adc")),
        ),
        (
            "google-id",
            "DATABRICKS_GOOGLE_SERVICE_ACCOUNT=s".to_owned(),
        ),
        ("model-serving", String::new()),
        ("azure-cli", String::new()),
        ("azure-msi", "ARM_USE_MSI=true".to_owned()),
        ("github-oidc-azure", "ARM_CLIENT_ID=c".to_owned()),
    ] {
        let host = "DATABRICKS_HOST=https://evil.example";
        let dot_env = format!("{host}\nDATABRICKS_AUTH_TYPE={auth_type}\n{more}\n");
        let given = given("", &dot_env, &machine).unwrap();
        let found = super::Found { given, home: None };
        let error = found.make(lookup(&machine)).unwrap_err().to_string();
        let says = format!("cannot authenticate by `{auth_type}`: the host comes from `.env`");
        assert!(error.starts_with(&says), "{error}");
    }
    // Nor whom a login is refreshed with.
    let given = given(TWO, "DATABRICKS_DISCOVERY_URL=https://evil.example\n", &[]).unwrap();
    assert_eq!(given.get(setting::DISCOVERY_URL), None);
}

#[test]
fn two_kinds_of_credentials_are_ambiguous_until_one_is_forced() {
    let mut pairs = vec![
        ("DATABRICKS_HOST", "acme.com"),
        ("DATABRICKS_TOKEN", "t"),
        ("DATABRICKS_CLIENT_ID", "c"),
    ];
    let error = settings(&pairs).unwrap_err();
    assert!(
        matches!(&error, Error::Ambiguous { kinds } if kinds.len() == 2),
        "{error}"
    );
    pairs.push(("DATABRICKS_AUTH_TYPE", "pat"));
    assert_eq!(settings(&pairs).unwrap().credential.auth_type(), "pat");
}

#[test]
fn a_forced_credential_says_what_it_lacks() {
    let pairs = [
        ("DATABRICKS_HOST", "acme.com"),
        ("DATABRICKS_TOKEN", "t"),
        ("DATABRICKS_CLIENT_ID", "c"),
        ("DATABRICKS_AUTH_TYPE", "oauth-m2m"),
    ];
    assert_eq!(
        settings(&pairs).unwrap_err().to_string(),
        "cannot authenticate by `oauth-m2m`: `DATABRICKS_CLIENT_SECRET` is not set"
    );
    let pairs = [
        ("DATABRICKS_HOST", "a.com"),
        ("DATABRICKS_AUTH_TYPE", "pta"),
    ];
    let text = settings(&pairs).unwrap_err().to_string();
    assert!(
        text.starts_with("`DATABRICKS_AUTH_TYPE` cannot be used: `pta` is none of pat, basic"),
        "{text}"
    );
}

#[test]
fn the_files_path_may_begin_at_home() {
    let mut given = Given::default();
    given.offer(setting::CONFIG_FILE, "~/x/cfg".to_owned(), Origin::Flag);
    let path = settings::config_file(&given, Some(Path::new("/home/me")));
    assert_eq!(path.unwrap(), Path::new("/home/me/x/cfg"));
}
