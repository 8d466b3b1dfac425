//! The far end of uploads and downloads: the Files API with one file, on its own thread.
//!
//! It takes uploads whole and in parts behind presigned URLs, reads ranges, and keeps nothing of what it is sent but
//! its length.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The path of the file in the Files API, which every other file of the store is like.
pub(crate) const FILE: &str = "/api/2.0/fs/files/Volumes/main/default/bench/file.bin";
/// Bytes that are sent or taken at once.
const PIECE: usize = 1 << 20;

/// The file: its bytes are the same piece again and again.
struct Store {
    host: String,
    piece: Vec<u8>,
    size: u64,
    /// Bytes that were sent since the last upload began.
    taken: AtomicU64,
}

/// Starts the store with a file of `size` bytes and returns `http://127.0.0.1:<port>`.
pub(crate) fn start(size: u64) -> std::io::Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let host = format!("http://{}", listener.local_addr()?);
    let store = Arc::new(Store {
        host: host.clone(),
        piece: piece(),
        size,
        taken: AtomicU64::new(0),
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::spawn(move || runtime.block_on(accept(listener, store)));
    Ok(host)
}

/// A piece of the file, of bytes that look like chance.
pub(crate) fn piece() -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut piece = Vec::with_capacity(PIECE);
    while piece.len() < PIECE {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        piece.extend_from_slice(&state.to_le_bytes());
    }
    piece
}

async fn accept(listener: std::net::TcpListener, store: Arc<Store>) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream, Arc::clone(&store)));
    }
}

/// What the store needs to know of a request.
struct Head {
    method: String,
    target: String,
    length: Option<u64>,
    is_chunked: bool,
    from: u64,
}

impl Head {
    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.lines();
        let mut first = lines.next().unwrap_or_default().split(' ');
        let (method, target) = (first.next(), first.next());
        let mut head = Self {
            method: method.unwrap_or_default().to_owned(),
            target: target.unwrap_or_default().to_owned(),
            length: None,
            is_chunked: false,
            from: 0,
        };
        for line in lines {
            let (name, value) = line.split_once(':').unwrap_or_default();
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => head.length = value.parse().ok(),
                "transfer-encoding" => head.is_chunked = true,
                "range" => {
                    let from = value.trim_start_matches("bytes=").split('-').next();
                    head.from = from.and_then(|from| from.parse().ok()).unwrap_or_default();
                }
                _ => {}
            }
        }
        head
    }
}

async fn serve(mut stream: TcpStream, store: Arc<Store>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(PIECE);
    loop {
        let end = loop {
            let end = buffer.windows(4).position(|part| part == b"\r\n\r\n");
            match end {
                Some(end) => break end + 4,
                None if stream.read_buf(&mut buffer).await? == 0 => return Ok(()),
                None => {}
            }
        };
        let head = Head::parse(buffer.get(..end).unwrap_or_default());
        buffer.drain(..end);
        let body = take(&mut stream, &mut buffer, &head).await?;
        let is_content = head.method == "PUT";
        if is_content {
            store.taken.fetch_add(body, Ordering::Relaxed);
        }
        store.answer(&mut stream, &head).await?;
    }
}

/// Takes the body of a request and returns its length.
async fn take(stream: &mut TcpStream, buffer: &mut Vec<u8>, head: &Head) -> std::io::Result<u64> {
    if head.is_chunked {
        return take_chunks(stream, buffer).await;
    }
    let length = head.length.unwrap_or_default();
    let mut taken = buffer.len() as u64;
    buffer.clear();
    while taken < length {
        if stream.read_buf(buffer).await? == 0 {
            break;
        }
        taken += buffer.len() as u64;
        buffer.clear();
    }
    Ok(taken)
}

/// The same for a body whose length is not known before: lines with the length of a piece, then the piece.
async fn take_chunks(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<u64> {
    let mut taken = 0;
    loop {
        let line = loop {
            match buffer.windows(2).position(|part| part == b"\r\n") {
                Some(line) => break line,
                None if stream.read_buf(buffer).await? == 0 => return Ok(taken),
                None => {}
            }
        };
        let length = String::from_utf8_lossy(buffer.get(..line).unwrap_or_default()).into_owned();
        let length = usize::from_str_radix(length.trim(), 16).unwrap_or_default();
        buffer.drain(..line + 2);
        let mut rest = length + 2;
        while rest > 0 {
            if buffer.is_empty() && stream.read_buf(buffer).await? == 0 {
                return Ok(taken);
            }
            let some = rest.min(buffer.len());
            buffer.drain(..some);
            rest -= some;
        }
        taken += length as u64;
        if length == 0 {
            return Ok(taken);
        }
    }
}

impl Store {
    async fn answer(&self, stream: &mut TcpStream, head: &Head) -> std::io::Result<()> {
        let asks = |part: &str| head.target.contains(part);
        let json = "content-type: application/json\r\n";
        match head.method.as_str() {
            "GET" => return self.send(stream, head.from).await,
            "HEAD" => {
                // An upload is asked for its size, and then the next one begins.
                let taken = self.taken.swap(0, Ordering::Relaxed);
                let size = if taken == 0 { self.size } else { taken };
                return say(stream, "200 OK", &format!("content-length: {size}\r\n"), "").await;
            }
            "POST" if asks("action=initiate-upload") => {
                self.taken.store(0, Ordering::Relaxed);
                let body = r#"{"multipart_upload":{"session_token":"session"}}"#;
                return with_length(stream, json, body).await;
            }
            "POST" if asks("create-upload-part-urls") => {
                // As many as the server asks for at most.
                let url = format!(r#"{{"url":"{}/presigned/part","headers":[]}}"#, self.host);
                let body = format!(r#"{{"upload_part_urls":[{}]}}"#, vec![url; 8].join(","));
                return with_length(stream, json, &body).await;
            }
            _ => {}
        }
        with_length(stream, &format!("etag: \"part\"\r\n{json}"), "{}").await
    }

    /// Sends the file from a byte on.
    async fn send(&self, stream: &mut TcpStream, from: u64) -> std::io::Result<()> {
        let rest = self.size.saturating_sub(from);
        let headers = format!(
            "content-type: application/octet-stream\r\ncontent-length: {rest}\r\nlast-modified: Wed, 21 Oct 2026 07:28:00 GMT\r\n"
        );
        if from == 0 {
            say(stream, "200 OK", &headers, "").await?;
        } else {
            let range = format!(
                "content-range: bytes {from}-{}/{}\r\n",
                self.size - 1,
                self.size
            );
            say(
                stream,
                "206 Partial Content",
                &format!("{headers}{range}"),
                "",
            )
            .await?;
        }
        let mut at = from;
        while at < self.size {
            let start = usize::try_from(at % PIECE as u64).unwrap_or_default();
            let piece = self.piece.get(start..).unwrap_or_default();
            let length = usize::try_from(self.size - at)
                .unwrap_or(PIECE)
                .min(piece.len());
            stream
                .write_all(piece.get(..length).unwrap_or_default())
                .await?;
            at += length as u64;
        }
        Ok(())
    }
}

async fn with_length(stream: &mut TcpStream, headers: &str, body: &str) -> std::io::Result<()> {
    let headers = format!("{headers}content-length: {}\r\n", body.len());
    say(stream, "200 OK", &headers, body).await
}

async fn say(
    stream: &mut TcpStream,
    status: &str,
    headers: &str,
    body: &str,
) -> std::io::Result<()> {
    let answer = format!("HTTP/1.1 {status}\r\n{headers}\r\n{body}");
    stream.write_all(answer.as_bytes()).await
}
