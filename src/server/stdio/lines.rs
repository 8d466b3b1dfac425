//! JSON-RPC lines as rmcp's transport: what cannot be served is answered here, and the session goes on.
//!
//! A line is bounded in bytes, in depth and in values before it is parsed. Requests are taken in only while there
//! is room ([`super::flow`]), but for those that wait for nobody; a bounded number of others is held back, so that a
//! cancellation or the user's answer behind them still gets through. What comes when all of them hang is refused. The end of stdin stops all calls at once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rmcp::RoleServer;
use rmcp::model::{
    ClientJsonRpcMessage, ClientNotification, ClientRequest, GetMeta, JsonRpcMessage,
    JsonRpcRequest, ProtocolVersion, RequestId, ResourceContents, ServerJsonRpcMessage,
    ServerResult,
};
use rmcp::transport::Transport;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader};
use tokio_util::sync::CancellationToken;

use super::fault::{BUSY, Fault, INVALID_PARAMS, LONGEST, invalid, parse};
use super::flow::Flow;
use super::initialize;
use super::output::Output;
use crate::server::message::Scan;
use crate::server::turns;

/// Bytes that a parsed value takes, about.
const VALUE: usize = 100;
/// Weight of the requests that are held back, above which stdin is not read on for a while.
const HELD: usize = 16 << 20;
/// Requests that are held back, above which stdin is not read on for a while.
const HELD_REQUESTS: usize = 1024;
/// The time after which stdin is read on all the same while nothing moves: what can be served at once is, and what would
/// have to be held back is refused.
const STUCK: Duration = Duration::from_secs(2);

/// stdin and stdout as lines.
pub(super) struct Lines<R, W> {
    input: BufReader<R>,
    output: Output<W>,
    flow: Arc<Flow>,
    stop: CancellationToken,
    line: Vec<u8>,
    scan: Scan,
    held: VecDeque<Request>,
    held_weight: usize,
    /// The time since which there is no room for another request that is held back.
    full_since: Option<Instant>,
    /// A session was opened, or a request came that needs none.
    opened: bool,
}

/// Bytes that a large message takes at least: a buffer that grows to it would be there twice on the way.
fn expected(item: &ServerJsonRpcMessage) -> usize {
    const USUAL: usize = 128;
    let JsonRpcMessage::Response(response) = item else {
        return USUAL;
    };
    let ServerResult::ReadResourceResult(read) = &response.result else {
        return USUAL;
    };
    let size = |contents: &ResourceContents| match contents {
        // Line ends and quotes take two bytes.
        ResourceContents::TextResourceContents { text, .. } => text.len() + text.len() / 8,
        ResourceContents::BlobResourceContents { blob, .. } => blob.len(),
        _ => 0,
    };
    USUAL + read.contents.iter().map(size).sum::<usize>()
}

/// A request that was read.
struct Request {
    weight: usize,
    message: JsonRpcRequest<ClientRequest>,
}

