//! The rows generated from a small manifest compile like the server's own and can be served.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

mod small {
    #![allow(
        dead_code,
        unused_imports,
        unreachable_pub,
        reason = "a small manifest need not use every kind of everything"
    )]
    use databricks_mcp::catalog::{
        Access::*, BindFrom::*, By::*, Door::*, Effect::*, Format::*, Kind::*, Next::*, Outcome::*,
        PartFrom::*, Place::*, Source::*, *,
    };

    include!("../codegen/tests/fixtures/tables/tools.rs");
}

use databricks_mcp::api;
use databricks_mcp::catalog::{ANY_OPERATION, Door, OPERATIONS, Place, TOOLS, WAITS, wait_of};
use support::inventory::everything;

#[test]
fn generated_rows_are_rust() {
    let names: Vec<&str> = small::TOOLS.iter().map(|tool| tool.name).collect();
    assert_eq!(
        names,
        [
            "list_jobs",
            "run_job",
            "get_run",
            "run_and_tell",
            "put_output",
            "move_job"
        ]
    );
    let sent = small::TOOLS[3].operations.iter();
    let sent: Vec<(&str, bool)> = sent.map(|one| (one.id, one.primary)).collect();
    assert_eq!(sent, [("jobs.run_now", true), ("jobs.put_output", false)]);
    assert_eq!(small::TOOLSETS, [("jobs", "Find and run jobs", true)]);
    assert_eq!(
        small::PRESETS,
        [
            ("default", ["jobs"].as_slice()),
            ("watch", ["list_jobs", "get_run"].as_slice()),
            ("all", ["jobs"].as_slice()),
        ]
    );
    assert!(
        small::OPERATIONS
            .iter()
            .any(|operation| operation.id == "jobs.run_now")
    );
    let Door::Table(plan) = &small::TOOLS[1].door else {
        panic!("run_job is a table tool");
    };
    assert_eq!(
        plan.wait
            .as_ref()
            .unwrap()
            .cancel
            .as_ref()
            .unwrap()
            .operation,
        "jobs.cancel_run"
    );
    let waits: Vec<(&str, &str)> = small::WAITS
        .iter()
        .map(|(operation, wait)| (*operation, wait.resume))
        .collect();
    assert_eq!(
        waits,
        [
            ("jobs.move", "api_call"),
            ("jobs.run_now", "get_run"),
            ("jobs.share_output", "api_call"),
            ("jobs.submit", "get_run"),
        ]
    );
    assert_eq!(
        small::TOKENS,
        [
            ("jobs.run_now", "idempotency_token", Place::Property),
            ("jobs.share_output", "request_id", Place::Query),
        ]
    );
}

#[test]
fn what_a_wait_points_to_takes_the_arguments_it_gives() {
    let inventory = everything();
    let of_tools = inventory.entries().filter_map(|entry| {
        let Door::Table(plan) = &entry.spec.door else {
            return None;
        };
        Some((entry.spec.name, plan.wait.as_ref()?))
    });
    let of_operations = WAITS.iter().map(|(operation, wait)| (*operation, wait));
    let mut explained = Vec::new();
    for (starts, wait) in of_tools.chain(of_operations) {
        if wait.explain != wait.resume {
            explained.push(starts);
        }
        for tool in [wait.resume, wait.explain] {
            let schema = if tool == ANY_OPERATION {
                &api::prepare(api::find(wait.poll.operation).unwrap())
                    .unwrap()
                    .schema
            } else {
                inventory.find(tool).unwrap().tool.input_schema.as_ref()
            };
            let given = |name: &str| wait.bind.iter().any(|bind| bind.resume_as == name);
            for bind in wait.bind {
                let taken = schema["properties"].get(bind.resume_as).is_some();
                // What explains is given only what it takes.
                assert!(
                    taken || tool != wait.resume,
                    "{starts}: {tool} {}",
                    bind.resume_as
                );
            }
            let required = schema.get("required").and_then(|names| names.as_array());
            for name in required.into_iter().flatten() {
                assert!(given(name.as_str().unwrap()), "{starts}: {tool} {name}");
            }
        }
    }
    explained.sort_unstable();
    assert_eq!(
        explained,
        [
            "jobs.repair_run",
            "jobs.run_now",
            "jobs.submit",
            "pipelines.start_update",
            "repair_run",
            "run_job",
            "start_pipeline",
            "submit_run",
            "wait_for_run_completion",
        ]
    );
}

#[test]
fn an_operation_waits_as_the_tool_that_sends_it() {
    for tool in TOOLS {
        let Door::Table(plan) = &tool.door else {
            continue;
        };
        let operation = plan.request.operation;
        let same = wait_of(operation).map(|wait| format!("{wait:?}"));
        match &plan.wait {
            // A tool that only waits is for what another call has started.
            Some(wait) if wait.poll.operation == operation => assert_eq!(same, None, "{operation}"),
            Some(wait) => assert_eq!(same, Some(format!("{wait:?}")), "{operation}"),
            None => assert_eq!(same, None, "{operation}"),
        }
    }
    let without_tool = wait_of("apps.create_update").unwrap();
    assert_eq!(without_tool.poll.operation, "apps.get_update");
    assert_eq!(without_tool.resume, ANY_OPERATION);
    // Upstream takes an updated cluster that is terminated for a failed one.
    assert!(wait_of("clusters.update").is_none());
}

#[test]
fn an_operation_is_found_by_the_id_it_had_before() {
    let found = api::find("groups_v2.patch").unwrap();
    assert_eq!(found.id, "groups.patch");
    for operation in OPERATIONS {
        for alias in operation.aliases {
            assert_eq!(api::find(alias).unwrap().id, operation.id, "{alias}");
        }
    }
}
