//! The clients: the file that each reads its servers from, on each platform, and the form of an entry in it.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::edit::{Format, Place};

/// A client that starts servers from an entry in a file of its own.
#[derive(Debug)]
pub(super) struct Client {
    /// Its name on the command line.
    pub(super) name: &'static str,
    /// Its name for people.
    pub(super) title: &'static str,
    pub(super) format: Format,
    /// The key of the map that holds its servers.
    pub(super) container: &'static str,
    form: Form,
    user: Folder,
    /// The path below that folder.
    below: &'static str,
    /// The path below the open folder, for one that reads servers from there too.
    project: Option<&'static str>,
}

/// The keys of an entry.
#[derive(Debug, Clone, Copy)]
enum Form {
    /// `command` and `args`.
    Plain,
    /// The same with `type: stdio`.
    Typed,
    /// The same with `source: custom`, which Zed of 2025 demands and later ones pass over.
    Zed,
    /// Goose's extensions.
    Goose,
}

/// A folder of the user.
#[derive(Debug, Clone, Copy)]
enum Folder {
    Home,
    /// A variable, or a path below the home.
    Named(&'static str, &'static str),
    /// Settings of programs with windows: `~/.config`, `~/Library/Application Support`, `%APPDATA%`.
    Settings,
    /// Settings of programs that keep to `~/.config` on macOS too; on Windows, a path below `%APPDATA%`.
    Config(&'static str, &'static str),
}

/// The systems that differ in their paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    Linux,
    MacOs,
    Windows,
}

impl System {
    pub(super) fn own() -> Self {
        if cfg!(windows) {
            Self::Windows
        } else if cfg!(target_os = "macos") {
            Self::MacOs
        } else {
            Self::Linux
        }
    }
}

/// All clients.
pub(super) static ALL: [Client; 9] = [
    Client {
        name: "claude-code",
        title: "Claude Code",
        format: Format::Json,
        container: "mcpServers",
        form: Form::Typed,
        user: Folder::Named("CLAUDE_CONFIG_DIR", ""),
        below: ".claude.json",
        project: Some(".mcp.json"),
    },
    Client {
        name: "claude-desktop",
        title: "Claude Desktop",
        format: Format::Json,
        container: "mcpServers",
        form: Form::Plain,
        user: Folder::Settings,
        below: "Claude/claude_desktop_config.json",
        project: None,
    },
    Client {
        name: "cursor",
        title: "Cursor",
        format: Format::Jsonc,
        container: "mcpServers",
        form: Form::Plain,
        user: Folder::Home,
        below: ".cursor/mcp.json",
        project: Some(".cursor/mcp.json"),
    },
    Client {
        name: "vscode",
        title: "VS Code",
        format: Format::Jsonc,
        container: "servers",
        form: Form::Typed,
        user: Folder::Settings,
        below: "Code/User/mcp.json",
        project: Some(".vscode/mcp.json"),
    },
    Client {
        name: "codex",
        title: "Codex",
        format: Format::Toml,
        container: "mcp_servers",
        form: Form::Plain,
        user: Folder::Named("CODEX_HOME", ".codex"),
        below: "config.toml",
        project: Some(".codex/config.toml"),
    },
    Client {
        name: "windsurf",
        title: "Windsurf",
        format: Format::Json,
        container: "mcpServers",
        form: Form::Plain,
        user: Folder::Home,
        below: ".codeium/windsurf/mcp_config.json",
        project: None,
    },
    Client {
        name: "zed",
        title: "Zed",
        format: Format::Jsonc,
        container: "context_servers",
        form: Form::Zed,
        user: Folder::Config("zed", "Zed"),
        below: "settings.json",
        project: Some(".zed/settings.json"),
    },
    Client {
        name: "goose",
        title: "Goose",
        format: Format::Yaml,
        container: "extensions",
        form: Form::Goose,
        user: Folder::Config("goose", "Block/goose/config"),
        below: "config.yaml",
        project: None,
    },
    Client {
        name: "gemini",
        title: "Gemini CLI",
        format: Format::JsonWithComments,
        container: "mcpServers",
        form: Form::Plain,
        user: Folder::Home,
        below: ".gemini/settings.json",
        project: Some(".gemini/settings.json"),
    },
];

/// The client of this name.
pub(super) fn named(name: &str) -> Option<&'static Client> {
    ALL.iter().find(|client| client.name == name)
}

