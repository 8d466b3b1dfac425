//! The API documents, to hold what tests write as answers of the service to their schemas.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::Value;

/// Every document of `specs/databricks` by file name.
type Documents = BTreeMap<String, Value>;

/// The answer of an operation as the documents describe it.
enum Answers<'a> {
    /// JSON of this schema, written in this file.
    Json(&'a str, &'a Value),
    /// Bytes.
    Raw,
    /// Nothing.
    Empty,
}

fn documents() -> &'static Documents {
    static READ: OnceLock<Documents> = OnceLock::new();
    READ.get_or_init(|| {
        let folder = std::fs::read_dir("specs/databricks").expect("the API documents");
        let files = folder.map(|entry| entry.expect("a document").path());
        let read = files.map(|path| {
            let text = std::fs::read_to_string(&path).expect("a document");
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            (name, serde_json::from_str(&text).expect("JSON"))
        });
        read.collect()
    })
}

/// A difference between an answer and its schema.
#[derive(Debug)]
pub struct Fault {
    /// The place in the answer, by dots, such as `warehouses.[].state`.
    pub place: String,
    /// What is wrong there.
    pub reason: String,
}

/// Every difference between a success of an operation and its schema: a field that is not there, a value of another
/// type, a value that its enum does not list. What is null or left out is no difference: services leave out much.
pub fn faults(operation: &str, answer: &Value) -> Vec<Fault> {
    let mut faults = Vec::new();
    match answers(operation) {
        None => faults.push(fault("", format!("no operation `{operation}`"))),
        Some(Answers::Raw) => {}
        Some(Answers::Empty) => {
            let some = answer.as_object().is_none_or(|fields| !fields.is_empty());
            if some && !answer.is_null() {
                faults.push(fault("", format!("`{operation}` answers with nothing")));
            }
        }
        Some(Answers::Json(file, schema)) => compare(file, schema, answer, "", &mut faults),
    }
    faults
}

fn fault(place: &str, reason: String) -> Fault {
    Fault {
        place: place.to_owned(),
        reason,
    }
}

fn answers(id: &str) -> Option<Answers<'static>> {
    documents().iter().find_map(|(file, document)| {
        let paths = document["paths"].as_object()?.values();
        let methods = paths
            .filter_map(Value::as_object)
            .flat_map(|item| item.values());
        let method = methods
            .into_iter()
            .find(|method| method["operationId"] == id)?;
        let content = method
            .pointer("/responses/200/content")
            .and_then(Value::as_object);
        Some(match content.and_then(|content| content.iter().next()) {
            Some((kind, media)) if kind == "application/json" => {
                Answers::Json(file, &media["schema"])
            }
            Some(_) => Answers::Raw,
            None => Answers::Empty,
        })
    })
}

fn compare(file: &str, schema: &Value, value: &Value, at: &str, faults: &mut Vec<Fault>) {
    if let Some(target) = schema["$ref"].as_str() {
        let (other, pointer) = target.split_once('#').expect("a reference");
        let file = if other.is_empty() { file } else { other };
        match documents()
            .get(file)
            .and_then(|document| document.pointer(pointer))
        {
            Some(schema) => compare(file, schema, value, at, faults),
            None => faults.push(fault(at, format!("no schema `{target}`"))),
        }
        return;
    }
    if let Some(known) = schema["enum"].as_array() {
        if !known.contains(value) {
            faults.push(fault(at, format!("{value} is none of its values")));
        }
        return;
    }
    let inside = |name: &str| {
        if at.is_empty() {
            name.to_owned()
        } else {
            format!("{at}.{name}")
        }
    };
    match (schema["type"].as_str(), value) {
        (_, Value::Null) | (None, _) => {}
        (Some("object"), Value::Object(fields)) => {
            let known = schema["properties"].as_object();
            let others = &schema["additionalProperties"];
            for (name, field) in fields {
                match known.and_then(|known| known.get(name)) {
                    Some(schema) => compare(file, schema, field, &inside(name), faults),
                    None if others.is_object() => {
                        compare(file, others, field, &inside(name), faults);
                    }
                    None if known.is_some() => {
                        faults.push(fault(&inside(name), "no such field".to_owned()));
                    }
                    None => {}
                }
            }
        }
        (Some("array"), Value::Array(items)) => {
            for item in items {
                compare(file, &schema["items"], item, &inside("[]"), faults);
            }
        }
        (Some("string"), Value::String(_)) | (Some("boolean"), Value::Bool(_)) => {}
        (Some("number"), Value::Number(_)) => {}
        (Some("integer"), Value::Number(number)) if !number.is_f64() => {}
        // 64 bits also travel as text.
        (Some("integer"), Value::String(text)) if text.parse::<i64>().is_ok() => {}
        (Some(kind), other) => faults.push(fault(at, format!("{other} is no {kind}"))),
    }
}
