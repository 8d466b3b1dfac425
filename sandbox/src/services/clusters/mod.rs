//! Clusters: creating, starting, stopping and changing them.

mod cluster;
mod commands;
mod course;
mod events;
mod libraries;
mod offer;
mod python;
mod seed;

use std::sync::Arc;

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::clock::Clock;
use crate::http::{ApiError, Call, Reply, page};
use crate::identity::USER;
use crate::operations::Operations;
use crate::shared::Shared;

use cluster::{Cluster, find};
use commands::Commands;
use course::{Course, Way};

/// Fields of a request that are no settings of the cluster.
const NO_SETTINGS: &[&str] = &["cluster_id", "apply_policy_default_values", "clone_from"];

/// The clusters and their states, newest first.
pub(crate) struct Clusters {
    clock: Clock,
    all: Mutex<Vec<Cluster>>,
}

#[derive(Deserialize)]
struct ById {
    cluster_id: String,
}

#[derive(Deserialize)]
struct Update {
    cluster_id: String,
    update_mask: String,
    #[serde(default)]
    cluster: Map<String, Value>,
}

#[derive(Deserialize)]
struct ChangeOwner {
    cluster_id: String,
    owner_username: String,
}

#[derive(Deserialize)]
struct Listing {
    page_size: Option<usize>,
    page_token: Option<String>,
    #[serde(rename = "filter_by.cluster_states", default)]
    states: Vec<String>,
    #[serde(rename = "filter_by.cluster_sources", default)]
    sources: Vec<String>,
    #[serde(rename = "filter_by.is_pinned")]
    is_pinned: Option<bool>,
    #[serde(rename = "filter_by.policy_id")]
    policy_id: Option<String>,
    #[serde(rename = "sort_by.field")]
    sort_field: Option<String>,
    #[serde(rename = "sort_by.direction")]
    sort_direction: Option<String>,
}

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>, clusters: &Arc<Clusters>) {
    let clusters = clusters.clone();
    on.on("clusters.list", &clusters, Clusters::list);
    on.on("clusters.get", &clusters, Clusters::get);
    on.on("clusters.create", &clusters, Clusters::create);
    on.on("clusters.edit", &clusters, Clusters::edit);
    on.on("clusters.update", &clusters, Clusters::update);
    on.on("clusters.resize", &clusters, Clusters::resize);
    on.on("clusters.start", &clusters, Clusters::start);
    on.on("clusters.restart", &clusters, Clusters::restart);
    on.on("clusters.delete", &clusters, Clusters::delete);
    on.on("clusters.permanent_delete", &clusters, Clusters::remove);
    on.on("clusters.pin", &clusters, Clusters::pin);
    on.on("clusters.unpin", &clusters, Clusters::unpin);
    on.on("clusters.change_owner", &clusters, Clusters::change_owner);
    on.on("clusters.events", &clusters, Clusters::events);
    on.on(
        "clusters.list_node_types",
        &clusters,
        Clusters::list_node_types,
    );
    on.on(
        "clusters.spark_versions",
        &clusters,
        Clusters::spark_versions,
    );
    on.on("clusters.list_zones", &clusters, Clusters::list_zones);
    on.on("libraries.install", &clusters, Clusters::install);
    on.on("libraries.uninstall", &clusters, Clusters::uninstall);
    on.on(
        "libraries.cluster_status",
        &clusters,
        Clusters::cluster_status,
    );
    on.on(
        "libraries.all_cluster_statuses",
        &clusters,
        Clusters::all_cluster_statuses,
    );
    Commands::serve(on, shared, clusters);
}

impl Clusters {
    /// The clusters of a new workspace.
    pub(super) fn new(clock: Clock) -> Self {
        let all = Mutex::new(seed::clusters(clock));
        Self { clock, all }
    }

    /// Passes if there is a cluster with this id.
    ///
    /// # Errors
    /// `INVALID_PARAMETER_VALUE` if there is none.
    pub(super) fn known(&self, id: &str) -> Result<(), ApiError> {
        find(&mut self.all.lock(), id).map(|_| ())
    }

