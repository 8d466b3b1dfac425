//! The operations of a document as they are written, for those who ask what an operation takes.

use axum::http::Method;
use serde_json::Value;

use super::{Shape, Spec};

/// An operation of a document.
pub(crate) struct Listed {
    /// `jobs.run_now`
    pub(crate) id: &'static str,
    /// The verb.
    pub(crate) verb: Method,
    /// The path template.
    pub(crate) path: &'static str,
    written: &'static Value,
    body: Option<Shape>,
}

impl Spec {
    /// Every operation of a document.
    pub(crate) fn operations(&'static self, document: &str) -> Vec<Listed> {
        let Some((name, content)) = self.named_document(document) else {
            return Vec::new();
        };
        let paths = content.get("paths").and_then(Value::as_object);
        let mut all = Vec::new();
        for (path, item) in paths.into_iter().flatten() {
            for (verb, written) in item.as_object().into_iter().flatten() {
                let Some(id) = written.get("operationId").and_then(Value::as_str) else {
                    continue;
                };
                let body = written.pointer("/requestBody/content/application~1json/schema");
                all.push(Listed {
                    id,
                    verb: Method::from_bytes(verb.to_uppercase().as_bytes()).unwrap_or_default(),
                    path,
                    written,
                    body: body.map(|schema| Shape::at(self, name, schema)),
                });
            }
        }
        all
    }
}

impl Listed {
    /// The argument that names one resource: the last of the path, else the first that the query or the body needs.
    pub(crate) fn identifies(&self) -> Option<&'static str> {
        let last = self.path.rsplit('/').next()?;
        if let Some(name) = last.strip_prefix('{') {
            return name.strip_suffix('}');
        }
        let needed = self.parameters().find(|one| {
            one.get("in").and_then(Value::as_str) == Some("query")
                && one.get("required").and_then(Value::as_bool) == Some(true)
        });
        let in_query = needed.and_then(|one| one.get("name")?.as_str());
        in_query.or_else(|| self.body?.required().next())
    }

    /// Returns true if the query, or the body beside or within one object, takes this field.
    pub(crate) fn takes(&self, field: &str) -> bool {
        let in_query = |one: &Value| {
            one.get("in").and_then(Value::as_str) == Some("query")
                && one.get("name").and_then(Value::as_str) == Some(field)
        };
        let in_body = self
            .body
            .is_some_and(|body| body.required().any(|name| name == field));
        self.parameters().any(in_query) || in_body
    }

    /// The only object of the body, if it has the field and the body has not.
    pub(crate) fn holds_in_body(&self, field: &str) -> Option<&'static str> {
        let body = self.body.filter(|body| body.property(field).is_none())?;
        let mut objects = body
            .properties()
            .filter(|(_, shape)| shape.property(field).is_some());
        objects.next().map(|(name, _)| name)
    }

    fn parameters(&self) -> impl Iterator<Item = &'static Value> {
        let parameters = self.written.get("parameters").and_then(Value::as_array);
        parameters.into_iter().flatten()
    }
}
