//! The parts of a result: in the answer itself, or behind presigned links that expire.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::outcome::Outcome;
use super::{Phase, Statement, Statements};
use crate::clock::{Millis, rfc3339};
use crate::http::{ApiError, Reply};

impl Statements {
    /// The start of the path of every presigned link.
    pub(crate) const LINKS: &str = "/presigned/results/";

    /// Follows a presigned link, which needs no other credential.
    ///
    /// # Errors
    /// 403 when the link is wrong or too old.
    pub(crate) fn follow(
        &self,
        link: &str,
        query: &[(String, String)],
        now: Millis,
    ) -> Result<Reply, ApiError> {
        let value = |name: &str| {
            query
                .iter()
                .find(|(n, _)| n == name)
                .map(|(_, v)| v.as_str())
        };
        let denied = |message: &str| ApiError {
            status: StatusCode::FORBIDDEN,
            error_code: json!("PERMISSION_DENIED"),
            message: message.to_owned(),
        };
        let (id, chunk) = link.split_once('/').ok_or_else(|| denied("no such link"))?;
        let statement = self.find(id)?;
        if value("signature") != Some(statement.signature.as_str()) {
            return Err(denied("The signature does not match."));
        }
        let expires: Millis = value("expires")
            .and_then(|text| text.parse().ok())
            .unwrap_or(0);
        if expires < now {
            return Err(denied("The link has expired."));
        }
        let phase = statement.phase.borrow().clone();
        let Phase::Succeeded(outcome) = phase else {
            return Err(denied("The statement has no result."));
        };
        let index: usize = chunk.parse().map_err(|_| denied("no such chunk"))?;
        let (content_type, bytes) = outcome
            .file(index, statement.delivery)
            .map_err(ApiError::internal)?
            .ok_or_else(|| denied("no such chunk"))?;
        Ok(Reply::Bytes {
            content_type,
            bytes,
        })
    }
}

impl Statement {
    /// A chunk, inline or as a link; `{}` for a result without chunks.
    pub(super) fn part(&self, outcome: &Outcome, index: usize, of: &Statements) -> Value {
        let Some(chunk) = outcome.chunks.get(index) else {
            return json!({});
        };
        let mut part = chunk.describe(index);
        if index + 1 < outcome.chunks.len() {
            let next = index + 1;
            let link = format!("/api/2.0/sql/statements/{}/result/chunks/{next}", self.id);
            part.insert("next_chunk_index".to_owned(), json!(next));
            part.insert("next_chunk_internal_link".to_owned(), json!(link));
        }
        if self.delivery.is_inline() {
            part.insert("data_array".to_owned(), json!(chunk.rows));
            return Value::Object(part);
        }
        let expires = of.shared.clock.now() + of.results.link_lives;
        let link = format!(
            "{}{}{}/{index}?signature={}&expires={expires}",
            of.shared.identity.host,
            Statements::LINKS,
            self.id,
            self.signature
        );
        part.insert("external_link".to_owned(), json!(link));
        part.insert("expiration".to_owned(), json!(rfc3339(expires)));
        json!({"external_links": [part]})
    }
}
