//! The seeds of the fuzz targets, and what fuzzing has found, hold on every build.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "fuzz/checks/canonical.rs"]
mod canonical;
#[path = "fuzz/checks/walk.rs"]
mod walk;

use std::path::Path;

/// Runs a check on every seed of a target; there must be some.
fn on_seeds(target: &str, check: impl Fn(&str)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz/seeds")
        .join(target);
    let mut seeds = 0;
    for seed in std::fs::read_dir(folder).unwrap() {
        check(&std::fs::read_to_string(seed.unwrap().path()).unwrap());
        seeds += 1;
    }
    assert!(seeds > 10, "{seeds}");
}

#[test]
fn the_walk_keeps_its_promises_on_every_seed() {
    on_seeds("walk", walk::check);
}

#[test]
fn no_seed_is_spelled_in_a_way_that_changes_the_call() {
    on_seeds("canonical", |seed| {
        assert!(canonical::check(seed), "no call: {seed}")
    });
}
