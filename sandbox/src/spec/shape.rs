//! Shapes of answers, read from their schemas: a resource is cut to the fields that an operation shows.

use serde_json::{Map, Value};

use super::{Operation, Spec};

/// A schema of a document, with its references followed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    spec: &'static Spec,
    document: &'static str,
    schema: &'static Value,
}

impl Operation {
    /// The schema of the answer; `None` if the spec has none.
    pub(crate) fn answer_shape(&self) -> Option<Shape> {
        let (address, place) = self.place.split_once('#')?;
        let name = address.rsplit('/').next()?.strip_suffix(".json")?;
        let place = place.replace("%7B", "{").replace("%7D", "}");
        let place = format!("{place}/responses/200/content/application~1json/schema");
        let spec = self.spec?;
        let (document, content) = spec.named_document(name)?;
        Some(Shape::at(spec, document, content.pointer(&place)?))
    }
}

impl Shape {
    pub(super) fn at(spec: &'static Spec, document: &'static str, schema: &'static Value) -> Self {
        let here = Self {
            spec,
            document,
            schema,
        };
        let Some(target) = schema.get("$ref").and_then(Value::as_str) else {
            return here;
        };
        let followed = target.split_once('#').and_then(|(file, pointer)| {
            let file = file.strip_suffix(".json").filter(|file| !file.is_empty());
            let (document, content) = spec.named_document(file.unwrap_or(document))?;
            Some(Self::at(spec, document, content.pointer(pointer)?))
        });
        followed.unwrap_or(here)
    }

    fn to(self, schema: &'static Value) -> Self {
        Self::at(self.spec, self.document, schema)
    }

    fn declared(self) -> Option<&'static Map<String, Value>> {
        let declared = self.schema.get("properties").and_then(Value::as_object);
        declared.filter(|properties| !properties.is_empty())
    }

    /// The properties it declares.
    pub(crate) fn properties(self) -> impl Iterator<Item = (&'static str, Self)> {
        let declared = self.declared().into_iter().flatten();
        declared.map(move |(name, schema)| (name.as_str(), self.to(schema)))
    }

    /// The schema of a property.
    pub(crate) fn property(self, name: &str) -> Option<Self> {
        Some(self.to(self.declared()?.get(name)?))
    }

    /// The properties that an object must have.
    pub(crate) fn required(self) -> impl Iterator<Item = &'static str> {
        let required = self.schema.get("required").and_then(Value::as_array);
        required.into_iter().flatten().filter_map(Value::as_str)
    }

    /// The values of an enum.
    pub(crate) fn values(self) -> Option<&'static Vec<Value>> {
        self.schema.get("enum").and_then(Value::as_array)
    }

    /// The schema of an array's entries.
    pub(crate) fn items(self) -> Option<Self> {
        Some(self.to(self.schema.get("items")?))
    }

    /// `string`, `integer`, `object` and so on.
    pub(crate) fn kind(self) -> &'static str {
        self.schema
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Cuts a value to the fields that the schema declares.
    pub(crate) fn cut(self, value: Value) -> Value {
        match value {
            Value::Object(fields) => match self.declared() {
                Some(_) => fields
                    .into_iter()
                    .filter_map(|(name, value)| {
                        let cut = self.property(&name)?.cut(value);
                        Some((name, cut))
                    })
                    .collect::<Map<_, _>>()
                    .into(),
                None => match self.schema.get("additionalProperties") {
                    Some(schema) if schema.is_object() => fields
                        .into_iter()
                        .map(|(name, value)| (name, self.to(schema).cut(value)))
                        .collect::<Map<_, _>>()
                        .into(),
                    _ => Value::Object(fields),
                },
            },
            Value::Array(items) => match self.items() {
                Some(shape) => items.into_iter().map(|item| shape.cut(item)).collect(),
                None => Value::Array(items),
            },
            other => other,
        }
    }
}
