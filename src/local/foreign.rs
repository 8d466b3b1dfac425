//! Paths that are meant for another place than this machine, and would make folders of odd names here.

/// The reason why a path is none of this machine, and what to write instead.
pub(super) fn foreign(path: &str) -> Option<(String, &'static str)> {
    const LOCAL: &str =
        "name a file of this machine, relative to the shared folder or with its whole path";
    let first = path.split(['/', '\\']).next().unwrap_or_default();
    if first.starts_with('~')
        || first.starts_with('$')
        || first.starts_with('%') && first.ends_with('%')
    {
        let reason = format!("`{first}` is of a shell, which does not read it");
        return Some((reason, LOCAL));
    }
    let (scheme, _) = path.split_once(':')?;
    let is_scheme = scheme.len() > 1
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        && path.get(scheme.len() + 1..)?.starts_with('/');
    if !is_scheme || scheme.eq_ignore_ascii_case("file") {
        return None;
    }
    let hint = match scheme.to_ascii_lowercase().as_str() {
        "dbfs" => {
            "DBFS is a store of the workspace: give its path where one of the workspace is taken"
        }
        "s3" | "s3a" | "s3n" | "gs" | "abfs" | "abfss" | "wasb" | "wasbs" | "adl" | "r2" => {
            "cloud storage is reached through a volume over it: write `/Volumes/catalog/schema/volume/…`"
        }
        _ => LOCAL,
    };
    Some((format!("`{scheme}:` is no folder of this machine"), hint))
}

/// The first folder of a relative path that is perhaps one of the workspace without its first `/`.
pub(super) fn of_workspace(path: &str) -> Option<&str> {
    let (first, _) = path.split_once('/')?;
    ["Volumes", "Workspace", "FileStore", "dbfs"]
        .contains(&first)
        .then_some(first)
}

#[cfg(test)]
mod tests {
    use super::foreign;

    #[test]
    fn what_is_of_another_place_is_told_from_a_file_of_this_machine() {
        for path in [
            "~/x.csv",
            "~me/x.csv",
            "$HOME/x.csv",
            "%USERPROFILE%\\x.csv",
            "dbfs:/x.csv",
            "s3://bucket/x.csv",
            "abfss://c@a.dfs.core.windows.net/x.csv",
            "https://example.com/x.csv",
        ] {
            assert!(foreign(path).is_some(), "{path}");
        }
        for path in [
            "x.csv",
            "a~b/x.csv",
            "/tmp/x.csv",
            "file:/tmp/x.csv",
            "file:///tmp/x.csv",
            "C:/x.csv",
            "a: b/x.csv",
            "x:1.csv",
            "a/s3://b",
        ] {
            assert_eq!(foreign(path), None, "{path}");
        }
    }
}
