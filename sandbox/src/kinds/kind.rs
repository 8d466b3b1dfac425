//! The declaration of a kind of resource.

use serde_json::{Map, Value};

use crate::collections::{Ids, Item, Rules, Step};
use crate::http::{ApiError, Call};
use crate::shared::Shared;

type Refusal = Result<(), ApiError>;

/// Changes a resource that is made or acted on, or refuses.
pub(super) type Change = Box<dyn Fn(&Shared, &Call, &mut Item) -> Refusal + Send + Sync>;
/// Answers from a resource.
pub(super) type Say = Box<dyn Fn(&Shared, &Call, &Item) -> Result<Value, ApiError> + Send + Sync>;
/// Refuses a list, for instance one under something that does not exist.
pub(super) type Look = Box<dyn Fn(&Shared, &Call) -> Refusal + Send + Sync>;
/// Follows up on a resource that is kept.
pub(super) type After = Box<dyn Fn(&Shared, &Item) -> Refusal + Send + Sync>;
/// Adds to a resource what is computed when it is shown.
pub(super) type View = Box<dyn Fn(&Shared, &Item, &mut Map<String, Value>) + Send + Sync>;

/// A kind of resource: the names of its operations, and whatever is particular about it.
///
/// The spec says the rest: the field of an answer in which the resource or the list stands, the fields that
/// an answer shows, the stamps it carries (`created_at`, `owner`, `create_time` …), how a list is paged and
/// filtered, and which operations answer nothing.
///
/// A function given to a declaration receives what all services share. It captures what else it needs.
pub(crate) struct Kind {
    pub(super) rules: Rules,
    pub(super) seeds: Vec<Value>,
    pub(super) hooks: Hooks,
    pub(super) operations: Vec<(&'static str, Verb)>,
}

/// Everything about a kind that concerns its operations, but not its resources.
#[derive(Default)]
pub(super) struct Hooks {
    pub(super) inside: Option<&'static str>,
    pub(super) newest_first: bool,
    pub(super) make: Option<Change>,
    pub(super) change: Option<Change>,
    pub(super) remove: Option<Change>,
    pub(super) look: Option<Look>,
    pub(super) after: Option<After>,
    pub(super) view: Option<View>,
}

/// The effect of an operation on a collection.
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
    /// A kind, by the word that messages use for one of it, the field that identifies it, and where the ids
    /// come from.
    pub(crate) fn new(word: &'static str, id: &'static str, ids: Ids) -> Self {
        Self {
            rules: Rules::new(word, id, ids),
            seeds: Vec::new(),
            hooks: Hooks::default(),
            operations: Vec::new(),
        }
    }

    fn on(mut self, operation: &'static str, verb: Verb) -> Self {
        self.operations.push((operation, verb));
        self
    }

    /// Makes a resource.
    pub(crate) fn create(self, operation: &'static str) -> Self {
        self.on(operation, Verb::Create)
    }

    /// Shows a resource.
    pub(crate) fn get(self, operation: &'static str) -> Self {
        self.on(operation, Verb::Get)
    }

    /// Shows the resource whose `field` equals the call's `argument`.
    pub(crate) fn get_by(
        self,
        operation: &'static str,
        argument: &'static str,
        field: &'static str,
    ) -> Self {
        self.on(operation, Verb::GetBy(argument, field))
    }

    /// Lists the resources; a parameter named like a field keeps those that equal it.
    pub(crate) fn list(self, operation: &'static str) -> Self {
        self.on(operation, Verb::List)
    }

    /// Changes the fields of the body, or those that `update_mask` names; `new_name` renames.
    pub(crate) fn update(self, operation: &'static str) -> Self {
        self.on(operation, Verb::Update)
    }

    /// Replaces all fields except those that identify the resource.
    pub(crate) fn replace(self, operation: &'static str) -> Self {
        self.on(operation, Verb::Replace)
    }

    /// Removes a resource and all that have it as their parent.
    pub(crate) fn delete(self, operation: &'static str) -> Self {
        self.on(operation, Verb::Delete)
    }

    /// Acts on a resource, then shows it if the operation has an answer.
    pub(crate) fn act(
        self,
        operation: &'static str,
        act: impl Fn(&Shared, &Call, &mut Item) -> Refusal + Send + Sync + 'static,
    ) -> Self {
        self.on(operation, Verb::Act(Box::new(act)))
    }

