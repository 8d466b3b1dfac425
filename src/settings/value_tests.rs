//! Tests of the values that settings take and refuse.
#![allow(clippy::unwrap_used)]

use super::super::{Given, Origin, setting};
use super::*;

fn read<T: TryFrom<Value>>(setting: &Setting, text: &str) -> Result<T, String> {
    let mut given = Given::default();
    given.offer(setting, text.to_owned(), Origin::Flag);
    let found = given.read(setting).map_err(|error| error.to_string())?;
    Ok(found.unwrap())
}

#[test]
fn every_default_is_a_value_that_the_setting_takes() {
    for setting in setting::ALL {
        if let Some(default) = setting.default {
            setting.parse(default).unwrap();
        }
    }
}

#[test]
fn values_are_read_as_people_write_them() {
    assert_eq!(
        read::<Vec<String>>(setting::TOOLS, "a, b,,c ").unwrap(),
        ["a", "b", "c"]
    );
    for (text, on) in [("1", true), (" TRUE ", true), ("No", false), ("off", false)] {
        assert_eq!(read::<bool>(setting::YES, text), Ok(on), "{text}");
    }
    assert_eq!(read::<usize>(setting::IN_FLIGHT, " 8 "), Ok(8));
    assert_eq!(read::<f64>(setting::RATE_LIMIT, "0.5"), Ok(0.5));
    assert_eq!(
        read::<Duration>(setting::CALL_TIMEOUT, "1.5"),
        Ok(Duration::from_millis(1500))
    );
    let limits: BTreeMap<String, usize> =
        read(setting::TOOL_LIMITS, "execute_sql=4, run_job = 2").unwrap();
    assert_eq!(
        limits.into_iter().collect::<Vec<_>>(),
        [("execute_sql".to_owned(), 4), ("run_job".to_owned(), 2)]
    );
}

#[test]
fn what_is_not_set_has_its_default_or_none() {
    let given = Given::default();
    assert_eq!(given.read::<usize>(setting::IN_FLIGHT).unwrap(), Some(32));
    assert_eq!(given.read::<f64>(setting::RATE_LIMIT).unwrap(), None);
}

#[test]
fn one_yes_among_those_that_add_up_is_a_yes() {
    let read_only = |text| read::<bool>(setting::READ_ONLY, text);
    assert_eq!(read_only("0,true"), Ok(true));
    assert_eq!(read_only("0,false"), Ok(false));
    assert!(read_only("0,perhaps").is_err());
}

#[test]
fn what_cannot_be_used_is_said_in_one_form() {
    for (setting, text, reason) in [
        (
            setting::YES,
            "maybe",
            "`DATABRICKS_MCP_YES` cannot be used: `maybe` is not `true` or `false`",
        ),
        (
            setting::IN_FLIGHT,
            "0",
            "`DATABRICKS_MCP_IN_FLIGHT` cannot be used: `0` is not a whole number from 1 to 100000",
        ),
        (
            setting::RATE_LIMIT,
            "-1",
            "`DATABRICKS_RATE_LIMIT` cannot be used: `-1` is not a number from 0.001 to 1000000",
        ),
        (
            setting::CALL_TIMEOUT,
            "NaN",
            "`DATABRICKS_MCP_CALL_TIMEOUT` cannot be used: `NaN` is not seconds from 0.001 to 1000000",
        ),
        (
            setting::TOOL_LIMITS,
            "run_job=2,list_jobs",
            "`DATABRICKS_MCP_TOOL_LIMITS` cannot be used: `list_jobs` is not `tool=number`, \
             with a whole number from 1 to 100000",
        ),
        (
            setting::TOOL_LIMITS,
            "run_job=2,run_job=3",
            "`DATABRICKS_MCP_TOOL_LIMITS` cannot be used: `run_job` is given twice",
        ),
    ] {
        assert_eq!(read::<Duration>(setting, text).unwrap_err(), reason);
    }
}

#[test]
fn no_password_is_shown() {
    let shown = |setting: &Setting, text: &str| {
        let mut given = Given::default();
        given.offer(setting, text.to_owned(), Origin::Flag);
        given.shown(setting).unwrap()
    };
    assert_eq!(shown(setting::TOKEN, "dapi1"), "***");
    for text in ["http://me:secret@proxy:3128", "me:secret@proxy:3128"] {
        assert_eq!(
            shown(setting::HTTPS_PROXY, text),
            "http://me:***@proxy:3128/"
        );
    }
    assert_eq!(shown(setting::HTTPS_PROXY, "proxy:3128"), "proxy:3128");
}
