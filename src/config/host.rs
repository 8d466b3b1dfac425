//! A host as people write it: with or without `https://`, with a path from the browser's address bar.

use std::borrow::Cow;

use url::Url;

use crate::error::Error;
use crate::settings::setting;

/// An address with its scheme, which people leave out.
fn with_scheme(text: &str) -> Cow<'_, str> {
    if text.contains("://") {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("https://{text}"))
    }
}

/// The workspace that an address from the browser's bar names, on a host that serves several: `?o=` or
/// `?workspace_id=`, if it is a number.
pub(super) fn workspace_id(text: &str) -> Option<String> {
    let url = Url::parse(&with_scheme(text)).ok()?;
    let mut pairs = url.query_pairs();
    let named = pairs.find(|(name, _)| matches!(name.as_ref(), "o" | "workspace_id"));
    let (_, id) = named?;
    let number = !id.is_empty() && id.bytes().all(|digit| digit.is_ascii_digit());
    number.then(|| id.into_owned())
}

/// The base URL of a workspace: https except on this machine, without path and query; one with a user is refused.
pub(super) fn host_url(text: &str) -> Result<Url, Error> {
    let refuse = |reason| setting::HOST.unusable(reason);
    let full = with_scheme(text);
    // What may hold a password is not shown.
    let text = if text.contains('@') {
        "the value"
    } else {
        text
    };
    let authority = full.split_once("://").map_or("", |(_, rest)| rest);
    let authority = authority.split(['/', '?', '#', '\\']).next();
    if authority.is_some_and(|authority| authority.contains('@')) {
        let reason = "a user or a password does not belong into it: set `DATABRICKS_TOKEN` or another credential";
        return Err(refuse(reason.to_owned()));
    }
    let mut url =
        Url::parse(&full).map_err(|error| refuse(format!("`{text}` is not a URL: {error}")))?;
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => return Err(refuse(format!("`{text}` names no host"))),
    };
    // The token would travel in the clear.
    if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
        return Err(refuse(format!("`{text}` is not https")));
    }
    url.set_path("/");
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::workspace_id;

    #[test]
    fn an_address_from_the_browser_names_its_workspace() {
        for (text, id) in [
            ("https://acme.cloud.databricks.com/?o=12345", Some("12345")),
            (
                "acme.cloud.databricks.com/browse?x=1&workspace_id=777#y",
                Some("777"),
            ),
            ("https://acme.cloud.databricks.com/?o=abc", None),
            ("https://acme.cloud.databricks.com/?o=", None),
            ("https://acme.cloud.databricks.com", None),
            ("https://[", None),
        ] {
            assert_eq!(workspace_id(text).as_deref(), id, "{text}");
        }
    }
}
