//! One message to the webhook: signed as Standard Webhooks say, and sent again until it is taken.
//!
//! It goes through no transport: that is the way to a workspace, with its credential.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use reqwest::{Client, StatusCode};
use ring::hmac;
use secrecy::ExposeSecret;
use serde::Serialize;
use url::Url;

use super::{Ended, Webhook};
use crate::connect::Connections;
use crate::error::{Error, causes};

/// The most times that a message is sent.
const SENDS: u32 = 5;

/// The wait before it is sent again, which doubles.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// The time for one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The way to the webhook.
pub(super) struct Poster {
    client: Client,
    url: Url,
    key: hmac::Key,
}

impl fmt::Debug for Poster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Poster")
    }
}

#[derive(Serialize)]
struct Message<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    timestamp: String,
    data: &'a Ended,
}

impl Poster {
    pub(super) fn new(webhook: Webhook, connections: &Connections) -> Result<Self, Error> {
        let url = Url::parse(webhook.url.expose_secret()).map_err(|error| Error::Internal {
            reason: format!("the URL of the webhook: {error}"),
        })?;
        Ok(Self {
            client: connections.client(&url)?,
            url,
            key: hmac::Key::new(hmac::HMAC_SHA256, webhook.key.expose_secret()),
        })
    }

    /// Sends a message until it is taken. Returns false if it is not.
    pub(super) async fn post(&self, ended: &Ended) -> bool {
        let now = Timestamp::now();
        let message = Message {
            kind: "work.ended",
            timestamp: now.to_string(),
            data: ended,
        };
        let Ok(body) = serde_json::to_string(&message) else {
            return false;
        };
        let id = format!("msg_{}", uuid::Uuid::new_v4().simple());
        let request_id = &*ended.request_id;
        let mut wait = FIRST_WAIT;
        for send in 1..=SENDS {
            let refused = match self.send(&id, &body).await {
                Ok(status) if status.is_success() => {
                    tracing::info!(request_id, send, "the webhook is told");
                    return true;
                }
                Ok(status) if !may_pass(status) => {
                    tracing::warn!(
                        request_id,
                        send,
                        status = status.as_u16(),
                        "the webhook refuses a message"
                    );
                    return false;
                }
                Ok(status) => format!("status {}", status.as_u16()),
                Err(error) => causes(&error.without_url()),
            };
            tracing::info!(
                request_id,
                send,
                refused,
                "the webhook did not take a message"
            );
            if send < SENDS {
                tokio::time::sleep(wait).await;
                wait *= 2;
            }
        }
        tracing::warn!(
            request_id,
            "the webhook took a message no time it was sent: it is lost"
        );
        false
    }

    async fn send(&self, id: &str, body: &str) -> Result<StatusCode, reqwest::Error> {
        // Each time anew: a receiver refuses what is old.
        let at = Timestamp::now().as_second();
        let request = self.client.post(self.url.clone());
        let answer = request
            .timeout(ANSWER_WITHIN)
            .header("content-type", "application/json")
            .header(
                "user-agent",
                concat!("databricks-mcp/", env!("CARGO_PKG_VERSION")),
            )
            .header("webhook-id", id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", signature(&self.key, id, at, body))
            .body(body.to_owned())
            .send()
            .await?;
        // What it says is nobody's business.
        Ok(answer.status())
    }
}

fn may_pass(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
        )
}

/// The signature of the id, the time and the body.
fn signature(key: &hmac::Key, id: &str, at: i64, body: &str) -> String {
    let tag = hmac::sign(key, format!("{id}.{at}.{body}").as_bytes());
    format!("v1,{}", BASE64_STANDARD.encode(tag))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_signature_is_that_of_standard_webhooks() {
        // The example of their libraries.
        let key = BASE64_STANDARD
            .decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
            .unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let signed = signature(
            &key,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
