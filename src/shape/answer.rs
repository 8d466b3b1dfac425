//! An answer: the same facts once as text, once as JSON.

use rmcp::model::{CallToolResult, ContentBlock, Resource};
use serde_json::Value;

use super::text::printable;
use crate::redact;

/// The answer of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The whole answer for a reader of text.
    pub text: String,
    /// The whole answer for a reader of JSON; always an object.
    pub structured: Value,
    /// What was drawn, beside both.
    pub images: Vec<Image>,
    /// Where to read what both show only a part of.
    pub links: Vec<Link>,
}

/// An address at which more can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The address.
    pub uri: String,
    /// A short name for people.
    pub name: String,
    /// The type of what is there.
    pub mime_type: Option<&'static str>,
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Such as `image/png`.
    pub mime_type: String,
    /// Its bytes.
    pub base64: String,
}

impl Answer {
    /// An answer without images and links.
    #[must_use]
    pub fn new(text: String, structured: Value) -> Self {
        Self {
            text,
            structured,
            images: Vec::new(),
            links: Vec::new(),
        }
    }

    /// An answer whose text is its JSON.
    #[must_use]
    pub fn json(structured: Value) -> Self {
        Self::new(structured.to_string(), structured)
    }

    /// Takes out the signatures of presigned URLs: whoever reads the answer must not hold the key.
    #[must_use]
    pub fn without_signatures(mut self) -> Self {
        self.text = redact::signatures(&self.text).into_owned();
        redact::signatures_in(&mut self.structured);
        self
    }

    /// Converts the answer to what MCP sends.
    #[must_use]
    pub fn into_result(mut self) -> CallToolResult {
        spell_out(&mut self.structured);
        let text = ContentBlock::text(printable(&self.text));
        let images = self.images.into_iter();
        let images = images.map(|image| ContentBlock::image(image.base64, image.mime_type));
        let links = self.links.into_iter().map(|link| {
            let mut resource = Resource::new(link.uri, link.name);
            resource.mime_type = link.mime_type.map(ToOwned::to_owned);
            ContentBlock::resource_link(resource)
        });
        let content = [text].into_iter().chain(images).chain(links);
        let mut result = CallToolResult::success(content.collect());
        result.structured_content = Some(self.structured);
        result
    }
}

/// The largest integer that a client in JavaScript reads exactly.
const EXACT: u64 = (1 << 53) - 1;

/// Turns integers that JavaScript would round into strings; the text has them as they are.
fn spell_out(value: &mut Value) {
    match value {
        Value::Number(number) => {
            let size = number
                .as_u64()
                .or_else(|| number.as_i64().map(i64::unsigned_abs));
            if size.is_some_and(|size| size > EXACT) {
                *value = Value::String(number.to_string());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(spell_out),
        Value::Object(fields) => fields.values_mut().for_each(spell_out),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]

    use serde_json::json;

    use super::*;

    #[test]
    fn images_come_as_content_of_their_own_after_the_text() {
        let mut answer = Answer::new("[image]".to_owned(), json!({ "type": "image" }));
        answer.images.push(Image {
            mime_type: "image/png".to_owned(),
            base64: "AAAA".to_owned(),
        });
        let sent = json!(answer.into_result());
        let wanted = json!([
            { "type": "text", "text": "[image]" },
            { "type": "image", "data": "AAAA", "mimeType": "image/png" },
        ]);
        assert_eq!(sent["content"], wanted);
        assert_eq!(sent["structuredContent"], json!({ "type": "image" }));
    }

    #[test]
    fn integers_that_javascript_rounds_are_spelled_out() {
        let mut value = json!({ "a": [9_007_199_254_740_991_i64, 9_007_199_254_740_993_i64, -7_108_510_333_361_982_070_i64, u64::MAX], "b": 1.5e300 });
        spell_out(&mut value);
        let wanted = json!({ "a": [9_007_199_254_740_991_i64, "9007199254740993", "-7108510333361982070", "18446744073709551615"], "b": 1.5e300 });
        assert_eq!(value, wanted);
    }
}