    /// Answers something else about a resource.
    pub(crate) fn say(
        self,
        operation: &'static str,
        say: impl Fn(&Shared, &Call, &Item) -> Result<Value, ApiError> + Send + Sync + 'static,
    ) -> Self {
        self.on(operation, Verb::Say(Box::new(say)))
    }

    /// Adds a parameter that carries a field under another name: `endpoint_name` for `name`.
    pub(crate) fn argument(mut self, argument: &'static str, field: &'static str) -> Self {
        self.rules.arguments.push((argument, field));
        self
    }

    /// Names the kind, by its word, under which these resources live; its id stands in the path.
    pub(crate) fn parent(mut self, word: &'static str) -> Self {
        self.rules.parent = Some(word);
        self
    }

    /// Names fields in which two resources with the same id may differ, such as the names of their parents.
    pub(crate) fn within(mut self, fields: &'static [&'static str]) -> Self {
        self.rules.within = fields;
        self
    }

    /// Names the field of a body that holds the resource, for bodies that are not the resource itself.
    pub(crate) fn inside(mut self, field: &'static str) -> Self {
        self.hooks.inside = Some(field);
        self
    }

    /// Names a field besides the id whose value must be unique.
    pub(crate) fn unique(mut self, field: &'static str) -> Self {
        self.rules.unique = Some(field);
        self
    }

    /// Lists the newest resource first.
    pub(crate) fn newest_first(mut self) -> Self {
        self.hooks.newest_first = true;
        self
    }

    /// Sets the error codes for a missing resource and for a name that is taken.
    pub(crate) fn codes(mut self, missing: &'static str, taken: &'static str) -> Self {
        self.rules.codes = (missing, taken);
        self
    }

    /// Keeps a deleted resource: it is shown with this field at this value, and no longer listed.
    pub(crate) fn trash(mut self, field: &'static str, value: &'static str) -> Self {
        self.rules.trash = Some((field, value));
        self
    }

    /// Sets the fields of a new resource that its maker leaves out; an object.
    pub(crate) fn defaults(mut self, fields: Value) -> Self {
        self.rules.defaults = fields;
        self
    }

    /// Adds a resource that a new workspace has; an object.
    pub(crate) fn seed(mut self, fields: Value) -> Self {
        self.seeds.push(fields);
        self
    }

    /// Moves a field through these states after the resource is made; seeds are in the last one.
    pub(crate) fn moves(mut self, field: &'static str, steps: &'static [Step]) -> Self {
        self.rules.moves.push((field, steps));
        self
    }

    /// Runs when a resource is made, before it is kept.
    pub(crate) fn on_create(
        mut self,
        make: impl Fn(&Shared, &Call, &mut Item) -> Refusal + Send + Sync + 'static,
    ) -> Self {
        self.hooks.make = Some(Box::new(make));
        self
    }

    /// Runs when a resource is updated or replaced, after the new fields are in.
    pub(crate) fn on_update(
        mut self,
        change: impl Fn(&Shared, &Call, &mut Item) -> Refusal + Send + Sync + 'static,
    ) -> Self {
        self.hooks.change = Some(Box::new(change));
        self
    }

    /// Runs before a resource is removed.
    pub(crate) fn on_delete(
        mut self,
        remove: impl Fn(&Shared, &Call, &mut Item) -> Refusal + Send + Sync + 'static,
    ) -> Self {
        self.hooks.remove = Some(Box::new(remove));
        self
    }

    /// Runs after a resource that was made or acted on is kept.
    pub(crate) fn after(
        mut self,
        after: impl Fn(&Shared, &Item) -> Refusal + Send + Sync + 'static,
    ) -> Self {
        self.hooks.after = Some(Box::new(after));
        self
    }

    /// Runs before the resources are listed.
    pub(crate) fn on_list(
        mut self,
        look: impl Fn(&Shared, &Call) -> Refusal + Send + Sync + 'static,
    ) -> Self {
        self.hooks.look = Some(Box::new(look));
        self
    }

    /// Runs whenever a resource is shown, and adds what is computed.
    pub(crate) fn view(
        mut self,
        view: impl Fn(&Shared, &Item, &mut Map<String, Value>) + Send + Sync + 'static,
    ) -> Self {
        self.hooks.view = Some(Box::new(view));
        self
    }
}
