//! Promise: imports run one way in every crate of the workspace.
//!
//! Each crate root lists its modules, the rooms, in order: "Rooms, each using only those before it". A room
//! that imports one after it fails here, and so do files of one folder that import each other in a circle.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "rooms/circles.rs"]
mod circles;
#[path = "rooms/imports.rs"]
mod imports;
#[path = "rooms/order.rs"]
mod order;
#[path = "rooms/tree.rs"]
mod tree;

use std::path::Path;

use imports::Import;
use tree::Tree;

/// The roots of all crates, binaries included.
const ROOTS: &[&str] = &[
    "src/lib.rs",
    "src/main.rs",
    "codegen/src/lib.rs",
    "codegen/src/main.rs",
    "generated/src/lib.rs",
    "sandbox/src/lib.rs",
    "sandbox/src/main.rs",
    "benches/tokens/src/main.rs",
    "benches/transport/src/main.rs",
];

/// Circles that stand for now, each by the files it ties, with the reason. One that is gone has to leave.
const STANDING: &[(&[&str], &str)] = &[];

struct Crate {
    tree: Tree,
    imports: Vec<Import>,
}

fn crates() -> Vec<Crate> {
    let read = |root: &&str| {
        let tree = Tree::read(Path::new(root));
        let imports = imports::of(&tree);
        Crate { tree, imports }
    };
    ROOTS.iter().map(read).collect()
}

#[test]
fn rooms_use_only_those_before_them() {
    let crates = crates();
    let found = crates
        .iter()
        .flat_map(|one| order::violations(&one.tree, &one.imports));
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn files_of_a_folder_do_not_import_each_other_in_a_circle() {
    let crates = crates();
    let found = crates
        .iter()
        .flat_map(|one| circles::of(&one.tree, &one.imports));
    let (standing, new): (Vec<_>, Vec<_>) = found.partition(|circle| {
        STANDING
            .iter()
            .any(|(files, _)| *files == circle.files.as_slice())
    });
    let new: Vec<String> = new.iter().map(ToString::to_string).collect();
    assert!(new.is_empty(), "\n{}\n", new.join("\n"));
    for (files, why) in STANDING {
        let stands = standing
            .iter()
            .any(|circle| circle.files.as_slice() == *files);
        assert!(
            stands,
            "the circle of {} is gone ({why})\nhint: drop it from STANDING",
            files.join(", ")
        );
    }
}
