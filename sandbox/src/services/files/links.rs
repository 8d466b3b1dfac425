//! Presigned URLs of files: one lets in whoever has it, to one thing, for a time.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::http::Method;
use parking_lot::Mutex;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use uuid::Uuid;

use crate::clock::Millis;

/// The start of the path of every URL.
pub(super) const LINKS: &str = "/presigned/files";

/// Signs of a path that need no escape.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.');

/// Makes URLs and knows them again.
pub(super) struct Links {
    host: String,
    secret: Uuid,
    /// URLs that count as expired when they are next followed.
    expired: Mutex<u64>,
}

/// The thing that a URL leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Target {
    pub(super) path: String,
    /// The upload and the part of it; `None` for the file itself.
    pub(super) part: Option<(String, i64)>,
}

/// The reason why a URL lets nobody in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// It is not one of ours, or is used for something else.
    Signature,
    /// Its time has passed.
    Expired,
}

impl Links {
    /// Links to this host.
    pub(super) fn new(host: String) -> Self {
        Self {
            host,
            secret: Uuid::new_v4(),
            expired: Mutex::new(0),
        }
    }

    /// Lets the next `count` URLs that are followed count as expired.
    pub(super) fn expire(&self, count: u64) {
        *self.expired.lock() += count;
    }

    /// A URL that does `verb` to the target until it expires.
    pub(super) fn url(&self, verb: &Method, target: &Target, expires: Millis) -> String {
        let path = utf8_percent_encode(&target.path, PLAIN);
        let part = match &target.part {
            Some((upload, number)) => format!("upload={upload}&part={number}&"),
            None => String::new(),
        };
        let signature = self.signature(verb, target, expires);
        let host = &self.host;
        format!("{host}{LINKS}{path}?{part}expires={expires}&signature={signature}")
    }

    /// The target of a URL, given by its path and query, at this time.
    ///
    /// # Errors
    /// It does not let in.
    pub(super) fn read(
        &self,
        verb: &Method,
        path: &str,
        query: &[(String, String)],
        now: Millis,
    ) -> Result<Target, Closed> {
        let value = |name: &str| {
            let found = query.iter().find(|(other, _)| other == name);
            found.map(|(_, value)| value.as_str())
        };
        let number = |name: &str| value(name)?.parse::<i64>().ok();
        let read = || {
            let path = percent_decode_str(path.strip_prefix(LINKS)?);
            let path = path.decode_utf8().ok()?.into_owned();
            let part = match value("upload") {
                Some(upload) => Some((upload.to_owned(), number("part")?)),
                None => None,
            };
            Some((Target { path, part }, number("expires")?))
        };
        let (target, expires) = read().ok_or(Closed::Signature)?;
        if value("signature") != Some(self.signature(verb, &target, expires).as_str()) {
            return Err(Closed::Signature);
        }
        let mut expired = self.expired.lock();
        if *expired > 0 {
            *expired -= 1;
            return Err(Closed::Expired);
        }
        if expires < now {
            return Err(Closed::Expired);
        }
        Ok(target)
    }

    fn signature(&self, verb: &Method, target: &Target, expires: Millis) -> String {
        let mut hasher = DefaultHasher::new();
        (self.secret, verb.as_str(), target, expires).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_url_lets_in_to_one_thing_for_a_time() {
        let links = Links::new(String::new());
        let target = Target {
            path: "/Volumes/a/b/c/50% #1?.csv".to_owned(),
            part: Some(("u".to_owned(), 3)),
        };
        let url = links.url(&Method::PUT, &target, 100);
        let (path, query) = url.split_once('?').unwrap();
        let query: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        let read = |verb, path, now| links.read(&verb, path, &query, now);
        assert_eq!(read(Method::PUT, path, 100), Ok(target));
        assert_eq!(read(Method::PUT, path, 101), Err(Closed::Expired));
        assert_eq!(read(Method::GET, path, 100), Err(Closed::Signature));
        let other = path.replace("/c/", "/d/");
        assert_eq!(read(Method::PUT, &other, 100), Err(Closed::Signature));
        links.expire(1);
        assert_eq!(read(Method::PUT, path, 100), Err(Closed::Expired));
        assert!(read(Method::PUT, path, 100).is_ok());
    }
}
