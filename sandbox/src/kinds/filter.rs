//! Filter texts as SCIM, MLflow and pipelines write them: `name LIKE '%etl%' AND state = "IDLE"`.

use serde_json::Value;

use crate::collections::text;
use crate::http::ApiError;

/// The characters of operators that have no letters.
const SIGNS: [char; 4] = ['=', '!', '<', '>'];

/// Conditions that must all hold.
#[derive(Debug, Default)]
pub(crate) struct Filter(Vec<Condition>);

#[derive(Debug)]
struct Condition {
    field: String,
    operator: String,
    wanted: String,
}

impl Filter {
    /// Reads conditions joined by AND.
    ///
    /// # Errors
    /// Fails if a condition is not a field, a known operator and a value.
    pub(crate) fn read(filter: &str) -> Result<Self, ApiError> {
        let invalid = || ApiError::invalid(format!("Invalid filter: {filter}"));
        let mut conditions = Vec::new();
        let mut words = words(filter).into_iter();
        while let Some(field) = words.next() {
            let operator = words.next().ok_or_else(invalid)?.to_lowercase();
            let wanted = words.next().ok_or_else(invalid)?;
            let known = [
                "=", "!=", "<", "<=", ">", ">=", "like", "ilike", "eq", "ne", "co", "sw",
            ];
            if !known.contains(&operator.as_str()) {
                return Err(invalid());
            }
            conditions.push(Condition {
                field,
                operator,
                wanted,
            });
            match words.next() {
                None => break,
                Some(and) if and.eq_ignore_ascii_case("and") => {}
                Some(_) => return Err(invalid()),
            }
        }
        Ok(Self(conditions))
    }

    /// True when a resource, as it is shown, meets every condition.
    pub(crate) fn admits(&self, shown: &Value) -> bool {
        self.0.iter().all(|condition| {
            let field = condition.field.trim_matches('`');
            let field = field.strip_prefix("attributes.").unwrap_or(field);
            let found = field
                .split('.')
                .try_fold(shown, |value, part| value.get(part));
            condition.holds(&found.map(text).unwrap_or_default())
        })
    }
}

impl Condition {
    fn holds(&self, found: &str) -> bool {
        let (found, wanted) = (found.to_lowercase(), self.wanted.to_lowercase());
        let numbers = found.parse::<f64>().ok().zip(wanted.parse::<f64>().ok());
        let compares = |holds: fn(f64, f64) -> bool| numbers.is_some_and(|(a, b)| holds(a, b));
        match self.operator.as_str() {
            "<" => compares(|found, wanted| found < wanted),
            "<=" => compares(|found, wanted| found <= wanted),
            ">" => compares(|found, wanted| found > wanted),
            ">=" => compares(|found, wanted| found >= wanted),
            "!=" | "ne" => found != wanted,
            "co" => found.contains(&wanted),
            "sw" => found.starts_with(&wanted),
            "like" | "ilike" => like(&found, &wanted),
            _ => found == wanted,
        }
    }
}

/// LIKE of SQL with `%` as its only wildcard; both arguments are in lower case.
pub(crate) fn like(found: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('%');
    let Some(mut rest) = found.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    if !pattern.contains('%') {
        return rest.is_empty();
    }
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else {
        return true;
    };
    for part in between {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Splits a filter into words, quoted texts and operators, which need no spaces around them.
fn words(filter: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = filter.trim_start();
    while let Some(first) = rest.chars().next() {
        let (word, after) = match first {
            '"' | '\'' => {
                let inner = rest.get(1..).unwrap_or_default();
                inner.split_once(first).unwrap_or((inner, ""))
            }
            sign if SIGNS.contains(&sign) => {
                let end = rest.find(|c| !SIGNS.contains(&c)).unwrap_or(rest.len());
                rest.split_at(end)
            }
            _ => {
                let ends = |c: char| c.is_whitespace() || SIGNS.contains(&c);
                rest.split_at(rest.find(ends).unwrap_or(rest.len()))
            }
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;

    fn admits(filter: &str) -> bool {
        let shown = json!({"name": "nightly-etl", "state": "IDLE", "info": {"n": 3}});
        Filter::read(filter).unwrap().admits(&shown)
    }

    #[test]
    fn conditions_are_read_and_all_have_to_hold() {
        assert!(admits("name LIKE '%etl%' AND state = \"IDLE\""));
        assert!(admits("name eq \"nightly-etl\" and info.n=3"));
        assert!(admits("name sw 'night'"));
        assert!(admits("info.n > 2 AND info.n <= 3"));
        assert!(!admits("info.n<3"));
        assert!(!admits("name LIKE 'etl%'"));
        assert!(!admits("name LIKE '%etl%' AND state != 'IDLE'"));
        assert!(!admits("nothing = 'IDLE'"));
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for filter in ["name", "name near 'x'", "name = 'x' or name = 'y'"] {
            assert!(Filter::read(filter).is_err(), "{filter}");
        }
    }
}
