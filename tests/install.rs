//! `install` and `uninstall` over the built binary: the file of each client, byte by byte, and the server that it starts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

const BINARY: &str = env!("CARGO_BIN_EXE_databricks-mcp");

/// A client: its name, its file below the home, and files of its that people have.
struct Client {
    name: &'static str,
    file: &'static str,
    /// Texts that are in order, each with something else in it.
    files: &'static [&'static str],
    /// A text that is broken, and the place where.
    broken: (&'static str, &'static str),
}

const OTHER: &str = "{\n    \"theme\": \"dark\",\n    \"mcpServers\": {\n        \"other\": {\n            \"command\": \"other\",\n            \"args\": [\"a\",\n                     \"b\"]\n        }\n    },\n    \"last\": 1.50\n}\n";
const TABS: &str =
    "{\r\n\t\"mcpServers\": {\r\n\t\t\"other\": {\"command\": \"x\"}\r\n\t}\r\n}\r\n";
const COMMENTS: &str = "{\n  // servers of mine\n  \"mcpServers\": {\n    /* one */ \"other\": { \"command\": \"x\" } // and no more\n    // really\n  }, // end\n  \"b\": 2\n}\n// bye\n";
const TRAILING: &str = "{\n  \"servers\": {\n    \"other\": { \"command\": \"x\", }, // kept\n    // nothing below\n  },\n  \"mcpServers\": {\n    \"b\": { \"command\": \"y\", },\n  },\n}";
const PLAIN: &[&str] = &[
    "{}",
    "",
    "{ \"mcpServers\": { } }",
    "{\n  \"mcpServers\": {}\n}\n",
    "{\"a\":1,\"mcpServers\":{\"other\":{\"command\":\"x\"}}}",
    OTHER,
    TABS,
    "\u{feff}{\n  \"a\": \"ü\"\n}\n",
];
const LENIENT: &[&str] = &[
    "{}",
    OTHER,
    TABS,
    COMMENTS,
    TRAILING,
    "// only a comment\n",
    "{\n  // nothing yet\n}\n",
    "// Zed settings\n{\n  \"vim_mode\": true,\n  \"languages\": { \"Rust\": { \"tab_size\": 4, }, },\n  \"context_servers\": {\n    \"x\": {\n      \"source\": \"custom\", // mine\n      \"command\": \"y\",\n    },\n  },\n}\n",
];

const CLIENTS: [Client; 9] = [
    Client {
        name: "claude-code",
        file: ".claude.json",
        files: PLAIN,
        broken: (COMMENTS, "line 2, column 3: comments are not allowed"),
    },
    Client {
        name: "claude-desktop",
        file: ".config/Claude/claude_desktop_config.json",
        files: PLAIN,
        broken: (
            TRAILING,
            "line 3, column 30: trailing commas are not allowed",
        ),
    },
    Client {
        name: "cursor",
        file: ".cursor/mcp.json",
        files: LENIENT,
        broken: (
            "{\n  \"mcpServers\": {\n    \"a\": {}\n    \"b\": {}\n  }\n}\n",
            "line 3, column 12: expected comma",
        ),
    },
    Client {
        name: "vscode",
        file: ".config/Code/User/mcp.json",
        files: LENIENT,
        broken: (
            "{ 'servers': {} }",
            "line 1, column 3: single-quoted strings are not allowed",
        ),
    },
    Client {
        name: "codex",
        file: ".codex/config.toml",
        files: &[
            "",
            "model = \"gpt-5\" # the large one\n\n[mcp_servers.other]\ncommand = \"x\"\nargs = [\n  \"a\", # first\n]\n",
            "model = 'x'\r\n\r\n[profiles.a]\r\nmodel = \"y\"",
            "# nothing but this\n",
            "mcp_servers.other.command = \"x\"\n[tui]\ntheme = 1979-05-27\n\n\n",
        ],
        broken: ("model = \"a\"\n[mcp_servers\n", "line 2, column 13"),
    },
    Client {
        name: "windsurf",
        file: ".codeium/windsurf/mcp_config.json",
        files: PLAIN,
        broken: (
            "{\n  \"mcpServers\": {\n",
            "line 2, column 17: unterminated object",
        ),
    },
    Client {
        name: "zed",
        file: ".config/zed/settings.json",
        files: LENIENT,
        broken: ("{\n  \"a\": tru\n}\n", "line 2, column 8: unexpected word"),
    },
    Client {
        name: "goose",
        file: ".config/goose/config.yaml",
        files: &[
            "",
            "extensions:\n  developer:\n    bundled: true\n    enabled: true\n    name: developer # mine\n    type: builtin\nGOOSE_PROVIDER: openai\n",
            "GOOSE_MODEL: \"a\"\n",
            "# only a comment\n",
            "extensions: {}\nGOOSE_MODE: auto\n",
            "extensions:\nGOOSE_MODE: auto",
            "a: |\n  text\n  more\nextensions:\n    # of four blanks\n    x:\n        type: builtin\n        args:\n        - one\n",
        ],
        broken: ("extensions:\n  a: [1\nb: 2\n", "line 3, column"),
    },
    Client {
        name: "gemini",
        file: ".gemini/settings.json",
        files: &["{}", OTHER, COMMENTS],
        broken: (
            TRAILING,
            "line 3, column 30: trailing commas are not allowed",
        ),
    },
];

