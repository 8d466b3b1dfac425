//! HTTP: what reaches a service as a `Call`, what it answers as a `Reply`, and the server between.

mod call;
mod error;
mod form;
mod operations;
mod page;
mod reply;
mod server;

pub(crate) use call::Call;
pub(crate) use error::ApiError;
pub(crate) use operations::{Operations, Route, Service};
pub(crate) use page::{Page, page};
pub(crate) use reply::Reply;
pub(crate) use server::{Server, serve};
