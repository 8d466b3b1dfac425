//! `metadata-service`: a local service that issues tokens, such as an IDE extension runs.

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::grant::{Grant, GrantFuture, Source, Token};
use super::refusal::Refusal;
use super::web::Web;
use crate::settings::{Given, setting};

#[derive(Debug)]
pub(super) struct MetadataService {
    web: Web,
    host: String,
    url: SecretString,
}

impl MetadataService {
    pub(super) fn new(web: &Web, host: &str, given: &Given) -> Self {
        Self {
            web: web.clone(),
            host: host.to_owned(),
            url: given
                .secret(setting::METADATA_SERVICE_URL)
                .unwrap_or_default(),
        }
    }
}

impl Source for MetadataService {
    fn fetch(&self) -> GrantFuture<'_> {
        Box::pin(async {
            let headers = [
                ("x-databricks-metadata-version", "1"),
                ("x-databricks-host", self.host.as_str()),
            ];
            let answer = self.web.get(self.url.expose_secret(), &headers).await?;
            let text = |name: &str| {
                let value = answer.get(name).and_then(Value::as_str);
                value.ok_or_else(|| {
                    Refusal::failed(format!("the metadata service's answer has no `{name}`"))
                })
            };
            let seconds = answer.get("expires_on").and_then(Value::as_f64);
            let expires = seconds.and_then(super::grant::epoch).ok_or_else(|| {
                Refusal::failed("the metadata service's answer has no `expires_on`")
            })?;
            Grant::new(&Token {
                kind: text("token_type")?.to_owned(),
                access: text("access_token")?.into(),
                refresh: None,
                expires: Some(expires),
            })
        })
    }
}
