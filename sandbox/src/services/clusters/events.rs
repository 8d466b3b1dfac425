//! Events of clusters.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Clusters;
use super::cluster::find;
use crate::clock::Millis;
use crate::http::{ApiError, Call, Reply, page};

#[derive(Deserialize)]
struct Events {
    cluster_id: String,
    start_time: Option<Millis>,
    end_time: Option<Millis>,
    order: Option<String>,
    #[serde(default)]
    event_types: Vec<String>,
    limit: Option<usize>,
    page_size: Option<usize>,
    page_token: Option<String>,
}

impl Clusters {
    pub(super) fn events(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Events = call.body()?;
        let now = self.clock.now();
        let until = body.end_time.unwrap_or(now).min(now);
        let from = body.start_time.unwrap_or(0);
        let mut all = self.all.lock();
        let cluster = find(&mut all, &body.cluster_id)?;
        let mut events: Vec<(Millis, Value)> = cluster
            .events
            .iter()
            .filter(|event| (from..=until).contains(&event.at))
            .filter(|event| {
                body.event_types.is_empty()
                    || body.event_types.iter().any(|kind| kind == event.kind)
            })
            .map(|event| {
                let described = json!({
                    "cluster_id": cluster.id,
                    "timestamp": event.at,
                    "type": event.kind,
                    "details": event.details,
                });
                (event.at, described)
            })
            .collect();
        events.sort_by_key(|(at, _)| *at);
        if body.order.as_deref() != Some("ASC") {
            events.reverse();
        }
        let total = events.len();
        let size = body.page_size.or(body.limit).filter(|size| *size > 0);
        let page = page(
            events,
            body.page_token.as_deref(),
            size.unwrap_or(50).min(500),
        )?;
        // The older form of paging, which the SDKs still use: the whole next request.
        let next_page = page.next.as_ref().map(|token| {
            let mut next = call.body.clone();
            if let Some(fields) = next.as_object_mut() {
                fields.insert("page_token".to_owned(), json!(token));
            }
            next
        });
        let events: Vec<Value> = page.items.into_iter().map(|(_, event)| event).collect();
        Ok(json!({
            "events": (!events.is_empty()).then_some(events),
            "next_page": next_page,
            "next_page_token": page.next.unwrap_or_default(),
            "prev_page_token": page.previous.unwrap_or_default(),
            "total_count": total,
        })
        .into())
    }
}
