//! The levels of an object, where the API documents do not tell them: the service is asked before the user is.

use serde_json::{Map, Value};

use super::ask::ask;
use crate::api;
use crate::context::Context;
use crate::error::Error;
use crate::policy::Target;

/// The entry of the permissions that is taken away has no level.
const NONE: &str = "NONE";

/// The error of a level that the object does not have, as the service lists them. `None` where the level is right,
/// or nobody knows.
pub(super) async fn refused(context: &Context, target: &Target) -> Option<Error> {
    if !matches!(target.operation, "permissions.update" | "permissions.set") {
        return None;
    }
    let text = |name: &str| target.arguments.get(name).and_then(Value::as_str);
    let kind = text("request_object_type")?;
    if api::levels(kind).is_some() {
        // It has been held to them already.
        return None;
    }
    let object = ["request_object_type", "request_object_id"];
    let object = object.iter().filter_map(|name| {
        let value = target.arguments.get(*name)?;
        Some(((*name).to_owned(), value.clone()))
    });
    let object: Map<String, Value> = object.collect();
    let answer = ask(context, "permissions.get_permission_levels", &object)
        .await
        .ok()?;
    let listed = answer.get("permission_levels")?.as_array()?.iter();
    let mut known: Vec<&str> = listed
        .filter_map(|one| one.get("permission_level")?.as_str())
        .collect();
    if known.is_empty() {
        return None;
    }
    known.push(NONE);
    let problems = api::without_level(kind, &known, &target.arguments);
    (!problems.is_empty()).then(|| Error::Arguments {
        tool: target.operation.to_owned(),
        problems,
    })
}
