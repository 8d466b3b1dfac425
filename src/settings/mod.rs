//! Settings: one table of all of them, and the layers that fill it: flags, environment, `.env`, settings files, profile.
//!
//! [`setting`] is the table. The flags of the command line, `databricks-mcp config` and the README's tables
//! come from it. This room does not know the purpose of a setting; later rooms read theirs with [`Given::read`].

mod definition;
mod dot_env;
pub mod file;
mod gather;
mod given;
mod profile;
pub mod setting;
mod takes;
mod value;

pub use definition::{Commands, Flag, Narrows, Section, Setting};
pub use gather::{Places, collect, config_file, of_process};
pub use given::{Given, Origin};
pub use takes::Takes;
pub use value::{Rate, Value};

#[cfg(test)]
pub(crate) use dot_env::parse as parse_dot_env;
#[cfg(test)]
pub(crate) use gather::gather;
