//! Folders that somebody may have chosen to share: not the root, a home or a folder of the system.

use std::path::{Component, Path, PathBuf};

use url::Url;

use super::off_limits::is_hidden;

/// Folders of the system and of all users, in which folders may be that somebody has chosen.
const OF_ALL: [&str; 21] = [
    "/",
    "/Applications",
    "/Users",
    "/Volumes",
    "/home",
    "/media",
    "/mnt",
    "/opt",
    "/private",
    "/private/var",
    "/root",
    "/run",
    "/usr",
    "/usr/bin",
    "/usr/lib",
    "/usr/local",
    "/usr/sbin",
    "/usr/share",
    "/var",
    "/var/lib",
    "/var/log",
];

/// Folders of the system in which nobody works.
const OF_THE_SYSTEM: [&str; 13] = [
    "/Library",
    "/System",
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib32",
    "/lib64",
    "/private/etc",
    "/proc",
    "/sbin",
    "/sys",
];

/// The homes in which a folder may lie: the user's, as it is written and without links.
pub(super) fn homes() -> Vec<PathBuf> {
    let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
    let real = home.as_deref().and_then(|home| home.canonicalize().ok());
    home.into_iter().chain(real).collect()
}

/// Reports whether a folder without links may be meant for sharing.
pub(super) fn is_chosen(folder: &Path, homes: &[PathBuf]) -> bool {
    let is_of_system = OF_ALL.iter().any(|all| folder == Path::new(all))
        || OF_THE_SYSTEM
            .iter()
            .any(|system| folder.starts_with(system));
    let parent = folder.parent();
    let is_home = homes.iter().any(|home| home.starts_with(folder))
        || parent
            .is_some_and(|parent| parent == Path::new("/home") || parent == Path::new("/Users"));
    let is_windows = parent.is_none()
        || folder
            .iter()
            .any(|part| part.eq_ignore_ascii_case("windows"));
    !is_of_system && !is_home && !is_windows
}

/// Reports whether a folder is where programs keep what is theirs: hidden, or in a hidden folder of a home.
pub(super) fn is_of_programs(folder: &Path, homes: &[PathBuf]) -> bool {
    let below = homes
        .iter()
        .filter_map(|home| folder.strip_prefix(home).ok());
    let mut first = below.filter_map(|below| below.iter().next());
    folder.file_name().is_some_and(is_hidden) || first.any(is_hidden)
}

/// The folder of this machine that a root of a client names; none for what is no whole path here.
pub(super) fn named(uri: &str) -> Option<PathBuf> {
    // What does not begin so is relative, and `Url` would have it begin at the root.
    let scheme = uri
        .get(..6)
        .filter(|start| start.eq_ignore_ascii_case("file:/"));
    let uri = Url::parse(scheme.map(|_| uri)?).ok()?;
    // Another machine, which must not be asked for its folder.
    if uri
        .host_str()
        .is_some_and(|host| !host.eq_ignore_ascii_case("localhost"))
    {
        return None;
    }
    let path = uri.to_file_path().ok()?;
    let is_plain = path.components().all(|part| part != Component::ParentDir);
    (path.is_absolute() && is_plain).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_chosen_the_root_a_home_or_a_folder_of_the_system() {
        let homes = [PathBuf::from("/data/people/ada")];
        for folder in [
            "/",
            "/home",
            "/home/ada",
            "/Users/ada",
            "/data",
            "/data/people",
            "/data/people/ada",
            "/etc",
            "/etc/ssl",
            "/usr",
            "/usr/local",
            "/proc",
            "/proc/1",
            "/sys/kernel",
            "/root",
            "/var",
            "/var/log",
            "/dev/shm",
        ] {
            assert!(!is_chosen(Path::new(folder), &homes), "{folder}");
        }
        for folder in [
            "/home/ada/project",
            "/data/people/ada/project",
            "/data/people/bob",
            "/data/etc",
            "/opt/project",
            "/usr/src/app",
            "/var/www/page",
            "/root/project",
            "/tmp/x",
            "/etcetera",
        ] {
            assert!(is_chosen(Path::new(folder), &homes), "{folder}");
        }
        for (folder, hidden) in [
            ("/data/people/ada/.ssh", true),
            ("/data/people/ada/.config/tool", true),
            ("/data/people/ada/project/.git", true),
            ("/data/people/ada/project/.trees/one", false),
            ("/data/people/ada/project", false),
        ] {
            assert_eq!(
                is_of_programs(Path::new(folder), &homes),
                hidden,
                "{folder}"
            );
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_a_whole_path_of_this_machine_is_one() {
        for (uri, path) in [
            ("file:///a/b", Some("/a/b")),
            ("FILE:///a/b/", Some("/a/b")),
            ("file://localhost/a", Some("/a")),
            ("file:///%65tc", Some("/etc")),
            ("file:///a/../etc", Some("/etc")),
            ("file:////etc", Some("/etc")),
            ("file:///a%2F..%2F..%2Fetc", None),
            ("file://elsewhere/a", None),
            ("file://elsewhere", None),
            ("file:a", None),
            ("a/b", None),
            ("/a/b", None),
            ("https://localhost/a", None),
            ("", None),
        ] {
            assert_eq!(named(uri), path.map(PathBuf::from), "{uri}");
        }
    }
}
