//! Credentials: whatever lets a request in, refreshed before it expires and once more when it is refused.

mod token;

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use reqwest::header::HeaderMap;

use crate::error::Error;

pub use token::AccessToken;

/// Headers, once there are any.
pub type Headers<'a> = Pin<Box<dyn Future<Output = Result<HeaderMap, Error>> + Send + 'a>>;

/// A source of the headers that authorize a request to one workspace.
pub trait Credential: Debug + Send + Sync {
    /// The `auth_type` of Databricks' unified authentication, for example `pat` or `oauth-m2m`.
    fn auth_type(&self) -> &'static str;

    /// The headers for a request, marked sensitive. Kept while they are good; one refresh serves all callers.
    fn headers(&self) -> Headers<'_>;

    /// The service answered 401 to `refused`: when these are still the kept ones, the next call of
    /// [`Credential::headers`] gets new ones. Returns whether that can help.
    fn refused(&self, refused: &HeaderMap) -> bool;
}
