//! Promise: files of any size go between this machine and the three stores byte for byte, in constant memory, and
//! nothing of this machine is read or written but what is shared. The built binary against the sandbox.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use databricks_sandbox::{Options, Running, Sandbox};
use serde_json::{Value, json};
use support::binary::{Binary, Era, text};

/// Folders of the three stores.
const STORES: [&str; 3] = [
    "/Volumes/main/default/landing/files",
    "dbfs:/tmp/files",
    "/Workspace/Shared/files",
];

struct Stage {
    _sandbox: Running,
    server: Binary,
    folder: tempfile::TempDir,
}

/// A server that shares a folder of this machine, for a client that asks its user.
fn stage() -> Stage {
    let sandbox = Sandbox::start(Options {
        speed: 1_000.0,
        check_answers: true,
        ..Options::default()
    })
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let share = folder.path().join("share");
    std::fs::create_dir(&share).unwrap();
    std::fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    let variables = [
        ("DATABRICKS_HOST", sandbox.host()),
        ("DATABRICKS_TOKEN", sandbox.token()),
        ("DATABRICKS_MCP_ROOTS", share.to_str().unwrap()),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
        ("DATABRICKS_MCP_YES", "true"),
        ("XDG_STATE_HOME", folder.path().to_str().unwrap()),
    ];
    let server = Binary::start(Era::Session, &variables);
    Stage {
        _sandbox: sandbox,
        server,
        folder,
    }
}

impl Stage {
    fn local(&self, path: &str) -> PathBuf {
        self.folder.path().join("share").join(path)
    }

    fn ok(&mut self, tool: &str, arguments: Value) -> Value {
        let result = self.server.call(tool, arguments.clone());
        assert_ne!(
            result["isError"],
            true,
            "{tool} {arguments}: {}",
            text(&result)
        );
        result["structuredContent"].clone()
    }

    fn refused(&mut self, tool: &str, arguments: Value) -> String {
        let result = self.server.call(tool, arguments.clone());
        assert_eq!(
            result["isError"],
            true,
            "{tool} {arguments}: {}",
            text(&result)
        );
        text(&result)
    }

    /// The most memory that the server has held, in MiB.
    fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .unwrap();
        line.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<u64>()
            .unwrap()
            / 1024
    }
}

/// Bytes that repeat nowhere, without a table of them.
fn bytes(count: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(count);
    bytes
}

#[test]
fn what_looks_odd_survives_the_round_trip_on_every_store() {
    let mut stage = stage();
    for store in STORES {
        for (name, content) in [
            ("valid base64.txt", "aGVsbG8="),
            ("100%.txt", "50 % of it"),
            ("a#b?c&d+e.txt", "line\r\nline\r\n"),
            ("\u{1f600}.txt", "\u{feff}with a mark \u{1f680}"),
            ("%2e%2e.txt", ""),
        ] {
            let path = format!("{store}/{name}");
            stage.ok("upload_file", json!({ "path": path, "content": content }));
            let read = stage.ok("download_file", json!({ "path": path }));
            assert_eq!(read["content"], content, "{path}");
            stage.ok(
                "download_file",
                json!({ "path": path, "local_path": "odd/", "overwrite": true }),
            );
            assert_eq!(
                std::fs::read_to_string(stage.local("odd").join(name)).unwrap(),
                content,
                "{path}"
            );
        }
        let listed = stage.ok("list_files", json!({ "path": store }));
        assert_eq!(listed["total"], 5, "{listed}");
    }
}

#[test]
fn bytes_go_both_ways_whatever_their_number() {
    let mut stage = stage();
    for (size, verify) in [(0, true), (1, true), (1 << 20, true), ((6 << 20) + 7, true)] {
        std::fs::write(stage.local("source"), bytes(size)).unwrap();
        for store in STORES {
            let path = format!("{store}/{size}");
            let sent = stage.ok(
                "upload_file",
                json!({ "path": path, "local_path": "source", "verify": verify }),
            );
            assert_eq!(
                (&sent["state"], &sent["bytes"]),
                (&json!("done"), &json!(size)),
                "{path}"
            );
            let back = format!("back{size}");
            stage.ok(
                "download_file",
                json!({ "path": path, "local_path": back, "overwrite": true }),
            );
            assert_eq!(
                std::fs::read(stage.local(&back)).unwrap(),
                bytes(size),
                "{path}"
            );
        }
    }
}

