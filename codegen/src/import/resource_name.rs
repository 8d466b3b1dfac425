//! Finds resource-name patterns (`projects/{project_id}`) in documentation and puts them into paths.
//!
//! The names follow Google's AIP-122: alternating literal and variable segments.

use std::collections::BTreeSet;

use super::model::{Field, Level, Location, Operation, Parameter, Type};

/// Patterns in a documentation text, in order, each once.
pub(crate) fn patterns(documentation: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let ends_word =
        |c: char| c.is_whitespace() || matches!(c, '`' | '"' | '\'' | '(' | ')' | ',' | ';');
    for word in documentation.split(ends_word) {
        let word = word.trim_end_matches(['.', ':']);
        if let Some(pattern) = pattern(word)
            && !found.contains(&pattern)
        {
            found.push(pattern);
        }
    }
    found
}

/// `word` as a pattern: literal segments, at least one variable, the first literal.
fn pattern(word: &str) -> Option<String> {
    let segments: Vec<String> = word.split('/').map(segment_of).collect::<Option<_>>()?;
    let is_variable = |segment: &String| segment.starts_with('{');
    let fits = segments.len() > 1
        && segments.iter().any(is_variable)
        && !segments.first().is_some_and(is_variable);
    fits.then(|| segments.join("/"))
}

/// A literal or variable segment. A dotted three-level name is one variable, called by the
/// Unity Catalog's word for it.
fn segment_of(segment: &str) -> Option<String> {
    if is_literal(segment) {
        return Some(segment.to_owned());
    }
    let parts: Vec<&str> = segment.split('.').map(variable).collect::<Option<_>>()?;
    match parts.as_slice() {
        [only] => Some(format!("{{{only}}}")),
        _ => Some("{full_name}".to_owned()),
    }
}

fn is_literal(segment: &str) -> bool {
    segment.starts_with(|c: char| c.is_ascii_lowercase())
        && segment
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn variable(part: &str) -> Option<&str> {
    let inner = part.strip_prefix('{')?.strip_suffix('}')?;
    let word = !inner.is_empty() && inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    word.then_some(inner)
}

/// Names between braces in a path or pattern, in order.
pub(crate) fn variables(template: &str) -> Vec<&str> {
    template
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .collect()
}

/// The path with every variable left blank. To the service, two paths of one shape are the same.
pub(crate) fn shape(path: &str) -> String {
    let mut shape = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        match c {
            '{' => inside = true,
            '}' => {
                inside = false;
                shape.push_str("{}");
            }
            c if !inside => shape.push(c),
            _ => {}
        }
    }
    shape
}

/// Replaces the resource-name parameters of `operation` by the documented pattern.
///
/// Returns the part of the path before each expanded parameter.
pub(crate) fn expand(operation: &mut Operation) -> Vec<String> {
    let mut prefixes = Vec::new();
    for python in ["name", "parent"] {
        let found = operation
            .parameters
            .iter()
            .position(|p| p.location == Location::Path && p.field.wire == python);
        let Some(index) = found else { continue };
        let Some(pattern) = operation
            .parameters
            .get(index)
            .and_then(|p| choose(&p.patterns, operation.level))
        else {
            continue;
        };
        let placeholder = format!("{{{python}}}");
        let Some((prefix, _)) = operation.path.split_once(&placeholder) else {
            continue;
        };
        prefixes.push(prefix.to_owned());
        replace(operation, index, &placeholder, &pattern);
    }
    prefixes
}

/// A pattern may be given for both levels: the account's opens with `accounts/`.
fn choose(patterns: &[String], level: Level) -> Option<String> {
    let fits = |p: &&String| p.starts_with("accounts/") == (level == Level::Account);
    patterns
        .iter()
        .find(fits)
        .or_else(|| patterns.first())
        .cloned()
}

fn replace(operation: &mut Operation, index: usize, placeholder: &str, pattern: &str) {
    let others: BTreeSet<String> = operation
        .parameters
        .iter()
        .enumerate()
        .filter(|(i, p)| *i != index && p.location == Location::Path)
        .map(|(_, p)| p.field.wire.clone())
        .collect();
    let mut pattern = pattern.to_owned();
    for variable in variables(&pattern.clone()) {
        if others.contains(variable) {
            pattern = pattern.replace(
                &format!("{{{variable}}}"),
                &format!("{{resource_{variable}}}"),
            );
        }
    }
    operation.path = operation.path.replacen(placeholder, &pattern, 1);
    operation.parameters.remove(index);
    for (offset, variable) in variables(&pattern).iter().enumerate() {
        operation
            .parameters
            .insert(index + offset, segment(variable));
    }
    operation.resource = Some(pattern);
}

/// A path parameter that is one segment of a resource name.
pub(crate) fn segment(name: &str) -> Parameter {
    Parameter {
        field: Field {
            wire: name.to_owned(),
            python: name.to_owned(),
            ty: Type::String,
            required: true,
            deprecated: false,
        },
        location: Location::Path,
        multi_segment: false,
        patterns: Vec::new(),
        names_operation: false,
    }
}

/// Marks resource names without a documented pattern: those that stand where others were expanded, and those of
/// long-running operations.
pub(crate) fn mark_unexpanded(operation: &mut Operation, prefixes: &BTreeSet<String>) {
    for parameter in operation
        .parameters
        .iter_mut()
        .filter(|p| p.location == Location::Path)
    {
        if !matches!(parameter.field.wire.as_str(), "name" | "parent") {
            continue;
        }
        let placeholder = format!("{{{}}}", parameter.field.wire);
        let prefix = operation
            .path
            .split_once(&placeholder)
            .map(|(prefix, _)| prefix);
        if parameter.names_operation || prefix.is_some_and(|p| prefixes.contains(p)) {
            parameter.multi_segment = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_found_among_prose() {
        let text = "The name. Format: ``projects/{project_id}/branches/{branch_id}``. See projects/my-app or a/b.";
        assert_eq!(
            patterns(text),
            ["projects/{project_id}/branches/{branch_id}"]
        );
        assert_eq!(
            patterns("UC name as catalog.schema, `batch_<id>`, /{x}"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn shape_forgets_variable_names() {
        assert_eq!(shape("/api/2.0/{a}/x/{b}:run"), "/api/2.0/{}/x/{}:run");
    }
}
