//! A manifest file as plain YAML with the place of everything, held to the schema of its form: every key and word
//! that is wrong is found, not only the first.

use serde::Deserialize;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::At;
use super::problem::meant;

/// A fault of the form: its place, what is wrong, the way out.
pub(super) struct Fault {
    pub(super) at: At<String>,
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) kind: FaultKind,
}

/// What can be done about a fault before the rest of the file is read.
pub(super) enum FaultKind {
    /// Nothing need be done: the key is passed over.
    UnknownKey,
    /// The word is read as this one.
    Misspelt(String),
    /// The rest cannot be read.
    Unreadable,
}

/// Any YAML.
pub(super) enum Node {
    Map(Vec<(At<String>, At<Node>)>),
    List(Vec<At<Node>>),
    Text(String),
    Number,
    Bool,
    Nothing,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Node;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("YAML")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Node::Map(entries))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Node, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Node::List(items))
            }

            fn visit_str<E>(self, text: &str) -> Result<Node, E> {
                Ok(Node::Text(text.to_owned()))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
                Ok(Node::Bool)
            }

            fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
                Ok(Node::Number)
            }

            fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
                Ok(Node::Number)
            }

            fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
                Ok(Node::Number)
            }

            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Nothing)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// The faults of a file's form. Where several uses of an anchor share one, it is there as often.
pub(super) fn faults(node: &At<Node>, schema: &Value) -> Vec<Fault> {
    let mut found = Vec::new();
    check("the file", node, schema, schema, &mut found);
    found
}

fn check(name: &str, node: &At<Node>, schema: &Value, root: &Value, found: &mut Vec<Fault>) {
    if let Some(fault) = other_kind(name, node, &kinds(schema, root)) {
        found.push(fault);
        return;
    }
    match &node.value {
        Node::Map(entries) => keys(node, entries, object_form(schema, root), root, found),
        Node::List(items) => {
            if let Some(schema) = object_form(schema, root).get("items") {
                for item in items {
                    check(name, item, schema, root, found);
                }
            }
        }
        Node::Text(word) => {
            let words = words(schema, root);
            if !words.is_empty() && !words.contains(&word.as_str()) {
                found.push(unknown_word(node, word, &words));
            }
        }
        Node::Number | Node::Bool | Node::Nothing => {}
    }
}

fn keys(
    node: &At<Node>,
    entries: &[(At<String>, At<Node>)],
    schema: &Value,
    root: &Value,
    found: &mut Vec<Fault>,
) {
    let properties = schema.get("properties").and_then(Value::as_object);
    let open = schema.get("additionalProperties");
    let is_given = |name: &str| entries.iter().any(|(key, _)| key.value == name);
    let mut misspelt = Vec::new();
    for (key, child) in entries {
        let known = properties.and_then(|properties| properties.get(&key.value));
        match (known, open) {
            (Some(schema), _) => check(&key.value, child, schema, root, found),
            (None, Some(Value::Bool(false))) => {
                let names = properties.into_iter().flat_map(|map| map.keys());
                let names = names.map(String::as_str);
                let meant = meant(&key.value, names.clone().filter(|name| !is_given(name)));
                if let Some((name, schema)) =
                    meant.and_then(|name| Some((name, properties?.get(name)?)))
                {
                    misspelt.push(name);
                    check(name, child, schema, root, found);
                }
                found.push(Fault {
                    at: key.clone(),
                    message: format!("unknown key: `{}`", key.value),
                    hint: match meant {
                        Some(name) => Some(format!("did you mean `{name}`?")),
                        None => listed_keys(names),
                    },
                    kind: meant.map_or(FaultKind::UnknownKey, |name| {
                        FaultKind::Misspelt(name.to_owned())
                    }),
                });
            }
            (None, Some(schema)) => check(&key.value, child, schema, root, found),
            (None, None) => {}
        }
    }
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        if is_given(name) || misspelt.contains(&name) {
            continue;
        }
        let schema = properties.and_then(|properties| properties.get(name));
        let one_of = schema.map(|schema| words(schema, root)).unwrap_or_default();
        let hint = match one_of.as_slice() {
            [] => format!("add `{name}: …`"),
            words => format!("add `{name}`, one of {}", listed(words)),
        };
        found.push(Fault {
            // The first key shows where the entry is; of an empty one there is none.
            at: entries.first().map_or_else(
                || At {
                    value: String::new(),
                    line: node.line,
                    column: node.column,
                    used: node.used,
                },
                |(key, _)| key.clone(),
            ),
            message: format!("missing key: `{name}`"),
            hint: Some(hint),
            kind: FaultKind::Unreadable,
        });
    }
}

