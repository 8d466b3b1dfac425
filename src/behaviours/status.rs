//! `status`: what this server is, whose credential it has, what it serves and how busy it is.

use std::collections::BTreeMap;
use std::time::Duration;

use databricks_client::CurrentUserMeParams;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Behaviour;
use super::typed::{arguments, structured};
use crate::context::Context;
use crate::error::Error;
use crate::notify::Deliveries;
use crate::shape::Answer;
use crate::transport::{Load, typed_answer};

/// The time for the workspace to say who the user is; the rest is told without it.
const IDENTITY_WITHIN: Duration = Duration::from_secs(3);

pub(super) const BEHAVIOUR: Behaviour =
    Behaviour::new::<Arguments, Status>("status", |context, value| {
        Box::pin(async move { call(context, arguments(value)?).await })
    });

#[derive(Deserialize, JsonSchema)]
struct Arguments {}

#[derive(Serialize, JsonSchema)]
struct Status {
    version: String,
    host: String,
    /// The kind of credential.
    auth_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// The reason why the user is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_unknown: Option<String>,
    /// Of a server that runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<Server>,
    /// Requests to the workspace.
    requests: Busy,
    cache: Cache,
    limits: Limits,
    /// Messages to the webhook.
    #[serde(skip_serializing_if = "Option::is_none")]
    notifications: Option<Deliveries>,
}

#[derive(Serialize, JsonSchema)]
struct Server {
    uptime_seconds: u64,
    toolsets: Vec<String>,
    tools: usize,
    read_only: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    workspaces: Vec<String>,
    /// Calls of tools.
    calls: Busy,
}

#[derive(Serialize, JsonSchema)]
struct Busy {
    under_way: usize,
    /// Those that wait for their turn.
    waiting: usize,
    /// As many as may be worked on at the same time.
    most: usize,
}

#[derive(Serialize, JsonSchema)]
struct Cache {
    answers: usize,
    bytes: usize,
    /// Calls that were answered from it.
    hits: u64,
    /// Calls that asked it in vain.
    misses: u64,
}

#[derive(Serialize, JsonSchema)]
struct Limits {
    /// Time for one request with its retries.
    call_timeout_seconds: f64,
    /// Longest wait for work.
    answer_within_seconds: f64,
    retries: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_per_second: Option<f64>,
    /// Requests at once of single tools.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tools: BTreeMap<String, usize>,
}

async fn call(context: &Context, _: Arguments) -> Result<Answer, Error> {
    let workspace = &context.workspace;
    let transport = &workspace.transport;
    let (user, user_unknown) = match user(context).await {
        Ok(user) => (Some(user), None),
        Err(reason) => (None, Some(reason)),
    };
    let limits = transport.limits();
    let (answers, bytes) = workspace.cache.size();
    let (hits, misses) = workspace.cache.asked();
    let status = Status {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        host: transport.host().host_str().unwrap_or_default().to_owned(),
        auth_type: transport.auth_type().to_owned(),
        user,
        user_unknown,
        server: server(context),
        requests: busy(transport.load()),
        cache: Cache {
            answers,
            bytes,
            hits,
            misses,
        },
        limits: Limits {
            call_timeout_seconds: limits.call.as_secs_f64(),
            answer_within_seconds: workspace.answer_within.as_secs_f64(),
            retries: limits.sends.saturating_sub(1),
            requests_per_second: limits.rate,
            tools: limits.tools.clone(),
        },
        notifications: context.notifier.deliveries(),
    };
    Ok(Answer::json(structured(&status)?))
}

fn server(context: &Context) -> Option<Server> {
    let vitals = &context.vitals;
    let served = vitals.served()?;
    let (under_way, waiting) = vitals.calls();
    let toolsets = served.toolsets.iter();
    Some(Server {
        uptime_seconds: vitals.age().as_secs(),
        toolsets: toolsets.map(ToString::to_string).collect(),
        tools: served.tools,
        read_only: served.read_only,
        workspaces: served.workspaces.clone(),
        calls: Busy {
            under_way,
            waiting,
            most: served.calls,
        },
    })
}

fn busy(load: Load) -> Busy {
    Busy {
        under_way: load.under_way,
        waiting: load.waiting,
        most: load.most,
    }
}

/// The user, or the reason why that is not known: this tool answers also where the workspace does not.
async fn user(context: &Context) -> Result<String, String> {
    let client = context.client();
    let ask = client.current_user_me(CurrentUserMeParams::default());
    match tokio::time::timeout(IDENTITY_WITHIN, ask).await {
        Ok(called) => typed_answer("current_user.me", called)
            .map(|me| me.user_name.unwrap_or_default())
            .map_err(|error| error.text()),
        Err(_) => Err(format!(
            "the workspace did not answer within {} s",
            IDENTITY_WITHIN.as_secs()
        )),
    }
}
