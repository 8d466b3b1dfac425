//! Work whose call has ended, followed for its end alone: the webhook is told.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::{Server, isolation};
use crate::context::Context;
use crate::engine;
use crate::error::Error;
use crate::waiting::{self, Followed, Known};

/// A piece of work, and its last state.
struct LeftWork {
    known: Known,
    context: Context,
    last: Mutex<Value>,
}

impl LeftWork {
    fn last(&self) -> std::sync::MutexGuard<'_, Value> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Followed for LeftWork {
    fn known(&self) -> &Known {
        &self.known
    }

    async fn ask(&self) -> Result<Value, Error> {
        let asked = engine::standing(&self.context, &self.known).await;
        let state = asked.inspect_err(|_| *self.last() = Value::Null)?;
        *self.last() = state.clone();
        Ok(state)
    }

    async fn tell(&self) -> bool {
        true
    }
}

impl Server {
    /// Follows what a call has left to go on, until it ends or the client goes.
    pub(super) fn follow_left(&self, context: &Context) {
        if !self.notifier.is_on() {
            return;
        }
        for (wait, ids) in context.left.all() {
            let known = Known::again(wait, ids);
            let Some(place) = waiting::place(context, &known) else {
                continue;
            };
            let cancel = self.leaving.gone.child_token();
            let work = LeftWork {
                known,
                context: context.on_its_own(cancel.clone()),
                last: Mutex::default(),
            };
            self.calls.spawn(async move {
                let _place = place;
                let followed = async {
                    waiting::each_change(&work, &Value::Null).await;
                    let last = work.last().clone();
                    waiting::tell_end(&work.context, &work.known, &last);
                    Ok(())
                };
                let followed = isolation::isolated(Box::pin(followed), async {});
                tokio::select! {
                    biased;
                    () = cancel.cancelled() => {}
                    ended = followed => if let Err(error) = ended {
                        tracing::error!(request_id = &*work.context.call.id, kind = error.kind(), "work is followed no more");
                    },
                }
            });
        }
    }
}
