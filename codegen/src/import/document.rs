//! Writes the API as OpenAPI 3.0.3 documents, one per module and level.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::api::Api;
use super::error::Error;
use super::model::{Class, Level, Operation, Schema, Type};
use super::operation_object::operation_object;

/// Documents by file name.
pub(crate) type Documents = BTreeMap<String, Value>;

/// Knows where every class is written, and so how to refer to it.
pub(crate) struct References<'a> {
    api: &'a Api,
    homes: BTreeMap<&'a str, Level>,
}

/// The file of a module's operations at one level.
pub(crate) fn file_name(module: &str, level: Level) -> String {
    match level {
        Level::Workspace => format!("{module}.json"),
        Level::Account => format!("{module}.account.json"),
    }
}

impl<'a> References<'a> {
    fn new(api: &'a Api) -> Self {
        let home = |module: &'a String| {
            let mut levels = api
                .operations
                .iter()
                .filter(|o| o.module == *module)
                .map(|o| o.level)
                .peekable();
            let account_only = levels.peek().is_some() && levels.all(|l| l == Level::Account);
            (
                module.as_str(),
                if account_only {
                    Level::Account
                } else {
                    Level::Workspace
                },
            )
        };
        References {
            api,
            homes: api.modules.iter().map(home).collect(),
        }
    }

    /// The file that holds the schemas of `module`.
    pub(crate) fn home(&self, module: &str) -> String {
        file_name(
            module,
            self.homes.get(module).copied().unwrap_or(Level::Workspace),
        )
    }

    pub(crate) fn schema(
        &self,
        class: &Class,
        referrer: &str,
    ) -> Result<(&'a Class, &'a Schema), Error> {
        self.api
            .schemas
            .get_key_value(class)
            .ok_or_else(|| Error::UnknownClass {
                module: class.module.clone(),
                class: class.name.clone(),
                referrer: referrer.to_owned(),
            })
    }

    /// The schema object of `ty` as written in document `file`.
    pub(crate) fn type_object(
        &self,
        ty: &Type,
        file: &str,
        referrer: &str,
    ) -> Result<Value, Error> {
        Ok(match ty {
            Type::Any => json!({}),
            Type::Object => json!({ "type": "object", "additionalProperties": {} }),
            Type::String => json!({ "type": "string" }),
            Type::Integer => json!({ "type": "integer", "format": "int64" }),
            Type::IntegerOrString => {
                json!({ "type": "integer", "format": "int64", "x-databricks-int64-string": true })
            }
            Type::Number => json!({ "type": "number", "format": "double" }),
            Type::Boolean => json!({ "type": "boolean" }),
            Type::Timestamp => json!({ "type": "string", "format": "date-time" }),
            Type::Duration => json!({ "type": "string", "format": "duration" }),
            Type::Binary => json!({ "type": "string", "format": "binary" }),
            Type::List(item) => {
                json!({ "type": "array", "items": self.type_object(item, file, referrer)? })
            }
            Type::Map(value) => {
                json!({ "type": "object", "additionalProperties": self.type_object(value, file, referrer)? })
            }
            Type::Class(class) => {
                self.schema(class, referrer)?;
                let home = self.home(&class.module);
                let document = if home == file { "" } else { &home };
                json!({ "$ref": format!("{document}#/components/schemas/{}", class.name) })
            }
        })
    }

    fn schema_object(&self, name: &str, schema: &Schema, file: &str) -> Result<Value, Error> {
        match schema {
            Schema::Enum(members) => {
                let values: Vec<&str> = members.iter().map(|m| m.wire.as_str()).collect();
                Ok(json!({ "type": "string", "enum": values }))
            }
            Schema::Object(fields) => self.fields_object(fields, file, name),
        }
    }

    /// An object schema with `fields` as its properties.
    pub(crate) fn fields_object(
        &self,
        fields: &[super::model::Field],
        file: &str,
        referrer: &str,
    ) -> Result<Value, Error> {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in fields {
            let mut property =
                self.type_object(&field.ty, file, &format!("{referrer}.{}", field.python))?;
            mark_deprecated(&mut property, field.deprecated);
            properties.insert(field.wire.clone(), property);
            if field.required {
                required.push(field.wire.as_str());
            }
        }
        let mut object = json!({ "type": "object" });
        if let Value::Object(object) = &mut object {
            if !properties.is_empty() {
                object.insert("properties".into(), Value::Object(properties));
            }
            if !required.is_empty() {
                object.insert("required".into(), json!(required));
            }
        }
        Ok(object)
    }
}

/// OpenAPI 3.0 ignores what stands beside a `$ref`, so a deprecated reference stays unmarked.
fn mark_deprecated(property: &mut Value, deprecated: bool) {
    if let Value::Object(property) = property
        && deprecated
        && !property.contains_key("$ref")
    {
        property.insert("deprecated".into(), Value::Bool(true));
    }
}

/// Writes every document of `api`.
pub(crate) fn documents(api: &Api) -> Result<Documents, Error> {
    let references = References::new(api);
    let mut levels: BTreeSet<(&str, Level)> = api
        .operations
        .iter()
        .map(|o| (o.module.as_str(), o.level))
        .collect();
    levels.extend(
        references
            .homes
            .iter()
            .map(|(module, level)| (*module, *level)),
    );
    let mut documents = Documents::new();
    for (module, level) in levels {
        let file = file_name(module, level);
        let document = json!({
            "openapi": "3.0.3",
            "info": { "title": module, "version": "1", "x-databricks-level": level.word() },
            "paths": paths(api, &references, module, level, &file)?,
            "components": { "schemas": schemas(api, &references, module, &file)? },
        });
        documents.insert(file, document);
    }
    Ok(documents)
}

fn paths(
    api: &Api,
    references: &References<'_>,
    module: &str,
    level: Level,
    file: &str,
) -> Result<Value, Error> {
    let mut by_path: BTreeMap<(&str, usize), &Operation> = BTreeMap::new();
    let order = ["get", "head", "put", "post", "patch", "delete"];
    for operation in api
        .operations
        .iter()
        .filter(|o| o.module == module && o.level == level)
    {
        let rank = order
            .iter()
            .position(|verb| *verb == operation.verb)
            .unwrap_or(order.len());
        by_path.insert((&operation.path, rank), operation);
    }
    let mut paths = Map::new();
    for ((path, _), operation) in by_path {
        let item = paths.entry(path).or_insert_with(|| json!({}));
        if let Value::Object(item) = item {
            item.insert(
                operation.verb.clone(),
                operation_object(api, references, operation, file)?,
            );
        }
    }
    Ok(Value::Object(paths))
}

fn schemas(
    api: &Api,
    references: &References<'_>,
    module: &str,
    file: &str,
) -> Result<Value, Error> {
    let mut schemas = Map::new();
    if references.home(module) == file {
        for (class, schema) in api
            .schemas
            .iter()
            .filter(|(class, _)| class.module == module)
        {
            schemas.insert(
                class.name.clone(),
                references.schema_object(&class.name, schema, file)?,
            );
        }
    }
    Ok(Value::Object(schemas))
}

/// The bytes of a document: two spaces of indent and a final newline.
pub(crate) fn text(document: &Value) -> String {
    format!("{document:#}\n")
}
