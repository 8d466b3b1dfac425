//! Rows that are kept because a field that they show fits an argument, for what the service cannot tell apart.

use serde_json::{Map, Value};

use crate::catalog::{By, Paginate};
use crate::shape;

/// A condition on shown rows, from an argument of the caller.
#[derive(Debug)]
pub(super) struct Narrowed {
    field: &'static str,
    by: By,
    /// In lower case, without the wildcards of a pattern at its ends.
    wanted: String,
}

impl Narrowed {
    /// The conditions that the caller gave.
    pub(super) fn all(paginate: &Paginate, arguments: &Map<String, Value>) -> Vec<Self> {
        let given = paginate.narrow.iter().filter_map(|narrow| {
            let text = arguments.get(narrow.argument)?.as_str()?;
            let plain = text.trim().trim_matches(['*', '%']);
            Some(Self {
                field: narrow.field,
                by: narrow.by,
                wanted: plain.to_lowercase(),
            })
        });
        given.collect()
    }

    /// Tells whether a shown row fits.
    pub(super) fn keeps(&self, row: &Value) -> bool {
        let holds = |text: &str| text.to_lowercase().contains(&self.wanted);
        match self.by {
            By::Part => holds(&shape::text_at(row, self.field)),
            By::FileName => {
                let path = shape::text_at(row, self.field);
                holds(path.rsplit('/').next().unwrap_or_default())
            }
            By::Tag => {
                let (key, value) = match self.wanted.split_once(['=', ':']) {
                    Some((key, value)) => (key.trim(), Some(value.trim())),
                    None => (self.wanted.as_str(), None),
                };
                let tags = row.get(self.field).and_then(Value::as_object);
                tags.into_iter().flatten().any(|(known, text)| {
                    let same = |value: &str| {
                        text.as_str()
                            .is_some_and(|text| text.to_lowercase() == value)
                    };
                    known.to_lowercase() == key && value.is_none_or(same)
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_row_fits_by_a_part_a_file_name_or_a_tag() {
        let row = json!({ "name": "Nightly ETL", "path": "/Shared/etl/Orders.sql", "tags": { "team": "Data", "gold": "" } });
        for (field, by, given, fits) in [
            ("name", By::Part, "etl", true),
            ("name", By::Part, "*night*", true),
            ("name", By::Part, "hourly", false),
            ("path", By::FileName, "*.sql", true),
            ("path", By::FileName, "etl", false),
            ("tags", By::Tag, "team", true),
            ("tags", By::Tag, "team=data", true),
            ("tags", By::Tag, "team: ml", false),
            ("tags", By::Tag, "gold", true),
            ("tags", By::Tag, "tea", false),
        ] {
            let narrow = [crate::catalog::Narrow {
                argument: "a",
                field,
                by,
            }];
            let paginate = Paginate {
                next: None,
                size: None,
                limit: 1,
                narrow: Box::leak(Box::new(narrow)),
                order: None,
                descend: None,
            };
            let arguments = Map::from_iter([("a".to_owned(), json!(given))]);
            let all = Narrowed::all(&paginate, &arguments);
            assert_eq!(
                all.iter().all(|one| one.keeps(&row)),
                fits,
                "{field} {given}"
            );
        }
    }
}
