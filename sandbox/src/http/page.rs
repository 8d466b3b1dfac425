//! Pages of lists. A page token carries an offset.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::error::ApiError;

/// A part of a list.
#[derive(Debug)]
pub(crate) struct Page<T> {
    /// The entries.
    pub(crate) items: Vec<T>,
    /// The token of the following page, if one follows.
    pub(crate) next: Option<String>,
    /// The token of the page before, if there is one.
    pub(crate) previous: Option<String>,
}

/// The page that `token` names, of at most `size` entries; the first page without a token.
///
/// # Errors
/// `INVALID_PARAMETER_VALUE` when [`page`] did not make the token.
pub(crate) fn page<T>(all: Vec<T>, token: Option<&str>, size: usize) -> Result<Page<T>, ApiError> {
    let start = match token {
        None | Some("") => 0,
        Some(token) => offset(token)
            .ok_or_else(|| ApiError::invalid(format!("Invalid page token: {token}")))?,
    };
    let total = all.len();
    let items: Vec<T> = all.into_iter().skip(start).take(size).collect();
    let end = start + items.len();
    Ok(Page {
        items,
        next: (end < total && end > start).then(|| token_of(end)),
        previous: (start > 0).then(|| token_of(start.saturating_sub(size))),
    })
}

fn token_of(offset: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("offset={offset}"))
}

fn offset(token: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    text.strip_prefix("offset=")?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_entry_comes_once_in_order() {
        let mut seen = Vec::new();
        let mut token = None;
        loop {
            let page = page((0..10).collect(), token.as_deref(), 4).unwrap();
            seen.extend(page.items);
            token = page.next;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn a_foreign_token_is_refused() {
        assert!(page(vec![1], Some("nonsense"), 4).is_err());
    }
}
