//! The gate of a workspace: what the user has ruled out is not sent, by whichever way it was asked for.

use std::fmt::Debug;

use reqwest::Request;

use super::call::Call;
use crate::error::Error;

/// A rule about the requests that may leave.
pub trait Gate: Debug + Send + Sync {
    /// Lets a request pass that the user has not ruled out.
    ///
    /// # Errors
    /// The reason why it is not sent.
    fn admit(&self, call: &Call, operation: &str, request: &Request) -> Result<(), Error>;
}
