//! The columns of the table of settings.

use super::takes::Takes;

/// One setting: its names, the values it takes, and its sources.
#[derive(Debug, PartialEq)]
pub struct Setting {
    /// Its name in `databricks-mcp config`, and its key in a settings file: flat, in snake_case.
    pub name: &'static str,
    /// Its environment variables, the strongest first.
    pub variables: &'static [&'static str],
    /// Its command-line flag.
    pub flag: Option<Flag>,
    /// Its key in a profile of `.databrickscfg`; without one, a profile cannot set it.
    pub profile_key: Option<&'static str>,
    /// True if a `.env` file may set it. Such a file comes with any repository that is opened, so it may not choose
    /// programs, files or proxies, extend trust, or waive confirmation.
    pub dot_env: bool,
    /// True if it holds for every workspace of the process, and not for one of them.
    pub shared: bool,
    /// The values it takes.
    pub takes: Takes,
    /// The value if none is set, as a person would write it.
    pub default: Option<&'static str>,
    /// The kind of credential it configures; two kinds at once are ambiguous.
    pub kind: Option<&'static str>,
    /// True if its value must never be shown.
    pub secret: bool,
    /// True if a weaker source adds to a stronger one instead of giving way.
    pub adds_up: bool,
    /// What a settings file of the working directory may do with it.
    pub narrows: Narrows,
    /// The table of the README that lists it.
    pub section: Section,
    help: &'static str,
}

/// A flag of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag {
    /// Its name, without dashes.
    pub long: &'static str,
    /// A second name, listed in the help.
    pub alias: Option<&'static str>,
    /// The placeholder of its value in the help; empty for a switch.
    pub value: &'static str,
    /// The commands that have it.
    pub commands: Commands,
}

/// What a settings file of the working directory may do with a setting: it comes with any repository that is opened,
/// so it may only restrict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Narrows {
    /// Nothing.
    No,
    /// Switch it on, or add to it.
    Set,
    /// Lower it.
    Lower,
    /// Leave out what it does not name.
    Within,
}

/// The commands that have a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commands {
    /// Every command.
    Every,
    /// `start`, `list-tools` and the commands that call tools.
    Serving,
    /// `start` and the commands that call tools.
    Calling,
    /// `start`.
    Start,
    /// `serve`.
    Serve,
}

/// The README's tables of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The workspace and its credential.
    Credentials,
    /// The tools to serve, and the workspaces.
    Tools,
    /// Everything else: limits, connections, the log.
    Other,
}

impl Setting {
    /// True for a host and for credentials.
    #[must_use]
    pub fn decides_where_to_go(&self) -> bool {
        self.kind.is_some() || self.secret || self.name == "host"
    }

    /// True for what must not be passed over: where to go, and what may not be done at all.
    #[must_use]
    pub(super) fn must_be_filled(&self) -> bool {
        self.decides_where_to_go() || matches!(self.name, "read_only" | "exclude")
    }

    /// A setting of one workspace. Its name is also its key in a profile, and `.env` may set it.
    pub(super) const fn of_workspace(
        name: &'static str,
        variables: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            variables,
            flag: None,
            profile_key: Some(name),
            dot_env: true,
            shared: false,
            takes: Takes::Text,
            default: None,
            kind: None,
            secret: false,
            adds_up: false,
            narrows: Narrows::No,
            section: Section::Credentials,
            help: "",
        }
    }

    /// A setting that selects tools. Its key in a profile differs from its name, because other programs read
    /// profiles too.
    pub(super) const fn of_tools(
        name: &'static str,
        variables: &'static [&'static str],
        profile_key: &'static str,
    ) -> Self {
        let mut setting = Self::of_workspace(name, variables);
        setting.profile_key = Some(profile_key);
        setting.section = Section::Tools;
        setting
    }

    /// A setting of the whole process, from a flag or variable only.
    pub(super) const fn of_process(name: &'static str, variables: &'static [&'static str]) -> Self {
        let mut setting = Self::of_workspace(name, variables);
        setting.profile_key = None;
        setting.dot_env = false;
        setting.shared = true;
        setting.section = Section::Other;
        setting
    }

    pub(super) const fn takes(mut self, takes: Takes) -> Self {
        self.takes = takes;
        self
    }

    pub(super) const fn flag(
        mut self,
        long: &'static str,
        value: &'static str,
        commands: Commands,
    ) -> Self {
        self.flag = Some(Flag {
            long,
            alias: None,
            value,
            commands,
        });
        self
    }

    /// Another name of its flag.
    pub(super) const fn alias(mut self, alias: &'static str) -> Self {
        if let Some(flag) = &mut self.flag {
            flag.alias = Some(alias);
        }
        self
    }

    pub(super) const fn default(mut self, value: &'static str) -> Self {
        self.default = Some(value);
        self
    }

    pub(super) const fn of(mut self, kind: &'static str) -> Self {
        self.kind = Some(kind);
        self
    }

    pub(super) const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    pub(super) const fn adds_up(mut self) -> Self {
        self.adds_up = true;
        self.narrows = Narrows::Set;
        self
    }

    pub(super) const fn narrows(mut self, narrows: Narrows) -> Self {
        self.narrows = narrows;
        self
    }

    pub(super) const fn not_in_profile(mut self) -> Self {
        self.profile_key = None;
        self
    }

    pub(super) const fn not_in_dot_env(mut self) -> Self {
        self.dot_env = false;
        self
    }

    pub(super) const fn shared(mut self) -> Self {
        self.shared = true;
        self
    }

    pub(super) const fn in_section(mut self, section: Section) -> Self {
        self.section = section;
        self
    }

    pub(super) const fn help_text(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// Its line of help, without a final period.
    #[must_use]
    pub fn help(&self) -> &'static str {
        self.help.trim().trim_end_matches('.')
    }

    /// The word by which people find it: its variable, or its name if it has none.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.variables.first().copied().unwrap_or(self.name)
    }
}
