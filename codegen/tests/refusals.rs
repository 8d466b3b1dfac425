//! The manifest of the repository with a mistake in it: each is refused, in words that help.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod edited;

use std::fmt::Write;
use std::sync::LazyLock;

use edited::{Edit, build};

/// What a maintainer did, and how.
const MISTAKES: &[(&str, &[Edit])] = &[
    (
        "a DELETE that says it reads",
        &[(
            "tools/jobs_admin.yaml",
            "access: destroy\n    confirm: { message: \"Delete run {run_id}?\" }\n",
            "access: read\n",
        )],
    ),
    (
        "a GET that says it destroys",
        &[(
            "tools/jobs.yaml",
            "schedule and owner of one job.\n    access: read",
            "schedule and owner of one job.\n    access: destroy\n    confirm: { message: \"Get job {job_id}?\" }",
        )],
    ),
    (
        "what destroys asks nobody",
        &[(
            "tools/clusters.yaml",
            "    confirm: { message: \"Terminate cluster {cluster_id}? What runs on it is lost.\" }\n",
            "",
        )],
    ),
    (
        "a reason for no question that is empty",
        &[(
            "tools/sql.yaml",
            "unasked: The statement decides; one that loses something is asked about",
            "unasked: ''",
        )],
    ),
    (
        "a reason for no question where nothing is lost",
        &[(
            "tools/jobs.yaml",
            "schedule and owner of one job.\n    access: read",
            "schedule and owner of one job.\n    access: read\n    unasked: It only looks",
        )],
    ),
    (
        "a question about something that is no argument",
        &[(
            "tools/jobs_admin.yaml",
            "Delete job {job_id}?",
            "Delete job {jobid}?",
        )],
    ),
    (
        "a question about nothing",
        &[(
            "tools/jobs_admin.yaml",
            "Delete job {job_id}?",
            "Delete the job?",
        )],
    ),
    (
        "a question under a condition that is no argument",
        &[("tools/volumes.yaml", "when: overwrite", "when: force")],
    ),
    (
        "two tools with one question",
        &[(
            "tools/jobs_admin.yaml",
            "Delete run {run_id}?",
            "Delete job {run_id}?",
        )],
    ),
    (
        "a text that is read as milliseconds",
        &[(
            "tools/jobs.yaml",
            "creator: creator_user_name\n        tags: settings.tags",
            "creator: { path: creator_user_name, as: timestamp }\n        tags: settings.tags",
        )],
    ),
    (
        "a number that is read as base64",
        &[(
            "tools/jobs.yaml",
            "seconds: { path: run_duration, as: seconds }",
            "seconds: { path: run_duration, as: base64 }",
        )],
    ),
    (
        "a default above the maximum",
        &[(
            "tools/clusters.yaml",
            "autotermination_minutes: { default: 60,",
            "autotermination_minutes: { default: 600, maximum: 120,",
        )],
    ),
    (
        "a default of another kind",
        &[(
            "tools/clusters.yaml",
            "autotermination_minutes: { default: 60,",
            "autotermination_minutes: { default: an hour,",
        )],
    ),
    (
        "a default that is none of the values",
        &[("tools/apps.yaml", "default: SNAPSHOT", "default: SNAPSHOTS")],
    ),
    (
        "a list without a bound",
        &[(
            "tools/jobs.yaml",
            "    paginate: { size: limit, size_maximum: 25, limit: 25 }\n",
            "",
        )],
    ),
    (
        "a correction of the documents that changes nothing",
        &[(
            "overlay.yaml",
            "from: \"/api/networking/v1/{name}\", to: \"/api/networking/v1/accounts/{account_id}/endpoints/{endpoint_id}\"",
            "from: \"/api/networking/v1/accounts/{account_id}/endpoints/{endpoint_id}\", to: \"/api/networking/v1/accounts/{account_id}/endpoints/{endpoint_id}\"",
        )],
    ),
    (
        "a correction that the documents do not have",
        &[(
            "overlay.yaml",
            "to: \"/api/environments/v1/default-workspace-base-environment\"",
            "to: \"/api/environments/v1/the-default\"",
        )],
    ),
    (
        "rows that the documents name",
        &[(
            "tools/jobs.yaml",
            "paginate: { size: limit, size_maximum: 25, limit: 25 }",
            "paginate: { size: limit, size_maximum: 25, items: runs, limit: 25 }",
        )],
    ),
    (
        "a bound for a size that is not sent",
        &[(
            "tools/clusters_admin.yaml",
            "paginate: { limit: 25 }",
            "paginate: { size_maximum: 50, limit: 25 }",
        )],
    ),
    (
        "a list of no rows",
        &[(
            "tools/clusters_admin.yaml",
            "paginate: { limit: 25 }",
            "paginate: { limit: 0 }",
        )],
    ),
    (
        "a read that says it may be repeated",
        &[(
            "tools/jobs.yaml",
            "schedule and owner of one job.\n    access: read",
            "schedule and owner of one job.\n    access: read\n    idempotent: true",
        )],
    ),
    (
        "an effect that holds by the verb",
        &[(
            "effects.yaml",
            "operations: [registered_models.set_alias]",
            "operations: [registered_models.set_alias, jobs.create]",
        )],
    ),
    (
        "a new name that is the old one",
        &[(
            "tools/jobs.yaml",
            "job_id: { describe: \"`id` of list_jobs\" }",
            "job_id: { rename: job_id, describe: \"`id` of list_jobs\" }",
        )],
    ),
    (
        "a field that does not exist, under an anchor that five tools use",
        &[("tools/jobs.yaml", "url: run_page_url", "url: run_page")],
    ),
    (
        "an operation that does not exist",
        &[(
            "tools/clusters.yaml",
            "operation: clusters.list",
            "operation: clusters.enumerate",
        )],
    ),
    (
        "an operation that an update has removed",
        &[
            (
                "tools/clusters.yaml",
                "operation: clusters.list\n",
                "operation: clusters.lists\n",
            ),
            (
                "removed.yaml",
                "",
                "- { version: '0.163.0', operation: 'clusters.lists' }\n",
            ),
        ],
    ),
    (
        "a field that an update has removed",
        &[
            ("tools/jobs.yaml", "url: run_page_url", "url: run_page_link"),
            (
                "removed.yaml",
                "",
                "- { version: '0.163.0', schema: 'jobs.Run', field: 'run_page_link' }\n",
            ),
        ],
    ),
    (
        "a parameter that an update has removed",
        &[
            ("tools/jobs.yaml", "active_only: {", "ended_only: {"),
            (
                "removed.yaml",
                "",
                "- { version: '0.163.0', operation: 'jobs.list_runs', parameter: 'ended_only' }\n",
            ),
        ],
    ),
    (
        "an unknown key, and something else that is wrong",
        &[
            (
                "tools/jobs.yaml",
                "    title: List jobs\n",
                "    titel: List jobs\n",
            ),
            (
                "tools/jobs.yaml",
                "name: settings.name\n        creator",
                "name: settings.nmae\n        creator",
            ),
        ],
    ),
    (
        "a wrong access",
        &[(
            "tools/jobs.yaml",
            "get_job shows tasks.\n    access: read",
            "get_job shows tasks.\n    access: readonly",
        )],
    ),
    (
        "a wrong format",
        &[("tools/jobs.yaml", "format: table", "format: tabel")],
    ),
    (
        "a tab",
        &[(
            "tools/jobs.yaml",
            "    title: List jobs\n",
            "\ttitle: List jobs\n",
        )],
    ),
    (
        "a word where a number should be",
        &[("tools/jobs.yaml", "limit: 25 }", "limit: many }")],
    ),
    (
        "a list where a map should be",
        &[(
            "tools/jobs.yaml",
            "params:\n      name: { describe: Exact name }\n      '*': { hide: true }\n",
            "params: [name]\n",
        )],
    ),
    (
        "a default that gives way to an argument that is not there",
        &[(
            "tools/jobs.yaml",
            "name: { describe: Exact name }",
            "name: { describe: Exact name, default: a, unless: limits }",
        )],
    ),
    (
        "a key that stands twice",
        &[(
            "tools/jobs.yaml",
            "    title: List jobs\n",
            "    title: List jobs\n    title: List all jobs\n",
        )],
    ),
    (
        "a quote that does not end",
        &[(
            "tools/jobs.yaml",
            "    title: List jobs\n",
            "    title: \"List jobs\n",
        )],
    ),
    (
        "no access at all",
        &[(
            "tools/jobs.yaml",
            "get_job shows tasks.\n    access: read\n",
            "get_job shows tasks.\n",
        )],
    ),
    (
        "a name that another tool has",
        &[(
            "tools/jobs.yaml",
            "aliases: [get_run_status]",
            "aliases: [get_job]",
        )],
    ),
    (
        "a preset with a tool that does not exist",
        &[(
            "tools.yaml",
            "analyst: [sql,",
            "analyst: [sql, list_warehose,",
        )],
    ),
    (
        "a parameter that nobody keeps or hides",
        &[(
            "tools/jobs.yaml",
            "name: { describe: Exact name }\n      '*': { hide: true }\n",
            "name: { describe: Exact name }\n",
        )],
    ),
    (
        "a tool that resumes and does not exist",
        &[(
            "tools/jobs.yaml",
            "explain: get_run_output",
            "explain: get_run_outptu",
        )],
    ),
];

