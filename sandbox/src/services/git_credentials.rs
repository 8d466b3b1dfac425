//! Git credentials: known by provider and user; their tokens are never shown.

use std::sync::Arc;

use crate::collections::Ids;
use crate::kinds::Kind;
use crate::operations::Operations;
use crate::shared::Shared;

pub(super) fn serve(on: &mut Operations, shared: &Arc<Shared>) {
    Kind::new("Git credential", "credential_id", Ids::Number)
        .create("git_credentials.create")
        .get("git_credentials.get")
        .list("git_credentials.list")
        .update("git_credentials.update")
        .delete("git_credentials.delete")
        .serve(on, shared);
}
