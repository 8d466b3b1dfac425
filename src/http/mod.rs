//! MCP over streamable HTTP: the same server for clients that reach it by a URL.
//!
//! Rooms, each using only those before it:
//! - `refusal`, errors of this layer as JSON
//! - `origin`, the hosts and origins that may ask
//! - `body`, a message read within bounds of time and size
//! - `routes`, what answers where
//! - `listen`, connections, and the end of all of them

mod body;
mod listen;
mod origin;
mod refusal;
mod routes;

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::error::Error;
use crate::local::Roots;
use crate::server::Server;
use crate::settings::{Given, setting};

pub use origin::Guests;

/// How the server is reached over HTTP.
#[derive(Debug, Clone)]
pub struct Serving {
    /// The address to listen at.
    pub listen: SocketAddr,
    /// No session is kept for clients of the earlier protocol.
    pub stateless: bool,
    /// Who may ask.
    pub guests: Guests,
    /// The time that calls under way have to end after a signal.
    pub drain: Duration,
}

impl Serving {
    /// Reads the settings.
    ///
    /// # Errors
    /// A value cannot be used, or the address is reachable from other machines: nobody is asked who they are.
    pub fn of(given: &Given) -> Result<Self, Error> {
        let listen: String = given.read(setting::LISTEN)?.unwrap_or_default();
        let refuse = |reason: String| setting::LISTEN.unusable(reason);
        let listen: SocketAddr =
            listen
                .replace("localhost:", "127.0.0.1:")
                .parse()
                .map_err(|_| {
                    refuse(format!(
                        "`{listen}` is not `ADDRESS:PORT`, such as `127.0.0.1:8000`"
                    ))
                })?;
        if !listen.ip().is_loopback() {
            return Err(refuse(format!(
                "`{listen}` is reachable from other machines, and callers are not asked who they are: listen at `127.0.0.1`, behind a proxy that asks"
            )));
        }
        Ok(Self {
            listen,
            stateless: given.read(setting::STATELESS)?.unwrap_or_default(),
            guests: Guests::of(given)?,
            drain: given.read(setting::DRAIN)?.unwrap_or_default(),
        })
    }
}

/// Serves clients over HTTP until a signal comes; `bound` is told the address.
///
/// # Errors
/// The address cannot be listened at.
pub async fn serve_http(
    server: Server,
    serving: &Serving,
    bound: impl FnOnce(SocketAddr),
) -> Result<(), Error> {
    let refuse =
        |error: std::io::Error| setting::LISTEN.unusable(format!("`{}`: {error}", serving.listen));
    let listener = TcpListener::bind(serving.listen).await.map_err(refuse)?;
    bound(listener.local_addr().map_err(refuse)?);
    // Callers may be on other machines, and so may be the folders that they declare.
    let roots = Roots::closed("files of the server's machine are not shared over HTTP");
    listen::until_signal(server.sharing(roots), serving, listener).await;
    Ok(())
}
