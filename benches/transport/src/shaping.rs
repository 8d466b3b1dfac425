//! Shaping through the whole server: 10,000 rows of a statement and 10 MB of JSON, beside bare readings of the same
//! bodies.

use std::time::Instant;

use super::server::{INLINE, MANY, ROWS_INLINE};
use super::spent::{Outcome, Spent};
use super::stdio::Server;

/// Answers of each, in turn with the bare readings.
const ANSWERS: usize = 20;

/// The rows of the table for the server at the path `binary`, whose workspace is `host`.
pub(crate) async fn rows(binary: &str, host: &str) -> Outcome<Vec<String>> {
    let statement = r#"{"statement_id":"inline","max_rows":10000}"#;
    let json = r#"{"operation":"clusters.list","arguments":{"page_size":99}}"#;
    let of_rows = format!("{ROWS_INLINE} rows of a statement");
    let mut rows = shaped(binary, host, &of_rows, INLINE, "get_statement", statement).await?;
    rows.extend(shaped(binary, host, "10 MB of JSON", MANY, "api_call", json).await?);
    Ok(rows)
}

async fn shaped(
    binary: &str,
    host: &str,
    what: &str,
    path: &str,
    tool: &str,
    arguments: &str,
) -> Outcome<Vec<String>> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{host}{path}");
    let mut server = Server::start(binary, host)?;
    let (mut bare, mut served) = (Spent::default(), Spent::default());
    let (mut read, mut told) = (0, 0);
    for answer in 0..=ANSWERS {
        let since = Instant::now();
        let response = client.get(&url).send().await?.error_for_status()?;
        read = response.bytes().await?.len();
        let downloaded = since.elapsed();
        let since = Instant::now();
        let line = server.call(tool, arguments)?;
        let shaped = since.elapsed();
        assert!(!line.contains(r#""isError":true"#), "{line}");
        told = line.len();
        // The first answer warms up.
        if answer > 0 {
            bare.times.push(downloaded);
            served.times.push(shaped);
        }
    }
    let peak = server.peak().map_or_else(
        || "peak memory not told by this system".to_owned(),
        |kilobytes| format!("peak memory {:.1} MiB", kilobytes / 1024.0),
    );
    let milliseconds = |spent: &Spent| spent.at(0.5).as_secs_f64() * 1e3;
    Ok(vec![
        format!(
            "| {what}, {:.1} MB, read by bare reqwest | median {:.1} ms |",
            read as f64 / 1e6,
            milliseconds(&bare)
        ),
        format!(
            "| the same shaped into an answer of `{tool}` | median {:.1} ms, {:.1} KB, {peak} |",
            milliseconds(&served),
            told as f64 / 1e3
        ),
    ])
}
