//! A host as people write it: with or without `https://`, with a path from the browser's address bar.

use url::Url;

use crate::error::Error;
use crate::settings::setting;

/// The base URL of a workspace: https except on this machine, without path, query and user.
pub(super) fn host_url(text: &str) -> Result<Url, Error> {
    let refuse = |reason| setting::HOST.unusable(reason);
    let full = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
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
    // A credential in the URL would end up in logs.
    if url
        .set_username("")
        .and_then(|()| url.set_password(None))
        .is_err()
    {
        return Err(refuse(format!("`{text}` is not a web address")));
    }
    Ok(url)
}
