//! Values that begin as the caller has begun: names, ids and paths of a workspace.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::catalog::plan_of;
use crate::context::Context;
use crate::engine;
use crate::error::Error;
use crate::policy::Rules;
use crate::resources::Kind;
use crate::stores::{self, Kind as Stored, Remote, Store};

/// The name under which it is logged and counted.
pub const COMPLETE: &str = "completion/complete";

/// Values in one answer, as the protocol has it.
pub const VALUES: usize = 100;

/// The time for all that is asked: someone is typing.
const WITHIN: Duration = Duration::from_secs(5);

/// A question for values.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The kind of the template that the argument is of; none for a prompt's.
    pub kind: Option<Kind>,
    /// The argument.
    pub argument: &'a str,
    /// Its beginning.
    pub value: &'a str,
    /// The other arguments, as far as they are given.
    pub given: &'a HashMap<String, String>,
}

/// Returns the values that fit, in order; none where nothing is known of the argument or the service does not tell.
pub async fn complete(context: &Context, rules: &Rules, asked: &Asked<'_>) -> Vec<String> {
    let look = Look { context, rules };
    let found = tokio::time::timeout(WITHIN, Box::pin(look.values(asked)));
    let found = tokio::select! {
        found = found => found,
        () = context.cancel.cancelled() => return Vec::new(),
    };
    let mut values = match found {
        Ok(Ok(values)) => values,
        Ok(Err(error)) => {
            tracing::debug!(request_id = %context.call.id, %error, "nothing to complete with");
            return Vec::new();
        }
        Err(_) => return Vec::new(),
    };
    values.sort();
    values.dedup();
    values
}

/// Looks at a workspace under the user's restrictions.
struct Look<'a> {
    context: &'a Context,
    rules: &'a Rules,
}

