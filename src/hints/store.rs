//! Paths that belong to another store than the operation serves: DBFS, volumes and the workspace hold different files.

use super::tool_names::{
    DBFS_PUT, DBFS_READ, DOWNLOAD_FILE, EXPORT_NOTEBOOK, LIST_FILES, LIST_NOTEBOOKS,
    LIST_VOLUME_FILES, LIST_VOLUMES, UPLOAD_FILE,
};
use crate::error::Error;

/// The error of a path that the operation's store does not hold, with the tools of the store that does.
#[must_use]
pub(crate) fn wrong_store(operation: &str, route: &str, path: &str) -> Option<Error> {
    let plain = path.strip_prefix("dbfs:").unwrap_or(path);
    let in_volume = plain == "/Volumes" || plain.starts_with("/Volumes/");
    let problem = if route.starts_with("/api/2.0/dbfs/") && in_volume {
        format!(
            "`{path}` is in a volume, which DBFS does not hold: {LIST_VOLUME_FILES}, {DOWNLOAD_FILE} and {UPLOAD_FILE} \
             take it"
        )
    } else if route.starts_with("/api/2.0/dbfs/")
        && (path == "/Workspace" || path.starts_with("/Workspace/"))
    {
        format!(
            "`{path}` is in the workspace, not in DBFS: {LIST_NOTEBOOKS} and {EXPORT_NOTEBOOK} take it"
        )
    } else if route.starts_with("/api/2.0/workspace/") && in_volume {
        format!(
            "`{path}` is in a volume, which is no folder of the workspace: {LIST_VOLUME_FILES}, {DOWNLOAD_FILE} and \
             {UPLOAD_FILE} take it"
        )
    } else if route.starts_with("/api/2.0/workspace/") && path.starts_with("dbfs:") {
        format!(
            "`{path}` is in DBFS, not in the workspace: {LIST_FILES}, {DBFS_READ} and {DBFS_PUT} take it"
        )
    } else if route.starts_with("/api/2.0/fs/") && !in_volume && in_workspace(plain) {
        format!(
            "`{path}` is in the workspace, not in a volume: {LIST_NOTEBOOKS} and {EXPORT_NOTEBOOK} take it"
        )
    } else if route.starts_with("/api/2.0/fs/") && !in_volume && plain.starts_with('/') {
        format!(
            "`{path}` is in DBFS, not in a volume: {LIST_FILES}, {DBFS_READ} and {DBFS_PUT} take it; a volume's path is \
             `/Volumes/catalog/schema/volume/…`"
        )
    } else {
        return None;
    };
    Some(Error::Arguments {
        tool: operation.to_owned(),
        problems: vec![problem],
    })
}

/// What a volume needs before it can be used.
pub(super) fn volume_denied() -> String {
    format!(
        "READ VOLUME on the volume is needed, to write WRITE VOLUME, with USE SCHEMA and USE CATALOG above it: ask its \
         owner; {LIST_VOLUMES} shows the volumes, {LIST_VOLUME_FILES} lists one"
    )
}

/// True for a path of notebooks and workspace files.
fn in_workspace(path: &str) -> bool {
    let tops = ["/Workspace", "/Users", "/Shared", "/Repos"];
    let mut tops = tops.iter().filter_map(|top| path.strip_prefix(top));
    tops.any(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_another_store_names_the_tools_that_take_it() {
        let (dbfs, volumes, workspace) = (
            "/api/2.0/dbfs/read",
            "/api/2.0/fs/files{file_path}",
            "/api/2.0/workspace/export",
        );
        let told = |route: &str, path: &str| {
            wrong_store("x", route, path)
                .map(|error| error.to_string())
                .unwrap_or_default()
        };
        for (route, path, tool) in [
            (dbfs, "/Volumes/a/b/c/d.csv", "download_file"),
            (dbfs, "dbfs:/Volumes/a/b/c", "list_volume_files"),
            (dbfs, "/Workspace/Shared/a", "export_notebook"),
            (volumes, "dbfs:/FileStore/a.csv", "dbfs_read"),
            (volumes, "/FileStore/a.csv", "dbfs_read"),
            (volumes, "/Workspace/Shared/a", "export_notebook"),
            (volumes, "/Users/me@example.com/a", "list_notebooks"),
            (workspace, "/Volumes/a/b/c/d.csv", "download_file"),
            (workspace, "dbfs:/tmp/a", "dbfs_read"),
        ] {
            assert!(
                told(route, path).contains(tool),
                "{route} {path}: {}",
                told(route, path)
            );
        }
        for (route, path) in [
            (dbfs, "/FileStore/a.csv"),
            (dbfs, "/VolumesOfBooks/a"),
            (volumes, "/Volumes/a/b/c/d.csv"),
            (volumes, "dbfs:/Volumes/a/b/c/d.csv"),
            (workspace, "/Users/me@example.com/a"),
        ] {
            assert_eq!(told(route, path), "", "{route} {path}");
        }
    }
}
