//! The workflows under `.github/` as far as they can be checked without running them: they are YAML, use official
//! actions of a pinned version, have permissions of their own, and call what exists.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every workflow by its file name.
fn workflows() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(root().join(".github/workflows")).unwrap();
    let mut all: Vec<(String, Value)> = files
        .map(|file| {
            let path = file.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let read = serde_saphyr::from_str(&text);
            (
                name.clone(),
                read.unwrap_or_else(|error| panic!("{name}: {error}")),
            )
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// Every step of a workflow.
fn steps(workflow: &Value) -> Vec<&Value> {
    let jobs = workflow["jobs"].as_object().unwrap().values();
    jobs.flat_map(|job| job["steps"].as_array().unwrap())
        .collect()
}

#[test]
fn each_is_read_and_has_permissions_and_limits() {
    let all = workflows();
    let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["ci.yml", "import.yml", "release.yml"]);
    for (name, workflow) in &all {
        assert!(workflow["on"].is_object(), "{name} starts on nothing");
        assert!(
            workflow["permissions"].is_object(),
            "{name} has all permissions"
        );
        for (job, described) in workflow["jobs"].as_object().unwrap() {
            let limit = described["timeout-minutes"].as_u64();
            assert!(limit.is_some(), "{name}: {job} may run for ever");
        }
    }
}

#[test]
fn only_official_actions_of_a_pinned_version_are_used() {
    for (name, workflow) in workflows() {
        for step in steps(&workflow) {
            let Some(used) = step["uses"].as_str() else {
                assert!(step["run"].is_string(), "{name}: {step}");
                continue;
            };
            let (action, version) = used.split_once('@').expect("a version");
            assert!(action.starts_with("actions/"), "{name}: {used}");
            let number = version.strip_prefix('v').expect("a version such as v5");
            assert!(number.parse::<u32>().is_ok(), "{name}: {used}");
        }
    }
}

/// An expression of the workflow within a script could be anything that someone else wrote, so it goes by the
/// environment.
#[test]
fn scripts_are_bash_call_what_exists_and_hold_no_expression() {
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    let mut made = Vec::new();
    for (name, workflow) in workflows() {
        for script in steps(&workflow)
            .iter()
            .filter_map(|step| step["run"].as_str())
        {
            assert!(!script.contains("${{"), "{name}: {script}");
            let mut bash = Command::new("bash")
                .arg("-n")
                .stdin(Stdio::piped())
                .spawn()
                .unwrap();
            let mut stdin = bash.stdin.take().unwrap();
            stdin.write_all(script.as_bytes()).unwrap();
            drop(stdin);
            assert!(bash.wait().unwrap().success(), "{name}: {script}");
            let words: Vec<&str> = script.split_whitespace().collect();
            let targets = words.windows(2).filter(|pair| pair[0] == "make");
            made.extend(targets.map(|pair| pair[1].to_owned()));
        }
    }
    assert!(made.contains(&"update-specs".to_owned()), "{made:?}");
    for target in made {
        assert!(
            makefile.contains(&format!("\n{target}: ")),
            "no `make {target}`"
        );
    }
    assert!(root().join(".ci/run").exists());
}
