//! The folders that a call may read and write, and the search for a path under them.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use url::Url;

use super::foreign::{foreign, of_workspace};
use super::off_limits::{Kept, is_hidden};
use super::place::Place;
use crate::error::Error;
use crate::settings::setting;

/// Folders of the system and of all users. One that is the working directory was not chosen by anyone.
const OF_THE_SYSTEM: [&str; 14] = [
    "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/opt", "/proc", "/root", "/sys",
    "/usr", "/var", "/Users",
];

/// The folders that calls may use.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    roots: Vec<Root>,
    kept: Arc<[Kept]>,
    /// The reason why there is none.
    why_none: Option<String>,
    /// The folder of states, for what is remembered of uploads.
    states: Option<PathBuf>,
}

#[derive(Debug, Clone)]
struct Root {
    dir: Arc<Dir>,
    /// As it was given, absolute.
    path: PathBuf,
    /// With its own links resolved, as other programs may write it.
    real: PathBuf,
}

impl Roots {
    /// The folders of the setting, or the working directory, unless that is a folder nobody would have chosen.
    ///
    /// # Errors
    /// A folder of the setting does not exist or cannot be opened.
    pub fn configured(folders: Option<&[PathBuf]>, kept: Vec<Kept>) -> Result<Self, Error> {
        let kept = Arc::from(kept);
        if let Some(folders) = folders {
            let roots = folders.iter().map(|folder| {
                Root::open(folder).map_err(|error| {
                    setting::ROOTS.unusable(format!("`{}`: {error}", folder.display()))
                })
            });
            let why_none = folders.is_empty().then(|| "none is set".to_owned());
            return Ok(Self {
                roots: roots.collect::<Result<_, _>>()?,
                kept,
                why_none,
                states: None,
            });
        }
        let mut roots = Self {
            kept,
            ..Self::default()
        };
        match std::env::current_dir() {
            Ok(folder) if is_chosen(&folder, home().as_deref()) => match Root::open(&folder) {
                Ok(root) => roots.roots.push(root),
                Err(error) => {
                    roots.why_none =
                        Some(format!("the working directory cannot be opened: {error}"))
                }
            },
            Ok(folder) => {
                roots.why_none = Some(format!("the server runs in `{}`", folder.display()));
            }
            Err(error) => roots.why_none = Some(format!("there is no working directory: {error}")),
        }
        Ok(roots)
    }

    /// The same, with what is remembered of uploads kept in this folder of states.
    #[must_use]
    pub fn remembering(mut self, states: Option<PathBuf>) -> Self {
        self.states = states;
        self
    }

    /// The folder of states.
    #[must_use]
    pub fn states(&self) -> Option<&Path> {
        self.states.as_deref()
    }

