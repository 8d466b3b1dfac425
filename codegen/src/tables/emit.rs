//! Prints the tables as Rust: the `Debug` form of a row is its source.
//!
//! `databake` prints values too, by a derive on each type. It is not used: both sides compile the types, so the
//! server would need the derive and a feature for it, and it prints one line of full paths where rows are read by
//! people, as in `tests/fixtures/tables/tools.rs`. It would also put three more crates in front of `build.rs`.

use super::Tables;

pub(super) fn rust(tables: &Tables) -> String {
    format!(
        "/// Every tool, in the order in which they are listed.\n\
         pub static TOOLS: &[ToolSpec] = {:#?};\n\n\
         /// Every toolset: name, sentence, whether it is on by default.\n\
         pub static TOOLSETS: &[(&str, &str, bool)] = {:#?};\n\n\
         /// Every preset with its toolsets and single tools.\n\
         pub static PRESETS: &[(&str, &[&str])] = {:?};\n\n\
         /// Waiting for what operations start, by the operation that starts it.\n\
         pub static WAITS: &[(&str, Wait)] = {:#?};\n\n\
         /// Answers that are one object in pages, by operation.\n\
         pub static OBJECTS: &[Paged] = {:#?};\n\n\
         /// Parameters that are checked before an operation is sent, by operation.\n\
         pub static CHECKED: &[Checked] = {:#?};\n\n\
         /// Operations that do nothing twice for one token, by id: the token's name and place.\n\
         pub static TOKENS: &[(&str, &str, Place)] = {:?};\n\n\
         /// Every operation of the API, by id.\n\
         pub static OPERATIONS: &[Operation] = {:?};\n",
        tables.tools,
        tables.toolsets,
        tables.presets,
        tables.waits,
        tables.objects,
        tables.checked,
        tables.tokens,
        tables.operations
    )
}
