//! Fields of answers that the service writes as base64, with the tool that reads what is in them.

use super::tool_names::{DOWNLOAD_FILE, EXPORT_NOTEBOOK};

/// The operation, its field, and the tool; empty where none shows the same.
const ENCODED: &[(&str, &str, &str)] = &[
    ("workspace.export", "content", EXPORT_NOTEBOOK),
    ("dbfs.read", "data", DOWNLOAD_FILE),
    ("global_init_scripts.get", "script", ""),
    ("secrets.get_secret", "value", ""),
];

/// The field of the operation's answer that is base64, and a sentence on it.
#[must_use]
pub(crate) fn encoded(operation: &str) -> Option<(&'static str, String)> {
    let (_, field, tool) = ENCODED.iter().find(|(known, ..)| *known == operation)?;
    let way = match *tool {
        "" => String::new(),
        tool => format!("; {tool} reads it as it is"),
    };
    Some((field, format!("`{field}` is base64{way}")))
}
