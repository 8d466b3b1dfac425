//! Tags on catalogs, schemas, tables, columns and volumes.

use serde_json::json;

use super::securables::require;
use crate::collections::{Ids, Item};
use crate::http::{ApiError, Call};
use crate::kinds::Kind;
use crate::shared::Shared;

pub(super) fn tags() -> Kind {
    Kind::new("Tag", "tag_key", Ids::Given)
        .within(&["entity_type", "entity_name"])
        .create("entity_tag_assignments.create")
        .get("entity_tag_assignments.get")
        .list("entity_tag_assignments.list")
        .update("entity_tag_assignments.update")
        .delete("entity_tag_assignments.delete")
        .on_create(of_what_exists)
        .seed(json!({
            "entity_type": "tables",
            "entity_name": "main.default.products",
            "tag_key": "domain",
            "tag_value": "catalogue",
        }))
}

/// Refuses a tag on something that does not exist. A column is named by its table and its own name.
fn of_what_exists(shared: &Shared, _: &Call, tag: &mut Item) -> Result<(), ApiError> {
    let name = tag.text("entity_name");
    match tag.text("entity_type") {
        "columns" => {
            let table = name.rsplit_once('.').map_or(name, |(table, _)| table);
            require(shared, "TABLE", table)
        }
        kind => require(shared, &kind.trim_end_matches('s').to_uppercase(), name),
    }
}
