//! A proxy on loopback that breaks connections off in the middle of an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

/// The proxy.
pub struct Cutting {
    /// `http://127.0.0.1:<port>`.
    pub host: String,
    cuts: Arc<AtomicUsize>,
}

impl Cutting {
    /// Leads to `host`, and breaks off the first `cuts` connections that answer more than `after` bytes.
    pub async fn start(host: &str, cuts: usize, after: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let upstream = host.strip_prefix("http://").expect("plain").to_owned();
        let done = Arc::new(AtomicUsize::new(0));
        let made = Arc::clone(&done);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (upstream, made) = (upstream.clone(), Arc::clone(&made));
                tokio::spawn(async move {
                    let server = TcpStream::connect(upstream).await?;
                    pass(client, server, |sent| {
                        sent > after
                            && made
                                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |made| {
                                    (made < cuts).then_some(made + 1)
                                })
                                .is_ok()
                    })
                    .await
                });
            }
        });
        Self {
            host: format!("http://{address}"),
            cuts: done,
        }
    }

    /// The connections broken off so far.
    pub fn cuts(&self) -> usize {
        self.cuts.load(Ordering::SeqCst)
    }
}

/// Passes bytes on until one side ends or `breaks`, asked with the bytes answered so far, says so.
async fn pass(
    client: TcpStream,
    server: TcpStream,
    breaks: impl Fn(u64) -> bool,
) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let asking = tokio::spawn(async move { copy(&mut from_client, &mut to_server).await });
    let mut buffer = vec![0; 64 << 10];
    let mut sent = 0;
    loop {
        let read = from_server.read(&mut buffer).await?;
        sent += read as u64;
        if read == 0 || breaks(sent) {
            asking.abort();
            return Ok(());
        }
        to_client.write_all(&buffer[..read]).await?;
    }
}
