//! Commands on clusters: the tools that open a context, run code in it, follow it up and stop it.

mod cancel;
mod context;
mod create;
mod execute;
mod follow;
mod image;
mod output;
mod simple;
mod status;
mod work;

pub(super) use cancel::BEHAVIOUR as CANCEL;
pub(super) use create::BEHAVIOUR as CREATE;
pub(super) use execute::BEHAVIOUR as EXECUTE;
pub(super) use simple::BEHAVIOUR as SIMPLE;
pub(super) use status::BEHAVIOUR as STATUS;

pub use context::close_opened;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

// The language of code; a doc comment would stand in the schema.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Language {
    #[default]
    Python,
    R,
    Scala,
    Sql,
}

impl Language {
    /// The service's word.
    fn word(self) -> String {
        let word = match self {
            Self::Python => "python",
            Self::R => "r",
            Self::Scala => "scala",
            Self::Sql => "sql",
        };
        word.to_owned()
    }
}
