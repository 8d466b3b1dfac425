//! Every tool whose operation starts work waits for it, and for as long as its caller says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod made;
mod support;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use databricks_mcp::catalog::{Door, TOOLS, Wait};
use databricks_mcp::config::Settings;
use databricks_mcp::connect::Connections;
use databricks_mcp::context::{Context, Progress, Workspace};
use databricks_mcp::shape::Answer;
use databricks_mcp::tools;
use databricks_mcp::transport::{Call, Limits};
use made::specs::API;
use serde_json::{Map, Value, json};
use support::inventory::everything;
use support::recorder::{self, Recorder};
use tokio_util::sync::CancellationToken;

/// The waits of table tools, by tool.
fn waits() -> impl Iterator<Item = (&'static str, &'static Wait)> {
    TOOLS.iter().filter_map(|tool| match &tool.door {
        Door::Table(plan) => Some((tool.name, plan.wait.as_ref()?)),
        Door::Behaviour(_) => None,
    })
}

/// Behaviours that start work and wait for it.
const BEHAVIOURS: &[&str] = &[
    "cancel_command",
    "create_execution_context",
    "execute_command",
    "execute_command_simple",
    "execute_sql",
    "execute_sql_multi",
    "get_command_status",
    "get_statement",
    "run_notebook",
    "sync_repo_and_run_notebook",
];

/// Operations of the API documents that start work, as these say.
fn starting() -> BTreeSet<String> {
    let folder = std::fs::read_dir("specs/databricks").unwrap();
    let mut starting = BTreeSet::new();
    for file in folder {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let paths = document["paths"].as_object().unwrap();
        for operation in paths
            .values()
            .filter_map(Value::as_object)
            .flat_map(Map::values)
        {
            let waits = ["x-databricks-wait", "x-databricks-lro"];
            if waits.iter().any(|wait| !operation[*wait].is_null()) {
                starting.insert(operation["operationId"].as_str().unwrap().to_owned());
            }
        }
    }
    starting
}

#[test]
fn what_starts_work_waits_for_it() {
    let starting = starting();
    for known in ["clusters.start", "jobs.submit", "postgres.create_branch"] {
        assert!(starting.contains(known), "{known}");
    }
    // The documents know no wait for these.
    let waiting: Vec<&str> = waits().map(|(tool, _)| tool).collect();
    for tool in ["install_library", "create_vector_index", "start_pipeline"] {
        assert!(waiting.contains(&tool), "`{tool}` has no `wait`");
    }
    for tool in TOOLS {
        let Door::Table(plan) = &tool.door else {
            let starts = tool.operations.iter();
            let starts = starts.filter(|one| one.primary && starting.contains(one.id));
            assert!(
                starts.count() == 0 || BEHAVIOURS.contains(&tool.name),
                "`{}` starts work and waits for nothing",
                tool.name
            );
            continue;
        };
        if starting.contains(plan.request.operation) {
            assert!(
                plan.wait.is_some(),
                "`{}` sends `{}`, which starts work, and has no `wait`",
                tool.name,
                plan.request.operation
            );
        }
    }
}

#[test]
fn every_tool_that_waits_takes_the_seconds() {
    let inventory = everything();
    let tables = waits().map(|(tool, wait)| (tool, wait.within));
    let behaviours = BEHAVIOURS.iter().map(|tool| (*tool, "wait"));
    let mut seen = 0;
    for (tool, within) in tables.chain(behaviours) {
        let schema = &inventory.find(tool).unwrap().tool.input_schema;
        let kind = &schema["properties"][within]["type"];
        assert_eq!(kind, "number", "`{tool}` takes no `{within}`");
        seen += 1;
    }
    assert!(seen >= 40, "{seen}");
}

/// A call of a workspace whose calls may take this long.
fn context(host: &str, tool: &str, answer_within: Duration) -> Context {
    let settings = Settings::from_variables(|name| match name {
        "DATABRICKS_HOST" => Some(host.to_owned()),
        "DATABRICKS_TOKEN" => Some("secret-token".to_owned()),
        _ => None,
    });
    let limits = Limits {
        answer_within,
        ..Limits::default()
    };
    let connections = Connections::default();
    let workspace = Workspace::open_with(&settings.unwrap(), &connections, limits).unwrap();
    Context::new(
        workspace.into(),
        Call::new(tool),
        CancellationToken::new(),
        Progress::Silent,
    )
}

async fn call(context: &Context, tool: &str, arguments: Value) -> Answer {
    let Value::Object(arguments) = arguments else {
        panic!("arguments are an object")
    };
    let inventory = everything();
    tools::call(inventory.find(tool).unwrap(), context, arguments)
        .await
        .unwrap()
}

