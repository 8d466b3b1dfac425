//! Circles among the files of one folder.
//!
//! The nodes are the child modules of one module, each with everything under it, and the file of the module
//! itself. Loose imports tie nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use crate::imports::Import;
use crate::tree::{Name, Tree};

/// Files that import each other.
pub(crate) struct Circle<'a> {
    files: Vec<String>,
    imports: Vec<(&'a Import, PathBuf, PathBuf)>,
}

/// The circles of every folder of a crate.
pub(crate) fn of<'a>(tree: &Tree, imports: &'a [Import]) -> Vec<Circle<'a>> {
    // The order of rooms sees to the crate root.
    let folders = tree.modules.keys().filter(|name| !name.is_empty());
    folders
        .flat_map(|folder| in_folder(tree, folder, imports))
        .collect()
}

fn in_folder<'a>(tree: &Tree, folder: &Name, imports: &'a [Import]) -> Vec<Circle<'a>> {
    // The child that has the module in it, or else the file of the folder itself.
    let node = |name: &Name| -> Option<Name> {
        let rest = name.strip_prefix(folder.as_slice())?;
        let inner = rest.first().map(|child| {
            let mut node = folder.clone();
            node.push(child.clone());
            node
        });
        let node = inner.unwrap_or_else(|| folder.clone());
        // An inline module belongs to the file around it.
        let own = tree.file(&node) == tree.file(folder);
        Some(if own { folder.clone() } else { node })
    };
    let edges: Vec<(Name, Name, &Import)> = imports
        .iter()
        .filter(|import| !import.is_loose)
        .filter_map(|import| Some((node(&import.from)?, node(&import.to)?, import)))
        .filter(|(from, to, _)| from != to)
        .collect();
    let mut reached: BTreeMap<&Name, BTreeSet<&Name>> = BTreeMap::new();
    for (from, to, _) in &edges {
        reached.entry(from).or_default().insert(to);
    }
    // Adds what is reached through other files, until nothing is new. Folders are small.
    loop {
        let before: usize = reached.values().map(BTreeSet::len).sum();
        for (from, to, _) in &edges {
            let further = reached.get(to).cloned().unwrap_or_default();
            reached.entry(from).or_default().extend(further);
        }
        if before == reached.values().map(BTreeSet::len).sum() {
            break;
        }
    }
    let both = |one: &Name, other: &Name| {
        let reaches = |from, to| reached.get(from).is_some_and(|all| all.contains(to));
        reaches(one, other) && reaches(other, one)
    };
    let mut circles = Vec::new();
    let mut seen: BTreeSet<Name> = BTreeSet::new();
    for start in reached.keys().copied().filter(|node| both(node, node)) {
        if !seen.insert(start.clone()) {
            continue;
        }
        let tied: BTreeSet<&Name> = reached
            .keys()
            .copied()
            .filter(|node| both(start, node))
            .collect();
        seen.extend(tied.iter().map(|node| (*node).clone()));
        let inside = edges
            .iter()
            .filter(|(from, to, _)| tied.contains(from) && tied.contains(to));
        let file = |name: &Name| tree.file(name).to_owned();
        circles.push(Circle {
            files: tied.iter().map(|name| shown(tree.file(name))).collect(),
            imports: inside
                .map(|(_, to, import)| (*import, file(&import.from), file(to)))
                .collect(),
        });
    }
    circles
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

impl fmt::Display for Circle<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "these files import each other in a circle: {}",
            self.files.join(", ")
        )?;
        for (import, from, to) in &self.imports {
            let (from, to) = (from.display(), to.display());
            writeln!(f, "  {from}:{}: `{}` uses {to}", import.line, import.text)?;
        }
        write!(
            f,
            "hint: move what both need into a file that neither of them uses, or pass it as an argument"
        )
    }
}
