//! What the cluster and the pipeline of a failed task say.

use databricks_client::PipelinesListPipelineEventsParams;
use databricks_client::types::{
    ClustersEventsRequest, ComputeClusterEvent, ComputeGetEventsOrder, ComputeTerminationReason,
};
use serde_json::Value;

use crate::context::Context;
use crate::shape;
use crate::transport::typed_answer;

/// Events that may explain a failure.
const TELLING: &[&str] = &[
    "TERMINATING",
    "DRIVER_NOT_RESPONDING",
    "DRIVER_UNAVAILABLE",
    "NODES_LOST",
    "SPARK_EXCEPTION",
    "ADD_NODES_FAILED",
    "METASTORE_DOWN",
    "DID_NOT_EXPAND_DISK",
    "FAILED_TO_EXPAND_DISK",
    "DBFS_DOWN",
];
/// Events that are read, and lines that are shown.
const READ: i64 = 50;
const SHOWN: usize = 4;
/// Characters of one line.
const LINE: usize = 240;
/// Milliseconds around a task in which its cluster's events count.
const AROUND: i64 = 600_000;

/// What could be read, and what could not, in lines.
#[derive(Debug, Default)]
pub(super) struct Evidence {
    pub(super) found: Vec<String>,
    pub(super) not_assessed: Vec<String>,
}

/// Reads why a cluster ended, what happened to it while a task ran, and which of its libraries failed.
pub(super) async fn of_cluster(
    context: &Context,
    cluster_id: &str,
    (start, end): (Option<i64>, Option<i64>),
) -> Evidence {
    let mut evidence = Evidence::default();
    let client = context.client();
    match typed_answer("clusters.get", client.clusters_get(cluster_id).await) {
        Ok(cluster) => {
            let reason = cluster.termination_reason.as_ref().map(reason);
            let reason = reason.filter(|reason| !reason.is_empty());
            evidence.found.extend(reason.map(|reason| {
                format!(
                    "cluster {cluster_id} ended: {}",
                    shape::one_line(&reason, LINE)
                )
            }));
        }
        Err(error) => evidence
            .not_assessed
            .push(format!("cluster {cluster_id}: {error}")),
    }
    let request = ClustersEventsRequest {
        start_time: start.map(|start| start.saturating_sub(AROUND)),
        end_time: end
            .filter(|end| *end > 0)
            .map(|end| end.saturating_add(AROUND)),
        order: Some(ComputeGetEventsOrder::Desc),
        page_size: Some(READ),
        cluster_id: cluster_id.to_owned(),
    };
    let events = client.clusters_events(&request).await;
    match typed_answer("clusters.events", events) {
        Ok(events) => {
            let lines = events.events.iter().flatten().filter_map(line);
            evidence.found.extend(lines.take(SHOWN));
        }
        Err(error) => evidence
            .not_assessed
            .push(format!("events of cluster {cluster_id}: {error}")),
    }
    let libraries = client.libraries_cluster_status(cluster_id).await;
    match typed_answer("libraries.cluster_status", libraries) {
        Ok(libraries) => {
            for library in libraries.library_statuses.iter().flatten() {
                let failed = library.status.as_ref().map(ToString::to_string);
                if failed.as_deref() == Some("FAILED") {
                    let name = library
                        .library
                        .clone()
                        .map(Value::Object)
                        .unwrap_or_default();
                    let said = library.messages.iter().flatten().last();
                    let said = said.map_or("no reason given", String::as_str);
                    let line = format!("library {name} failed: {said}");
                    evidence.found.push(shape::one_line(&line, LINE));
                }
            }
        }
        Err(error) => evidence
            .not_assessed
            .push(format!("libraries of cluster {cluster_id}: {error}")),
    }
    evidence
}

/// Reads the last errors of a pipeline since a task began.
pub(super) async fn of_pipeline(
    context: &Context,
    pipeline_id: &str,
    since: Option<i64>,
) -> Evidence {
    let mut evidence = Evidence::default();
    let since = since.and_then(|since| jiff::Timestamp::from_millisecond(since).ok());
    let filter = match since {
        Some(since) => format!("level='ERROR' AND timestamp >= '{since}'"),
        None => "level='ERROR'".to_owned(),
    };
    let client = context.client();
    let called = client.pipelines_list_pipeline_events(PipelinesListPipelineEventsParams {
        pipeline_id,
        filter: Some(&filter),
        max_results: Some(5),
        order_by: None,
        page_token: None,
    });
    match typed_answer("pipelines.list_pipeline_events", called.await) {
        Ok(events) => {
            for event in events.events.iter().flatten().take(SHOWN) {
                let error = event.error.as_ref();
                let exceptions = error.and_then(|error| error.exceptions.as_ref());
                let innermost = exceptions.and_then(|all| all.last());
                let said = innermost.map(|one| {
                    let name = one.class_name.as_deref().unwrap_or("error");
                    format!("{name}: {}", one.message.as_deref().unwrap_or_default())
                });
                let said = said.or_else(|| event.message.clone()).unwrap_or_default();
                let line = format!("pipeline {pipeline_id}: {said}");
                evidence.found.push(shape::one_line(&line, LINE));
            }
        }
        Err(error) => evidence
            .not_assessed
            .push(format!("events of pipeline {pipeline_id}: {error}")),
    }
    evidence
}

/// One event that may explain a failure, in one line.
fn line(event: &ComputeClusterEvent) -> Option<String> {
    let kind = event.type_.as_ref()?.to_string();
    if !TELLING.contains(&kind.as_str()) {
        return None;
    }
    let at = event
        .timestamp
        .and_then(|at| jiff::Timestamp::from_millisecond(at.into()).ok());
    let at = at.map_or_else(String::new, |at| format!("{at:.0} "));
    let details = event.details.as_ref();
    let said = details.and_then(|details| {
        let texts = [
            &details.driver_state_message,
            &details.did_not_expand_reason,
        ];
        let text = texts.into_iter().flatten().next().cloned();
        text.or_else(|| details.reason.as_ref().map(reason))
    });
    let said = said.map_or_else(String::new, |said| format!(": {said}"));
    Some(shape::one_line(
        &format!("cluster event {at}{kind}{said}"),
        LINE,
    ))
}

/// Why a cluster ended: code, kind, and the parameters that the service adds.
fn reason(reason: &ComputeTerminationReason) -> String {
    let code = reason.code.as_ref().map(ToString::to_string);
    let kind = reason.type_.as_ref().map(ToString::to_string);
    let mut parts: Vec<String> = code.into_iter().chain(kind).collect();
    for (name, value) in reason.parameters.iter().flatten() {
        parts.push(format!("{name}={value}"));
    }
    parts.join(", ")
}
