//! Whole numbers beyond what 64 bits hold: JSON Schema takes them for integers, and no argument does.

use serde_json::{Map, Value};

/// The schema itself, or the definition in the root that it refers to.
pub(super) fn resolved<'a>(schema: &'a Value, root: &'a Map<String, Value>) -> &'a Value {
    let name = schema.get("$ref").and_then(Value::as_str);
    let name = name.and_then(|name| name.strip_prefix("#/$defs/"));
    name.map_or(schema, |name| {
        let definitions = root.get("$defs");
        definitions
            .and_then(|known| known.get(name))
            .unwrap_or(&Value::Null)
    })
}

/// The range of an argument that takes whole numbers, in words.
pub(super) fn range(schema: &Value) -> String {
    let bound = |name: &str| schema.get(name).and_then(Value::as_i64);
    let least = bound("minimum").unwrap_or(i64::MIN);
    let most = bound("maximum").unwrap_or(i64::MAX);
    format!("from {least} to {most}")
}

/// A sentence for each whole number beyond the range, but those that the schema's own bounds refuse.
pub(super) fn beyond(arguments: &Map<String, Value>, schema: &Map<String, Value>) -> Vec<String> {
    let mut search = Search {
        root: schema,
        place: Vec::new(),
        found: Vec::new(),
    };
    search.members(arguments, schema.get("properties"), None);
    search.found
}

struct Search<'a> {
    root: &'a Map<String, Value>,
    /// The names that lead to the value that is looked at.
    place: Vec<String>,
    found: Vec<String>,
}

impl Search<'_> {
    fn members(
        &mut self,
        object: &Map<String, Value>,
        properties: Option<&Value>,
        others: Option<&Value>,
    ) {
        for (name, value) in object {
            let known = properties.and_then(|known| known.get(name)).or(others);
            if let Some(schema) = known {
                self.at(name.clone(), value, schema);
            }
        }
    }

    fn at(&mut self, name: String, value: &Value, schema: &Value) {
        let schema = resolved(schema, self.root);
        self.place.push(name);
        match value {
            Value::Number(number) => {
                let takes = schema.get("type").is_some_and(|kind| kind == "integer");
                let number = number.as_f64().filter(|_| number.as_i64().is_none());
                let number = number.filter(|number| takes && number.fract() == 0.0);
                let bound = |number: f64| match number > 0.0 {
                    true => "maximum",
                    false => "minimum",
                };
                if number.is_some_and(|number| schema.get(bound(number)).is_none()) {
                    let place = self.place.join(".");
                    let range = range(schema);
                    self.found.push(format!(
                        "`{place}`: a whole number {range}, got one beyond it"
                    ));
                }
            }
            Value::Object(object) => {
                let others = schema.get("additionalProperties");
                self.members(object, schema.get("properties"), others);
            }
            Value::Array(list) => {
                if let Some(items) = schema.get("items") {
                    for (nth, item) in list.iter().enumerate() {
                        self.at(nth.to_string(), item, items);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::String(_) => {}
        }
        self.place.pop();
    }
}
