//! Arguments of a tool as a person types them: `key=value`, `key:=JSON`, `key=@FILE`, one JSON object, or `-`.

use std::io::Read;

use databricks_mcp::error::Error;
use serde_json::{Map, Value};

/// Bytes of a file that is given as an argument.
const MOST: u64 = 16 << 20;

/// The words by which JSON is read from stdin.
const STDIN: &str = "-";

/// Reads the arguments of `tool`, whose schema says which of them are text.
///
/// # Errors
/// Every word that cannot be read, all at once.
pub(super) fn read(
    tool: &str,
    words: &[String],
    schema: &Map<String, Value>,
) -> Result<Map<String, Value>, Error> {
    let refuse = |problems: Vec<String>| Error::Arguments {
        tool: tool.to_owned(),
        problems,
    };
    if let [word] = words {
        if word == STDIN {
            let mut text = String::new();
            let read = std::io::stdin().read_to_string(&mut text);
            read.map_err(|error| refuse(vec![format!("stdin cannot be read: {error}")]))?;
            return object(&text).map_err(|reason| refuse(vec![format!("stdin: {reason}")]));
        }
        if word.trim_start().starts_with('{') {
            return object(word).map_err(|reason| refuse(vec![reason]));
        }
    }
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut arguments = Map::new();
    let mut problems = Vec::new();
    for word in words {
        let kind = |key: &str| properties?.get(key)?.get("type")?.as_str();
        match pair(word, kind) {
            Ok((key, value)) if kind(&key) == Some("array") && arguments.contains_key(&key) => {
                join(&mut arguments, key, value);
            }
            Ok((key, _)) if arguments.contains_key(&key) => {
                problems.push(format!("`{key}` is given twice"));
            }
            Ok((key, value)) => {
                arguments.insert(key, value);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(arguments)
    } else {
        Err(refuse(problems))
    }
}

fn object(text: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("arguments are one JSON object".to_owned()),
        Err(error) => Err(format!("this is no JSON object: {error}")),
    }
}

/// Reads one word. `kind` is the type that the schema has for a key.
fn pair<'a>(word: &str, kind: impl Fn(&str) -> Option<&'a str>) -> Result<(String, Value), String> {
    let Some((key, text)) = word.split_once('=').filter(|(key, _)| !key.is_empty()) else {
        return Err(format!(
            "`{word}` is not `key=value`, nor one JSON object, nor `-`"
        ));
    };
    if let Some(key) = key.strip_suffix(':') {
        let value = serde_json::from_str(text);
        let value = value.map_err(|error| format!("`{key}` is no JSON: {error}"))?;
        return Ok((key.to_owned(), value));
    }
    if let Some(path) = text.strip_prefix('@') {
        let content = whole_file(path).map_err(|error| {
            format!("`{key}`: `{path}` cannot be read: {error}; for text that begins with @, write `{key}:='\"@…\"'`")
        })?;
        return Ok((key.to_owned(), Value::String(content)));
    }
    let is_text = matches!(kind(key), None | Some("string"));
    let json = if is_text {
        None
    } else {
        serde_json::from_str(text).ok()
    };
    // What is no JSON goes as text: the server reads lists and switches out of it, or says what is wrong.
    let value = json.unwrap_or_else(|| Value::String(text.to_owned()));
    Ok((key.to_owned(), value))
}

/// The text of a file that is not larger than a message to a server may be.
fn whole_file(path: &str) -> std::io::Result<String> {
    let mut text = String::new();
    let file = std::fs::File::open(path)?;
    let read = file.take(MOST + 1).read_to_string(&mut text)?;
    if read as u64 > MOST {
        let reason = format!("it is larger than {} MiB", MOST >> 20);
        return Err(std::io::Error::other(reason));
    }
    Ok(text)
}

/// Adds a value to the list that is there already.
fn join(arguments: &mut Map<String, Value>, key: String, value: Value) {
    let there = arguments.remove(&key).unwrap_or_default();
    let mut list = listed(there);
    list.extend(listed(value));
    arguments.insert(key, Value::Array(list));
}

fn listed(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list,
        one => vec![one],
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use serde_json::json;

    fn of(words: &[&str]) -> Result<Value, String> {
        let schema = json!({ "properties": {
            "statement": { "type": "string" }, "max_rows": { "type": "integer" },
            "parameters": { "type": "object" }, "tables": { "type": "array" },
        }});
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let read = read("execute_sql", &words, schema.as_object().unwrap());
        read.map(Value::Object).map_err(|error| error.text())
    }

    #[test]
    fn a_value_is_json_where_the_schema_wants_something_else_than_text() {
        let all = [
            "statement=1",
            "max_rows=5",
            "parameters={\"a\":1}",
            "other=7",
        ];
        let wanted =
            json!({ "statement": "1", "max_rows": 5, "parameters": { "a": 1 }, "other": "7" });
        assert_eq!(of(&all).unwrap(), wanted);
        assert_eq!(
            of(&["statement=a=b", "max_rows=many"]).unwrap(),
            json!({ "statement": "a=b", "max_rows": "many" })
        );
        assert_eq!(
            of(&["other:=[1, null]"]).unwrap(),
            json!({ "other": [1, null] })
        );
    }

    #[test]
    fn lists_may_be_given_one_by_one_and_nothing_else_twice() {
        let wanted = json!({ "tables": ["a", "b", "c"] });
        assert_eq!(of(&["tables=a", "tables=[\"b\", \"c\"]"]).unwrap(), wanted);
        let twice = of(&["statement=a", "statement=b"]).unwrap_err();
        assert!(twice.contains("`statement` is given twice"), "{twice}");
    }

    #[test]
    fn one_object_stands_for_all_and_every_wrong_word_is_named() {
        assert_eq!(
            of(&["{\"statement\": \"x\"}"]).unwrap(),
            json!({ "statement": "x" })
        );
        let wrong = of(&["what", "=x", "other:=nope", "statement=@/no/such/file"]).unwrap_err();
        for part in [
            "`what` is not",
            "`=x` is not",
            "`other` is no JSON",
            "`/no/such/file`",
        ] {
            assert!(wrong.contains(part), "{part}: {wrong}");
        }
        assert!(
            of(&["{\"statement\""])
                .unwrap_err()
                .contains("no JSON object")
        );
    }

    #[test]
    fn a_file_is_read_as_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("q.sql");
        std::fs::write(&path, "SELECT 1\n").unwrap();
        let read = of(&[&format!("statement=@{}", path.display())]);
        assert_eq!(read.unwrap(), json!({ "statement": "SELECT 1\n" }));
    }
}
