//! Promises of the policy as a whole: what is refused, asked about and let through.
#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::*;
use crate::catalog::TOOLS;

fn tool(name: &str) -> &'static ToolSpec {
    TOOLS.iter().find(|tool| tool.name == name).unwrap()
}

fn admitted(rules: &Rules, name: &str, arguments: Value) -> Result<(), String> {
    let host = Url::parse("https://acme.cloud.databricks.com").unwrap();
    let arguments = arguments.as_object().unwrap().clone();
    let admitted = rules.admit(tool(name), &arguments, &host);
    admitted.map_err(|error| error.to_string())
}

#[test]
fn read_only_lets_through_what_reads() {
    let rules = Rules {
        read_only: true,
        ..Rules::default()
    };
    let call = |operation: &str| admitted(&rules, "api_call", json!({ "operation": operation }));
    let sql = |text: &str| admitted(&rules, "execute_sql", json!({ "statement": text }));
    assert_eq!(call("jobs.list"), Ok(()));
    assert_eq!(sql("SELECT 1"), Ok(()));
    assert!(call("jobs.delete").unwrap_err().contains("deletes"));
    assert_eq!(call("experiments.search_runs"), Ok(()));
    assert!(
        call("secrets.get_secret")
            .unwrap_err()
            .contains("shows a secret")
    );
    assert!(sql("DROP TABLE t").unwrap_err().contains("DROP"));
    assert_eq!(
        admitted(
            &Rules::default(),
            "execute_sql",
            json!({ "statement": "DROP TABLE t" })
        ),
        Ok(())
    );
}

#[test]
fn a_result_is_saved_nowhere_that_is_ruled_out() {
    let of = |excluded: &'static str| Rules {
        excluded: Exclusion::of(TOOLS.iter().filter(|tool| tool.name == excluded)),
        ..Rules::default()
    };
    let read_only = Rules {
        read_only: true,
        ..Rules::default()
    };
    let save = |rules: &Rules, to: &str| {
        let statement = json!({ "statement_id": "s", "save_to": to });
        admitted(rules, "get_statement", statement).is_ok()
    };
    let (file, volume, table) = ("a.csv", "/Volumes/a/b/c/d.csv", "a.b.c");
    for (rules, passes) in [
        (&Rules::default(), [true, true, true]),
        (&read_only, [true, false, false]),
        (&of("upload_file"), [true, false, true]),
        (&of("execute_sql"), [true, true, false]),
    ] {
        assert_eq!([file, volume, table].map(|to| save(rules, to)), passes);
    }
}

#[test]
fn what_a_call_saves_to_the_workspace_changes_it() {
    let changed = |name: &str, save_to: Value| {
        let given = json!({ "statement": "SELECT 1", "save_to": save_to });
        changes(tool(name), given.as_object().unwrap())
    };
    for name in ["execute_sql", "get_statement"] {
        for to in ["/Volumes/a/b/c/d.csv", "a.b.c"] {
            assert_eq!(changed(name, json!(to)), Changes::Anything);
        }
        assert_eq!(changed(name, json!("a.csv")), Changes::Nothing);
        assert_eq!(changed(name, Value::Null), Changes::Nothing);
    }
}

#[test]
fn the_account_is_not_called_in_a_workspace() {
    let rules = Rules::default();
    let refused = admitted(
        &rules,
        "api_call",
        json!({ "operation": "account_users.list" }),
    );
    let refused = refused.unwrap_err();
    assert!(refused.contains("it belongs to the account"), "{refused}");
}

#[test]
fn what_reads_asks_at_most_about_files_of_this_machine() {
    for tool in TOOLS.iter().filter(|tool| tool.access == Access::Read) {
        let confirm = tool.confirm.as_ref();
        let asks = confirm.is_some_and(|confirm| confirm.when != "overwrite")
            || !matches!(Judged::of(tool), Judged::Tool);
        assert!(!asks, "{}", tool.name);
    }
}

#[test]
fn confirm_counts_only_as_a_plain_yes_to_a_tool_that_asks() {
    let take = |name: &str, arguments: Value| {
        let mut arguments = arguments.as_object().unwrap().clone();
        let agreed = take_confirm(tool(name), &mut arguments);
        (agreed, arguments.contains_key(CONFIRM))
    };
    for name in ["delete_job", "execute_sql", "api_call"] {
        assert_eq!(take(name, json!({ "confirm": true })), (true, false));
        assert_eq!(take(name, json!({ "confirm": false })), (false, false));
        assert_eq!(take(name, json!({ "confirm": "true" })), (false, false));
        assert_eq!(take(name, json!({})), (false, false));
    }
    assert_eq!(
        take("create_job", json!({ "confirm": true })),
        (false, true)
    );
}

#[test]
fn that_there_is_no_file_says_nothing_of_the_files_of_a_folder() {
    let tool = tool("upload_file");
    for (path, recursive, looks) in [
        ("/Volumes/a/b/c/d", false, true),
        ("/Volumes/a/b/c/d", true, false),
        ("/Volumes/a/b/c/d/", false, false),
        // What DBFS and the workspace tree show may be a folder.
        ("dbfs:/d", true, true),
        ("/Workspace/d/", false, true),
    ] {
        let given = json!({ "path": path, "recursive": recursive, "overwrite": true });
        let given = given.as_object().unwrap();
        assert!(question(tool, given).is_some(), "{path}");
        assert_eq!(
            !targets(tool, given).is_empty(),
            looks,
            "{path} {recursive}"
        );
    }
}
