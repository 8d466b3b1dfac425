//! Clusters: they start, stop and say so.

use std::sync::Arc;

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::{Clock, Millis};
use crate::http::{ApiError, Call, Operations, Reply, page};
use crate::shared::{Shared, USER};

/// Seconds from start to RUNNING in the real service.
const STARTS_IN: f64 = 20.0;
/// Seconds from delete to TERMINATED in the real service.
const STOPS_IN: f64 = 8.0;
const HOUR: Millis = 3_600_000;

/// The clusters and their states.
struct Clusters {
    clock: Clock,
    all: Mutex<Vec<Cluster>>,
}

struct Cluster {
    id: &'static str,
    name: &'static str,
    spark_version: &'static str,
    node_type: &'static str,
    workers: i64,
    source: &'static str,
    created_at: Millis,
    course: Course,
}

/// Where a cluster is heading: since when, and when it arrives.
#[derive(Debug, Clone, Copy)]
struct Course {
    up: bool,
    since: Millis,
    until: Millis,
    idle: bool,
}

impl Course {
    fn state(self, now: Millis) -> &'static str {
        match (self.up, now >= self.until) {
            (true, true) => "RUNNING",
            (true, false) => "PENDING",
            (false, true) => "TERMINATED",
            (false, false) => "TERMINATING",
        }
    }

    fn message(self, now: Millis) -> &'static str {
        match self.state(now) {
            // The first two thirds of a start are spent on machines, the rest on Spark.
            "PENDING" if (now - self.since) * 3 < (self.until - self.since) * 2 => {
                "Acquiring instances"
            }
            "PENDING" => "Starting Spark",
            "TERMINATING" => "Termination requested by user",
            "TERMINATED" if self.idle => "Terminated after 60 minutes without activity.",
            "TERMINATED" => "Cluster terminated by user.",
            _ => "",
        }
    }
}

#[derive(Deserialize)]
struct ById {
    cluster_id: String,
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

pub(super) fn serve(on: &mut Operations<'_>, shared: &Arc<Shared>) {
    let clusters = Arc::new(Clusters::seeded(shared.clock));
    on.on("clusters.list", &clusters, Clusters::list);
    on.on("clusters.get", &clusters, Clusters::get);
    on.on("clusters.start", &clusters, Clusters::start);
    on.on("clusters.delete", &clusters, Clusters::delete);
}

impl Clusters {
    fn seeded(clock: Clock) -> Self {
        let now = clock.now();
        let up = |hours: Millis| Course {
            up: true,
            since: now - hours * HOUR,
            until: 0,
            idle: false,
        };
        let down = |hours: Millis| Course {
            up: false,
            since: now - hours * HOUR,
            until: now - hours * HOUR,
            idle: true,
        };
        let cluster =
            |id, name, spark_version, node_type, workers, source, days: Millis, course| Cluster {
                id,
                name,
                spark_version,
                node_type,
                workers,
                source,
                created_at: now - days * 24 * HOUR,
                course,
            };
        let lts = "16.4.x-scala2.12";
        let ml = "17.3.x-cpu-ml-scala2.13";
        let all = vec![
            cluster(
                "0412-081530-k2v9x1ab",
                "Shared exploration",
                lts,
                "i3.xlarge",
                2,
                "UI",
                90,
                up(3),
            ),
            cluster(
                "0603-140211-m7q4t8cd",
                "Nightly batch",
                lts,
                "m5d.2xlarge",
                8,
                "API",
                40,
                down(14),
            ),
            cluster(
                "0719-093347-p5w2z6ef",
                "ML experiments",
                ml,
                "r5.xlarge",
                0,
                "UI",
                12,
                down(50),
            ),
            cluster(
                "0801-000000-j3n8r0gh",
                "job-431-run-88",
                lts,
                "m5.large",
                1,
                "JOB",
                1,
                down(20),
            ),
        ];
        Self {
            clock,
            all: Mutex::new(all),
        }
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
                (query.states.is_empty() || query.states.contains(&state))
                    && (query.sources.is_empty() || query.sources.contains(&source))
                    && query.is_pinned != Some(true)
                    && query.policy_id.is_none()
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

    fn start(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ById = call.body()?;
        let now = self.clock.now();
        let mut all = self.all.lock();
        let cluster = find(&mut all, &body.cluster_id)?;
        match cluster.course.state(now) {
            "TERMINATED" => {
                let until = now + self.clock.takes(STARTS_IN);
                cluster.course = Course {
                    up: true,
                    since: now,
                    until,
                    idle: false,
                };
                Ok(Reply::empty())
            }
            state => Err(ApiError::invalid_state(format!(
                "Cluster {} is in unexpected state {}.",
                cluster.id,
                capitalized(state)
            ))),
        }
    }

    fn delete(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: ById = call.body()?;
        let now = self.clock.now();
        let mut all = self.all.lock();
        let cluster = find(&mut all, &body.cluster_id)?;
        if cluster.course.up {
            let until = now + self.clock.takes(STOPS_IN);
            cluster.course = Course {
                up: false,
                since: now,
                until,
                idle: false,
            };
        }
        Ok(Reply::empty())
    }
}

fn find<'a>(all: &'a mut [Cluster], id: &str) -> Result<&'a mut Cluster, ApiError> {
    let missing = || ApiError::invalid(format!("Cluster {id} does not exist"));
    all.iter_mut()
        .find(|cluster| cluster.id == id)
        .ok_or_else(missing)
}

