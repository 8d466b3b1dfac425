//! stdout: lines in the order in which they are queued, each written whole, until the client is gone.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use rmcp::model::RequestId;
use tokio::io::AsyncWrite;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::flow::Flow;

/// The way to stdout. The queue is bounded by the reader, which takes in no request while much is unread.
#[derive(Debug)]
pub(super) struct Output<W> {
    pipe: Arc<Pipe<W>>,
    flow: Arc<Flow>,
}

impl<W> Clone for Output<W> {
    fn clone(&self) -> Self {
        Self {
            pipe: Arc::clone(&self.pipe),
            flow: Arc::clone(&self.flow),
        }
    }
}

impl<W: AsyncWrite + Send + Unpin + 'static> Output<W> {
    /// Starts writing. Fires `stop` once the client has closed its end.
    pub(super) fn start(writer: W, flow: Arc<Flow>, stop: CancellationToken) -> Self {
        let pipe = Arc::new(Pipe {
            state: Mutex::new(State {
                writer,
                queue: VecDeque::new(),
                written: 0,
                unflushed: 0,
            }),
            left: Notify::new(),
        });
        let (rest, account) = (Arc::clone(&pipe), Arc::clone(&flow));
        tokio::spawn(async move {
            let error = rest.write_what_is_left(&account).await;
            tracing::info!(%error, "the client reads no more");
            stop.cancel();
            account.close();
        });
        Self { pipe, flow }
    }

    /// Writes a line, or queues it if the client does not read as fast. `answers` is the request that it is the
    /// answer to.
    ///
    /// # Errors
    /// The client is gone.
    pub(super) fn send(
        &self,
        mut bytes: Vec<u8>,
        answers: Option<&RequestId>,
    ) -> Result<(), io::Error> {
        if memchr::memmem::find(&bytes, b"\xE2\x80").is_some() {
            bytes = without_separators(&bytes);
        }
        bytes.push(b'\n');
        if self.flow.queue(bytes.len(), answers) {
            self.pipe.send(bytes, &self.flow);
            return Ok(());
        }
        Err(io::ErrorKind::BrokenPipe.into())
    }

    /// Waits until everything is written, or nothing can be.
    pub(super) async fn drained(&self) {
        self.flow.drained().await;
    }
}

/// stdout and the lines that wait for it.
#[derive(Debug)]
struct Pipe<W> {
    state: Mutex<State<W>>,
    /// Something is left for the task that waits until the client reads.
    left: Notify,
}

#[derive(Debug)]
struct State<W> {
    writer: W,
    queue: VecDeque<Vec<u8>>,
    /// Bytes of the first line that are written.
    written: usize,
    /// Bytes that are written and may still be in the writer's own buffer.
    unflushed: usize,
}

impl<W: AsyncWrite + Unpin> Pipe<W> {
    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the line at once where the client reads, which spares a task and its wake-up; the rest is left to
    /// the task, and so are errors.
    fn send(&self, line: Vec<u8>, flow: &Flow) {
        let mut state = self.state();
        let is_first = state.queue.is_empty() && state.unflushed == 0;
        state.queue.push_back(line);
        let done = is_first
            && matches!(
                state.poll(&mut Context::from_waker(Waker::noop()), flow),
                Poll::Ready(Ok(()))
            );
        drop(state);
        if !done {
            self.left.notify_one();
        }
    }

    /// Writes whatever is left, whenever something is; returns the error that ends it.
    async fn write_what_is_left(&self, flow: &Flow) -> io::Error {
        loop {
            if let Err(error) = poll_fn(|context| self.state().poll(context, flow)).await {
                return error;
            }
            self.left.notified().await;
        }
    }
}

impl<W: AsyncWrite + Unpin> State<W> {
    /// Writes the queue to its end and flushes it.
    fn poll(&mut self, context: &mut Context<'_>, flow: &Flow) -> Poll<io::Result<()>> {
        while let Some(line) = self.queue.front() {
            let rest = line.get(self.written..).unwrap_or_default();
            let length = ready!(Pin::new(&mut self.writer).poll_write(context, rest))?;
            if length == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += length;
            if length == rest.len() {
                self.unflushed += self.written;
                self.written = 0;
                self.queue.pop_front();
            }
        }
        ready!(Pin::new(&mut self.writer).poll_flush(context))?;
        flow.written(std::mem::take(&mut self.unflushed));
        Poll::Ready(Ok(()))
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