/// A home with a client's file, or without.
struct Home {
    folder: tempfile::TempDir,
}

/// The end of a run: standard output, standard error, success.
struct Ended {
    out: String,
    said: String,
    ok: bool,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        Self { folder }
    }

    fn of(client: &Client, text: Option<&str>) -> Self {
        let home = Self::new();
        if let Some(text) = text {
            home.write(client.file, text);
        }
        home
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(&self, file: &str) -> Option<String> {
        std::fs::read_to_string(self.path(file)).ok()
    }

    fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ended {
        let output = Command::new(BINARY)
            .args(args)
            .env_clear()
            .env("HOME", self.folder.path())
            .envs(variables.iter().copied())
            .current_dir(self.path("work"))
            .output()
            .unwrap();
        let text = |bytes| self.masked(&String::from_utf8(bytes).unwrap());
        Ended {
            out: text(output.stdout),
            said: text(output.stderr),
            ok: output.status.success(),
        }
    }

    fn run(&self, args: &[&str]) -> Ended {
        self.run_with(args, &[])
    }

    fn done(&self, args: &[&str]) -> Ended {
        let ended = self.run(args);
        assert!(ended.ok, "{args:?}: {}", ended.said);
        ended
    }

    /// A text without what differs from machine to machine.
    fn masked(&self, text: &str) -> String {
        let home = self.folder.path().to_str().unwrap();
        text.replace(home, "[HOME]").replace(BINARY, "[BINARY]")
    }
}

fn backup(file: &str) -> String {
    format!("{file}.databricks-mcp.bak")
}

#[test]
fn each_client_gets_its_entry_in_its_own_form() {
    let mut all = String::new();
    for client in &CLIENTS {
        let home = Home::of(client, None);
        home.done(&[
            "install",
            client.name,
            "--profile",
            "dev",
            "--toolsets",
            "sql,jobs",
            "--read-only",
        ]);
        let written = home.read(client.file).expect(client.name);
        let printed = home.done(&[
            "install",
            client.name,
            "--print",
            "--profile",
            "dev",
            "--toolsets",
            "sql,jobs",
            "--read-only",
        ]);
        assert_eq!(printed.out, home.masked(&written), "{}", client.name);
        assert!(
            home.read(&backup(client.file)).is_none(),
            "nothing was there to keep"
        );
        all.push_str(&format!(
            "--- {}: ~/{}\n{}",
            client.name,
            client.file,
            home.masked(&written)
        ));
    }
    insta::assert_snapshot!("the_entry_of_each_client", all);
}

#[test]
fn all_else_in_a_file_stays_byte_by_byte_and_uninstall_brings_all_back() {
    let mut all = String::new();
    for client in &CLIENTS {
        for (index, text) in client.files.iter().enumerate() {
            let home = Home::of(client, Some(text));
            let case = format!("{} {index}", client.name);
            home.done(&["install", client.name]);
            let written = home.read(client.file).unwrap();
            assert_eq!(
                home.read(&backup(client.file)).as_deref(),
                Some(*text),
                "{case}"
            );
            all.push_str(&format!(
                "--- {case}\n{}\n",
                home.masked(&written).replace('\r', "␍")
            ));
            only_added(text, &written, &case);

            let again = home.done(&["install", client.name]);
            assert!(
                again.said.contains("already, nothing was changed"),
                "{case}: {}",
                again.said
            );
            assert_eq!(home.read(client.file).unwrap(), written, "{case}");

            home.done(&["uninstall", client.name]);
            assert_eq!(home.read(client.file).as_deref(), Some(*text), "{case}");
            let again = home.done(&["uninstall", client.name]);
            assert!(again.said.contains("is not in"), "{case}: {}", again.said);
        }
    }
    insta::assert_snapshot!("the_entry_beside_others", all);
}

