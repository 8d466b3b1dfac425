//! Path templates: `/api/2.0/sql/statements/{statement_id}/cancel`.

use serde_json::{Map, Value};

/// A path with parameters.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    segments: Vec<Segment>,
}

#[derive(Debug, Clone)]
enum Segment {
    Literal(String),
    /// One segment, followed by `suffix` as in `{id}:query`.
    Parameter {
        name: String,
        suffix: String,
    },
    /// All the rest, slashes included, after `prefix` in the same segment.
    Rest {
        prefix: String,
        name: String,
    },
}

impl Path {
    /// Parses a template; `spanning` names the parameters that may contain slashes.
    pub(crate) fn new(template: &str, spanning: &[String]) -> Self {
        let segments = template
            .split('/')
            .skip(1)
            .map(|segment| {
                let Some((prefix, rest)) = segment.split_once('{') else {
                    return Segment::Literal(segment.to_owned());
                };
                let (name, suffix) = rest.split_once('}').unwrap_or((rest, ""));
                let (name, suffix) = (name.to_owned(), suffix.to_owned());
                if spanning.contains(&name) {
                    Segment::Rest {
                        prefix: prefix.to_owned(),
                        name,
                    }
                } else {
                    Segment::Parameter { name, suffix }
                }
            })
            .collect();
        Self { segments }
    }

    /// The number of literal segments. Of two paths that match, the one with more is meant.
    pub(crate) fn literals(&self) -> usize {
        self.segments
            .iter()
            .filter(|segment| match segment {
                Segment::Literal(_) => true,
                Segment::Parameter { suffix, .. } => !suffix.is_empty(),
                Segment::Rest { .. } => false,
            })
            .count()
    }

    /// The decoded parameters, if the path matches. One trailing slash is ignored.
    pub(crate) fn matches(&self, path: &str) -> Option<Map<String, Value>> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut rest = Some(path.strip_prefix('/')?);
        let mut found = Map::new();
        for segment in &self.segments {
            let here = rest?;
            match segment {
                Segment::Rest { prefix, name } => {
                    let value = here.strip_prefix(prefix.as_str())?;
                    found.insert(name.clone(), Value::String(decode(value)?));
                    return Some(found);
                }
                Segment::Literal(text) => {
                    let (first, after) = first_of(here);
                    if first != text {
                        return None;
                    }
                    rest = after;
                }
                Segment::Parameter { name, suffix } => {
                    let (first, after) = first_of(here);
                    let first = first.strip_suffix(suffix.as_str())?;
                    if first.is_empty() {
                        return None;
                    }
                    found.insert(name.clone(), Value::String(decode(first)?));
                    rest = after;
                }
            }
        }
        rest.is_none().then_some(found)
    }
}

fn first_of(path: &str) -> (&str, Option<&str>) {
    match path.split_once('/') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    }
}

fn decode(text: &str) -> Option<String> {
    Some(
        percent_encoding::percent_decode_str(text)
            .decode_utf8()
            .ok()?
            .into_owned(),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parameters_are_decoded_and_a_trailing_slash_is_none() {
        let path = Path::new("/api/statements/{id}/result/{n}", &[]);
        let found = path.matches("/api/statements/a%20b/result/3/").unwrap();
        assert_eq!(found.get("id").unwrap(), "a b");
        assert_eq!(found.get("n").unwrap(), "3");
        assert!(path.matches("/api/statements/a/result").is_none());
        assert!(path.matches("/api/statements//result/3").is_none());
        let path = Path::new("/api/indexes/{id}:query", &[]);
        assert_eq!(
            path.matches("/api/indexes/a:query")
                .unwrap()
                .get("id")
                .unwrap(),
            "a"
        );
        assert!(path.matches("/api/indexes/a").is_none());
    }

    #[test]
    fn a_spanning_parameter_takes_the_slashes() {
        let path = Path::new("/api/2.0/fs/files{file_path}", &["file_path".to_owned()]);
        let found = path.matches("/api/2.0/fs/files/Volumes/a/b.txt").unwrap();
        assert_eq!(found.get("file_path").unwrap(), "/Volumes/a/b.txt");
        let path = Path::new("/api/2.0/fs/files/{file_path}", &["file_path".to_owned()]);
        let found = path.matches("/api/2.0/fs/files/Volumes/a/b.txt").unwrap();
        assert_eq!(found.get("file_path").unwrap(), "Volumes/a/b.txt");
    }
}