impl<R, W> Lines<R, W>
where
    R: AsyncRead + Send + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    /// Lines of `input`, answered through `output`. The end of `input` fires `stop`.
    pub(super) fn new(
        input: R,
        output: Output<W>,
        flow: Arc<Flow>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            input: BufReader::with_capacity(1 << 16, input),
            output,
            flow,
            stop,
            line: Vec::new(),
            scan: Scan::default(),
            held: VecDeque::new(),
            held_weight: 0,
            full_since: None,
            opened: false,
        }
    }

    /// Reads on to the end of a line; false at the end of stdin. May be dropped and called again at any time.
    async fn read_line(&mut self) -> bool {
        loop {
            let available = match self.input.fill_buf().await {
                Ok([]) => return false,
                Ok(available) => available,
                Err(error) => {
                    tracing::warn!(%error, "stdin cannot be read");
                    return false;
                }
            };
            let end = memchr::memchr(b'\n', available);
            let part = available.get(..end.unwrap_or(available.len()));
            let part = part.unwrap_or_default();
            self.scan.feed(part);
            // The rest of a line that is too long is looked through for its id, and not kept.
            if self.scan.length <= LONGEST {
                self.line.extend_from_slice(part);
            } else {
                self.line = Vec::new();
            }
            let read = part.len() + usize::from(end.is_some());
            self.input.consume(read);
            if end.is_some() {
                return true;
            }
        }
    }

    /// Judges the line that was read: a message, or nothing if it was answered or is ignored.
    fn message(&mut self) -> Option<ClientJsonRpcMessage> {
        let scan = std::mem::take(&mut self.scan);
        let mut line = std::mem::take(&mut self.line);
        let parsed = parse(&line, &scan);
        // The buffer is used again unless one long line made it large.
        if line.capacity() <= 1 << 16 {
            line.clear();
            self.line = line;
        }
        match parsed {
            Ok(message) => message,
            Err(fault) => {
                self.refuse(&fault, scan.id());
                None
            }
        }
    }

    /// Answers a line that cannot be served.
    fn refuse(&self, fault: &Fault, id: Option<Value>) {
        let mut answer = json!({
            "jsonrpc": "2.0",
            "error": { "code": fault.code, "message": fault.reason },
        });
        // MCP leaves out an id that cannot be read.
        if let (Some(id), Some(answer)) = (id, answer.as_object_mut()) {
            answer.insert("id".to_owned(), id);
        }
        // A client that is gone is noticed by the writer.
        let _ = self.output.send(answer.to_string().into_bytes(), None);
    }

    /// Takes in a message: returns what is to be served now.
    fn admit(
        &mut self,
        message: ClientJsonRpcMessage,
        weight: usize,
    ) -> Option<ClientJsonRpcMessage> {
        match message {
            JsonRpcMessage::Request(message) => {
                let id = &message.id;
                if self.flow.is_open(id) || self.held.iter().any(|held| held.message.id == *id) {
                    let fault = invalid("a request with this id is not answered yet");
                    self.refuse(&fault, Some(id.clone().into_json_value()));
                    return None;
                }
                if let ClientRequest::CustomRequest(custom) = &message.request
                    && custom.method == "initialize"
                {
                    if let Some(JsonRpcMessage::Request(message)) =
                        initialize::mended(id, custom.params.as_ref())
                    {
                        return Some(self.take_in(message, weight));
                    }
                    let fault = Fault {
                        code: INVALID_PARAMS,
                        reason: "malformed `initialize`: expected params with `protocolVersion`, `capabilities` \
                                 and `clientInfo`; each capability is an object"
                            .to_owned(),
                    };
                    self.refuse(&fault, Some(id.clone().into_json_value()));
                    return None;
                }
                let has_room = if waits_for_nobody(&message.request) {
                    self.flow.has_room_at_once()
                } else {
                    self.held.is_empty() && self.flow.has_room()
                };
                if has_room {
                    return Some(self.take_in(message, weight));
                }
                if self.is_full() {
                    let fault = Fault {
                        code: BUSY,
                        reason: format!(
                            "not done: {} requests are not answered yet; cancel some of them, or wait",
                            self.flow.count() + self.held.len()
                        ),
                    };
                    self.refuse(&fault, Some(id.clone().into_json_value()));
                    return None;
                }
                self.held_weight += weight;
                self.held.push_back(Request { weight, message });
                None
            }
            // Before the session is opened there is nothing that they could be about.
            _ if !self.opened => None,
            JsonRpcMessage::Notification(message) => {
                if let ClientNotification::CancelledNotification(cancelled) = &message.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    self.cancelled(id);
                }
                Some(JsonRpcMessage::Notification(message))
            }
            message => Some(message),
        }
    }

    /// Forgets a request that the client has cancelled, which gets no answer.
    fn cancelled(&mut self, id: &RequestId) {
        if let Some(at) = self.held.iter().position(|held| held.message.id == *id)
            && let Some(held) = self.held.remove(at)
        {
            self.held_weight -= held.weight;
        }
        self.flow.forget(id);
    }

    fn take_in(
        &mut self,
        message: JsonRpcRequest<ClientRequest>,
        weight: usize,
    ) -> ClientJsonRpcMessage {
        self.opened |= match &message.request {
            ClientRequest::InitializeRequest(_) => true,
            ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
            request => {
                let newest = ProtocolVersion::V_2026_07_28;
                let meta = request.get_meta();
                meta.missing_required_keys(&newest).is_empty()
            }
        };
        self.flow.open(message.id.clone(), weight);
        JsonRpcMessage::Request(message)
    }

    /// True if no further request is held back.
    fn is_full(&self) -> bool {
        self.held_weight >= HELD || self.held.len() >= HELD_REQUESTS
    }

    /// The next held request, if there is room for it.
    fn next_held(&mut self) -> Option<ClientJsonRpcMessage> {
        if !self.flow.has_room() {
            return None;
        }
        let Request { weight, message } = self.held.pop_front()?;
        self.held_weight -= weight;
        // It moves.
        self.full_since = None;
        Some(self.take_in(message, weight))
    }
}

impl<R, W> Transport<RoleServer> for Lines<R, W>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    type Error = std::io::Error;

    fn send(
        &mut self,
        item: ServerJsonRpcMessage,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let answers = match &item {
            JsonRpcMessage::Response(answer) => Some(answer.id.clone()),
            JsonRpcMessage::Error(answer) => answer.id.clone(),
            _ => None,
        };
        let mut bytes = Vec::with_capacity(expected(&item));
        let sent = serde_json::to_writer(&mut bytes, &item).map_err(std::io::Error::from);
        let sent = sent.map(|()| bytes);
        drop(item);
        let sent = sent.and_then(|bytes| self.output.send(bytes, answers.as_ref()));
        std::future::ready(sent)
    }

    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            if let Some(message) = self.next_held() {
                return Some(message);
            }
            let flooded = self.flow.is_flooded();
            if !self.is_full() {
                self.full_since = None;
            } else if self.full_since.is_none() {
                self.full_since = Some(Instant::now());
            }
            let stuck_at = self.full_since.map(|since| since + STUCK);
            // A client that does not read gets its answers once it does.
            let unread = self.flow.is_unread();
            let full = flooded || stuck_at.is_some_and(|at| unread || Instant::now() < at);
            let stuck_at = stuck_at.unwrap_or_else(Instant::now);
            let flow = Arc::clone(&self.flow);
            let stop = self.stop.clone();
            let waiting = !self.held.is_empty();
            let read = tokio::select! {
                biased;
                () = stop.cancelled() => return None,
                () = flow.room(), if waiting => continue,
                () = flow.relieved(), if flooded => continue,
                () = tokio::time::sleep_until(stuck_at.into()), if full && !unread => continue,
                read = self.read_line(), if !full => read,
            };
            if !read {
                // rmcp would let the calls go on for a while; nobody waits for their answers.
                self.stop.cancel();
                return None;
            }
            let weight = self.scan.length + VALUE * self.scan.values;
            if let Some(message) = self.message()
                && let Some(message) = self.admit(message, weight)
            {
                return Some(message);
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// True for a request that is answered whatever else is under way.
fn waits_for_nobody(request: &ClientRequest) -> bool {
    match request {
        ClientRequest::CallToolRequest(call) => turns::is_always_served(&call.params.name),
        ClientRequest::PingRequest(_)
        | ClientRequest::DiscoverRequest(_)
        | ClientRequest::ListToolsRequest(_) => true,
        _ => false,
    }
}
