//! Promise: `save_to` writes the whole result of a statement to a file of this machine, a volume or a table, row for
//! row, in constant memory, and replaces or half-writes nothing. The built binary against the sandbox.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::path::PathBuf;

use databricks_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};
use support::binary::{Binary, Era, text};

struct Stage {
    _sandbox: Running,
    server: Binary,
    folder: tempfile::TempDir,
}

fn stage(options: Options, more: &[(&str, &str)]) -> Stage {
    let sandbox = Sandbox::start(Options {
        speed: 1_000.0,
        ..options
    })
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut variables = vec![
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_MCP_ROOTS", folder.path().to_str().unwrap()),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
    ];
    variables.extend(more);
    let server = Binary::start(Era::Session, &variables);
    Stage {
        _sandbox: sandbox,
        server,
        folder,
    }
}

impl Stage {
    fn local(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.local(path)).unwrap()
    }

    fn ok(&mut self, tool: &str, arguments: Value) -> (Value, String) {
        let result = self.server.call(tool, arguments.clone());
        let said = text(&result);
        assert_ne!(result["isError"], true, "{tool} {arguments}: {said}");
        (result["structuredContent"].clone(), said)
    }

    fn refused(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.server.call(tool, arguments.clone());
        let said = text(&result);
        assert_eq!(result["isError"], true, "{tool} {arguments}: {said}");
        said
    }

    /// The most memory that the server has held, in MiB.
    fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        let kilobytes = line.unwrap().split_whitespace().nth(1).unwrap();
        kilobytes.parse::<u64>().unwrap() / 1024
    }

    /// Saves a series of numbers with a text, and finds all of them in the file.
    fn save_series(&mut self, count: u64) -> u64 {
        let statement = format!(
            "SELECT value AS n, concat('row ', CAST(value AS STRING)) AS t FROM generate_series(0, {})",
            count - 1
        );
        let save = json!({ "statement": statement, "save_to": "series.csv" });
        let rest = self.peak();
        let (mut page, mut said) = self.ok("execute_sql", save);
        while let Some(id) = page["transfer_id"].as_str() {
            (page, said) = self.ok("get_transfer", json!({ "transfer_id": id }));
        }
        assert_eq!(page["total_rows"], count, "{said}");
        let file = std::fs::File::open(self.local("series.csv")).unwrap();
        assert_eq!(page["bytes"], file.metadata().unwrap().len());
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(file));
        assert_eq!(lines.next().unwrap().unwrap(), "n,t");
        let mut next = 0;
        for line in lines {
            assert_eq!(line.unwrap(), format!("{next},row {next}"));
            next += 1;
        }
        assert_eq!(next, count);
        self.peak() - rest
    }
}

const ODD: &str = "SELECT * FROM (VALUES \
    (1, 'plain', CAST(1.50 AS DECIMAL(10,2)), true, DATE '2026-01-01'), \
    (2, 'comma, \"quote\"', CAST(NULL AS DECIMAL(10,2)), false, NULL), \
    (3, '', CAST(-0.25 AS DECIMAL(10,2)), NULL, DATE '1999-12-31'), \
    (4, 'two\nlines', CAST(7 AS DECIMAL(10,2)), true, NULL), \
    (5, NULL, CAST(8 AS DECIMAL(10,2)), true, NULL), \
    (9007199254740993, 'größer 🦀', CAST(9 AS DECIMAL(10,2)), true, NULL)) \
    AS t(`a b`, `q\"`, `d,d`, `ok`, `day`) ORDER BY 1";

