//! Counts the documents' contents, so that an import can be compared with the last one.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::document::Documents;
use super::verify::operations;

/// The yield of an import, counted on the documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// SDK modules.
    pub modules: usize,
    /// Documents, one per module and level.
    pub documents: usize,
    /// API classes, aliases included.
    pub apis: usize,
    /// Operations read from the wheel, aliases included, overlay additions not.
    pub extracted: usize,
    /// Operations in the documents.
    pub operations: usize,
    /// Extracted operations of workspace level, aliases included.
    pub workspace: usize,
    /// Extracted operations of account level, aliases included.
    pub account: usize,
    /// Schemas that are enums.
    pub enums: usize,
    /// Values of all enums.
    pub enum_values: usize,
    /// Schemas that are objects.
    pub objects: usize,
    /// Properties of all object schemas.
    pub properties: usize,
    /// Required properties of all object schemas.
    pub required: usize,
    /// Paginated operations, aliases included, by style: token, offset, page, next request.
    pub paginated: [usize; 4],
    /// Operations with a waiter.
    pub waiters: usize,
    /// Long-running operations.
    pub long_running: usize,
    /// Operations that are deprecated.
    pub deprecated: usize,
    /// Operations with a launch stage.
    pub staged: usize,
    /// Operations added by the overlay.
    pub added: usize,
}

/// The names of the pagination styles, in the order of [`Figures::paginated`].
pub const STYLES: [&str; 4] = ["token", "offset", "page", "next_request"];

impl Figures {
    pub(crate) fn count(documents: &Documents) -> Figures {
        let mut figures = Figures {
            documents: documents.len(),
            ..Figures::default()
        };
        let modules: BTreeSet<&str> = documents
            .keys()
            .filter_map(|file| file.split('.').next())
            .collect();
        figures.modules = modules.len();
        figures.schemas(documents);
        let mut apis = BTreeSet::new();
        for operation in operations(documents) {
            let has = |key: &str| operation.object.get(key).is_some();
            figures.operations += 1;
            figures.deprecated += usize::from(has("deprecated"));
            if has("x-databricks-source") {
                figures.added += 1;
                continue;
            }
            let aliases = operation
                .object
                .get("x-databricks-aliases")
                .and_then(Value::as_array);
            let ids = aliases
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .chain([operation.id()]);
            apis.extend(ids.filter_map(|id| id.split('.').next()).map(str::to_owned));
            let weight = 1 + aliases.map_or(0, Vec::len);
            figures.extracted += weight;
            if operation.file.ends_with(".account.json") {
                figures.account += weight;
            } else {
                figures.workspace += weight;
            }
            figures.waiters += usize::from(has("x-databricks-wait"));
            figures.long_running += usize::from(has("x-databricks-lro"));
            figures.staged += usize::from(has("x-databricks-stage"));
            let style = operation
                .object
                .pointer("/x-databricks-paginate/style")
                .and_then(Value::as_str);
            let count = STYLES
                .iter()
                .position(|s| Some(*s) == style)
                .and_then(|index| figures.paginated.get_mut(index));
            if let Some(count) = count {
                *count += weight;
            }
        }
        figures.apis = apis.len();
        figures
    }

    fn schemas(&mut self, documents: &Documents) {
        let schemas = documents
            .values()
            .filter_map(|d| d.pointer("/components/schemas")?.as_object())
            .flatten();
        for (_, schema) in schemas {
            if let Some(values) = schema.get("enum").and_then(Value::as_array) {
                self.enums += 1;
                self.enum_values += values.len();
            } else {
                self.objects += 1;
                self.properties += schema
                    .get("properties")
                    .and_then(Value::as_object)
                    .map_or(0, serde_json::Map::len);
                self.required += schema
                    .get("required")
                    .and_then(Value::as_array)
                    .map_or(0, Vec::len);
            }
        }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures {
            modules,
            documents,
            apis,
            extracted,
            operations,
            workspace,
            account,
            ..
        } = self;
        writeln!(f, "{modules} modules, {documents} documents, {apis} APIs")?;
        writeln!(
            f,
            "{extracted} operations read ({workspace} workspace, {account} account), {operations} written ({} from the overlay)",
            self.added
        )?;
        writeln!(
            f,
            "{} schemas: {} objects ({} properties, {} required), {} enums ({} values)",
            self.objects + self.enums,
            self.objects,
            self.properties,
            self.required,
            self.enums,
            self.enum_values
        )?;
        let styles: Vec<String> = STYLES
            .iter()
            .zip(self.paginated)
            .map(|(style, count)| format!("{style} {count}"))
            .collect();
        writeln!(
            f,
            "{} paginated ({})",
            self.paginated.iter().sum::<usize>(),
            styles.join(", ")
        )?;
        write!(
            f,
            "{} with a waiter, {} long-running, {} deprecated, {} with a launch stage",
            self.waiters, self.long_running, self.deprecated, self.staged
        )
    }
}