impl Cluster {
    fn describe(&self, now: Millis) -> Value {
        let state = self.course.state(now);
        let mut cluster = json!({
            "cluster_id": self.id,
            "creator_user_name": USER,
            "cluster_name": self.name,
            "spark_version": self.spark_version,
            "node_type_id": self.node_type,
            "driver_node_type_id": self.node_type,
            "num_workers": self.workers,
            "autotermination_minutes": 60,
            "enable_elastic_disk": true,
            "cluster_source": self.source,
            "data_security_mode": "SINGLE_USER",
            "single_user_name": USER,
            "runtime_engine": "PHOTON",
            "aws_attributes": {
                "availability": "SPOT_WITH_FALLBACK",
                "first_on_demand": 1,
                "zone_id": "us-west-2a",
            },
            "spark_conf": {"spark.databricks.delta.preview.enabled": "true"},
            "custom_tags": {"team": "data"},
            "default_tags": {
                "Vendor": "Databricks",
                "Creator": USER,
                "ClusterName": self.name,
                "ClusterId": self.id,
            },
            "start_time": self.created_at,
            "state": state,
            "state_message": self.course.message(now),
        });
        let Some(fields) = cluster.as_object_mut() else {
            return cluster;
        };
        if state == "RUNNING" {
            fields.insert(
                "cluster_cores".to_owned(),
                json!(4.0 * (self.workers + 1) as f64),
            );
            fields.insert(
                "cluster_memory_mb".to_owned(),
                json!(31_232 * (self.workers + 1)),
            );
            fields.insert(
                "spark_context_id".to_owned(),
                json!(6_021_577_349_410_732_i64),
            );
            fields.insert("jdbc_port".to_owned(), json!(10_000));
            fields.insert("last_restarted_time".to_owned(), json!(self.course.since));
            let node = |nth: i64| {
                json!({
                    "node_id": format!("{}-{nth}", self.id),
                    "private_ip": format!("10.0.0.{}", nth + 10),
                    "start_timestamp": self.course.since,
                })
            };
            fields.insert("driver".to_owned(), node(0));
            fields.insert(
                "executors".to_owned(),
                (1..=self.workers).map(node).collect(),
            );
        }
        if state == "TERMINATED" {
            let (code, key, value) = if self.course.idle {
                ("INACTIVITY", "inactivity_duration_min", "60")
            } else {
                ("USER_REQUEST", "username", USER)
            };
            fields.insert("terminated_time".to_owned(), json!(self.course.until));
            fields.insert(
                "termination_reason".to_owned(),
                json!({"code": code, "type": "SUCCESS", "parameters": {key: value}}),
            );
        }
        cluster
    }
}

fn capitalized(state: &str) -> String {
    let lower = state.to_lowercase();
    let mut letters = lower.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_passes_pending_in_two_steps() {
        let course = Course {
            up: true,
            since: 1_000,
            until: 4_000,
            idle: false,
        };
        assert_eq!(course.state(1_000), "PENDING");
        assert!(course.message(1_000).starts_with("Acquiring"));
        assert_eq!(course.message(3_500), "Starting Spark");
        assert_eq!(course.state(4_000), "RUNNING");
        assert_eq!(course.message(4_000), "");
    }
}