/// A file of so many MiB, of which no two are the same.
fn large(path: &Path, mebibytes: u64) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    for nth in 0..mebibytes {
        let words =
            (0..1_u64 << 17).map(|at| (at ^ (nth << 40)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
        file.write_all(&bytes).unwrap();
    }
    file.flush().unwrap();
}

/// True for files of the same bytes, which are not held in memory.
fn are_same(one: &Path, other: &Path) -> bool {
    let mut files = [one, other].map(|path| File::open(path).unwrap());
    let [one, other] = &mut files;
    loop {
        let (mut left, mut right) = (Vec::new(), Vec::new());
        one.take(1 << 20).read_to_end(&mut left).unwrap();
        other.take(1 << 20).read_to_end(&mut right).unwrap();
        if left != right || left.is_empty() {
            return left == right;
        }
    }
}

/// Of 64 MiB, or as many as `make soak` asks for.
#[test]
#[expect(clippy::print_stdout, reason = "`make soak` shows the figure")]
fn a_large_file_takes_no_more_memory_than_a_small_one() {
    let asked = std::env::var("SOAK_MIB").ok();
    let mebibytes: u64 = asked.as_ref().map_or(64, |asked| asked.parse().unwrap());
    let mut stage = stage();
    large(&stage.local("large"), mebibytes);
    // What the program itself takes; more in a debug build than in a release one, which takes about 12 MiB.
    let before = stage.peak();
    let path = format!("{}/large", STORES[0]);
    for (tool, local_path) in [("upload_file", "large"), ("download_file", "back")] {
        let mut moved = stage.ok(tool, json!({ "path": path, "local_path": local_path }));
        while moved["state"] == "running" {
            let id = json!({ "transfer_id": moved["transfer_id"] });
            moved = stage.ok("get_transfer", id);
        }
        assert_eq!(moved["bytes"], mebibytes << 20, "{tool}");
    }
    assert!(are_same(&stage.local("large"), &stage.local("back")));
    let grown = stage.peak() - before;
    if asked.is_some() {
        println!(
            "{mebibytes} MiB up and down a volume: {grown} MiB above the {before} MiB at rest"
        );
    }
    // Three parts of 5 MiB are on their way at once; what lies between them grows a little with the time.
    let most = if asked.is_some() { 32 } else { 28 };
    assert!(grown < most, "{grown} MiB");
}

#[test]
fn only_what_is_shared_is_read_or_written() {
    let mut stage = stage();
    std::fs::write(stage.local(".env"), "TOKEN=x").unwrap();
    std::fs::create_dir(stage.local("folder")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("../secret.txt", stage.local("link")).unwrap();
    let secret = stage.folder.path().join("secret.txt");
    for path in [
        "../secret.txt",
        "../../etc/passwd",
        "/etc/passwd",
        "~/.databrickscfg",
        ".env",
        "folder",
        "link",
        secret.to_str().unwrap(),
    ] {
        let said = stage.refused(
            "upload_file",
            json!({ "path": "dbfs:/tmp/x", "local_path": path }),
        );
        assert!(said.starts_with("local path"), "{path}: {said}");
    }
    stage.ok(
        "upload_file",
        json!({ "path": "dbfs:/tmp/x", "content": "x" }),
    );
    for path in [
        "../new.txt",
        ".hidden",
        ".git/hooks/pre-commit",
        "link",
        "/tmp/new.txt",
    ] {
        let said = stage.refused(
            "download_file",
            json!({ "path": "dbfs:/tmp/x", "local_path": path, "overwrite": true }),
        );
        assert!(said.starts_with("local path"), "{path}: {said}");
    }
    assert_eq!(std::fs::read_to_string(secret).unwrap(), "secret");
}

#[test]
fn what_is_there_stays_unless_it_is_to_be_replaced() {
    let mut stage = stage();
    for store in STORES {
        let path = format!("{store}/once");
        stage.ok("upload_file", json!({ "path": path, "content": "first" }));
        stage.refused("upload_file", json!({ "path": path, "content": "second" }));
        assert_eq!(
            stage.ok("download_file", json!({ "path": path }))["content"],
            "first"
        );
        stage.ok(
            "upload_file",
            json!({ "path": path, "content": "third", "overwrite": true }),
        );
        assert_eq!(
            stage.ok("download_file", json!({ "path": path }))["content"],
            "third"
        );
    }
    std::fs::write(stage.local("here"), "mine").unwrap();
    let path = format!("{}/once", STORES[1]);
    let said = stage.refused(
        "download_file",
        json!({ "path": path, "local_path": "here" }),
    );
    assert!(said.contains("exists already"), "{said}");
    assert_eq!(
        std::fs::read_to_string(stage.local("here")).unwrap(),
        "mine"
    );
}

#[test]
fn folders_go_as_git_sees_them() {
    let mut stage = stage();
    for (file, content) in [
        (".gitignore", "*.log\n"),
        (".secret", "x"),
        ("a.txt", "a"),
        ("b.log", "b"),
        ("deep/er/c.txt", "c"),
    ] {
        let path = stage.local("folder").join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    for store in STORES {
        let path = format!("{store}/folder");
        let sent = stage.ok(
            "upload_file",
            json!({ "path": path, "local_path": "folder", "recursive": true }),
        );
        assert_eq!(sent["files"], 2, "{sent}");
        let whole = json!({ "path": path, "local_path": "back" });
        let refused = stage.refused("download_file", whole);
        assert!(refused.contains("`recursive: true`"), "{store}: {refused}");
        let back = stage.ok(
            "download_file",
            json!({ "path": path, "local_path": "back", "recursive": true, "overwrite": true }),
        );
        assert_eq!(back["files"], 2, "{back}");
        assert_eq!(
            std::fs::read_to_string(stage.local("back/deep/er/c.txt")).unwrap(),
            "c"
        );
        assert!(!stage.local("back/b.log").exists());
        std::fs::remove_dir_all(stage.local("back")).unwrap();
    }
}

#[test]
fn a_file_that_is_a_notebook_becomes_one_and_comes_back_as_the_file() {
    let mut stage = stage();
    let source = "# Databricks notebook source\nprint(1)\n\n# COMMAND ----------\n\nprint(2)\n";
    let at = stage.local("mixed");
    std::fs::create_dir(&at).unwrap();
    std::fs::write(at.join("nb.py"), source).unwrap();
    std::fs::write(
        at.join("q.sql"),
        "-- Databricks notebook source\nSELECT 1\n",
    )
    .unwrap();
    std::fs::write(at.join("plain.py"), "print(1)\n").unwrap();
    std::os::unix::fs::symlink("plain.py", at.join("link.py")).unwrap();
    let tree = "/Workspace/Users/you@example.com/mixed";
    let send = json!({ "path": tree, "local_path": "mixed", "recursive": true, "sync": true, "overwrite": true });
    let sent = stage.ok("upload_file", send.clone());
    assert_eq!(
        (&sent["files"], &sent["unchanged"]),
        (&json!(3), &json!(0)),
        "{sent}"
    );
    assert_eq!(sent["left_out"], json!(["link.py, a link"]));
    assert!(
        sent["note"].as_str().unwrap().starts_with("2 of them:"),
        "{sent}"
    );
    assert_eq!(stage.ok("upload_file", send.clone())["unchanged"], 3);
    std::fs::write(at.join("nb.py"), format!("{source}# more\n")).unwrap();
    assert_eq!(stage.ok("upload_file", send)["unchanged"], 2);
    let back = json!({ "path": tree, "local_path": "back", "recursive": true });
    assert_eq!(stage.ok("download_file", back)["files"], 3);
    for name in ["nb.py", "q.sql", "plain.py"] {
        let read = |folder: &str| {
            let text = std::fs::read_to_string(stage.local(folder).join(name)).unwrap();
            text.trim_end().to_owned()
        };
        assert_eq!(read("back"), read("mixed"), "{name}");
    }

    let one = json!({ "path": format!("{tree}/one.py"), "content": source, "verify": true });
    let one = stage.ok("upload_file", one);
    assert_eq!(
        (&one["type"], &one["path"]),
        (&json!("notebook"), &json!(format!("{tree}/one")))
    );
    assert_eq!(one["verified"], true);
    let there = "/Volumes/main/default/landing/two.py";
    stage.ok("upload_file", json!({ "path": there, "content": source }));
    let copy = json!({ "source": there, "target": format!("{tree}/two.py") });
    let copied = stage.ok("copy_file", copy);
    assert_eq!(copied["path"], format!("{tree}/two"), "{copied}");
    let read = stage.ok("export_notebook", json!({ "path": format!("{tree}/two") }));
    assert_eq!(
        read["content"].as_str().unwrap().trim_end(),
        source.trim_end()
    );
}

#[test]
fn copies_and_moves_go_between_the_stores() {
    let mut stage = stage();
    let path = |store: usize, name: &str| format!("{}/{name}", STORES[store]);
    std::fs::write(stage.local("source"), bytes((6 << 20) + 1)).unwrap();
    stage.ok(
        "upload_file",
        json!({ "path": path(1, "one"), "local_path": "source" }),
    );
    stage.ok(
        "copy_file",
        json!({ "source": path(1, "one"), "target": path(0, "two") }),
    );
    stage.ok(
        "copy_file",
        json!({ "source": path(0, "two"), "target": path(2, "three") }),
    );
    stage.refused(
        "copy_file",
        json!({ "source": path(1, "one"), "target": path(0, "two") }),
    );
    stage.ok(
        "move_file",
        json!({ "source": path(2, "three"), "target": path(1, "four") }),
    );
    stage.ok(
        "move_file",
        json!({ "source": path(1, "four"), "target": path(1, "five") }),
    );
    stage.ok(
        "download_file",
        json!({ "path": path(1, "five"), "local_path": "back" }),
    );
    assert_eq!(
        std::fs::read(stage.local("back")).unwrap(),
        bytes((6 << 20) + 1)
    );
    let left = stage.ok("list_files", json!({ "path": STORES[1] }));
    assert_eq!(left["total"], 2, "{left}");
}

#[test]
fn a_folder_is_copied_and_moved_with_all_that_is_below() {
    let mut stage = stage();
    for store in STORES {
        let path = |name: &str| format!("{store}/tree{name}");
        let file = json!({ "path": path("/deep/a.txt"), "content": "text" });
        stage.ok("upload_file", file);
        let places = |from: &str, to: &str| json!({ "source": path(from), "target": path(to), "recursive": true });
        let copied = stage.ok("copy_file", places("", "-copy"));
        assert_eq!(copied["files"], 1, "{copied}");
        stage.ok("move_file", places("-copy", "-moved"));
        let moved = stage.ok(
            "download_file",
            json!({ "path": path("-moved/deep/a.txt") }),
        );
        assert_eq!(moved["content"], "text");
        stage.refused("download_file", json!({ "path": path("-copy/deep/a.txt") }));
    }
}

#[test]
fn only_what_changed_goes_again() {
    let mut stage = stage();
    std::fs::create_dir(stage.local("folder")).unwrap();
    for name in ["a.txt", "b.txt", "c.txt"] {
        std::fs::write(stage.local("folder").join(name), name).unwrap();
    }
    for store in STORES {
        let sync = json!({ "path": format!("{store}/synced"), "local_path": "folder", "recursive": true, "sync": true, "overwrite": true });
        assert_eq!(
            stage.ok("upload_file", sync.clone())["unchanged"],
            0,
            "{store}"
        );
        std::fs::write(stage.local("folder/b.txt"), "other").unwrap();
        let path = format!("{store}/synced/c.txt");
        stage.ok(
            "upload_file",
            json!({ "path": path, "content": "of someone else", "overwrite": true }),
        );
        assert_eq!(
            stage.ok("upload_file", sync.clone())["unchanged"],
            1,
            "{store}"
        );
        assert_eq!(stage.ok("upload_file", sync)["unchanged"], 3, "{store}");
        assert_eq!(
            stage.ok("download_file", json!({ "path": path }))["content"],
            "c.txt"
        );
        std::fs::write(stage.local("folder/b.txt"), "b.txt").unwrap();
    }
}

#[test]
fn the_files_of_a_folder_come_a_few_at_once() {
    const AT_ONCE: usize = 4;
    let (begun, most) = (
        Arc::new(tokio::sync::Barrier::new(AT_ONCE)),
        Arc::new(Mutex::new((0_usize, 0_usize))),
    );
    let noted = Arc::clone(&most);
    let answer = move |method: axum::http::Method, uri: axum::http::Uri| {
        let (begun, noted) = (Arc::clone(&begun), Arc::clone(&noted));
        async move {
            // The look at what the path names is not one of the files.
            if method == axum::http::Method::HEAD {
                return Err(axum::http::StatusCode::NOT_FOUND);
            }
            if uri.path().contains("/fs/directories/") {
                let file = |number| json!({ "path": format!("/Volumes/a/b/c/d/{number}"), "file_size": 4, "is_directory": false });
                let files: Vec<Value> = (0..3 * AT_ONCE).map(file).collect();
                return Ok(json!({ "contents": files }).to_string());
            }
            // None is answered before as many have come as may be under way.
            noted.lock().unwrap().0 += 1;
            begun.wait().await;
            let mut noted = noted.lock().unwrap();
            noted.1 = noted.1.max(noted.0);
            noted.0 -= 1;
            Ok("here".to_owned())
        }
    };
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let host = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, axum::Router::new().fallback(answer)).await
        })
    });
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("DATABRICKS_HOST", host.as_str()),
        ("DATABRICKS_TOKEN", "secret-token"),
        ("DATABRICKS_MCP_ROOTS", folder.path().to_str().unwrap()),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
    ];
    let mut server = Binary::start(Era::Session, &variables);
    let asked = json!({ "path": "/Volumes/a/b/c/d", "local_path": "whole", "recursive": true });
    let result = server.call("download_file", asked);
    assert_ne!(result["isError"], true, "{}", text(&result));
    assert_eq!(result["structuredContent"]["files"], 3 * AT_ONCE);
    assert_eq!(most.lock().unwrap().1, AT_ONCE);
    let last = folder.path().join(format!("whole/{}", 3 * AT_ONCE - 1));
    assert_eq!(std::fs::read_to_string(last).unwrap(), "here");
}

