//! Notebooks: what goes into the workspace and comes out of it, and edits of their cells.

mod copy;
mod diff;
mod edit;
mod edit_notebook;
mod export;
mod import;
mod jupyter;
mod language;
mod range;
mod service;
mod source;

pub(super) use copy::{Copied, copied, extension, is_document, is_notebook, paste};
pub(super) use edit_notebook::BEHAVIOUR as EDIT;
pub(super) use export::BEHAVIOUR as EXPORT;
pub(super) use import::BEHAVIOUR as IMPORT;
