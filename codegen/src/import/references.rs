//! Schema objects, which refer to classes in the document that has them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::error::Error;
use super::model::{Api, Class, Field, Level, Schema, Type};

/// The documents that hold the classes, for references to them.
pub(crate) struct References<'a> {
    api: &'a Api,
    pub(crate) homes: BTreeMap<&'a str, Level>,
}

/// The file of a module's operations at one level.
pub(crate) fn file_name(module: &str, level: Level) -> String {
    match level {
        Level::Workspace => format!("{module}.json"),
        Level::Account => format!("{module}.account.json"),
    }
}

impl<'a> References<'a> {
    /// Finds the home of every module of `api`.
    pub(crate) fn new(api: &'a Api) -> Self {
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

    /// A class with its schema. The error names `referrer`.
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

    /// The schema object of a class, as its home document has it.
    pub(crate) fn schema_object(
        &self,
        name: &str,
        schema: &Schema,
        file: &str,
    ) -> Result<Value, Error> {
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
        fields: &[Field],
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

/// Marks a property as deprecated. OpenAPI 3.0 ignores everything beside a `$ref`, so a reference stays unmarked.
fn mark_deprecated(property: &mut Value, deprecated: bool) {
    if let Value::Object(property) = property
        && deprecated
        && !property.contains_key("$ref")
    {
        property.insert("deprecated".into(), Value::Bool(true));
    }
}
