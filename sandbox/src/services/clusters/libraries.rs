//! Libraries of clusters: installed while the cluster runs, removed by a restart.

use serde::Deserialize;
use serde_json::{Value, json};

use super::cluster::{Cluster, Installed, find};
use super::{ById, Clusters};
use crate::clock::{Clock, Millis};
use crate::http::{ApiError, Call, Reply};

/// The seconds that an installation takes in the real service.
const INSTALLS_IN: f64 = 5.0;

/// The name of a package that no index has, and what is said of it.
const NOWHERE: &str = "prophet-nightly";
const MISSING: &str = "No matching distribution found for prophet-nightly";

#[derive(Deserialize)]
struct Libraries {
    cluster_id: String,
    libraries: Vec<Value>,
}

impl Clusters {
    pub(super) fn install(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Libraries = call.body()?;
        if body.libraries.is_empty() {
            return Err(ApiError::invalid("No libraries specified."));
        }
        let now = self.clock.now();
        let mut all = self.all.lock();
        let cluster = find(&mut all, &body.cluster_id)?;
        for library in body.libraries {
            cluster.libraries.retain(|other| other.library != library);
            let failed = is_missing(&library).then_some(MISSING);
            cluster.libraries.push(Installed {
                library,
                since: now,
                leaving: false,
                failed,
            });
        }
        Ok(Reply::empty())
    }

    pub(super) fn uninstall(&self, call: &Call) -> Result<Reply, ApiError> {
        let body: Libraries = call.body()?;
        let mut all = self.all.lock();
        let cluster = find(&mut all, &body.cluster_id)?;
        // A terminated cluster has no restart to wait for.
        let up = cluster.course.state(self.clock.now()) != "TERMINATED";
        for library in &body.libraries {
            if up {
                let named = cluster.libraries.iter_mut();
                let mut named = named.filter(|other| other.library == *library);
                named.by_ref().for_each(|other| other.leaving = true);
            } else {
                cluster.libraries.retain(|other| other.library != *library);
            }
        }
        Ok(Reply::empty())
    }

    pub(super) fn cluster_status(&self, call: &Call) -> Result<Reply, ApiError> {
        let query: ById = call.query()?;
        let now = self.clock.now();
        let mut all = self.all.lock();
        let cluster = find(&mut all, &query.cluster_id)?;
        Ok(statuses(cluster, now, self.clock).into())
    }

    pub(super) fn all_cluster_statuses(&self, _: &Call) -> Result<Reply, ApiError> {
        let now = self.clock.now();
        let all = self.all.lock();
        let statuses = all
            .iter()
            .filter(|cluster| !cluster.libraries.is_empty())
            .map(|cluster| statuses(cluster, now, self.clock));
        Ok(json!({"statuses": statuses.collect::<Vec<Value>>()}).into())
    }
}

fn is_missing(library: &Value) -> bool {
    let package = library.pointer("/pypi/package").and_then(Value::as_str);
    package.is_some_and(|package| package.split("==").next() == Some(NOWHERE))
}

fn statuses(cluster: &Cluster, now: Millis, clock: Clock) -> Value {
    let up = cluster.course.state(now) == "RUNNING";
    let libraries = cluster.libraries.iter().map(|installed| {
        let done = now >= installed.since + clock.takes(INSTALLS_IN);
        let status = match (installed.leaving, up, done) {
            (true, ..) => "UNINSTALL_ON_RESTART",
            (false, true, false) => "INSTALLING",
            _ if installed.failed.is_some() => "FAILED",
            (false, false, _) => "PENDING",
            (false, true, true) => "INSTALLED",
        };
        json!({
            "library": installed.library,
            "status": status,
            "messages": installed.failed.filter(|_| status == "FAILED").map(|reason| [reason]),
            "is_library_for_all_clusters": false,
        })
    });
    let libraries: Vec<Value> = libraries.collect();
    json!({
        "cluster_id": cluster.id,
        "library_statuses": (!libraries.is_empty()).then_some(libraries),
    })
}
