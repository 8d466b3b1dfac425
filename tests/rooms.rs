//! Promise: imports run one way in every crate of the workspace.
//!
//! The root file of each crate lists its modules, the rooms, in order: "Rooms, each using only those before
//! it". A room that imports a later one fails here, and so do files of one folder that import each other in a
//! circle.
//!
//! A child may use the types, traits and constants that its `mod.rs` declares, because a trait with its
//! implementations is no knot. It may not use functions of a `mod.rs` that uses the child: those belong in a
//! file of their own. Code that only tests compile may import anything.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

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

/// The root files of all crates, binaries included.
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
    let found: Vec<String> = found.map(|circle| circle.to_string()).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}
