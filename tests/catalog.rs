//! The rows generated from a small manifest compile like the server's own and can be served.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod small {
    #![allow(
        unused_imports,
        unreachable_pub,
        reason = "a small manifest need not use every kind of everything"
    )]
    use databricks_mcp::catalog::{
        Access::*, BindFrom::*, Door::*, Format::*, Kind::*, Next::*, Outcome::*, Place::*,
        Source::*, *,
    };

    include!("../codegen/tests/fixtures/tables/tools.rs");
}

use databricks_mcp::catalog::Door;
use databricks_mcp::error::Error;
use databricks_mcp::tools::{Inventory, Selection};
use databricks_mcp::workspaces::Workspaces;

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
            "call"
        ]
    );
    let steps: Vec<&str> = small::TOOLS[3]
        .steps
        .iter()
        .map(|step| step.request.operation)
        .collect();
    assert_eq!(steps, ["jobs.run_now", "jobs.put_output"]);
    assert_eq!(small::TOOLSETS, [("jobs", "Find and run jobs", true)]);
    assert_eq!(small::PRESETS[0], ("default", ["jobs"].as_slice()));
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
}

#[test]
fn what_a_wait_points_to_takes_the_arguments_it_gives() {
    let selection = Selection {
        toolsets: vec!["all".to_owned()],
        ..Selection::default()
    };
    let nowhere = Workspaces::one(Err(Error::NotConfigured {
        missing: String::new(),
    }));
    let inventory = Inventory::load(&selection, &nowhere).unwrap();
    let mut explained = Vec::new();
    for entry in inventory.entries() {
        let Door::Table(plan) = &entry.spec.door else {
            continue;
        };
        let Some(wait) = &plan.wait else { continue };
        if wait.explain != wait.resume {
            explained.push(entry.spec.name);
        }
        for tool in [wait.resume, wait.explain] {
            let schema = &inventory.find(tool).unwrap().tool.input_schema;
            for bind in wait.bind {
                let taken = schema["properties"].get(bind.resume_as).is_some();
                assert!(taken, "{}: {tool} {}", entry.spec.name, bind.resume_as);
            }
        }
    }
    explained.sort_unstable();
    assert_eq!(
        explained,
        [
            "repair_run",
            "run_job",
            "submit_run",
            "wait_for_run_completion"
        ]
    );
}
