//! The effect of every operation, from `effects.yaml`.

use super::Room;
use super::tool_spec::{Door, Effect, Operation, Under};
use crate::manifest::{self, Access, Exception, Tool, nearest};

/// Gives every operation its effect. An exception that does not apply is a problem.
pub(super) fn effects(room: &mut Room<'_>, operations: &mut [Operation]) {
    let source = room.source;
    for operation in operations.iter_mut() {
        let by_verb = source.effects.verbs.get(&operation.verb);
        // A verb that the file does not name is no harmless one.
        operation.effect = by_verb.copied().map_or(Effect::Destroys, of);
    }
    for exception in &source.effects.exceptions {
        for id in &exception.operations {
            let place = operations.binary_search_by(|known| known.id.as_str().cmp(id.as_str()));
            match place.ok().and_then(|place| operations.get_mut(place)) {
                Some(operation) => {
                    if let Some(message) = apply(exception, operation) {
                        let hint = Some("remove it".to_owned());
                        room.problems.add(room.file, id, message, hint);
                    }
                }
                None => {
                    let message = format!("no operation `{}`", id.value);
                    let hint = nearest(id, operations.iter().map(|known| known.id.as_str()));
                    room.problems.add(room.file, id, message, hint);
                }
            }
        }
    }
}

/// Applies an exception; returns what is wrong with it.
fn apply(exception: &Exception, operation: &mut Operation) -> Option<String> {
    let effect = of(exception.effect);
    let id = &operation.id;
    match &exception.when {
        Some(argument) => {
            let repeated = operation
                .under
                .0
                .iter()
                .any(|under| under.argument == *argument);
            if repeated || operation.effect == effect {
                return Some(format!("`{id}` has this effect already"));
            }
            let argument = argument.clone();
            operation.under.0.push(Under { argument, effect });
        }
        None if operation.effect == effect => {
            return Some(format!("`{id}` has this effect by its verb"));
        }
        None => operation.effect = effect,
    }
    None
}

fn of(said: manifest::Effect) -> Effect {
    match said {
        manifest::Effect::Read => Effect::Reads,
        manifest::Effect::Write => Effect::Writes,
        manifest::Effect::Destroy => Effect::Destroys,
        manifest::Effect::Reveal => Effect::Reveals,
        manifest::Effect::Grant => Effect::Grants,
    }
}

/// Holds a tool to the effects of the operations that it is there to send: its access is theirs, and what `api_call`
/// asks about it asks about too.
pub(super) fn fits(room: &mut Room<'_>, tool: &Tool, door: &Door, primary: &[&Operation]) {
    // A tool that shows only named fields reveals none of the secrets of an answer.
    let shows_all = match door {
        Door::Table(plan) => plan.shape.fields.0.is_empty(),
        Door::Behaviour(_) => true,
    };
    // What a behaviour gives, its Rust decides.
    let can_give = |argument: &str| match door {
        Door::Table(plan) => {
            let first = argument.split('.').next().unwrap_or(argument);
            let mut given = plan.request.arguments.0.iter();
            given.any(|one| one.wire == argument || one.wire == first)
        }
        Door::Behaviour(_) => true,
    };
    access_fits(room, tool, shows_all, &can_give, primary);
    // That what destroys asks is told where its question is looked at.
    if tool.behaviour.is_some() || tool.confirm.is_some() || *tool.access != Access::Write {
        return;
    }
    for operation in primary {
        let mut effects = effects_of(operation, &can_give);
        if effects.any(|effect| effect.asks() && (shows_all || effect != Effect::Reveals)) {
            let id = &operation.id;
            let message = format!("`{}` asks nobody before it sends `{id}`", tool.name.value);
            let hint =
                Some("add `confirm: { message: … }`, or review `specs/effects.yaml`".to_owned());
            room.problems.add(room.file, &tool.access, message, hint);
        }
    }
}

/// What an operation can do for a tool that gives these arguments.
fn effects_of<'a>(
    operation: &'a Operation,
    can_give: &'a impl Fn(&str) -> bool,
) -> impl Iterator<Item = Effect> + 'a {
    let given = operation.under.0.iter();
    let given = given.filter(|under| can_give(&under.argument));
    std::iter::once(operation.effect).chain(given.map(|under| under.effect))
}

fn access_fits(
    room: &mut Room<'_>,
    tool: &Tool,
    shows_all: bool,
    can_give: &impl Fn(&str) -> bool,
    primary: &[&Operation],
) {
    let reads = |operation: &&&Operation| {
        operation.effect == Effect::Reads
            || (operation.effect == Effect::Reveals && operation.verb == "GET" && !shows_all)
    };
    let can_destroy = |operation: &&&Operation| {
        effects_of(operation, can_give)
            .any(|effect| !matches!(effect, Effect::Reads | Effect::Writes))
    };
    let (said, found) = match *tool.access {
        Access::Read => ("reads", primary.iter().find(|one| !reads(one))),
        // What a behaviour destroys, its Rust may spare.
        Access::Write => (
            "writes",
            primary.iter().find(|one| {
                (one.effect == Effect::Destroys && tool.behaviour.is_none())
                    // What stays in read-only mode writes by the way, under an argument.
                    || (primary.len() == 1 && reads(one) && !tool.read_only)
            }),
        ),
        Access::Destroy => (
            "destroys",
            primary.first().filter(|_| {
                let by_effect = primary.iter().any(|one| can_destroy(&one));
                // Code and SQL can do more than their operation tells; the manifest says so.
                let by_reason = tool.unasked.is_some() && !primary.iter().all(|one| reads(&one));
                !by_effect && !by_reason
            }),
        ),
    };
    if let Some(operation) = found {
        let name = &tool.name.value;
        let (does, right) = match operation.effect {
            Effect::Reads => ("reads", "read"),
            Effect::Writes => ("writes", "write"),
            Effect::Destroys => ("destroys", "destroy"),
            Effect::Reveals => ("shows a secret", "write"),
            Effect::Grants => ("changes who may do what", "write"),
        };
        let message = format!(
            "`{name}` says that it {said}, but `{}` {does} (`{} {}`)",
            operation.id, operation.verb, operation.path
        );
        let hint = format!(
            "write `access: {right}`; if the operation does something else, say so in `specs/effects.yaml`"
        );
        room.problems
            .add(room.file, &tool.access, message, Some(hint));
    }
}
