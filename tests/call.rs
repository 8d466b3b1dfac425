//! Promise: `databricks-mcp call` is the server at a shell: the same tools, policy and cancellation; data on stdout and
//! nothing else, an exit code that a script can use.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use serde_json::{Value, json};
use support::shell::{Done, Shell, command, done};

#[test]
fn rows_are_a_table_for_people_and_one_value_for_programs() {
    let shell = Shell::open();
    let select = "statement=select 1 as one, null as nothing, 'a b' as text";
    let Done { code, out, err } = shell.run(&["call", "execute_sql", select]);
    assert_eq!((code, err.as_str()), (0, ""));
    let lines: Vec<Vec<&str>> = out
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(lines[0], ["one", "nothing", "text"], "{out}");
    assert_eq!(lines[2], ["1", "NULL", "a", "b"], "{out}");
    assert_eq!(lines.len(), 3, "{out}");
    assert!(!out.contains('\u{1b}'), "{out:?}");
    let value = shell.json("execute_sql", &json!({ "statement": "select 1 as one" }));
    assert_eq!(value["rows"], json!([[1]]));
}

#[test]
fn arguments_come_as_pairs_as_one_object_and_from_stdin() {
    let shell = Shell::open();
    let object = r#"{"statement":"select :a as a","parameters":{"a":"x"}}"#;
    let pairs = ["statement=select :a as a", r#"parameters={"a":"x"}"#];
    let forms = [
        shell.run(&["call", "execute_sql", object, "--json"]),
        shell.run(&["call", "execute_sql", pairs[0], pairs[1], "--json"]),
        shell.run(&[
            "call",
            "execute_sql",
            pairs[0],
            "parameters:={\"a\":\"x\"}",
            "--json",
        ]),
        shell.pipe(&["call", "execute_sql", "-", "--json"], object),
    ];
    for done in forms {
        assert_eq!(done.code, 0, "{done:?}");
        let answer: Value = serde_json::from_str(&done.out).unwrap();
        assert_eq!(answer["rows"], json!([["x"]]));
    }
}

#[test]
fn every_tool_can_be_called_unless_the_settings_choose() {
    let shell = Shell::open();
    // Of toolsets that are not served by default, and by an alias.
    assert_eq!(shell.run(&["call", "list_secret_scopes"]).code, 0);
    assert_eq!(
        shell
            .run(&["call", "execute_dbsql", "statement=select 1"])
            .code,
        0
    );
    let chosen = shell.run(&["call", "list_secret_scopes", "--toolsets", "sql"]);
    assert_eq!(chosen.code, 4, "{chosen:?}");
    let excluded = shell.run(&["call", "list_jobs", "--exclude", "jobs"]);
    assert_eq!(excluded.code, 4, "{excluded:?}");
    let read_only = [
        "call",
        "execute_sql",
        "statement=create table t (a int)",
        "--read-only",
    ];
    let refused = shell.run(&read_only);
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(
        refused.err.contains("read-only mode refuses"),
        "{refused:?}"
    );
}

#[test]
fn what_fails_says_why_on_stderr_and_ends_with_its_number() {
    let shell = Shell::open();
    for (arguments, code, said) in [
        (
            &[
                "call",
                "execute_sql",
                "statement=select * from main.default.nowhere",
            ][..],
            1,
            "hint: ",
        ),
        (&["call", "execute_sqll"], 2, "did you mean `execute_sql`?"),
        (
            &["call", "execute_sql", "what"],
            2,
            "`what` is not `key=value`",
        ),
        (&["call", "execute_sql", "statemnt=1"], 2, "`statement`"),
        (&["call"], 2, "TOOL"),
    ] {
        let done = shell.run(arguments);
        assert_eq!((done.code, done.out.as_str()), (code, ""), "{done:?}");
        assert!(done.err.contains(said), "{done:?}");
    }
    let nowhere = done(command(&["call", "list_jobs"]).spawn().unwrap());
    assert_eq!((nowhere.code, nowhere.out.as_str()), (3, ""), "{nowhere:?}");
    assert!(
        nowhere.err.contains("hint: set `DATABRICKS_HOST`"),
        "{nowhere:?}"
    );
}

#[test]
fn what_destroys_is_refused_where_nobody_can_be_asked_and_done_with_yes() {
    let shell = Shell::open();
    let sql = |statement: &str, more: &[&str]| {
        let statement = format!("statement={statement}");
        shell.run(&[&["call", "execute_sql", &statement], more].concat())
    };
    assert_eq!(sql("create table main.default.doomed (a int)", &[]).code, 0);
    // The word of whoever wrote the arguments is not the user's.
    for more in [&[][..], &["confirm=true"]] {
        let refused = sql("drop table main.default.doomed", more);
        assert_eq!((refused.code, refused.out.as_str()), (4, ""), "{refused:?}");
        assert!(
            refused.err.contains("doomed") && refused.err.contains("`--yes`"),
            "{refused:?}"
        );
    }
    assert_eq!(sql("select * from main.default.doomed", &[]).code, 0);
    assert_eq!(sql("drop table main.default.doomed", &["--yes"]).code, 0);
    assert_eq!(sql("select * from main.default.doomed", &[]).code, 1);
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_the_statement_upstream() {
    let shell = Shell::open();
    let child = shell.start(
        &["call", "execute_sql", "statement=select sandbox_sleep(600)"],
        "",
    );
    shell.states_of("sandbox_sleep(600)");
    let killed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    let done = done(child);
    assert_eq!((done.code, done.out.as_str()), (130, ""), "{done:?}");
    assert_eq!(shell.states_of("sandbox_sleep(600)"), ["CANCELED"]);
}

#[test]
fn work_is_followed_to_its_end_whatever_an_agent_would_wait() {
    let shell = Shell::open();
    let slow = |more: &[&str]| {
        let mut child = command(
            &[
                &[
                    "call",
                    "execute_sql",
                    "statement=select sandbox_sleep(2) as slept",
                ],
                more,
            ]
            .concat(),
        );
        child
            .env("DATABRICKS_HOST", shell.sandbox.host())
            .env("DATABRICKS_TOKEN", shell.sandbox.token())
            .env("DATABRICKS_WAREHOUSE_ID", shell.sandbox.warehouse_id())
            .env("DATABRICKS_MCP_ANSWER_WITHIN", "1");
        done(child.spawn().unwrap())
    };
    let followed = slow(&[]);
    assert_eq!(
        (followed.code, followed.err.as_str()),
        (0, ""),
        "{followed:?}"
    );
    assert!(followed.out.starts_with("slept\n"), "{followed:?}");
    // Unless the call itself says how long to wait.
    let left = slow(&["wait=0"]);
    assert_eq!((left.code, left.out.as_str()), (0, ""), "{left:?}");
    assert!(left.err.contains("statement_id: "), "{left:?}");
}

#[test]
fn nothing_of_a_bar_is_in_a_pipe() {
    let shell = Shell::open();
    let done = shell.run(&[
        "call",
        "execute_sql",
        "statement=select sandbox_sleep(2) as slept",
    ]);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{done:?}");
    assert!(done.out.starts_with("slept\n"), "{done:?}");
}

#[test]
fn an_answer_is_saved_whole_and_replaces_nothing_unasked() {
    let shell = Shell::open();
    let saved = |more: &[&str]| {
        shell.run(
            &[
                &["call", "execute_sql", "statement=select 'a,b' as t"],
                more,
            ]
            .concat(),
        )
    };
    let read = |name: &str| std::fs::read_to_string(shell.folder.path().join(name)).unwrap();
    let csv = saved(&["--save", "rows.csv"]);
    assert_eq!((csv.code, csv.out.as_str()), (0, ""), "{csv:?}");
    assert_eq!(read("rows.csv"), "t\n\"a,b\"\n");
    let null = shell.run(&[
        "call",
        "execute_sql",
        "statement=select null as t",
        "--save",
        "null.csv",
    ]);
    assert_eq!(
        (null.code, read("null.csv").as_str()),
        (0, "t\n\n"),
        "{null:?}"
    );
    let again = saved(&["--save", "rows.csv"]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("`--force`"), "{again:?}");
    let json = saved(&["--save", "rows.csv", "--force", "--json"]);
    assert_eq!(json.code, 0, "{json:?}");
    let value: Value = serde_json::from_str(&read("rows.csv")).unwrap();
    assert_eq!(value["rows"], json!([["a,b"]]));
    // A pipe or a device would be gone for everybody.
    #[cfg(unix)]
    {
        let pipe = shell.folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let refused = saved(&["--save", "pipe", "--force"]);
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(refused.err.contains("no regular file"), "{refused:?}");
        assert!(!pipe.metadata().unwrap().is_file());
    }
}

#[test]
fn the_working_directory_is_the_folder_that_calls_may_use() {
    let shell = Shell::open();
    std::fs::create_dir(shell.folder.path().join("work")).unwrap();
    std::fs::write(shell.folder.path().join("work/a.txt"), "hello").unwrap();
    let upload = |folder: &str, local: &str| {
        let mut child = command(&[
            "call",
            "upload_file",
            &format!("local_path={local}"),
            "path=/Volumes/main/default/landing/a.txt",
        ]);
        child
            .env("DATABRICKS_HOST", shell.sandbox.host())
            .env("DATABRICKS_TOKEN", shell.sandbox.token())
            .current_dir(shell.folder.path().join(folder));
        done(child.spawn().unwrap())
    };
    let done = upload("work", "a.txt");
    assert_eq!(done.code, 0, "{done:?}");
    let outside = upload("work", "../secret.txt");
    assert_eq!(outside.code, 1, "{outside:?}");
}

#[test]
fn the_exit_codes_are_in_the_help() {
    let help = done(command(&["call", "--help"]).spawn().unwrap());
    for number in ["0  ", "1  ", "2  ", "3  ", "4  ", "130"] {
        assert!(
            help.out.contains(&format!("\n  {number}")),
            "{number}: {}",
            help.out
        );
    }
}

#[test]
fn lines_of_the_log_are_for_who_asks_for_them() {
    let shell = Shell::open();
    let call = |variable: &str| {
        let mut child = command(&["call", "execute_sql", "statement=select 1 as one"]);
        child
            .env("DATABRICKS_HOST", shell.sandbox.host())
            .env("DATABRICKS_TOKEN", shell.sandbox.token())
            .env("DATABRICKS_WAREHOUSE_ID", shell.sandbox.warehouse_id())
            .env(variable, "info");
        done(child.spawn().unwrap())
    };
    let (quiet, asked) = (call("LOG_LEVEL"), call("DATABRICKS_MCP_LOG"));
    assert_eq!((quiet.code, quiet.err.as_str()), (0, ""), "{quiet:?}");
    assert!(asked.err.contains("\"message\":\"answered\""), "{asked:?}");
    assert_eq!(asked.out, quiet.out);
}

#[test]
fn the_open_folder_restricts_what_may_be_called() {
    let shell = Shell::open();
    let file = shell.folder.path().join("databricks-mcp.yaml");
    std::fs::write(file, "toolsets: sql\nread_only: true\n").unwrap();
    for (arguments, code) in [
        (&["call", "execute_sql", "statement=select 1"][..], 0),
        (
            &[
                "call",
                "execute_sql",
                "statement=create table main.default.t (a int)",
            ],
            4,
        ),
        (&["call", "list_jobs"], 4),
        (&["call", "list_jobs", "--toolsets", "all", "--yes"], 4),
        (&["sql", "create table main.default.t (a int)"], 4),
    ] {
        let done = shell.run(arguments);
        assert_eq!(done.code, code, "{arguments:?}: {done:?}");
    }
}
