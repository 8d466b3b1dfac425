//! Access tokens, workspace settings and IP access lists.

use std::sync::Arc;

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::collections::Ids;
use crate::http::{ApiError, Call, Reply};
use crate::identity::USER_ID;
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;

const TOKEN: &str = "Token";

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    tokens().serve(on, shared);
    on.on("tokens.create", shared, create_token);
    ip_access_lists().serve(on, shared);
    let settings = Arc::new(Settings::default());
    on.on("workspace_conf.get_status", &settings, Settings::get);
    on.on("workspace_conf.set_status", &settings, Settings::set);
}

fn tokens() -> Kind {
    Kind::new(TOKEN, "token_id", Ids::Hex(32))
        .list("tokens.list")
        .delete("tokens.delete")
        .defaults(json!({"expiry_time": -1, "created_by_id": USER_ID}))
        .seed(json!({"comment": "The token of this sandbox"}))
        .seed(json!({"comment": "Notebook on my laptop"}))
}

/// Shows the token this once. It opens nothing: the sandbox accepts only its own token.
fn create_token(shared: &Shared, call: &Call) -> Result<Reply, ApiError> {
    #[derive(Deserialize)]
    struct Wanted {
        comment: Option<String>,
        lifetime_seconds: Option<i64>,
    }
    let wanted: Wanted = call.body()?;
    let now = shared.clock.now();
    let lifetime = wanted.lifetime_seconds.filter(|seconds| *seconds > 0);
    let expiry = lifetime.map_or(-1, |seconds| now + seconds.saturating_mul(1000));
    let tokens = shared.collections.of(TOKEN);
    let tokens = tokens.ok_or_else(|| ApiError::internal("there are no tokens"))?;
    let token = tokens.make(
        json!({"comment": wanted.comment, "expiry_time": expiry}),
        now,
    );
    Ok(json!({
        "token_value": format!("dapi{}", uuid::Uuid::new_v4().simple()),
        "token_info": {
            "token_id": token.text("token_id"),
            "comment": wanted.comment,
            "creation_time": now,
            "expiry_time": expiry,
        },
    })
    .into())
}

fn ip_access_lists() -> Kind {
    Kind::new("IP access list", "list_id", Ids::Uuid)
        .argument("ip_access_list_id", "list_id")
        .create("ip_access_lists.create")
        .get("ip_access_lists.get")
        .list("ip_access_lists.list")
        .update("ip_access_lists.update")
        .replace("ip_access_lists.replace")
        .delete("ip_access_lists.delete")
        .defaults(json!({"enabled": true}))
        .view(|_, item, fields| {
            let addresses = item.get("ip_addresses").and_then(Value::as_array);
            let count = addresses.map_or(0, Vec::len);
            fields.insert("address_count".to_owned(), json!(count));
        })
        .seed(json!({
            "label": "Office",
            "list_type": "ALLOW",
            "ip_addresses": ["203.0.113.0/24"],
            "enabled": false,
        }))
}

/// Settings as texts, by key.
struct Settings(Mutex<Map<String, Value>>);

impl Default for Settings {
    fn default() -> Self {
        let known = json!({
            "enableIpAccessLists": "false",
            "enableTokensConfig": "true",
            "maxTokenLifetimeDays": "90",
            "enableDcs": "false",
            "enableWebTerminal": "true",
            "enableResultsDownloading": "true",
        });
        Self(Mutex::new(known.as_object().cloned().unwrap_or_default()))
    }
}

impl Settings {
    fn get(&self, call: &Call) -> Result<Reply, ApiError> {
        let keys = call.query.get("keys").and_then(Value::as_str);
        let all = self.0.lock();
        let mut found = Map::new();
        for key in keys.unwrap_or_default().split(',').map(str::trim) {
            let value = all.get(key);
            let value =
                value.ok_or_else(|| ApiError::invalid(format!("Invalid keys: [\"{key}\"]")))?;
            found.insert(key.to_owned(), value.clone());
        }
        Ok(Value::Object(found).into())
    }

    fn set(&self, call: &Call) -> Result<Reply, ApiError> {
        let given = call.body.as_object().cloned().unwrap_or_default();
        self.0.lock().extend(given);
        Ok(Reply::empty())
    }
}
