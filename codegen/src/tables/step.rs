//! One operation that a behaviour sends: every argument by its wire name.

use crate::manifest::{At, Tool};
use crate::spec::Operation;

use super::tool_spec::{Format, Plan, RequestPlan, Shape};
use super::{List, Room, input, output, plan, wait};

/// Everything that a behaviour sends from a plan.
pub(super) fn steps(room: &mut Room<'_>, tool: &Tool) -> Vec<Plan> {
    let mut steps = Vec::new();
    for id in &tool.steps {
        steps.extend(step(room, id));
    }
    for (id, said) in &tool.waits {
        if let Some(operation) = plan::find(room, id).cloned() {
            steps.push(Plan {
                wait: wait::wait(room, said, &operation),
                ..plain(room, &operation)
            });
        }
    }
    steps
}

/// The operation, and its waiting as the tool has it that sends nothing else.
fn step(room: &mut Room<'_>, id: &At<String>) -> Option<Plan> {
    let operation = plan::find(room, id)?.clone();
    let mut step = plain(room, &operation);
    for (file, toolset) in &room.source.toolsets {
        let waits = toolset.tools.iter().find_map(|tool| {
            let sends = tool.operation.as_ref() == Some(id);
            let wait = tool
                .wait
                .as_ref()
                .filter(|wait| sends && wait.poll != *id)?;
            Some((tool, wait))
        });
        if let Some((tool, wait)) = waits {
            let mut room = Room {
                api: room.api,
                source: room.source,
                file,
                problems: room.problems,
            };
            step.wait = wait::wait(&mut room, wait, &operation);
            step.shape = output::shape(&mut room, tool, &operation, false).0;
            break;
        }
    }
    Some(step)
}

fn plain(room: &Room<'_>, operation: &Operation) -> Plan {
    let arguments = room.api.arguments(operation);
    Plan {
        request: RequestPlan {
            operation: operation.id.clone(),
            verb: operation.verb.clone(),
            path: operation.path.clone(),
            arguments: arguments.iter().flat_map(input::as_given).collect(),
            raw: operation.raw_response,
        },
        paginate: None,
        wait: None,
        shape: Shape {
            items: String::new(),
            filter: List::default(),
            fields: List::default(),
            format: Format::Json,
            empty: String::new(),
        },
    }
}
