//! The effect of every operation, from `effects.yaml`.

use super::Room;
use super::tool_spec::{Door, Effect, Operation, Under};
use crate::manifest::{self, Exception, Tool, nearest};

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

/// Holds a tool to the effects of the operations that it is there to send: what only reads is declared so, and what is
/// asked about by `api_call` is asked about by the tool.
pub(super) fn fits(room: &mut Room<'_>, tool: &Tool, door: &Door, primary: &[&Operation]) {
    // A tool that shows only named fields reveals none of the secrets of an answer.
    let shows_all = match door {
        Door::Table(plan) => plan.shape.fields.0.is_empty(),
        Door::Behaviour(_) => true,
    };
    let can_give = |argument: &str| match door {
        Door::Table(plan) => {
            let first = argument.split('.').next().unwrap_or(argument);
            let mut given = plan.request.arguments.0.iter();
            given.any(|one| one.wire == argument || one.wire == first)
        }
        Door::Behaviour(_) => false,
    };
    for operation in primary {
        let given = operation.under.0.iter();
        let given = given.filter(|under| can_give(&under.argument));
        let mut effects = std::iter::once(operation.effect).chain(given.map(|under| under.effect));
        let asks = effects.any(|effect| effect.asks() && (shows_all || effect != Effect::Reveals));
        let reads = operation.effect == Effect::Reads
            || (operation.effect == Effect::Reveals && operation.verb == "GET" && !shows_all);
        let id = &operation.id;
        if tool.access == manifest::Access::Read && !reads {
            let message = format!(
                "`{}` says that it reads, and `{id}` does not",
                tool.name.value
            );
            room.problems.add(room.file, &tool.name, message, None);
        } else if asks && tool.confirm.is_none() && tool.behaviour.is_none() {
            let message = format!("`{}` asks nobody before it sends `{id}`", tool.name.value);
            let hint =
                Some("add `confirm: { message: … }`, or review `specs/effects.yaml`".to_owned());
            room.problems.add(room.file, &tool.name, message, hint);
        }
    }
}