/// Every line that was there still is, in order, apart from a comma after it or empty braces that were filled.
fn only_added(before: &str, after: &str, case: &str) {
    let mut rest = after;
    for part in before.split_inclusive(['{', '}', ' ', '\n', ',']) {
        let part = part.trim();
        if part.is_empty() {
            continue;
        }
        let at = rest
            .find(part)
            .unwrap_or_else(|| panic!("{case}: `{part}` is gone from\n{after}"));
        rest = &rest[at + part.len()..];
    }
}

#[test]
fn what_the_client_or_the_user_changed_meanwhile_stays_when_the_entry_goes() {
    for client in &CLIENTS {
        for (index, text) in client.files.iter().enumerate() {
            // A change elsewhere, which the backup does not have.
            let Some(changed) = changed(client, text) else {
                continue;
            };
            let case = format!("{} {index}", client.name);
            let home = Home::of(client, Some(text));
            home.done(&["install", client.name]);
            let written = home.read(client.file).unwrap();
            let (before, after) = changed;
            assert!(written.contains(before), "{case}");
            home.write(client.file, &written.replacen(before, after, 1));
            home.done(&["uninstall", client.name]);
            assert_eq!(
                home.read(client.file).unwrap(),
                text.replacen(before, after, 1),
                "{case}"
            );
        }
    }
}

fn changed(client: &Client, text: &str) -> Option<(&'static str, &'static str)> {
    let pairs = [
        ("dark", "light"),
        ("\"x\"", "\"z\""),
        ("openai", "anthropic"),
        ("of four", "4"),
        ("tab_size", "size"),
    ];
    // What has blanks inside of braces loses them, which only the backup knows.
    let found = pairs.into_iter().find(|(from, _)| text.contains(from));
    found.filter(|_| client.name != "codex" || text.ends_with('\n'))
}

#[test]
fn a_file_that_was_made_for_the_entry_goes_with_it() {
    for client in &CLIENTS {
        let home = Home::of(client, None);
        home.done(&["install", client.name]);
        home.done(&["install", client.name, "--profile", "dev"]);
        let ended = home.done(&["uninstall", client.name]);
        assert!(
            ended
                .said
                .contains("the file held nothing else and is gone"),
            "{}",
            ended.said
        );
        assert!(home.read(client.file).is_none(), "{}", client.name);
    }
}

#[test]
fn a_broken_file_is_told_with_its_place_and_left_alone() {
    for client in &CLIENTS {
        let (text, place) = client.broken;
        for verb in ["install", "uninstall"] {
            let home = Home::of(client, Some(text));
            let ended = home.run(&[verb, client.name]);
            assert!(!ended.ok, "{}", client.name);
            assert!(
                ended.said.contains(place),
                "{}: {}",
                client.name,
                ended.said
            );
            assert!(ended.said.contains(client.file), "{}", ended.said);
            assert_eq!(home.read(client.file).as_deref(), Some(text));
            assert!(home.read(&backup(client.file)).is_none());
        }
    }
}

#[test]
fn other_flags_change_the_arguments_of_the_entry_and_nothing_else() {
    for client in &CLIENTS {
        let text = client.files[1];
        let home = Home::of(client, Some(text));
        home.done(&["install", client.name]);
        let first = home.read(client.file).unwrap();
        let ended = home.done(&["install", client.name, "--profile", "dev"]);
        assert!(
            ended.said.contains("updated `databricks`"),
            "{}",
            ended.said
        );
        let second = home.read(client.file).unwrap();
        assert_eq!(
            second.replace("\"start\", \"--profile\", \"dev\"", "\"start\""),
            first
        );
        home.done(&["install", client.name]);
        assert_eq!(home.read(client.file).unwrap(), first);
        home.done(&["uninstall", client.name]);
        assert_eq!(
            home.read(client.file).as_deref(),
            Some(text),
            "{}",
            client.name
        );
    }
}

