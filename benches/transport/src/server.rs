//! The server of the benchmark: one answer for every request, on its own thread.

use std::fmt::Write;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Starts the server and returns `http://127.0.0.1:<port>`.
pub(crate) fn start() -> std::io::Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let host = format!("http://{}", listener.local_addr()?);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::spawn(move || runtime.block_on(accept(listener)));
    Ok(host)
}

async fn accept(listener: std::net::TcpListener) -> std::io::Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let answer = answer();
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(serve(stream, answer.clone()));
    }
}

/// An answer of about the size of a job with a few tasks.
fn answer() -> Vec<u8> {
    let mut body = String::from(r#"{"job_id":1,"settings":{"name":"nightly","tasks":["#);
    for task in 0..20 {
        let comma = if task == 0 { "" } else { "," };
        let _ = write!(
            body,
            r#"{comma}{{"task_key":"task_{task}","timeout_seconds":3600}}"#
        );
    }
    body.push_str("]}}");
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// Answers each request; requests have no body, so an empty line ends them.
async fn serve(mut stream: TcpStream, answer: Vec<u8>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while stream.read_buf(&mut buffer).await? > 0 {
        if buffer.ends_with(b"\r\n\r\n") {
            buffer.clear();
            stream.write_all(&answer).await?;
        }
    }
    Ok(())
}
