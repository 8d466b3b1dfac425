//! A cluster: its settings, its course and its events.

use serde_json::{Map, Value, json};

use super::course::{Course, Way};
use super::offer;
use crate::clock::{Clock, Millis};
use crate::http::ApiError;
use crate::identity::USER;

/// Seconds from start to RUNNING in the real service.
const STARTS_IN: f64 = 20.0;
/// Seconds from delete to TERMINATED in the real service.
const STOPS_IN: f64 = 8.0;
/// Seconds of a restart in the real service.
const RESTARTS_IN: f64 = 15.0;
/// Seconds of a resize in the real service.
const RESIZES_IN: f64 = 6.0;

/// The reason of nodes that were taken away.
pub(super) const LOST: &str = "SPOT_INSTANCE_TERMINATION";

/// A cluster.
pub(super) struct Cluster {
    pub(super) id: String,
    /// The settings of the request that created or last edited it.
    pub(super) settings: Map<String, Value>,
    pub(super) source: &'static str,
    pub(super) creator: String,
    pub(super) created_at: Millis,
    pub(super) pinned: bool,
    pub(super) course: Course,
    /// The events, oldest first. Those of its present course may lie in the future.
    pub(super) events: Vec<Event>,
    /// The libraries as the API describes them.
    pub(super) libraries: Vec<Installed>,
}

/// Something that happened to a cluster.
pub(super) struct Event {
    pub(super) at: Millis,
    pub(super) kind: &'static str,
    pub(super) details: Value,
}

/// A library of a cluster.
pub(super) struct Installed {
    pub(super) library: Value,
    pub(super) since: Millis,
    /// True if the next restart removes it.
    pub(super) leaving: bool,
    /// The reason why it could not be installed.
    pub(super) failed: Option<&'static str>,
}

impl Cluster {
    /// Sends the cluster on its way, and records the events of the start and the arrival.
    pub(super) fn take(&mut self, way: Way, now: Millis, clock: Clock) {
        let (takes, sets_out, arrives) = match way {
            Way::Start => (STARTS_IN, "STARTING", Some("RUNNING")),
            Way::Restart => (RESTARTS_IN, "RESTARTING", Some("RUNNING")),
            Way::Resize => (RESIZES_IN, "RESIZING", Some("UPSIZE_COMPLETED")),
            Way::Stop | Way::Idle => (STOPS_IN, "TERMINATING", None),
        };
        let until = now + clock.takes(takes);
        self.events.retain(|event| event.at <= now);
        let mut details = json!({"user": USER});
        if sets_out == "TERMINATING" {
            details = json!({"reason": self.reason(way)});
        }
        self.note(now, sets_out, details);
        if let Some(arrives) = arrives {
            let workers = self.workers();
            let details = json!({"current_num_workers": workers, "target_num_workers": workers});
            self.note(until, arrives, details);
        }
        if way == Way::Start || way == Way::Restart {
            self.libraries.retain(|library| !library.leaving);
            for library in &mut self.libraries {
                library.since = until;
            }
        }
        self.course = Course {
            way,
            since: now,
            until,
        };
    }

    /// Records an event.
    pub(super) fn note(&mut self, at: Millis, kind: &'static str, details: Value) {
        self.events.push(Event { at, kind, details });
    }

    /// The number of workers; the least of a range.
    pub(super) fn workers(&self) -> i64 {
        let fixed = self.settings.get("num_workers");
        let range = self.settings.get("autoscale");
        let least = range.and_then(|range| range.get("min_workers"));
        fixed.or(least).and_then(Value::as_i64).unwrap_or(0)
    }

    fn text(&self, name: &str) -> &str {
        let value = self.settings.get(name).and_then(Value::as_str);
        value.unwrap_or_default()
    }

    /// True if its nodes were taken away.
    fn lost(&self) -> bool {
        self.events.iter().any(|event| event.kind == "NODES_LOST")
    }

    fn reason(&self, way: Way) -> Value {
        let (code, key, value) = match way {
            Way::Idle if self.lost() => {
                let parameters = json!({"instance_id": "i-0c4f7e21b9a86d350"});
                return json!({"code": LOST, "type": "CLOUD_FAILURE", "parameters": parameters});
            }
            Way::Idle => ("INACTIVITY", "inactivity_duration_min", "60"),
            _ => ("USER_REQUEST", "username", USER),
        };
        json!({"code": code, "type": "SUCCESS", "parameters": {key: value}})
    }

    /// The cluster as `get` and `list` answer it.
    pub(super) fn describe(&self, now: Millis) -> Value {
        let state = self.course.state(now);
        let name = self.text("cluster_name");
        let mut fields = Map::new();
        let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        add("cluster_id", json!(self.id));
        add("creator_user_name", json!(self.creator));
        add("driver_node_type_id", json!(self.text("node_type_id")));
        add("num_workers", json!(self.workers()));
        add("autotermination_minutes", json!(0));
        add("enable_elastic_disk", json!(true));
        add("cluster_source", json!(self.source));
        add("custom_tags", json!({}));
        add("spark_conf", json!({}));
        add(
            "default_tags",
            json!({
                "Vendor": "Databricks",
                "Creator": self.creator,
                "ClusterName": name,
                "ClusterId": self.id,
            }),
        );
        add("start_time", json!(self.created_at));
        add("state", json!(state));
        add("state_message", json!(self.course.message(now)));
        fields.extend(self.settings.clone());
        let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        if matches!(state, "RUNNING" | "RESIZING") {
            let workers = self.workers();
            let (cores, memory) = offer::size(self.text("node_type_id"));
            let node = |nth: i64| {
                json!({
                    "node_id": format!("{}-{nth}", self.id),
                    "private_ip": format!("10.0.0.{}", nth + 10),
                    "start_timestamp": self.course.since,
                })
            };
            add("cluster_cores", json!(cores * (workers + 1) as f64));
            add("cluster_memory_mb", json!(memory * (workers + 1)));
            add("spark_context_id", json!(6_021_577_349_410_732_i64));
            add("jdbc_port", json!(10_000));
            add("last_restarted_time", json!(self.course.since));
            add("driver", node(0));
            add("executors", (1..=workers).map(node).collect());
        }
        if state == "TERMINATED" {
            add("terminated_time", json!(self.course.until));
            add("termination_reason", self.reason(self.course.way));
        }
        Value::Object(fields)
    }
}

/// The cluster with this id.
///
/// # Errors
/// `INVALID_PARAMETER_VALUE` when no cluster has it.
pub(super) fn find<'a>(all: &'a mut [Cluster], id: &str) -> Result<&'a mut Cluster, ApiError> {
    let missing = || ApiError::invalid(format!("Cluster {id} does not exist"));
    all.iter_mut()
        .find(|cluster| cluster.id == id)
        .ok_or_else(missing)
}
