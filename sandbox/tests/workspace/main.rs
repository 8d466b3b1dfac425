//! The sandbox's promises, over real HTTP.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

mod catalogs;
mod client;
mod clusters;
mod collections;
mod command_line;
mod coverage;
mod faults;
mod files;
mod generic;
mod jobs;
mod moving;
mod notebooks;
mod protocol;
mod results;
mod sql;
mod sql_files;
mod statements;
mod tour;
mod uploads;
