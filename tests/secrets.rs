//! No token, secret or signature appears in anything the built binary emits at trace level, against a
//! service and a proxy that echo their requests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use support::misbehaving::{Act, Misbehaving, Seen};

/// Unlike any real token, so that no pattern can recognize it.
const TOKEN: &str = "marked-token-4711-of-nobody";
const SIGNATURE: &str = "marked-signature-0815";

/// Echoes the request's credential in every way observed in intermediaries.
fn quoting(number: usize, seen: &Seen) -> Act {
    let bearer = seen.header("authorization").unwrap_or("none").to_owned();
    let link = format!("https://bucket.example/file?X-Amz-Signature={SIGNATURE}&X-Amz-Expires=9");
    match number {
        0 => Act::ok(&json!({ "userName": bearer, "active": link }).to_string()),
        1 => Act::ok(&json!({ "jobs": [{ "job_id": 1, "settings": { "name": format!("{bearer} {link}") } }] }).to_string()),
        2 => Act::status(400, &json!({ "error_code": "X", "message": format!("bad: {bearer} {link}") }).to_string()),
        3 => Act::status(502, &format!("<html><title>refused {bearer} {link}</title></html>")),
        4 => Act::status(401, &format!("UNAUTHENTICATED: {bearer} {link}")).with("x-request-id", bearer),
        5 => Act::status(302, "").with("location", format!("{link}&token={TOKEN}")),
        6 => Act::Reset,
        7 => Act::Short("{"),
        8 => Act::ok(&format!("not JSON: {bearer} {link}")),
        9 => Act::ok("plain").with("content-encoding", "gzip").with("x-echo", bearer),
        _ => Act::status(403, &json!({ "error_code": 403, "message": format!("Invalid access token. {bearer}") }).to_string()),
    }
}

/// Runs the built binary with these lines of stdin and returns its whole stdout and stderr.
fn run(variables: &[(&str, &str)], lines: &[Value]) -> (String, String) {
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_databricks-mcp"))
        .arg("start")
        .env_clear()
        .envs(variables.iter().copied())
        .env("DATABRICKS_MCP_LOG", "trace")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // Trace output would fill a pipe that is not read meanwhile.
        .stderr(log.reopen().unwrap())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut answers = String::new();
    for line in lines {
        writeln!(stdin, "{line}").unwrap();
        // In sequence, so that each call meets the misbehaviour meant for it.
        if stdout.read_line(&mut answers).unwrap() == 0 {
            break;
        }
    }
    drop(stdin);
    stdout.read_to_string(&mut answers).unwrap();
    child.wait().unwrap();
    (answers, std::fs::read_to_string(log.path()).unwrap())
}

fn call(id: usize) -> Value {
    let tool = if id.is_multiple_of(2) {
        "health"
    } else {
        "list_jobs"
    };
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
    });
    let params = json!({ "name": tool, "arguments": {}, "_meta": meta });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })
}

/// A runtime that keeps the server going while the test waits for the binary.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

fn assert_clean(emitted: &[&str], secrets: &[&str]) {
    for emitted in emitted {
        for secret in secrets {
            let lines = emitted.lines().filter(|line| line.contains(secret));
            assert_eq!(lines.collect::<Vec<_>>(), Vec::<&str>::new(), "{secret}");
        }
    }
}

#[test]
fn nothing_the_binary_emits_shows_a_secret() {
    let runtime = runtime();
    let service = runtime.block_on(Misbehaving::start(quoting));
    let lines: Vec<Value> = (0..12).map(call).collect();
    let variables = [
        ("DATABRICKS_HOST", service.host.as_str()),
        ("DATABRICKS_TOKEN", TOKEN),
    ];
    let (answers, log) = run(&variables, &lines);
    assert_eq!(answers.lines().count(), lines.len());
    // Proves that every misbehaviour was met and that the text around the secrets was emitted.
    assert!(service.seen().len() > 10, "{}", service.seen().len());
    for kept in [
        "bad: Bearer [redacted]",
        "X-Amz-Signature=[redacted]",
        "Invalid access token. Bearer [redacted]",
    ] {
        assert!(answers.contains(kept), "{kept} in {answers}");
    }
    assert!(
        log.contains("\"TRACE\"") && log.contains("\"exchanged\""),
        "trace level is on"
    );
    assert_clean(&[&answers, &log], &[TOKEN, SIGNATURE]);
}

const CLIENT_SECRET: &str = "marked-client-secret-1234";

