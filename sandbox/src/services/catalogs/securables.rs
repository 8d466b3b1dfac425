//! Securables of Unity Catalog: their names, and the errors for those that do not exist.

use crate::http::ApiError;
use crate::shared::Shared;
use crate::sql::SqlError;

/// The words of the kinds that lie in schemas.
pub(super) const VOLUME: &str = "Volume";
pub(super) const FUNCTION: &str = "Function";
pub(super) const MODEL: &str = "Registered model";
pub(super) const MODEL_VERSION: &str = "Model version";

/// Refuses a securable that does not exist. One of a type that the sandbox does not keep passes.
///
/// # Errors
/// The securable's own error, or `INVALID_PARAMETER_VALUE` for a name with the wrong number of parts.
pub(in crate::services) fn require(
    shared: &Shared,
    kind: &str,
    name: &str,
) -> Result<(), ApiError> {
    let metastore = &shared.engine.metastore;
    let parts: Vec<&str> = name.split('.').collect();
    let word = match (kind, parts.as_slice()) {
        ("CATALOG", _) => return metastore.find_catalog(name).map(drop).map_err(missing),
        ("SCHEMA", [catalog, schema]) => {
            return require_schema(shared, catalog, schema);
        }
        ("TABLE", [catalog, schema, table]) => {
            let found = metastore.find_table(catalog, schema, table);
            return found.map(drop).map_err(missing);
        }
        ("SCHEMA" | "TABLE", _) => {
            let kind = kind.to_lowercase();
            return Err(ApiError::invalid(format!(
                "'{name}' is not a valid {kind} name."
            )));
        }
        ("VOLUME", _) => VOLUME,
        ("FUNCTION", _) => {
            let functions = shared.collections.find(FUNCTION, name);
            if functions.is_some() { FUNCTION } else { MODEL }
        }
        ("CONNECTION", _) => "Connection",
        ("STORAGE_CREDENTIAL" | "CREDENTIAL", _) => "Storage credential",
        ("EXTERNAL_LOCATION", _) => "External location",
        ("SHARE", _) => "Share",
        ("RECIPIENT", _) => "Recipient",
        ("PROVIDER", _) => "Provider",
        _ => return Ok(()),
    };
    match shared.collections.of(word) {
        Some(all) if all.named(name).is_none() => Err(all.missing(name)),
        _ => Ok(()),
    }
}

/// Refuses a schema that does not exist.
///
/// # Errors
/// The error of the catalog or the schema that is missing.
pub(super) fn require_schema(shared: &Shared, catalog: &str, schema: &str) -> Result<(), ApiError> {
    let metastore = &shared.engine.metastore;
    metastore.find_catalog(catalog).map_err(missing)?;
    metastore.find_schema(catalog, schema).map_err(missing)?;
    Ok(())
}

/// Splits the full name of a table.
///
/// # Errors
/// `INVALID_PARAMETER_VALUE` when it has other than three parts.
pub(super) fn three_parts(full_name: &str) -> Result<(&str, &str, &str), ApiError> {
    let parts: Vec<&str> = full_name.split('.').collect();
    match parts.as_slice() {
        [catalog, schema, table] => Ok((catalog, schema, table)),
        _ => Err(ApiError::invalid(format!(
            "'{full_name}' is not a valid table name: it must be catalog.schema.table."
        ))),
    }
}

/// Turns an error of SQL into the one that REST has for the same fault.
pub(super) fn missing(error: SqlError) -> ApiError {
    let name = error
        .message
        .split(['`', '\''])
        .filter(|part| !part.is_empty());
    let quoted: Vec<&str> = name
        .skip(1)
        .take_while(|part| !part.starts_with(' '))
        .collect();
    let name: String = quoted.concat();
    let (code, kind) = match error.condition {
        "TABLE_OR_VIEW_NOT_FOUND" => ("TABLE_DOES_NOT_EXIST", "Table"),
        "SCHEMA_NOT_FOUND" => ("SCHEMA_DOES_NOT_EXIST", "Schema"),
        _ => ("CATALOG_DOES_NOT_EXIST", "Catalog"),
    };
    ApiError::missing(code, format!("{kind} '{name}' does not exist."))
}
