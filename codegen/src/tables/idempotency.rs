//! Operations that do nothing twice for one token, as the documents mark them or by the token's usual name.

use crate::spec::Api;

use super::tool_spec::Place;
use super::{List, Text};

/// The name that a token has where the documents do not mark it.
const USUAL: &str = "idempotency_token";

/// Every operation that takes a token, by id: the token's name and place.
pub(super) fn tokens(api: &Api) -> List<(Text, Text, Place)> {
    let found = api.operations().filter_map(|operation| {
        let name = operation.token.as_deref().unwrap_or(USUAL);
        let params = api.arguments(operation);
        let token = params.into_iter().find(|param| param.name == name)?;
        Some((operation.id.clone(), token.name, token.place))
    });
    found.collect()
}
