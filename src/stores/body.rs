//! A whole file as the body of one request.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use databricks_client::Client;
use futures_util::stream;
use reqwest::Body;

use super::content::Content;
use crate::context::Context;
use crate::error::Error;
use crate::transfers::Meter;
use crate::transport::Call;

/// Larger content streams, and is then sent only once.
const IN_MEMORY: u64 = 8 << 20;

/// Bytes that are read at once from a file that streams.
const PIECE: usize = 1 << 20;

/// The slowest line that a body is waited for, in bytes a second.
const SLOWEST: u64 = 256 << 10;

/// The body of a request that sends the whole content, and a client whose requests may take as long as that needs.
///
/// # Errors
/// The content cannot be read.
pub(super) async fn whole(
    context: &Context,
    content: &Content,
    meter: &Arc<Meter>,
) -> Result<(Client, Body), Error> {
    let size = content.size();
    if size <= IN_MEMORY {
        let bytes = content
            .part(0, usize::try_from(size).unwrap_or(usize::MAX))
            .await?;
        meter.add(bytes.len());
        return Ok((context.client(), Body::from(bytes)));
    }
    let call = Call {
        request_time: Some(
            context.workspace.transport.patience() + Duration::from_secs(size / SLOWEST),
        ),
        ..context.call.clone()
    };
    let (content, meter) = (content.clone(), Arc::clone(meter));
    let pieces = stream::try_unfold(0_u64, move |from| {
        let (content, meter) = (content.clone(), Arc::clone(&meter));
        async move {
            let piece = content
                .part(from, PIECE)
                .await
                .map_err(|error| error.to_string())?;
            meter.add(piece.len());
            let next = from + piece.len() as u64;
            Ok::<_, String>((!piece.is_empty()).then(|| (Bytes::from(piece), next)))
        }
    });
    Ok((
        context.workspace.transport.typed(&call),
        Body::wrap_stream(pieces),
    ))
}