#[test]
fn odd_names_and_values_survive_in_both_formats() {
    let mut stage = stage(Options::default(), &[]);
    let (page, said) = stage.ok(
        "execute_sql",
        json!({ "statement": ODD, "save_to": "odd.csv" }),
    );
    assert!(said.starts_with("Saved 6 rows"), "{said}");
    assert_eq!(page["path"], stage.local("odd.csv").to_str().unwrap());
    assert_eq!(page["rows"].as_array().unwrap().len(), 5);
    let file = stage.read("odd.csv");
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    let header: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    assert_eq!(header, ["a b", "q\"", "d,d", "ok", "day"]);
    let rows: Vec<Vec<String>> = reader
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect();
    assert_eq!(rows[0], ["1", "plain", "1.50", "true", "2026-01-01"]);
    assert_eq!(rows[1], ["2", "comma, \"quote\"", "", "false", ""]);
    assert_eq!(rows[3][1], "two\nlines");
    // NULL is nothing, an empty text is a text.
    assert!(file.contains("\n3,\"\",-0.25,,1999-12-31\n"), "{file}");
    assert!(file.contains("\n5,,8.00,true,\n"), "{file}");

    stage.ok(
        "execute_sql",
        json!({ "statement": ODD, "save_to": "below/odd.jsonl" }),
    );
    let lines: Vec<String> = stage
        .read("below/odd.jsonl")
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(lines.len(), 6);
    assert_eq!(
        lines[0],
        r#"{"a b":1,"q\"":"plain","d,d":1.50,"ok":true,"day":"2026-01-01"}"#
    );
    assert!(
        lines[5].starts_with(r#"{"a b":9007199254740993,"q\"":"größer 🦀","#),
        "{}",
        lines[5]
    );
}

#[test]
fn arrow_is_one_stream_of_all_chunks() {
    let faults = ["truncate,path=/presigned/results/*,times=2"];
    let options = Options {
        chunk_rows: 700,
        faults: faults.iter().map(|fault| fault.parse().unwrap()).collect(),
        ..Options::default()
    };
    let mut stage = stage(options, &[]);
    let statement = "SELECT value AS n, concat('row ', CAST(value AS STRING)) AS t FROM generate_series(1, 3000)";
    let save = json!({ "statement": statement, "save_to": "r.arrows" });
    let (page, said) = stage.ok("execute_sql", save);
    assert!(said.starts_with("Saved 3000 rows"), "{said}");
    let file = std::fs::File::open(stage.local("r.arrows")).unwrap();
    assert_eq!(page["bytes"], file.metadata().unwrap().len());
    let reader = arrow_ipc::reader::StreamReader::try_new(file, None).unwrap();
    let mut texts = Vec::new();
    for batch in reader {
        let column = format!("{:?}", batch.unwrap().column(1).slice(0, 1));
        texts.push(column.split('"').nth(1).unwrap().to_owned());
    }
    assert_eq!(texts.first().unwrap(), "row 1");
    let file = std::fs::File::open(stage.local("r.arrows")).unwrap();
    let reader = arrow_ipc::reader::StreamReader::try_new(file, None).unwrap();
    let rows: usize = reader.map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(rows, 3000);
    let refused = json!({ "statement": "SELECT 1 AS a WHERE false", "save_to": "empty.arrows" });
    stage.refused("execute_sql", refused);
}

#[test]
fn a_local_file_is_replaced_only_when_the_user_has_agreed() {
    let mut stage = stage(Options::default(), &[]);
    let save = |more: Value| {
        let mut arguments = json!({ "statement": "SELECT 1 AS a", "save_to": "a.csv" });
        arguments
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        arguments
    };
    std::fs::write(stage.local("a.csv"), "mine").unwrap();
    let refused = stage.refused("execute_sql", save(json!({})));
    assert!(refused.contains("exists already"), "{refused}");
    let asked = stage.refused("execute_sql", save(json!({ "overwrite": true })));
    assert!(asked.contains("Replace the file a.csv?"), "{asked}");
    assert_eq!(stage.read("a.csv"), "mine");
    stage.ok(
        "execute_sql",
        save(json!({ "overwrite": true, "confirm": true })),
    );
    assert_eq!(stage.read("a.csv"), "a\n1\n");
    for path in ["../out.csv", "/etc/out.csv", ".hidden.csv", "a.xlsx", "a"] {
        let refused = json!({ "statement": "SELECT 1", "save_to": path });
        stage.refused("execute_sql", refused);
    }
    // What fails leaves nothing behind.
    let broken = json!({ "statement": "SELECT * FROM main.default.nowhere", "save_to": "b.csv" });
    stage.refused("execute_sql", broken);
    let left: Vec<_> = std::fs::read_dir(stage.folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn a_result_goes_to_a_volume_and_to_a_table_without_passing_through_the_model() {
    let mut stage = stage(Options::default(), &[]);
    let place = "/Volumes/main/default/landing/saved/r.csv";
    let statement = "SELECT value AS n FROM generate_series(1, 3000)";
    let save = json!({ "statement": statement, "save_to": place });
    let (page, _) = stage.ok("execute_sql", save.clone());
    assert_eq!(page["path"], place);
    let (read, _) = stage.ok("download_file", json!({ "path": place }));
    assert!(
        read["content"].as_str().unwrap().starts_with("n\n1\n2\n"),
        "{read}"
    );
    let refused = stage.refused("execute_sql", save);
    assert!(refused.contains("exists already"), "{refused}");

    let save = json!({ "statement": statement, "save_to": "main.default.saved_rows" });
    let (page, said) = stage.ok("execute_sql", save.clone());
    assert_eq!(page["path"], "`main`.`default`.`saved_rows`");
    // The service answers such a statement with a count that has no value.
    assert_eq!(page["total_rows"], 3000, "{page}");
    assert_eq!(page["columns"], json!([]), "{page}");
    let read = "execute_sql with `SELECT * FROM main.default.saved_rows`";
    assert!(said.starts_with("Saved 3000 rows to "), "{said}");
    assert!(said.contains(read), "{said}");
    assert!(page["note"].as_str().unwrap().contains(read), "{page}");
    let create = "CREATE TABLE main.default.by_hand AS SELECT 1 AS n";
    let (_, said) = stage.ok("execute_sql", json!({ "statement": create }));
    assert!(!said.contains("0 rows"), "{said}");
    let one = json!({ "statement": "SELECT 1 AS n", "save_to": "main.default.`odd one`" });
    let (_, said) = stage.ok("execute_sql", one);
    assert!(said.starts_with("Saved 1 row to "), "{said}");
    assert!(
        said.contains("`SELECT * FROM `main`.`default`.`odd one``"),
        "{said}"
    );
    let count = json!({ "statement": "SELECT count(*) FROM main.default.saved_rows" });
    assert_eq!(
        stage.ok("execute_sql", count.clone()).0["rows"],
        json!([[3000]])
    );
    // It is there now: nothing is replaced without a word.
    let taken = stage.refused("execute_sql", save);
    assert!(taken.contains("`overwrite: true`"), "{taken}");
    let none =
        json!({ "statement": "SHOW TABLES IN main.default", "save_to": "main.default.none" });
    let none = stage.refused("execute_sql", none);
    assert!(none.contains("the rows of a query go to a table"), "{none}");
    let replace = json!({ "statement": "SELECT 1 AS n", "save_to": "main.default.saved_rows", "overwrite": true });
    let asked = stage.refused("execute_sql", replace);
    assert!(asked.contains("CREATE OR REPLACE TABLE"), "{asked}");
    assert_eq!(stage.ok("execute_sql", count).0["rows"], json!([[3000]]));
}

#[test]
fn a_statement_that_ran_before_is_saved_too() {
    let mut stage = stage(Options::default(), &[]);
    let statement = "SELECT value AS n FROM generate_series(1, 2500)";
    let (page, _) = stage.ok(
        "execute_sql",
        json!({ "statement": statement, "max_rows": 1 }),
    );
    let id = page["statement_id"].clone();
    let save = json!({ "statement_id": id, "save_to": "again.ndjson" });
    let (page, _) = stage.ok("get_statement", save.clone());
    assert_eq!(page["total_rows"], 2500);
    let file = stage.read("again.ndjson");
    assert_eq!(file.lines().count(), 2500);
    assert_eq!(file.lines().last().unwrap(), r#"{"n":2500}"#);
    let refused = stage.refused("get_statement", save);
    assert!(refused.contains("exists already"), "{refused}");
    let place = "/Volumes/main/default/landing/again.csv";
    let save = json!({ "statement_id": id, "save_to": place });
    let (page, _) = stage.ok("get_statement", save.clone());
    assert_eq!(
        (&page["path"], &page["total_rows"]),
        (&json!(place), &json!(2500))
    );
    let (read, _) = stage.ok("download_file", json!({ "path": place }));
    assert!(
        read["content"].as_str().unwrap().starts_with("n\n1\n2\n"),
        "{read}"
    );
    let refused = stage.refused("get_statement", save);
    assert!(refused.contains("exists already"), "{refused}");
}

impl Stage {
    /// The id of a statement that has run.
    fn ran(&mut self, statement: &str) -> Value {
        let run = json!({ "statement": statement, "max_rows": 1 });
        self.ok("execute_sql", run).0["statement_id"].clone()
    }

    fn rows(&mut self, statement: &str) -> Value {
        self.ok("execute_sql", json!({ "statement": statement })).0["rows"].clone()
    }

    /// The tables of the default schema whose names begin so.
    fn tables(&mut self, begin: &str) -> Vec<String> {
        let rows = self.rows("SHOW TABLES IN main.default");
        let names = rows
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|row| row.as_array().unwrap());
        let names = names.filter_map(Value::as_str).map(str::to_owned);
        names.filter(|name| name.starts_with(begin)).collect()
    }
}

#[test]
fn the_rows_of_a_statement_become_a_table_without_running_it_again() {
    let mut stage = stage(Options::default(), &[]);
    let id = stage.ran(ODD);
    let save = json!({ "statement_id": id, "save_to": "main.default.odd" });
    let (page, said) = stage.ok("get_statement", save.clone());
    assert!(
        said.starts_with("Saved 6 rows to `main`.`default`.`odd`"),
        "{said}"
    );
    assert!(said.contains("`SELECT * FROM main.default.odd`"), "{said}");
    assert_eq!(
        (&page["path"], &page["total_rows"]),
        (&json!("`main`.`default`.`odd`"), &json!(6))
    );
    let types = |page: &Value| -> Vec<Value> {
        let columns = page["columns"].as_array().unwrap().iter();
        columns
            .map(|column| json!([column["name"], column["type"]]))
            .collect()
    };
    let (first, _) = stage.ok("execute_sql", json!({ "statement": ODD }));
    let saved = json!({ "statement": "SELECT * FROM main.default.odd ORDER BY 1" });
    let (saved, _) = stage.ok("execute_sql", saved);
    assert_eq!(types(&saved), types(&first));
    assert_eq!(saved["rows"], first["rows"]);
    let refused = stage.refused("get_statement", save);
    assert!(refused.contains("here nothing is replaced"), "{refused}");

    let none = json!({ "statement_id": "none", "save_to": "main.default.of_none" });
    let refused = stage.refused("get_statement", none);
    assert!(
        refused.contains("was not found") && !refused.contains("may go on"),
        "{refused}"
    );

    // One that writes has written once, however often its answer is saved.
    stage.ran("CREATE TABLE main.default.log (n INT)");
    let id = stage.ran("INSERT INTO main.default.log VALUES (7)");
    for table in ["main.default.answer", "main.default.answer_2"] {
        stage.ok(
            "get_statement",
            json!({ "statement_id": id, "save_to": table }),
        );
    }
    assert_eq!(
        stage.rows("SELECT count(*) FROM main.default.log"),
        json!([[1]])
    );

    let id = stage.ran("SELECT 1 AS a, 'x' AS b WHERE false");
    let save = json!({ "statement_id": id, "save_to": "main.default.none" });
    let (page, _) = stage.ok("get_statement", save);
    assert_eq!(page["total_rows"], 0);
    assert_eq!(stage.rows("SELECT * FROM main.default.none"), json!([]));
}

#[test]
fn more_rows_than_a_statement_carries_become_one_table_or_none() {
    let series = "SELECT value AS n, concat('row ', CAST(value AS STRING)) AS t FROM generate_series(1, 12000)";
    let options = || Options {
        chunk_rows: 5_500,
        ..Options::default()
    };
    let mut whole = stage(options(), &[]);
    let id = whole.ran(series);
    let save = json!({ "statement_id": id, "save_to": "main.default.saved" });
    let (page, _) = whole.ok("get_statement", save.clone());
    assert_eq!(page["total_rows"], 12_000, "{page}");
    let sums = "SELECT count(*), count(DISTINCT n), min(t), sum(n) FROM main.default.saved";
    assert_eq!(
        whole.rows(sums),
        json!([[12_000, 12_000, "row 1", 72_006_000]])
    );
    assert_eq!(whole.tables("saved"), ["saved"]);
    let refused = whole.refused("get_statement", save);
    assert!(refused.contains("exists already"), "{refused}");
    assert_eq!(whole.tables("saved"), ["saved"]);

    // Its last rows cannot be read: what was gathered is taken away.
    let fault = "500,path=/api/2.0/sql/statements/*/result/chunks/2";
    let mut broken = stage(
        Options {
            faults: vec![fault.parse().unwrap()],
            ..options()
        },
        &[],
    );
    let id = broken.ran(series);
    let save = json!({ "statement_id": id, "save_to": "main.default.saved" });
    broken.refused("get_statement", save);
    assert_eq!(broken.tables("saved"), Vec::<String>::new());
}

#[test]
fn a_saving_that_waits_for_its_statement_tells_the_state_of_that() {
    let mut stage = stage(Options::default(), &[]);
    let sleeps = json!({ "statement": "SELECT sandbox_sleep(600)", "wait": 0 });
    let (page, _) = stage.ok("execute_sql", sleeps);
    let id = page["statement_id"].clone();
    let save = json!({ "statement_id": id, "save_to": "later.csv", "wait": 1 });
    let (page, said) = stage.ok("get_statement", save);
    assert_eq!(
        (&page["state"], &page["statement_id"]),
        (&json!("running"), &id)
    );
    let standing = format!("now RUNNING: statement {}", id.as_str().unwrap());
    assert!(said.contains(&standing), "{said}");
    let transfer = json!({ "transfer_id": page["transfer_id"], "wait": 0 });
    let (transfer, said) = stage.ok("get_transfer", transfer);
    assert!(said.contains(&standing), "{said}");
    let transfer = json!({ "transfer_id": transfer["transfer_id"] });
    stage.server.call("cancel_transfer", transfer);
    let cancelled = json!({ "statement_id": id });
    stage.ok("cancel_statement", cancelled);
}

#[test]
fn read_only_saves_here_and_nowhere_else() {
    let mut stage = stage(Options::default(), &[("DATABRICKS_MCP_READ_ONLY", "true")]);
    for save_to in ["/Volumes/main/default/landing/x.csv", "main.default.x"] {
        let save = json!({ "statement": "SELECT 1 AS a", "save_to": save_to });
        let refused = stage.refused("execute_sql", save);
        assert!(refused.contains("read-only"), "{refused}");
        let save = json!({ "statement_id": "none", "save_to": save_to });
        let refused = stage.refused("get_statement", save);
        assert!(refused.contains("read-only mode refuses"), "{refused}");
    }
    let save = json!({ "statement": "SELECT 1 AS a", "save_to": "here.csv" });
    stage.ok("execute_sql", save);
    assert_eq!(stage.read("here.csv"), "a\n1\n");
}

/// Of 100,000 rows, or as many as `make soak` asks for.
#[test]
#[expect(clippy::print_stdout, reason = "`make soak` shows the figure")]
fn many_rows_take_no_more_memory_than_a_few() {
    let asked = std::env::var("SOAK_ROWS")
        .ok()
        .map(|rows| rows.parse().unwrap());
    let options = Options {
        chunk_rows: 20_000,
        ..Options::default()
    };
    let rows = asked.unwrap_or(100_000);
    // Above rest: a binary that is not optimized takes most of its memory for itself.
    let grown = stage(options, &[]).save_series(rows);
    println!("{rows} rows, {grown} MiB above rest at most");
    assert!(grown < 30, "{grown} MiB");
}

#[test]
fn links_that_expire_and_connections_that_break_change_nothing() {
    let faults = [
        "truncate,path=/presigned/results/*,times=6",
        "403,path=/presigned/results/*,times=1",
        "reset,path=/presigned/results/*,times=3",
    ];
    let options = Options {
        chunk_rows: 5_000,
        faults: faults.iter().map(|fault| fault.parse().unwrap()).collect(),
        ..Options::default()
    };
    stage(options, &[]).save_series(40_000);
}
