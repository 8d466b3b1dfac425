//! One operation that a behaviour sends: every argument by its wire name, waiting and answer as the tool has them
//! that does nothing else.

use crate::manifest::At;

use super::row::{Call, Format, Plan, Shape};
use super::{List, Room, input, output, plan, wait};

pub(super) fn step(room: &mut Room<'_>, id: &At<String>) -> Option<Plan> {
    let operation = plan::find(room, id)?.clone();
    let arguments = room.api.arguments(&operation);
    let mut step = Plan {
        call: Call {
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
    };
    for (file, toolset) in &room.source.toolsets {
        let waits = toolset.tools.iter().find(|tool| {
            let sends = tool.operation.as_ref() == Some(id);
            sends && tool.wait.as_ref().is_some_and(|wait| wait.poll != *id)
        });
        if let Some(tool) = waits {
            let mut room = Room {
                api: room.api,
                source: room.source,
                file,
                problems: room.problems,
            };
            step.wait = wait::wait(&mut room, tool, &operation);
            step.shape = output::shape(&mut room, tool, &operation, false).0;
            break;
        }
    }
    Some(step)
}
