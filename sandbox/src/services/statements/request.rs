//! Requests of statements: the work, the delivery of its result, and the time to wait.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;

use crate::http::ApiError;
use crate::sql::{Parameter, Work};

/// The longest statement, in bytes.
const LONGEST: usize = 16 << 20;

/// The body of `execute_statement`.
#[derive(Debug, Deserialize)]
pub(super) struct Execute {
    statement: String,
    pub(super) warehouse_id: String,
    catalog: Option<String>,
    schema: Option<String>,
    #[serde(default)]
    parameters: Vec<NamedParameter>,
    row_limit: Option<i64>,
    byte_limit: Option<i64>,
    #[serde(default)]
    disposition: Disposition,
    #[serde(default)]
    format: Format,
    wait_timeout: Option<String>,
    on_wait_timeout: Option<String>,
}

#[derive(Debug, Deserialize)]
struct NamedParameter {
    name: String,
    #[serde(rename = "type")]
    type_text: Option<String>,
    value: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Disposition {
    #[default]
    Inline,
    ExternalLinks,
}

/// The format of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Format {
    /// Arrays of strings.
    #[default]
    JsonArray,
    /// Arrow's IPC stream.
    ArrowStream,
    /// RFC 4180, with a header in the first chunk and `null` for NULL.
    Csv,
}

/// The way in which a result reaches the caller.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Delivery {
    disposition: Disposition,
    /// The format of rows.
    pub(super) format: Format,
    /// The number of bytes after which the result is cut.
    pub(super) byte_limit: Option<usize>,
}

impl Delivery {
    /// True for a result in the answer itself instead of behind links.
    pub(super) fn is_inline(self) -> bool {
        self.disposition == Disposition::Inline
    }
}

impl Format {
    /// The name of the format in the API.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::JsonArray => "JSON_ARRAY",
            Self::ArrowStream => "ARROW_STREAM",
            Self::Csv => "CSV",
        }
    }
}

impl Execute {
    /// The work, the delivery of its result, and the time to wait for its end.
    ///
    /// # Errors
    /// `INVALID_PARAMETER_VALUE` when the request contradicts itself.
    pub(super) fn read(&self) -> Result<(Work, Delivery, Duration), ApiError> {
        if self.statement.trim().is_empty() {
            return Err(ApiError::invalid("The statement is empty."));
        }
        if self.statement.len() > LONGEST {
            return Err(ApiError::invalid("The statement is longer than 16 MiB."));
        }
        if self.disposition == Disposition::Inline && self.format != Format::JsonArray {
            return Err(ApiError::invalid(format!(
                "The format {} needs the disposition EXTERNAL_LINKS; INLINE answers JSON_ARRAY only.",
                self.format.name()
            )));
        }
        let row_limit = limit("row_limit", self.row_limit)?;
        let byte_limit = limit("byte_limit", self.byte_limit)?;
        let wait = self.wait()?;
        let mut parameters = BTreeMap::new();
        for parameter in &self.parameters {
            let (type_text, value) = (parameter.type_text.clone(), parameter.value.clone());
            parameters.insert(parameter.name.clone(), Parameter { type_text, value });
        }
        let work = Work {
            text: self.statement.clone(),
            catalog: self.catalog.clone().filter(|name| !name.is_empty()),
            schema: self.schema.clone().filter(|name| !name.is_empty()),
            parameters,
            row_limit,
        };
        let delivery = Delivery {
            disposition: self.disposition,
            format: self.format,
            byte_limit,
        };
        Ok((work, delivery, wait))
    }

    /// True if a statement that outlasts the wait is cancelled.
    pub(super) fn cancels_on_timeout(&self) -> bool {
        self.on_wait_timeout.as_deref() == Some("CANCEL")
    }

    fn wait(&self) -> Result<Duration, ApiError> {
        let text = self.wait_timeout.as_deref().unwrap_or("10s");
        let seconds = text
            .strip_suffix('s')
            .and_then(|number| number.parse::<u64>().ok());
        match seconds {
            Some(seconds @ (0 | 5..=50)) => Ok(Duration::from_secs(seconds)),
            _ => Err(ApiError::invalid(format!(
                "wait_timeout must be 0s or between 5s and 50s: {text}"
            ))),
        }
    }
}

fn limit(name: &str, value: Option<i64>) -> Result<Option<usize>, ApiError> {
    match value {
        None => Ok(None),
        Some(value) => match usize::try_from(value) {
            Ok(value) if value > 0 => Ok(Some(value)),
            _ => Err(ApiError::invalid(format!(
                "{name} must be positive: {value}"
            ))),
        },
    }
}
