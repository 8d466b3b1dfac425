//! What is at stake: before the user is asked about a call, a short look at the thing it would delete or replace.
//!
//! Only operations that read are sent, each once, all of them within two seconds. A look that fails leaves the question
//! as it is.

mod ask;
mod held;
mod levels;
mod secret;
mod twin;

use std::time::Duration;

use serde_json::{Map, Value};

use crate::api;
use crate::context::Context;
use crate::error::Error;
use crate::policy::{IfMissing, Target};
use crate::shape;
use ask::ask;
use secret::Secret;

/// The time for all looks together: the user waits for the question.
const WITHIN: Duration = Duration::from_secs(2);
/// Characters of a name or an owner in a question.
const SHOWN: usize = 200;
/// The fields by which services name a thing, the best first.
const NAMES: &[&str] = &[
    "settings.name",
    "display_name",
    "displayName",
    "cluster_name",
    "full_name",
    "name",
    "path",
];
/// The fields in which services say whose a thing is.
const OWNERS: &[&str] = &[
    "owner",
    "owner_user_name",
    "creator_user_name",
    "creator_name",
    "creator",
    "created_by",
];
/// Where a table tells what the last ANALYZE counted.
const PROPERTIES: &str = "properties";
/// Lists in a thing that say how much of it there is, with one of them and several of them in words.
const PARTS: &[(&str, &str, &str)] = &[
    ("settings.tasks", "task", "tasks"),
    ("members", "member", "members"),
];

/// The thing that a call is about, as a look found it.
#[derive(Debug)]
pub enum Stakes {
    /// It does not exist, as the service says, or does not have what it is to be given.
    Missing(Error),
    /// Nothing is there that could be lost.
    Nothing,
    /// What there is to say about it; nothing where nothing was found.
    Known(Option<String>),
}

/// Looks at the things that a call would delete, replace or change.
pub(crate) async fn look(context: &Context, targets: &[Target]) -> Stakes {
    let mut told = Vec::new();
    let looks = gather(context, targets, &mut told);
    let looked = tokio::select! {
        looked = tokio::time::timeout(WITHIN, looks) => looked,
        () = context.cancel.cancelled() => Ok(None),
    };
    if let Ok(Some(missing)) = looked {
        return Stakes::Missing(missing);
    }
    let takes_nothing = |(told, target): (&Told, &Target)| {
        told.is_missing && (told.is_made || target.if_missing == IfMissing::TakesNothing)
    };
    if !targets.is_empty()
        && told.len() == targets.len()
        && told.iter().zip(targets).all(takes_nothing)
    {
        return Stakes::Nothing;
    }
    let sentences: Vec<String> = told.into_iter().filter_map(Told::sentence).collect();
    Stakes::Known((!sentences.is_empty()).then(|| sentences.join(" ")))
}

/// Looks at one thing after the other. Returns the service's error if one is missing that has to be there.
async fn gather(context: &Context, targets: &[Target], told: &mut Vec<Told>) -> Option<Error> {
    for target in targets {
        told.push(Told {
            name: target.name.clone(),
            ..Told::default()
        });
        let last = told.last_mut()?;
        match last.gather(context, target).await {
            Some(missing) if target.if_missing == IfMissing::Fails => return Some(missing),
            Some(_) => last.is_missing = true,
            None => {}
        }
        if let Some(refused) = levels::refused(context, target).await {
            return Some(refused);
        }
    }
    None
}

/// What the looks found so far.
#[derive(Debug, Default)]
struct Told {
    /// The name of the thing, where there may be several.
    name: Option<String>,
    /// What is said of it, each after its name.
    said: Vec<String>,
    /// What goes with it.
    holds: Vec<String>,
    /// The service says that it does not exist.
    is_missing: bool,
    /// The call makes it where it does not exist.
    is_made: bool,
}

impl Told {
    /// Looks at the thing itself, then at what goes with it. Returns the service's error if the thing is missing.
    async fn gather(&mut self, context: &Context, target: &Target) -> Option<Error> {
        let operation = api::find(target.operation).ok()?;
        match secret::look(context, operation.id, &target.arguments).await {
            Some(Secret::Lost) => {
                self.said.push("has a value, which is lost".to_owned());
                return None;
            }
            Some(Secret::Made) => {
                (self.is_missing, self.is_made) = (true, true);
                return None;
            }
            Some(Secret::Missing(error)) => return Some(error),
            None => {}
        }
        if let Some((twin, named)) = twin::twin(operation, &target.arguments) {
            match ask(context, twin.id, &named).await {
                Ok(thing) => self.describe(&thing, &named),
                Err(error) if is_missing(&error) => {
                    let other = target.or_else;
                    if !is_of_another_kind(context, other, &target.arguments).await {
                        return Some(error);
                    }
                }
                Err(_) => {}
            }
        }
        for (held, named) in held::of(operation.id, &target.arguments) {
            if let Ok(answer) = ask(context, held.list, &named).await {
                self.holds.extend(held.count(&answer, &named));
            }
        }
        None
    }

