//! The gate of every workspace: no request leaves that the user has excluded, whatever tool, address or name made it.

use reqwest::Request;
use serde_json::{Map, Value};
use url::Url;

use super::exclusion::Exclusion;
use super::{means, operations};
use crate::api;
use crate::error::Error;
use crate::transport::{Call, Gate};

/// The gate that an exclusion makes.
#[derive(Debug)]
pub struct Guard(Exclusion);

impl Guard {
    /// The gate of an exclusion; none where nothing is excluded.
    #[must_use]
    pub fn of(excluded: &Exclusion) -> Option<Self> {
        (!excluded.is_empty()).then(|| Self(excluded.clone()))
    }
}

impl Gate for Guard {
    fn admit(&self, call: &Call, operation: &str, request: &Request) -> Result<(), Error> {
        if call.means || means::is_means(&call.tool, operation) {
            return Ok(());
        }
        let known = api::find(operation)?;
        let mut arguments = in_url(known.path, request.url());
        if self.0.looks_inside() {
            arguments.extend(in_body(request));
        }
        let reason = self.0.reason(known, &arguments);
        operations::not_excluded(&call.tool, reason)
    }
}

/// The arguments that a request carries in its body, as far as that is JSON.
fn in_body(request: &Request) -> Map<String, Value> {
    let body = request.body().and_then(reqwest::Body::as_bytes);
    let body = body.and_then(|body| serde_json::from_slice(body).ok());
    body.unwrap_or_default()
}

/// The arguments that a request carries in its query and its path.
fn in_url(template: &str, url: &Url) -> Map<String, Value> {
    let query = url.query_pairs();
    let query = query.map(|(name, value)| (name.into_owned(), Value::from(&*value)));
    query.chain(in_path(template, url.path())).collect()
}

/// The parameters of a path, by their names.
fn in_path(template: &str, path: &str) -> Vec<(String, Value)> {
    let (template, path) = (template.split('/'), path.split('/'));
    let pairs = template.zip(path).filter_map(|(hole, given)| {
        let (before, hole) = hole.split_once('{')?;
        let (name, after) = hole.split_once('}')?;
        let given = given.strip_prefix(before)?.strip_suffix(after)?;
        let given = percent_encoding::percent_decode_str(given)
            .decode_utf8()
            .ok()?;
        Some((name.to_owned(), Value::from(&*given)))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use reqwest::Method;
    use serde_json::json;

    use super::*;
    use crate::catalog::TOOLS;

    fn guard(excluded: &[&str]) -> Guard {
        let tools = TOOLS
            .iter()
            .filter(|tool| excluded.contains(&tool.name) || excluded.contains(&tool.toolset));
        Guard::of(&Exclusion::of(tools)).unwrap()
    }

    fn sent(verb: &str, path: &str, body: &Value) -> Request {
        let url = Url::parse(&format!("https://acme.cloud.databricks.com{path}")).unwrap();
        let mut request = Request::new(Method::from_bytes(verb.as_bytes()).unwrap(), url);
        *request.body_mut() = Some(body.to_string().into());
        request
    }

    #[test]
    fn what_is_excluded_passes_on_behalf_of_nobody_but_as_a_means() {
        let guard = guard(&["get_run", "export_notebook"]);
        let run = sent("GET", "/api/2.2/jobs/runs/get?run_id=7", &json!({}));
        let export = sent("GET", "/api/2.0/workspace/export?path=/a", &json!({}));
        for (tool, operation, request, passes) in [
            ("run_job", "jobs.get_run", &run, true),
            ("run_notebook", "jobs.get_run", &run, true),
            ("get_run_output", "jobs.get_run", &run, false),
            ("diagnose_run", "jobs.get_run", &run, false),
            ("api_call", "jobs.get_run", &run, false),
            ("edit_notebook", "workspace.export", &export, false),
            ("copy_file", "workspace.export", &export, false),
            ("resources/read", "workspace.export", &export, false),
            ("edit_notebook", "workspace.get_status", &export, true),
        ] {
            let call = Call::new(tool);
            let admitted = guard.admit(&call, operation, request);
            assert_eq!(admitted.is_ok(), passes, "{tool} {operation}");
            let means = Call {
                means: true,
                ..call
            };
            assert!(guard.admit(&means, operation, request).is_ok(), "{tool}");
        }
    }

    #[test]
    fn what_a_request_carries_counts_wherever_it_stands() {
        let guard = guard(&["grants"]);
        for (operation, verb, path, body) in [
            (
                "jobs.create",
                "POST",
                "/api/2.2/jobs/create",
                json!({ "access_control_list": [] }),
            ),
            (
                "permissions.update",
                "PATCH",
                "/api/2.0/permissions/jobs/7",
                json!({}),
            ),
            (
                "statement_execution.execute_statement",
                "POST",
                "/api/2.0/sql/statements",
                json!({ "statement": "GRANT SELECT ON t TO a" }),
            ),
        ] {
            let call = Call::new("any");
            let refused = guard.admit(&call, operation, &sent(verb, path, &body));
            assert!(refused.is_err(), "{operation}");
        }
        let harmless = sent("POST", "/api/2.2/jobs/create", &json!({ "name": "j" }));
        assert!(
            guard
                .admit(&Call::new("any"), "jobs.create", &harmless)
                .is_ok()
        );
    }

    #[test]
    fn the_parameters_of_a_path_are_found_again() {
        assert_eq!(
            in_path(
                "/api/2.0/a/{kind}/{name}:undelete",
                "/api/2.0/a/jobs/x%2Fy:undelete"
            ),
            [
                ("kind".to_owned(), json!("jobs")),
                ("name".to_owned(), json!("x/y"))
            ]
        );
    }
}
