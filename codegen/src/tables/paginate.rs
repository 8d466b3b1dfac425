//! Collecting a list: how its pages follow each other, and which parameters that fills.

use crate::manifest::{self, At, Tool};
use crate::spec::Operation;

use super::Room;
use super::lookup::{check_path, param};
use super::tool_spec::{Next, Paginate, Size};

/// Rows in an answer when neither caller nor manifest says.
const ROWS: u32 = 50;

pub(super) fn paginate(
    room: &mut Room<'_>,
    tool: &Tool,
    operation: &Operation,
) -> Option<Paginate> {
    let at = tool.paginate.as_ref()?;
    let said = &at.value;
    let size = said.size.as_ref().and_then(|name| {
        Some(Size {
            wire: param(room, at, operation, name)?.wire(),
            maximum: said.size_maximum.unwrap_or(100),
        })
    });
    Some(Paginate {
        next: next(room, at, operation),
        size,
        limit: said.limit.unwrap_or(ROWS),
    })
}

/// The way from page to page: as the manifest says, else as the specs know.
fn next(room: &mut Room<'_>, at: &At<manifest::Paginate>, operation: &Operation) -> Option<Next> {
    let Some(token) = &at.token else {
        return room.api.facts(operation).next();
    };
    let response = operation.response.clone().unwrap_or_default();
    check_path(room, at, &response, &token.response);
    let wire = param(room, at, operation, &token.request)?.wire();
    Some(Next::ByToken(wire, token.response.clone()))
}

/// The parameters of the operation that the engine fills by itself.
pub(super) fn engine_params(tool: &Tool, operation: &Operation) -> Vec<String> {
    let Some(said) = &tool.paginate else {
        return Vec::new();
    };
    let known = operation.paginate.as_ref();
    let token = said.token.as_ref().map(|token| token.request.clone());
    token
        .or_else(|| known?.request.clone())
        .into_iter()
        .chain(said.size.clone())
        .collect()
}
