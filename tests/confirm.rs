//! Confirmation before deleting or replacing: by elicitation in both protocol eras, by an argument
//! otherwise, and with a time limit.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use rmcp::model::{
    CallToolRequestParams, ClientCapabilities, ElicitRequestParams, ElicitResult,
    ElicitationAction, ErrorData, Implementation, InitializeRequestParams, ProtocolVersion,
};
use rmcp::service::{ClientLifecycleMode, RequestContext, serve_client_with_lifecycle};
use rmcp::transport::TokioChildProcess;
use rmcp::{ClientHandler, RoleClient};
use serde_json::{Value, json};
use support::binary::{Binary, Era, text};
use support::recorder::Recorder;

const ERAS: [Era; 2] = [Era::Session, Era::Alone];
const QUESTION: &str = "Delete job 7?";
const SENT: &str = "POST /api/2.2/jobs/delete {\"job_id\":7}";

async fn workspace() -> Recorder {
    Recorder::routes([("/", json!({}))]).await
}

fn variables(recorder: &Recorder) -> Vec<(&str, &str)> {
    vec![
        ("DATABRICKS_HOST", recorder.host.as_str()),
        ("DATABRICKS_TOKEN", "secret-token"),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
    ]
}

fn connect(era: Era, recorder: &Recorder, capabilities: Value) -> Binary {
    Binary::launch(era, &[], &variables(recorder), capabilities)
}

fn asks() -> Value {
    json!({ "elicitation": {} })
}

fn call(arguments: Value) -> Value {
    json!({ "name": "delete_job", "arguments": arguments })
}

fn yes() -> Value {
    json!({ "action": "accept", "content": { "confirm": true } })
}

/// Calls in a session and returns the id of the call and the server's question.
fn asked(binary: &mut Binary) -> (u64, Value) {
    let id = binary.ask("tools/call", call(json!({ "job_id": 7 })));
    let question = binary.message();
    assert_eq!(question["method"], "elicitation/create", "{question}");
    (id, question)
}

fn reply(binary: &mut Binary, question: &Value, result: &Value) {
    binary.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }));
}

