//! The declaration of a kind of resource.

use serde_json::{Map, Value};

use super::ids::Ids;
use super::item::{Item, Step};
use crate::http::{ApiError, Call};
use crate::shared::Shared;

/// Changes a resource that is made or acted on, or refuses.
pub(crate) type Change = fn(&Shared, &Call, &mut Item) -> Result<(), ApiError>;
/// Answers from a resource.
pub(crate) type Say = fn(&Shared, &Call, &Item) -> Result<Value, ApiError>;
/// Refuses a list, of what does not exist for instance.
pub(crate) type Look = fn(&Shared, &Call) -> Result<(), ApiError>;
/// Follows up on a resource that is kept.
pub(crate) type After = fn(&Shared, &Item) -> Result<(), ApiError>;
/// Adds to a resource what is computed when it is shown.
pub(crate) type View = fn(&Shared, &Item, &mut Map<String, Value>);

/// A kind of resource: what its operations are called and what is particular about it.
///
/// Everything else is read from the spec: which field of an answer the resource or the list stands in,
/// which of its fields an answer shows, which stamps (`created_at`, `owner`, `create_time` …) it carries,
/// how a list is paged and filtered, and that an operation answers nothing.
pub(crate) struct Kind {
    pub(super) word: &'static str,
    pub(super) id: &'static str,
    pub(super) ids: Ids,
    pub(super) arguments: Vec<(&'static str, &'static str)>,
    pub(super) parent: Option<&'static str>,
    pub(super) within: &'static [&'static str],
    pub(super) inside: Option<&'static str>,
    pub(super) newest_first: bool,
    pub(super) unique: Option<&'static str>,
    pub(super) codes: (&'static str, &'static str),
    pub(super) trash: Option<(&'static str, &'static str)>,
    pub(super) defaults: Value,
    pub(super) seeds: Vec<Value>,
    pub(super) moves: Vec<(&'static str, &'static [Step])>,
    pub(super) make: Option<Change>,
    pub(super) change: Option<Change>,
    pub(super) remove: Option<Change>,
    pub(super) look: Option<Look>,
    pub(super) after: Option<After>,
    pub(super) view: Option<View>,
    pub(super) operations: Vec<(&'static str, Verb)>,
}

/// What an operation does to a collection.
#[derive(Clone, Copy)]
pub(super) enum Verb {
    Create,
    Get,
    GetBy(&'static str, &'static str),
    List,
    Update,
    Replace,
    Delete,
    Act(Change),
    Say(Say),
}

impl Kind {
    /// A kind: the word for one of it in messages, and the field that identifies it.
    pub(crate) fn new(word: &'static str, id: &'static str, ids: Ids) -> Self {
        Self {
            word,
            id,
            ids,
            arguments: Vec::new(),
            parent: None,
            within: &[],
            inside: None,
            newest_first: false,
            unique: None,
            codes: ("RESOURCE_DOES_NOT_EXIST", "RESOURCE_ALREADY_EXISTS"),
            trash: None,
            defaults: Value::Object(Map::new()),
            seeds: Vec::new(),
            moves: Vec::new(),
            make: None,
            change: None,
            remove: None,
            look: None,
            after: None,
            view: None,
            operations: Vec::new(),
        }
    }

    fn on(mut self, operation: &'static str, verb: Verb) -> Self {
        self.operations.push((operation, verb));
        self
    }

    /// Makes one.
    pub(crate) fn create(self, operation: &'static str) -> Self {
        self.on(operation, Verb::Create)
    }

    /// Shows one.
    pub(crate) fn get(self, operation: &'static str) -> Self {
        self.on(operation, Verb::Get)
    }

    /// Shows the one whose `field` is what the call's `argument` says.
    pub(crate) fn get_by(
        self,
        operation: &'static str,
        argument: &'static str,
        field: &'static str,
    ) -> Self {
        self.on(operation, Verb::GetBy(argument, field))
    }

    /// Lists them; a parameter named as a field keeps those that equal it.
    pub(crate) fn list(self, operation: &'static str) -> Self {
        self.on(operation, Verb::List)
    }

