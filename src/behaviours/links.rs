//! A file of rows behind a presigned link, read as far as its rows are wanted.

use std::pin::pin;

use databricks_client::types::{SqlExternalLink, SqlFormat};
use http::header::{AUTHORIZATION, COOKIE, HOST, HeaderName, HeaderValue};
use reqwest::{Method, Request};

use super::json_rows::{JsonRows, Wanted};
use crate::context::Context;
use crate::error::Error;
use crate::transport;

pub(super) const OPERATION: &str = "statement_execution.get_statement_result_chunk_n";

/// Most bytes of the wanted rows of one file.
const MOST: usize = 256 << 20;
/// Most bytes of one row beyond those that are wanted.
const ROW: usize = 64 << 20;

/// The text of the wanted rows of the file behind a link. Our credential does not go with the request, and the file
/// must hold as many rows as its link says.
///
/// # Errors
/// The link leads nowhere that may be read, has expired, or its file holds no rows as JSON.
pub(super) async fn read(
    context: &Context,
    link: &SqlExternalLink,
    format: Option<&SqlFormat>,
    wanted: Wanted,
) -> Result<Vec<u8>, Error> {
    if let Some(format) = format.filter(|format| **format != SqlFormat::JsonArray) {
        return Err(unreadable(format!(
            "its rows lie in files of the format {format}, and only JSON_ARRAY is read here"
        )));
    }
    let request = request(context, link)?;
    let transport = &context.workspace.transport;
    let opened = transport.open(&context.call, OPERATION, request, true);
    let mut incoming = opened.await?;
    let most = wanted.bytes.saturating_add(ROW).min(MOST);
    let mut rows = JsonRows::new(wanted);
    let mut end = pin!(end(context));
    loop {
        let piece = tokio::select! {
            biased;
            () = context.cancel.cancelled() => {
                return Err(Error::Cancelled { what: "reading the rows".to_owned() });
            }
            () = &mut end => {
                return Err(Error::Unanswered {
                    operation: OPERATION.to_owned(),
                    reason: "its file had not come when the call was over".to_owned(),
                    may_have_acted: false,
                });
            }
            piece = incoming.piece() => piece?,
        };
        let Some(piece) = piece else { break };
        if !rows.feed(piece.as_ref()) {
            break;
        }
        if rows.held() > most {
            let mebibytes = most >> 20;
            return Err(unreadable(format!(
                "its rows are larger than {mebibytes} MiB"
            )));
        }
    }
    let count = link
        .row_count
        .and_then(|count| u64::try_from(i64::from(count)).ok());
    let text = rows.text(count).map_err(unreadable)?;
    Ok(transport::mended(text))
}

/// The request for the file behind a link. Our credential does not go with it.
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
    Ok(request)
}

/// The end of the call, however slowly the file comes; never, for what has no end.
async fn end(context: &Context) {
    match context.call.until {
        Some(until) => tokio::time::sleep_until(until).await,
        None => std::future::pending().await,
    }
}

/// The error of rows that are not what they should be.
pub(super) fn unreadable(reason: String) -> Error {
    Error::Answer {
        operation: OPERATION.to_owned(),
        reason,
    }
}
