//! Promise: what is too large for an answer has an address beside its preview, and any process reads it there, whole
//! and in parts, under the same restrictions as the tools. The built binary against the sandbox, in both eras.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use databricks_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};
use support::binary::{Binary, Era, text};

const ERAS: [Era; 2] = [Era::Session, Era::Alone];

/// Rows of the large result.
const ROWS: u64 = 10_000;

fn sandbox() -> Running {
    Sandbox::start(Options {
        speed: 1_000.0,
        check_answers: true,
        ..Options::default()
    })
    .unwrap()
}

fn server(era: Era, sandbox: &Running, more: &[(&str, &str)]) -> Binary {
    let mut variables = vec![
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_MCP_YES", "true"),
    ];
    variables.extend(more);
    Binary::start(era, &variables)
}

fn called(server: &mut Binary, tool: &str, arguments: Value) -> Value {
    let result = server.call(tool, arguments);
    assert_ne!(result["isError"], true, "{tool}: {}", text(&result));
    result
}

fn links(result: &Value) -> Vec<String> {
    let blocks = result["content"].as_array().unwrap().iter();
    let links = blocks.filter(|block| block["type"] == "resource_link");
    links
        .map(|link| link["uri"].as_str().unwrap().to_owned())
        .collect()
}

/// Reads an address; its one content.
fn read(server: &mut Binary, uri: &str) -> Value {
    let answer = server.request("resources/read", json!({ "uri": uri }));
    let contents = answer["result"]["contents"].as_array();
    let contents = contents.unwrap_or_else(|| panic!("{uri}: {answer}"));
    assert_eq!(contents.len(), 1, "{uri}");
    assert_eq!(contents[0]["uri"], uri);
    contents[0].clone()
}

/// The message of an address that is not read.
fn refused(server: &mut Binary, uri: &str) -> String {
    let answer = server.request("resources/read", json!({ "uri": uri }));
    let message = answer["error"]["message"].as_str();
    message
        .unwrap_or_else(|| panic!("{uri}: {answer}"))
        .to_owned()
}

fn bytes(content: &Value) -> Vec<u8> {
    match (&content["text"], &content["blob"]) {
        (Value::String(text), Value::Null) => text.clone().into_bytes(),
        (Value::Null, Value::String(blob)) => STANDARD.decode(blob).unwrap(),
        _ => panic!("either text or a blob: {content}"),
    }
}

/// The authority of addresses in a sandbox.
fn workspace(sandbox: &Running) -> String {
    let host = sandbox.host();
    host.trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned()
}

#[test]
fn ten_thousand_rows_answer_small_and_the_link_pages_all_of_them_once_from_another_process_too() {
    let sandbox = sandbox();
    for era in ERAS {
        let mut one = server(era, &sandbox, &[]);
        let statement = format!(
            "SELECT n FROM (SELECT row_number() OVER (ORDER BY tpep_pickup_datetime) AS n \
             FROM samples.nyctaxi.trips) WHERE n <= {ROWS} ORDER BY n"
        );
        let asked = json!({ "statement": statement, "max_rows": ROWS });
        let result = called(&mut one, "execute_sql", asked);
        // Four characters are about one token.
        assert!(text(&result).len() < 20_000, "{}", text(&result).len());
        let links = links(&result);
        assert_eq!(links.len(), 1, "{result}");
        let mut other = server(era, &sandbox, &[]);
        for server in [&mut one, &mut other] {
            let mut numbers = Vec::new();
            let mut uri = Some(links[0].clone());
            while let Some(at) = uri {
                let page: Value =
                    serde_json::from_str(read(server, &at)["text"].as_str().unwrap()).unwrap();
                assert_eq!(page["total_rows"], ROWS);
                let rows = page["rows"].as_array().unwrap().iter();
                numbers.extend(rows.map(|row| row[0].as_u64().unwrap()));
                uri = page["next"].as_str().map(ToOwned::to_owned);
            }
            assert_eq!(numbers, (1..=ROWS).collect::<Vec<u64>>());
            // Pages of the reader's own size.
            let (result, _) = links[0].split_once("/rows/").unwrap();
            let part = format!("{result}/rows/7000-7099");
            let page: Value =
                serde_json::from_str(read(server, &part)["text"].as_str().unwrap()).unwrap();
            assert_eq!(page["rows"].as_array().unwrap().len(), 100);
            assert_eq!(page["rows"][0][0], 7001);
        }
    }
}

