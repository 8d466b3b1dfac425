//! Paths that belong to another store than the operation serves: DBFS holds no volumes, and volumes no DBFS.

use super::tool_names::{
    DBFS_PUT, DBFS_READ, DOWNLOAD_FILE, LIST_FILES, LIST_VOLUME_FILES, UPLOAD_FILE,
};
use crate::error::Error;

/// The error of a path that the operation's store does not hold, with the tools of the store that does.
#[must_use]
pub fn wrong_store(operation: &str, route: &str, path: &str) -> Option<Error> {
    let plain = path.strip_prefix("dbfs:").unwrap_or(path);
    let in_volume = plain == "/Volumes" || plain.starts_with("/Volumes/");
    let problem = if route.starts_with("/api/2.0/dbfs/") && in_volume {
        format!(
            "`{path}` is in a volume, which DBFS does not hold: {LIST_VOLUME_FILES}, {DOWNLOAD_FILE} and {UPLOAD_FILE} \
             take it"
        )
    } else if route.starts_with("/api/2.0/fs/") && !in_volume && path.starts_with("dbfs:") {
        format!(
            "`{path}` is in DBFS, not in a volume: {LIST_FILES}, {DBFS_READ} and {DBFS_PUT} take it"
        )
    } else {
        return None;
    };
    Some(Error::Arguments {
        tool: operation.to_owned(),
        problems: vec![problem],
    })
}
