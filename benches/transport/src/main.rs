//! Compares calls through the transport and through the whole server with bare reqwest calls to the same far end
//! in the same run, and measures the search of the API index. Prints rows of a markdown table.
//!
//! The one argument is the path of the server to measure.
//!
//! Rooms, each using only those before it:
//! - `spent`, the times of a series of calls
//! - `server`, a far end with one answer for each path
//! - `store`, a far end of uploads and downloads
//! - `bare`, calls by reqwest alone
//! - `stdio`, the whole server as a client runs it
//! - `links`, rows behind presigned links
//! - `shaping`, large answers cut to their budget
//! - `files`, uploads and downloads
//! - `search`, searches of the API index
#![expect(clippy::print_stdout, reason = "prints the table")]

mod bare;
mod files;
mod links;
mod search;
mod server;
mod shaping;
mod spent;
mod stdio;
mod store;

use std::time::Instant;

use databricks_mcp::config::Settings;
use databricks_mcp::connect::Connections;
use databricks_mcp::transport::{Call, Limits, Transport};
use reqwest::{Method, Request};

use bare::{CALLS, TOKEN};
use spent::{Outcome, Spent, cpu, since};

/// Rounds of each, alternating, so that other load on the machine affects both.
const ROUNDS: usize = 20;
fn main() -> Outcome<()> {
    for row in search::rows() {
        println!("{row}");
    }
    let host = server::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(measure(&host))?;
    let Some(binary) = std::env::args().nth(1) else {
        return Ok(());
    };
    for row in runtime.block_on(stdio::rows(&binary, &host))? {
        println!("{row}");
    }
    for row in runtime.block_on(links::rows(&binary, &host))? {
        println!("{row}");
    }
    for row in runtime.block_on(shaping::rows(&binary, &host))? {
        println!("{row}");
    }
    for row in runtime.block_on(files::rows(&binary))? {
        println!("{row}");
    }
    Ok(())
}

async fn measure(host: &str) -> Outcome<()> {
    let settings = Settings::from_variables(|name| match name {
        "DATABRICKS_HOST" => Some(host.to_owned()),
        "DATABRICKS_TOKEN" => Some(TOKEN.to_owned()),
        _ => None,
    })?;
    let transport = Transport::new(&settings, &Connections::default(), Limits::default())?;
    let url = format!("{host}/api/2.2/jobs/get?job_id=1");
    let (mut bare, mut piped) = (Spent::default(), Spent::default());
    for round in 0..=ROUNDS {
        let (one, other) = (
            bare::round(transport.client(), &url).await?,
            round_piped(&transport, &url).await?,
        );
        // The first round warms up.
        if round > 0 {
            bare.add(one);
            piped.add(other);
        }
    }
    let rows = [
        (
            "one call by bare reqwest, to a server in this process",
            &bare,
        ),
        ("the same through the transport", &piped),
    ];
    for (what, spent) in rows {
        println!("| {what} | {} |", spent.tell());
    }
    let cpu = match (bare.cpu, piped.cpu) {
        (Some(bare), Some(piped)) => format!("{:.2}", piped.as_secs_f64() / bare.as_secs_f64()),
        _ => "?".to_owned(),
    };
    let ratio = |share| piped.at(share).as_secs_f64() / bare.at(share).as_secs_f64();
    println!(
        "| transport / bare, {} calls each | median {:.2}, p99 {:.2}, CPU {cpu} |",
        ROUNDS * CALLS,
        ratio(0.5),
        ratio(0.99)
    );
    Ok(())
}

async fn round_piped(transport: &Transport, url: &str) -> Outcome<Spent> {
    let mut spent = Spent::default();
    let call = Call::new("get_job");
    let began = cpu();
    for _ in 0..CALLS {
        let since = Instant::now();
        let request = Request::new(Method::GET, url.parse()?);
        let reply = transport.send(&call, "jobs.get", request).await?;
        spent.times.push(since.elapsed());
        assert!(!reply.body.is_empty());
    }
    spent.cpu = since(began);
    Ok(spent)
}
