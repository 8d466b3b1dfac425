//! Hints: every tool that a message names exists, and one refusal has one hint, whoever sent the request.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use databricks_mcp::catalog::{Door, OPERATIONS, TOOLS};
use databricks_mcp::connect::Connections;
use databricks_mcp::context::{Context, Progress, Workspace};
use databricks_mcp::tools;
use databricks_mcp::transport::Call;
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use regex::Regex;
use serde_json::{Value, json};
use support::inventory::everything;
use support::misbehaving::{Act, Misbehaving};
use support::pipe::{quick, settings};
use tokio_util::sync::CancellationToken;

/// Names in messages that are of no tool, argument or field of a tool.
const REVIEWED: &[&str] = &[
    // SQL functions that change or call something, in read-only mode.
    "ai_query",
    "http_request",
    "read_files",
    "remote_query",
    // And in a statement of our own.
    "from_json",
    "parse_json",
    // A schema that every catalog has.
    "information_schema",
    // Settings of the configuration file and of OAuth.
    "account_id",
    "auth_storage",
    "auth_type",
    "api_key",
    "client_id",
    "default_profile",
    "expires_on",
    "offline_access",
    "page_token",
    "query_id",
    "run_job_task",
    // A field of what the service says of a run.
    "run_page_url",
];

/// Sources that do not know the tools: the rooms before `catalog`.
const BEFORE_CATALOG: &[&str] = &[
    "src/agent.rs",
    "src/auth",
    "src/clock.rs",
    "src/config",
    "src/connect.rs",
    "src/error.rs",
    "src/latency.rs",
    "src/notify",
    "src/redact.rs",
    "src/settings",
    "src/trace",
    "src/transport",
    "src/warehouse.rs",
];

#[test]
fn every_tool_that_the_sources_name_exists() {
    let known = Known::of_the_server();
    let mut strangers = Vec::new();
    let mut named = 0;
    for file in sources(Path::new("src")) {
        for text in literals(&file) {
            named += words(&text).filter(|word| is_tool(word)).count();
            let found = known.strangers(&text);
            strangers.extend(found.map(|word| format!("{}: {word}", file.display())));
        }
    }
    assert!(strangers.is_empty(), "{strangers:#?}");
    assert!(named > 50, "only {named} tools are named");
}

#[test]
fn every_reviewed_name_is_needed() {
    let texts: Vec<String> = sources(Path::new("src"))
        .iter()
        .flat_map(|file| literals(file))
        .collect();
    let named: HashSet<&str> = texts.iter().flat_map(|text| words(text)).collect();
    let needless = REVIEWED.iter().filter(|name| !named.contains(**name));
    assert_eq!(needless.collect::<Vec<_>>(), [&""; 0]);
}

#[test]
fn every_tool_that_a_tool_names_exists() {
    let known = Known::of_the_server();
    let hold = |tool: &str, text: &str| {
        // Descriptions also say the fields of objects, which no schema lists.
        let begins_as_a_tool = |word: &&str| known.verbs.contains(verb(word));
        let strangers: Vec<&str> = known.strangers(text).filter(begins_as_a_tool).collect();
        assert!(strangers.is_empty(), "{tool}: {strangers:?} in {text}");
    };
    for tool in everything().tools() {
        let schema = serde_json::to_value(&tool).unwrap();
        for text in texts(&schema) {
            hold(&tool.name, text);
        }
    }
    for tool in TOOLS {
        let question = tool.confirm.as_ref().map_or("", |confirm| confirm.message);
        let empty = match &tool.door {
            Door::Table(plan) => plan.shape.empty,
            Door::Behaviour(_) => "",
        };
        hold(tool.name, question);
        hold(tool.name, empty);
    }
}

#[test]
fn rooms_before_the_catalog_name_no_tool() {
    for room in BEFORE_CATALOG {
        for file in sources(Path::new(room)) {
            for text in literals(&file) {
                let tool = words(&text).find(|word| is_tool(word));
                assert_eq!(tool, None, "{}: {text}", file.display());
            }
        }
    }
}

