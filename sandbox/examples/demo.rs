//! `make demo`: a local workspace, the server, and a real MCP client that drives it over stdio.
#![allow(clippy::print_stdout, reason = "a transcript for a person")]

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;

use databricks_sandbox::{Options, Sandbox};
use rmcp::model::{CallToolRequestParams, CallToolResult, ProgressNotificationParam};
use rmcp::service::{NotificationContext, RunningService};
use rmcp::transport::TokioChildProcess;
use rmcp::{ClientHandler, RoleClient, ServiceExt};
use serde_json::{Value, json};
use tokio::process::Command;

/// Faster than the service: a run takes seconds, and its progress can still be followed.
const SPEED: f64 = 5.0;

const QUERY: &str = "SELECT pickup_zip, count(*) AS n, avg(fare_amount) AS fare \
                     FROM samples.nyctaxi.trips GROUP BY 1 ORDER BY n DESC LIMIT 5";

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> Outcome<()> {
    println!("databricks-mcp demo: a workspace on this machine, the server, an MCP client\n");
    let server = server()?;
    let sandbox = Sandbox::start(Options {
        speed: SPEED,
        ..Options::default()
    })?;
    println!("workspace  {} (SQL by DataFusion)", sandbox.host());
    let mut command = Command::new(&server);
    command
        .arg("start")
        .env("DATABRICKS_MCP_LOG", "error")
        .env("DATABRICKS_HOST", sandbox.host())
        .env("DATABRICKS_TOKEN", sandbox.token())
        .env("DATABRICKS_WAREHOUSE_ID", sandbox.warehouse_id());
    let since = Instant::now();
    let client = Watcher.serve(TokioChildProcess::new(command)?).await?;
    let tools = client.list_all_tools().await?;
    println!(
        "server     {} tools, {} ms after its start",
        tools.len(),
        since.elapsed().as_millis()
    );
    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    for line in names.chunks(6) {
        println!("           {}", line.join("  "));
    }
    tour(&client).await?;
    client.cancel().await?;
    attach(&server);
    Ok(())
}

/// Acts as an agent would: finds data, queries it, finds a job, runs it, reads a notebook.
async fn tour(client: &RunningService<RoleClient, Watcher>) -> Outcome<()> {
    call(client, "health", json!({})).await?;
    call(
        client,
        "list_tables",
        json!({ "catalog_name": "samples", "schema_name": "nyctaxi" }),
    )
    .await?;
    call(client, "execute_sql", json!({ "statement": QUERY })).await?;
    call(
        client,
        "execute_sql",
        json!({ "statement": "SELECT fare FROM samples.nyctaxi.trips" }),
    )
    .await?;
    let jobs = call(client, "list_jobs", json!({ "limit": 3 })).await?;
    let job = jobs
        .pointer("/jobs/0/id")
        .cloned()
        .ok_or("the workspace has a job")?;
    call(client, "run_job", json!({ "job_id": job })).await?;
    let folder = call(client, "list_notebooks", json!({ "path": "/Shared/etl" })).await?;
    let path = folder
        .pointer("/objects/0/path")
        .ok_or("the folder has a notebook")?;
    call(client, "export_notebook", json!({ "path": path })).await?;
    Ok(())
}

/// Calls a tool and prints what an agent reads; returns the structured answer.
async fn call(
    client: &RunningService<RoleClient, Watcher>,
    tool: &'static str,
    arguments: Value,
) -> Outcome<Value> {
    println!("\n> {tool} {arguments}");
    let mut request = CallToolRequestParams::new(tool);
    request.arguments = arguments.as_object().cloned();
    let since = Instant::now();
    let result = client.call_tool(request).await?;
    print(&result);
    println!("  ({} ms)", since.elapsed().as_millis());
    Ok(result.structured_content.unwrap_or_default())
}

fn print(result: &CallToolResult) {
    let texts = result.content.iter().filter_map(|block| block.as_text());
    let text: String = texts.map(|block| block.text.as_str()).collect();
    let lines: Vec<&str> = text.lines().collect();
    for line in aligned(&lines).iter().take(24) {
        println!("  {line}");
    }
    if lines.len() > 24 {
        println!("  … {} more lines", lines.len() - 24);
    }
}

/// Pads the cells of a markdown table, which agents read without, for the eye.
fn aligned(lines: &[&str]) -> Vec<String> {
    let cells = |line: &str| -> Vec<String> {
        let inner = line.trim_matches('|').replace("\\|", "\u{1}");
        inner
            .split('|')
            .map(|cell| cell.replace('\u{1}', "|"))
            .collect()
    };
    let mut widths: Vec<usize> = Vec::new();
    for line in lines.iter().filter(|line| line.starts_with('|')) {
        for (index, cell) in cells(line).iter().enumerate() {
            let width = cell.chars().count();
            match widths.get_mut(index) {
                Some(known) => *known = width.max(*known),
                None => widths.push(width),
            }
        }
    }
    let pad = |line: &str| -> String {
        let fill = if line.starts_with("|---") { '─' } else { ' ' };
        let padded = cells(line).into_iter().zip(&widths).map(|(cell, width)| {
            let cell = cell.replace("---", "");
            let missing = width.saturating_sub(cell.chars().count());
            cell + &fill.to_string().repeat(missing)
        });
        padded.collect::<Vec<_>>().join("  ")
    };
    lines
        .iter()
        .map(|line| {
            if line.starts_with('|') {
                pad(line)
            } else {
                (*line).to_owned()
            }
        })
        .collect()
}

fn attach(server: &Path) {
    let server = server.display();
    println!(
        "\nThat was a local workspace. Yours, in Claude Code:\n\n  \
         claude mcp add databricks \\\n    \
         -e DATABRICKS_HOST=https://<workspace>.cloud.databricks.com -e DATABRICKS_TOKEN=<token> \\\n    \
         -- {server} start\n\n\
         and in clients that read JSON (Cursor, VS Code, Claude Desktop):\n\n  \
         {{\"mcpServers\": {{\"databricks\": {{\"command\": \"{server}\", \"args\": [\"start\"],\n    \
         \"env\": {{\"DATABRICKS_HOST\": \"https://…\", \"DATABRICKS_TOKEN\": \"…\"}}}}}}}}\n\n\
         `make release` builds the binary to keep: target/release/databricks-mcp"
    );
}

/// Both binaries are built into one folder; examples stand in a folder of their own below it.
fn server() -> Outcome<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own
        .parent()
        .and_then(Path::parent)
        .ok_or("the demo runs from the target folder")?;
    let server = folder.join(format!("databricks-mcp{}", std::env::consts::EXE_SUFFIX));
    if server.is_file() {
        Ok(server)
    } else {
        Err(format!("no server at `{}`\nhint: run `make demo`", server.display()).into())
    }
}

/// A client that shows progress.
struct Watcher;

impl ClientHandler for Watcher {
    async fn on_progress(
        &self,
        progress: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        println!("  … {}", progress.message.unwrap_or_default());
    }
}
