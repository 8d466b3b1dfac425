//! Messages between the server and the services: a `Call`, and a `Reply` or an `ApiError`.

mod call;
mod conditions;
mod error;
mod page;
mod reply;

pub(crate) use call::Call;
pub(crate) use conditions::Conditions;
pub(crate) use error::ApiError;
pub(crate) use page::{Page, page};
pub(crate) use reply::Reply;
