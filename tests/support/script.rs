//! Scripts of tool calls, played against the built binary: each step a call, with what is expected of its answer.

use std::collections::BTreeMap;

use databricks_sandbox::{Options, Running, Sandbox};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::binary::{Binary, Era, text};

/// A sandbox that holds its answers to the API documents, and the built binary over it with every tool.
pub fn stage() -> (Running, Binary) {
    let sandbox = Sandbox::start(Options {
        speed: 1_000.0,
        check_answers: true,
        ..Options::default()
    });
    let sandbox = sandbox.expect("a sandbox");
    let server = Binary::start(
        Era::Session,
        &[
            ("DATABRICKS_HOST", sandbox.host()),
            ("DATABRICKS_TOKEN", sandbox.token()),
            ("DATABRICKS_WAREHOUSE_ID", sandbox.warehouse_id()),
            ("DATABRICKS_MCP_TOOLSETS", "all"),
        ],
    );
    (sandbox, server)
}

/// One call of a script, and what is expected of its answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    pub tool: String,
    #[serde(default)]
    pub arguments: Map<String, Value>,
    #[serde(default)]
    pub keep: BTreeMap<String, String>,
    #[serde(default)]
    pub holds: BTreeMap<String, Value>,
    pub fails: Option<String>,
    /// Part of the text of the answer.
    pub says: Option<String>,
}

/// Calls the tool and checks the step's expectations. Returns the structured answer, or null after an
/// expected error.
pub fn play(
    step: &Step,
    server: &mut Binary,
    kept: &mut Map<String, Value>,
) -> Result<Value, String> {
    let arguments = filled(&Value::Object(step.arguments.clone()), kept)?;
    let answer = server.request(
        "tools/call",
        json!({ "name": step.tool, "arguments": arguments }),
    );
    let result = answer.get("result").ok_or_else(|| answer.to_string())?;
    let said = text(result);
    match (&step.fails, result["isError"] == true) {
        (None, true) => return Err(said),
        (Some(wanted), false) => return Err(format!("no error with `{wanted}`: {said}")),
        (Some(wanted), true) => {
            let wanted = filled(&json!(wanted), kept)?;
            if !said.contains(wanted.as_str().unwrap_or_default()) {
                return Err(format!("no {wanted} in the error: {said}"));
            }
        }
        (None, false) => {}
    }
    if let Some(wanted) = &step.says {
        let wanted = filled(&json!(wanted), kept)?;
        if !said.contains(wanted.as_str().unwrap_or_default()) {
            return Err(format!("no {wanted} in the text: {said}"));
        }
    }
    let structured = &result["structuredContent"];
    for (path, wanted) in &step.holds {
        let wanted = filled(wanted, kept)?;
        let found = at(structured, path).unwrap_or(&Value::Null);
        if *found != wanted {
            return Err(format!(
                "`{path}` is {found}, not {wanted}, in {structured}"
            ));
        }
    }
    for (name, path) in &step.keep {
        let found =
            at(structured, path).ok_or_else(|| format!("nothing at `{path}` in {structured}"))?;
        kept.insert(name.clone(), found.clone());
    }
    Ok(match step.fails {
        Some(_) => Value::Null,
        None => structured.clone(),
    })
}

/// The value at a path of fields, positions and `field=value`, which selects the first such row.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, part| match value {
        Value::Array(rows) => match part.split_once('=') {
            Some((field, wanted)) => rows.iter().find(|row| match row.get(field) {
                Some(Value::String(text)) => text == wanted,
                Some(other) => {
                    serde_json::from_str(wanted).is_ok_and(|wanted: Value| wanted == *other)
                }
                None => false,
            }),
            None => rows.get(part.parse::<usize>().ok()?),
        },
        other => other.get(part),
    })
}

/// Replaces `{name}` by the kept value itself if the string is nothing else, otherwise by its text.
fn filled(value: &Value, kept: &Map<String, Value>) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => {
            let whole = text
                .strip_prefix('{')
                .and_then(|text| text.strip_suffix('}'))
                .filter(|name| is_name(name));
            if let Some(name) = whole {
                return kept
                    .get(name)
                    .cloned()
                    .ok_or_else(|| format!("nothing was kept as `{name}`"));
            }
            let mut text = text.clone();
            for (name, value) in kept {
                let value = value
                    .as_str()
                    .map_or_else(|| value.to_string(), ToOwned::to_owned);
                text = text.replace(&format!("{{{name}}}"), &value);
            }
            Value::String(text)
        }
        Value::Array(items) => items
            .iter()
            .map(|item| filled(item, kept))
            .collect::<Result<_, _>>()?,
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| Ok((name.clone(), filled(value, kept)?)))
            .collect::<Result<Map<_, _>, String>>()?
            .into(),
        other => other.clone(),
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_')
}
