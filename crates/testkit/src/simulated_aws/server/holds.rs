//! Calls that are held: each waits for its release, or for its caller to go away.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::simulated_aws::orders::Release;

#[derive(Debug, Default)]
pub(super) struct Holds {
    /// By the call's number; the message says whether the connection is to be closed.
    waiting: Mutex<BTreeMap<u64, oneshot::Sender<bool>>>,
}

/// Takes the call out of the list when it goes on, and when its connection dies.
struct Held<'a> {
    holds: &'a Holds,
    call: u64,
}

/// The connection is to be closed instead.
#[derive(Debug)]
pub(super) struct Cut;

impl Holds {
    /// Waits for the release of a call.
    pub(super) async fn wait(&self, call: u64) -> Result<(), Cut> {
        let (release, released) = oneshot::channel();
        self.waiting().insert(call, release);
        let _held = Held { holds: self, call };
        // A sender that is gone without a word is a simulation that ends.
        match released.await {
            Ok(false) => Ok(()),
            Ok(true) | Err(_) => Err(Cut),
        }
    }

    /// The numbers of the held calls.
    pub(super) fn calls(&self) -> Vec<u64> {
        self.waiting().keys().copied().collect()
    }

    /// How many calls went on.
    pub(super) fn release(&self, release: &Release) -> usize {
        let mut waiting = self.waiting();
        let calls: Vec<u64> = match release.call {
            Some(call) => vec![call],
            None => waiting.keys().copied().collect(),
        };
        let senders = calls.iter().filter_map(|call| waiting.remove(call));
        senders
            .filter_map(|sender| sender.send(release.is_closed).ok())
            .count()
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, oneshot::Sender<bool>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.holds.waiting().remove(&self.call);
    }
}
