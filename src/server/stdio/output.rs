//! stdout: lines in the order in which they are queued, each written whole, until the client is gone.

use std::sync::Arc;

use rmcp::model::RequestId;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;

use super::flow::Flow;

/// The way to stdout. The queue is bounded by the reader, which takes in no request while much is unread.
#[derive(Debug, Clone)]
pub(super) struct Output {
    lines: UnboundedSender<Vec<u8>>,
    flow: Arc<Flow>,
}

impl Output {
    /// Starts writing. Fires `stop` once the client has closed its end.
    pub(super) fn start(
        writer: impl AsyncWrite + Send + Unpin + 'static,
        flow: Arc<Flow>,
        stop: CancellationToken,
    ) -> Self {
        let (lines, queue) = unbounded_channel();
        let account = Arc::clone(&flow);
        tokio::spawn(async move {
            if let Err(error) = write(writer, queue, &account).await {
                tracing::info!(%error, "the client reads no more");
                stop.cancel();
            }
            account.close();
        });
        Self { lines, flow }
    }

    /// Queues a line without its end. `answers` is the request that it is the answer to.
    ///
    /// # Errors
    /// The client is gone.
    pub(super) fn send(
        &self,
        mut bytes: Vec<u8>,
        answers: Option<&RequestId>,
    ) -> Result<(), std::io::Error> {
        if memchr::memmem::find(&bytes, b"\xE2\x80").is_some() {
            bytes = without_separators(&bytes);
        }
        bytes.push(b'\n');
        let queued = self.flow.queue(bytes.len(), answers);
        if queued && self.lines.send(bytes).is_ok() {
            return Ok(());
        }
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    /// Waits until everything is written, or nothing can be.
    pub(super) async fn drained(&self) {
        self.flow.drained().await;
    }
}

/// The JSON with U+2028 and U+2029 escaped: readers by lines in JavaScript end a line there.
fn without_separators(json: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(json.len());
    let mut rest = json;
    while let Some((&byte, after)) = rest.split_first() {
        if rest.starts_with(b"\xE2\x80\xA8") || rest.starts_with(b"\xE2\x80\xA9") {
            let last = rest.get(2).copied().unwrap_or_default();
            escaped.extend_from_slice(if last == 0xA8 { br"\u2028" } else { br"\u2029" });
            rest = rest.get(3..).unwrap_or_default();
        } else {
            escaped.push(byte);
            rest = after;
        }
    }
    escaped
}

async fn write(
    mut writer: impl AsyncWrite + Unpin,
    mut queue: UnboundedReceiver<Vec<u8>>,
    flow: &Flow,
) -> Result<(), std::io::Error> {
    while let Some(line) = queue.recv().await {
        writer.write_all(&line).await?;
        writer.flush().await?;
        flow.written(line.len());
    }
    Ok(())
}

/// Waits until the client has closed its end of stdout, which a writer that has nothing to write does not notice.
#[cfg(target_os = "linux")]
pub(super) async fn closed() {
    use std::os::fd::AsFd;

    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    let copy = std::io::stdout().as_fd().try_clone_to_owned();
    // A file is never closed from the other side, and cannot be watched.
    #[expect(
        deprecated,
        reason = "what replaces it is unsafe code; an owned descriptor is sound here"
    )]
    let watched = copy.and_then(|copy| AsyncFd::with_interest(copy, Interest::READABLE));
    let Ok(watched) = watched else {
        return std::future::pending().await;
    };
    // Only the other side's close ends this wait: that it may be written to is not asked of the system.
    if watched.ready(Interest::WRITABLE).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Never ends: other systems notice a closed stdout at the next line.
#[cfg(not(target_os = "linux"))]
pub(super) async fn closed() {
    std::future::pending::<()>().await;
}

#[cfg(test)]
mod tests {
    use super::without_separators;

    #[test]
    fn separators_that_end_a_line_in_javascript_are_escaped() {
        let escaped = without_separators("{\"a\":\"x\u{2028}y\u{2029}é\"}".as_bytes());
        assert_eq!(
            String::from_utf8_lossy(&escaped),
            r#"{"a":"x\u2028y\u2029é"}"#
        );
    }
}
