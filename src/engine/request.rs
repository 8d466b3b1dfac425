//! Builds an HTTP request from a plan and the arguments of a call.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, Request};
use serde_json::{Map, Value};

use super::times;
use super::times::REQUEST;
use crate::catalog::{Argument, Place, RequestPlan, Source};
use crate::context::{Context, Workspace};
use crate::error::Error;

/// Encodes everything but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
/// Encodes the same but slashes, for a path within the path.
const SEGMENTS: &AsciiSet = &SEGMENT.remove(b'/');

/// The values of a request that is not built yet, by wire name.
#[derive(Debug, Default, Clone)]
pub(super) struct Values(Vec<(Cow<'static, str>, Place, Value)>);

impl Values {
    /// The values that the plan takes from the arguments, the configuration and itself.
    pub(super) async fn of(
        plan: &'static RequestPlan,
        arguments: &Map<String, Value>,
        context: &Context,
    ) -> Result<Self, Error> {
        let mut values = Self::default();
        for argument in plan.arguments {
            if let Some(value) = value(argument, arguments, context).await? {
                let value = if argument.base64 {
                    Value::String(STANDARD.encode(text_of(&value)))
                } else if argument.time {
                    times::millis(argument.name, &value)?
                } else {
                    value
                };
                values.set(argument.wire, argument.place, value);
            }
        }
        Ok(values)
    }

    /// Sets a value, in place of an earlier one.
    pub(super) fn set(&mut self, wire: impl Into<Cow<'static, str>>, place: Place, value: Value) {
        let wire = wire.into();
        self.0
            .retain(|(known, at, _)| *known != wire || *at != place);
        self.0.push((wire, place, value));
    }

    /// Drops the values of the query but these.
    pub(super) fn keep_in_query(&mut self, names: &[&str]) {
        self.0
            .retain(|(name, place, _)| *place != Place::Query || names.contains(&name.as_ref()));
    }

    /// Builds the request.
    pub(super) fn request(
        &self,
        plan: &RequestPlan,
        workspace: &Workspace,
    ) -> Result<Request, Error> {
        let fault = |reason: String| Error::Internal {
            reason: format!(
                "the request of `{}` cannot be built: {reason}",
                plan.operation
            ),
        };
        let mut path = plan.path.to_owned();
        let mut query: Vec<(&str, String)> = Vec::new();
        let mut body = Map::new();
        let mut headers = Vec::new();
        let mut raw = None;
        for (wire, place, value) in &self.0 {
            match place {
                Place::Segment => {
                    let text = text_of(value);
                    not_empty(plan, wire, &text)?;
                    let text = utf8_percent_encode(&text, SEGMENT).to_string();
                    path = path.replace(&format!("{{{wire}}}"), &safe_segment(&text)?);
                }
                Place::Segments => {
                    let text = text_of(value);
                    let text =
                        utf8_percent_encode(text.trim_start_matches('/'), SEGMENTS).to_string();
                    for segment in text.split('/') {
                        safe_segment(segment)?;
                    }
                    // `directories{path}`: some templates leave the first slash to the value.
                    let hole = format!("{{{wire}}}");
                    let slash = if path.contains(&format!("/{hole}")) {
                        ""
                    } else {
                        "/"
                    };
                    path = path.replace(&hole, &format!("{slash}{text}"));
                }
                Place::Query => match value {
                    Value::Array(items) => {
                        query.extend(items.iter().map(|item| (wire.as_ref(), text_of(item))))
                    }
                    value => query.push((wire.as_ref(), text_of(value))),
                },
                Place::Header => headers.push((wire.as_ref(), text_of(value))),
                Place::Property => {
                    body.insert(wire.to_string(), value.clone());
                }
                Place::Raw => raw = Some(text_of(value)),
            }
        }
        let url = workspace
            .transport
            .host()
            .join(&path)
            .map_err(|error| fault(error.to_string()))?;
        let verb =
            Method::from_bytes(plan.verb.as_bytes()).map_err(|error| fault(error.to_string()))?;
        let has_body = matches!(verb, Method::POST | Method::PUT | Method::PATCH);
        let mut request = workspace.transport.client().request(verb, url);
        if !plan.raw {
            request = request.header(ACCEPT, "application/json");
        }
        if !query.is_empty() {
            request = request.query(&query);
        }
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(raw) = raw {
            request = request
                .header(CONTENT_TYPE, "application/octet-stream")
                .body(raw);
        } else if has_body {
            request = request.json(&body);
        }
        request.build().map_err(|error| fault(error.to_string()))
    }
}

async fn value(
    argument: &Argument,
    arguments: &Map<String, Value>,
    context: &Context,
) -> Result<Option<Value>, Error> {
    let given = arguments.get(argument.name).cloned();
    let fixed = |json: &str| {
        serde_json::from_str(json).map_err(|error| Error::Internal {
            reason: format!(
                "the fixed value of `{}` is not JSON: {error}",
                argument.wire
            ),
        })
    };
    match (&argument.source, given) {
        (Source::Constant(json), _) => fixed(json).map(Some),
        (Source::Uuid, _) => Ok(Some(Value::String(uuid::Uuid::new_v4().to_string()))),
        (_, Some(given)) => Ok(Some(given)),
        (Source::CallerOr(json), None) => fixed(json).map(Some),
        (Source::CallerOrUnless(_, other), None) if arguments.contains_key(*other) => Ok(None),
        (Source::CallerOrUnless(json, _), None) => fixed(json).map(Some),
        (Source::CallerOrWorkspace, None) => workspace_id(context)
            .await
            .map(|id| Some(Value::String(id))),
        (Source::CallerOrWarehouse, None) => {
            Ok(context.workspace.warehouse.get().map(Value::String))
        }
        (Source::Caller, None) => Ok(None),
    }
}

/// The id of the workspace. Every answer names it in a header, so it is asked for once.
async fn workspace_id(context: &Context) -> Result<String, Error> {
    const ME: &str = "/api/2.0/preview/scim/v2/Me";
    const OPERATION: &str = "current_user.me";
    let transport = &context.workspace.transport;
    let ask = async || {
        let fault = |reason: String| Error::Answer {
            operation: OPERATION.to_owned(),
            reason,
        };
        let url = transport.host().join(ME);
        let url = url.map_err(|error| fault(error.to_string()))?;
        let request = Request::new(Method::GET, url);
        let reply = transport
            .send(&context.as_means().call, OPERATION, request)
            .await?;
        let id = reply.headers.get("x-databricks-org-id");
        id.and_then(|id| id.to_str().ok())
            .map(ToOwned::to_owned)
            .ok_or_else(|| fault("it does not name the workspace's id".to_owned()))
    };
    let id = context.workspace.id.get_or_try_init(ask).await?;
    Ok(id.clone())
}

/// A string bare, anything else as JSON.
fn text_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Refuses a path parameter that names nothing: the request would go to another operation.
fn not_empty(plan: &RequestPlan, wire: &str, text: &str) -> Result<(), Error> {
    if !text.trim().is_empty() {
        return Ok(());
    }
    let named = plan.arguments.iter().find(|argument| argument.wire == wire);
    let name = named.map_or(wire, |argument| argument.name);
    Err(Error::Arguments {
        tool: plan.operation.to_owned(),
        problems: vec![format!("`{name}` is empty; the request needs it")],
    })
}

/// Refuses `.` and `..`, which would lead to another operation.
fn safe_segment(segment: &str) -> Result<String, Error> {
    if matches!(segment, "." | "..") {
        return Err(Error::Arguments {
            tool: REQUEST.to_owned(),
            problems: vec![format!("`{segment}` cannot be part of a path")],
        });
    }
    Ok(segment.to_owned())
}