/// A service principal's token endpoint and workspace, both echoing their requests.
fn principal(seen: &Seen) -> Act {
    let host = format!("http://{}", seen.header("host").unwrap());
    match seen.line() {
        line if line.contains("oauth-authorization-server") => Act::ok(
            &json!({
                "authorization_endpoint": format!("{host}/oidc/v1/authorize"),
                "token_endpoint": format!("{host}/oidc/v1/token"),
            })
            .to_string(),
        ),
        line if line.contains("/oidc/v1/token") => Act::ok(
            &json!({ "access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600 })
                .to_string(),
        ),
        _ => Act::status(
            401,
            &format!("UNAUTHENTICATED: {:?}", seen.header("authorization")),
        ),
    }
}

#[test]
fn a_service_principals_secret_and_tokens_stay_where_they_belong() {
    let runtime = runtime();
    let service = runtime.block_on(Misbehaving::start(|_, seen| principal(seen)));
    let refusing = runtime.block_on(Misbehaving::start(|_, seen| match principal(seen) {
        Act::Answer(..) if seen.line().contains("/oidc/v1/token") => Act::status(
            400,
            &json!({ "error": "invalid_client", "error_description": format!("{} {}", seen.head, seen.body) }).to_string(),
        ),
        act => act,
    }));
    for service in [&service, &refusing] {
        let variables = [
            ("DATABRICKS_HOST", service.host.as_str()),
            ("DATABRICKS_CLIENT_ID", "me"),
            ("DATABRICKS_CLIENT_SECRET", CLIENT_SECRET),
        ];
        let (answers, log) = run(&variables, &[call(0), call(1)]);
        let tokens = service
            .seen()
            .into_iter()
            .filter(|seen| seen.line().contains("/oidc/v1/token"));
        let sent: Vec<Seen> = tokens.collect();
        assert!(!sent.is_empty(), "a token was asked for: {answers}");
        // The plain secret, and its form in HTTP's basic scheme.
        let basic = sent[0].header("authorization").unwrap_or("Basic none");
        let basic = basic.rsplit(' ').next().unwrap();
        assert!(answers.contains("\"isError\":true"), "{answers}");
        assert_clean(&[&answers, &log], &[TOKEN, CLIENT_SECRET, basic]);
    }
}

const REFRESH: &str = "marked-refresh-token-98";

/// A home directory with an expired login.
fn home_with_login(host: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".databricks");
    std::fs::create_dir(&folder).unwrap();
    let entry = json!({ "access_token": TOKEN, "refresh_token": REFRESH, "expiry": "2020-01-01T00:00:00Z" });
    let cache = json!({ "version": 1, "tokens": { host: entry } });
    std::fs::write(folder.join("token-cache.json"), cache.to_string()).unwrap();
    home
}

#[test]
fn a_persons_login_stays_where_it_belongs() {
    let runtime = runtime();
    let granting = runtime.block_on(Misbehaving::start(|_, seen| principal(seen)));
    // Echoes the refresh token in the clear, without a word before it that marks it.
    let refusing = runtime.block_on(Misbehaving::start(|_, seen| {
        if seen.line().contains("/oidc/v1/token") {
            let refusal = json!({ "error": "invalid_grant", "error_description": seen.body });
            Act::status(400, &refusal.to_string())
        } else {
            principal(seen)
        }
    }));
    for (service, says) in [(&granting, "UNAUTHENTICATED"), (&refusing, "invalid_grant")] {
        let home = home_with_login(&service.host);
        let variables = [
            ("DATABRICKS_HOST", service.host.as_str()),
            ("DATABRICKS_AUTH_TYPE", "external-browser"),
            ("DATABRICKS_AUTH_STORAGE", "plaintext"),
            ("HOME", home.path().to_str().unwrap()),
        ];
        let (answers, log) = run(&variables, &[call(0), call(1)]);
        let refreshes = service.seen();
        let sent = refreshes.iter().find(|seen| seen.body.contains(REFRESH));
        assert!(sent.is_some(), "the refresh token was sent: {answers}");
        assert!(answers.contains(says), "{answers}");
        assert_clean(&[&answers, &log], &[TOKEN, REFRESH]);
    }
}

#[test]
fn a_proxys_password_is_shown_nowhere() {
    let runtime = runtime();
    let proxy = runtime.block_on(Misbehaving::acts([Act::status(407, "")]));
    let address = proxy.host.trim_start_matches("http://");
    let url = format!("http://me:marked%2Dproxy-password@{address}");
    let variables = [
        ("DATABRICKS_HOST", "https://workspace.invalid"),
        ("DATABRICKS_TOKEN", TOKEN),
        ("HTTPS_PROXY", url.as_str()),
    ];
    let (answers, log) = run(&variables, &[call(0)]);
    let seen = proxy.seen();
    let pair = seen[0].header("proxy-authorization").unwrap();
    let pair = pair.strip_prefix("Basic ").unwrap();
    let secrets = ["marked-proxy-password", "marked%2Dproxy-password", pair];
    assert_clean(&[&answers, &log], &secrets);
}
