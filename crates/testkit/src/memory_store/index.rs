//! The indexes over slots. They follow the writes in order, and may be some writes behind.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;

use downriver_domain::slot::{Slot, SlotState, WaitingFor};
use downriver_domain::{ApplicationId, Timestamp};

#[derive(Debug, Default)]
pub(super) struct Index {
    due: BTreeSet<(Timestamp, ApplicationId)>,
    waiting: BTreeMap<WaitingFor, BTreeSet<(Timestamp, ApplicationId)>>,
    busy: BTreeSet<ApplicationId>,
    /// What each slot stands under.
    keys: BTreeMap<ApplicationId, Keys>,
    /// Writes that the lists do not show yet, oldest first.
    late: VecDeque<(ApplicationId, Keys)>,
}

#[derive(Debug, Default)]
struct Keys {
    due: Option<Timestamp>,
    waiting: Option<(WaitingFor, Timestamp)>,
    is_busy: bool,
}

impl Index {
    /// A slot was written.
    pub(super) fn note(&mut self, slot: &Slot) {
        let requested_at = slot.rebuild().map(|rebuild| rebuild.requested_at);
        let keys = Keys {
            due: slot.wake_at,
            waiting: slot.waiting_for().zip(requested_at),
            is_busy: !matches!(slot.state, SlotState::Idle),
        };
        self.late.push_back((slot.application.clone(), keys));
    }

    /// Shows all writes but the last `hidden`.
    pub(super) fn catch_up(&mut self, hidden: usize) {
        while self.late.len() > hidden
            && let Some((application, keys)) = self.late.pop_front()
        {
            self.show(application, keys);
        }
    }

    pub(super) fn due(&self, now: Timestamp, limit: usize) -> Vec<ApplicationId> {
        self.due
            .iter()
            .take_while(|(at, _)| *at <= now)
            .take(limit)
            .map(|(_, application)| application.clone())
            .collect()
    }

    pub(super) fn waiting(
        &self,
        waiting_for: &WaitingFor,
        after: Option<&(Timestamp, ApplicationId)>,
        limit: usize,
    ) -> Vec<(Timestamp, ApplicationId)> {
        let Some(waiting) = self.waiting.get(waiting_for) else {
            return Vec::new();
        };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let range = waiting.range((from, Bound::Unbounded));
        range.take(limit).cloned().collect()
    }

    pub(super) fn busy(&self, after: Option<&ApplicationId>, limit: usize) -> Vec<ApplicationId> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let range = self.busy.range((from, Bound::Unbounded));
        range.take(limit).cloned().collect()
    }

    fn show(&mut self, application: ApplicationId, keys: Keys) {
        if let Some(before) = self.keys.remove(&application) {
            if let Some(at) = before.due {
                self.due.remove(&(at, application.clone()));
            }
            if let Some((waiting_for, at)) = before.waiting
                && let Some(waiting) = self.waiting.get_mut(&waiting_for)
            {
                waiting.remove(&(at, application.clone()));
            }
        }
        if let Some(at) = keys.due {
            self.due.insert((at, application.clone()));
        }
        if let Some((waiting_for, at)) = &keys.waiting {
            let waiting = self.waiting.entry(waiting_for.clone()).or_default();
            waiting.insert((*at, application.clone()));
        }
        if keys.is_busy {
            self.busy.insert(application.clone());
        } else {
            self.busy.remove(&application);
        }
        self.keys.insert(application, keys);
    }
}
