//! Attacks on the built binary that have succeeded once, as they were made: what was sent, and that nothing came of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use serde_json::{Value, json};
use support::binary::{Binary, Era, text};
use support::misbehaving::{Act, Misbehaving};
use support::recorder::Recorder;

/// MiB that the server may take, whatever it is sent.
#[cfg(target_os = "linux")]
const MEMORY: u64 = 250;

async fn workspace() -> Recorder {
    Recorder::routes([("/", json!({}))]).await
}

/// A server of every tool for a client that can ask its user.
fn asking(host: &str) -> Binary {
    let variables = [
        ("DATABRICKS_HOST", host),
        ("DATABRICKS_TOKEN", "secret-token"),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
    ];
    Binary::launch(Era::Alone, &[], &variables, json!({ "elicitation": {} }))
}

fn sent(binary: &mut Binary, tool: &str, arguments: &Value) -> Value {
    let params = json!({ "name": tool, "arguments": arguments });
    binary.request("tools/call", params)["result"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_envelope_carries_neither_a_deed_nor_an_agreement_past_the_question() {
    let recorder = workspace().await;
    let mut binary = asking(&recorder.host);
    let sql = json!({ "statement": "DROP TABLE t", "warehouse_id": "w" });
    let operation = json!({ "operation": "jobs.delete", "arguments": { "job_id": 7 } });
    for (tool, arguments) in [
        ("execute_sql", sql),
        ("delete_catalog", json!({ "name": "main", "force": true })),
        (
            "delete_workspace_object",
            json!({ "path": "/a", "recursive": true }),
        ),
        ("api_call", operation),
    ] {
        let mut agreed = arguments.clone();
        agreed["confirm"] = json!(true);
        let mut beside = arguments.clone();
        beside["params"] = json!({ "confirm": true });
        let mut twice = agreed.clone();
        twice["params"] = arguments.clone();
        for spelled in [
            json!({ "params": agreed }),
            json!({ "params": agreed.to_string() }),
            beside,
        ] {
            let asked = sent(&mut binary, tool, &spelled);
            assert_eq!(asked["resultType"], "input_required", "{spelled}: {asked}");
        }
        let refused = sent(&mut binary, tool, &twice);
        assert!(text(&refused).contains("given twice"), "{refused}");
        twice["params"] = json!({ "confrim": true });
        let refused = sent(&mut binary, tool, &twice);
        assert!(text(&refused).contains("unknown argument"), "{refused}");
    }
    assert!(recorder.writes().is_empty(), "{:?}", recorder.writes());
}

#[tokio::test(flavor = "multi_thread")]
async fn operations_that_show_a_secret_or_say_who_may_do_what_are_asked_about() {
    let recorder = workspace().await;
    let mut binary = asking(&recorder.host);
    for (operation, arguments) in [
        (
            "postgres.reveal_role_password",
            json!({ "project_id": "p", "branch_id": "b", "role_id": "r" }),
        ),
        (
            "credentials_manager.exchange_token",
            json!({ "partitionId": {}, "tokenType": ["AZURE_ACTIVE_DIRECTORY_TOKEN"], "scopes": [] }),
        ),
        (
            "recipient_activation.retrieve_token",
            json!({ "activation_url": "a" }),
        ),
        ("recipients.get", json!({ "name": "r" })),
        (
            "dbsql_permissions.set",
            json!({ "object_type": "queries", "object_id": "1", "access_control_list": [] }),
        ),
    ] {
        let call = json!({ "operation": operation, "arguments": arguments });
        let asked = sent(&mut binary, "api_call", &call);
        assert_eq!(
            asked["resultType"], "input_required",
            "{operation}: {asked}"
        );
    }
    // A look at the thing itself is all that was sent.
    let shows = |request: &String| request.contains("recipient") || !request.starts_with("GET ");
    let sent = recorder.requests();
    assert!(!sent.iter().any(shows), "{sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_owner_name_or_access_is_asked_about_by_whichever_door() {
    let recorder = workspace().await;
    let mut binary = asking(&recorder.host);
    let access = json!([{ "user_name": "a@example.com", "permission_level": "CAN_MANAGE" }]);
    let by_operation = |id: &str, given: Value| json!({ "operation": id, "arguments": given });
    for (tool, arguments) in [
        (
            "update_table",
            json!({ "full_name": "a.b.c", "owner": "x" }),
        ),
        ("update_catalog", json!({ "name": "a", "owner": "x" })),
        ("update_catalog", json!({ "name": "a", "new_name": "x" })),
        (
            "update_catalog",
            json!({ "name": "a", "isolation_mode": "OPEN" }),
        ),
        (
            "api_call",
            by_operation(
                "tables.update",
                json!({ "full_name": "a.b.c", "owner": "x" }),
            ),
        ),
        (
            "api_call",
            by_operation(
                "jobs.create",
                json!({ "name": "j", "access_control_list": access }),
            ),
        ),
        (
            "api_call",
            by_operation(
                "jobs.submit",
                json!({ "run_as": { "user_name": "a@example.com" } }),
            ),
        ),
        (
            "execute_sql",
            json!({ "statement": "ALTER TABLE a.b.c OWNER TO x", "warehouse_id": "w" }),
        ),
    ] {
        let asked = sent(&mut binary, tool, &arguments);
        assert_eq!(
            asked["resultType"], "input_required",
            "{arguments}: {asked}"
        );
    }
    assert!(recorder.writes().is_empty(), "{:?}", recorder.writes());
    // What can be changed back is not, and a comment stays as it was written.
    let comment = json!({ "name": "`a`", "comment": "`x`" });
    let done = sent(&mut binary, "update_catalog", &comment);
    assert_eq!(done["isError"], false, "{done}");
    let sent = recorder.writes();
    assert_eq!(
        sent,
        ["PATCH /api/2.1/unity-catalog/catalogs/a {\"comment\":\"`x`\"}"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_runs_once_however_often_it_is_brought() {
    let recorder = workspace().await;
    let mut binary = asking(&recorder.host);
    let call = json!({
        "name": "execute_sql",
        "arguments": { "statement": "DROP TABLE t", "warehouse_id": "w" },
    });
    let asked = binary.request("tools/call", call.clone())["result"].clone();
    let mut again = call;
    again["requestState"] = asked["requestState"].clone();
    again["inputResponses"] = json!({ "confirm": {
        "action": "accept", "content": { "confirm": true },
    }});
    // At the same time, and one after the other.
    let ids: Vec<u64> = (0..3)
        .map(|_| binary.ask("tools/call", again.clone()))
        .collect();
    let mut rounds: Vec<Value> = ids.into_iter().map(|id| binary.answer(id).0).collect();
    rounds.push(binary.request("tools/call", again));
    let asked = |round: &&Value| round["result"]["resultType"] == "input_required";
    assert_eq!(rounds.iter().filter(asked).count(), 3, "{rounds:?}");
    let sent = recorder.writes();
    assert_eq!(
        sent.iter()
            .filter(|sent| sent.contains("DROP TABLE t"))
            .count(),
        1,
        "{sent:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_shows_no_secret_whatever_it_is_called_and_wherever_it_stands() {
    let recorder = workspace().await;
    let mut binary = asking(&recorder.host);
    let secret = "marked-secret-9876";
    let settings = json!({
        "name": "r",
        "pem_private_key": [secret],
        "access_key": secret,
        "nested": [{ "openai_api_key_plaintext": secret }],
    });
    for (tool, arguments) in [
        (
            "api_call",
            json!({ "operation": "serving_endpoints.put_ai_gateway", "arguments": settings.clone() }),
        ),
        (
            "api_call",
            json!({ "operation": "secrets.put_secret", "arguments": { "scope": "s", "key": "k", "string_value": secret } }),
        ),
        (
            "put_secret",
            json!({ "scope": "s", "key": "k", "string_value": secret }),
        ),
    ] {
        let answer = sent(&mut binary, tool, &arguments).to_string();
        assert!(!answer.contains(secret), "{answer}");
    }
    let (_, log) = binary.close();
    assert!(!log.contains(secret), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_plain_and_its_store_the_right_one_before_anybody_is_asked() {
    let recorder = workspace().await;
    let mut binary = asking(&recorder.host);
    let quoted = json!({ "full_name": "`main`.`s`.t" });
    let asked = sent(&mut binary, "delete_table", &quoted);
    let message = &asked["inputRequests"]["confirm"]["params"]["message"];
    assert_eq!(message, "Delete table main.s.t?", "{asked}");
    // The agreement is to the thing, however its name is written.
    let mut again = json!({ "name": "delete_table", "arguments": { "full_name": "main.s.t" } });
    again["requestState"] = asked["requestState"].clone();
    again["inputResponses"] = json!({ "confirm": {
        "action": "accept", "content": { "confirm": true },
    }});
    let done = binary.request("tools/call", again)["result"].clone();
    assert_eq!(done["isError"], false, "{done}");
    let writes = recorder.writes();
    assert_eq!(writes, ["DELETE /api/2.1/unity-catalog/tables/main.s.t"]);
    for (tool, arguments) in [
        (
            "dbfs_delete",
            json!({ "path": "/Volumes/a/b/c/d", "recursive": true }),
        ),
        (
            "api_call",
            json!({ "operation": "dbfs.delete", "arguments": { "path": "dbfs:/Volumes/a/b/c/d" } }),
        ),
        ("delete_file", json!({ "path": "dbfs:/tmp/a" })),
    ] {
        let refused = sent(&mut binary, tool, &arguments);
        assert_eq!(refused["isError"], true, "{tool}: {refused}");
        assert!(text(&refused).contains("not"), "{refused}");
    }
    assert_eq!(recorder.writes().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_shape_of_a_statement_or_of_arguments_ends_the_server() {
    let recorder = workspace().await;
    let mut binary = asking(&recorder.host);
    let many = 60_000;
    for statement in [
        format!("SELECT 1 WHERE {}true", "true AND ".repeat(5_363)),
        format!("SELECT 1{}", " + 1".repeat(many)),
        format!(
            "SELECT CAST(a AS {}INT{})",
            "ARRAY<".repeat(many),
            ">".repeat(many)
        ),
        format!("SELECT 1{}", "::INT".repeat(many)),
        format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(many)),
        format!("SELECT 'a'{}", " || 'a'".repeat(many)),
        format!("SELECT {}1{}", "(".repeat(many), ")".repeat(many)),
        format!("SELECT {}1", "CASE WHEN ".repeat(many)),
        format!("SELECT {}1", "- ".repeat(many)),
        "BEGIN ".repeat(many),
    ] {
        let answer = sent(
            &mut binary,
            "execute_sql",
            &json!({ "statement": statement, "warehouse_id": "w" }),
        );
        assert!(answer.is_object(), "{statement:.60}");
    }
    // Arguments that nest as deep as a line may, also as text within text.
    let deep = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    let nested: Value = serde_json::from_str(&deep(50)).unwrap();
    for arguments in [
        json!({ "operation": "jobs.create", "arguments": { "tags": nested } }),
        json!({ "operation": "jobs.create", "arguments": deep(100_000) }),
        json!({ "params": format!("{{\"params\":{}}}", deep(100_000)) }),
    ] {
        let refused = sent(&mut binary, "api_call", &arguments);
        assert_eq!(refused["isError"], true, "{refused}");
    }
    assert!(sent(&mut binary, "health", &json!({})).is_object());
}

#[test]
fn a_workspace_that_says_nothing_or_never_ends_is_told_in_time_and_health_answers_meanwhile() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let service = runtime.block_on(Misbehaving::start(|_, seen| match seen.line() {
        line if line.contains("/jobs/list") => Act::Hang,
        line if line.contains("/clusters/list") => Act::Drip(" "),
        line if line.contains("/Me") => Act::ok(r#"{"userName":"me"}"#),
        _ => Act::ok("{}"),
    }));
    let variables = [
        ("DATABRICKS_HOST", service.host.as_str()),
        ("DATABRICKS_TOKEN", "x"),
        ("DATABRICKS_MCP_CALL_TIMEOUT", "3"),
    ];
    let mut binary = Binary::start(Era::Session, &variables);
    let call = |tool: &str| json!({ "name": tool, "arguments": {} });
    let silent = binary.ask("tools/call", call("list_jobs"));
    let dripping = binary.ask("tools/call", call("list_clusters"));
    let health = binary.ask("tools/call", call("health"));
    let (healthy, _) = binary.answer(health);
    assert_ne!(healthy["result"]["isError"], true, "{healthy}");
    for id in [silent, dripping] {
        let told = binary.answer(id).0["result"].clone();
        assert_eq!(told["isError"], true, "{told}");
        assert!(text(&told).contains("longer than 3 s"), "{}", text(&told));
    }
}

#[test]
fn work_that_was_handed_out_by_its_id_goes_on_without_the_client() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let service = runtime.block_on(Misbehaving::start(|_, seen| {
        Act::ok(if seen.line().ends_with("/run-now") {
            r#"{"run_id":5}"#
        } else {
            r#"{"run_id":5,"state":{"life_cycle_state":"RUNNING"}}"#
        })
    }));
    let variables = [
        ("DATABRICKS_HOST", service.host.as_str()),
        ("DATABRICKS_TOKEN", "x"),
    ];
    let mut binary = Binary::start(Era::Session, &variables);
    let started = binary.call("run_job", json!({ "job_id": 7, "wait": 0 }));
    assert!(started.to_string().contains("run_id"), "{started}");
    let (status, log) = binary.close();
    assert!(status.success(), "{log}");
    let seen = service.seen();
    assert!(
        !seen.iter().any(|seen| seen.line().contains("cancel")),
        "{seen:?}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn no_answer_of_a_workspace_fills_the_memory_or_ends_the_server() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let empty = format!("[{}{{}}]", "{},".repeat(20_000_000));
    let depth = 1_000_000;
    let deep = format!("{{\"jobs\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let wide = format!(
        "{{\"jobs\":[{{\"job_id\":1,\"settings\":{{{}\"z\":1}}}}]}}",
        r#""a":1,"#.repeat(400_000)
    );
    let far = "x".repeat(1 << 20);
    let Act::Answer(_, headers, member) = Act::bomb(1) else {
        unreachable!()
    };
    let acts = [
        Act::ok(&empty),
        Act::ok(&deep),
        Act::ok(&wide),
        Act::Answer(200, headers, member.repeat(2_000)),
        Act::status(400, &deep),
        Act::status(400, &format!("{{\"message\":\"{far}\"}}")),
        Act::status(302, "{}").with("location", "/api/2.2/jobs/list"),
        Act::ok("{}").with("x-wide", far),
        Act::status(429, "{}").with("retry-after", "99999999999999999999"),
        Act::status(503, "{}").with("retry-after", "-1"),
        Act::Answer(
            200,
            vec![("content-encoding", "gzip".to_owned())],
            b"no gzip".to_vec(),
        ),
        Act::Endless("{\"jobs\":["),
        Act::Short("{\"jobs\":["),
    ];
    let count = acts.len();
    for (number, act) in acts.into_iter().enumerate() {
        let service = runtime.block_on(Misbehaving::acts([act]));
        let variables = [
            ("DATABRICKS_HOST", service.host.as_str()),
            ("DATABRICKS_TOKEN", "x"),
            ("DATABRICKS_MCP_CALL_TIMEOUT", "5"),
        ];
        let mut binary = Binary::start(Era::Session, &variables);
        let answer = binary.call("list_jobs", json!({}));
        assert!(answer.to_string().len() < 100_000, "{number} of {count}");
        let status = std::fs::read_to_string(format!("/proc/{}/status", binary.id())).unwrap();
        let peak = status
            .lines()
            .find(|line| line.starts_with("VmHWM"))
            .unwrap();
        let kib: u64 = peak.split_whitespace().nth(1).unwrap().parse().unwrap();
        assert!(kib >> 10 < MEMORY, "{number} of {count}: {} MiB", kib >> 10);
        assert!(binary.request("tools/list", json!({}))["result"].is_object());
    }
}
