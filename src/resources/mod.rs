//! Things of a workspace by their address, read from there each time, so that nothing has to be kept.

mod kinds;
mod links;
mod read;
mod touched;
mod uri;
mod work;

pub(crate) use kinds::{Facts, KINDS, Kind};
pub(crate) use links::{Subject, keep, mentioned, preview, subject};
pub(crate) use read::{Body, Contents, read, readable};
pub(crate) use touched::Touched;
pub(crate) use uri::Uri;
pub(crate) use work::work;

/// The name under which reading is logged and counted.
pub(crate) const READ: &str = "resources/read";

/// The name under which following is logged and counted.
pub(crate) const SUBSCRIBE: &str = "resources/subscribe";
