//! `health`: a sign of life from the workspace, the user there, and the state of the warehouse.

use databricks_client::CurrentUserMeParams;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Behaviour;
use super::typed::{arguments, structured};
use crate::context::Context;
use crate::error::Error;
use crate::shape::Answer;
use crate::tally::Counts;
use crate::transport::typed_answer;

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Health>("health", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {}

#[derive(Serialize, JsonSchema)]
struct Health {
    /// `ok`, or this call is an error.
    status: String,
    host: String,
    user: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    warehouse: Option<Warehouse>,
    server_version: String,
    /// How the calls so far went.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    calls: Vec<Counts>,
}

#[derive(Serialize, JsonSchema)]
struct Warehouse {
    id: String,
    name: String,
    state: String,
}

async fn call(context: &Context, _: Arguments) -> Result<Answer, Error> {
    let workspace = &context.workspace;
    let client = context.client();
    let called = client.current_user_me(CurrentUserMeParams::default());
    let me = typed_answer("current_user.me", called.await)?;
    let warehouse = match workspace.warehouse.get() {
        Some(id) => match warehouse(context, &id).await {
            Err(error) if workspace.warehouse.forget(&id, &error) => None,
            found => Some(found?),
        },
        None => None,
    };
    let health = Health {
        status: "ok".to_owned(),
        host: workspace
            .transport
            .host()
            .host_str()
            .unwrap_or_default()
            .to_owned(),
        user: me.user_name.unwrap_or_default(),
        warehouse,
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        calls: workspace.tally.counts(),
    };
    Ok(Answer::json(structured(&health)?))
}

async fn warehouse(context: &Context, id: &str) -> Result<Warehouse, Error> {
    let client = context.client();
    let found = typed_answer("warehouses.get", client.warehouses_get(id).await)?;
    Ok(Warehouse {
        id: id.to_owned(),
        name: found.name.unwrap_or_default(),
        state: found
            .state
            .map(|state| state.to_string())
            .unwrap_or_default(),
    })
}
