//! Files of volumes and DBFS as tables: `read_files(…)`, `` csv.`/Volumes/…` ``, `COPY INTO` and `LIST`.
//!
//! `places` finds in a statement what names files, `options` says how they are read, `reading` and a file for each
//! format read them, and a `table` serves the rows to DataFusion. `copy` and `list` are the statements about files.

mod columns;
mod copy;
mod csv;
mod json;
mod list;
mod options;
mod places;
mod read;
mod reading;
mod table;

pub(crate) use copy::{Copied, Copy, counted};
pub(crate) use list::List;
pub(crate) use places::resolve;
