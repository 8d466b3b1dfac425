//! The engine: serves an operation from a plan, whether a row or a call at run time made it.

mod answer;
mod arguments;
mod dialect;
mod gather;
mod identity;
mod look;
mod narrow;
mod nearest;
mod page;
mod pages;
mod parameters;
mod parts;
mod paths;
mod ranges;
mod request;
mod send;
mod table;
mod times;
mod violations;
mod wait;
mod whole;

pub(crate) use arguments::{check, validator};
pub(crate) use dialect::translate;
pub(crate) use identity::identity;
pub(crate) use look::look;
pub(crate) use nearest::{
    close_names, did_you_mean, first_rows, meant_by_name, meant_by_nothing, segments,
    with_close_names,
};
pub(crate) use paths::with_plain_names;
pub(crate) use table::{call, call_for};
pub(crate) use times::{any_time, with_times};
pub(crate) use wait::{standing, stop, stop_left};
