//! Dotted paths into JSON; through a list they find one value for each of its members.

use serde_json::Value;

/// The value at a dotted path. Through a list it is the list of what its members have there. Of several paths,
/// joined by `|`, the first that leads to something counts.
#[must_use]
pub fn at(value: &Value, path: &str) -> Option<Value> {
    if !path.contains('|') {
        return at_one(value, path);
    }
    let mut paths = path.split('|');
    paths.find_map(|path| at_one(value, path).filter(|found| found != ""))
}

fn at_one(value: &Value, path: &str) -> Option<Value> {
    let (first, rest) = split(path);
    match value {
        Value::Array(items) => {
            let found: Vec<Value> = items.iter().filter_map(|item| at_one(item, path)).collect();
            (!found.is_empty()).then_some(Value::Array(found))
        }
        Value::Object(object) => {
            let next = object.get(first).filter(|next| !next.is_null())?;
            match rest {
                Some(rest) => at_one(next, rest),
                None => Some(next.clone()),
            }
        }
        _ => None,
    }
}

/// The first name of a dotted path, and the path that is left.
#[must_use]
pub fn split(path: &str) -> (&str, Option<&str>) {
    match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    }
}

/// The value at a dotted path as text; empty when there is none.
#[must_use]
pub fn text_at(value: &Value, path: &str) -> String {
    match at(value, path) {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_go_through_objects_and_lists() {
        let run = json!({"state": {"life": "RUNNING"}, "tasks": [{"key": "a"}, {"key": "b"}, {}], "none": null});
        assert_eq!(at(&run, "state.life"), Some(json!("RUNNING")));
        assert_eq!(at(&run, "tasks.key"), Some(json!(["a", "b"])));
        assert_eq!(at(&run, "none"), None);
        assert_eq!(at(&run, "state.life.deeper"), None);
        assert_eq!(text_at(&run, "state.missing"), "");
    }

    #[test]
    fn of_alternatives_the_first_that_says_something_counts() {
        let run = json!({"status": {"text": ""}, "state": {"text": "RUNNING", "life": "OLD"}});
        assert_eq!(text_at(&run, "status.text|state.text"), "RUNNING");
        assert_eq!(text_at(&run, "status.life|state.life|state.text"), "OLD");
        assert_eq!(at(&run, "status.text|none"), None);
    }
}