#[test]
fn a_notebook_of_ten_megabytes_answers_small_and_its_link_gives_it_byte_for_byte() {
    let sandbox = sandbox();
    let line = "print('caf\u{e9} \u{1f600} 100 %')\n";
    let source = format!(
        "# Databricks notebook source\n{}",
        line.repeat(10_000_000 / line.len())
    );
    for era in ERAS {
        let mut writer = server(era, &sandbox, &[]);
        let path = "/Users/large one#?";
        let arguments = json!({ "path": path, "content": source, "format": "SOURCE", "language": "PYTHON", "overwrite": true });
        called(&mut writer, "import_notebook", arguments);
        drop(writer);
        let mut server = server(era, &sandbox, &[]);
        let rest = at_rest(&mut server);
        let result = called(&mut server, "export_notebook", json!({ "path": path }));
        assert!(
            result.to_string().len() < 12_000,
            "{}",
            result.to_string().len()
        );
        let part = &result["structuredContent"];
        let (part, next) = (
            part["content"].as_str().unwrap(),
            part["next_offset"].as_u64(),
        );
        assert_eq!(Some(part.chars().count() as u64), next);
        assert!(source.starts_with(part));
        let on = json!({ "path": path, "offset": next });
        let on = called(&mut server, "export_notebook", on);
        let on = on["structuredContent"]["content"].as_str().unwrap();
        assert!(source[part.len()..].starts_with(on));
        let links = links(&result);
        assert_eq!(links.len(), 1);
        let exporting = peak(&server) - rest;
        // Another process reads it as well.
        let mut server = self::server(era, &sandbox, &[]);
        let rest = at_rest(&mut server);
        let whole = read(&mut server, &links[0]);
        assert!(bytes(&whole) == source.as_bytes());
        let reading = peak(&server) - rest;
        // It is there about twice at most: as it came and as it goes.
        assert!(
            exporting < 25 && reading < 25,
            "{exporting} and {reading} MiB above {rest}"
        );
        // In parts, of which some end in the middle of a character.
        let mut parts = Vec::new();
        while parts.len() < source.len() {
            let first = parts.len();
            let part = format!("{}?bytes={first}-{}", links[0], first + 3_000_000);
            parts.extend(bytes(&read(&mut server, &part)));
        }
        assert!(parts == source.as_bytes());
    }
}

/// The most memory that the server has held for something small, in MiB.
fn at_rest(server: &mut Binary) -> u64 {
    let table = json!({ "full_name": "samples.nyctaxi.trips" });
    called(server, "get_table", table);
    peak(server)
}

/// The most memory that the server has held, in MiB.
fn peak(server: &Binary) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let mut lines = status.lines();
    let line = lines.find(|line| line.starts_with("VmHWM:")).unwrap();
    let kib = line.split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() / 1024
}

#[test]
fn odd_names_and_bytes_are_read_as_they_were_written() {
    let sandbox = sandbox();
    let at = workspace(&sandbox);
    let toolsets = [("DATABRICKS_MCP_TOOLSETS", "default,volumes")];
    let mut server = server(Era::Session, &sandbox, &toolsets);
    for (name, content) in [
        ("a b#c?d&e 100%.txt", "line\r\nline\r\n"),
        ("\u{1f680}.txt", "\u{feff}mark"),
        ("empty", ""),
    ] {
        for (kind, folder) in [
            ("volume", "/Volumes/main/default/landing"),
            ("file", "/Shared"),
        ] {
            let path = format!("{folder}/{name}");
            let (tool, written) = match kind {
                "volume" => ("upload_file", json!({ "path": path, "content": content })),
                _ => (
                    "import_notebook",
                    json!({ "path": path, "content": content, "format": "RAW" }),
                ),
            };
            called(&mut server, tool, written);
            // As a client fills in the template: all that is not plain is encoded.
            let encoded: String = path.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let uri = format!("databricks://{at}/{kind}/{encoded}");
            assert_eq!(
                bytes(&read(&mut server, &uri)),
                content.as_bytes(),
                "{path}"
            );
        }
    }
    // What the session touched is listed by addresses that read the same.
    let listed = server.request("resources/list", json!({}));
    let listed = listed["result"]["resources"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 6, "{listed:?}");
    assert_eq!(
        bytes(&read(&mut server, listed[5]["uri"].as_str().unwrap())),
        b"line\r\nline\r\n"
    );
}

