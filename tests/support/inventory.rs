//! Tools without a workspace.

use databricks_mcp::catalog::TOOLS;
use databricks_mcp::tools::{Inventory, Selection};
use databricks_mcp::workspaces::Workspaces;

/// No workspace: none is configured.
pub fn nowhere() -> Workspaces {
    Workspaces::nowhere(&[])
}

/// Every tool, over no workspace.
pub fn everything() -> Inventory {
    let selection = Selection {
        toolsets: vec!["all".to_owned()],
        ..Selection::default()
    };
    Inventory::load(&selection, &nowhere()).expect("every tool")
}

/// Passes if every file of a folder of snapshots is of a tool.
pub fn only_of_tools(folder: &str) {
    for file in std::fs::read_dir(folder).expect("snapshots") {
        let name = file.expect("a file").file_name();
        let name = name.to_string_lossy();
        let tool = name.trim_end_matches(".new").trim_end_matches(".snap");
        assert!(
            TOOLS.iter().any(|spec| spec.name == tool),
            "`{name}` is of no tool\nhint: delete it"
        );
    }
}
