//! The folders that a call may read and write, and the search for a path under them.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::chosen::{homes, is_chosen, is_of_programs, named};
use super::foreign::{foreign, of_workspace};
use super::off_limits::{Kept, is_hidden};
use super::place::Place;
use crate::error::Error;
use crate::settings::setting;

/// The folders that calls may use.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    roots: Vec<Root>,
    kept: Arc<[Kept]>,
    /// The reason why there is none.
    why_none: Option<String>,
    /// The client has declared them.
    of_client: bool,
    /// There is none for anybody.
    closed: bool,
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
                of_client: false,
                closed: false,
                states: None,
            });
        }
        let mut roots = Self {
            kept,
            ..Self::default()
        };
        match std::env::current_dir() {
            Ok(folder) if is_chosen(&folder, &homes()) && !folder.iter().any(is_hidden) => {
                match Root::open(&folder) {
                    Ok(root) => roots.roots.push(root),
                    Err(error) => {
                        roots.why_none =
                            Some(format!("the working directory cannot be opened: {error}"))
                    }
                }
            }
            Ok(folder) => {
                roots.why_none = Some(format!("the server runs in `{}`", folder.display()));
            }
            Err(error) => roots.why_none = Some(format!("there is no working directory: {error}")),
        }
        Ok(roots)
    }

    /// No folder, for this reason, whatever the client declares.
    #[must_use]
    pub fn closed(why: &str) -> Self {
        Self {
            why_none: Some(why.to_owned()),
            closed: true,
            ..Self::default()
        }
    }

    /// True if folders of the client count for nothing.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed
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

    /// The folders that the client declares, in place of these. One that is not on this machine counts for nothing, and
    /// neither does one that nobody would have chosen, such as the root or a home.
    #[must_use]
    pub fn of_client<'a>(&self, uris: impl IntoIterator<Item = &'a str>) -> Self {
        let homes = homes();
        let declared = uris.into_iter().filter_map(named);
        let declared = declared.filter_map(|path| Root::open(&path).ok());
        let (roots, refused): (Vec<Root>, Vec<Root>) = declared
            .partition(|root| is_chosen(&root.real, &homes) && !is_of_programs(&root.real, &homes));
        let why_none = match refused.first() {
            _ if !roots.is_empty() => None,
            None => Some("the client declares no folder of this machine".to_owned()),
            Some(refused) => Some(format!(
                "the client declares `{}`, and a root, a home, a hidden folder or one of the system is not shared as a whole",
                refused.path.display()
            )),
        };
        Self {
            roots,
            kept: Arc::clone(&self.kept),
            why_none,
            of_client: true,
            closed: false,
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
            let way = if self.closed {
                "the user can start the server on the machine that has the files".to_owned()
            } else if self.of_client {
                "the user can open the folder of the project in the client".to_owned()
            } else {
                let setting = setting::ROOTS.title();
                format!(
                    "the user can name the folders to share in `{setting}` and restart the server"
                )
            };
            let hint = format!("{way}; or give the content in the call");
            return Err(refused(
                format!("no local folder is shared, because {why}"),
                Some(hint),
            ));
        }
        if path.trim().is_empty() || path.contains('\0') {
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
            let way = if self.of_client {
                "open other folders in the client".to_owned()
            } else {
                format!("share other folders in `{}`", setting::ROOTS.title())
            };
            let meant = path.trim_start_matches('/');
            let hint = match of_workspace(meant).filter(|_| meant != path) {
                Some(_) => {
                    "it looks like a path of the workspace; a local one is relative to the shared folder".to_owned()
                }
                None => format!("use a path below; the user can {way}"),
            };
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
        let real = std::fs::canonicalize(&path)?;
        Ok(Self {
            // The folder that was looked at, wherever a link leads by now.
            dir: Arc::new(Dir::open_ambient_dir(&real, ambient_authority())?),
            real,
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
