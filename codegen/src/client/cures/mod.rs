//! The changes to the draft that make the client survive the live service.
//!
//! A cure is one file with one function over the [`Draft`]. The order below matters: `plain` leaves only the
//! keywords that the others handle, and `sides` decides the direction that `lists` and `integers` read.

mod empty;
mod enums;
mod integers;
mod lists;
mod parameters;
mod plain;
mod sides;

pub(super) use integers::FORMAT as LENIENT_INTEGER;

use super::Error;
use super::draft::Draft;

pub(super) fn apply(draft: &mut Draft) -> Result<(), Error> {
    plain::cure(draft);
    empty::cure(draft);
    enums::cure(draft);
    parameters::cure(draft)?;
    sides::cure(draft)?;
    lists::cure(draft);
    integers::cure(draft);
    Ok(())
}
