//! A host as people write it: with or without `https://`, with a path from the browser's address bar.

use url::Url;

use crate::error::Error;
use crate::settings::setting;

/// The base URL of a workspace: https except on this machine, without path and query; one with a user is refused.
pub(super) fn host_url(text: &str) -> Result<Url, Error> {
    let refuse = |reason| setting::HOST.unusable(reason);
    let full = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
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
