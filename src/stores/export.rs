//! An export of the workspace tree, decoded where its answer stands: a large one would be there as the answer, as its
//! text and as its bytes at the same time.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use http::header::{ACCEPT, HeaderValue};
use reqwest::Request;
use serde::Deserialize;

use crate::context::Context;
use crate::error::Error;

const OPERATION: &str = "workspace.export";

/// Characters that are decoded at a time, a multiple of four.
const PIECE: usize = 64 << 10;

/// What was exported.
#[derive(Debug)]
pub struct Exported {
    /// The content.
    pub bytes: Vec<u8>,
    /// The extension for a file of it, as the service says.
    pub file_type: Option<String>,
}

/// The answer, whose content stays where it is.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, default)]
    content: Option<Text<'a>>,
    #[serde(default)]
    file_type: Option<String>,
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// Exports what is at a path of the tree in the form that the service names so.
///
/// # Errors
/// The service refuses, or its answer is none.
pub async fn export(context: &Context, path: &str, format: &str) -> Result<Exported, Error> {
    let transport = &context.workspace.transport;
    let mut url = transport.host().clone();
    url.set_path("/api/2.0/workspace/export");
    url.query_pairs_mut()
        .append_pair("format", format)
        .append_pair("path", path);
    let mut request = Request::new(Method::GET, url);
    let json = HeaderValue::from_static("application/json");
    request.headers_mut().insert(ACCEPT, json);
    let reply = transport.send(&context.call, OPERATION, request).await?;
    reply.expect_object(OPERATION)?;
    let answer: Answer<'_> = reply.read(OPERATION, PhantomData)?;
    let file_type = answer.file_type.filter(|kind| !kind.is_empty());
    let at = match answer.content {
        None => Ok(0..0),
        Some(Text(Cow::Borrowed(text))) => {
            let start = text.as_ptr().addr() - reply.body.as_ptr().addr();
            Ok(start..start + text.len())
        }
        // One whose characters are written in another way.
        Some(Text(Cow::Owned(text))) => Err(text),
    };
    let bytes = match at {
        Ok(range) => decoded(reply.body, range),
        Err(text) => {
            drop(reply);
            let all = 0..text.len();
            decoded(text.into_bytes(), all)
        }
    };
    let bytes = bytes.map_err(|reason| Error::Answer {
        operation: OPERATION.to_owned(),
        reason: format!("its content is no base64: {reason}"),
    })?;
    Ok(Exported { bytes, file_type })
}

/// The bytes that the base64 in this part of `bytes` stands for, in the same place: they are fewer than its characters.
fn decoded(mut bytes: Vec<u8>, part: Range<usize>) -> Result<Vec<u8>, String> {
    let mut piece = vec![0; PIECE / 4 * 3];
    let (mut from, mut to) = (part.start, 0);
    while from < part.end {
        let end = part.end.min(from + PIECE);
        let read = bytes.get(from..end).unwrap_or_default();
        let read = STANDARD.decode_slice(read, &mut piece);
        let count = read.map_err(|error| error.to_string())?;
        let goes_on = end < part.end;
        if goes_on && count < piece.len() {
            return Err("it ends before its end".to_owned());
        }
        let (place, piece) = (bytes.get_mut(to..to + count), piece.get(..count));
        if let (Some(place), Some(piece)) = (place, piece) {
            place.copy_from_slice(piece);
        }
        (from, to) = (end, to + count);
    }
    bytes.truncate(to);
    bytes.shrink_to_fit();
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_goes_on_after_its_end_is_no_base64() {
        let early = format!("{}AA=={}", "A".repeat(PIECE - 4), "A".repeat(8));
        let all = 0..early.len();
        assert!(STANDARD.decode(&early).is_err());
        assert!(decoded(early.into_bytes(), all).is_err());
    }

    proptest! {
        #[test]
        fn it_is_decoded_in_place_as_it_is_elsewhere(
            bytes in proptest::collection::vec(any::<u8>(), 0..50), repeat in 1_usize..6_000, before in "[a-z\"]{0,9}", cut in 0_usize..4,
        ) {
            let content = STANDARD.encode(bytes.repeat(repeat));
            let content = content.get(..content.len().saturating_sub(cut)).unwrap();
            let whole = format!("{before}{content}\"}}");
            let part = before.len()..before.len() + content.len();
            prop_assert_eq!(decoded(whole.into_bytes(), part).ok(), STANDARD.decode(content).ok());
        }
    }
}
