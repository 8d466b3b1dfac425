//! Entries of a tool that change nothing, because the API documents or the defaults say the same.

use crate::manifest::{Access, Tool};
use crate::spec::Operation;

use super::Room;

/// Notes what a table tool says although it holds without.
pub(super) fn idle(room: &mut Room<'_>, tool: &Tool, operation: &Operation) {
    let mut note = |at: &crate::manifest::At<()>, what: String, why: &str| {
        let message = format!("{what} changes nothing: {why}");
        let hint = Some("remove it".to_owned());
        room.problems.add(room.file, at, message, hint);
    };
    for (name, said) in &tool.params {
        if said.rename.as_deref() == Some(name.value.as_str()) {
            let what = format!("`rename` of `{}`", name.value);
            note(&name.place(), what, "the name is the same");
        }
    }
    if let Some(said) = &tool.idempotent {
        let derived =
            *tool.access == Access::Read || matches!(operation.verb.as_str(), "PUT" | "DELETE");
        if said.value == derived {
            let why = format!("access and `{}` say so", operation.verb);
            note(&said.place(), "`idempotent`".to_owned(), &why);
        }
    }
    if let Some(pages) = &tool.paginate {
        let known = operation.paginate.as_ref();
        let items = known.map(|known| known.items.as_str());
        if pages.items.is_some() && pages.items.as_deref() == items {
            note(&pages.place(), "`items`".to_owned(), "the documents say so");
        }
        if pages.size_maximum.is_some() && pages.size.is_none() {
            let why = "there is no `size`";
            note(&pages.place(), "`size_maximum`".to_owned(), why);
        }
    }
}