#[test]
fn what_the_user_added_to_our_entry_stays() {
    for (client, text, kept) in [
        (
            "cursor",
            "{ \"mcpServers\": { \"databricks\": { \"command\": \"/old/databricks-mcp\", \"args\": [\"start\"], \"env\": { \"A\": \"b\" } } } }",
            "\"env\": { \"A\": \"b\" }",
        ),
        (
            "codex",
            "[mcp_servers.databricks]\ncommand = \"C:\\\\old\\\\databricks-mcp.exe\"\nargs = [\n  'start'\n]\nstartup_timeout_sec = 20\n",
            "startup_timeout_sec = 20\n",
        ),
    ] {
        let client = CLIENTS.iter().find(|known| known.name == client).unwrap();
        let home = Home::of(client, Some(text));
        home.done(&["install", client.name]);
        let written = home.read(client.file).unwrap();
        assert!(
            written.contains(kept) && written.contains(BINARY),
            "{written}"
        );
        assert!(!written.contains("old"), "{written}");
    }
    let goose = &CLIENTS[7];
    let text =
        "extensions:\n  databricks:\n    cmd: databricks-mcp\n    args: [start]\n    mine: 1\n";
    let home = Home::of(goose, Some(text));
    let ended = home.run(&["install", "goose"]);
    assert!(
        !ended.ok && ended.said.contains("a key of its own: `mine`"),
        "{}",
        ended.said
    );
    assert!(
        ended
            .said
            .contains("put this into it by hand\nextensions:\n"),
        "{}",
        ended.said
    );
    assert_eq!(home.read(goose.file).as_deref(), Some(text));
}

#[test]
fn another_entry_of_the_name_is_replaced_only_by_force() {
    for (client, text) in [
        (
            "claude-code",
            "{\n  \"mcpServers\": {\n    \"databricks\": { \"command\": \"npx\", \"args\": [\"else\"] }\n  }\n}\n",
        ),
        (
            "codex",
            "[mcp_servers.databricks]\ncommand = \"uvx\"\n\n[mcp_servers.databricks.env]\nA = \"b\"\n\n# of the next\n[next]\n",
        ),
        (
            "goose",
            "extensions:\n  databricks:\n    cmd: uvx\n  other: {}\n",
        ),
    ] {
        let client = CLIENTS.iter().find(|known| known.name == client).unwrap();
        let home = Home::of(client, Some(text));
        for args in [["install", client.name], ["uninstall", client.name]] {
            let ended = home.run(&args);
            assert!(
                !ended.ok && ended.said.contains("starts something else"),
                "{}",
                ended.said
            );
            assert_eq!(home.read(client.file).as_deref(), Some(text));
        }
        home.done(&["install", client.name, "--name", "databricks-2"]);
        home.done(&["uninstall", client.name, "--name", "databricks-2"]);
        assert_eq!(home.read(client.file).as_deref(), Some(text));
        home.done(&["install", client.name, "--force"]);
        let written = home.read(client.file).unwrap();
        assert!(
            written.contains(BINARY) && !written.contains("npx") && !written.contains("uvx"),
            "{written}"
        );
        assert!(
            !text.contains("# of the next") || written.contains("# of the next\n[next]\n"),
            "{written}"
        );
    }
}

#[test]
fn what_cannot_be_changed_surely_is_left_alone_with_the_entry_to_paste() {
    for (client, text) in [
        ("codex", "mcp_servers = { other = { command = \"x\" } }\n"),
        ("goose", "extensions: {a: {type: builtin}}\n"),
        ("goose", "--- \n{extensions: {}}\n"),
        ("vscode", "{ \"servers\": [] }"),
        ("cursor", "[]"),
    ] {
        let client = CLIENTS.iter().find(|known| known.name == client).unwrap();
        let home = Home::of(client, Some(text));
        let ended = home.run(&["install", client.name]);
        assert!(
            !ended.ok && ended.said.contains("left alone"),
            "{text}: {}",
            ended.said
        );
        assert_eq!(home.read(client.file).as_deref(), Some(text));
    }
}