#[test]
fn a_name_of_no_tool_is_found() {
    let known = Known::of_the_server();
    let strangers = |text: &str| {
        known
            .strangers(text)
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(strangers("see list_jobz"), ["list_jobz"]);
    assert_eq!(strangers("call fetch_job, then {name}"), ["fetch_job"]);
    assert_eq!(strangers(r"first\nlist_jobz."), ["list_jobz"]);
    assert_eq!(strangers("list_jobz"), ["list_jobz"]);
    assert_eq!(strangers("see list_jobs with `job_id`"), [""; 0]);
    assert_eq!(strangers("`jobs.run_now` is an operation"), [""; 0]);
    assert_eq!(strangers("secret_scope"), [""; 0]);
    let source = r##"
        fn served() -> &'static str { r#"list_a"#; format!("list_b {x}") }
        #[cfg(test)]
        mod tests { const NAME: &str = "list_c"; }
        /// list_d
        #[error("list_f")]
        const LAST: &str = "list_e";
    "##;
    let mut found = Vec::new();
    collect(source.parse().unwrap(), &mut found);
    assert_eq!(found, ["list_a", "list_b {x}", "list_f", "list_e"]);
}

#[tokio::test]
async fn a_refusal_has_the_same_hint_through_the_typed_client_and_through_a_plan() {
    let body =
        r#"{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"SQL warehouse a does not exist."}"#;
    let server = Misbehaving::acts([Act::status(404, body), Act::status(404, body)]).await;
    let arguments = json!({ "statement": "SELECT 1", "warehouse_id": "a" });
    let typed = refused(&server, "execute_sql", arguments.clone()).await;
    let operation = "statement_execution.execute_statement";
    let call = json!({ "operation": operation, "arguments": arguments, "confirm": true });
    let planned = refused(&server, "api_call", call).await;
    assert_eq!(typed, planned);
    let hint = "\nhint: check the id or name; list_warehouses shows what exists";
    assert!(typed.ends_with(hint), "{typed}");
}

/// The error of a call that the service refuses.
async fn refused(server: &Misbehaving, tool: &str, arguments: Value) -> String {
    let workspace = Workspace::open_with(&settings(&server.host), &Connections::default(), quick());
    let context = Context::new(
        Arc::new(workspace.unwrap()),
        Call::new(tool),
        CancellationToken::new(),
        Progress::Silent,
    );
    let inventory = everything();
    let Value::Object(arguments) = arguments else {
        panic!("arguments are an object")
    };
    let answer = tools::call(inventory.find(tool).unwrap(), &context, arguments).await;
    answer.unwrap_err().text()
}

/// The words that messages may hold.
struct Known {
    /// Arguments and fields of tools.
    fields: HashSet<String>,
    /// First words of tools' names.
    verbs: HashSet<&'static str>,
    /// The second part of operations.
    methods: HashSet<&'static str>,
}

impl Known {
    fn of_the_server() -> Self {
        let mut fields = HashSet::new();
        for tool in everything().tools() {
            properties(&serde_json::to_value(tool).unwrap(), &mut fields);
        }
        let verbs = TOOLS.iter().map(|tool| verb(tool.name));
        let methods = OPERATIONS.iter().filter_map(|one| one.id.split('.').nth(1));
        Self {
            fields,
            verbs: verbs.collect(),
            methods: methods.collect(),
        }
    }

    /// The names in a text that nothing has. A text that is one name alone may be anything, unless it begins as
    /// the tools do.
    fn strangers<'a>(&self, text: &'a str) -> impl Iterator<Item = &'a str> {
        let is_prose = text.trim().contains([' ', '\n']) || text.contains(r"\n");
        words(text).filter(move |word| {
            let begins_as_a_tool = self.verbs.contains(verb(word));
            let concerned = is_prose || begins_as_a_tool && !self.methods.contains(word);
            concerned && !is_tool(word) && !self.fields.contains(*word) && !REVIEWED.contains(word)
        })
    }
}

fn verb(name: &str) -> &str {
    name.split('_').next().unwrap_or_default()
}

fn is_tool(word: &str) -> bool {
    TOOLS
        .iter()
        .any(|tool| tool.name == word || tool.aliases.contains(&word))
}

/// The names of several words in a text, without operations (`jobs.run_now`), placeholders (`{job_id}`) and Rust paths.
fn words(text: &str) -> impl Iterator<Item = &str> {
    static WORDS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\\n|\w+::\w+|\{[a-z0-9_.:?#]*\}|[A-Za-z0-9_]*\.[a-z_]\w*|([A-Za-z0-9_]+)")
            .unwrap()
    });
    static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new("^[a-z]+(_[a-z0-9]+)+$").unwrap());
    let words = WORDS.captures_iter(text).filter_map(|found| found.get(1));
    words
        .map(|word| word.as_str())
        .filter(|word| NAME.is_match(word))
}

/// The string literals of a file as they stand there, without those of its tests.
fn literals(file: &Path) -> Vec<String> {
    let source = std::fs::read_to_string(file).unwrap();
    if file.extension().is_none_or(|extension| extension != "rs") {
        // A playbook is a text as a whole.
        return vec![source];
    }
    let mut found = Vec::new();
    collect(source.parse().unwrap(), &mut found);
    found
}

fn collect(tokens: TokenStream, found: &mut Vec<String>) {
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(mark) if mark.as_char() == '#' => {
                // `#!` of a file, too.
                let attribute = tokens.find_map(|token| match token {
                    TokenTree::Group(group) => Some(group.stream()),
                    _ => None,
                });
                let attribute = attribute.unwrap_or_default();
                match attribute.to_string().replace(' ', "").as_str() {
                    "cfg(test)" => {
                        // The item ends with its braces or a semicolon.
                        tokens.find(|token| match token {
                            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                            TokenTree::Punct(mark) => mark.as_char() == ';',
                            _ => false,
                        });
                    }
                    doc if doc.starts_with("doc=") => {}
                    _ => collect(attribute, found),
                }
            }
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Literal(literal) => {
                let literal = literal.to_string();
                let text = literal.trim_start_matches(['b', 'r', '#']);
                if let Some(text) = text.strip_prefix('"') {
                    let text = text.trim_end_matches('#');
                    found.push(text.strip_suffix('"').unwrap_or(text).to_owned());
                }
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// The source files of a room, without files that hold only tests.
fn sources(room: &Path) -> Vec<PathBuf> {
    if room.is_file() {
        return vec![room.to_owned()];
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(room).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy();
        if !name.ends_with("tests") {
            found.extend(sources(&path));
        }
    }
    found
}

/// The descriptions in a tool and its schemas.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("description").and_then(Value::as_str);
            own.into_iter()
                .chain(fields.values().flat_map(texts))
                .collect()
        }
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// The names of the arguments and fields in a schema, at any depth.
fn properties(value: &Value, found: &mut HashSet<String>) {
    let Some(fields) = value.as_object() else {
        return;
    };
    if let Some(Value::Object(properties)) = fields.get("properties") {
        found.extend(properties.keys().cloned());
    }
    for inner in fields.values() {
        properties(inner, found);
    }
}
