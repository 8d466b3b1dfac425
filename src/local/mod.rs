//! Files of this machine: which a call may read and write, and how nothing half-written is left behind.
//!
//! A path is looked for under the [`Roots`]. A [`Place`] under one of them is opened step by step without following
//! links, so that a link that is swapped in during the call leads nowhere either. A [`Draft`] is written beside its
//! place and takes it at once, when it is whole. Everything here blocks; callers run it on a thread for that.

mod chosen;
mod draft;
mod foreign;
mod off_limits;
mod place;
mod roots;
mod states;
mod synced;
mod walk;

#[cfg(test)]
mod tests;

pub use draft::Draft;
pub use off_limits::Kept;
pub use place::{Place, Source};
pub use roots::Roots;
pub use states::states;
pub use synced::{Synced, Version};
pub use walk::{Found, Walk};