#[test]
fn no_secret_goes_into_a_file_and_the_way_to_a_profile_is_told() {
    let token = "dapi0123456789abcdef0123456789abcdef";
    let variables = [
        ("DATABRICKS_HOST", "https://acme.cloud.databricks.com"),
        ("DATABRICKS_TOKEN", token),
    ];
    for client in &CLIENTS {
        let home = Home::of(client, None);
        let ended = home.run_with(&["install", client.name], &variables);
        assert!(ended.ok, "{}", ended.said);
        let written = home.read(client.file).unwrap();
        assert!(!written.contains(token) && !ended.said.contains(token));
        let login = "`databricks-mcp login --profile databricks --host https://acme.cloud.databricks.com` makes a profile";
        assert!(ended.said.contains(login), "{}", ended.said);
    }
    let home = Home::new();
    let ended = home.run(&["install", "cursor", "--toolsets", "sqll"]);
    assert!(!ended.ok && ended.said.contains("`sqll`"), "{}", ended.said);
    let ended = home.run(&["install", "cursor", "--profile", token]);
    assert!(
        !ended.ok && ended.said.contains("looks like a secret"),
        "{}",
        ended.said
    );
    assert!(!ended.said.contains(token), "{}", ended.said);
    // A profile that is there needs no further word.
    home.write(
        ".databrickscfg",
        "[dev]\nhost = https://acme.cloud.databricks.com\ntoken = x\n",
    );
    let ended = home.done(&["install", "cursor", "--profile", "dev"]);
    assert!(!ended.said.contains("login"), "{}", ended.said);
    let ended = home.done(&["install", "cursor", "--profile", "prod"]);
    assert!(
        ended.said.contains("there is no profile `prod` yet"),
        "{}",
        ended.said
    );
}

#[test]
fn a_client_that_is_not_known_is_told_with_those_that_are() {
    let ended = Home::new().run(&["install", "cursors"]);
    assert!(
        !ended.ok
            && ended
                .said
                .contains("claude-code, claude-desktop, cursor, vscode"),
        "{}",
        ended.said
    );
}

#[test]
fn a_dry_run_shows_the_lines_and_writes_nothing() {
    let client = &CLIENTS[2];
    let home = Home::of(client, Some(OTHER));
    let ended = home.done(&["install", "cursor", "--dry-run"]);
    insta::assert_snapshot!("the_lines_of_a_dry_run", ended.out);
    assert_eq!(home.read(client.file).as_deref(), Some(OTHER));
    home.done(&["install", "cursor"]);
    let written = home.read(client.file);
    home.done(&["uninstall", "cursor", "--dry-run"]);
    assert_eq!(home.read(client.file), written);
}

#[test]
fn all_clients_are_listed_with_how_they_stand() {
    let home = Home::new();
    home.write(CLIENTS[0].file, "{\n  \"a\": }");
    home.write(CLIENTS[2].file, OTHER);
    home.write(CLIENTS[3].file, "{ \"servers\": { \"databricks\": {} } }");
    home.done(&["install", "codex"]);
    let ended = home.done(&["install"]);
    insta::assert_snapshot!("the_list_of_clients", ended.out);
    let rows: Value = serde_json::from_str(&home.done(&["install", "--json"]).out).unwrap();
    assert_eq!(rows[4]["state"], "installed");
    assert_eq!(rows.as_array().unwrap().len(), CLIENTS.len());
}

#[test]
fn the_file_of_the_open_folder_is_written_for_clients_that_read_it() {
    let home = Home::new();
    home.done(&["install", "claude-code", "--scope", "project"]);
    assert!(home.read("work/.mcp.json").is_some() && home.read(".claude.json").is_none());
    let ended = home.run(&["install", "goose", "--scope", "project"]);
    assert!(
        !ended.ok
            && ended
                .said
                .contains("Goose reads no servers from the open folder"),
        "{}",
        ended.said
    );
}

