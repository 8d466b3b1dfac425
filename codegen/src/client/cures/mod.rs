//! The taming pass: what must change in the documents so that the client survives the live service.
//!
//! A cure is one file with one function over the [`Draft`]. It knows nothing of the others, but the order
//! below counts: `plain` leaves only keywords that the rest know, and `sides` must have decided who writes a
//! schema before `lists` and `integers` ask.

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