    fn list(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: Listing = call.query()?;
        let now = self.clock.now();
        let mut clusters: Vec<Value> = self
            .all
            .lock()
            .iter()
            .filter(|cluster| {
                let state = cluster.course.state(now).to_owned();
                let source = cluster.source.to_owned();
                let policy = cluster.settings.get("policy_id").and_then(Value::as_str);
                (query.states.is_empty() || query.states.contains(&state))
                    && (query.sources.is_empty() || query.sources.contains(&source))
                    && query
                        .is_pinned
                        .is_none_or(|wanted| wanted == cluster.pinned)
                    && (query.policy_id.is_none() || query.policy_id.as_deref() == policy)
            })
            .map(|cluster| cluster.describe(now))
            .collect();
        if query.sort_field.as_deref() == Some("CLUSTER_NAME") {
            clusters.sort_by_key(|cluster| cluster.get("cluster_name").map(Value::to_string));
        }
        if query.sort_direction.as_deref() == Some("DESC") {
            clusters.reverse();
        }
        let size = match query.page_size {
            None => 20,
            Some(size @ 1..=100) => size,
            Some(size) => {
                return Err(ApiError::invalid(format!(
                    "page_size must be 1 to 100: {size}"
                )));
            }
        };
        let page = page(clusters, query.page_token.as_deref(), size)?;
        Ok(json!({
            "clusters": page.items,
            "next_page_token": page.next.unwrap_or_default(),
            "prev_page_token": page.previous.unwrap_or_default(),
        })
        .into())
    }

    fn get(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: ById = call.query()?;
        let now = self.clock.now();
        let mut all = self.all.lock();
        Ok(find(&mut all, &query.cluster_id)?.describe(now).into())
    }

    fn create(&self, call: &Call) -> Result<Reply, ApiError> {
        let settings = settings(call)?;
        let now = self.clock.now();
        let random: String = Uuid::new_v4()
            .simple()
            .to_string()
            .chars()
            .take(8)
            .collect();
        let stamp = chrono::DateTime::from_timestamp_millis(now).unwrap_or_default();
        let id = format!("{}-{random}", stamp.format("%m%d-%H%M%S"));
        let mut cluster = Cluster {
            id: id.clone(),
            settings,
            source: "API",
            creator: USER.to_owned(),
            created_at: now,
            pinned: false,
            course: Course {
                way: Way::Start,
                since: now,
                until: now,
            },
            events: Vec::new(),
            libraries: Vec::new(),
        };
        cluster.note(now, "CREATING", json!({"user": USER}));
        cluster.take(Way::Start, now, self.clock);
        self.all.lock().insert(0, cluster);
        Ok(json!({"cluster_id": id}).into())
    }

    fn edit(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ById = call.body()?;
        let settings = settings(call)?;
        self.change(&body.cluster_id, |_| Ok(settings))
    }

    fn update(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Update = call.body()?;
        self.change(&body.cluster_id, |old| {
            let mut settings = old.clone();
            for name in body.update_mask.split(',').map(str::trim) {
                match body.cluster.get(name) {
                    Some(value) => settings.insert(name.to_owned(), value.clone()),
                    None => settings.remove(name),
                };
            }
            check(&settings).map(|()| settings)
        })
    }

    /// Gives a running or terminated cluster new settings. A running one restarts.
    fn change(
        &self,
        id: &str,
        new: impl FnOnce(&Map<String, Value>) -> Result<Map<String, Value>, ApiError>,
    ) -> Result<Reply, ApiError> {
        let now = self.clock.now();
        let mut all = self.all.lock();
        let cluster = find(&mut all, id)?;
        let state = cluster.course.state(now);
        if !matches!(state, "RUNNING" | "TERMINATED") {
            return Err(unexpected(cluster, state));
        }
        cluster.settings = new(&cluster.settings)?;
        cluster.note(now, "EDITED", json!({"user": USER}));
        if state == "RUNNING" {
            cluster.take(Way::Restart, now, self.clock);
        }
        Ok(Reply::empty())
    }

    fn resize(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ById = call.body()?;
        let size = size_of(&call.body)?;
        self.send(&body.cluster_id, &["RUNNING"], Way::Resize, |cluster| {
            cluster.settings.remove("num_workers");
            cluster.settings.remove("autoscale");
            cluster.settings.extend(size);
        })
    }

    fn start(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ById = call.body()?;
        self.send(&body.cluster_id, &["TERMINATED"], Way::Start, |_| {})
    }

