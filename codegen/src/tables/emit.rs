//! Prints the tables as Rust: the `Debug` form of a row is its source.

use super::Tables;

pub(super) fn rust(tables: &Tables) -> String {
    format!(
        "/// Every tool, in the order in which they are listed.\n\
         pub static TOOLS: &[ToolSpec] = {:#?};\n\n\
         /// Every toolset: name, sentence, whether it is on by default.\n\
         pub static TOOLSETS: &[(&str, &str, bool)] = {:#?};\n\n\
         /// Every preset and its toolsets.\n\
         pub static PRESETS: &[(&str, &[&str])] = {:?};\n\n\
         /// Every operation of the API, by id.\n\
         pub static OPERATIONS: &[Operation] = {:?};\n",
        tables.tools, tables.toolsets, tables.presets, tables.operations
    )
}
