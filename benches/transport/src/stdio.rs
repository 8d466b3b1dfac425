//! The server as a client runs it, over stdio: what `list_clusters` costs beside a bare call that reads the same
//! body, and how much memory a large export takes.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::bare::{self, CALLS, TOKEN};
use super::spent::{Outcome, Spent};

/// Rounds of each, in turn, so that what else the machine does meets both.
const ROUNDS: usize = 10;
/// Exports of one process.
const EXPORTS: usize = 3;

const META: &str = r#"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1"}}"#;

/// The rows of the table for the server at the path `binary`, whose workspace is `host`.
pub(crate) async fn rows(binary: &str, host: &str) -> Outcome<Vec<String>> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{host}/api/2.1/clusters/list");
    let mut server = Server::start(binary, host)?;
    let (mut bare, mut served) = (Spent::default(), Spent::default());
    for round in 0..=ROUNDS {
        let (one, other) = (
            bare::round(&client, &url).await?,
            round_served(&mut server)?,
        );
        // The first round warms up.
        if round > 0 {
            bare.add(one);
            served.add(other);
        }
    }
    let over = served.at(0.5).saturating_sub(bare.at(0.5));
    let mut rows = vec![
        format!(
            "| 20 clusters, 35 KB, read by bare reqwest | {} |",
            bare.tell()
        ),
        format!(
            "| `list_clusters` of them through the server | {} |",
            served.tell()
        ),
        format!(
            "| what the server adds at the median | {:.2} ms |",
            over.as_secs_f64() * 1e3
        ),
    ];
    let mut server = Server::start(binary, host)?;
    for _ in 0..EXPORTS {
        let shown = server.call("export_notebook", r#"{"path":"/n"}"#)?;
        assert!(shown.contains("total_characters"), "{shown}");
    }
    let peak = match server.peak() {
        Some(kilobytes) => format!("{:.1} MiB", kilobytes / 1024.0),
        None => "not told by this system".to_owned(),
    };
    rows.push(format!(
        "| `export_notebook` of 10 MB, peak memory (VmHWM) | {peak} |"
    ));
    Ok(rows)
}

fn round_served(server: &mut Server) -> Outcome<Spent> {
    let mut spent = Spent::default();
    let began = server.cpu();
    for _ in 0..CALLS {
        let since = Instant::now();
        let answer = server.call("list_clusters", "{}")?;
        spent.times.push(since.elapsed());
        assert!(answer.contains("0412-081512-k3v9x2ab"), "{answer}");
    }
    spent.cpu = server.cpu().and_then(|cpu| cpu.checked_sub(began?));
    Ok(spent)
}

/// A server spoken to in lines: a client library would be measured along with it.
pub(crate) struct Server {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    line: String,
}

impl Server {
    pub(crate) fn start(binary: &str, host: &str) -> Outcome<Self> {
        Self::run(Command::new(binary), host)
    }

    /// The same, with files in this folder.
    pub(crate) fn sharing(binary: &str, host: &str, folder: &Path) -> Outcome<Self> {
        let mut command = Command::new(binary);
        command.env("DATABRICKS_MCP_ROOTS", folder);
        command.env("DATABRICKS_MCP_TOOLSETS", "default,volumes");
        Self::run(command, host)
    }

    fn run(mut command: Command, host: &str) -> Outcome<Self> {
        let mut process = command
            .arg("start")
            .env("DATABRICKS_HOST", host)
            .env("DATABRICKS_TOKEN", TOKEN)
            .env("DATABRICKS_MCP_LOG", "error")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = process.stdin.take().ok_or("no stdin")?;
        let output = process.stdout.take().ok_or("no stdout")?;
        Ok(Self {
            process,
            input,
            output: BufReader::new(output),
            line: String::new(),
        })
    }

    pub(crate) fn call(&mut self, tool: &str, arguments: &str) -> Outcome<&str> {
        let request = format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{{\"name\":\"{tool}\",\"arguments\":{arguments},\"_meta\":{META}}}}}\n"
        );
        self.input.write_all(request.as_bytes())?;
        self.line.clear();
        self.output.read_line(&mut self.line)?;
        Ok(&self.line)
    }

    /// Time all its threads have run, where the kernel tells: proc(5), `stat`, hundredths of a second.
    fn cpu(&self) -> Option<Duration> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        let (_, fields) = text.rsplit_once(')')?;
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
        Some(Duration::from_millis(ticks * 10))
    }

    /// Kilobytes, where the kernel tells.
    pub(crate) fn peak(&self) -> Option<f64> {
        let path = format!("/proc/{}/status", self.process.id());
        let text = std::fs::read_to_string(path).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
