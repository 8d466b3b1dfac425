//! Whose credential a workspace is used with.

use std::marker::PhantomData;

use reqwest::{Method, Request};
use serde_json::Value;

use crate::context::Context;
use crate::error::Error;
use crate::shape;

const ME: &str = "/api/2.0/preview/scim/v2/Me";
const OPERATION: &str = "current_user.me";

/// The id of the user or service principal, which outlives every token; asked for once.
///
/// # Errors
/// The service does not tell it.
pub(crate) async fn identity(context: &Context) -> Result<&str, Error> {
    let workspace = &context.workspace;
    let ask = async || {
        let fault = |reason: String| Error::Answer {
            operation: OPERATION.to_owned(),
            reason,
        };
        let transport = &workspace.transport;
        let url = transport.host().join(ME);
        let request = Request::new(Method::GET, url.map_err(|error| fault(error.to_string()))?);
        let reply = transport
            .send(&context.as_means().call, OPERATION, request)
            .await?;
        let me: Value = reply.read(OPERATION, PhantomData)?;
        let id = shape::text_at(&me, "id");
        if id.is_empty() {
            return Err(fault("it names no `id`".to_owned()));
        }
        Ok(id)
    };
    let id = workspace.identity.get_or_try_init(ask).await?;
    Ok(id)
}
