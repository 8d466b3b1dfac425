//! JSON laid out for a reviewer, so that a small change is a small difference: what fits in a line stands in one, and
//! every line within ends in a comma, the last one too.

use serde_json::Value;

/// Characters of a line.
const WIDTH: usize = 110;

/// The JSON, with what is short in one line.
#[must_use]
pub fn laid_out(value: &Value) -> String {
    let mut text = String::new();
    lay_out(&mut text, value, 0, 0);
    text
}

fn lay_out(text: &mut String, value: &Value, depth: usize, before: usize) {
    let line = in_a_line(value);
    let indent = 2 * depth;
    if indent + before + line.chars().count() <= WIDTH {
        text.push_str(&line);
        return;
    }
    let mut entries: Vec<(String, &Value)> = Vec::new();
    let (open, close) = match value {
        Value::Object(fields) => {
            let fields = fields.iter();
            entries.extend(
                fields.map(|(name, value)| (format!("{}: ", Value::from(name.as_str())), value)),
            );
            ('{', '}')
        }
        Value::Array(items) => {
            entries.extend(items.iter().map(|item| (String::new(), item)));
            ('[', ']')
        }
        _ => {
            text.push_str(&line);
            return;
        }
    };
    text.push(open);
    for (name, value) in entries {
        text.push('\n');
        text.push_str(&" ".repeat(indent + 2));
        text.push_str(&name);
        lay_out(text, value, depth + 1, name.chars().count());
        text.push(',');
    }
    text.push('\n');
    text.push_str(&" ".repeat(indent));
    text.push(close);
}

fn in_a_line(value: &Value) -> String {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            let fields = fields.iter();
            let fields: Vec<String> = fields
                .map(|(name, value)| {
                    format!("{}: {}", Value::from(name.as_str()), in_a_line(value))
                })
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(in_a_line).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_short_stands_in_one_line() {
        let long = "x".repeat(WIDTH);
        let value = json!({ "kind": { "type": "string" }, "names": [long, "b"], "none": {} });
        let text = laid_out(&value);
        assert_eq!(
            text,
            format!(
                "{{\n  \"kind\": {{ \"type\": \"string\" }},\n  \"names\": [\n    \"{long}\",\n    \"b\",\n  ],\n  \"none\": {{}},\n}}"
            )
        );
    }
}
