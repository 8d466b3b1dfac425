//! What each mode does with every operation of the API: a table that a reviewer reads.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::collections::BTreeMap;

use databricks_mcp::catalog::{OPERATIONS, Operation, TOOLS, ToolSpec};
use databricks_mcp::policy::{self, Rules};
use serde_json::{Map, Value, json};
use url::Url;

fn api_call() -> &'static ToolSpec {
    TOOLS.iter().find(|tool| tool.name == "api_call").unwrap()
}

fn call(operation: &Operation, arguments: Value) -> Map<String, Value> {
    let call = json!({ "operation": operation.id, "arguments": arguments });
    call.as_object().unwrap().clone()
}

/// What happens to the call by default, in read-only mode, and with `--yes`.
fn modes(operation: &Operation, arguments: Value) -> [&'static str; 3] {
    let tool = api_call();
    let call = call(operation, arguments);
    // The account's own operations are for its console only.
    let host = if operation.account {
        "https://accounts.cloud.databricks.com"
    } else {
        "https://acme.cloud.databricks.com"
    };
    let host = Url::parse(host).unwrap();
    let admitted = |read_only| {
        let rules = Rules {
            read_only,
            ..Rules::default()
        };
        rules.admit(tool, &call, &host).is_ok()
    };
    let sent = |admitted| if admitted { "sent" } else { "refused" };
    let asked = policy::question(tool, &call).is_some();
    [
        if asked {
            "asked"
        } else {
            sent(admitted(false))
        },
        sent(admitted(true)),
        sent(admitted(false)),
    ]
}

/// Arguments that bring about what the path names.
fn given(path: &str) -> Value {
    path.rsplit('.')
        .fold(json!(true), |inner, name| json!({ name: inner }))
}

#[test]
fn every_operation_in_every_mode() {
    let mut table: BTreeMap<(String, [&str; 3]), Vec<String>> = BTreeMap::new();
    for operation in OPERATIONS {
        let effect = format!("{:?}", operation.effect);
        let row = (effect, modes(operation, json!({})));
        table.entry(row).or_default().push(operation.id.to_owned());
        for under in operation.under {
            let effect = format!("{:?}", under.effect);
            let row = (effect, modes(operation, given(under.argument)));
            let call = format!("{} with {}", operation.id, under.argument);
            table.entry(row).or_default().push(call);
        }
    }
    let mut text = String::new();
    for ((effect, [default, read_only, yes]), calls) in table {
        text += &format!("{effect}: {default}; read-only: {read_only}; --yes: {yes}\n");
        for call in calls {
            text += &format!("  {call}\n");
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn no_tool_sends_unasked_what_api_call_asks_about() {
    let mut unasked = Vec::new();
    for tool in TOOLS {
        for sent in tool.primary() {
            let operation = OPERATIONS.iter().find(|known| known.id == sent.id).unwrap();
            let asks = modes(operation, json!({}))[0] == "asked";
            let reveals = format!("{:?}", operation.effect) == "Reveals";
            if asks && !reveals && tool.confirm.is_none() && tool.name != "execute_sql" {
                unasked.push(format!("{} {}", tool.name, sent.id));
            }
        }
    }
    assert_eq!(unasked, [""; 0]);
}
