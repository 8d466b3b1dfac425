//! Rows that lie in files behind presigned links.

use databricks_client::types::{SqlExternalLink, SqlFormat};
use http::header::{ACCEPT, AUTHORIZATION, COOKIE, HOST, HeaderName, HeaderValue};
use reqwest::{Method, Request};

use crate::context::Context;
use crate::error::Error;

pub(super) const OPERATION: &str = "statement_execution.get_statement_result_chunk_n";

/// The rows of the file behind a link. Our credential does not go with the request.
///
/// # Errors
/// The link leads nowhere that may be read, has expired, or its file holds no rows as JSON.
pub(super) async fn rows(
    context: &Context,
    link: &SqlExternalLink,
    format: Option<&SqlFormat>,
) -> Result<Vec<Vec<Option<String>>>, Error> {
    if let Some(format) = format.filter(|format| **format != SqlFormat::JsonArray) {
        return Err(unreadable(format!(
            "its rows lie in files of the format {format}, and only JSON_ARRAY is read here"
        )));
    }
    let request = request(context, link)?;
    let transport = &context.workspace.transport;
    let reply = transport
        .send_presigned(&context.call, OPERATION, request)
        .await?;
    reply.json(OPERATION)
}

/// The request for the file behind a link.
///
/// # Errors
/// The link leads nowhere that may be read.
pub(super) fn request(context: &Context, link: &SqlExternalLink) -> Result<Request, Error> {
    let transport = &context.workspace.transport;
    let url = transport
        .presigned_url(link.external_link.as_deref().unwrap_or_default())
        .map_err(unreadable)?;
    let mut request = Request::new(Method::GET, url);
    let headers = request.headers_mut();
    for (name, value) in link.http_headers.iter().flatten() {
        let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse::<HeaderValue>())
        else {
            continue;
        };
        if ![AUTHORIZATION, COOKIE, HOST].contains(&name) {
            headers.insert(name, value);
        }
    }
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    Ok(request)
}

pub(super) fn unreadable(reason: String) -> Error {
    Error::Answer {
        operation: OPERATION.to_owned(),
        reason,
    }
}
