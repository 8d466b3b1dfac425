//! Promise: a path leads to a file under a shared folder or nowhere, and a file is whole or not there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Draft, Kept, Roots, Walk};

struct Shared {
    folder: tempfile::TempDir,
    roots: Roots,
}

/// A folder `shared` beside a file that is not shared.
fn shared() -> Shared {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("shared")).unwrap();
    std::fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    let roots = Roots::configured(Some(&[folder.path().join("shared")]), Vec::new()).unwrap();
    Shared { folder, roots }
}

impl Shared {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("shared").join(name)
    }

    fn read(&self, path: &str) -> Result<String, String> {
        let source = self.roots.find(path).and_then(|place| place.open());
        let mut source = source.map_err(|error| error.text())?;
        let mut text = String::new();
        source.file.read_to_string(&mut text).unwrap();
        Ok(text)
    }

    fn write(&self, path: &str, text: &str, replace: bool) -> Result<(), String> {
        let place = self.roots.find(path).map_err(|error| error.text())?;
        let mut draft = Draft::new(&place).map_err(|error| error.text())?;
        draft.write(text.as_bytes()).unwrap();
        draft.publish(replace).map_err(|error| error.text())
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path("")).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

#[test]
fn reads_what_is_shared() {
    let shared = shared();
    std::fs::create_dir(shared.path("data")).unwrap();
    std::fs::write(shared.path("data/a b%20#?.txt"), "text").unwrap();
    let absolute = shared.path("data/a b%20#?.txt");
    for path in [
        "data/a b%20#?.txt",
        "./data/../data/a b%20#?.txt",
        absolute.to_str().unwrap(),
    ] {
        assert_eq!(shared.read(path), Ok("text".to_owned()), "{path}");
    }
}

#[test]
fn refuses_what_is_not() {
    let shared = shared();
    std::fs::create_dir(shared.path("folder")).unwrap();
    std::fs::write(shared.path(".env"), "TOKEN=x").unwrap();
    std::fs::create_dir(shared.path(".git")).unwrap();
    std::fs::write(shared.path(".git/config"), "x").unwrap();
    let secret = shared.folder.path().join("secret.txt");
    for path in [
        "../secret.txt",
        "folder/../../secret.txt",
        "../../etc/passwd",
        "/etc/passwd",
        "file:///etc/passwd",
        secret.to_str().unwrap(),
        ".env",
        ".git/config",
        "folder",
        "missing",
        "",
        "a\0b",
        ".",
    ] {
        let refused = shared.read(path).unwrap_err();
        assert!(refused.starts_with("local path"), "{path}: {refused}");
    }
}

#[cfg(unix)]
#[test]
fn follows_no_link_out() {
    use std::os::unix::fs::symlink;
    let shared = shared();
    std::fs::write(shared.path(".env"), "TOKEN=x").unwrap();
    std::fs::create_dir(shared.path("data")).unwrap();
    std::fs::write(shared.path("data/a.txt"), "text").unwrap();
    symlink("../secret.txt", shared.path("out")).unwrap();
    symlink("..", shared.path("up")).unwrap();
    symlink(".env", shared.path("to_hidden")).unwrap();
    symlink("data/a.txt", shared.path("within")).unwrap();
    for path in ["out", "up/secret.txt", "to_hidden"] {
        assert!(shared.read(path).is_err(), "{path}");
    }
    assert_eq!(shared.read("within"), Ok("text".to_owned()));
    for path in ["out", "up/new.txt", "within"] {
        assert!(shared.write(path, "x", true).is_err(), "{path}");
    }
    assert_eq!(
        std::fs::read_to_string(shared.folder.path().join("secret.txt")).unwrap(),
        "secret"
    );
    assert!(!shared.folder.path().join("new.txt").exists());
}

