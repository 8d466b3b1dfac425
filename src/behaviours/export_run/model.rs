//! The model of a notebook that an exported page embeds: base64 of percent-encoded JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode;
use serde::Deserialize;
use serde_json::Value;

/// The script that holds the model names it so.
const NAME: &str = "__DATABRICKS_NOTEBOOK_MODEL";

/// A notebook as it ran.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Model {
    #[serde(default)]
    pub(super) name: String,
    #[serde(default)]
    pub(super) language: String,
    #[serde(default, rename = "commands")]
    pub(super) cells: Vec<Cell>,
}

/// A cell: what stood in it and what came of it. Its parts are read as they come, since the format is no promise.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Cell {
    #[serde(default)]
    position: Value,
    #[serde(default)]
    pub(super) command: Value,
    #[serde(default)]
    pub(super) results: Value,
    #[serde(default, rename = "errorSummary")]
    pub(super) summary: Value,
    #[serde(default)]
    pub(super) error: Value,
    #[serde(default)]
    pub(super) state: Value,
}

impl Model {
    /// Reads the model out of a page.
    pub(super) fn of(page: &str) -> Option<Self> {
        let (_, rest) = page.split_once(NAME)?;
        let (_, rest) = rest.split_once(['\'', '"'])?;
        let (encoded, _) = rest.split_once(['\'', '"'])?;
        let decoded = STANDARD.decode(encoded.trim()).ok()?;
        let json = percent_decode(&decoded).decode_utf8().ok()?;
        let mut model: Self = serde_json::from_str(&json).ok()?;
        let place = |cell: &Cell| cell.position.as_f64().unwrap_or(f64::MAX);
        model
            .cells
            .sort_by(|one, other| place(one).total_cmp(&place(other)));
        Some(model)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_tells_its_cells_in_their_order_and_another_page_none() {
        let model = json!({ "name": "etl", "language": "python", "commands": [
            { "position": 2.0, "command": "b" }, { "position": 1, "command": "ä%20" }
        ] });
        let text = model.to_string().replace('%', "%25").replace('ä', "%C3%A4");
        let page = format!("<script>var {NAME} = '{}';</script>", STANDARD.encode(text));
        let read = Model::of(&page).unwrap();
        let commands: Vec<&Value> = read.cells.iter().map(|cell| &cell.command).collect();
        assert_eq!(commands, ["ä%20", "b"]);
        for other in [
            "",
            "<html>",
            "var __DATABRICKS_NOTEBOOK_MODEL = 'not base64!';",
        ] {
            assert!(Model::of(other).is_none(), "{other}");
        }
    }
}
