//! Rows behind a presigned link: how many a second the whole server reads, beside a bare download of the same file.

use std::time::Instant;

use super::server::{FILE, ROWS};
use super::spent::{Outcome, Spent};
use super::stdio::Server;

/// Readings of each, in turn, so that what else the machine does meets both.
const READINGS: usize = 20;

/// The rows of the table for the server at the path `binary`, whose workspace is `host`.
pub(crate) async fn rows(binary: &str, host: &str) -> Outcome<Vec<String>> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{host}{FILE}");
    let mut server = Server::start(binary, host)?;
    // The last row, for which all of the file is read.
    let last = ROWS - 1;
    let arguments = format!(r#"{{"statement_id":"s1","offset":{last},"max_rows":1}}"#);
    let (mut bare, mut served) = (Spent::default(), Spent::default());
    for reading in 0..=READINGS {
        let since = Instant::now();
        let response = client.get(&url).send().await?.error_for_status()?;
        let bytes = response.bytes().await?.len();
        let downloaded = since.elapsed();
        assert!(bytes > ROWS, "{bytes}");
        let since = Instant::now();
        let answer = server.call("get_statement", &arguments)?;
        let read = since.elapsed();
        assert!(answer.contains(&format!("row {last}")), "{answer}");
        // The first reading warms up.
        if reading > 0 {
            bare.times.push(downloaded);
            served.times.push(read);
        }
    }
    let rate = |spent: &Spent| ROWS as f64 / spent.at(0.5).as_secs_f64();
    Ok(vec![
        format!(
            "| {ROWS} rows behind a link, downloaded by bare reqwest | {:.0} rows/s |",
            rate(&bare)
        ),
        format!(
            "| the same read by `get_statement` through the server | {:.0} rows/s |",
            rate(&served)
        ),
    ])
}
