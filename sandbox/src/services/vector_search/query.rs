//! Finds the rows of an index that are nearest to a vector or a text and pass a filter.

use serde_json::{Map, Value, json};

use crate::collections::Item;
use crate::http::{ApiError, Call};
use crate::services::serving::embedding;

/// Rows of an answer when the call sets no limit.
const USUAL: usize = 10;

/// The nearest rows with the requested columns and the score, best first.
///
/// # Errors
/// Fails if the call has neither vector nor text, requests an unknown column, or has an invalid filter.
pub(super) fn nearest(call: &Call, index: &Item) -> Result<Value, ApiError> {
    let body = &call.body;
    let columns: Vec<&str> = body
        .get("columns")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let rows = rows_of(index);
    let unknown = |column: &&&str| !rows.iter().any(|row| row.get(**column).is_some());
    if let Some(column) = columns.iter().find(unknown).filter(|_| !rows.is_empty()) {
        let message = format!("The index has no column '{column}'.");
        return Err(ApiError::invalid(message));
    }
    let filters = body.get("filters_json").and_then(Value::as_str);
    let filters: Map<String, Value> =
        serde_json::from_str(filters.unwrap_or("{}")).map_err(|error| {
            ApiError::invalid(format!("filters_json is not a JSON object: {error}"))
        })?;
    let asked = asked(body)?;
    let mut scored: Vec<(f64, &Value)> = rows
        .iter()
        .filter(|row| {
            filters
                .iter()
                .all(|(field, wanted)| admits(row, field, wanted))
        })
        .map(|row| (score(&asked, row, index), row))
        .collect();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    let count = body.get("num_results").or(body.get("max_results"));
    let count = count.and_then(Value::as_u64);
    let count = count
        .and_then(|count| usize::try_from(count).ok())
        .unwrap_or(USUAL);
    let found: Vec<Vec<String>> = scored
        .into_iter()
        .take(count)
        .map(|(score, row)| {
            let values = columns.iter().map(|column| text(row.get(*column)));
            values.chain(std::iter::once(score.to_string())).collect()
        })
        .collect();
    let mut names: Vec<Value> = columns
        .iter()
        .map(|column| json!({"name": column}))
        .collect();
    names.push(json!({"name": "score"}));
    Ok(json!({
        "manifest": {"column_count": names.len(), "columns": names},
        "result": {"row_count": found.len(), "data_array": found},
    }))
}

enum Asked {
    Vector(Vec<f64>),
    Text(Vec<f64>),
}

fn asked(body: &Value) -> Result<Asked, ApiError> {
    let vector = body.get("query_vector").and_then(Value::as_array);
    if let Some(vector) = vector.filter(|vector| !vector.is_empty()) {
        return Ok(Asked::Vector(
            vector.iter().filter_map(Value::as_f64).collect(),
        ));
    }
    match body.get("query_text").and_then(Value::as_str) {
        Some(text) => Ok(Asked::Text(embedding(text))),
        None => Err(ApiError::invalid("Give query_text or query_vector.")),
    }
}

fn score(asked: &Asked, row: &Value, index: &Item) -> f64 {
    let columns = |list: &str| -> Vec<String> {
        let specs = ["delta_sync_index_spec", "direct_access_index_spec"].iter();
        let named = specs.filter_map(|spec| index.get(&format!("{spec}.{list}"))?.as_array());
        let named = named
            .flatten()
            .filter_map(|column| column.get("name")?.as_str());
        named.map(str::to_owned).collect()
    };
    match asked {
        Asked::Vector(vector) => columns("embedding_vector_columns")
            .iter()
            .filter_map(|column| row.get(column)?.as_array())
            .map(|values| {
                cosine(
                    vector,
                    &values.iter().filter_map(Value::as_f64).collect::<Vec<_>>(),
                )
            })
            .fold(0.0, f64::max),
        Asked::Text(vector) => {
            let sources = columns("embedding_source_columns");
            let texts: Vec<String> = match row.as_object() {
                // Without a source column, every text of the row counts.
                Some(fields) if sources.is_empty() => fields
                    .values()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect(),
                _ => sources.iter().map(|column| text(row.get(column))).collect(),
            };
            cosine(vector, &embedding(&texts.join(" ")))
        }
    }
}

fn cosine(one: &[f64], other: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let lengths = dot(one, one).sqrt() * dot(other, other).sqrt();
    if lengths > 0.0 {
        dot(one, other) / lengths
    } else {
        0.0
    }
}

/// `{"year >": 2020, "name LIKE": "shoe", "size NOT": 3, "country": ["de", "fr"]}`
fn admits(row: &Value, field: &str, wanted: &Value) -> bool {
    let (name, operator) = field.split_once(' ').unwrap_or((field, ""));
    let found = text(row.get(name));
    let numbers = found
        .parse::<f64>()
        .ok()
        .zip(text(Some(wanted)).parse::<f64>().ok());
    let equals = || match wanted {
        Value::Array(any) => any.iter().any(|one| text(Some(one)) == found),
        one => text(Some(one)) == found,
    };
    match operator.trim() {
        "" => equals(),
        "NOT" => !equals(),
        "<" => numbers.is_some_and(|(found, wanted)| found < wanted),
        "<=" => numbers.is_some_and(|(found, wanted)| found <= wanted),
        ">" => numbers.is_some_and(|(found, wanted)| found > wanted),
        ">=" => numbers.is_some_and(|(found, wanted)| found >= wanted),
        "LIKE" => found
            .to_lowercase()
            .contains(&text(Some(wanted)).to_lowercase()),
        _ => false,
    }
}

/// The rows that an index holds.
pub(super) fn rows_of(index: &Item) -> Vec<Value> {
    let rows = index.get("rows").and_then(Value::as_array);
    rows.cloned().unwrap_or_default()
}

/// A value as the service writes it in a row.
pub(super) fn text(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_compare_and_choose() {
        let row = json!({"year": 2021, "name": "Red shoe", "size": "3"});
        let admits = |field: &str, wanted: Value| admits(&row, field, &wanted);
        assert!(admits("year >", json!(2020)) && !admits("year <=", json!(2020)));
        assert!(admits("name LIKE", json!("SHOE")) && admits("size", json!(["2", "3"])));
        assert!(!admits("size NOT", json!(3)) && !admits("nothing", json!(1)));
    }

    #[test]
    fn the_same_words_are_near() {
        let near = cosine(&embedding("red shoes"), &embedding("shoes, RED"));
        assert!((near - 1.0).abs() < 1e-9, "{near}");
        assert!(cosine(&embedding("red shoes"), &embedding("garden hose")) < 0.9);
    }
}
