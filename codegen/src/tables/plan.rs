//! One tool of the manifest as a row: its request, its pages, its answer.

use crate::manifest::{self, Tool};

use super::lookup::find;
use super::tool_spec::{Access, Confirm, Door, Plan, RequestPlan, ToolSpec};
use super::{
    Room, check, idle, input, nearest as closeness, operations, output, paginate, questions, wait,
};

pub(super) fn tool(room: &mut Room<'_>, toolset: &str, tool: &Tool) -> Option<ToolSpec> {
    let (door, input_schema, output_schema, verb) = match (&tool.operation, &tool.behaviour) {
        (Some(operation), _) => {
            let operation = find(room, operation)?;
            idle::idle(room, tool, operation);
            let arguments = input::arguments(room, tool, operation);
            let paginate = paginate::paginate(room, tool, operation);
            let wait = wait::of_tool(room, tool, operation);
            let input_schema = input::schema(&arguments, tool, paginate.as_ref());
            let (shape, output_schema) = output::shape(
                room,
                tool,
                operation,
                wait.as_ref(),
                paginate.is_some(),
                &arguments,
            );
            let plan = Plan {
                request: RequestPlan {
                    operation: operation.id.clone(),
                    verb: operation.verb.clone(),
                    path: operation.path.clone(),
                    arguments: arguments.into_iter().map(|one| one.argument).collect(),
                    raw: operation.raw_response,
                },
                paginate,
                wait,
                shape,
            };
            (
                Door::Table(plan),
                input_schema,
                output_schema,
                operation.verb.clone(),
            )
        }
        (None, Some(behaviour)) => {
            let door = Door::Behaviour(behaviour.value.clone());
            (door, String::new(), String::new(), String::new())
        }
        (None, None) => return None,
    };
    check::argument_aliases(room, tool, &input_schema);
    check::unless(room, tool, &input_schema);
    questions::question(room, tool, &input_schema);
    Some(ToolSpec {
        name: tool.name.value.clone(),
        aliases: tool.aliases.iter().map(|name| name.value.clone()).collect(),
        argument_aliases: tool
            .argument_aliases
            .iter()
            .map(|(other, own)| (other.clone(), own.value.clone()))
            .collect(),
        flatten: tool.flatten.iter().cloned().collect(),
        toolset: toolset.to_owned(),
        title: tool.title.clone(),
        description: tool.description.value.clone(),
        access: match *tool.access {
            manifest::Access::Read => Access::Read,
            manifest::Access::Write => Access::Write,
            manifest::Access::Destroy => Access::Destroy,
        },
        enforces_read_only: tool.read_only,
        idempotent: tool.idempotent.as_ref().map_or(
            *tool.access == manifest::Access::Read || matches!(verb.as_str(), "PUT" | "DELETE"),
            |said| said.value,
        ),
        output_schema,
        operations: operations::operations(room, tool, &door),
        door,
        confirm: tool.confirm.as_ref().map(|confirm| Confirm {
            when: confirm.when.clone().unwrap_or_default(),
            message: confirm.message.value.clone(),
        }),
        nearest: closeness::nearest(room, tool, &input_schema),
        input_schema,
    })
}
