//! A service on loopback that gives every request the same answer and records the last one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::Value;

/// The answer to every request.
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self {
            body: body.as_bytes().to_vec(),
            ..Self::empty(status)
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, &body.to_string()).header("content-type", "application/json")
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn send(&self, mut to: TcpStream) -> std::io::Result<()> {
        write!(to, "HTTP/1.1 {} It\r\nconnection: close\r\n", self.status)?;
        for (name, value) in &self.headers {
            write!(to, "{name}: {value}\r\n")?;
        }
        if self.status != 204 {
            write!(to, "content-length: {}\r\n", self.body.len())?;
        }
        to.write_all(b"\r\n")?;
        to.write_all(&self.body)
    }
}

/// A request as received.
#[derive(Clone)]
pub(crate) struct Seen {
    /// `GET /path?query HTTP/1.1`.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    fn read(from: &TcpStream) -> std::io::Result<Self> {
        let mut from = BufReader::new(from);
        let mut line = String::new();
        from.read_line(&mut line)?;
        let mut headers = Vec::new();
        loop {
            let mut header = String::new();
            from.read_line(&mut header)?;
            let Some((name, value)) = header.trim_end().split_once(": ") else {
                break;
            };
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        let mut seen = Self {
            line: line.trim_end().to_owned(),
            headers,
            body: Vec::new(),
        };
        let length = seen.header("content-length");
        seen.body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        from.read_exact(&mut seen.body)?;
        Ok(seen)
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let mut headers = self.headers.iter();
        let (_, value) = headers.find(|(known, _)| known == name)?;
        Some(value.clone())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub(crate) struct Service {
    pub(crate) url: String,
    seen: Arc<Mutex<Option<Seen>>>,
}

impl Service {
    pub(crate) fn answering(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(None));
        let last = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                *last.lock().unwrap() = Some(Seen::read(&stream).unwrap());
                answer.send(stream).unwrap();
            }
        });
        Self { url, seen }
    }

    /// The last request. Panics without one.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone().unwrap()
    }
}
