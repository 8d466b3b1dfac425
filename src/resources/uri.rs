//! Addresses of things: `databricks://{workspace}/{kind}/…`, percent-encoded, and back.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::kinds::{KINDS, Kind};
use crate::error::Error;

/// The scheme.
const SCHEME: &str = "databricks://";

/// The one query that an address takes.
const BYTES: &str = "bytes=";

/// The characters of a name that are written as something else.
const IN_NAME: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The same of a workspace, which is a name or a host with its port.
const IN_WORKSPACE: &AsciiSet = &IN_NAME.remove(b':').add(b'/');

/// An address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Uri {
    /// The name of the workspace, or its host where there is one without a name.
    pub workspace: String,
    /// The kind of thing.
    pub kind: Kind,
    /// The thing: an absolute path, a full name or an id.
    pub name: String,
    /// The part of it: bytes, or rows of a statement.
    pub part: Option<Part>,
}

/// A part of a thing, from the first to the last, both counted from 0 and both in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    /// The first byte or row.
    pub first: u64,
    /// The last byte or row.
    pub last: u64,
}

impl Part {
    /// The number of bytes or rows.
    #[must_use]
    pub(crate) fn count(self) -> u64 {
        (self.last - self.first).saturating_add(1)
    }
}

impl Uri {
    /// Reads an address.
    ///
    /// # Errors
    /// It is none, or not of a kind that there is.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |reason: &str| refused(text, reason);
        let rest = text
            .strip_prefix(SCHEME)
            .ok_or_else(|| refuse("begins with another scheme than `databricks://`"))?;
        if rest.contains('#') {
            return Err(refuse("has a `#`, which is written `%23`"));
        }
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, Some(query)),
            None => (rest, None),
        };
        let mut parts = rest.splitn(3, '/');
        let mut next = || parts.next().unwrap_or_default();
        let (workspace, word, name) = (next(), next(), next());
        let Some(facts) = KINDS.iter().find(|facts| facts.word == word) else {
            let words: Vec<&str> = KINDS.iter().map(|facts| facts.word).collect();
            let known = words.join(", ");
            return Err(refuse(&format!("is of no kind; there are {known}")));
        };
        let kind = facts.kind;
        let decoded = |text: &str| {
            let decoded = percent_decode_str(text).decode_utf8();
            let decoded = decoded.map_err(|_| refuse("is not UTF-8 once its `%` are decoded"));
            decoded.map(|text| text.into_owned())
        };
        let (name, rows) = match kind {
            Kind::Statement => {
                let rows = name
                    .split_once("/rows/")
                    .and_then(|(id, rows)| Some((id, part(rows)?)));
                let (id, rows) =
                    rows.ok_or_else(|| refuse("names no rows: `…/statement/{id}/rows/0-99`"))?;
                (decoded(id)?, Some(rows))
            }
            _ => (named(kind, decoded(name)?), None),
        };
        let bytes = match query {
            None | Some("") => None,
            Some(query) if kind.is_bytes() => {
                let bytes = query.strip_prefix(BYTES).and_then(part);
                Some(bytes.ok_or_else(|| refuse("has another query than `?bytes=0-1023`"))?)
            }
            Some(_) => return Err(refuse("has a query, and this kind takes none")),
        };
        if !is_name(kind, &name) {
            let reason = match kind {
                Kind::Job | Kind::Run => "names no id, which is a number",
                _ => "names nothing, or leads up by `..`",
            };
            return Err(refuse(reason));
        }
        Ok(Self {
            workspace: decoded(workspace)?,
            kind,
            name,
            part: rows.or(bytes),
        })
    }

    /// The same thing, of which only this part.
    #[must_use]
    pub(crate) fn with_part(&self, part: Part) -> Self {
        Self {
            part: Some(part),
            ..self.clone()
        }
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let workspace = utf8_percent_encode(&self.workspace, IN_WORKSPACE);
        let word = self.kind.facts().map_or("", |facts| facts.word);
        let name = match self.kind {
            Kind::Volume => self.name.strip_prefix("/Volumes").unwrap_or(&self.name),
            _ => &self.name,
        };
        let name = utf8_percent_encode(name.strip_prefix('/').unwrap_or(name), IN_NAME);
        write!(f, "{SCHEME}{workspace}/{word}/{name}")?;
        match self.part {
            None => Ok(()),
            Some(Part { first, last }) if self.kind == Kind::Statement => {
                write!(f, "/rows/{first}-{last}")
            }
            Some(Part { first, last }) => write!(f, "?{BYTES}{first}-{last}"),
        }
    }
}

