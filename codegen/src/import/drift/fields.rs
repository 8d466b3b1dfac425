//! Compares the fields of two schemas, the arguments of two versions of an operation, and other named parts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Fields by name.
pub(super) type Fields = BTreeMap<String, Field>;

/// What is compared of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    kind: String,
    required: bool,
    deprecated: bool,
}

/// A change of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changed {
    /// The field; before the change, where it had another name.
    pub(super) field: String,
    /// Its change.
    pub(super) kind: Kind,
}

/// A kind of change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Added {
        required: bool,
    },
    Removed,
    /// A guess: gone, while another of its type and a name like it came.
    Renamed {
        to: String,
        required: bool,
    },
    Type {
        from: String,
        to: String,
    },
    Required(bool),
    Deprecated(bool),
}

impl Field {
    pub(super) fn of(schema: &Value, required: bool) -> Field {
        Field {
            kind: type_text(schema),
            required,
            deprecated: schema.get("deprecated") == Some(&Value::Bool(true)),
        }
    }
}

/// The fields of an object schema; none of any other.
pub(super) fn fields(schema: &Value) -> Fields {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required =
        |name: &str| required.is_some_and(|all| all.iter().any(|one| one.as_str() == Some(name)));
    let properties = schema.get("properties").and_then(Value::as_object);
    let properties = properties.into_iter().flatten();
    properties
        .map(|(name, schema)| (name.clone(), Field::of(schema, is_required(name))))
        .collect()
}

/// A schema in a few words, such as `list of jobs.Run`.
pub(super) fn type_text(schema: &Value) -> String {
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    if let Some(name) = text("$ref") {
        return name.to_owned();
    }
    if let Some(items) = schema.get("items") {
        return format!("list of {}", type_text(items));
    }
    if let Some(values) = schema
        .get("additionalProperties")
        .filter(|any| any.is_object())
    {
        return format!("map of {}", type_text(values));
    }
    match (text("type"), text("format")) {
        (Some(kind), Some(format)) => format!("{kind} ({format})"),
        (Some(kind), None) => kind.to_owned(),
        (None, _) => "any JSON".to_owned(),
    }
}

/// Every change between two sets of fields; `same` tells whether two types that are called differently are one.
pub(super) fn changed(
    before: &Fields,
    after: &Fields,
    same: impl Fn(&str, &str) -> bool,
) -> Vec<Changed> {
    let mut gone: Vec<(&String, &Field)> = before
        .iter()
        .filter(|(name, _)| !after.contains_key(*name))
        .collect();
    let mut new: Vec<(&String, &Field)> = after
        .iter()
        .filter(|(name, _)| !before.contains_key(*name))
        .collect();
    let mut changes = Vec::new();
    for ((from, to), required) in renamed(&mut gone, &mut new) {
        let kind = Kind::Renamed { to, required };
        changes.push(Changed { field: from, kind });
    }
    for (name, _) in gone {
        changes.push(Changed {
            field: name.clone(),
            kind: Kind::Removed,
        });
    }
    for (name, field) in new {
        let kind = Kind::Added {
            required: field.required,
        };
        changes.push(Changed {
            field: name.clone(),
            kind,
        });
    }
    for (name, is) in after {
        let Some(was) = before.get(name) else {
            continue;
        };
        let mut push = |kind| {
            changes.push(Changed {
                field: name.clone(),
                kind,
            })
        };
        if was.kind != is.kind && !same(&was.kind, &is.kind) {
            push(Kind::Type {
                from: was.kind.clone(),
                to: is.kind.clone(),
            });
        }
        if was.required != is.required {
            push(Kind::Required(is.required));
        }
        if was.deprecated != is.deprecated {
            push(Kind::Deprecated(is.deprecated));
        }
    }
    changes
}

/// Pairs what is gone with what came, by type and likeness, and takes the pairs out of both.
fn renamed(
    gone: &mut Vec<(&String, &Field)>,
    new: &mut Vec<(&String, &Field)>,
) -> Vec<((String, String), bool)> {
    let mut pairs = Vec::new();
    let of_type = |all: &[(&String, &Field)], kind: &str| {
        all.iter().filter(|(_, field)| field.kind == kind).count()
    };
    // Where only one of a type went and one came, less likeness will do.
    let lone: BTreeSet<String> = gone
        .iter()
        .map(|(_, was)| was.kind.clone())
        .filter(|kind| of_type(gone, kind) == 1 && of_type(new, kind) == 1)
        .collect();
    gone.retain(|(from, was)| {
        let is_like = |to: &str| {
            likeness(from, to) >= LIKE || (lone.contains(&was.kind) && share_word(from, to))
        };
        let fits = new.iter().enumerate();
        let fits = fits.filter(|(_, (to, is))| is.kind == was.kind && is_like(to));
        let best =
            fits.max_by(|(_, (a, _)), (_, (b, _))| likeness(from, a).total_cmp(&likeness(from, b)));
        let Some((index, _)) = best else { return true };
        let (to, is) = new.remove(index);
        let required = is.required && !was.required;
        pairs.push((((*from).clone(), to.clone()), required));
        false
    });
    pairs
}

/// Names below this likeness are two fields.
const LIKE: f64 = 0.8;

fn likeness(from: &str, to: &str) -> f64 {
    let (from, to) = (bare(from), bare(to));
    if from.contains(to) || to.contains(from) {
        return 1.0;
    }
    strsim::jaro_winkler(from, to)
}

fn share_word(from: &str, to: &str) -> bool {
    let mut words = bare(from).split('_');
    words.any(|word| bare(to).split('_').any(|other| other == word))
}

/// A field's own name, as the manifest writes it: without the place before it and the marks around it.
pub(super) fn bare(name: &str) -> &str {
    name.rsplit(' ').next().unwrap_or(name).trim_matches('`')
}

impl std::fmt::Display for Changed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = |name: &str| {
            if name.contains('`') {
                name.to_owned()
            } else {
                format!("`{name}`")
            }
        };
        let field = name(&self.field);
        match &self.kind {
            Kind::Added { required: true } => write!(f, "+ {field} (required)"),
            Kind::Added { required: false } => write!(f, "+ {field}"),
            Kind::Removed => write!(f, "- {field}"),
            Kind::Renamed { to, required } => {
                let required = if *required { ", required" } else { "" };
                write!(
                    f,
                    "{field} gone, perhaps now {} (a guess{required})",
                    name(to)
                )
            }
            Kind::Type { from, to } => write!(f, "{field} was {from}, is {to}"),
            Kind::Required(true) => write!(f, "{field} is now required"),
            Kind::Required(false) => write!(f, "{field} is no longer required"),
            Kind::Deprecated(true) => write!(f, "{field} is now deprecated"),
            Kind::Deprecated(false) => write!(f, "{field} is no longer deprecated"),
        }
    }
}

/// One phrase for each part that is new, gone or different.
pub(super) fn parts(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
) -> Vec<String> {
    let part = |sign: &str, (name, value): (&String, &String)| {
        let value = Some(value).filter(|value| !value.is_empty());
        let value = value.map(|value| format!(" `{value}`"));
        format!("{sign} {name}{}", value.unwrap_or_default())
    };
    let mut changes = Vec::new();
    for (name, value) in after {
        match before.get(name) {
            None => changes.push(part("+", (name, value))),
            Some(was) if was != value => changes.push(format!("{name} `{was}` -> `{value}`")),
            Some(_) => {}
        }
    }
    let gone = before.iter().filter(|(name, _)| !after.contains_key(*name));
    changes.extend(gone.map(|gone| part("-", gone)));
    changes
}
