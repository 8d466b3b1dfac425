//! The facts of every operation, which `build.rs` packs and the server unpacks, and the requests that follow
//! from them.
//!
//! The server and `codegen` both compile this file. `Text`, `List` and what makes them come from the module
//! around it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::schema::Schemas;
use super::tool_spec::{Argument, Next, Operation, Place, RequestPlan, Source, Wire};
use super::{list, text};

/// The whole API: operations by id, and the schemas they refer to.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    /// Every operation, by id.
    pub operations: BTreeMap<String, OperationFacts>,
    /// Every schema that an operation leads to.
    pub schemas: Schemas,
}

/// One operation as the documents describe it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct OperationFacts {
    /// Path, query and header parameters, and the properties of the body.
    pub params: Vec<ParamFacts>,
    /// Schema of the JSON answer; none for an empty or raw one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<Value>,
    /// The answer is raw bytes.
    #[serde(default, skip_serializing_if = "is_false")]
    pub raw: bool,
    /// The way from page to page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paginate: Option<PaginateFacts>,
    /// The operation that tells when the work this one starts is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long_running: Option<String>,
}

/// One argument of an operation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ParamFacts {
    /// The service's name for it.
    pub name: String,
    /// Its place in the request.
    pub place: Place,
    /// True if the operation needs it.
    pub required: bool,
    /// The body requires a property of this name too; it holds the same value.
    #[serde(default, skip_serializing_if = "is_false")]
    pub in_body: bool,
    /// Its schema; references as `{"$ref": "module.Name"}`.
    pub schema: Value,
}

/// The way from page to page of a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PaginateFacts {
    /// The kind of continuation.
    pub style: Style,
    /// Field of the answer that holds the rows.
    pub items: String,
    /// Parameter that carries the continuation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Field of the answer that names the continuation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// The first offset or page number.
    #[serde(default)]
    pub first: u32,
}

/// A kind of continuation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// By a token of the answer.
    Token,
    /// By the number of rows so far.
    Offset,
    /// By the page's number.
    Page,
    /// By body properties that the answer holds.
    NextRequest,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_false(flag: &bool) -> bool {
    !*flag
}

/// Returns true if a whole number of this name is a point in time in milliseconds since 1970.
#[must_use]
pub fn is_time(name: &str, schema: &Value) -> bool {
    let ends = ["_time", "_time_ms", "_time_from", "_time_to"];
    let named = ends.iter().any(|end| name.ends_with(end));
    let whole = schema.get("type").is_some_and(|kind| kind == "integer");
    whole && (named || name.starts_with("timestamp") || name.contains("_timestamp"))
}

impl OperationFacts {
    /// The argument of this name.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<&ParamFacts> {
        self.params.iter().find(|param| param.name == name)
    }

    /// The request of `operation`, which takes each wanted argument by the service's name for it.
    #[must_use]
    #[allow(noop_method_call, reason = "`Text` is owned in `codegen`")]
    pub fn request(
        &self,
        operation: &Operation,
        wanted: impl Fn(&ParamFacts) -> bool,
    ) -> RequestPlan {
        let wanted = self.params.iter().filter(|param| wanted(param));
        RequestPlan {
            operation: operation.id.clone(),
            verb: operation.verb.clone(),
            path: operation.path.clone(),
            arguments: list(wanted.flat_map(|param| param.as_given(operation)).collect()),
            raw: self.raw,
        }
    }

    /// Returns the way to the next page; none where there are no pages.
    #[must_use]
    pub fn next(&self) -> Option<Next> {
        let paginate = self.paginate.as_ref()?;
        let wire = || {
            let param = self.param(paginate.request.as_deref()?)?;
            Some(param.wire())
        };
        let response = || paginate.response.as_deref().map(text);
        Some(match paginate.style {
            Style::Token => Next::ByToken(wire()?, response()?),
            Style::Offset => Next::ByOffset(wire()?, paginate.first),
            Style::Page => Next::ByPage(wire()?, paginate.first),
            Style::NextRequest => Next::ByRequest(response()?),
        })
    }
}

impl ParamFacts {
    /// The parameter as the service knows it.
    #[must_use]
    pub fn wire(&self) -> Wire {
        Wire {
            name: text(&self.name),
            place: self.place,
        }
    }

    /// Its places: a path parameter may stand in the body too.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        std::iter::once(self.place).chain(self.in_body.then_some(Place::Property))
    }

    /// Returns true if a caller of `operation` must give it.
    #[must_use]
    pub fn is_needed(&self, operation: &Operation) -> bool {
        self.required && !self.is_own_workspace(operation)
    }

    /// Returns true if it is the id of the workspace that is called, which need not be given.
    fn is_own_workspace(&self, operation: &Operation) -> bool {
        !operation.account && self.name == "workspace_id" && self.place == Place::Segment
    }

    /// Returns true if it is a point in time in milliseconds since 1970, which a caller may write in other forms.
    #[must_use]
    pub fn is_time(&self) -> bool {
        is_time(&self.name, &self.schema)
    }

    /// The argument as a caller who knows the service gives it.
    fn as_given(&self, operation: &Operation) -> impl Iterator<Item = Argument> {
        let own = self.is_own_workspace(operation);
        self.places().map(move |place| Argument {
            name: text(&self.name),
            wire: text(&self.name),
            place,
            source: if own {
                Source::CallerOrWorkspace
            } else {
                Source::Caller
            },
            base64: false,
            time: self.is_time(),
        })
    }
}