    /// The folders that the client declares, in place of these. One that is not on this machine counts for nothing.
    #[must_use]
    pub fn of_client<'a>(&self, uris: impl IntoIterator<Item = &'a str>) -> Self {
        let paths = uris
            .into_iter()
            .filter_map(|uri| Url::parse(uri).ok()?.to_file_path().ok());
        let roots: Vec<Root> = paths.filter_map(|path| Root::open(&path).ok()).collect();
        let why_none = roots
            .is_empty()
            .then(|| "the client declares no folder of this machine".to_owned());
        Self {
            roots,
            kept: Arc::clone(&self.kept),
            why_none,
            states: self.states.clone(),
        }
    }

    /// The folders, as a person would write them.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.roots.iter().map(|root| root.path.as_path())
    }

    /// The place that a path names: absolute, or relative to the first folder. Whether something is there is not
    /// looked at.
    ///
    /// # Errors
    /// The path is outside of all folders or has a hidden name in it, or there is no folder.
    pub fn find(&self, path: &str) -> Result<Place, Error> {
        let refused = |reason: String, hint: Option<String>| Error::Local {
            path: path.to_owned(),
            reason,
            hint,
        };
        if let Some(why) = &self.why_none {
            let hint = format!(
                "the user can name the folders to share in `{}` and restart the server; or give the content in the call",
                setting::ROOTS.title()
            );
            return Err(refused(
                format!("no local folder is shared, because {why}"),
                Some(hint),
            ));
        }
        if path.is_empty() || path.contains('\0') {
            return Err(refused("it is no path".to_owned(), None));
        }
        if let Some((reason, hint)) = foreign(path) {
            return Err(refused(reason, Some(hint.to_owned())));
        }
        let plain = path.strip_prefix("file://").or(path.strip_prefix("file:"));
        let asked = Path::new(plain.unwrap_or(path));
        let found = self
            .roots
            .iter()
            .find_map(|root| Some((root, root.inside(asked)?)));
        if let Some((root, first)) = self.roots.first().zip(of_workspace(path))
            && !root.dir.exists(first)
        {
            let hint = format!(
                "`/{path}` is a path of the workspace; for a local folder of this name, make it first"
            );
            let reason = format!("no folder `{first}` is shared");
            return Err(refused(reason, Some(hint)));
        }
        let Some((root, inside)) = found else {
            let folders: Vec<String> = self
                .folders()
                .map(|folder| format!("`{}`", folder.display()))
                .collect();
            let reason = format!("it is outside of {}", folders.join(", "));
            let hint = format!(
                "use a path below; the user can share other folders in `{}`",
                setting::ROOTS.title()
            );
            return Err(refused(reason, Some(hint)));
        };
        if let Some(hidden) = inside.iter().find(|part| is_hidden(part)) {
            let reason = format!(
                "`{}` is hidden, and hidden files may hold secrets",
                hidden.to_string_lossy()
            );
            return Err(refused(reason, None));
        }
        Ok(Place::new(
            Arc::clone(&root.dir),
            root.path.clone(),
            inside,
            Arc::clone(&self.kept),
        ))
    }
}

impl Root {
    fn open(path: &Path) -> std::io::Result<Self> {
        let path = std::path::absolute(path)?;
        Ok(Self {
            dir: Arc::new(Dir::open_ambient_dir(&path, ambient_authority())?),
            real: std::fs::canonicalize(&path)?,
            path,
        })
    }

    /// The path below this folder, without `.` and `..`; none if it leads out.
    fn inside(&self, asked: &Path) -> Option<PathBuf> {
        let below = if asked.is_absolute() {
            let asked = normal(asked)?;
            let below = asked
                .strip_prefix(&self.path)
                .or_else(|_| asked.strip_prefix(&self.real));
            return below.ok().map(Path::to_owned);
        } else {
            asked
        };
        normal(below)
    }
}

/// The path without `.` and `..`; none if `..` leads above its start.
fn normal(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    let mut depth = 0_usize;
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                depth = depth.checked_sub(1)?;
                normal.pop();
            }
            Component::Normal(name) => {
                depth += 1;
                normal.push(name);
            }
            Component::Prefix(_) | Component::RootDir => normal.push(part),
        }
    }
    Some(normal)
}

/// Reports whether a working directory may be meant: not the root, a home or a folder of the system.
fn is_chosen(folder: &Path, home: Option<&Path>) -> bool {
    let is_of_system = OF_THE_SYSTEM
        .iter()
        .any(|system| folder == Path::new(system));
    let is_home = home.is_some_and(|home| home.starts_with(folder))
        || folder
            .parent()
            .is_some_and(|parent| parent == Path::new("/home") || parent == Path::new("/Users"));
    let is_hidden = folder.iter().any(is_hidden);
    let is_windows = folder.parent().is_none()
        || folder
            .iter()
            .any(|part| part.eq_ignore_ascii_case("windows"));
    !is_of_system && !is_home && !is_hidden && !is_windows
}

fn home() -> Option<PathBuf> {
    std::env::home_dir()
}