/// The call that a client of the newer era repeats with the user's answer.
fn again(arguments: Value, state: &Value, answer: Value) -> Value {
    let mut call = call(arguments);
    call["requestState"] = state.clone();
    call["inputResponses"] = json!({ "confirm": answer });
    call
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_cannot_ask_gets_the_question_and_confirms_by_argument() {
    for era in ERAS {
        for capabilities in [json!({}), json!({ "elicitation": { "url": {} } })] {
            let recorder = workspace().await;
            let mut binary = connect(era, &recorder, capabilities);
            let refused = binary.call("delete_job", json!({ "job_id": 7 }));
            assert_eq!(refused["isError"], true);
            assert_eq!(
                text(&refused),
                "Delete job 7?\nhint: ask the user, then call again with `confirm: true`"
            );
            assert!(recorder.writes().is_empty(), "{era:?}");
            let done = binary.call("delete_job", json!({ "job_id": 7, "confirm": true }));
            assert_ne!(done["isError"], true, "{done}");
            assert_eq!(recorder.writes(), [SENT], "{era:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn yes_asks_nobody() {
    for era in ERAS {
        for (flags, yes) in [(vec!["--yes"], "0"), (vec![], "1")] {
            let recorder = workspace().await;
            let mut variables = variables(&recorder);
            variables.push(("DATABRICKS_MCP_YES", yes));
            let mut binary = Binary::launch(era, &flags, &variables, asks());
            let done = binary.call("delete_job", json!({ "job_id": 7 }));
            assert_ne!(done["isError"], true, "{done}");
            assert_eq!(recorder.writes(), [SENT]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_asked_and_a_yes_goes_on() {
    let recorder = workspace().await;
    let mut binary = connect(Era::Session, &recorder, asks());
    let (id, question) = asked(&mut binary);
    let params = &question["params"];
    assert_eq!(params["message"], QUESTION);
    let schema = &params["requestedSchema"];
    assert_eq!(schema["properties"]["confirm"]["type"], "boolean");
    assert_eq!(schema["required"], json!(["confirm"]));
    assert!(recorder.writes().is_empty());
    reply(&mut binary, &question, &yes());
    let done = binary.answer(id).0;
    assert_eq!(done["result"]["isError"], false, "{done}");
    assert_eq!(recorder.writes(), [SENT]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_user_can_be_asked_a_models_word_does_not_count() {
    let recorder = workspace().await;
    let params = call(json!({ "job_id": 7, "confirm": true }));
    let mut session = connect(Era::Session, &recorder, asks());
    session.ask("tools/call", params.clone());
    assert_eq!(session.message()["method"], "elicitation/create");
    let mut alone = connect(Era::Alone, &recorder, asks());
    let round = alone.request("tools/call", params);
    let result = &round["result"];
    assert_eq!(result["resultType"], "input_required", "{round}");
    assert!(recorder.writes().is_empty());
    // The same call with the user's answer goes through.
    let arguments = json!({ "job_id": 7, "confirm": true });
    let done = alone.request(
        "tools/call",
        again(arguments, &result["requestState"], yes()),
    );
    assert_eq!(done["result"]["isError"], false, "{done}");
    assert_eq!(recorder.writes(), [SENT]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_of_either_era_does_nothing() {
    let no = [
        json!({ "action": "decline" }),
        json!({ "action": "cancel" }),
        json!({ "action": "accept", "content": { "confirm": false } }),
        json!({ "action": "accept" }),
    ];
    let recorder = workspace().await;
    let mut session = connect(Era::Session, &recorder, asks());
    let mut alone = connect(Era::Alone, &recorder, asks());
    for answer in no {
        let (id, question) = asked(&mut session);
        reply(&mut session, &question, &answer);
        let first = session.answer(id).0;
        let round = alone.request("tools/call", call(json!({ "job_id": 7 })));
        let state = &round["result"]["requestState"];
        let params = again(json!({ "job_id": 7 }), state, answer);
        let second = alone.request("tools/call", params);
        for refused in [first, second] {
            assert_eq!(refused["result"]["isError"], true, "{refused}");
            assert!(
                text(&refused["result"])
                    .starts_with("declined: Delete job 7?\nhint: nothing was done")
            );
        }
    }
    assert!(recorder.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_nobody_answers_ends_and_says_how_to_confirm() {
    let recorder = workspace().await;
    let mut variables = variables(&recorder);
    variables.push(("DATABRICKS_MCP_CONFIRM_TIMEOUT", "1"));
    let mut binary = Binary::launch(Era::Session, &[], &variables, asks());
    let (id, question) = asked(&mut binary);
    let (refused, before) = binary.answer(id);
    assert_eq!(refused["result"]["isError"], true);
    assert_eq!(
        text(&refused["result"]),
        "nothing was done: `Delete job 7?` was not answered: nobody answered within 1 s\n\
         hint: call again when the user can answer; for unattended use, the user can start the server with `--yes`"
    );
    assert_eq!(before[0]["method"], "notifications/cancelled");
    assert_eq!(before[0]["params"]["requestId"], question["id"]);
    // A late answer does nothing.
    reply(&mut binary, &question, &yes());
    assert!(!binary.request("tools/list", json!({}))["result"]["tools"].is_null());
    assert!(recorder.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_fails_to_ask_ends_the_call_and_a_cancelled_call_the_question() {
    let recorder = workspace().await;
    let mut binary = connect(Era::Session, &recorder, asks());
    let (id, question) = asked(&mut binary);
    let error = json!({ "code": -32601, "message": "Method not found" });
    binary.send(&json!({ "jsonrpc": "2.0", "id": question["id"], "error": error }));
    let refused = binary.answer(id).0;
    assert!(
        text(&refused["result"]).contains("the client could not ask"),
        "{refused}"
    );
    let (id, question) = asked(&mut binary);
    let cancel = json!({ "requestId": id, "reason": "the user left" });
    binary
        .send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": cancel }));
    let over = binary.message();
    assert_eq!(over["method"], "notifications/cancelled", "{over}");
    assert_eq!(over["params"]["requestId"], question["id"]);
    assert!(recorder.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newer_era_is_asked_by_the_answer_and_comes_again() {
    let recorder = workspace().await;
    let mut binary = connect(Era::Alone, &recorder, asks());
    let round = binary.request("tools/call", call(json!({ "job_id": 7 })));
    let result = &round["result"];
    assert_eq!(result["resultType"], "input_required", "{round}");
    let request = &result["inputRequests"]["confirm"];
    assert_eq!(request["method"], "elicitation/create");
    assert_eq!(request["params"]["message"], QUESTION);
    assert!(recorder.writes().is_empty());
    let params = again(json!({ "job_id": 7 }), &result["requestState"], yes());
    let done = binary.request("tools/call", params);
    assert_eq!(done["result"]["isError"], false, "{done}");
    assert_eq!(recorder.writes(), [SENT]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_to_another_call_or_of_another_process_is_asked_anew() {
    let recorder = workspace().await;
    let mut binary = connect(Era::Alone, &recorder, asks());
    let mut other = connect(Era::Alone, &recorder, asks());
    let round = binary.request("tools/call", call(json!({ "job_id": 7 })));
    let state = round["result"]["requestState"].clone();
    let mut tampered = state.as_str().unwrap().to_owned();
    let last = if tampered.pop() == Some('A') {
        'B'
    } else {
        'A'
    };
    tampered.push(last);
    let foreign = other.request("tools/call", call(json!({ "job_id": 7 })));
    for (job, state) in [
        (8, state.clone()),
        (7, json!(tampered)),
        (7, json!("rs1.AAAA.AAAA")),
        (7, foreign["result"]["requestState"].clone()),
        (7, Value::Null),
    ] {
        let params = again(json!({ "job_id": job }), &state, yes());
        let anew = binary.request("tools/call", params);
        assert_eq!(anew["result"]["resultType"], "input_required", "{anew}");
    }
    assert!(recorder.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_of_the_api_asks_like_every_tool() {
    let recorder = workspace().await;
    let mut binary = connect(Era::Session, &recorder, asks());
    let body = json!({ "operation": "jobs.delete", "arguments": { "job_id": 7 } });
    let params = json!({ "name": "api_call", "arguments": body });
    let id = binary.ask("tools/call", params);
    let question = binary.message();
    assert_eq!(
        question["params"]["message"],
        "Send `jobs.delete` with {\"job_id\":7}, which deletes, stops or replaces?"
    );
    reply(&mut binary, &question, &yes());
    assert_eq!(binary.answer(id).0["result"]["isError"], false);
    assert_eq!(recorder.writes(), [SENT]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_that_deletes_asks_and_other_sql_does_not() {
    let recorder = workspace().await;
    let mut binary = connect(Era::Alone, &recorder, asks());
    let sql = |statement: &str| json!({ "name": "execute_sql", "arguments": { "statement": statement, "warehouse_id": "w" } });
    let round = binary.request("tools/call", sql("DROP TABLE\nmain.default.t"));
    assert_eq!(
        round["result"]["inputRequests"]["confirm"]["params"]["message"],
        "Run this statement, which deletes, replaces or changes who may do what?\n- DROP deletes\n\
         - on main.default.t\nDROP TABLE\nmain.default.t"
    );
    assert!(recorder.writes().is_empty());
    binary.request("tools/call", sql("INSERT INTO t VALUES (1)"));
    assert!(recorder.writes()[0].starts_with("POST /api/2.0/sql/statements"));
}

#[tokio::test(flavor = "multi_thread")]
async fn sql_that_replaces_grants_acts_outside_or_cannot_be_placed_asks_by_either_way() {
    let recorder = workspace().await;
    let mut binary = connect(Era::Alone, &recorder, asks());
    let deep = format!("SELECT 1 WHERE {}true", "true AND ".repeat(200_000));
    for statement in [
        "UPDATE t SET a = 1 WHERE b = 2",
        "WITH s AS (SELECT 1) UPDATE t SET a = 1",
        "MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET *",
        "CREATE OR REPLACE VIEW v AS SELECT 1",
        "REFRESH MATERIALIZED VIEW v FULL",
        "GRANT SELECT ON t TO `all`",
        "DENY SELECT ON t TO u",
        "REVOKE SELECT ON t FROM u",
        "ALTER TABLE t SET OWNER TO u",
        "CALL p()",
        "EXECUTE IMMEDIATE 'SELECT 1'",
        "BEGIN IF true THEN DROP TABLE t; END IF; END",
        "EXPLAIN ANALYZE DELETE FROM t",
        "SELECT * FROM t, LATERAL remote_query('c', query => 'x')",
        "SELECT secret('a', 'b')",
        "FROM t INSERT OVERWRITE u SELECT *",
        "SELEC 1",
        &deep,
    ] {
        let sql = json!({ "statement": statement, "warehouse_id": "w" });
        let by_operation =
            json!({ "operation": "statement_execution.execute_statement", "arguments": &sql });
        for (tool, arguments) in [("execute_sql", &sql), ("api_call", &by_operation)] {
            let params = json!({ "name": tool, "arguments": arguments });
            let round = binary.request("tools/call", params);
            assert_eq!(
                round["result"]["resultType"], "input_required",
                "{statement:.80}: {round}"
            );
        }
    }
    assert!(recorder.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_question_shows_what_runs_and_nothing_that_hides_it() {
    let recorder = workspace().await;
    let mut binary = connect(Era::Alone, &recorder, asks());
    let statement =
        "-- a harmless look\nDELETE /* not */ FROM `a\u{202e}b` WHERE x = 'y\n\nIt is safe.'";
    let arguments =
        json!({ "statement": statement, "warehouse_id": "w", "catalog": "main", "schema": "shop" });
    let round = binary.request(
        "tools/call",
        json!({ "name": "execute_sql", "arguments": arguments }),
    );
    assert_eq!(
        round["result"]["inputRequests"]["confirm"]["params"]["message"],
        "Run this statement in `main.shop`, which deletes, replaces or changes who may do what?\n- DELETE deletes rows\n\
         - on `a\\u{202e}b`\nDELETE FROM `a\\u{202e}b` WHERE x = 'y\\u{a}\\u{a}It is safe.'"
    );
    assert!(recorder.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_read_is_sent_unasked_and_ends_nothing() {
    let recorder = workspace().await;
    let mut binary = connect(Era::Alone, &recorder, asks());
    let long = format!("SELECT 1 WHERE {}true", "true AND ".repeat(5_363));
    let arguments = json!({ "statement": long, "warehouse_id": "w" });
    binary.request(
        "tools/call",
        json!({ "name": "execute_sql", "arguments": arguments }),
    );
    assert!(recorder.writes()[0].contains("true AND true"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_deep_in_the_arguments_is_told_before_the_user_is_asked() {
    let recorder = workspace().await;
    let level = json!({ "user_name": "a@example.com", "permission_level": "CAN_RUM" });
    let field = json!({ "user": "a@example.com", "permission_level": "CAN_RUN" });
    let of_job = |entry: Value| json!({ "object_type": "jobs", "object_id": "7", "access_control_list": [entry] });
    for (era, tool, arguments, wanted) in [
        (
            Era::Session,
            "set_permissions",
            of_job(level.clone()),
            "- `access_control_list.0.permission_level`: unknown value \"CAN_RUM\", did you mean `CAN_RUN`?",
        ),
        (
            Era::Alone,
            "set_permissions",
            of_job(level),
            "- `access_control_list.0.permission_level`: unknown value \"CAN_RUM\", did you mean `CAN_RUN`?",
        ),
        (
            Era::Alone,
            "set_permissions",
            of_job(field),
            "- unknown argument `access_control_list.0.user`, did you mean `user_name`?",
        ),
        (
            Era::Session,
            "reset_job",
            json!({ "job_id": 7, "new_settings": { "tasks": { "task_key": "a", "for_each_task": {
                "inputs": "[1]",
                "task": { "notebook_taks": { "notebook_path": "/a" } },
            } } } }),
            "- unknown argument `new_settings.tasks.0.for_each_task.task.notebook_taks`, did you mean `notebook_task`?",
        ),
        (
            Era::Session,
            "api_call",
            json!({ "operation": "jobs.reset", "arguments": { "job_id": 7, "new_settings": { "nmae": "n" } } }),
            "- unknown argument `new_settings.nmae`, did you mean `name`?",
        ),
        (
            Era::Session,
            "delete_schema",
            json!({ "full_name": " " }),
            "- `full_name` is empty; the request needs it",
        ),
        (
            Era::Alone,
            "api_call",
            json!({ "operation": "catalogs.delete", "arguments": { "name": "" } }),
            "- `name` is empty; the request needs it",
        ),
    ] {
        let mut binary = connect(era, &recorder, asks());
        let refused = binary.call(tool, arguments);
        assert_eq!(refused["isError"], true, "{refused}");
        assert!(text(&refused).contains(wanted), "{}", text(&refused));
    }
    assert!(recorder.writes().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_about_is_what_is_sent() {
    let recorder = workspace().await;
    let mut binary = connect(Era::Alone, &recorder, asks());
    // Wrapped, as text, and with a model's word for the user's.
    let wrapped = json!({ "params": { "job_id": "7", "confirm": true } });
    let round = binary.request("tools/call", call(wrapped));
    let result = &round["result"];
    assert_eq!(result["resultType"], "input_required", "{round}");
    assert_eq!(
        result["inputRequests"]["confirm"]["params"]["message"],
        QUESTION
    );
    // The agreement counts for what the call means, however it is written.
    let plain = again(json!({ "job_id": 7 }), &result["requestState"], yes());
    let done = binary.request("tools/call", plain);
    assert_eq!(done["result"]["isError"], false, "{done}");
    assert_eq!(recorder.writes(), [SENT]);
}

/// A client of the SDK whose user agrees.
#[derive(Clone)]
struct Agreeing;

impl ClientHandler for Agreeing {
    fn get_info(&self) -> InitializeRequestParams {
        InitializeRequestParams::new(
            ClientCapabilities::builder().enable_elicitation().build(),
            Implementation::new("test", "1"),
        )
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _context: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        let ElicitRequestParams::FormElicitationParams { message, .. } = request else {
            return Ok(ElicitResult::new(ElicitationAction::Cancel));
        };
        assert_eq!(message, QUESTION);
        Ok(ElicitResult::new(ElicitationAction::Accept).with_content(json!({ "confirm": true })))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sdks_own_client_asks_its_user_in_both_eras() {
    for mode in [
        ClientLifecycleMode::Initialize,
        ClientLifecycleMode::Discover {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        },
    ] {
        let recorder = workspace().await;
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_databricks-mcp"));
        command.arg("start").env_clear().envs(variables(&recorder));
        let transport = TokioChildProcess::new(command).unwrap();
        let client = serve_client_with_lifecycle(Agreeing, transport, mode)
            .await
            .unwrap();
        let arguments = json!({ "job_id": 7 });
        let request = CallToolRequestParams::new("delete_job")
            .with_arguments(arguments.as_object().unwrap().clone());
        let done = client.call_tool(request).await.unwrap();
        assert_ne!(done.is_error, Some(true), "{done:?}");
        assert_eq!(recorder.writes(), [SENT]);
        client.cancel().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_the_same_for_clients_that_can_ask_and_those_that_cannot() {
    let recorder = workspace().await;
    for era in ERAS {
        let list = |capabilities: Value| {
            let answer = connect(era, &recorder, capabilities).request("tools/list", json!({}));
            answer["result"].to_string()
        };
        let cannot = list(json!({}));
        assert_eq!(cannot, list(asks()), "{era:?}");
        assert!(cannot.contains("\"confirm\""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_names_the_workspace_where_there_are_several() {
    let recorder = workspace().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("databrickscfg");
    let section =
        |name: &str| format!("[{name}]\nhost = {}\ntoken = secret-token\n", recorder.host);
    std::fs::write(&file, section("dev") + &section("prod")).unwrap();
    let variables = [
        ("DATABRICKS_CONFIG_FILE", file.to_str().unwrap()),
        ("DATABRICKS_MCP_PROFILES", "dev,prod"),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
    ];
    let mut binary = Binary::launch(Era::Alone, &[], &variables, asks());
    let mut ask = |arguments: Value, state: &Value| {
        binary.request("tools/call", again(arguments, state, yes()))["result"].clone()
    };
    let to_prod = json!({ "job_id": 7, "workspace": "prod" });
    let round = ask(to_prod.clone(), &Value::Null);
    assert_eq!(
        round["inputRequests"]["confirm"]["params"]["message"],
        "Delete job 7? (workspace prod)"
    );
    // An agreement for one workspace does not count for another.
    let state = &round["requestState"];
    let to_dev = ask(json!({ "job_id": 7, "workspace": "dev" }), state);
    assert_eq!(to_dev["resultType"], "input_required", "{to_dev}");
    assert!(recorder.writes().is_empty());
    // The workspace is chosen also where it comes wrapped.
    let wrapped = ask(json!({ "params": to_prod }), &Value::Null);
    assert_eq!(
        wrapped["inputRequests"]["confirm"]["params"]["message"],
        "Delete job 7? (workspace prod)"
    );
    assert_eq!(ask(to_prod, state)["isError"], false);
    assert_eq!(recorder.writes(), [SENT]);
}