/// The fault of a value of another kind than those that may stand there.
fn other_kind(name: &str, node: &At<Node>, kinds: &[&str]) -> Option<Fault> {
    let (is, fits): (_, &[&str]) = match &node.value {
        Node::Map(_) => ("keys with values", &["object"]),
        Node::List(_) => ("a list", &["array"]),
        // A word of letters alone can be text; what looks like a number is taken for text too.
        Node::Text(_) => ("text", &["string"]),
        Node::Number => ("a number", &["string", "integer", "number"]),
        Node::Bool => ("`true` or `false`", &["string", "boolean"]),
        Node::Nothing => return None,
    };
    if kinds.is_empty() || kinds.iter().any(|kind| fits.contains(kind)) {
        return None;
    }
    let (takes, example) = match *kinds.first()? {
        "object" => ("keys with values", format!("{name}: {{ key: value }}")),
        "array" => ("a list", format!("{name}: [value]")),
        "integer" | "number" => ("a number", format!("{name}: 50")),
        "boolean" => ("`true` or `false`", format!("{name}: true")),
        _ => ("text", format!("{name}: text")),
    };
    Some(Fault {
        at: At {
            value: String::new(),
            line: node.line,
            column: node.column,
            used: node.used,
        },
        message: format!("`{name}` takes {takes}, not {is}"),
        hint: Some(format!("write it as in `{example}`")),
        kind: FaultKind::Unreadable,
    })
}

/// The kinds of JSON that a value may be; empty where it may be any.
fn kinds<'a>(schema: &'a Value, root: &'a Value) -> Vec<&'a str> {
    let schema = followed(schema, root);
    match schema.get("type") {
        Some(Value::String(kind)) => return vec![kind],
        Some(Value::Array(kinds)) => return kinds.iter().filter_map(Value::as_str).collect(),
        _ => {}
    }
    if schema.get("const").is_some_and(Value::is_string) {
        return vec!["string"];
    }
    let forms = ["oneOf", "anyOf"].map(|form| schema.get(form).and_then(Value::as_array));
    let forms = forms.into_iter().flatten().flatten();
    let kinds_of: Vec<Vec<&str>> = forms.map(|form| kinds(form, root)).collect();
    if kinds_of.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    kinds_of.concat()
}

fn unknown_word(node: &At<Node>, word: &str, words: &[&str]) -> Fault {
    let close = meant(word, words.iter().copied());
    Fault {
        at: At {
            value: word.to_owned(),
            line: node.line,
            column: node.column,
            used: node.used,
        },
        message: format!("unknown word: `{word}`"),
        hint: Some(match close {
            Some(close) => format!("did you mean `{close}`? it is one of {}", listed(words)),
            None => format!("it is one of {}", listed(words)),
        }),
        kind: close.map_or(FaultKind::Unreadable, |close| {
            FaultKind::Misspelt(close.to_owned())
        }),
    }
}

fn listed_keys<'a>(names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names: Vec<&str> = names.collect();
    (!names.is_empty()).then(|| format!("known here: {}", names.join(", ")))
}

fn listed(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}

/// The words among which a value must be; empty where it may be any.
fn words<'a>(schema: &'a Value, root: &'a Value) -> Vec<&'a str> {
    let schema = followed(schema, root);
    if let Some(word) = schema.get("const").and_then(Value::as_str) {
        return vec![word];
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return words.iter().filter_map(Value::as_str).collect();
    }
    let forms = ["oneOf", "anyOf"].map(|form| schema.get(form).and_then(Value::as_array));
    let forms = forms.into_iter().flatten().flatten();
    let any_text = |form: &Value| followed(form, root).get("type") == Some(&Value::from("string"));
    if forms
        .clone()
        .any(|form| any_text(form) && words(form, root).is_empty())
    {
        return Vec::new();
    }
    forms.flat_map(|form| words(form, root)).collect()
}

fn followed<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let target = schema.get("$ref").and_then(Value::as_str);
    let target = target.and_then(|target| root.pointer(target.trim_start_matches('#')));
    target.map_or(schema, |schema| followed(schema, root))
}

/// Follows `$ref`, and of alternatives takes the one that is an object.
fn object_form<'a>(schema: &'a Value, root: &'a Value) -> &'a Value {
    let schema = followed(schema, root);
    let alternatives = schema.get("anyOf").and_then(Value::as_array);
    alternatives
        .into_iter()
        .flatten()
        .map(|form| object_form(form, root))
        .find(|form| form.get("properties").is_some() || form.get("items").is_some())
        .unwrap_or(schema)
}
