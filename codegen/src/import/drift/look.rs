//! Both sides and the manifest, and who uses what.

use std::collections::BTreeMap;

use super::super::manifest_uses::{Manifest, Use};
use super::side::{Facts, Side};

/// What a comparison looks at.
pub(super) struct Look<'a> {
    pub(super) old: &'a Side,
    pub(super) new: &'a Side,
    pub(super) manifest: &'a Manifest,
    uses: BTreeMap<String, Use>,
}

/// The tools that a change touches.
pub(super) struct Users<'a>(pub(super) Vec<(&'a str, &'a Use)>);

impl<'a> Look<'a> {
    pub(super) fn new(old: &'a Side, new: &'a Side, manifest: &'a Manifest) -> Look<'a> {
        let known = |id: &str| old.operations.contains_key(id) || new.operations.contains_key(id);
        let polls = |id: &str| -> Vec<String> {
            let known = [old.operations.get(id), new.operations.get(id)];
            known
                .into_iter()
                .flatten()
                .filter_map(|facts| facts.poll.clone())
                .collect()
        };
        let uses = manifest.uses(known, polls);
        Look {
            old,
            new,
            manifest,
            uses,
        }
    }

    /// The operations that both versions have, before and after.
    pub(super) fn kept(&self) -> impl Iterator<Item = (&'a str, &'a Facts, &'a Facts)> {
        let (old, new) = (self.old, self.new);
        let both = old.operations.iter();
        both.filter_map(|(id, was)| Some((id.as_str(), was, new.operations.get(id)?)))
    }

    /// The tools that use an operation.
    pub(super) fn users(&self, id: &str) -> Users<'_> {
        self.users_of(|operation| operation == id)
    }

    /// The tools that use one of some operations.
    pub(super) fn users_of(&self, is_one: impl Fn(&str) -> bool) -> Users<'_> {
        let uses = self.uses.iter();
        let uses = uses.filter(|(_, used)| used.operations.iter().any(|id| is_one(id)));
        Users(uses.map(|(name, used)| (name.as_str(), used)).collect())
    }

    /// The tools that use an operation whose facts, in either version, are as asked.
    pub(super) fn users_where(&self, fits: impl Fn(&Facts) -> bool) -> Users<'_> {
        self.users_of(|id| {
            let sides = [self.old.operations.get(id), self.new.operations.get(id)];
            sides.into_iter().flatten().any(&fits)
        })
    }
}

impl<'a> Users<'a> {
    /// Every tool with its file.
    pub(super) fn lines(&self) -> Vec<String> {
        let users = self.0.iter();
        users
            .map(|(name, used)| match &used.tool.behaviour {
                Some(rust) => format!("`{name}` ({}, {rust})", used.tool.file),
                None => format!("`{name}` ({})", used.tool.file),
            })
            .collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that fit.
    pub(super) fn filter(&self, fits: impl Fn(&Use) -> bool) -> Users<'a> {
        Users(
            self.0
                .iter()
                .filter(|(_, used)| fits(used))
                .copied()
                .collect(),
        )
    }

    /// Those that are rows of a table.
    pub(super) fn rows(&self) -> Users<'a> {
        self.filter(|used| used.tool.behaviour.is_none())
    }

    /// Those that are Rust.
    pub(super) fn behaviours(&self) -> Users<'a> {
        self.filter(|used| used.tool.behaviour.is_some())
    }
}

impl std::fmt::Display for Users<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<String> = self.0.iter().map(|(name, _)| format!("`{name}`")).collect();
        f.write_str(&names.join(", "))
    }
}