/// A link takes the place of a folder or file after the path was found.
#[cfg(unix)]
#[test]
fn follows_no_link_that_is_swapped_in() {
    use std::os::unix::fs::symlink;
    let shared = shared();
    std::fs::create_dir(shared.path("data")).unwrap();
    std::fs::write(shared.path("data/secret.txt"), "shared").unwrap();
    let place = shared.roots.find("data/secret.txt").unwrap();
    let draft = Draft::new(&place).unwrap();
    std::fs::rename(shared.path("data"), shared.path("moved")).unwrap();
    symlink("..", shared.path("data")).unwrap();
    assert!(place.open().is_err());
    // The draft goes where it began.
    draft.publish(true).unwrap();
    assert_eq!(
        std::fs::read_to_string(shared.folder.path().join("secret.txt")).unwrap(),
        "secret"
    );
    assert_eq!(
        std::fs::read_to_string(shared.path("moved/secret.txt")).unwrap(),
        ""
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_without_a_writer_is_refused_at_once() {
    let shared = shared();
    let made = std::process::Command::new("mkfifo")
        .arg(shared.path("pipe"))
        .status()
        .unwrap();
    assert!(made.success());
    assert!(shared.read("pipe").unwrap_err().contains("no regular file"));
    assert!(shared.write("pipe", "x", true).is_err());
}

#[test]
fn refuses_the_servers_own_files() {
    let shared = shared();
    std::fs::write(shared.path("databricks.cfg"), "token = x").unwrap();
    let kept = Kept {
        path: shared.path("databricks.cfg"),
        setting: "DATABRICKS_CONFIG_FILE",
    };
    let roots = Roots::configured(Some(&[shared.path("")]), vec![kept]).unwrap();
    let place = roots.find("databricks.cfg").unwrap();
    assert!(
        place
            .open()
            .unwrap_err()
            .text()
            .contains("DATABRICKS_CONFIG_FILE")
    );
    assert!(Draft::new(&place).is_err());
}

/// A call must not write such a file before the server does.
#[test]
fn refuses_the_servers_own_files_before_they_are_there() {
    let shared = shared();
    let kept = Kept {
        path: shared.path("state/seal.key"),
        setting: "DATABRICKS_MCP_SEAL_KEY",
    };
    let roots = Roots::configured(Some(&[shared.path("")]), vec![kept]).unwrap();
    for name in ["state/seal.key", "state/SEAL.KEY"] {
        let refused = Draft::new(&roots.find(name).unwrap()).unwrap_err();
        assert!(refused.text().contains("DATABRICKS_MCP_SEAL_KEY"), "{name}");
    }
    assert!(Draft::new(&roots.find("state/other").unwrap()).is_ok());
}

#[test]
fn a_file_appears_whole_or_not_at_all() {
    let shared = shared();
    shared.write("new/folder/a.txt", "first", false).unwrap();
    assert_eq!(shared.read("new/folder/a.txt"), Ok("first".to_owned()));
    let refused = shared
        .write("new/folder/a.txt", "second", false)
        .unwrap_err();
    assert!(refused.contains("exists already"), "{refused}");
    assert_eq!(shared.read("new/folder/a.txt"), Ok("first".to_owned()));
    shared.write("new/folder/a.txt", "third", true).unwrap();
    assert_eq!(shared.read("new/folder/a.txt"), Ok("third".to_owned()));

    let mut given_up = Draft::new(&shared.roots.find("b.txt").unwrap()).unwrap();
    given_up.write(b"half").unwrap();
    drop(given_up);
    assert_eq!(shared.names(), ["new"]);
}

#[cfg(unix)]
#[test]
fn nothing_becomes_executable() {
    use std::os::unix::fs::PermissionsExt;
    let shared = shared();
    shared.write("run.sh", "#!/bin/sh", false).unwrap();
    let mode = std::fs::metadata(shared.path("run.sh"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o111, 0);
}

#[test]
fn walks_as_git_would() {
    let shared = shared();
    for folder in ["src/deep", "target", "empty", ".hidden"] {
        std::fs::create_dir_all(shared.path(folder)).unwrap();
    }
    for (file, text) in [
        (".gitignore", "target\n*.log\n!keep.log\n"),
        ("src/.gitignore", "deep/*.tmp\n"),
        ("a.txt", "a"),
        ("b.log", ""),
        ("keep.log", ""),
        ("src/main.py", "1"),
        ("src/deep/x.tmp", ""),
        ("src/deep/y.py", ""),
        ("target/out", ""),
        (".hidden/x", ""),
    ] {
        std::fs::write(shared.path(file), text).unwrap();
    }
    let walk = Walk::new(shared.roots.find(".").unwrap()).unwrap();
    let found: Vec<String> = walk.map(|found| found.unwrap().path).collect();
    assert_eq!(
        found,
        [
            "a.txt",
            "empty",
            "keep.log",
            "src",
            "src/deep",
            "src/deep/y.py",
            "src/main.py"
        ]
    );
}

#[test]
fn a_client_may_name_other_folders() {
    let shared = shared();
    std::fs::write(shared.path("a.txt"), "text").unwrap();
    let none = Roots::configured(Some(&[]), Vec::new()).unwrap();
    assert!(
        none.find("a.txt")
            .unwrap_err()
            .text()
            .contains("DATABRICKS_MCP_ROOTS")
    );
    let uri = url::Url::from_directory_path(shared.path("")).unwrap();
    let roots = none.of_client([uri.as_str(), "https://elsewhere"]);
    assert!(roots.find("a.txt").unwrap().open().is_ok());
    assert!(
        none.of_client(["file:///does/not/exist"])
            .find("a.txt")
            .is_err()
    );
}

#[cfg(unix)]
#[test]
fn a_client_shares_no_root_no_home_and_no_folder_of_the_system() {
    let shared = shared();
    std::fs::write(shared.path("a.txt"), "text").unwrap();
    let to_root = shared.folder.path().join("to_root");
    std::os::unix::fs::symlink("/", &to_root).unwrap();
    let to_etc = shared.path("to_etc");
    std::os::unix::fs::symlink("/etc", &to_etc).unwrap();
    let uri = |path: &Path| url::Url::from_directory_path(path).unwrap().to_string();
    let none = Roots::default();
    let refused = [
        "file:///".to_owned(),
        "file:////".to_owned(),
        "file:///.".to_owned(),
        "file:///etc".to_owned(),
        "file:///%65tc".to_owned(),
        "file:///usr/../etc/".to_owned(),
        "file://localhost/proc/self/root/".to_owned(),
        "file:///proc/self".to_owned(),
        uri(&to_root),
        uri(&to_etc),
        uri(&std::env::home_dir().unwrap()),
        uri(std::env::home_dir().unwrap().parent().unwrap()),
    ];
    for root in &refused {
        let roots = none.of_client([root.as_str()]);
        assert_eq!(roots.folders().count(), 0, "{root}");
        let text = roots.find("a.txt").unwrap_err().text();
        assert!(
            text.contains("is not shared as a whole")
                && text.contains("open the folder of the project in the client"),
            "{text}"
        );
    }
    for odd in [
        "file://elsewhere/etc",
        "file:etc",
        "etc",
        "/etc",
        "https://localhost/etc",
        "",
    ] {
        let roots = none.of_client([odd]);
        let text = roots.find("a.txt").unwrap_err().text();
        assert!(text.contains("no folder of this machine"), "{odd}: {text}");
    }
    let shares = uri(&shared.path(""));
    let all = refused.iter().map(String::as_str).chain([shares.as_str()]);
    let roots = none.of_client(all);
    assert_eq!(roots.folders().count(), 1);
    assert!(roots.find("a.txt").unwrap().open().is_ok());
    assert!(roots.find("/etc/passwd").is_err());
}

proptest::proptest! {
    /// Whatever a path is made of, it is refused or stays below the folder.
    #[test]
    fn no_path_leads_out(parts in proptest::collection::vec("\\.\\.|\\.|/|[a-z.]{1,4}|\\\\|~|\u{2215}|%2e%2e", 0..12), absolute: bool) {
        let shared = shared();
        let path = format!("{}{}", if absolute { "/" } else { "" }, parts.join("/"));
        if let Ok(place) = shared.roots.find(&path) {
            let whole = place.path();
            proptest::prop_assert!(whole.starts_with(shared.path("")));
            proptest::prop_assert!(!whole.strip_prefix(shared.path("")).unwrap().iter().any(|part| part.to_string_lossy().starts_with('.')));
            proptest::prop_assert!(place.open().is_err());
        }
        let _ = Path::new(&path);
    }
}