#[tokio::test]
async fn no_seconds_answer_at_once_with_the_way_on() {
    let starting = json!({ "cluster_id": "c", "state": "PENDING" });
    let recorder = Recorder::routes([("clusters/get", starting), ("", json!({}))]).await;
    let context = recorder::context(&recorder.host, "start_cluster");
    let arguments = json!({ "cluster_id": "c", "wait": 0 });
    let answer = call(&context, "start_cluster", arguments).await;
    assert!(
        answer.text.contains("Still PENDING after 0 s"),
        "{}",
        answer.text
    );
    assert_eq!(answer.structured["resume"]["tool"], "get_cluster");
    let polls = recorder.requests().len() - recorder.writes().len();
    assert_eq!(polls, 1, "it is asked once how it stands");
}

#[tokio::test]
async fn a_statement_is_only_submitted_where_nobody_waits() {
    let pending = json!({ "statement_id": "s1", "status": { "state": "PENDING" } });
    let recorder = Recorder::routes([("sql/statements", pending)]).await;
    let context = recorder::context(&recorder.host, "execute_sql");
    let arguments = json!({ "statement": "SELECT 1", "wait": 0 });
    let answer = call(&context, "execute_sql", arguments).await;
    assert_eq!(answer.structured["statement_id"], "s1");
    assert!(answer.text.contains("get_statement"), "{}", answer.text);
    let asks = |request: &String| request.contains("sql/statements/s1");
    assert_eq!(recorder.writes().len(), 1, "{:?}", recorder.requests());
    assert!(
        !recorder.requests().iter().any(asks),
        "{:?}",
        recorder.requests()
    );
}

