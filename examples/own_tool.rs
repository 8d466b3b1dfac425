//! A server of its own: the tools of this one for clusters, and two more, which speak of the program's own matters.
//!
//! Attach it to any MCP client as `cargo run --example own_tool`, with the variables of Databricks' own tools.

use std::error::Error;

use databricks_mcp::{Builder, Error as Refused, OwnTool, Server};
use serde_json::{Map, Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = with_own_tools(Server::builder().from_surroundings())
        .build()
        .await?;
    let stdio = (tokio::io::stdin(), tokio::io::stdout());
    server.serve_on(stdio).await?;
    Ok(())
}

/// The tools for clusters and the two of this program.
pub fn with_own_tools(builder: Builder) -> Builder {
    let idle = OwnTool::reads(
        "idle_clusters",
        "Clusters that run without an end. Returns their names and how many clusters there are.",
        json!({}),
        |workspace, _| async move {
            let listed = workspace.operation("clusters.list", json!({})).await?;
            let clusters = listed
                .pointer("/clusters")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            let idle = clusters.iter().filter(|one| {
                one["state"] == "RUNNING" && one["autotermination_minutes"].as_u64() == Some(0)
            });
            let idle: Vec<&Value> = idle.map(|one| &one["cluster_name"]).collect();
            Ok(json!({ "idle": idle, "of": clusters.len() }))
        },
    );
    let retire = OwnTool::destroys(
        "retire_cluster",
        "Deletes a cluster for good. Returns the id of the ticket.",
        json!({
            "properties": {
                "cluster_id": { "type": "string" },
                "ticket": { "type": "string", "description": "The ticket that asks for it" },
            },
            "required": ["cluster_id", "ticket"],
        }),
        "Delete the cluster {cluster_id}, as {ticket} asks?",
        |workspace, arguments: Map<String, Value>| async move {
            let ticket = arguments.get("ticket").cloned().unwrap_or_default();
            if !ticket.as_str().is_some_and(|id| id.starts_with("OPS-")) {
                return Err(Refused::Own {
                    what: format!("{ticket} is no ticket of the operators"),
                    hint: Some("tickets of the operators begin with `OPS-`".to_owned()),
                });
            }
            let cluster = json!({ "cluster_id": arguments.get("cluster_id") });
            workspace
                .operation("clusters.permanent_delete", cluster)
                .await?;
            Ok(json!({ "done": ticket }))
        },
    );
    builder.set("toolsets", "clusters").tool(idle).tool(retire)
}
