//! The gate of every workspace: no request leaves that the user has ruled out, whatever tool, address or name made it.

use reqwest::Request;
use serde_json::{Map, Value};
use url::Url;

use super::{Rules, SQL, consequence, means, operations, sql, text};
use crate::api;
use crate::catalog::{Effect, Operation};
use crate::error::Error;
use crate::transport::{Call, Gate};

/// The gate that the user's restrictions make.
#[derive(Debug)]
pub struct Guard(Rules);

impl Guard {
    /// The gate of these rules; none where nothing is ruled out.
    #[must_use]
    pub fn of(rules: &Rules) -> Option<Self> {
        (rules.read_only || !rules.excluded.is_empty()).then(|| Self(rules.clone()))
    }

    /// Refuses what would change something in read-only mode. A secret is not looked for: a tool that reads may have
    /// an answer with one and show the rest.
    fn only_reads(
        &self,
        operation: &Operation,
        arguments: &Map<String, Value>,
    ) -> Result<(), Error> {
        if operation.id == SQL {
            let statement = text(arguments, "statement");
            let reads = sql::only_reads(statement, self.0.read_only_functions);
            return reads.map_err(|reason| Error::ReadOnly {
                what: "statement",
                reason,
            });
        }
        match consequence::effect(operation, arguments) {
            Effect::Reads | Effect::Reveals => Ok(()),
            effect => Err(operations::writes(operation, effect)),
        }
    }
}

impl Gate for Guard {
    fn admit(&self, call: &Call, operation: &str, request: &Request) -> Result<(), Error> {
        if call.means || means::is_means(&call.tool, operation) {
            return Ok(());
        }
        let known = api::find(operation)?;
        let Rules {
            read_only,
            excluded,
            ..
        } = &self.0;
        let mut arguments = in_url(known.path, request.url());
        if *read_only || excluded.looks_inside() {
            arguments.extend(in_body(request));
        }
        if *read_only {
            self.only_reads(known, &arguments)?;
        }
        operations::not_excluded(&call.tool, excluded.reason(known, &arguments))
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

    use super::super::Exclusion;
    use super::*;
    use crate::catalog::TOOLS;

    fn guard(excluded: &[&str]) -> Guard {
        let tools = TOOLS
            .iter()
            .filter(|tool| excluded.contains(&tool.name) || excluded.contains(&tool.toolset));
        let rules = Rules {
            excluded: Exclusion::of(tools),
            ..Rules::default()
        };
        Guard::of(&rules).unwrap()
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
    fn in_read_only_mode_nothing_leaves_that_changes_something() {
        let rules = Rules {
            read_only: true,
            ..Rules::default()
        };
        let guard = Guard::of(&rules).unwrap();
        let sql = |statement: &str| json!({ "statement": statement });
        const STATEMENTS: &str = "/api/2.0/sql/statements";
        for (tool, operation, path, body, passes) in [
            ("any", SQL, STATEMENTS, sql("SELECT 1"), true),
            ("any", SQL, STATEMENTS, sql("DROP TABLE t"), false),
            ("any", SQL, STATEMENTS, json!({}), false),
            (
                "any",
                "files.upload",
                "/api/2.0/fs/files/Volumes/a",
                json!({}),
                false,
            ),
            (
                "get_command_status",
                "command_execution.destroy",
                "/api/1.2/contexts/destroy",
                json!({}),
                false,
            ),
            (
                "any",
                "experiments.search_runs",
                "/api/2.0/mlflow/runs/search",
                json!({}),
                true,
            ),
            (
                "execute_sql",
                "statement_execution.cancel_execution",
                "/api/2.0/sql/statements/s/cancel",
                json!({}),
                true,
            ),
        ] {
            let admitted = guard.admit(&Call::new(tool), operation, &sent("POST", path, &body));
            assert_eq!(admitted.is_ok(), passes, "{operation} {body}");
        }
        assert!(Guard::of(&Rules::default()).is_none());
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