#[test]
fn a_table_a_job_and_a_run_are_read_as_their_tools_show_them() {
    let sandbox = sandbox();
    let at = workspace(&sandbox);
    for era in ERAS {
        let mut server = server(era, &sandbox, &[]);
        let table = called(
            &mut server,
            "get_table",
            json!({ "full_name": "samples.nyctaxi.trips" }),
        );
        let uri = format!("databricks://{at}/table/samples.nyctaxi.trips");
        let content = read(&mut server, &uri);
        assert_eq!(content["mimeType"], "application/json");
        let shown: Value = serde_json::from_str(content["text"].as_str().unwrap()).unwrap();
        assert_eq!(shown, table["structuredContent"]);
        let jobs = called(&mut server, "list_jobs", json!({}));
        let job = jobs["structuredContent"]["jobs"][0]["id"].clone();
        let job = job
            .as_str()
            .map_or_else(|| job.to_string(), ToOwned::to_owned);
        let uri = format!("databricks://{at}/job/{job}");
        let shown: Value =
            serde_json::from_str(read(&mut server, &uri)["text"].as_str().unwrap()).unwrap();
        assert_eq!(shown["id"].to_string().trim_matches('"'), job);
        let listed = server.request("resources/list", json!({}));
        let first = listed["result"]["resources"][0]["uri"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(first, uri);
        let none = refused(
            &mut server,
            &format!("databricks://{at}/table/samples.nyctaxi.none"),
        );
        assert!(none.contains("none"), "{none}");
    }
}

#[test]
fn what_the_user_has_ruled_out_is_read_at_no_address() {
    let sandbox = sandbox();
    let at = workspace(&sandbox);
    let words = |server: &mut Binary| {
        let answer = server.request("resources/templates/list", json!({}));
        let templates = answer["result"]["resourceTemplates"]
            .as_array()
            .unwrap()
            .clone();
        let names = templates
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<String>>()
    };
    for era in ERAS {
        let mut open = server(era, &sandbox, &[("DATABRICKS_MCP_READ_ONLY", "true")]);
        assert_eq!(
            words(&mut open),
            [
                "notebook",
                "file",
                "volume",
                "table",
                "job",
                "run",
                "statement"
            ]
        );
        let result = called(
            &mut open,
            "execute_sql",
            json!({ "statement": "SELECT * FROM samples.nyctaxi.trips LIMIT 3000" }),
        );
        let rows = links(&result).remove(0);
        read(&mut open, &rows);
        let mut without = server(
            era,
            &sandbox,
            &[("DATABRICKS_MCP_EXCLUDE", "get_statement")],
        );
        assert!(!words(&mut without).contains(&"statement".to_owned()));
        let message = refused(&mut without, &rows);
        assert!(message.contains("the user has excluded"), "{message}");
        // A tool that is another name of the same request takes it along.
        let mut without = server(
            era,
            &sandbox,
            &[("DATABRICKS_MCP_EXCLUDE", "export_notebook")],
        );
        for kind in ["notebook", "file"] {
            let message = refused(&mut without, &format!("databricks://{at}/{kind}/Users/x"));
            assert!(message.contains("the user has excluded"), "{message}");
        }
        // What no served tool shows is not shown either.
        let mut narrow = server(era, &sandbox, &[("DATABRICKS_MCP_TOOLS", "get_table")]);
        assert_eq!(words(&mut narrow), ["table"]);
        let message = refused(&mut narrow, &rows);
        assert!(message.contains("no tool is served"), "{message}");
    }
}

#[test]
fn an_address_leads_to_its_own_workspace_only() {
    let sandbox = sandbox();
    let mut server = server(Era::Session, &sandbox, &[]);
    let message = refused(
        &mut server,
        "databricks://elsewhere.cloud.databricks.com/table/samples.nyctaxi.trips",
    );
    assert!(message.contains("unknown workspace"), "{message}");
    for uri in [
        "file:///etc/passwd",
        "databricks:///table/a.b.c",
        "databricks://x/secrets/a",
    ] {
        refused(&mut server, uri);
    }
}

#[test]
fn capabilities_are_declared_for_what_is_served() {
    let sandbox = sandbox();
    let declared = |server: &mut Binary| {
        let answer = server.request("server/discover", json!({}));
        answer["result"]["capabilities"].clone()
    };
    let mut all = server(Era::Alone, &sandbox, &[]);
    assert!(declared(&mut all)["resources"].is_object());
    let mut none = server(
        Era::Alone,
        &sandbox,
        &[("DATABRICKS_MCP_TOOLS", "list_warehouses")],
    );
    assert!(declared(&mut none)["resources"].is_null());
}

#[test]
fn a_large_answer_of_an_operation_is_kept_whole_for_its_own_process() {
    let sandbox = sandbox();
    for era in ERAS {
        let toolsets = [("DATABRICKS_MCP_TOOLSETS", "default,server")];
        let mut one = server(era, &sandbox, &toolsets);
        let asked = json!({ "operation": "jobs.create", "arguments": {
            "name": "large", "description": "x".repeat(60_000),
            "tasks": [{ "task_key": "a", "notebook_task": { "notebook_path": "/Users/x" } }],
        } });
        let made = called(&mut one, "api_call", asked);
        assert!(links(&made).is_empty(), "{made}");
        let id = made["structuredContent"]["job_id"].clone();
        let asked = json!({ "operation": "jobs.get", "arguments": { "job_id": id } });
        let result = called(&mut one, "api_call", asked);
        assert!(text(&result).len() < 21_000);
        let uri = links(&result).remove(0);
        assert!(uri.contains("/kept/"), "{uri}");
        let whole = read(&mut one, &uri);
        let whole = whole["text"].as_str().unwrap();
        let job: Value = serde_json::from_str(whole).unwrap();
        assert_eq!(job["settings"]["description"], "x".repeat(60_000));
        let part = read(&mut one, &format!("{uri}?bytes=10-19"));
        assert_eq!(part["text"].as_str().unwrap(), &whole[10..20]);
        let mut other = server(era, &sandbox, &[]);
        let message = refused(&mut other, &uri);
        assert!(message.contains("is not kept any more"), "{message}");
        let cleared = called(&mut one, "clear_cache", json!({}));
        assert_eq!(cleared["structuredContent"]["kept"], 1);
        let message = refused(&mut one, &uri);
        assert!(message.contains("is not kept any more"), "{message}");
    }
}

#[test]
fn an_answer_is_kept_for_seconds_until_a_write_or_the_user_drops_it() {
    let sandbox = sandbox();
    for era in ERAS {
        let toolsets = [(
            "DATABRICKS_MCP_TOOLSETS",
            "default,server,warehouses,catalog_admin",
        )];
        let mut server = server(era, &sandbox, &toolsets);
        let is_cached = |result: &Value| !result["_meta"]["databricks-mcp/cached"].is_null();
        let list = |server: &mut Binary| called(server, "list_catalogs", json!({}));
        let first = list(&mut server);
        assert!(!is_cached(&first), "{first}");
        let second = list(&mut server);
        assert!(is_cached(&second), "{second}");
        assert_eq!(first["structuredContent"], second["structuredContent"]);
        // A read and a write of another service leave it.
        called(
            &mut server,
            "execute_sql",
            json!({ "statement": "SELECT 1" }),
        );
        let warehouse = json!({ "name": format!("cached {era:?}"), "cluster_size": "2X-Small" });
        called(&mut server, "create_warehouse", warehouse);
        assert!(is_cached(&list(&mut server)));
        let name = format!("cached_{era:?}").to_lowercase();
        called(&mut server, "create_catalog", json!({ "name": name }));
        let third = list(&mut server);
        assert!(!is_cached(&third));
        assert!(third.to_string().contains(&name), "{third}");
        // SQL that writes may change anything.
        let schema = format!("CREATE SCHEMA {name}.s");
        called(&mut server, "execute_sql", json!({ "statement": schema }));
        assert!(!is_cached(&list(&mut server)));
        assert!(is_cached(&list(&mut server)));
        let cleared = called(&mut server, "clear_cache", json!({}));
        assert_eq!(cleared["structuredContent"]["answers"], 1);
        assert!(!is_cached(&list(&mut server)));
    }
    let none = [("DATABRICKS_MCP_CACHE", "list_catalogs=0")];
    let mut server = server(Era::Session, &sandbox, &none);
    for _ in 0..2 {
        let result = called(&mut server, "list_catalogs", json!({}));
        assert!(result["_meta"]["databricks-mcp/cached"].is_null());
    }
}
