//! Things of a workspace by their address, read from there each time, so that nothing has to be kept.

mod kinds;
mod links;
mod read;
mod touched;
mod uri;
mod work;

pub use kinds::{Facts, KINDS, Kind};
pub use links::{Subject, keep, mentioned, preview, subject};
pub use read::{Body, Contents, read, readable};
pub use touched::Touched;
pub use uri::{Part, Uri};
pub use work::work;

/// The name under which reading is logged and counted.
pub const READ: &str = "resources/read";

/// The name under which following is logged and counted.
pub const SUBSCRIBE: &str = "resources/subscribe";
