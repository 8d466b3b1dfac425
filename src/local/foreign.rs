//! Paths that are meant for another place than this machine, and would make folders of odd names here.

/// What to write in place of what is no path.
const LOCAL: &str =
    "name a file of this machine, relative to the shared folder or with its whole path";

/// The reason why a path is none of this machine, and what to write instead.
pub(super) fn foreign(path: &str) -> Option<(String, &'static str)> {
    const SLASHES: &str = "write the path as this machine does, with `/` between its folders";
    const OF_DBFS: &str =
        "DBFS is a store of the workspace: give its path where one of the workspace is taken";
    if path.chars().any(char::is_control) {
        return Some(("it holds a character that no name has".to_owned(), LOCAL));
    }
    let whole = path;
    let path = path.trim_start();
    // There a folder or a drive, here a file of an odd name.
    if !cfg!(windows) && (path.contains('\\') || is_drive(path)) {
        let reason = "it is written as a path of Windows, and this machine has another system";
        return Some((reason.to_owned(), SLASHES));
    }
    let first = path.split(['/', '\\']).next().unwrap_or_default();
    if first.starts_with('~')
        || first.starts_with('$')
        || first.starts_with('%') && first.ends_with('%')
    {
        let reason = format!("`{first}` is of a shell, which does not read it");
        return Some((reason, LOCAL));
    }
    // However it is written: no folder of this machine is called so.
    let store = first
        .get(..4)
        .filter(|store| store.eq_ignore_ascii_case("dbfs"));
    let rest = first.get(4..).unwrap_or_default().trim_start();
    if let Some(store) = store
        && (rest.starts_with(':') || rest.to_ascii_lowercase().starts_with("%3a"))
    {
        return Some((format!("`{store}:` is no folder of this machine"), OF_DBFS));
    }
    let of_scheme = of_scheme(path);
    if of_scheme.is_none() && path != whole {
        return Some(("it begins with a space".to_owned(), LOCAL));
    }
    of_scheme
}

/// The reason why an address is no path, and what to write instead.
fn of_scheme(path: &str) -> Option<(String, &'static str)> {
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
        "s3" | "s3a" | "s3n" | "gs" | "abfs" | "abfss" | "wasb" | "wasbs" | "adl" | "r2" => {
            "cloud storage is reached through a volume over it: write `/Volumes/catalog/schema/volume/…`"
        }
        _ => LOCAL,
    };
    Some((format!("`{scheme}:` is no folder of this machine"), hint))
}

/// True for what begins with the letter of a drive: `C:/…`.
fn is_drive(path: &str) -> bool {
    let mut letters = path.chars();
    letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && letters.next() == Some(':')
        && letters.next() == Some('/')
}

/// The first folder of a relative path that is perhaps one of the workspace without its first `/`.
pub(super) fn of_workspace(path: &str) -> Option<&str> {
    let (first, _) = path.split_once('/')?;
    let is_store = ["Volumes", "Workspace", "FileStore"].contains(&first)
        || first.eq_ignore_ascii_case("dbfs");
    is_store.then_some(first)
}

#[cfg(test)]
mod tests {
    use super::foreign;

    #[test]
    fn a_path_of_windows_is_one_on_windows_only() {
        for path in [
            "C:\\x.csv",
            "C:/x.csv",
            "\\\\server\\share\\x.csv",
            "a\\b.csv",
            "..\\x",
        ] {
            assert_eq!(foreign(path).is_some(), !cfg!(windows), "{path}");
        }
        for path in ["a\nb.csv", "a\u{1b}[2J.csv", "a\tb"] {
            assert!(foreign(path).is_some(), "{path:?}");
        }
    }

    #[test]
    fn what_is_of_another_place_is_told_from_a_file_of_this_machine() {
        for path in [
            "~/x.csv",
            "~me/x.csv",
            "$HOME/x.csv",
            "%USERPROFILE%\\x.csv",
            "dbfs:/x.csv",
            "DBFS:/x.csv",
            " Dbfs:/x.csv",
            "dbfs:x.csv",
            "dbfs :/x.csv",
            "dbfs:\\x.csv",
            "DBFS%3A/x.csv",
            "dbfs:",
            " s3://bucket/x.csv",
            " /Volumes/a/b/c/d.csv",
            "\u{a0}x.csv",
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
            "a: b/x.csv",
            "x:1.csv",
            "a/s3://b",
            "dbfs.csv",
            "dbfs-notes: x.csv",
        ] {
            assert_eq!(foreign(path), None, "{path}");
        }
    }
}
