//! Compares calls through the transport and through the whole server with bare reqwest calls to the same far end
//! in the same run, and measures the search of the API index. Prints rows of a markdown table.
//!
//! The one argument is the path of the server to measure.
//!
//! Rooms, each using only those before it:
//! - `server`, a server with one answer for every request
//! - `stdio`, the whole server as a client runs it
//! - `search`, searches of the API index
#![expect(clippy::print_stdout, reason = "prints the table")]

mod search;
mod server;
mod stdio;

use std::error::Error;
use std::time::{Duration, Instant};

use databricks_mcp::config::Settings;
use databricks_mcp::connect::Connections;
use databricks_mcp::transport::{Call, Limits, Transport};
use reqwest::{Client, Method, Request};

/// Rounds of each, alternating, so that other load on the machine affects both.
const ROUNDS: usize = 20;
/// Calls per round.
const CALLS: usize = 500;
const TOKEN: &str = "token-of-the-bench";

type Outcome<T> = Result<T, Box<dyn Error>>;

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
            round_bare(transport.client(), &url).await?,
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

async fn round_bare(client: &Client, url: &str) -> Outcome<Spent> {
    let mut spent = Spent::default();
    let began = cpu();
    for _ in 0..CALLS {
        let since = Instant::now();
        let request = client.get(url).bearer_auth(TOKEN);
        let response = request.send().await?.error_for_status()?;
        let body = response.bytes().await?;
        spent.times.push(since.elapsed());
        assert!(!body.is_empty());
    }
    spent.cpu = since(began);
    Ok(spent)
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

/// The times of a series of calls.
#[derive(Default)]
struct Spent {
    times: Vec<Duration>,
    /// CPU time of the calling thread; the server runs on another.
    cpu: Option<Duration>,
}

impl Spent {
    fn add(&mut self, mut round: Self) {
        self.times.append(&mut round.times);
        self.cpu = round.cpu.map(|cpu| cpu + self.cpu.unwrap_or_default());
    }

    fn at(&self, share: f64) -> Duration {
        let mut times = self.times.clone();
        times.sort();
        let at = (times.len() as f64 * share) as usize;
        times.get(at).copied().unwrap_or_default()
    }

    fn tell(&self) -> String {
        let microseconds = |time: Duration| time.as_secs_f64() * 1e6;
        let calls = self.times.len() as f64;
        let cpu = match self.cpu {
            Some(cpu) => format!("{:.1} µs CPU", microseconds(cpu) / calls),
            None => "CPU time unavailable on this system".to_owned(),
        };
        format!(
            "median {:.0} µs, p99 {:.0} µs, {cpu} per call",
            microseconds(self.at(0.5)),
            microseconds(self.at(0.99))
        )
    }
}

/// CPU time of this thread, from `schedstat` (proc(5)) on Linux.
fn cpu() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

fn since(began: Option<Duration>) -> Option<Duration> {
    Some(cpu()?.saturating_sub(began?))
}