/// A name as its tool takes it. A path stands in an address without its first slash.
fn named(kind: Kind, name: String) -> String {
    let absolute = || match name.starts_with('/') {
        true => name.clone(),
        false => format!("/{name}"),
    };
    match kind {
        Kind::Volume if name.starts_with("/Volumes/") => name,
        Kind::Volume => format!("/Volumes{}", absolute()),
        Kind::Notebook | Kind::File => absolute(),
        _ => name,
    }
}

fn is_name(kind: Kind, name: &str) -> bool {
    match kind {
        Kind::Job | Kind::Run => name.parse::<u64>().is_ok(),
        Kind::Table | Kind::Statement | Kind::Kept => {
            !name.is_empty() && !name.contains('/') && name != "." && name != ".."
        }
        Kind::Notebook | Kind::File | Kind::Volume => {
            let up = name.split('/').any(|part| part == ".." || part == ".");
            name.len() > 1 && !up && !name.ends_with('/')
        }
    }
}

fn part(text: &str) -> Option<Part> {
    let (first, last) = text.split_once('-')?;
    let number = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u64>().ok().filter(|_| digits)
    };
    let part = Part {
        first: number(first)?,
        last: number(last)?,
    };
    (part.first <= part.last).then_some(part)
}

/// The error of an address that is none.
pub(super) fn refused(uri: &str, reason: &str) -> Error {
    Error::Arguments {
        tool: super::READ.to_owned(),
        problems: vec![format!("`{}` {reason}", crate::shape::one_line(uri, 300))],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    fn round(uri: &Uri) -> Uri {
        Uri::parse(&uri.to_string()).unwrap()
    }

    proptest! {
        #[test]
        fn any_path_comes_back_as_it_was(path in "[^/]{1,8}(/[^/]{1,8}){0,3}", first in 0..u64::MAX, count in 0..100_u64) {
            prop_assume!(!path.split('/').any(|part| part == "." || part == ".."));
            let last = first.saturating_add(count);
            for kind in [Kind::Notebook, Kind::File, Kind::Volume] {
                let top = if kind == Kind::Volume { "/Volumes/" } else { "/" };
                let name = format!("{top}{path}");
                for part in [None, Some(Part { first, last })] {
                    let uri = Uri { workspace: "dev".to_owned(), kind, name: name.clone(), part };
                    prop_assert_eq!(&round(&uri), &uri);
                }
            }
        }
    }

    #[test]
    fn a_path_may_be_encoded_whole_as_templates_do() {
        let uri =
            Uri::parse("databricks://127.0.0.1:80/notebook/%2FUsers%2Fa%40b.c%2F100%25%20%23%3F")
                .unwrap();
        assert_eq!(uri.name, "/Users/a@b.c/100% #?");
        assert_eq!(
            uri.to_string(),
            "databricks://127.0.0.1:80/notebook/Users/a%40b.c/100%25%20%23%3F"
        );
        let uri = Uri::parse("databricks://w/volume/%2FVolumes%2Fmain%2Fd%2Fv%2Fx").unwrap();
        assert_eq!(uri.name, "/Volumes/main/d/v/x");
        let rows = Uri::parse("databricks://w/statement/01ef/rows/100-199").unwrap();
        assert_eq!(rows.part.unwrap().count(), 100);
        assert_eq!(round(&rows), rows);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "file:///etc/passwd",
            "databricks://w",
            "databricks://w/secret/x",
            "databricks://w/notebook/",
            "databricks://w/notebook/a/../b",
            "databricks://w/notebook/a%2F..%2Fb",
            "databricks://w/notebook/%ff",
            "databricks://w/notebook/a#b",
            "databricks://w/job/7?bytes=0-1",
            "databricks://w/job/x",
            "databricks://w/job/-1",
            "databricks://w/table/a%2Fb",
            "databricks://w/statement/s",
            "databricks://w/statement/s/rows/9-1",
            "databricks://w/volume/a/b/c/d?bytes=+1-2",
            "databricks://w/volume/a/b/c/d?offset=1",
        ] {
            assert!(Uri::parse(text).is_err(), "{text}");
        }
    }
}
