//! The argument that says how bytes stand in the text of a call.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::Deserialize;

// The way in which content is written; a doc comment would stand in the schema.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Encoding {
    #[default]
    Text,
    Base64,
}

impl Encoding {
    /// The bytes that `content` stands for.
    ///
    /// # Errors
    /// A sentence, where it is not of this encoding.
    pub(super) fn bytes(self, content: &str) -> Result<Vec<u8>, String> {
        match self {
            Self::Text => Ok(content.as_bytes().to_vec()),
            Self::Base64 => STANDARD
                .decode(content)
                .map_err(|error| format!("`content` is no base64: {error}")),
        }
    }
}

/// Passes if the content is given in one of the two ways.
///
/// # Errors
/// A sentence, where it is given in both or in none.
pub(super) fn given_once(content: bool, local_path: bool) -> Result<(), String> {
    match content == local_path {
        true => Err("give one of `content` and `local_path`".to_owned()),
        false => Ok(()),
    }
}