impl Look<'_> {
    async fn values(&self, asked: &Asked<'_>) -> Result<Vec<String>, Error> {
        let Asked {
            kind,
            argument,
            value,
            given,
        } = asked;
        let given = |name: &str| given.get(name).map(String::as_str).unwrap_or_default();
        match (kind, *argument) {
            (None, "catalog") => self.dotted(value, 1, "").await,
            (None, "schema") if given("catalog").is_empty() => self.dotted(value, 2, "").await,
            (None, "schema") => {
                let catalog = given("catalog");
                let whole = format!("{catalog}.{value}");
                let found = self.dotted(&whole, 2, "").await?;
                let plain = found
                    .iter()
                    .filter_map(|name| name.get(catalog.len() + 1..));
                Ok(plain.map(ToOwned::to_owned).collect())
            }
            (None, "table") | (Some(Kind::Table), "full_name") => {
                self.dotted(value, 3, "list_tables").await
            }
            (None, "volume") => self.dotted(value, 3, "list_volumes").await,
            (None, "warehouse") => self.ids("list_warehouses", value).await,
            (None, "cluster") => self.ids("list_clusters", value).await,
            (None, "job") | (Some(Kind::Job), "id") => self.ids("list_jobs", value).await,
            (Some(Kind::Volume), "path") => self.in_volumes(value).await,
            (Some(Kind::Notebook | Kind::File), "path") => self.in_tree(value).await,
            (None, "path") if value.starts_with("/Volumes") => self.in_volumes(value).await,
            (None, "path") => self.in_tree(value).await,
            _ => Ok(Vec::new()),
        }
    }

    /// The rows that a tool lists, if the user has not ruled out its operation.
    async fn rows(&self, tool: &str, arguments: Map<String, Value>) -> Result<Vec<Value>, Error> {
        let Some(plan) = plan_of(tool) else {
            return Ok(Vec::new());
        };
        let host = self.context.workspace.transport.host();
        let operation = plan.request.operation;
        self.rules
            .admit_operation(COMPLETE, operation, &arguments, host)?;
        engine::first_rows(plan, self.context, &arguments).await
    }

    /// Full names of catalogs, of schemas in the catalog that is named, or of what `leaves` lists in the schema that is
    /// named, at most `depth` parts deep. A name that goes on ends with a dot.
    async fn dotted(&self, value: &str, depth: usize, leaves: &str) -> Result<Vec<String>, Error> {
        let parts: Vec<&str> = value.splitn(depth, '.').collect();
        let mut arguments = Map::new();
        for (name, part) in ["catalog_name", "schema_name"].iter().zip(&parts) {
            arguments.insert((*name).to_owned(), json!(part));
        }
        let (tool, field) = match parts.len() {
            1 => ("list_catalogs", "name"),
            2 => ("list_schemas", "full_name"),
            _ => (leaves, "name"),
        };
        // The last part is only begun.
        match parts.len() {
            1 => arguments.clear(),
            2 => {
                arguments.shift_remove("schema_name");
            }
            _ => {}
        }
        let rows = self.rows(tool, arguments).await?;
        let names = rows.iter().filter_map(|row| row.get(field)?.as_str());
        let names = names.filter(|name| begins(name, value));
        let dot = if parts.len() < depth { "." } else { "" };
        Ok(names.map(|name| format!("{name}{dot}")).collect())
    }

    /// Ids of what begins with the id, or has the text in its name.
    async fn ids(&self, tool: &str, value: &str) -> Result<Vec<String>, Error> {
        let rows = self.rows(tool, Map::new()).await?;
        let wanted = value.to_lowercase();
        let fitting = rows.iter().filter_map(|row| {
            let id = match row.get("id")? {
                Value::String(id) => id.clone(),
                id => id.to_string(),
            };
            let name = row.get("name").and_then(Value::as_str).unwrap_or_default();
            (id.starts_with(value) || name.to_lowercase().contains(&wanted)).then_some(id)
        });
        Ok(fitting.collect())
    }

    /// Paths of files in volumes, written with or without `/Volumes`.
    async fn in_volumes(&self, value: &str) -> Result<Vec<String>, Error> {
        const TOP: &str = "/Volumes/";
        let top = if value.starts_with('/') { TOP } else { "" };
        let below = value.strip_prefix(TOP).unwrap_or(value);
        let parts: Vec<&str> = below.split('/').collect();
        if parts.len() <= 3 {
            let found = self.dotted(&parts.join("."), 3, "list_volumes").await?;
            let path = |name: String| {
                let path = name.trim_end_matches('.').replace('.', "/");
                format!("{top}{path}/")
            };
            return Ok(found.into_iter().map(path).collect());
        }
        let found = self
            .in_folder(Store::Volume, &format!("{TOP}{below}"))
            .await?;
        let plain = |path: String| match path.strip_prefix(TOP) {
            Some(below) => format!("{top}{below}"),
            None => path,
        };
        Ok(found.into_iter().map(plain).collect())
    }

    /// Paths of the workspace tree.
    async fn in_tree(&self, value: &str) -> Result<Vec<String>, Error> {
        let value = match value.starts_with('/') {
            true => value.to_owned(),
            false => format!("/{value}"),
        };
        self.in_folder(Store::Workspace, &value).await
    }

    /// What is in the folder that the path names, as far as it begins so; folders end with a slash.
    async fn in_folder(&self, store: Store, path: &str) -> Result<Vec<String>, Error> {
        let (operation, parameter) = match store {
            Store::Volume => ("files.list_directory_contents", "directory_path"),
            Store::Workspace | Store::Dbfs => ("workspace.list", "path"),
        };
        let (folder, _) = path.rsplit_once('/').unwrap_or_default();
        if folder.split('/').any(|part| part == "..") {
            return Ok(Vec::new());
        }
        let folder = if folder.is_empty() { "/" } else { folder };
        let mut arguments = Map::new();
        arguments.insert(parameter.to_owned(), json!(folder));
        let host = self.context.workspace.transport.host();
        self.rules
            .admit_operation(COMPLETE, operation, &arguments, host)?;
        let remote = Remote {
            store,
            path: folder.to_owned(),
        };
        let found = stores::list(self.context, &remote).await?;
        let paths = found.into_iter().map(|one| match one.kind {
            Stored::Folder => format!("{}/", one.path.trim_end_matches('/')),
            _ => one.path,
        });
        Ok(paths.filter(|found| begins(found, path)).collect())
    }
}

/// True if a name begins so, whatever the case.
fn begins(name: &str, value: &str) -> bool {
    let mut name = name.chars().flat_map(char::to_lowercase);
    let mut value = value.chars().flat_map(char::to_lowercase);
    value.all(|wanted| name.next() == Some(wanted))
}
