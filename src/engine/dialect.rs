//! Arguments as callers of other servers write them: under other names, wrapped in an object, or beside what the
//! client adds for itself.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::catalog::ToolSpec;
use crate::error::Error;
use crate::shape;

/// The object in which a whole family of servers wraps its arguments.
const ENVELOPE: &str = "params";
/// Characters of a name in an error.
const SHOWN: usize = 60;
/// Names that clients add to the arguments for their own use: the step the model is at and whether the user has to
/// approve it (Cline), why the model calls (Cursor), how risky it holds the call to be (OpenHands), and what n8n and
/// others put into every call.
///
/// They stand without underscores and in lower case, as clients write the same name in many ways.
const OF_CLIENTS: &[&str] = &[
    "action",
    "chatid",
    "chatinput",
    "conversationid",
    "dummy",
    "explanation",
    "messageid",
    "meta",
    "noparams",
    "random",
    "randomstring",
    "requestid",
    "requiresapproval",
    "safetylevel",
    "securityrisk",
    "sessionid",
    "taskprogress",
    "thought",
    "thoughts",
    "threadid",
    "tool",
    "toolcall",
    "toolcallid",
    "toolname",
    "tooluseid",
    "waitforprevioustools",
];

/// True for a name that clients add for their own use, however it is written.
fn is_of_clients(name: &str) -> bool {
    if name.len() > SHOWN {
        return false;
    }
    let plain = name.replace(['_', '-'], "").to_ascii_lowercase();
    OF_CLIENTS.binary_search(&plain.as_str()).is_ok()
}

/// Makes arguments canonical: unwraps them and gives them this server's names. Everything that looks at the arguments
/// of a call sees only the result, so that no spelling changes where the call goes or whether it asks.
///
/// Names that clients add for their own use are dropped where the tool has none such. Any other unknown name stays,
/// and the schema refuses it.
///
/// # Errors
/// Fails if an argument is given twice. No order of the two would be safe to guess.
pub(crate) fn translate(
    tool: &ToolSpec,
    schema: &Map<String, Value>,
    arguments: Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let own = |name: &str| properties.is_some_and(|properties| properties.contains_key(name));
    let mut given = Given::default();
    let mut wrapped = Vec::new();
    for (name, value) in arguments {
        let wraps = !own(&name) && (name == ENVELOPE || tool.flatten.contains(&name.as_str()));
        match inside(wraps, value) {
            Ok(inner) => wrapped.push((name, inner)),
            Err(value) => given.add(tool, &own, None, name, value),
        }
    }
    for (outer, inner) in wrapped {
        for (name, value) in inner {
            given.add(tool, &own, Some(&outer), name, value);
        }
    }
    if given.problems.is_empty() {
        return Ok(given.arguments);
    }
    Err(Error::Arguments {
        tool: tool.name.to_owned(),
        problems: given.problems,
    })
}

/// The members of an envelope, also of one written as text; else the value itself.
fn inside(wraps: bool, value: Value) -> Result<Map<String, Value>, Value> {
    match value {
        Value::Object(inner) if wraps => Ok(inner),
        Value::Null if wraps => Ok(Map::new()),
        Value::String(text) if wraps => {
            serde_json::from_str(&text).map_err(|_| Value::String(text))
        }
        value => Err(value),
    }
}

/// The arguments under the tool's own names, each with the words by which the caller gave it.
#[derive(Default)]
struct Given {
    arguments: Map<String, Value>,
    /// The words of the caller, by the tool's own name.
    words: HashMap<String, String>,
    problems: Vec<String>,
}

impl Given {
    fn add(
        &mut self,
        tool: &ToolSpec,
        own: &impl Fn(&str) -> bool,
        outer: Option<&str>,
        name: String,
        value: Value,
    ) {
        // Models write null for "not given".
        if value.is_null() || (!own(&name) && is_of_clients(&name)) {
            return;
        }
        let words = match outer {
            Some(outer) => format!("{outer}.{name}"),
            None => name.clone(),
        };
        let mut aliases = tool.argument_aliases.iter();
        let own_name = match aliases.find(|(other, _)| *other == name && !own(&name)) {
            Some((_, own_name)) => (*own_name).to_owned(),
            None => name,
        };
        match self.words.get(&own_name) {
            Some(before) => self.problems.push(format!(
                "`{}` is given twice, as `{}` and as `{}`",
                shape::one_line(&own_name, SHOWN),
                shape::one_line(before, SHOWN),
                shape::one_line(&words, SHOWN),
            )),
            None => {
                self.arguments.insert(own_name.clone(), value);
                self.words.insert(own_name, words);
            }
        }
    }
}
