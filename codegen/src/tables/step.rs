//! One operation that a behaviour sends: every argument by its wire name.

use crate::manifest::{At, Tool};

use super::lookup::{find, row};
use super::tool_spec::{Format, Plan, Shape};
use super::{List, Room, output, wait};

/// Everything that a behaviour sends from a plan.
pub(super) fn steps(room: &mut Room<'_>, tool: &Tool) -> Vec<Plan> {
    let ids = tool.steps.iter();
    ids.filter_map(|id| step(room, id)).collect()
}

/// The operation, and its waiting as the tool has it that sends nothing else.
fn step(room: &mut Room<'_>, id: &At<String>) -> Option<Plan> {
    let operation = find(room, id)?;
    let mut step = Plan {
        request: room.api.facts(operation).request(&row(operation), |_| true),
        paginate: None,
        wait: None,
        shape: Shape {
            items: String::new(),
            filter: List::default(),
            fields: List::default(),
            format: Format::Json,
            empty: String::new(),
        },
    };
    for (file, toolset) in &room.source.toolsets {
        for tool in &toolset.tools {
            if tool.operation.as_ref() != Some(id) {
                continue;
            }
            let mut room = room.in_file(file);
            let waiting = wait::of_tool(&mut room, tool, operation);
            if let Some(waiting) = waiting.filter(|wait| wait.poll.operation != operation.id) {
                step.shape = output::shape(&mut room, tool, operation, Some(&waiting), false).0;
                step.wait = Some(waiting);
                return Some(step);
            }
        }
    }
    Some(step)
}