#[tokio::test]
async fn a_call_waits_as_long_as_the_user_lets_it_and_no_longer() {
    let recorder = || async {
        let running = json!({ "run_id": 7, "state": { "life_cycle_state": "RUNNING" } });
        Recorder::routes([("runs/get?", running), ("", json!({ "run_id": 7 }))]).await
    };
    // Begun 50 s ago: over for a call that may take 45 s, however long its caller wants to wait.
    for (within, over) in [(45, true), (600, false)] {
        let recorder = recorder().await;
        let mut context = context(&recorder.host, "run_job", Duration::from_secs(within));
        context.since = Instant::now().checked_sub(Duration::from_secs(50)).unwrap();
        let cancel = context.cancel.clone();
        let waiting = call(
            &context,
            "wait_for_run_completion",
            json!({ "run_id": 7, "max_wait_seconds": 900 }),
        );
        let watch = async {
            while recorder.requests().len() < 3 {
                tokio::task::yield_now().await;
            }
            cancel.cancel();
        };
        let ended = tokio::select! {
            answer = waiting => Some(answer),
            () = watch => None,
        };
        assert_eq!(ended.is_some(), over, "{within}");
        if let Some(answer) = ended {
            assert!(answer.text.contains("after 45 s"), "{}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_state_that_nobody_knows_is_shown_and_not_waited_for_without_end() {
    for state in [
        json!({ "status": { "state": "HIBERNATING" } }),
        json!({ "state": { "life_cycle_state": "HIBERNATING" } }),
    ] {
        let run = json!({ "run_id": 7, "status": state["status"], "state": state["state"] });
        let recorder = Recorder::routes([("runs/get?", run), ("", json!({ "run_id": 7 }))]).await;
        for (tool, arguments) in [
            ("run_notebook", json!({ "notebook_path": "/nb" })),
            ("submit_run", json!({ "tasks": [{ "task_key": "a" }] })),
            ("wait_for_run_completion", json!({ "run_id": 7 })),
        ] {
            let mut context = recorder::context(&recorder.host, tool);
            context.since = Instant::now().checked_sub(Duration::from_secs(46)).unwrap();
            let answer = call(&context, tool, arguments).await;
            assert!(
                answer.text.contains("Still HIBERNATING"),
                "{tool}: {}",
                answer.text
            );
            assert_eq!(answer.structured["state"], "HIBERNATING", "{tool}");
            assert_eq!(
                answer.structured["resume"]["arguments"]["run_id"], 7,
                "{tool}"
            );
        }
        let context = recorder::context(&recorder.host, "get_run");
        let shown = call(&context, "get_run", json!({ "run_id": 7 })).await;
        assert_eq!(shown.structured["state"], "HIBERNATING");
    }
}

#[tokio::test]
async fn libraries_are_waited_for_together() {
    let all = |one: &str, other: &str| {
        let of = |status: &str| json!({ "library": { "pypi": { "package": "p" } }, "status": status, "messages": ["no such p"] });
        json!({ "cluster_id": "c", "library_statuses": [of(one), of(other)] })
    };
    let arguments = || json!({ "cluster_id": "c", "libraries": [{ "pypi": { "package": "p" } }] });
    let recorder = Recorder::start([
        (200, json!({})),
        (200, all("INSTALLED", "RESOLVING")),
        (200, all("INSTALLED", "INSTALLED")),
    ])
    .await;
    let context = recorder::context(&recorder.host, "install_library");
    let answer = call(&context, "install_library", arguments()).await;
    assert_eq!(answer.structured["libraries"][1]["status"], "INSTALLED");
    let recorder = Recorder::start([(200, json!({})), (200, all("INSTALLED", "FAILED"))]).await;
    let context = recorder::context(&recorder.host, "install_library");
    let inventory = everything();
    let entry = inventory.find("install_library").unwrap();
    let Value::Object(arguments) = arguments() else {
        panic!("an object")
    };
    let error = tools::call(entry, &context, arguments).await.unwrap_err();
    assert!(error.text().contains("no such p"), "{}", error.text());
}

/// The least value that a schema takes: what it requires, and nothing else.
fn least(schema: &Value) -> Value {
    let schema = API.resolve(schema);
    if let Some(Value::Array(words)) = schema.get("enum") {
        return words[0].clone();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => json!("text"),
        Some("integer" | "number") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([]),
        _ => {
            let required = schema.get("required").and_then(Value::as_array);
            let required = required.into_iter().flatten().filter_map(Value::as_str);
            let made = required.map(|name| (name.to_owned(), least(&schema["properties"][name])));
            Value::Object(made.collect())
        }
    }
}

#[tokio::test]
async fn submit_run_carries_every_type_of_task() {
    let submit = API.operation("jobs.submit").unwrap();
    let facts = API.arguments(submit);
    let tasks = facts.iter().find(|one| one.name == "tasks").unwrap();
    let task = API.resolve(&API.resolve(&tasks.schema)["items"]).clone();
    let properties = task["properties"].as_object().unwrap();
    let kinds: Vec<&String> = properties
        .keys()
        .filter(|name| name.ends_with("_task"))
        .collect();
    assert!(kinds.len() >= 15, "{kinds:?}");
    for kind in kinds {
        let recorder = Recorder::routes([("", json!({ "run_id": 7 }))]).await;
        let context = recorder::context(&recorder.host, "submit_run");
        let work = least(&properties[kind]);
        let tasks = json!([{ "task_key": "a", kind.as_str(): work.clone() }]);
        call(&context, "submit_run", json!({ "tasks": tasks, "wait": 0 })).await;
        let sent = recorder.writes().join("");
        let (_, body) = sent.split_once(" {").expect("a body");
        let body: Value = serde_json::from_str(&format!("{{{body}")).unwrap();
        assert_eq!(body["tasks"][0][kind.as_str()], work, "{kind}");
    }
}

#[tokio::test]
async fn a_run_that_somebody_has_cancelled_is_no_success() {
    let ended = json!({
        "run_id": 5,
        "state": { "life_cycle_state": "TERMINATED", "result_state": "CANCELED", "state_message": "Run cancelled." },
        "status": { "state": "TERMINATED", "termination_details": {
            "code": "USER_CANCELED", "type": "SUCCESS", "message": "Run cancelled." } },
    });
    let mut alone = ended.clone();
    alone.as_object_mut().unwrap().remove("status");
    let mut newer = ended.clone();
    newer.as_object_mut().unwrap().remove("state");
    for ended in [ended, alone, newer] {
        let recorder = Recorder::routes([
            ("runs/get?", ended),
            ("run-now", json!({ "run_id": 5 })),
            ("jobs/get", json!({})),
        ])
        .await;
        let context = recorder::context(&recorder.host, "run_job");
        let inventory = everything();
        let arguments = json!({ "job_id": 1 }).as_object().unwrap().clone();
        let answer = tools::call(inventory.find("run_job").unwrap(), &context, arguments).await;
        let error = answer.unwrap_err().to_string();
        let first = error.lines().next().unwrap();
        assert!(
            first.contains("CANCELED") && !first.contains("SUCCESS"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_state_without_a_name_is_told_in_words() {
    let index = json!({ "name": "a.b.c", "status": { "ready": false, "message": "Index is being built." } });
    let recorder = Recorder::routes([("indexes", index)]).await;
    let context = recorder::context(&recorder.host, "create_vector_index");
    let arguments = json!({
        "name": "a.b.c", "endpoint_name": "e", "primary_key": "id", "index_type": "DIRECT_ACCESS", "wait": 0,
        "direct_access_index_spec": { "schema_json": "{}" },
    });
    let answer = call(&context, "create_vector_index", arguments).await;
    assert!(
        answer
            .text
            .starts_with("Still under way: Index is being built after 0 s."),
        "{}",
        answer.text
    );
    let operation = json!({ "name": "projects/p/operations/o", "done": false });
    let recorder = Recorder::routes([("", operation)]).await;
    let context = recorder::context(&recorder.host, "create_postgres_project");
    let answer = call(
        &context,
        "create_postgres_project",
        json!({ "project_id": "p", "wait": 0 }),
    )
    .await;
    assert!(
        answer.text.starts_with("Still under way after 0 s."),
        "{}",
        answer.text
    );
}
