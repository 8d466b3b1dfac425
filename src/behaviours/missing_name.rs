//! Close names for a statement that names a table or schema which does not exist.

use std::sync::OnceLock;

use regex::Regex;

use crate::catalog::Nearest;
use crate::context::Context;
use crate::engine;
use crate::error::Error;

const TABLES: Nearest = Nearest {
    list: "search_tables",
    of: "name",
    label: "",
    named: &[],
    depth: 3,
    within: &["catalog_name", "schema_name_pattern"],
    code: "",
    empty: false,
};
const SCHEMAS: Nearest = Nearest {
    list: "list_schemas",
    of: "name",
    label: "",
    named: &[],
    depth: 2,
    within: &["catalog_name"],
    code: "",
    empty: false,
};

/// The catalog and schema of names that have none.
#[derive(Debug, Clone, Default)]
pub(super) struct Defaults {
    pub(super) catalog: Option<String>,
    pub(super) schema: Option<String>,
}

/// Adds the names that come close to the error's hint, where the error names what does not exist.
pub(super) async fn explained(context: &Context, defaults: Defaults, mut error: Error) -> Error {
    let Error::Failed { message, hint, .. } = &mut error else {
        return error;
    };
    let Some((nearest, name)) = missing(message, defaults) else {
        return error;
    };
    let names = engine::close_names(nearest, context, &name).await;
    if let Some(meant) = engine::did_you_mean(&names) {
        let rest = hint.take().unwrap_or_default();
        *hint = Some(format!("{meant} {rest}").trim().to_owned());
    }
    error
}

/// The whole name that is missing, and the list that may hold its neighbours.
fn missing(message: &str, defaults: Defaults) -> Option<(&'static Nearest, String)> {
    static SAID: OnceLock<Option<Regex>> = OnceLock::new();
    let said = SAID.get_or_init(|| {
        let name = r"(?<name>(?:`[^`]+`|[\w-]+)(?:\.(?:`[^`]+`|[\w-]+))*)";
        Regex::new(&format!(
            "The (?<what>table or view|schema) {name} cannot be found"
        ))
        .ok()
    });
    let found = said.as_ref()?.captures(message)?;
    let name = found.name("name")?.as_str();
    let is_table = found.name("what")?.as_str() != "schema";
    let given = engine::segments(name);
    let (nearest, wanted): (_, usize) = if is_table {
        (&TABLES, 3)
    } else {
        (&SCHEMAS, 2)
    };
    let outer = [defaults.catalog, defaults.schema.filter(|_| is_table)];
    let lacking = wanted.checked_sub(given.len())?;
    let outer: Option<Vec<String>> = outer.into_iter().take(lacking).collect();
    let whole: Vec<String> = outer?.into_iter().chain(given).collect();
    // Quoted, so that a dot within a part stays one.
    let whole: Vec<String> = whole.iter().map(|part| quoted(part)).collect();
    (whole.len() == wanted).then(|| (nearest, whole.join(".")))
}

/// The part of a name, in backticks where a dot or a backtick would be misread.
fn quoted(part: &str) -> String {
    if part.contains(['.', '`']) {
        format!("`{}`", part.replace('`', "``"))
    } else {
        part.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_name_is_read_and_completed() {
        let read = |message: &str, catalog: Option<&str>, schema: Option<&str>| {
            let defaults = Defaults {
                catalog: catalog.map(ToOwned::to_owned),
                schema: schema.map(ToOwned::to_owned),
            };
            missing(message, defaults).map(|(nearest, name)| (nearest.list, name))
        };
        let table = |name: &str| {
            format!("[TABLE_OR_VIEW_NOT_FOUND] The table or view {name} cannot be found. Verify")
        };
        let found = Some(("search_tables", "main.sales.ordrs".to_owned()));
        assert_eq!(read(&table("`main`.`sales`.`ordrs`"), None, None), found);
        assert_eq!(read(&table("main.sales.ordrs"), None, None), found);
        assert_eq!(read(&table("`sales`.`ordrs`"), Some("main"), None), found);
        assert_eq!(read(&table("`ordrs`"), Some("main"), Some("sales")), found);
        assert_eq!(read(&table("`ordrs`"), None, Some("sales")), None);
        let schema = "[SCHEMA_NOT_FOUND] The schema `main`.`salse` cannot be found. Verify";
        assert_eq!(
            read(schema, None, Some("x")),
            Some(("list_schemas", "main.salse".to_owned()))
        );
        let dotted = table("`main`.`sales.eu`.`ordrs`");
        let found = Some(("search_tables", "main.`sales.eu`.ordrs".to_owned()));
        assert_eq!(read(&dotted, None, None), found);
        assert_eq!(read("[PARSE_SYNTAX_ERROR] no", None, None), None);
    }
}
