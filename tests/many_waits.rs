//! Promise: two hundred waits in flight ask no more than the pacing of their workspace allows, over one pool of
//! connections, and take little memory.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::time::{Duration, Instant};

use serde_json::json;
use support::binary::{Binary, Era};
use support::misbehaving::{Act, Misbehaving};

const WAITS: usize = 200;
/// Questions in a second, as `POLLS_PER_SECOND` of `src/context.rs` has it.
const PACE: u32 = 20;
/// Requests at once to one workspace, by default.
const POOL: usize = 32;

/// The memory of a process in KiB.
fn memory(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_waits_share_the_pace_and_the_pool_and_take_little_memory() {
    let workspace = Misbehaving::start(|_, seen| {
        Act::ok(if seen.line().contains("/runs/get") {
            r#"{"run_id":5,"status":{"state":"RUNNING"}}"#
        } else if seen.line().contains("/run-now") {
            r#"{"run_id":5}"#
        } else {
            "{}"
        })
    })
    .await;
    let variables = [
        ("DATABRICKS_HOST", workspace.host.as_str()),
        ("DATABRICKS_TOKEN", "secret-token"),
    ];
    let mut server = Binary::start(Era::Session, &variables);
    let seen = |path: &str| {
        let seen = workspace.seen();
        seen.iter().filter(|one| one.line().contains(path)).count()
    };
    // What the first call needs once is there.
    let run = |job: usize, wait: f64| json!({ "name": "run_job", "arguments": { "job_id": job, "wait": wait } });
    let id = server.ask("tools/call", run(0, 0.0));
    server.answer(id);
    let (before, asked) = (memory(server.id()), seen("/runs/get"));
    let start = Instant::now();
    let ids: Vec<u64> = (0..WAITS)
        .map(|job| server.ask("tools/call", run(job, 45.0)))
        .collect();
    // Each has begun, and then waits for its turn to ask again.
    while seen("/run-now") < WAITS + 1 || seen("/runs/get") < WAITS + asked {
        std::thread::sleep(Duration::from_millis(20));
    }
    let (more, asked) = (memory(server.id()) - before, seen("/runs/get") - asked);
    let took = start.elapsed();
    let most = 1 + took.as_millis() * u128::from(PACE) / 1_000;
    assert!(asked as u128 <= most, "{asked} questions in {took:?}");
    assert!(more < 20 << 10, "{more} KiB more");
    assert!(workspace.most() <= POOL, "{} at once", workspace.most());
    let connections = workspace.connections();
    assert!(connections <= POOL, "{connections} connections");
    // All of them are in flight, and all are stopped at the end.
    assert!(ids.iter().all(|id| !server.has_answered(*id)));
    let (status, log) = server.close();
    assert!(status.success(), "{log}");
    assert_eq!(seen("/runs/cancel"), WAITS, "{log}");
}