#[test]
fn the_manifest_as_it_stands_has_no_problem() {
    assert_eq!(build(&[]).1, "");
}

/// What is told of each mistake.
static TOLD: LazyLock<Vec<(&str, String)>> = LazyLock::new(|| {
    let told = MISTAKES.iter();
    told.map(|(what, edits)| (*what, build(edits).1)).collect()
});

#[test]
fn every_mistake_is_told_with_its_place_and_the_way_out() {
    let mut told = String::new();
    for (what, problems) in &*TOLD {
        writeln!(told, "# {what}\n{problems}\n").unwrap();
    }
    insta::assert_snapshot!(told);
}

#[test]
fn one_fault_is_one_error_with_a_hint() {
    // The first of these has two faults, the second leaves two parameters undecided.
    let two = [
        "an unknown key, and something else that is wrong",
        "a parameter that nobody keeps or hides",
    ];
    for (what, problems) in &*TOLD {
        let expected = if two.contains(what) { 2 } else { 1 };
        let lines = |start: &str| {
            problems
                .lines()
                .filter(|line| line.starts_with(start))
                .count()
        };
        assert_eq!(lines("specs/"), expected, "{what}:\n{problems}");
        assert_eq!(lines("  hint: "), expected, "{what}:\n{problems}");
    }
}

#[test]
fn errors_have_the_form_of_all_others() {
    for (what, problems) in &*TOLD {
        for line in problems.lines() {
            assert!(!line.ends_with('.'), "{what}: {line}");
            let known = ["specs/", "  hint: ", "  used in "];
            let known = known.iter().any(|start| line.starts_with(start));
            assert!(known, "{what}: {line}");
        }
    }
}
