//! A server on loopback that misbehaves on demand and records requests and connections.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

/// The server's reaction to one request.
#[derive(Clone)]
pub enum Act {
    /// Answers with a status, headers and a body.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// The same, once all others have reached the barrier.
    Together(Arc<Barrier>, Box<Act>),
    /// Resets the connection without an answer.
    Reset,
    /// Never answers.
    Hang,
    /// Promises more bytes than it sends, then closes.
    Short(&'static str),
    /// Sends one chunk without the end, then closes.
    Endless(&'static str),
    /// Sends a chunk of this again and again, without an end.
    Drip(&'static str),
}

impl Act {
    /// JSON with status 200.
    pub fn ok(body: &str) -> Self {
        Self::status(200, body)
    }

    /// JSON with any status.
    pub fn status(status: u16, body: &str) -> Self {
        Self::Answer(status, Vec::new(), body.as_bytes().to_vec())
    }

    /// Adds a header to an answer.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if let Self::Answer(_, headers, _) = &mut self {
            headers.push((name, value.into()));
        }
        self
    }

    /// Compressed zeros, a thousandth of their size on the wire.
    pub fn bomb(mebibytes: usize) -> Self {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        for _ in 0..mebibytes {
            gzip.write_all(&[b'0'; 1 << 20]).expect("memory");
        }
        let body = gzip.finish().expect("memory");
        Self::Answer(200, vec![("content-encoding", "gzip".to_owned())], body)
    }
}

/// A request that reached the server.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The number of its connection, from 0.
    pub connection: usize,
    /// `POST /path HTTP/1.1` and the headers.
    pub head: String,
    /// The body.
    pub body: String,
}

impl Seen {
    /// Verb and path.
    pub fn line(&self) -> &str {
        self.head
            .lines()
            .next()
            .unwrap_or_default()
            .trim_end_matches(" HTTP/1.1")
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

type Script = dyn Fn(usize, &Seen) -> Act + Send + Sync;

struct Shared {
    script: Box<Script>,
    seen: Mutex<Vec<Seen>>,
    connections: AtomicUsize,
    in_flight: AtomicUsize,
    most: AtomicUsize,
}

/// The server. It ends with the runtime.
#[derive(Clone)]
pub struct Misbehaving {
    /// `http://127.0.0.1:<port>`.
    pub host: String,
    shared: Arc<Shared>,
}

impl Misbehaving {
    /// Starts a server that acts by `script`, called with each request and its number, from 0.
    pub async fn start(script: impl Fn(usize, &Seen) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        Self::over(listener, script)
    }

    /// The same over a listener of the test.
    pub fn over(
        listener: TcpListener,
        script: impl Fn(usize, &Seen) -> Act + Send + Sync + 'static,
    ) -> Self {
        let host = format!("http://{}", listener.local_addr().expect("an address"));
        let shared = Arc::new(Shared {
            script: Box::new(script),
            seen: Mutex::default(),
            connections: AtomicUsize::default(),
            in_flight: AtomicUsize::default(),
            most: AtomicUsize::default(),
        });
        let server = Self { host, shared };
        let accepting = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = accepting.shared.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(Arc::clone(&accepting.shared), number, stream));
            }
        });
        server
    }

    /// Starts a server that does these in order, and then repeats the last.
    pub async fn acts(acts: impl Into<Vec<Act>>) -> Self {
        let acts = acts.into();
        Self::start(move |number, _| acts[number.min(acts.len() - 1)].clone()).await
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().expect("no panic").clone()
    }

    /// Connections so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// The highest number of concurrent requests.
    pub fn most(&self) -> usize {
        self.shared.most.load(Ordering::SeqCst)
    }
}

/// Counts a request as concurrent until dropped.
struct Here<'a>(&'a Shared);

impl<'a> Here<'a> {
    fn new(shared: &'a Shared) -> Self {
        let here = shared.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        shared.most.fetch_max(here, Ordering::SeqCst);
        Self(shared)
    }
}

impl Drop for Here<'_> {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn serve(shared: Arc<Shared>, connection: usize, mut stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut buffer = Vec::new();
    while let Some(seen) = read(&mut stream, &mut buffer, connection).await {
        let here = Here::new(&shared);
        let number = {
            let mut all = shared.seen.lock().expect("no panic");
            all.push(seen.clone());
            all.len() - 1
        };
        let mut act = (shared.script)(number, &seen);
        while let Act::Together(barrier, then) = act {
            barrier.wait().await;
            act = *then;
        }
        match act {
            Act::Answer(status, headers, body) => {
                // Uncounted before the answer, because the next request may follow at once.
                drop(here);
                let head = head(status, &headers, Some(body.len()));
                if stream
                    .write_all(&[head.as_bytes(), &body].concat())
                    .await
                    .is_err()
                {
                    return;
                }
            }
            Act::Reset => {
                let _ = stream.set_zero_linger();
                return;
            }
            Act::Hang => std::future::pending().await,
            Act::Short(body) => {
                let head = head(200, &[], Some(body.len() + 1000));
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
                return;
            }
            Act::Endless(body) => {
                let chunked = [("transfer-encoding", "chunked".to_owned())];
                let head = head(200, &chunked, None);
                let chunk = format!("{head}{:x}\r\n{body}\r\n", body.len());
                let _ = stream.write_all(chunk.as_bytes()).await;
                return;
            }
            Act::Drip(drop) => {
                let chunked = [("transfer-encoding", "chunked".to_owned())];
                let mut next = head(200, &chunked, None);
                loop {
                    next.push_str(&format!("{:x}\r\n{drop}\r\n", drop.len()));
                    if stream.write_all(next.as_bytes()).await.is_err() {
                        return;
                    }
                    next.clear();
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            }
            Act::Together(..) => unreachable!("unfolded above"),
        }
    }
}

fn head(status: u16, headers: &[(&'static str, String)], length: Option<usize>) -> String {
    let mut head = format!("HTTP/1.1 {status} Status\r\n");
    if !headers.iter().any(|(name, _)| *name == "content-type") {
        head.push_str("content-type: application/json\r\n");
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(length) = length {
        head.push_str(&format!("content-length: {length}\r\n"));
    }
    head + "\r\n"
}

/// The next request of a connection, or `None` if the client has closed it.
async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>, connection: usize) -> Option<Seen> {
    let end = loop {
        if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        more(stream, buffer).await?;
    };
    let head = String::from_utf8_lossy(&buffer[..end - 4]).into_owned();
    let mut seen = Seen {
        connection,
        head,
        body: String::new(),
    };
    let length = seen
        .header("content-length")
        .map_or(0, |text| text.parse().expect("a number"));
    while buffer.len() < end + length {
        more(stream, buffer).await?;
    }
    seen.body = String::from_utf8_lossy(&buffer[end..end + length]).into_owned();
    buffer.drain(..end + length);
    Some(seen)
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    match stream.read_buf(buffer).await {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(()),
    }
}
