//! The account of one session: requests taken in and not answered yet, and bytes that the client has yet to read.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rmcp::model::RequestId;
use tokio::sync::Notify;

/// Requests worked on or waiting for their turn; further ones are held back.
const REQUESTS: usize = 512;
/// Further ones that are taken in all the same if they wait for nobody: whoever finds calls hanging can look why.
const AT_ONCE: usize = 64;
/// The weight of all requests worked on, above which only one more at a time is taken in.
const WEIGHT: usize = 64 << 20;
/// Bytes of answers that wait for the client to read, above which no request is taken in.
const UNREAD: usize = 1 << 20;
/// The same, with refusals of lines that are no requests; above it, nothing is read at all.
const UNREAD_REFUSALS: usize = 4 << 20;

/// The account, shared by the reader and the writer.
#[derive(Debug, Default)]
pub(super) struct Flow {
    state: Mutex<State>,
    /// Something ended or was written.
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Requests by id, with their weights.
    open: HashMap<RequestId, usize>,
    weight: usize,
    unread: usize,
    closed: bool,
}

impl Flow {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True if one more request may be taken in.
    pub(super) fn has_room(&self) -> bool {
        self.state().has_room(REQUESTS)
    }

    /// True if one more request that waits for nobody may be taken in.
    pub(super) fn has_room_at_once(&self) -> bool {
        self.state().has_room(REQUESTS + AT_ONCE)
    }

    /// True if the client leaves so much unread that no request is taken in.
    pub(super) fn is_unread(&self) -> bool {
        self.state().unread >= UNREAD
    }

    /// The requests that are not answered yet.
    pub(super) fn count(&self) -> usize {
        self.state().open.len()
    }

    /// True if a request of this id is not answered yet.
    pub(super) fn is_open(&self, id: &RequestId) -> bool {
        self.state().open.contains_key(id)
    }

    /// Takes in a request.
    pub(super) fn open(&self, id: RequestId, weight: usize) {
        let mut state = self.state();
        state.weight += weight;
        if let Some(before) = state.open.insert(id, weight) {
            state.weight -= before;
        }
    }

    /// Forgets a request that gets no answer, because the client cancelled it.
    pub(super) fn forget(&self, id: &RequestId) {
        self.state().forget(id);
        self.changed.notify_waiters();
    }

    /// Counts a line that is to be written, and the request that it answers: a client that has read the answer may
    /// use the id again before the writer is told that it was written. False if nothing can be written any more.
    pub(super) fn queue(&self, bytes: usize, answered: Option<&RequestId>) -> bool {
        let mut state = self.state();
        state.unread += bytes;
        if let Some(id) = answered {
            state.forget(id);
        }
        !state.closed
    }

    /// Counts a line that was written.
    pub(super) fn written(&self, bytes: usize) {
        let mut state = self.state();
        state.unread = state.unread.saturating_sub(bytes);
        drop(state);
        self.changed.notify_waiters();
    }

    /// Notes that nothing can be written any more.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_waiters();
    }

    /// True if the client has left so much unread that not even a refusal is added.
    pub(super) fn is_flooded(&self) -> bool {
        self.state().unread >= UNREAD_REFUSALS
    }

    /// Waits until the client has read on.
    pub(super) async fn relieved(&self) {
        self.until(|flow| !flow.is_flooded()).await;
    }

    /// Waits until a request may be taken in.
    pub(super) async fn room(&self) {
        self.until(Self::has_room).await;
    }

    /// Waits until everything is written, or nothing can be.
    pub(super) async fn drained(&self) {
        self.until(|flow| {
            let state = flow.state();
            state.closed || state.unread == 0
        })
        .await;
    }

    async fn until(&self, holds: impl Fn(&Self) -> bool) {
        loop {
            let changed = self.changed.notified();
            if holds(self) {
                return;
            }
            changed.await;
        }
    }
}

impl State {
    fn has_room(&self, requests: usize) -> bool {
        self.open.len() < requests && self.weight < WEIGHT && self.unread < UNREAD
    }

    fn forget(&mut self, id: &RequestId) {
        if let Some(weight) = self.open.remove(id) {
            self.weight = self.weight.saturating_sub(weight);
        }
    }
}
