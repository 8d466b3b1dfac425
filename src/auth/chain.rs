//! The token sources that may apply, tried in order until one does.

use std::sync::OnceLock;

use super::grant::{Grant, Source};
use super::refusal::Refusal;
use crate::error::Error;

/// A token source and its `auth_type`.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) auth_type: &'static str,
    pub(super) source: Box<dyn Source>,
}

/// The candidates for one host, and the one chosen once it is known.
#[derive(Debug)]
pub(super) struct Chain {
    host: String,
    candidates: Vec<Candidate>,
    /// One line for each method ruled out without a request, with the reason.
    lacks: Vec<String>,
    chosen: OnceLock<usize>,
}

impl Chain {
    pub(super) fn new(host: &str, candidates: Vec<Candidate>, lacks: Vec<String>) -> Self {
        let chosen = OnceLock::new();
        // A single candidate needs no trial.
        if candidates.len() == 1 {
            let _ = chosen.set(0);
        }
        Self {
            host: host.to_owned(),
            candidates,
            lacks,
            chosen,
        }
    }

    /// The chosen candidate, or `default` until there is one.
    pub(super) fn auth_type(&self) -> &'static str {
        let chosen = self.chosen.get().and_then(|at| self.candidates.get(*at));
        chosen.map_or("default", |candidate| candidate.auth_type)
    }

    /// Fetches a grant from the first candidate that applies, and from then on only from that one.
    pub(super) async fn fetch(&self) -> Result<Grant, Error> {
        if let Some(candidate) = self.chosen.get().and_then(|at| self.candidates.get(*at)) {
            let fetched = candidate.source.fetch().await;
            return fetched.map_err(|refusal| self.refused(candidate.auth_type, refusal));
        }
        let mut tried = self.lacks.clone();
        let mut hint = None;
        for (at, candidate) in self.candidates.iter().enumerate() {
            match candidate.source.fetch().await {
                Ok(grant) => {
                    let _ = self.chosen.set(at);
                    return Ok(grant);
                }
                Err(refusal) if refusal.absent => {
                    tried.push(format!("`{}`: {}", candidate.auth_type, refusal.reason));
                    hint = hint.or(refusal.hint);
                }
                Err(refusal) => return Err(broken(candidate.auth_type, refusal)),
            }
        }
        Err(Error::NoCredential {
            host: self.host.clone(),
            tried,
            hint,
        })
    }

    /// A failure of the chosen candidate. If it does not apply and was not forced, the error also lists the
    /// methods that were ruled out.
    fn refused(&self, auth_type: &'static str, refusal: Refusal) -> Error {
        if !refusal.absent || self.lacks.is_empty() {
            return broken(auth_type, refusal);
        }
        let mut tried = self.lacks.clone();
        tried.push(format!("`{auth_type}`: {}", refusal.reason));
        Error::NoCredential {
            host: self.host.clone(),
            tried,
            hint: refusal.hint,
        }
    }
}

/// The error for a credential that applies but does not work.
pub(super) fn broken(auth_type: &'static str, refusal: Refusal) -> Error {
    Error::Credential {
        auth_type,
        reason: refusal.reason,
        hint: refusal.hint,
    }
}
