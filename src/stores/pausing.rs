//! The pause before something is sent or asked for again.

use std::time::Duration;

use crate::clock;
use crate::context::Context;

/// Its length.
const AGAIN: Duration = Duration::from_millis(500);

/// Waits before something is sent again, unless the call is cancelled.
pub(super) async fn pause(context: &Context) -> Result<(), ()> {
    tokio::select! {
        biased;
        () = context.cancel.cancelled() => Err(()),
        () = clock::sleep_until(clock::now() + AGAIN) => Ok(()),
    }
}