    fn restart(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ById = call.body()?;
        self.send(&body.cluster_id, &["RUNNING"], Way::Restart, |_| {})
    }

    fn delete(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ById = call.body()?;
        let up = ["PENDING", "RUNNING", "RESTARTING", "RESIZING"];
        let down = ["TERMINATING", "TERMINATED"];
        let now = self.clock.now();
        let mut all = self.all.lock();
        let state = find(&mut all, &body.cluster_id)?.course.state(now);
        drop(all);
        if down.contains(&state) {
            return Ok(Reply::empty());
        }
        self.send(&body.cluster_id, &up, Way::Stop, |_| {})
    }

    /// Sends a cluster on its way, if its state allows that.
    fn send(
        &self,
        id: &str,
        from: &[&str],
        way: Way,
        change: impl FnOnce(&mut Cluster),
    ) -> Result<Reply, ApiError> {
        let now = self.clock.now();
        let mut all = self.all.lock();
        let cluster = find(&mut all, id)?;
        let state = cluster.course.state(now);
        if !from.contains(&state) {
            return Err(unexpected(cluster, state));
        }
        change(cluster);
        cluster.take(way, now, self.clock);
        Ok(Reply::empty())
    }

    fn remove(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ById = call.body()?;
        let mut all = self.all.lock();
        find(&mut all, &body.cluster_id)?;
        all.retain(|cluster| cluster.id != body.cluster_id);
        Ok(Reply::empty())
    }

    fn pin(&self, call: &Call) -> Result<Reply, ApiError> {
        self.set_pinned(call, true)
    }

    fn unpin(&self, call: &Call) -> Result<Reply, ApiError> {
        self.set_pinned(call, false)
    }

    fn set_pinned(&self, call: &Call, pinned: bool) -> Result<Reply, ApiError> {
        let body: ById = call.body()?;
        let mut all = self.all.lock();
        let cluster = find(&mut all, &body.cluster_id)?;
        if cluster.pinned != pinned {
            cluster.pinned = pinned;
            let kind = if pinned { "PINNED" } else { "UNPINNED" };
            cluster.note(self.clock.now(), kind, json!({"user": USER}));
        }
        Ok(Reply::empty())
    }

    fn change_owner(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ChangeOwner = call.body()?;
        let mut all = self.all.lock();
        let cluster = find(&mut all, &body.cluster_id)?;
        let state = cluster.course.state(self.clock.now());
        if state != "TERMINATED" {
            return Err(unexpected(cluster, state));
        }
        cluster.creator = body.owner_username;
        Ok(Reply::empty())
    }
}

/// The settings of a request that makes or edits a cluster.
fn settings(call: &Call) -> Result<Map<String, Value>, ApiError> {
    let mut settings: Map<String, Value> = call.body()?;
    for name in NO_SETTINGS {
        settings.remove(*name);
    }
    if settings.get("is_single_node") == Some(&json!(true)) {
        settings.entry("num_workers").or_insert(json!(0));
    }
    check(&settings).map(|()| settings)
}

fn check(settings: &Map<String, Value>) -> Result<(), ApiError> {
    let text = |name: &str| settings.get(name).and_then(Value::as_str);
    offer::check(
        text("spark_version").unwrap_or_default(),
        text("node_type_id"),
    )?;
    if text("node_type_id").is_none() && text("instance_pool_id").is_none() {
        return Err(ApiError::invalid("Missing required field: node_type_id"));
    }
    size_of(&Value::Object(settings.clone())).map(|_| ())
}

/// The field that gives the size: `num_workers` or `autoscale`.
fn size_of(body: &Value) -> Result<Option<(String, Value)>, ApiError> {
    let given = |name: &str| Some((name.to_owned(), body.get(name)?.clone()));
    match (given("num_workers"), given("autoscale")) {
        (Some(fixed), None) => Ok(Some(fixed)),
        (None, Some(range)) => Ok(Some(range)),
        _ => Err(ApiError::invalid(
            "Exactly 1 of num_workers or autoscale must be specified.",
        )),
    }
}

fn unexpected(cluster: &Cluster, state: &str) -> ApiError {
    ApiError::invalid_state(format!(
        "Cluster {} is in unexpected state {}.",
        cluster.id,
        capitalized(state)
    ))
}

fn capitalized(state: &str) -> String {
    let lower = state.to_lowercase();
    let mut letters = lower.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
