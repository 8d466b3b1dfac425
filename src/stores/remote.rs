//! Paths of the three stores, told apart by how they begin.

use crate::error::Error;

/// A file or folder of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// The store that holds it.
    pub store: Store,
    /// Its path as the store's own API takes it, absolute.
    pub path: String,
}

/// The stores of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// Volumes of Unity Catalog: `/Volumes/catalog/schema/volume/…`.
    Volume,
    /// DBFS, the older store: `dbfs:/…`.
    Dbfs,
    /// The workspace tree of notebooks and files: `/Workspace/…`, `/Users/…`, `/Shared/…`, `/Repos/…`.
    Workspace,
}

/// First folders of the workspace tree.
const OF_WORKSPACE: [&str; 4] = ["/Workspace", "/Users", "/Shared", "/Repos"];

/// First folders of DBFS that people name without its scheme.
const OF_DBFS: [&str; 6] = [
    "/FileStore",
    "/mnt",
    "/tmp",
    "/user",
    "/databricks-datasets",
    "/databricks-results",
];

impl Remote {
    /// Reads a path as people write it, among the arguments of `tool`.
    ///
    /// # Errors
    /// It is of no store, or leads up by `..`.
    pub fn parse(tool: &str, path: &str) -> Result<Self, Error> {
        let refuse = |reason: &str| Error::Arguments {
            tool: tool.to_owned(),
            problems: vec![format!("`{path}` {reason}")],
        };
        if let Some(meant) = meant(path) {
            return Err(refuse(&format!("is no whole path, such as `{meant}`")));
        }
        if is_of_cloud(path) {
            return Err(refuse(
                "is of cloud storage, which is reached through a volume over it: `/Volumes/catalog/schema/volume/…`",
            ));
        }
        let trimmed = path.strip_suffix('/').filter(|rest| !rest.is_empty());
        let whole = trimmed.unwrap_or(path);
        if whole.split('/').any(|part| part == "..") {
            return Err(refuse("leads up by `..`: write the whole path"));
        }
        let scheme = whole.strip_prefix("dbfs:");
        let plain = scheme.unwrap_or(whole);
        let begins = |top: &str| {
            plain
                .strip_prefix(top)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let (store, plain) = if begins("/Volumes") {
            (Store::Volume, plain)
        } else if scheme.is_some() && (plain.is_empty() || plain.starts_with('/')) {
            (Store::Dbfs, if plain.is_empty() { "/" } else { plain })
        } else if begins("/dbfs") {
            let below = plain.get("/dbfs".len()..).unwrap_or_default();
            (Store::Dbfs, if below.is_empty() { "/" } else { below })
        } else if OF_WORKSPACE.iter().any(|top| begins(top)) {
            (Store::Workspace, plain)
        } else if OF_DBFS.iter().any(|top| begins(top)) {
            (Store::Dbfs, plain)
        } else {
            return Err(refuse(
                "is in no store: a volume's path is `/Volumes/catalog/schema/volume/…`, one of DBFS `dbfs:/…`, one of \
                 the workspace `/Workspace/…`, `/Users/…`, `/Shared/…` or `/Repos/…`",
            ));
        };
        Ok(Self {
            store,
            path: plain.to_owned(),
        })
    }

    /// The path as a person reads it, with the scheme of DBFS.
    #[must_use]
    pub fn shown(&self) -> String {
        match self.store {
            Store::Dbfs => format!("dbfs:{}", self.path),
            Store::Volume | Store::Workspace => self.path.clone(),
        }
    }

    /// The folder it is in.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (parent, _) = self.path.rsplit_once('/')?;
        (!parent.is_empty()).then(|| Self {
            store: self.store,
            path: parent.to_owned(),
        })
    }

    /// Its name in that folder.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The file or folder of this relative path below.
    #[must_use]
    pub fn below(&self, path: &str) -> Self {
        Self {
            store: self.store,
            path: format!("{}/{path}", self.path.trim_end_matches('/')),
        }
    }
}

/// The path that was meant by one that lacks its first `/`, or by the name of a volume.
fn meant(path: &str) -> Option<String> {
    let (first, _) = path.split_once('/').unwrap_or((path, ""));
    let tops = ["Volumes", "Workspace", "Users", "Shared", "Repos", "dbfs"];
    if tops.contains(&first) && !path.starts_with("dbfs:") {
        return Some(format!("/{path}"));
    }
    let names: Vec<&str> = first.split('.').collect();
    let is_name = |name: &&str| {
        !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    };
    let is_volume = names.len() == 3 && names.iter().all(is_name);
    is_volume.then(|| {
        let rest = path.strip_prefix(first).unwrap_or_default();
        format!("/Volumes/{}{rest}", names.join("/"))
    })
}

/// True for the address of an object in cloud storage.
fn is_of_cloud(path: &str) -> bool {
    const SCHEMES: [&str; 9] = [
        "s3", "s3a", "s3n", "gs", "abfs", "abfss", "wasb", "wasbs", "r2",
    ];
    let scheme = path.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| SCHEMES.contains(&scheme))
}

/// The error of a folder that holds more than is worth listing.
pub(super) fn too_many(path: &str, most: usize) -> Error {
    Error::Failed {
        what: format!("listing `{path}`"),
        state: "too large".to_owned(),
        message: format!("it holds more than {most} files"),
        hint: Some("name a folder below".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_path_tells_its_store() {
        for (path, shown, store) in [
            (
                "/Volumes/a/b/c/d.csv",
                "/Volumes/a/b/c/d.csv",
                Store::Volume,
            ),
            ("dbfs:/Volumes/a/b/c", "/Volumes/a/b/c", Store::Volume),
            ("dbfs:/tmp/x", "dbfs:/tmp/x", Store::Dbfs),
            ("dbfs:/", "dbfs:/", Store::Dbfs),
            ("/dbfs/tmp/x", "dbfs:/tmp/x", Store::Dbfs),
            ("/FileStore/x/", "dbfs:/FileStore/x", Store::Dbfs),
            (
                "/Workspace/Users/me/n b#1",
                "/Workspace/Users/me/n b#1",
                Store::Workspace,
            ),
            ("/Users/me/x", "/Users/me/x", Store::Workspace),
        ] {
            let remote = Remote::parse("upload_file", path).unwrap();
            assert_eq!(
                (remote.shown().as_str(), remote.store),
                (shown, store),
                "{path}"
            );
        }
        for path in [
            "",
            "x.csv",
            "/etc/passwd",
            "/Volumes/../x",
            "s3://bucket/x",
            "/Volumesx/a",
            "file:/x",
        ] {
            assert!(Remote::parse("upload_file", path).is_err(), "{path}");
        }
        for (path, told) in [
            ("Volumes/a/b/c/d.csv", "such as `/Volumes/a/b/c/d.csv`"),
            ("Workspace/Shared", "such as `/Workspace/Shared`"),
            ("main.raw.in/d.csv", "such as `/Volumes/main/raw/in/d.csv`"),
            ("main.raw.in", "such as `/Volumes/main/raw/in`"),
            ("s3://bucket/x", "through a volume over it"),
        ] {
            let error = Remote::parse("upload_file", path).unwrap_err().text();
            assert!(error.contains(told), "{error}");
        }
    }
}
