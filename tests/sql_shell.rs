//! Promise: `databricks-mcp sql` runs what it is given, statement by statement, and prints every row that is wanted,
//! however many answers they take.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use serde_json::{Value, json};
use support::shell::Shell;

#[test]
fn statements_come_from_the_command_line_and_from_stdin() {
    let shell = Shell::open();
    let script = "select 1 as one; -- the first\nselect ';' as two;\n";
    let forms = [
        shell.run(&["sql", script]),
        shell.pipe(&["sql", "-"], script),
        shell.pipe(&["sql"], script),
    ];
    for done in forms {
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{done:?}");
        let lines: Vec<&str> = done.out.lines().map(str::trim).collect();
        assert_eq!(lines, ["one", "----", "1", "two", "----", ";"], "{done:?}");
    }
}

#[test]
fn the_first_statement_that_fails_is_the_last() {
    let shell = Shell::open();
    let done = shell.run(&[
        "sql",
        "select 1 as one; select * from nowhere; select 3 as three",
        "--csv",
    ]);
    assert_eq!((done.code, done.out.as_str()), (1, "one\n1\n"), "{done:?}");
    assert!(
        done.err.contains("nowhere") && done.err.contains("hint: "),
        "{done:?}"
    );
}

#[test]
fn all_rows_come_though_no_answer_holds_them() {
    let shell = Shell::open();
    let many = "select n, repeat('x', 60) as x from range(25000) as r(n)";
    let csv = shell.run(&["sql", many, "--csv"]);
    assert_eq!((csv.code, csv.err.as_str()), (0, ""), "{}", csv.err);
    let numbers: Vec<String> = csv
        .out
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap().to_owned())
        .collect();
    let wanted: Vec<String> = (0..25_000).map(|n| n.to_string()).collect();
    assert_eq!(numbers, wanted);
    let json = shell.run(&["sql", many, "--json", "--rows", "12000"]);
    let value: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(value["rows"].as_array().unwrap().len(), 12_000);
    assert_eq!(value["total_rows"], 25_000);
    let table = shell.run(&["sql", many]);
    assert_eq!(table.out.lines().count(), 1_002);
    assert_eq!(
        table.err,
        "rows shown: 1000 of 25000; `--rows` shows more, 0 all of them\n"
    );
}

#[test]
fn names_are_looked_for_where_the_flags_say() {
    let shell = Shell::open();
    let made = shell.run(&[
        "sql",
        "create schema main.shelf; create table main.shelf.books (title string)",
    ]);
    assert_eq!(
        (made.code, made.out.as_str(), made.err.as_str()),
        (0, "", ""),
        "{made:?}"
    );
    let read = shell.run(&[
        "sql",
        "select count(*) as n from books",
        "--catalog",
        "main",
        "--schema",
        "shelf",
        "--csv",
    ]);
    assert_eq!((read.code, read.out.as_str()), (0, "n\n0\n"), "{read:?}");
}

#[test]
fn what_destroys_is_asked_about_as_any_call() {
    let shell = Shell::open();
    let refused = shell.pipe(
        &["sql"],
        "create table main.default.doomed (a int);\ndrop table main.default.doomed;\n",
    );
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(
        refused.err.contains("doomed") && refused.err.contains("`--yes`"),
        "{refused:?}"
    );
    assert_eq!(
        shell
            .run(&["sql", "drop table main.default.doomed", "--yes"])
            .code,
        0
    );
    assert_eq!(
        shell
            .run(&["sql", "create table main.default.t (a int)", "--read-only"])
            .code,
        4
    );
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_the_statement_and_starts_no_other() {
    let shell = Shell::open();
    let child = shell.start(&["sql", "select sandbox_sleep(600); select 'next'"], "");
    shell.states_of("sandbox_sleep(600)");
    let killed = std::process::Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(killed.unwrap().success());
    assert_eq!(support::shell::done(child).code, 130);
    assert_eq!(shell.states_of("sandbox_sleep(600)"), ["CANCELED"]);
    let history = shell.json("list_query_history", &json!({}));
    assert!(!history.to_string().contains("'next'"), "{history}");
}

#[test]
fn what_is_saved_is_all_of_it() {
    let shell = Shell::open();
    let done = shell.run(&["sql", "select 1 as a; select 2 as b", "--save", "all.csv"]);
    assert_eq!((done.code, done.out.as_str()), (0, ""), "{done:?}");
    let saved = std::fs::read_to_string(shell.folder.path().join("all.csv")).unwrap();
    assert_eq!(saved, "a\n1\nb\n2\n");
}

#[test]
fn an_empty_value_at_the_end_is_a_row_too() {
    let shell = Shell::open();
    let rows = "select * from (values ('a'), (null)) as t(v) order by v nulls last";
    let printed = shell.run(&["sql", rows, "--csv"]);
    assert_eq!(
        (printed.code, printed.out.as_str()),
        (0, "v\na\n\n"),
        "{printed:?}"
    );
    let none = shell.run(&["sql", "select 1 as one where false", "--csv"]);
    assert_eq!((none.code, none.out.as_str()), (0, "one\n"), "{none:?}");
}
