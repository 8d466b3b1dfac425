//! What no schema and no setting of progenitor can say: changes to the Rust it writes.
//!
//! Every mend looks for the thing it changes and is an error when it is not there, so that an update of
//! progenitor cannot undo one in silence.

mod enums;
mod methods;
mod new;
mod types;

use syn::{File, Item};

use super::Error;
use super::draft::Draft;

pub(super) fn apply(file: &mut File, draft: &Draft) -> Result<(), Error> {
    let mut client = 0;
    for item in &mut file.items {
        match item {
            Item::Mod(module) if module.ident == "types" => types::mend(module, draft)?,
            Item::Impl(block) if block.trait_.is_none() => {
                client += methods::mend(block, draft)?;
            }
            _ => {}
        }
    }
    // The re-export of one name says nothing that the crate's root does not.
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
