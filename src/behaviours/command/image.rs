//! Images that a command has drawn: those that come with its answer are shown, of others it is said where they are.

use serde_json::Value;

use databricks_client::types::ComputeResults;

use crate::shape::Image;

/// Images of one answer.
const MOST: usize = 4;
/// Characters of an image as base64, all of an answer together; beyond that clients refuse answers.
const LARGEST: usize = 2_000_000;

/// The images of a result, and sentences on those that are not shown.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Images {
    pub(super) shown: Vec<Image>,
    pub(super) notes: Vec<String>,
}

/// Reads the images of a result. Where they stand depends on how many there are.
pub(super) fn read(results: &ComputeResults) -> Images {
    let named = results
        .file_name
        .iter()
        .chain(results.file_names.iter().flatten());
    let in_data = match &results.data {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several
            .iter()
            .filter_map(|one| match one {
                Value::String(text) => Some(text),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let mut images = Images::default();
    let mut room = LARGEST;
    for place in named.chain(in_data) {
        let Some((mime_type, base64)) = data_url(place) else {
            let place = crate::shape::one_line(place, 200);
            images
                .notes
                .push(format!("an image is in the workspace's files: {place}"));
            continue;
        };
        if base64.len() > room || images.shown.len() >= MOST {
            let kilobytes = base64.len() * 3 / 4 / 1024;
            images.notes.push(format!(
                "an image of {kilobytes} KiB is not shown: at most {MOST} images of {} KiB together are",
                LARGEST * 3 / 4 / 1024
            ));
            continue;
        }
        room -= base64.len();
        images.shown.push(Image {
            mime_type: mime_type.to_owned(),
            base64: base64.to_owned(),
        });
    }
    images
}

/// The type and the base64 of `data:image/png;base64,…`.
fn data_url(text: &str) -> Option<(&str, &str)> {
    let (head, base64) = text.strip_prefix("data:")?.split_once(',')?;
    let mime_type = head.strip_suffix(";base64")?;
    let is_image = mime_type.starts_with("image/");
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || "+/=".contains(c);
    (is_image && base64.chars().all(is_base64)).then_some((mime_type, base64))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(results: Value) -> Images {
        serde_json::from_value(results).map_or_else(|_| Images::default(), |results| read(&results))
    }

    #[test]
    fn one_image_and_several_are_shown_and_a_file_is_named() {
        let one = of(json!({"resultType": "image", "fileName": "data:image/png;base64,AAAA"}));
        assert_eq!(one.shown.len(), 1);
        let several = of(json!({
            "resultType": "images",
            "fileNames": ["data:image/png;base64,AAAA", "data:image/jpeg;base64,BBBB", "/plots/a.png"]
        }));
        let types: Vec<&str> = several
            .shown
            .iter()
            .map(|one| one.mime_type.as_str())
            .collect();
        assert_eq!(types, ["image/png", "image/jpeg"]);
        assert_eq!(
            several.notes,
            ["an image is in the workspace's files: /plots/a.png"]
        );
        let script = of(json!({"fileName": "data:text/html;base64,AAAA"}));
        assert!(script.shown.is_empty());
    }

    #[test]
    fn what_is_too_large_is_said() {
        let large = format!("data:image/png;base64,{}", "A".repeat(LARGEST + 4));
        let images = of(json!({"fileNames": [large, "data:image/png;base64,AAAA"]}));
        assert_eq!((images.shown.len(), images.notes.len()), (1, 1));
    }
}
