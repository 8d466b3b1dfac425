//! The workspace tree, by the Workspace API.

use std::sync::Arc;

use databricks_client::types::{
    WorkspaceDeleteRequest, WorkspaceMkdirsRequest, WorkspaceObjectInfo, WorkspaceObjectType,
};
use databricks_client::{WorkspaceImportFileParams, WorkspaceListParams};

use super::again::Writing;
use super::content::Content;
use super::remote::{Remote, Store};
use super::{Kind, Stat, body};
use crate::context::Context;
use crate::error::Error;
use crate::transfers::Meter;
use crate::transport::typed_answer;

pub(super) async fn stat(context: &Context, path: &str) -> Result<Stat, Error> {
    let called = context.client().workspace_get_status(path).await;
    Ok(of(path, typed_answer("workspace.get_status", called)?))
}

/// The first folder of the tree as people write it; the service leaves it out.
const TOP: &str = "/Workspace";

/// What was found, at a path that begins as the one asked for.
fn of(asked: &str, found: WorkspaceObjectInfo) -> Stat {
    let path = found.path.unwrap_or_else(|| asked.to_owned());
    let begins = |path: &str| path == TOP || path.starts_with("/Workspace/");
    let path = if begins(asked) && !begins(&path) {
        format!("{TOP}{path}")
    } else {
        path
    };
    let language = found.language.map(|language| language.to_string());
    Stat {
        path,
        kind: match found.object_type {
            Some(WorkspaceObjectType::Directory | WorkspaceObjectType::Repo) => Kind::Folder,
            Some(WorkspaceObjectType::File) => Kind::File,
            Some(WorkspaceObjectType::Notebook) => Kind::Notebook(language.unwrap_or_default()),
            Some(other) => Kind::Other(other.to_string()),
            None => Kind::Other("UNKNOWN".to_owned()),
        },
        size: found
            .size
            .and_then(|size| u64::try_from(i64::from(size)).ok()),
        modified: found.modified_at.map(i64::from),
    }
}

pub(super) async fn list(context: &Context, path: &str) -> Result<Vec<Stat>, Error> {
    let params = WorkspaceListParams {
        notebooks_modified_after: None,
        path,
    };
    let called = context.client().workspace_list(params).await;
    let found = typed_answer("workspace.list", called)?;
    Ok(found
        .objects
        .into_iter()
        .flatten()
        .map(|object| of(path, object))
        .collect())
}

pub(super) async fn make_folder(context: &Context, path: &str) -> Result<(), Error> {
    let body = WorkspaceMkdirsRequest {
        path: path.to_owned(),
    };
    typed_answer(
        "workspace.mkdirs",
        context.client().workspace_mkdirs(&body).await,
    )
}

pub(super) async fn delete(context: &Context, path: &str) -> Result<(), Error> {
    let body = WorkspaceDeleteRequest {
        path: path.to_owned(),
        recursive: None,
    };
    typed_answer(
        "workspace.delete",
        context.client().workspace_delete(&body).await,
    )
}

pub(super) async fn write(
    context: &Context,
    path: &str,
    content: &Content,
    overwrite: bool,
    meter: &Arc<Meter>,
) -> Result<(), Error> {
    let at = Remote {
        store: Store::Workspace,
        path: path.to_owned(),
    };
    let writing = Writing {
        context,
        at: &at,
        content,
        overwrite,
        may_go_again: true,
        meter,
    };
    let send =
        |meter: Arc<Meter>| async move { send(context, path, content, overwrite, &meter).await };
    writing.until_known(send, || stat(context, path)).await
}

async fn send(
    context: &Context,
    path: &str,
    content: &Content,
    overwrite: bool,
    meter: &Arc<Meter>,
) -> Result<(), Error> {
    let params = WorkspaceImportFileParams {
        path,
        overwrite: Some(overwrite),
    };
    let (client, body) = body::whole(context, content, meter).await?;
    typed_answer(
        "workspace.import_file",
        client.workspace_import_file(params, body).await,
    )
}
