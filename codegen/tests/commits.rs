//! Small commits to the manifest, judged by what a reviewer gets: the build's refusal, or the lines of the snapshot.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod edited;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

use edited::{ENTRY, Edit, apply, build, seen};

/// What becomes of a commit.
enum Fate {
    /// The build stops with these words.
    Refused(&'static str),
    /// The snapshot of this tool has this line new.
    Shown(&'static str, &'static str),
    /// Nothing to look at: four changed lines at most.
    Benign,
}

use Fate::{Benign, Refused, Shown};

/// The entry that was taken out, as the first of a file.
const TOOLS_AND_ENTRY: &str = "tools:\n<entry>";

const COMMITS: &[(&str, Fate, &[Edit])] = &[
    (
        "`started` shows when a run ended",
        Shown("list_job_runs", "shows: started ← end_time as a time"),
        &[(
            "tools/jobs.yaml#list_job_runs",
            "started: { path: start_time, as: timestamp }",
            "started: { path: end_time, as: timestamp }",
        )],
    ),
    (
        "a question without its argument",
        Refused("the question of `delete_job` names none of its arguments"),
        &[(
            "tools/jobs_admin.yaml#delete_job",
            "Delete job {job_id}?",
            "Delete this job?",
        )],
    ),
    (
        "25 rows become 2500",
        Shown(
            "list_jobs",
            "list: 2500 rows, at most 100 a request by limit, next page by page_token from next_page_token",
        ),
        &[(
            "tools/jobs.yaml#list_jobs",
            "      size: limit\n      limit: …\n",
            "      size: limit\n      limit: 2500\n",
        )],
    ),
    (
        "a DELETE that reads",
        Refused("`delete_catalog` says that it reads, but `catalogs.delete` destroys (`DELETE "),
        &[(
            "tools/catalog_admin.yaml#delete_catalog",
            "    access: destroy\n    confirm: …\n",
            "    access: read\n",
        )],
    ),
    (
        "a failed run counts as a success",
        Shown(
            "run_job",
            "succeeds when: status.state|state.life_cycle_state = TERMINATED and state.result_state = FAILED or SUCCESS_WITH_FAILURES and status.termination_details.code = nothing or SUCCESS or SUCCESS_WITH_FAILURES",
        ),
        &[(
            "tools/jobs.yaml",
            "state.result_state: [SUCCESS, SUCCESS_WITH_FAILURES]",
            "state.result_state: [FAILED, SUCCESS_WITH_FAILURES]",
        )],
    ),
    (
        "a wrong path of the right type",
        Shown("list_clusters", "shows: creator ← single_user_name"),
        &[(
            "tools/clusters.yaml#list_clusters",
            "creator: creator_user_name\n",
            "creator: single_user_name\n",
        )],
    ),
    (
        "an alias goes",
        Shown("get_run", "-aliases: get_run_status"),
        &[(
            "tools/jobs.yaml#get_run",
            "    aliases: [get_run_status]\n",
            "",
        )],
    ),
    (
        "another default",
        Shown(
            "create_cluster",
            "argument: autotermination_minutes → autotermination_minutes, 6000 when left out",
        ),
        &[(
            "tools/clusters.yaml#create_cluster",
            "autotermination_minutes: { default: …,",
            "autotermination_minutes: { default: 6000,",
        )],
    ),
    (
        "another toolset",
        Shown("list_spark_versions", "toolset: pools"),
        &[
            ("tools/clusters_admin.yaml#list_spark_versions", ENTRY, ""),
            ("tools/pools.yaml", "tools:\n", TOOLS_AND_ENTRY),
        ],
    ),
    (
        "a preset with one toolset more",
        Shown("create_pipeline", "presets: analyst, engineer"),
        &[("tools.yaml", "analyst: [sql,", "analyst: [pipelines, sql,")],
    ),
    (
        "another empty text",
        Shown("list_jobs", "empty: There are no jobs."),
        &[(
            "tools/jobs.yaml#list_jobs",
            "      empty: …\n",
            "      empty: There are no jobs.\n",
        )],
    ),
    (
        "a word of a description",
        Benign,
        &[("tools/jobs.yaml#list_jobs", "List jobs,", "List the jobs,")],
    ),
    (
        "two fields change places",
        Benign,
        &[(
            "tools/clusters.yaml#list_clusters",
            "workers: num_workers\n        creator: creator_user_name\n",
            "creator: creator_user_name\n        workers: num_workers\n",
        )],
    ),
    (
        "a tool changes its place in the file",
        Benign,
        &[
            ("tools/clusters_admin.yaml#list_spark_versions", ENTRY, ""),
            ("tools/clusters_admin.yaml", "tools:\n", TOOLS_AND_ENTRY),
        ],
    ),
    (
        "another example",
        Benign,
        &[(
            "tools/clusters.yaml#create_cluster",
            "for example …-scala",
            "for example 99.9.x-scala",
        )],
    ),
    (
        "a question that says less",
        Shown("terminate_cluster", "asks: Terminate cluster {cluster_id}?"),
        &[(
            "tools/clusters.yaml#terminate_cluster",
            "{cluster_id}?…\"",
            "{cluster_id}?\"",
        )],
    ),
    (
        "an effect that is no longer one",
        Refused("`terminate_cluster` says that it destroys, but `clusters.delete` writes"),
        &[("effects.yaml", "      - clusters.delete\n", "")],
    ),
];

/// What a reviewer sees of the manifest as it stands.
static BEFORE: LazyLock<Vec<(String, String)>> = LazyLock::new(|| seen(&build(&[]).0));

/// The lines that go and come between two texts, as a review shows them.
fn changed(before: &str, now: &str) -> Vec<String> {
    let (before, now): (Vec<&str>, Vec<&str>) = (before.lines().collect(), now.lines().collect());
    // Lines in common from each pair of places on.
    let mut common = vec![vec![0; now.len() + 1]; before.len() + 1];
    for old in (0..before.len()).rev() {
        for new in (0..now.len()).rev() {
            common[old][new] = if before[old] == now[new] {
                common[old + 1][new + 1] + 1
            } else {
                common[old + 1][new].max(common[old][new + 1])
            };
        }
    }
    let (mut old, mut new, mut lines) = (0, 0, Vec::new());
    while old < before.len() || new < now.len() {
        if old < before.len() && new < now.len() && before[old] == now[new] {
            (old, new) = (old + 1, new + 1);
        } else if new == now.len()
            || (old < before.len() && common[old + 1][new] >= common[old][new + 1])
        {
            lines.push(format!("-{}", before[old]));
            old += 1;
        } else {
            lines.push(format!("+{}", now[new]));
            new += 1;
        }
    }
    lines
}

/// The lines that differ, by tool.
fn differences(edits: &[Edit]) -> Result<BTreeMap<String, Vec<String>>, String> {
    let (tables, problems) = build(edits);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut found = BTreeMap::new();
    let now: BTreeMap<_, _> = seen(&tables).into_iter().collect();
    for (tool, before) in &*BEFORE {
        let now = now.get(tool).map_or("", String::as_str);
        if now != before {
            found.insert(tool.clone(), changed(before, now));
        }
    }
    Ok(found)
}

#[test]
fn every_commit_is_still_one_to_this_manifest() {
    apply(COMMITS.iter().map(|(what, _, edits)| (*what, *edits)));
}

#[test]
fn every_commit_is_refused_or_shown_and_a_benign_one_is_short() {
    let mut told = String::new();
    for (what, fate, edits) in COMMITS {
        let outcome = differences(edits);
        writeln!(told, "# {what}").unwrap();
        match (&outcome, fate) {
            (Err(problems), Refused(words)) => {
                assert!(problems.contains(words), "{what}: {problems}");
            }
            (Ok(found), Shown(tool, line)) => {
                let signed = if line.starts_with('-') {
                    (*line).to_owned()
                } else {
                    format!("+{line}")
                };
                let lines = found
                    .get(*tool)
                    .unwrap_or_else(|| panic!("{what}: no difference in {tool}"));
                assert!(lines.contains(&signed), "{what}: {lines:#?}");
            }
            (Ok(found), Benign) => {
                let lines: usize = found.values().map(Vec::len).sum();
                assert!(lines <= 4, "{what}: {found:#?}");
            }
            (outcome, _) => panic!("{what}: {outcome:#?}"),
        }
        match outcome {
            Ok(found) => {
                for (tool, lines) in found {
                    writeln!(told, "{tool}\n  {}", lines.join("\n  ")).unwrap();
                }
            }
            Err(problems) => writeln!(told, "{problems}").unwrap(),
        }
        told.push('\n');
    }
    insta::assert_snapshot!(told);
}