#[cfg(unix)]
#[test]
fn a_link_is_followed_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let client = &CLIENTS[2];
    let home = Home::new();
    home.write("dotfiles/cursor.json", OTHER);
    home.write(".cursor/keep", "");
    let (link, real) = (home.path(client.file), home.path("dotfiles/cursor.json"));
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&real, &link).unwrap();
    home.done(&["install", "cursor"]);
    assert!(link.is_symlink());
    assert!(
        home.read("dotfiles/cursor.json")
            .unwrap()
            .contains("databricks")
    );
    assert_eq!(mode(&real), 0o640);
    assert_eq!(mode(&home.path(&backup(client.file))), 0o640);
    home.done(&["uninstall", "cursor"]);
    assert!(link.is_symlink());
    assert_eq!(home.read("dotfiles/cursor.json").as_deref(), Some(OTHER));

    std::fs::remove_file(&real).unwrap();
    let ended = home.run(&["install", "cursor"]);
    assert!(
        !ended.ok
            && ended
                .said
                .contains("it is a link to `[HOME]/dotfiles/cursor.json`, which is not there"),
        "{}",
        ended.said
    );
    std::fs::remove_file(&link).unwrap();
    home.done(&["install", "cursor"]);
    assert_eq!(
        mode(&link),
        0o600,
        "a file that is made is for its user only"
    );
}

#[cfg(unix)]
#[test]
fn the_entry_has_the_path_that_outlasts_an_update() {
    let home = Home::new();
    for (folder, warns) in [("bin", false), (".npm/_npx/1a2b/node_modules/.bin", true)] {
        let link = home.path(folder).join("databricks-mcp");
        std::fs::create_dir_all(home.path(folder)).unwrap();
        std::os::unix::fs::symlink(BINARY, &link).unwrap();
        for called in [link.as_path(), Path::new("databricks-mcp")] {
            let output = Command::new(called)
                .args(["install", "cursor"])
                .env_clear()
                .env("HOME", home.folder.path())
                .env("PATH", home.path(folder))
                .current_dir(home.path("work"))
                .output()
                .unwrap();
            assert!(output.status.success());
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(said.contains("lies in a cache"), warns, "{said}");
            let written: Value =
                serde_json::from_str(&home.read(".cursor/mcp.json").unwrap()).unwrap();
            let command = &written["mcpServers"]["databricks"]["command"];
            assert_eq!(command.as_str(), link.to_str());
        }
    }
}

#[test]
fn the_entry_starts_the_server() {
    for client in &CLIENTS {
        let home = Home::of(client, None);
        home.done(&["install", client.name, "--toolsets", "sql"]);
        let text = home.read(client.file).unwrap();
        let (command, args) = entry(client, &text);
        assert!(Path::new(&command).is_absolute(), "{command}");
        assert_eq!(
            listed(&home, &command, &args),
            "execute_sql",
            "{}",
            client.name
        );
    }
}

/// The command and the arguments of an entry, as the client would read them.
fn entry(client: &Client, text: &str) -> (String, Vec<String>) {
    let strings = |value: &Value| -> Vec<String> {
        let items = value.as_array().unwrap().iter();
        items
            .map(|item| item.as_str().unwrap().to_owned())
            .collect()
    };
    match client.name {
        "codex" => {
            let root: toml::Table = text.parse().unwrap();
            let entry = serde_json::to_value(&root["mcp_servers"]["databricks"]).unwrap();
            (
                entry["command"].as_str().unwrap().to_owned(),
                strings(&entry["args"]),
            )
        }
        "goose" => {
            let value = |key: &str| {
                let line = text.lines().find_map(|line| line.trim().strip_prefix(key));
                serde_json::from_str::<Value>(line.unwrap()).unwrap()
            };
            (
                value("cmd: ").as_str().unwrap().to_owned(),
                strings(&value("args: ")),
            )
        }
        _ => {
            let root: Value = serde_json::from_str(text).unwrap();
            let servers = root.as_object().unwrap().values().next().unwrap();
            let entry = &servers["databricks"];
            (
                entry["command"].as_str().unwrap().to_owned(),
                strings(&entry["args"]),
            )
        }
    }
}

/// Starts a server as a client does, and returns the first tool that it lists.
fn listed(home: &Home, command: &str, args: &[String]) -> String {
    let mut child = Command::new(command)
        .args(args)
        .env_clear()
        .env("HOME", home.folder.path())
        .current_dir(home.path("work"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
    });
    writeln!(
        stdin,
        "{}",
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello })
    )
    .unwrap();
    lines.next().unwrap().unwrap();
    writeln!(
        stdin,
        "{}",
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })
    )
    .unwrap();
    writeln!(
        stdin,
        "{}",
        json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" })
    )
    .unwrap();
    let answer: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    drop(stdin);
    child.wait().unwrap();
    answer["result"]["tools"][0]["name"]
        .as_str()
        .unwrap()
        .to_owned()
}
