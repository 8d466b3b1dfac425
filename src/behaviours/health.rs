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
struct Arguments {
    // Its name says it, and this tool is in every list.
    #[serde(default)]
    detailed: bool,
}

#[derive(Serialize, JsonSchema)]
struct Health {
    /// `ok`, or this call is an error.
    status: String,
    host: String,
    user: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    warehouse: Option<Warehouse>,
    server_version: String,
    /// The kind of credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_type: Option<String>,
    /// How the calls so far went.
    #[serde(skip_serializing_if = "Option::is_none")]
    calls: Option<Vec<Counts>>,
}

#[derive(Serialize, JsonSchema)]
struct Warehouse {
    id: String,
    name: String,
    state: String,
}

async fn call(context: &Context, arguments: Arguments) -> Result<Answer, Error> {
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
    let Arguments { detailed } = arguments;
    let transport = &workspace.transport;
    let health = Health {
        status: "ok".to_owned(),
        host: transport.host().host_str().unwrap_or_default().to_owned(),
        user: me.user_name.unwrap_or_default(),
        warehouse,
        server_version: env!("CARGO_PKG_VERSION").to_owned(),
        auth_type: detailed.then(|| transport.auth_type().to_owned()),
        calls: detailed.then(|| workspace.tally.counts()),
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
