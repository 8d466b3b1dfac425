//! Every operation that no service answers, answered from its schemas: what a path creates, shows, lists, changes and
//! deletes is a collection, and any other operation shows what it was given.
//!
//! A document is read when a call first asks for one of its paths, so that the others cost nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::http::Method;
use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use crate::collections::Ids;
use crate::http::{ApiError, Call, Reply};
use crate::kinds::{Kind, OPERATION};
use crate::operations::{Operations, Route};
use crate::shared::Shared;
use crate::spec::{Listed, Shape, Spec, SpecError};

/// The routes of documents, built when they are first asked for.
pub(crate) struct Generic {
    shared: Arc<Shared>,
    /// The operations that services answer.
    served: BTreeSet<&'static str>,
    built: Mutex<BTreeMap<&'static str, Arc<Vec<Route>>>>,
}

/// Last segments of paths that say what is done, as older services have them.
const CREATE: &[&str] = &["create", "add", "register", "import"];
const GET: &[&str] = &["get", "get-status"];
const LIST: &[&str] = &["list", "search"];
const CHANGE: &[&str] = &["edit", "update"];
const DELETE: &[&str] = &["delete", "remove"];

impl Generic {
    /// Answers what none of `routes` does.
    pub(crate) fn beside(routes: &[Route], shared: &Arc<Shared>) -> Self {
        Self {
            shared: shared.clone(),
            served: routes.iter().map(|route| route.operation.id).collect(),
            built: Mutex::default(),
        }
    }

    /// The routes among which that of a path is, if the API has it.
    ///
    /// # Errors
    /// Fails if a document cannot be read.
    pub(crate) fn routes(&self, path: &str) -> Result<Vec<Arc<Vec<Route>>>, ApiError> {
        let mut all = Vec::new();
        for document in Spec::documents_of(path) {
            let mut built = self.built.lock();
            if !built.contains_key(document) {
                let routes = self.build(document);
                let routes = routes.map_err(|error| ApiError::internal(error.to_string()))?;
                built.insert(document, Arc::new(routes));
            }
            all.extend(built.get(document).cloned());
        }
        Ok(all)
    }

    fn build(&self, document: &'static str) -> Result<Vec<Route>, SpecError> {
        let mut on = Operations::of(&[document])?;
        on.turn_to(document);
        let listed = Spec::load(&[document])?.operations(document);
        let mut groups: BTreeMap<String, Vec<Listed>> = BTreeMap::new();
        for operation in listed {
            groups.entry(home(&operation)).or_default().push(operation);
        }
        for (home, operations) in groups {
            let is_open = |one: &&Listed| !self.served.contains(one.id);
            let open: Vec<&Listed> = operations.iter().filter(is_open).collect();
            // A service that answers some of them has their state, which this could not see.
            let whole = open.len() == operations.len();
            let kind = if whole {
                kind(&home, &operations, &on)
            } else {
                None
            };
            let mut answered = BTreeSet::new();
            if let Some((kind, its)) = kind {
                kind.serve(&mut on, &self.shared);
                answered = its;
            }
            for one in open.into_iter().filter(|one| !answered.contains(one.id)) {
                let shape = Arc::new(on.answer_shape(one.id));
                on.on(one.id, &shape, echo);
            }
        }
        let mut routes = on.routes()?;
        routes.sort_by_key(|route| std::cmp::Reverse(route.operation.path.literals()));
        Ok(routes)
    }
}

/// What a resource's operations have in common: the path without the last word or the last parameter.
fn home(operation: &Listed) -> String {
    match operation.path.rsplit_once('/') {
        Some((parent, last)) if last.starts_with('{') || is_word(last) => parent.to_owned(),
        _ => operation.path.to_owned(),
    }
}

fn is_word(last: &str) -> bool {
    [CREATE, GET, LIST, CHANGE, DELETE]
        .iter()
        .any(|words| words.contains(&last))
}

/// What an operation does to the collection at `home`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Create,
    Get,
    List,
    Update,
    Replace,
    Delete,
}

fn role(operation: &Listed, home: &str, lists: bool) -> Option<Role> {
    let last = operation.path.strip_prefix(home)?.trim_start_matches('/');
    let is = |words: &[&str]| words.contains(&last);
    match &operation.verb {
        &Method::POST if last.is_empty() || is(CREATE) => Some(Role::Create),
        &Method::GET if is(LIST) || (last.is_empty() && lists) => Some(Role::List),
        &Method::POST if is(LIST) => Some(Role::List),
        &Method::GET if is(GET) || last.starts_with('{') => Some(Role::Get),
        &Method::POST if is(CHANGE) => Some(Role::Update),
        &Method::PATCH if last.starts_with('{') => Some(Role::Update),
        &Method::PUT if last.starts_with('{') => Some(Role::Replace),
        &Method::POST | &Method::DELETE if is(DELETE) => Some(Role::Delete),
        &Method::DELETE if last.starts_with('{') => Some(Role::Delete),
        _ => None,
    }
}

