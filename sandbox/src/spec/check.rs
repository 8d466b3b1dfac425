//! Checks calls and answers against the operation.

use axum::body::Bytes;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, Validator};
use serde_json::{Map, Number, Value, json};

use super::{Body, Compiled, Operation, Parameter, without_nulls};
use crate::http::{ApiError, Call};

impl Operation {
    /// Admits a call: path parameters as matched, query pairs and body as sent.
    ///
    /// # Errors
    /// `INVALID_PARAMETER_VALUE` or `MALFORMED_REQUEST`, naming what is wrong.
    pub(crate) fn admit(
        &self,
        path: Map<String, Value>,
        query: &[(String, String)],
        body: &Bytes,
    ) -> Result<Call, ApiError> {
        let query = self.typed_query(query)?;
        let mut call = Call {
            path,
            query,
            body: json!({}),
            ..Call::default()
        };
        match self.body {
            Body::Json { required } => call.body = self.json_body(body, required)?,
            Body::Raw => call.bytes = body.clone(),
            Body::None => {}
        }
        Ok(call)
    }

    fn typed_query(&self, sent: &[(String, String)]) -> Result<Map<String, Value>, ApiError> {
        let mut typed = Map::new();
        for parameter in self.query.iter() {
            let values: Vec<&str> = sent
                .iter()
                .filter(|(name, _)| *name == parameter.name)
                .map(|(_, value)| value.as_str())
                .collect();
            if values.is_empty() {
                if parameter.required {
                    let name = &parameter.name;
                    return Err(ApiError::invalid(format!("Missing required field: {name}")));
                }
                continue;
            }
            let value = self.typed(parameter, &values)?;
            typed.insert(parameter.name.clone(), value);
        }
        for (name, value) in sent {
            if !self.query.iter().any(|parameter| parameter.name == *name) {
                typed.insert(name.clone(), Value::String(value.clone()));
            }
        }
        Ok(typed)
    }

    fn typed(&self, parameter: &Parameter, values: &[&str]) -> Result<Value, ApiError> {
        let schema = self.resolved(&parameter.schema);
        let kind = schema
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or("string");
        let value = if kind == "array" {
            let items = schema.get("items").cloned().unwrap_or_default();
            let items = self.resolved(&items);
            let kind = items
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or("string");
            values.iter().map(|value| scalar(kind, value)).collect()
        } else {
            scalar(kind, values.last().copied().unwrap_or_default())
        };
        let validator = self
            .kept(&parameter.compiled, &parameter.place)
            .map_err(ApiError::internal)?;
        let wrong = validator.iter_errors(&value).next();
        match wrong {
            Some(error) => Err(ApiError::invalid(format!(
                "Invalid value for parameter `{}`: {error}",
                parameter.name
            ))),
            None => Ok(value),
        }
    }

    fn json_body(&self, body: &[u8], required: bool) -> Result<Value, ApiError> {
        if body.iter().all(u8::is_ascii_whitespace) && !required {
            return self.checked_body(json!({}));
        }
        let body: Value = serde_json::from_slice(body).map_err(|error| {
            ApiError::malformed(format!("Invalid JSON given in the body: {error}"))
        })?;
        if !body.is_object() {
            return Err(ApiError::malformed("Expected a JSON object as the body."));
        }
        self.checked_body(body)
    }

    fn checked_body(&self, body: Value) -> Result<Value, ApiError> {
        let body = without_nulls(&body);
        let place = format!(
            "{}/requestBody/content/application~1json/schema",
            self.place
        );
        let validator = self
            .kept(&self.request, &place)
            .map_err(ApiError::internal)?;
        // With an update mask, required fields may be left out.
        let is_partial = self
            .query
            .iter()
            .any(|parameter| parameter.name == "update_mask");
        let is_left_out = |kind: &ValidationErrorKind| {
            is_partial && matches!(kind, ValidationErrorKind::Required { .. })
        };
        let fault = validator
            .iter_errors(&body)
            .find(|error| !is_left_out(error.kind()))
            .map(|error| {
                let field = error
                    .instance_path()
                    .as_str()
                    .trim_start_matches('/')
                    .replace('/', ".");
                let field = if field.is_empty() {
                    String::new()
                } else {
                    format!(" in `{field}`")
                };
                match error.kind() {
                    ValidationErrorKind::Required { property } => {
                        let property = property.as_str().unwrap_or_default();
                        ApiError::invalid(format!("Missing required field{field}: {property}"))
                    }
                    _ => ApiError::invalid(format!("Invalid request{field}: {error}")),
                }
            });
        match fault {
            Some(fault) => Err(fault),
            None => Ok(body),
        }
    }

    /// The fault of an answer that the spec does not allow.
    pub(crate) fn find_fault(&self, answer: &Value) -> Option<String> {
        if !self.answers_json {
            let empty = answer.as_object().is_some_and(Map::is_empty);
            return (!empty).then(|| "the spec has no answer here".to_owned());
        }
        let answer = without_nulls(answer);
        let place = format!(
            "{}/responses/200/content/application~1json/schema",
            self.place
        );
        let validator = match self.kept(&self.answer, &place) {
            Ok(validator) => validator,
            Err(fault) => return Some(fault),
        };
        let faults: Vec<String> = validator
            .iter_errors(&answer)
            .take(5)
            .map(|error| format!("{} at {}", error, error.instance_path()))
            .collect();
        (!faults.is_empty()).then(|| faults.join("; "))
    }

    fn kept<'a>(&self, cell: &'a Compiled, place: &str) -> Result<&'a Validator, String> {
        cell.get_or_init(|| self.compile(place))
            .as_ref()
            .map_err(Clone::clone)
    }

    fn compile(&self, place: &str) -> Result<Validator, String> {
        let spec = self
            .spec
            .ok_or("an operation beyond the spec has no schemas")?;
        jsonschema::options()
            .with_draft(Draft::Draft4)
            .with_registry(&spec.registry)
            .should_ignore_unknown_formats(true)
            .build(&json!({"$ref": place}))
            .map_err(|error| {
                format!(
                    "a schema of `{}` in specs/ does not compile: {error}",
                    self.id
                )
            })
    }

    /// Follows a schema that is only a reference.
    fn resolved(&self, schema: &Value) -> Value {
        let Some(target) = schema.get("$ref").and_then(Value::as_str) else {
            return schema.clone();
        };
        let Some((file, pointer)) = target.split_once('#') else {
            return schema.clone();
        };
        let own = self.place.split(".json#").next().unwrap_or_default();
        let own = own.rsplit('/').next().unwrap_or_default();
        let file = file
            .strip_suffix(".json")
            .filter(|file| !file.is_empty())
            .unwrap_or(own);
        let found = self
            .spec
            .and_then(|spec| spec.document(file))
            .and_then(|document| document.pointer(pointer));
        found.cloned().unwrap_or_default()
    }
}

/// Parses a query value as its type. A value of another type stays text and fails the check.
fn scalar(kind: &str, text: &str) -> Value {
    let typed = match kind {
        "integer" => text.parse::<i64>().ok().map(Value::from),
        "number" => text
            .parse()
            .ok()
            .and_then(Number::from_f64)
            .map(Value::Number),
        "boolean" => text.to_lowercase().parse::<bool>().ok().map(Value::Bool),
        _ => None,
    };
    typed.unwrap_or_else(|| Value::String(text.to_owned()))
}
