//! One request of a plan, and its answer as JSON.

use std::borrow::Cow;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Request;
use serde::de::value::{
    Error as Unreadable, MapAccessDeserializer, MapDeserializer, SeqAccessDeserializer,
};
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess};
use serde_json::{Map, Value};

use super::request::Values;
use crate::catalog::{Plan, RequestPlan, only_reads};
use crate::context::Context;
use crate::error::Error;
use crate::hints;
use crate::shape::{self, Cases, Read};

/// Sends the request of a plan and returns the service's answer as it came.
///
/// # Errors
/// Fails with the error of the service or the network.
pub(super) async fn start(
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
) -> Result<Value, Error> {
    start_reading(plan, context, arguments, PhantomData).await
}

/// Sends the request of a plan and reads the answer with a seed.
pub(super) async fn start_reading<S, T>(
    plan: &'static Plan,
    context: &Context,
    arguments: &Map<String, Value>,
    seed: S,
) -> Result<T, Error>
where
    S: for<'de> DeserializeSeed<'de, Value = T>,
{
    let values = Values::of(&plan.request, arguments, context).await?;
    let request = values.request(&plan.request, &context.workspace)?;
    let due = promises_an_object(&plan.request) || tells_what_it_wrote(plan);
    let answer = send_expecting(context, &plan.request, request, (due, seed)).await;
    // What cannot be read may have been done.
    answer.map_err(|error| match reads(&plan.request) {
        true => error,
        false => hints::may_have_been_done(error),
    })
}

/// Sends a request and returns its JSON.
pub(super) async fn send(
    context: &Context,
    plan: &RequestPlan,
    request: Request,
) -> Result<Value, Error> {
    send_reading(context, plan, request, PhantomData).await
}

/// Sends a request and reads its JSON with a seed: an empty body as an empty object, a list as the field
/// `items`, a raw body as the field `content`, with the field `encoding` where it is no text.
pub(super) async fn send_reading<S, T>(
    context: &Context,
    plan: &RequestPlan,
    request: Request,
    seed: S,
) -> Result<T, Error>
where
    S: for<'de> DeserializeSeed<'de, Value = T>,
{
    let due = promises_an_object(plan);
    send_expecting(context, plan, request, (due, seed)).await
}

/// As [`send_reading`], where an object may be `due`.
async fn send_expecting<S, T>(
    context: &Context,
    plan: &RequestPlan,
    request: Request,
    (due, seed): (bool, S),
) -> Result<T, Error>
where
    S: for<'de> DeserializeSeed<'de, Value = T>,
{
    let transport = &context.workspace.transport;
    let reply = transport
        .send(&context.call, plan.operation, request)
        .await?;
    if !plan.raw {
        if due && matches!(reply.body.trim_ascii(), b"" | b"null") {
            return Err(Error::Answer {
                operation: plan.operation.to_owned(),
                reason: "it is empty where an object is due".to_owned(),
            });
        }
        let listed = !due || LISTS.contains(&plan.operation);
        return reply.read(plan.operation, Read(InObject { seed, listed, due }));
    }
    let (content, encoding) = match std::str::from_utf8(&reply.body) {
        Ok(content) => (Cow::Borrowed(content), None),
        Err(_) => match shape::nearly_text(&reply.body) {
            Some(content) => (Cow::Owned(content), None),
            None => (Cow::Owned(STANDARD.encode(&reply.body)), Some("base64")),
        },
    };
    let content = std::iter::once(("content", content.as_ref()));
    let content = content.chain(encoding.map(|encoding| ("encoding", encoding)));
    let content = MapDeserializer::<_, Unreadable>::new(content);
    seed.deserialize(content).map_err(|error| Error::Answer {
        operation: plan.operation.to_owned(),
        reason: error.to_string(),
    })
}

/// True for a request that changes nothing.
fn reads(plan: &RequestPlan) -> bool {
    matches!(plan.verb, "GET" | "HEAD") || only_reads(plan.operation)
}

/// True for what writes and answers with what it wrote, such as the id of something new.
fn tells_what_it_wrote(plan: &Plan) -> bool {
    let shape = &plan.shape;
    !reads(&plan.request)
        && !shape.fields.is_empty()
        && shape.shown_by.is_empty()
        && shape.says.is_empty()
}

/// True for what reads and answers with an object, or with a list of [`LISTS`]: a GET, and a POST that asks, such as a
/// search. What a model or another system answers is anything.
fn promises_an_object(plan: &RequestPlan) -> bool {
    match plan.verb {
        "GET" => true,
        "HEAD" => false,
        _ => only_reads(plan.operation) && !ANYTHING.contains(&plan.operation),
    }
}

/// Operations that read by another verb than GET and may answer with nothing or with anything.
const ANYTHING: &[&str] = &[];

/// Operations that read and answer with a bare list.
const LISTS: &[&str] = &[
    "account_credentials.list",
    "alerts_legacy.list",
    "data_sources.list",
    "encryption_keys.list",
    "networks.list",
    "private_access.list",
    "storage.list",
    "vpc_endpoints.list",
    "workspaces.list",
];

/// Reads a list as an object with the field `items`: a structured answer is an object.
struct InObject<S> {
    seed: S,
    /// A list may come.
    listed: bool,
    /// No bare value may come.
    due: bool,
}

impl<'de, S: DeserializeSeed<'de>> Cases<'de> for InObject<S> {
    type Value = S::Value;

    fn scalar<E: de::Error>(self, value: Value) -> Result<S::Value, E> {
        if self.due {
            return Err(de::Error::custom(
                "it is a bare value where an object is due",
            ));
        }
        self.seed.deserialize(value).map_err(E::custom)
    }

    fn list<A: SeqAccess<'de>>(self, list: A) -> Result<S::Value, A::Error> {
        if !self.listed {
            return Err(de::Error::custom("it is a list where an object is due"));
        }
        let items = std::iter::once(("items", SeqAccessDeserializer::new(list)));
        self.seed.deserialize(MapDeserializer::new(items))
    }

    fn object<A: MapAccess<'de>>(self, object: A) -> Result<S::Value, A::Error> {
        self.seed.deserialize(MapAccessDeserializer::new(object))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::catalog::{Effect, Facts, OPERATIONS};

    #[test]
    fn the_operations_that_answer_with_a_bare_list_are_those_of_the_specs() {
        let facts: &Facts = Facts::get().unwrap();
        let is_list = |schema: &Value| {
            let mut at = schema;
            while let Some(name) = at.get("$ref").and_then(Value::as_str) {
                match facts.schemas.get(name) {
                    Some(schema) => at = schema,
                    None => return false,
                }
            }
            at.get("type").is_some_and(|kind| kind == "array")
        };
        let response = |id: &str| facts.operation(id).and_then(|known| known.response.clone());
        let reads =
            |verb: &str, effect| verb == "GET" || (verb != "HEAD" && effect == Effect::Reads);
        let reading = OPERATIONS
            .iter()
            .filter(|operation| reads(operation.verb, operation.effect));
        let (mut lists, mut anything) = (Vec::new(), Vec::new());
        for operation in reading {
            match response(operation.id) {
                Some(response) if is_list(&response) => lists.push(operation.id),
                None if operation.verb != "GET" => anything.push(operation.id),
                _ => {}
            }
        }
        assert_eq!(lists, LISTS);
        assert_eq!(anything, ANYTHING);
    }
}