#[test]
fn a_client_that_declares_the_root_or_a_home_shares_nothing() {
    let stage = stage();
    let (share, home) = (stage.local(""), stage.folder.path().join("home"));
    std::fs::create_dir(&home).unwrap();
    std::fs::write(stage.local("a.txt"), "text").unwrap();
    std::fs::write(home.join("a.txt"), "text").unwrap();
    std::os::unix::fs::symlink("/", stage.folder.path().join("root")).unwrap();
    let variables = [
        ("DATABRICKS_HOST", stage._sandbox.host()),
        ("DATABRICKS_TOKEN", stage._sandbox.token()),
        ("DATABRICKS_MCP_TOOLSETS", "all"),
        ("DATABRICKS_MCP_ROOTS", share.to_str().unwrap()),
        ("HOME", home.to_str().unwrap()),
    ];
    let capabilities = json!({ "roots": {} });
    let mut server = Binary::launch(Era::Session, &[], &variables, capabilities);
    let mut upload = |roots: &[String], path: &str| {
        let arguments = json!({ "path": "/Volumes/main/default/landing/", "local_path": path });
        let call = json!({ "name": "upload_file", "arguments": arguments });
        let id = server.ask("tools/call", call);
        let asked = server.message();
        assert_eq!(asked["method"], "roots/list", "{asked}");
        let roots: Vec<Value> = roots.iter().map(|uri| json!({ "uri": uri })).collect();
        let told = json!({ "roots": roots });
        server.send(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": told }));
        server.answer(id).0["result"].clone()
    };
    let of = |path: &std::path::Path| format!("file://{}", path.display());
    let at = |path: PathBuf| path.to_str().unwrap().to_owned();
    for (root, path) in [
        ("file:///".to_owned(), "/etc/passwd".to_owned()),
        ("file:///%65tc".to_owned(), "passwd".to_owned()),
        (
            of(&stage.folder.path().join("root")),
            "/etc/passwd".to_owned(),
        ),
        (of(&home), at(home.join("a.txt"))),
        (of(stage.folder.path()), at(home.join("a.txt"))),
    ] {
        let result = upload(std::slice::from_ref(&root), &path);
        let said = text(&result);
        assert_eq!(result["isError"], true, "{root}");
        assert!(
            said.contains("open the folder of the project in the client"),
            "{said}"
        );
        // Neither is the setting's folder, which the client's stand for.
        assert_eq!(upload(&[root], &at(share.join("a.txt")))["isError"], true);
    }
    let both = ["file:///".to_owned(), of(&share)];
    assert_eq!(upload(&both, "/etc/passwd")["isError"], true);
    let result = upload(&both, "a.txt");
    assert_ne!(result["isError"], true, "{}", text(&result));
}