    fn describe(&mut self, thing: &Value, named: &Map<String, Value>) {
        let text = |paths: &[&str]| {
            let mut found = paths.iter().map(|path| shape::text_at(thing, path));
            let found = found.find(|text| !text.is_empty())?;
            // No name ends the quotes that it stands in.
            Some(shape::one_line(&found, SHOWN).replace('`', "'"))
        };
        let known = |name: &String| named.values().any(|value| value.as_str() == Some(name));
        let name = text(NAMES).filter(|name| !known(name));
        self.said.extend(name.map(|name| format!("is `{name}`")));
        self.said
            .extend(text(OWNERS).map(|owner| format!("belongs to {owner}")));
        // What the last ANALYZE counted.
        for (name, unit) in [("numRows", "row"), ("totalSize", "byte")] {
            let properties = thing.get(PROPERTIES);
            let count = properties
                .and_then(|all| all.get(format!("spark.sql.statistics.{name}"))?.as_str());
            self.holds
                .extend(count.map(|count| shape::counted(shape::one_line(count, 20), unit)));
        }
        for (path, one, several) in PARTS {
            match shape::at(thing, path) {
                Some(Value::Array(parts)) if parts.len() == 1 => {
                    self.holds.push(format!("1 {one}"))
                }
                Some(Value::Array(parts)) if !parts.is_empty() => {
                    self.holds.push(format!("{} {several}", parts.len()));
                }
                _ => {}
            }
        }
    }

    /// `It is `etl`, belongs to … and has …`, if anything was found.
    fn sentence(mut self) -> Option<String> {
        if self.is_missing {
            self.said = vec!["does not exist".to_owned()];
            self.holds.clear();
        }
        if !self.holds.is_empty() {
            self.said.push(format!("has {}", self.holds.join(", ")));
        }
        let last = self.said.pop()?;
        let thing = match &self.name {
            Some(name) => format!("`{}`", shape::one_line(name, SHOWN)),
            None => "It".to_owned(),
        };
        Some(if self.said.is_empty() {
            format!("{thing} {last}.")
        } else {
            format!("{thing} {} and {last}.", self.said.join(", "))
        })
    }
}

/// True if the thing is there for the other operation that may take it away, or nobody knows.
async fn is_of_another_kind(
    context: &Context,
    operation: Option<&str>,
    arguments: &Map<String, Value>,
) -> bool {
    let operation = operation.and_then(|operation| api::find(operation).ok());
    let Some(operation) = operation else {
        return false;
    };
    match twin::twin(operation, arguments) {
        Some((twin, named)) => {
            let looked = ask(context, twin.id, &named).await;
            !looked.is_err_and(|error| is_missing(&error))
        }
        None => true,
    }
}

/// True if the service says that there is no such thing, not only that there is no such path.
fn is_missing(error: &Error) -> bool {
    match error {
        Error::Api { status, code, .. } => {
            *status == 404
                && (code.ends_with("DOES_NOT_EXIST") || code.ends_with("NOT_FOUND"))
                && !matches!(code.as_str(), "ENDPOINT_NOT_FOUND" | "FEATURE_DISABLED")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::catalog::{Effect, OPERATIONS};

    #[test]
    fn every_field_that_is_read_is_one_of_an_answer() {
        let facts = api::Facts::get().unwrap();
        let has = |operation: &str, path: &str| {
            let answer = facts.operation(operation).unwrap().response.as_ref();
            answer.is_some_and(|answer| facts.schemas.field(answer, path).is_ok())
        };
        let shown = OPERATIONS.iter();
        let shown: Vec<&str> = shown
            .filter(|one| {
                one.effect == Effect::Reads && one.verb == "GET" && one.path.contains('{')
            })
            .map(|one| one.id)
            .chain(["jobs.get", "clusters.get", "workspace.get_status"])
            .collect();
        let parts = PARTS.iter().map(|(path, ..)| path);
        for path in NAMES.iter().chain(OWNERS).chain(parts) {
            let told = shown.iter().any(|operation| has(operation, path));
            assert!(told, "no operation that shows a thing tells its `{path}`");
        }
        assert!(has("tables.get", PROPERTIES));
        assert!(has("secrets.list_secrets", "secrets.key"));
    }
}
