//! Secrets: reading one would show it, so a look goes by the list of its scope.

use serde_json::{Map, Value};

use super::ask::ask;
use crate::context::Context;
use crate::error::Error;

const PUT: &str = "secrets.put_secret";
const DELETE: &str = "secrets.delete_secret";

/// What a call would do to a secret.
pub(super) enum Secret {
    /// Its value is lost.
    Lost,
    /// It is not there, and made.
    Made,
    /// It is not there, and nothing can be done to it.
    Missing(Error),
}

/// Looks for a secret. `None` where the operation is about something else, or the look fails.
pub(super) async fn look(
    context: &Context,
    operation: &str,
    arguments: &Map<String, Value>,
) -> Option<Secret> {
    if operation != PUT && operation != DELETE {
        return None;
    }
    let (scope, key) = (arguments.get("scope")?, arguments.get("key")?);
    let within = Map::from_iter([("scope".to_owned(), scope.clone())]);
    let list = ask(context, "secrets.list_secrets", &within).await.ok()?;
    let keys = list.get("secrets").and_then(Value::as_array);
    let found = keys.is_some_and(|keys| keys.iter().any(|one| one.get("key") == Some(key)));
    Some(match (found, operation) {
        (true, _) => Secret::Lost,
        (false, PUT) => Secret::Made,
        (false, _) => Secret::Missing(Error::Api {
            operation: operation.to_owned(),
            status: 404,
            code: "RESOURCE_DOES_NOT_EXIST".to_owned(),
            message: format!("scope {scope} has no secret {key}"),
            request_id: None,
            retryable: false,
            retry_after: None,
            hint: None,
        }),
    })
}