/// The kind that some operations are about, and those of them that it answers; `None` where none makes one.
fn kind(
    home: &str,
    operations: &[Listed],
    on: &Operations,
) -> Option<(Kind, BTreeSet<&'static str>)> {
    let roles: Vec<(&Listed, Role)> = operations
        .iter()
        .filter_map(|one| {
            let lists = on.answer_shape(one.id).is_some_and(holds_list);
            Some((one, role(one, home, lists)?))
        })
        .collect();
    let of = |wanted: Role| {
        roles
            .iter()
            .find(|(_, role)| *role == wanted)
            .map(|(one, _)| *one)
    };
    let create = of(Role::Create)?;
    let finder = of(Role::Get).or(of(Role::Delete)).or(of(Role::Update))?;
    let argument = finder.identifies()?;
    let shown = of(Role::Get)
        .or(Some(create))
        .and_then(|one| on.answer_shape(one.id));
    let id = id_field(argument, shown);
    let ids = match () {
        () if create.takes(id) || create.takes(argument) => Ids::Given,
        () if is_number(shown, id) => Ids::Number,
        () => Ids::Uuid,
    };
    let word: &'static str = format!("Resource of {home}").leak();
    let mut kind = Kind::new(word, id, ids);
    if argument != id {
        kind = kind.argument(argument, id);
    }
    if let Some(inside) = create.holds_in_body(id) {
        kind = kind.inside(inside);
    }
    if let Some(shown) = shown.map(resource) {
        kind = kind.defaults(needed(shown, id));
    }
    let works = on
        .answer_shape(create.id)
        .is_some_and(|answer| answer.property("done").is_some());
    if works {
        // The work of making it is done at once.
        kind = kind.on_create(move |_, _, item| {
            let name = format!("operations/{}", item.text(id));
            item.set(OPERATION, json!({ "name": name, "done": true }));
            Ok(())
        });
    }
    let mut answered = BTreeSet::new();
    for (one, role) in roles.iter().copied() {
        // Each role once: the others show what they were given.
        if of(role).is_none_or(|first| first.id != one.id) {
            continue;
        }
        answered.insert(one.id);
        kind = match role {
            Role::Create => kind.create(one.id),
            Role::Get => kind.get(one.id),
            Role::List => kind.list(one.id),
            Role::Update => kind.update(one.id),
            Role::Replace => kind.replace(one.id),
            Role::Delete => kind.delete(one.id),
        };
    }
    Some((kind, answered))
}

fn holds_list(answer: Shape) -> bool {
    let mut properties = answer.properties();
    properties.any(|(_, shape)| shape.items().is_some_and(|entry| entry.kind() == "object"))
}

/// The resource as an answer shows it: itself, or the only object within.
fn resource(answer: Shape) -> Shape {
    let mut all = answer.properties();
    match (all.next(), all.next()) {
        (Some((_, only)), None) if only.kind() == "object" => only,
        _ => answer,
    }
}

/// The field that holds what calls give as `argument`.
fn id_field(argument: &'static str, shown: Option<Shape>) -> &'static str {
    let Some(shown) = shown.map(resource) else {
        return argument;
    };
    let usual = [argument, "id", "name"].into_iter();
    let found = usual
        .into_iter()
        .find(|name| shown.property(name).is_some());
    let id = || {
        shown
            .properties()
            .map(|(name, _)| name)
            .find(|name| name.ends_with("_id"))
    };
    found.or_else(id).unwrap_or(argument)
}

fn is_number(shown: Option<Shape>, id: &str) -> bool {
    let field = shown.map(resource).and_then(|shown| shown.property(id));
    field.is_some_and(|field| field.kind() == "integer")
}

/// Shows of what a call gives the fields that its answer has, and something for those that it must have.
fn echo(shape: &Option<Shape>, call: &Call) -> Result<Reply, ApiError> {
    let Some(shape) = shape else {
        return Ok(Reply::empty());
    };
    let mut given: Map<String, Value> = call.path.clone();
    given.extend(call.query.clone());
    given.extend(call.body.as_object().cloned().unwrap_or_default());
    given.retain(|name, value| shape.property(name).is_some_and(|field| fits(field, value)));
    let mut shown = something(*shape, DEEP);
    if let Some(fields) = shown.as_object_mut() {
        fields.extend(given);
    }
    Ok(shape.cut(shown).into())
}

/// What a resource must have besides its id and the texts that its maker gives.
fn needed(shown: Shape, id: &str) -> Value {
    let mut fields = something(shown, DEEP);
    if let Some(fields) = fields.as_object_mut() {
        fields.retain(|name, value| name != id && value != "");
    }
    fields
}

/// Objects within objects that an answer must have.
const DEEP: usize = 8;

/// The least that fits a schema.
fn something(shape: Shape, deep: usize) -> Value {
    if let Some(first) = shape.values().and_then(|values| values.first()) {
        return first.clone();
    }
    match shape.kind() {
        "string" => "".into(),
        "integer" | "number" => 0.into(),
        "boolean" => false.into(),
        "array" => Value::Array(Vec::new()),
        _ if deep == 0 => Value::Object(Map::new()),
        _ => {
            let needed = shape.required().filter_map(|name| {
                let field = shape.property(name)?;
                Some((name.to_owned(), something(field, deep - 1)))
            });
            needed.collect::<Map<_, _>>().into()
        }
    }
}

fn fits(field: Shape, value: &Value) -> bool {
    if let Some(values) = field.values() {
        return values.contains(value);
    }
    match field.kind() {
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}
