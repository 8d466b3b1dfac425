//! Failures on demand: refusals, resets, stalls and answers that break off, where and as often as somebody wishes.

mod fault;
mod strike;
mod wire;

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, Method};

pub use fault::Fault;
pub(crate) use wire::{Cut, Wires};

/// The header by which a request asks for a fault of its own.
const HEADER: &str = "x-sandbox-fault";

/// The faults of a sandbox, each with the number of requests that it was for so far.
#[derive(Debug)]
pub(crate) struct Faults(Vec<(Fault, AtomicU64)>);

impl Faults {
    /// Faults that no request has met yet.
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self(
            faults
                .into_iter()
                .map(|fault| (fault, AtomicU64::new(0)))
                .collect(),
        )
    }

    /// The fault of this request: that of its header, or the first that strikes.
    ///
    /// # Errors
    /// The reason why the header cannot be read.
    pub(crate) fn of(
        &self,
        verb: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> Result<Option<Fault>, String> {
        if let Some(header) = headers.get(HEADER) {
            let spec = header.to_str().unwrap_or_default();
            return spec.parse().map(Some);
        }
        // Every fault counts every request that it is for, so that one does not shift the other.
        let mut struck = None;
        for (fault, seen) in &self.0 {
            if fault.is_for(verb, path) {
                let nth = seen.fetch_add(1, Ordering::Relaxed);
                if fault.strikes(nth) && struck.is_none() {
                    struck = Some(fault.clone());
                }
            }
        }
        Ok(struck)
    }
}
