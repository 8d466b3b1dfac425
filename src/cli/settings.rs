//! Sources of this process: the settings of its workspace, of one profile among several, and of the whole process.

use std::path::{Path, PathBuf};

use databricks_mcp::config::{Found, Settings};
use databricks_mcp::error::Error;
use databricks_mcp::settings::file::{self, Files};
use databricks_mcp::settings::{self, Given, Origin, Places, setting};

use super::flags::{Every, Pairs};

/// The settings that choose tools.
pub(super) const CHOOSING: [&settings::Setting; 5] = [
    setting::ONLY,
    setting::TOOLSETS,
    setting::TOOLS,
    setting::EXCLUDE,
    setting::READ_ONLY,
];

/// The sources of every command: its flags and the settings files. The environment is there anyway.
pub(super) struct Sources {
    flags: Every,
    pub(super) files: Files,
}

impl Sources {
    /// Reads the settings files.
    ///
    /// # Errors
    /// A file that cannot be used.
    pub(super) fn read(flags: Every) -> Result<Self, Error> {
        let named = settings::of_process(&flags.0, &variable, &Files::default());
        let named = named.text(setting::CONFIG);
        let directory = std::env::current_dir().ok();
        let files = Files::read(
            named.as_deref().map(Path::new),
            &variable,
            directory.as_deref(),
        )?;
        Ok(Self { flags, files })
    }

    /// The flags that every command has, as they were given.
    pub(super) fn flags(&self) -> &Pairs {
        &self.flags.0
    }

    /// The way to read them anew, while the process runs.
    pub(super) fn again(&self) -> Again {
        Again(self.flags.clone())
    }

    /// The path that the user gave for the settings file, or the platform's.
    pub(super) fn own_file(&self) -> Option<PathBuf> {
        let given = settings::of_process(&self.flags.0, &variable, &Files::default());
        let named = given.text(setting::CONFIG).map(PathBuf::from);
        named.or_else(|| file::users(&variable))
    }

    /// Collects the settings of the workspace from all sources.
    pub(super) fn collect(&self) -> Result<Found, Error> {
        self.find(&[], false)
    }

    /// As [`Sources::collect`], with the flags of a command.
    pub(super) fn collect_with(&self, more: &Pairs) -> Result<Found, Error> {
        self.find(more, false)
    }

    /// As [`Sources::collect`], for a profile that need not exist yet.
    pub(super) fn collect_for_login(&self) -> Result<Found, Error> {
        self.find(&[], true)
    }

    fn find(
        &self,
        more: &[(&'static settings::Setting, String)],
        new_profile: bool,
    ) -> Result<Found, Error> {
        let home = home();
        let places = Places {
            home: home.as_deref(),
            files: Some(&self.files),
            new_profile,
        };
        let flags = [self.flags.0.as_slice(), more].concat();
        Found::collect(&flags, variable, places)
    }

    /// The settings of the whole process.
    pub(super) fn of_process(&self, flags: &Pairs) -> Given {
        settings::of_process(flags, &variable, &self.files)
    }

    /// The settings from these flags, the server's own variables, `.env` and the files, regardless of profiles.
    pub(super) fn outside_profiles(&self, flags: &Pairs) -> Given {
        let own = |name: &str| variable(name).filter(|_| name.starts_with("DATABRICKS_MCP_"));
        let collect = |files: &Files| {
            let places = Places {
                files: Some(files),
                ..Places::default()
            };
            settings::collect(flags, &own, places)
        };
        collect(&self.files)
            .or_else(|_| collect(&self.files.without_dot_env()))
            .unwrap_or_default()
    }

    /// The error, with the place in a settings file where the value comes from one.
    pub(super) fn placed(&self, error: Error) -> Error {
        let given = self.outside_profiles(&Pairs::new());
        let of_file = |setting: &settings::Setting| match given.origin(setting) {
            Some(Origin::File(path)) => Some(path.clone()),
            _ => None,
        };
        match error {
            Error::Setting { setting, reason } => {
                let mut known = setting::ALL.iter().filter(|known| known.title() == setting);
                let placed =
                    known.find_map(|known| self.files.fault(&of_file(known)?, known, &reason));
                placed.unwrap_or(Error::Setting { setting, reason })
            }
            Error::Selection { mut problems } => {
                for path in CHOOSING.into_iter().filter_map(of_file) {
                    let path =
                        format!("names come from the settings file `{}` too", path.display());
                    if !problems.contains(&path) {
                        problems.push(path);
                    }
                }
                Error::Selection { problems }
            }
            error => error,
        }
    }

    /// A variable of this process, or the value that a settings file has for it.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        variable(name).or_else(|| self.files.variable(name))
    }
}

/// The flags of a process that reads its settings files anew.
pub(super) struct Again(Every);

impl Again {
    /// Reads the sources anew.
    ///
    /// # Errors
    /// A file that cannot be used.
    pub(super) fn read(&self) -> Result<Sources, Error> {
        Sources::read(self.0.clone())
    }
}

/// The settings of one profile among several. All come from its section, so that a variable meant for one
/// workspace never reaches another.
pub(super) async fn of_profile(name: &str) -> Result<Settings, Error> {
    in_profile(name)?.settle(of_no_workspace).await
}

/// Collects the settings of one profile's section.
pub(super) fn in_profile(name: &str) -> Result<Found, Error> {
    let home = home();
    let places = Places {
        home: home.as_deref(),
        ..Places::default()
    };
    let flags = [(setting::PROFILE, name.to_owned())];
    Found::collect(&flags, of_no_workspace, places)
}

/// A variable of this process, unless it is meant for one workspace.
fn of_no_workspace(name: &str) -> Option<String> {
    let own = ["DATABRICKS_", "ARM_", "AZURE_", "GOOGLE_", "ACTIONS_"];
    let foreign = own.iter().any(|prefix| name.starts_with(prefix));
    let mut shared = setting::ALL.iter().filter(|setting| setting.shared);
    let allowed = !foreign || shared.any(|setting| setting.variables.contains(&name));
    allowed.then(|| variable(name)).flatten()
}

/// A variable of this process.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The home directory as Databricks' tools find it.
fn home() -> Option<PathBuf> {
    let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    std::env::var_os(name).map(PathBuf::from)
}
