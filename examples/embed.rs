//! A program that is the client of its own server: no process, no stdio, one pipe in memory.
//!
//! `DATABRICKS_CONFIG_PROFILE=<profile> cargo run --example embed`
#![allow(clippy::print_stdout, reason = "it shows what it was told")]

use std::error::Error;

use databricks_mcp::{Builder, Server};
use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let builder = Server::builder().from_surroundings();
    let rows = ask(builder, "SELECT 6 * 7 AS answer").await?;
    println!("{rows:#}");
    Ok(())
}

/// Serves only SQL that reads, and has it answer one statement.
pub async fn ask(builder: Builder, statement: &str) -> Result<Value, Box<dyn Error>> {
    let server = builder
        .set("tools", "execute_sql")
        .set("read_only", "true")
        .build()
        .await?;
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let session = tokio::spawn(server.serve_on(theirs));
    let client = ().serve(ours).await?;
    let arguments = json!({ "statement": statement });
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    let call = CallToolRequestParams::new("execute_sql").with_arguments(arguments);
    let answer = client.call_tool(call).await?;
    // The session ends when its client goes.
    client.cancel().await?;
    session.await??;
    let text = answer.content.iter().filter_map(|part| part.as_text());
    let text: String = text.map(|part| part.text.as_str()).collect();
    if answer.is_error == Some(true) {
        return Err(text.into());
    }
    Ok(answer.structured_content.unwrap_or_default())
}
