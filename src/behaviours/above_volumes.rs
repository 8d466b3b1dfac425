//! Folders that no store holds: the stores themselves, and the catalogs, schemas and volumes above files of volumes.

use serde_json::{Map, Value};

use crate::catalog::plan_of;
use crate::context::Context;
use crate::engine;
use crate::error::Error;
use crate::shape;
use crate::stores::{Kind, Remote, Stat, Store};

/// The first folder of volumes.
const VOLUMES: &str = "/Volumes";

/// The stores, as folders of `/`.
pub(super) fn stores() -> Vec<(Store, Stat)> {
    let store = |store, path: &str| (store, folder(path.to_owned()));
    vec![
        store(Store::Volume, VOLUMES),
        store(Store::Workspace, "/Workspace"),
        store(Store::Dbfs, "/"),
    ]
}

/// The catalogs in `/Volumes`, the schemas of a catalog there, or the volumes of a schema; none for a path below.
///
/// # Errors
/// The service refuses.
pub(super) async fn list(context: &Context, at: &Remote) -> Result<Option<Vec<Stat>>, Error> {
    if at.store != Store::Volume {
        return Ok(None);
    }
    let below = at.path.strip_prefix(VOLUMES).unwrap_or_default();
    let names: Vec<&str> = below.split('/').filter(|name| !name.is_empty()).collect();
    let tool = match names.len() {
        0 => "list_catalogs",
        1 => "list_schemas",
        2 => "list_volumes",
        _ => return Ok(None),
    };
    let arguments: Map<String, Value> = ["catalog_name", "schema_name"]
        .into_iter()
        .zip(&names)
        .map(|(name, value)| (name.to_owned(), Value::from(*value)))
        .collect();
    let Some(plan) = plan_of(tool) else {
        return Ok(None);
    };
    let rows = engine::first_rows(plan, context, &arguments).await?;
    let found = rows.iter().filter_map(|row| {
        let name = shape::text_at(row, "name");
        // The name of a volume is told with those above it.
        let name = name.rsplit('.').next().filter(|name| !name.is_empty())?;
        Some(folder(at.below(name).path))
    });
    Ok(Some(found.collect()))
}

fn folder(path: String) -> Stat {
    Stat {
        path,
        kind: Kind::Folder,
        size: None,
        modified: None,
    }
}
