//! Calls by reqwest alone: what everything else is compared with.

use std::time::Instant;

use reqwest::Client;

use super::spent::{Outcome, Spent, cpu, since};

/// Calls per round.
pub(crate) const CALLS: usize = 500;
/// The credential of every call.
pub(crate) const TOKEN: &str = "token-of-the-bench";

/// One round of calls for the same body.
pub(crate) async fn round(client: &Client, url: &str) -> Outcome<Spent> {
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