impl Client {
    /// The place of an entry in its file.
    pub(super) fn place<'a>(&self, name: &'a str) -> Place<'a> {
        Place {
            format: self.format,
            container: self.container,
            name,
        }
    }

    /// The path of the user's file; none if the system does not say where such files are.
    pub(super) fn file(
        &self,
        system: System,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Option<PathBuf> {
        let folder = |name: &str| {
            let path = PathBuf::from(variable(name).filter(|value| !value.is_empty())?);
            (path.is_absolute() || system != System::own()).then_some(path)
        };
        let windows = system == System::Windows;
        let home = || folder(if windows { "USERPROFILE" } else { "HOME" });
        let config = || folder("XDG_CONFIG_HOME").or_else(|| Some(home()?.join(".config")));
        let folder = match self.user {
            Folder::Home => home(),
            Folder::Named(name, below) => folder(name).or_else(|| Some(joined(&home()?, below))),
            Folder::Settings | Folder::Config(..) if windows => {
                let data = folder("APPDATA").or_else(|| Some(home()?.join("AppData/Roaming")))?;
                match self.user {
                    Folder::Config(_, below) => Some(joined(&data, below)),
                    _ => Some(data),
                }
            }
            Folder::Settings if system == System::MacOs => {
                Some(home()?.join("Library/Application Support"))
            }
            Folder::Settings => config(),
            Folder::Config(below, _) => Some(config()?.join(below)),
        };
        Some(joined(&folder?, self.below))
    }

    /// The path of the file of an open folder; none for a client that reads no servers from there.
    pub(super) fn project_file(&self, folder: &Path) -> Option<PathBuf> {
        Some(joined(folder, self.project?))
    }

    /// The entry that has the client start this command.
    pub(super) fn entry(&self, name: &str, command: &str, args: &[String]) -> Map<String, Value> {
        let entry = match self.form {
            Form::Plain => json!({ "command": command, "args": args }),
            Form::Typed => json!({ "type": "stdio", "command": command, "args": args }),
            Form::Zed => json!({ "source": "custom", "command": command, "args": args }),
            Form::Goose => json!({
                "enabled": true,
                "type": "stdio",
                "name": name,
                "description": "Databricks",
                "cmd": command,
                "args": args,
                "envs": {},
                "env_keys": [],
                "timeout": 300,
            }),
        };
        entry.as_object().cloned().unwrap_or_default()
    }

    /// The command and the arguments of an entry, as far as it has them.
    pub(super) fn command<'a>(&self, entry: &'a Value) -> (Option<&'a str>, Vec<&'a str>) {
        let key = match self.form {
            Form::Goose => "cmd",
            Form::Plain | Form::Typed | Form::Zed => "command",
        };
        let args = entry.get("args").and_then(Value::as_array);
        let args = args.into_iter().flatten().filter_map(Value::as_str);
        (entry.get(key).and_then(Value::as_str), args.collect())
    }
}

/// A path below another, part by part, so that each system gets its own separators.
fn joined(folder: &Path, below: &str) -> PathBuf {
    let parts = below.split('/').filter(|part| !part.is_empty());
    parts.fold(folder.to_owned(), |path, part| path.join(part))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn paths(system: System, variables: &[(&str, &str)]) -> Vec<String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        };
        let all = ALL
            .iter()
            .map(|client| client.file(system, &variable).unwrap());
        all.map(|path| path.to_str().unwrap().replace('\\', "/"))
            .collect()
    }

    #[test]
    fn each_file_is_where_its_client_looks_on_each_system() {
        assert_eq!(
            paths(System::Linux, &[("HOME", "/home/a")]),
            [
                "/home/a/.claude.json",
                "/home/a/.config/Claude/claude_desktop_config.json",
                "/home/a/.cursor/mcp.json",
                "/home/a/.config/Code/User/mcp.json",
                "/home/a/.codex/config.toml",
                "/home/a/.codeium/windsurf/mcp_config.json",
                "/home/a/.config/zed/settings.json",
                "/home/a/.config/goose/config.yaml",
                "/home/a/.gemini/settings.json",
            ]
        );
        assert_eq!(
            paths(System::MacOs, &[("HOME", "/Users/a")]),
            [
                "/Users/a/.claude.json",
                "/Users/a/Library/Application Support/Claude/claude_desktop_config.json",
                "/Users/a/.cursor/mcp.json",
                "/Users/a/Library/Application Support/Code/User/mcp.json",
                "/Users/a/.codex/config.toml",
                "/Users/a/.codeium/windsurf/mcp_config.json",
                "/Users/a/.config/zed/settings.json",
                "/Users/a/.config/goose/config.yaml",
                "/Users/a/.gemini/settings.json",
            ]
        );
        let windows = [
            ("USERPROFILE", "C:/Users/a"),
            ("APPDATA", "C:/Users/a/AppData/Roaming"),
        ];
        assert_eq!(
            paths(System::Windows, &windows),
            [
                "C:/Users/a/.claude.json",
                "C:/Users/a/AppData/Roaming/Claude/claude_desktop_config.json",
                "C:/Users/a/.cursor/mcp.json",
                "C:/Users/a/AppData/Roaming/Code/User/mcp.json",
                "C:/Users/a/.codex/config.toml",
                "C:/Users/a/.codeium/windsurf/mcp_config.json",
                "C:/Users/a/AppData/Roaming/Zed/settings.json",
                "C:/Users/a/AppData/Roaming/Block/goose/config/config.yaml",
                "C:/Users/a/.gemini/settings.json",
            ]
        );
    }
}
