//! The corrections of `overlay.yaml` against the documents: one that changes nothing misleads who reads it.

use std::collections::BTreeMap;

use crate::manifest::{At, Correction};

use super::Room;
use super::lookup::find;

pub(super) fn overlay(room: &mut Room<'_>) {
    let source = room.source;
    let mut seen: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for at in &source.overlay {
        let Correction {
            set_path,
            set_page_items,
            add_operation,
            ..
        } = &at.value;
        let named = match (set_path, set_page_items, add_operation) {
            (Some(set), None, None) => Some(("set_path", &set.operation)),
            (None, Some(set), None) => Some(("set_page_items", &set.operation)),
            (None, None, Some(_)) => None,
            _ => {
                let message = "a correction does not do exactly one thing".to_owned();
                let hint = "write one of `set_path`, `set_page_items`, `add_operation`";
                room.problems
                    .add(room.file, at, message, Some(hint.to_owned()));
                continue;
            }
        };
        if let Some((action, operation)) = named
            && let Some(first) = seen.insert((action, operation.value.as_str()), at.line)
        {
            let message = format!("`{action}` corrects `{}` twice", operation.value);
            let hint = format!("line {first} has it; keep one");
            room.problems.add(room.file, operation, message, Some(hint));
        }
        if let Some(set) = set_path {
            if set.to.value == set.from {
                let message = format!(
                    "`set_path` of `{}` changes nothing: both paths are the same",
                    set.operation.value
                );
                room.problems
                    .add(room.file, &set.to, message, Some("remove it".to_owned()));
            } else if let Some(operation) = find(room, &set.operation)
                && operation.path != set.to.value
            {
                let is = format!("it is `{}`", operation.path);
                not_taken_in(room, &set.to, "set_path", &set.operation.value, &is);
            }
        }
        if let Some(set) = set_page_items
            && let Some(operation) = find(room, &set.operation)
            && operation.paginate.is_none()
        {
            let is = "it has no pages";
            not_taken_in(room, &set.operation, "set_page_items", &operation.id, is);
        }
        if let Some(add) = add_operation {
            let verb = add.verb.to_uppercase();
            let mut all = room.api.operations();
            if !all.any(|one| one.verb == verb && one.path == add.path.value) {
                let what = format!("{verb} {}", add.path.value);
                not_taken_in(room, &add.path, "add_operation", &what, "there is none");
            }
        }
    }
}

fn not_taken_in(room: &mut Room<'_>, at: &At<String>, action: &str, what: &str, is: &str) {
    let message = format!("`{action}` of `{what}` is not in the documents: {is}");
    let hint = "run `make update-specs`, or remove it".to_owned();
    room.problems.add(room.file, at, message, Some(hint));
}