    /// Changes the fields given, or those that `update_mask` names; `new_name` renames.
    pub(crate) fn update(self, operation: &'static str) -> Self {
        self.on(operation, Verb::Update)
    }

    /// Replaces all fields but those that identify it.
    pub(crate) fn replace(self, operation: &'static str) -> Self {
        self.on(operation, Verb::Replace)
    }

    /// Removes one, and all that have it as their parent.
    pub(crate) fn delete(self, operation: &'static str) -> Self {
        self.on(operation, Verb::Delete)
    }

    /// Does something to one and shows it, as far as the operation answers.
    pub(crate) fn act(self, operation: &'static str, act: Change) -> Self {
        self.on(operation, Verb::Act(act))
    }

    /// Answers something else about one.
    pub(crate) fn say(self, operation: &'static str, say: Say) -> Self {
        self.on(operation, Verb::Say(say))
    }

    /// A parameter that carries a field under another name: `endpoint_name` for `name`.
    pub(crate) fn argument(mut self, argument: &'static str, field: &'static str) -> Self {
        self.arguments.push((argument, field));
        self
    }

    /// The kind, by its word, under which these live; its id stands in the path.
    pub(crate) fn parent(mut self, word: &'static str) -> Self {
        self.parent = Some(word);
        self
    }

    /// Fields that two of the same id may differ in, such as the names of what they live under.
    pub(crate) fn within(mut self, fields: &'static [&'static str]) -> Self {
        self.within = fields;
        self
    }

    /// The field of a body that holds the resource, where it is not the body itself.
    pub(crate) fn inside(mut self, field: &'static str) -> Self {
        self.inside = Some(field);
        self
    }

    /// A field besides the id of which no two may have the same value.
    pub(crate) fn unique(mut self, field: &'static str) -> Self {
        self.unique = Some(field);
        self
    }

    /// Lists begin with the one made last.
    pub(crate) fn newest_first(mut self) -> Self {
        self.newest_first = true;
        self
    }

    /// The error codes of "there is none" and "there is one already".
    pub(crate) fn codes(mut self, missing: &'static str, taken: &'static str) -> Self {
        self.codes = (missing, taken);
        self
    }

    /// A deleted one is still shown, with this field at this value, and no longer listed.
    pub(crate) fn trash(mut self, field: &'static str, value: &'static str) -> Self {
        self.trash = Some((field, value));
        self
    }

    /// Fields of a new one that its maker left out; an object.
    pub(crate) fn defaults(mut self, fields: Value) -> Self {
        self.defaults = fields;
        self
    }

    /// One that a new workspace has; an object.
    pub(crate) fn seed(mut self, fields: Value) -> Self {
        self.seeds.push(fields);
        self
    }

    /// A field that passes these states from when it is made; seeded ones are in the last.
    pub(crate) fn moves(mut self, field: &'static str, steps: &'static [Step]) -> Self {
        self.moves.push((field, steps));
        self
    }

    /// What else happens when one is made, before it is kept.
    pub(crate) fn on_create(mut self, make: Change) -> Self {
        self.make = Some(make);
        self
    }

    /// What else happens when one is updated or replaced, after the new fields are in.
    pub(crate) fn on_update(mut self, change: Change) -> Self {
        self.change = Some(change);
        self
    }

    /// What else happens before one is removed.
    pub(crate) fn on_delete(mut self, remove: Change) -> Self {
        self.remove = Some(remove);
        self
    }

    /// What follows once one that was made or acted on is kept.
    pub(crate) fn after(mut self, after: After) -> Self {
        self.after = Some(after);
        self
    }

    /// What is looked at before they are listed.
    pub(crate) fn on_list(mut self, look: Look) -> Self {
        self.look = Some(look);
        self
    }

    /// What is computed whenever one is shown.
    pub(crate) fn view(mut self, view: View) -> Self {
        self.view = Some(view);
        self
    }

    /// The field that a parameter carries.
    pub(super) fn field_of<'a>(&self, argument: &'a str) -> &'a str {
        let alias = self.arguments.iter().find(|(name, _)| *name == argument);
        alias.map_or(argument, |(_, field)| field)
    }
}
