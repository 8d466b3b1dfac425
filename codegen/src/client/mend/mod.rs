//! Changes to the Rust that progenitor writes, where neither a schema nor a setting suffices.
//!
//! A mend that does not find what it changes is an error, so that an update of progenitor cannot undo it
//! silently.

mod enums;
mod methods;
mod params;
mod types;

use syn::{File, Item};

use super::Error;
use super::draft::Draft;

pub(super) fn apply(file: &mut File, draft: &Draft) -> Result<(), Error> {
    let mut client = 0;
    let mut params = Vec::new();
    for item in &mut file.items {
        match item {
            Item::Mod(module) if module.ident == "types" => types::mend(module, draft)?,
            Item::Impl(block) if block.trait_.is_none() => {
                client += methods::mend(block, draft, &mut params)?;
            }
            _ => {}
        }
    }
    file.items.extend(params.into_iter().map(Item::Struct));
    // It only re-exports `Client`, which the crate's root has.
    file.items
        .retain(|item| !matches!(item, Item::Mod(module) if module.ident == "prelude"));
    if client == draft.operations.len() {
        Ok(())
    } else {
        Err(Error::Output(format!(
            "{client} methods for {} operations",
            draft.operations.len()
        )))
    }
}
