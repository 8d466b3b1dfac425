//! The manifest of the repository with a mistake in it: each is refused, in words that help.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod edited;

use std::fmt::Write;
use std::sync::LazyLock;

use edited::{Edit, apply, build};

/// What a maintainer did, and how.
const MISTAKES: &[(&str, &[Edit])] = &[
    (
        "a DELETE that says it reads",
        &[(
            "tools/jobs_admin.yaml#delete_run",
            "access: destroy\n    confirm: …\n",
            "access: read\n",
        )],
    ),
    (
        "a GET that says it destroys",
        &[(
            "tools/jobs.yaml#get_job",
            "access: read",
            "access: destroy\n    confirm: { message: \"Get job {job_id}?\" }",
        )],
    ),
    (
        "what destroys asks nobody",
        &[(
            "tools/clusters.yaml#terminate_cluster",
            "    confirm: …\n",
            "",
        )],
    ),
    (
        "a reason for no question that is empty",
        &[(
            "tools/sql.yaml#execute_sql",
            "unasked: …\n",
            "unasked: ''\n",
        )],
    ),
    (
        "a reason for no question where nothing is lost",
        &[(
            "tools/jobs.yaml#get_job",
            "access: read",
            "access: read\n    unasked: It only looks",
        )],
    ),
    (
        "a question about something that is no argument",
        &[(
            "tools/jobs_admin.yaml#delete_job",
            "Delete job {job_id}?",
            "Delete job {jobid}?",
        )],
    ),
    (
        "a question about nothing",
        &[(
            "tools/jobs_admin.yaml#delete_job",
            "Delete job {job_id}?",
            "Delete the job?",
        )],
    ),
    (
        "a question under a condition that is no argument",
        &[(
            "tools/files.yaml#dbfs_put",
            "when: overwrite",
            "when: force",
        )],
    ),
    (
        "two tools with one question",
        &[(
            "tools/jobs_admin.yaml#delete_run",
            "Delete run {run_id}?",
            "Delete job {run_id}?",
        )],
    ),
    (
        "a text that is read as milliseconds",
        &[(
            "tools/jobs.yaml#list_jobs",
            "creator: creator_user_name\n",
            "creator: { path: creator_user_name, as: timestamp }\n",
        )],
    ),
    (
        "a number that is read as base64",
        &[(
            "tools/jobs.yaml#list_job_runs",
            "seconds: { path: run_duration, as: seconds }",
            "seconds: { path: run_duration, as: base64 }",
        )],
    ),
    (
        "a default above the maximum",
        &[(
            "tools/clusters.yaml#create_cluster",
            "autotermination_minutes: { default: …,",
            "autotermination_minutes: { default: 600, maximum: 120,",
        )],
    ),
    (
        "a default of another kind",
        &[(
            "tools/clusters.yaml#create_cluster",
            "autotermination_minutes: { default: …,",
            "autotermination_minutes: { default: an hour,",
        )],
    ),
    (
        "a default that is none of the values",
        &[(
            "tools/apps.yaml#deploy_app",
            "default: SNAPSHOT",
            "default: SNAPSHOTS",
        )],
    ),
    (
        "a list without a bound",
        &[("tools/jobs.yaml#list_job_runs", "    paginate: …\n", "")],
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
            "tools/jobs.yaml#list_job_runs",
            "paginate: …\n",
            "paginate: { size: limit, size_maximum: 25, items: runs, limit: 25 }\n",
        )],
    ),
    (
        "a bound for a size that is not sent",
        &[(
            "tools/clusters_admin.yaml#list_cluster_events",
            "paginate: …\n",
            "paginate: { size_maximum: 50, limit: 25 }\n",
        )],
    ),
    (
        "a list of no rows",
        &[(
            "tools/clusters_admin.yaml#list_cluster_events",
            "paginate: …\n",
            "paginate: { limit: 0 }\n",
        )],
    ),
    (
        "a read that says it may be repeated",
        &[(
            "tools/jobs.yaml#get_job",
            "access: read",
            "access: read\n    idempotent: true",
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
            "tools/jobs.yaml#get_job",
            "job_id: …\n",
            "job_id: { rename: job_id }\n",
        )],
    ),
    (
        "a field that does not exist, under an anchor that five tools use",
        &[(
            "tools/jobs.yaml#run_job",
            "url: run_page_url",
            "url: run_page",
        )],
    ),
    (
        "an operation that does not exist",
        &[(
            "tools/clusters.yaml#list_clusters",
            "operation: clusters.list",
            "operation: clusters.enumerate",
        )],
    ),
    (
        "an operation that an update has removed",
        &[
            (
                "tools/clusters.yaml#list_clusters",
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
            (
                "tools/jobs.yaml#run_job",
                "url: run_page_url",
                "url: run_page_link",
            ),
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
            (
                "tools/jobs.yaml#list_job_runs",
                "active_only: {",
                "ended_only: {",
            ),
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
                "tools/jobs.yaml#list_jobs",
                "    title: List jobs\n",
                "    titel: List jobs\n",
            ),
            (
                "tools/jobs.yaml#list_jobs",
                "name: settings.name\n",
                "name: settings.nmae\n",
            ),
        ],
    ),
    (
        "a wrong access",
        &[(
            "tools/jobs.yaml#list_jobs",
            "access: read",
            "access: readonly",
        )],
    ),
    (
        "a wrong format",
        &[(
            "tools/jobs.yaml#list_jobs",
            "format: table",
            "format: tabel",
        )],
    ),
    (
        "a tab",
        &[(
            "tools/jobs.yaml#list_jobs",
            "    title: List jobs\n",
            "\ttitle: List jobs\n",
        )],
    ),
    (
        "a word where a number should be",
        &[(
            "tools/jobs.yaml#list_job_runs",
            "limit: 25 }",
            "limit: many }",
        )],
    ),
    (
        "a list where a map should be",
        &[(
            "tools/jobs.yaml#list_jobs",
            "params:\n      name:…hide: true }\n",
            "params: [name]\n",
        )],
    ),
    (
        "a default that gives way to an argument that is not there",
        &[(
            "tools/jobs.yaml#list_jobs",
            "name: { describe: Exact name }",
            "name: { describe: Exact name, default: a, unless: limits }",
        )],
    ),
    (
        "a key that stands twice",
        &[(
            "tools/jobs.yaml#list_jobs",
            "    title: List jobs\n",
            "    title: List jobs\n    title: List all jobs\n",
        )],
    ),
    (
        "a quote that does not end",
        &[(
            "tools/jobs.yaml#list_jobs",
            "    title: List jobs\n",
            "    title: \"List jobs\n",
        )],
    ),
    (
        "no access at all",
        &[("tools/jobs.yaml#list_jobs", "    access: read\n", "")],
    ),
    (
        "a name that another tool has",
        &[(
            "tools/jobs.yaml#get_run",
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
        "an argument that takes anything",
        &[(
            "tools/serving.yaml#query_serving_endpoint",
            "input: { type: strings }\n",
            "input: {}\n",
        )],
    ),
    (
        "a type that the documents give",
        &[(
            "tools/serving.yaml#query_serving_endpoint",
            "max_tokens: {}\n",
            "max_tokens: { type: object }\n",
        )],
    ),
    (
        "a parameter that nobody keeps or hides",
        &[(
            "tools/jobs.yaml#list_jobs",
            "      '*': { hide: true }\n",
            "",
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
fn every_mistake_is_still_one_of_this_manifest() {
    apply(MISTAKES.iter().map(|(what, edits)| (*what, *edits)));
}

#[test]
fn edits_that_no_longer_apply_are_all_named_with_what_to_do() {
    let stale = std::panic::catch_unwind(|| {
        let text: Edit = ("tools/jobs.yaml#get_job", "access: never", "");
        let tool: Edit = ("tools/jobs.yaml#get_jobs", "access: read", "");
        apply([("one", &[text][..]), ("another", &[tool][..])]);
    });
    let told = stale.unwrap_err().downcast::<String>().unwrap();
    for words in [
        "\"one\": `specs/tools/jobs.yaml#get_job` no longer has \"access: never\"",
        "\"another\": `specs/tools/jobs.yaml` has no tool `get_jobs`",
        "hint: the manifest has changed there",
    ] {
        assert!(told.contains(words), "{told}");
    }
}

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
