//! The engine: serves an operation from a plan, whether a row or a call at run time made it.

mod arguments;
mod pages;
mod request;
mod table;
mod wait;

pub use arguments::{check, validator};
pub use table::{call, call_for};
