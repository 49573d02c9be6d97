//! What the history has to tell of everything that happened (I9), read once everything rests.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::slot::{Slot, SlotState};
use downriver_domain::{ApplicationId, PipelineExecutionId, RebuildId, Timestamp};
use downriver_engine::history::{HistoryBody, HistoryEntry, NoteKind, Outcome};
use downriver_engine::ports::{HistoryOf, Store, Trigger};

use super::Simulation;
use crate::run_at_once;

/// Entries read of one application: all of them.
const HISTORY_MAX: usize = 1_000_000;

impl<S: Store> Simulation<S> {
    /// I9: every rebuild stands in the history as it ended, with each execution that was started for it, and every version that
    /// was told of with what was seen.
    pub(super) fn check_explained(&self) {
        let slots: Vec<Slot> = {
            let world = self.world.borrow();
            world.mirror.slots.values().cloned().collect()
        };
        for slot in &slots {
            let of = HistoryOf::Application(slot.application.clone());
            let history =
                run_at_once(self.store.load_history(&of, HISTORY_MAX)).expect("the store reads");
            self.check_rebuilds(slot, &history);
            self.check_attempts(&slot.application, &history);
        }
        self.check_seen();
    }

    fn check_rebuilds(&self, slot: &Slot, history: &[HistoryEntry]) {
        let mut told: BTreeMap<&RebuildId, Vec<(Timestamp, Outcome)>> = BTreeMap::new();
        for entry in history {
            if let HistoryBody::Rebuild(record) = &entry.body {
                let of = told.entry(&record.id).or_default();
                of.push((entry.at, record.outcome));
            }
        }
        // Newest first: the first of an id is the truth, as far as the clocks of its writers agree.
        let skew_millis = self.world.borrow().skew_span_millis;
        let current = slot.rebuild().map(|rebuild| &rebuild.id);
        for number in 1..=slot.rebuilds_requested {
            let id = RebuildId::numbered(&slot.application, number);
            let found = told.get(&id).map_or(&[][..], Vec::as_slice);
            let newest = found.first().map_or(0, |(at, _)| at.unix_millis());
            let is_told = found
                .iter()
                .take_while(|(at, _)| at.unix_millis() >= newest - skew_millis)
                .any(|(_, outcome)| {
                    if Some(&id) == current {
                        is_of_state(*outcome, &slot.state)
                    } else {
                        is_final(*outcome)
                    }
                });
            if !is_told {
                let text = format!(
                    "the history says {:?} of rebuild {id}; its slot rests with {current:?}: {:?}",
                    found.first(),
                    slot.state
                );
                self.world.borrow_mut().violate("I9", text);
            }
        }
    }

    fn check_attempts(&self, application: &ApplicationId, history: &[HistoryEntry]) {
        let told: BTreeSet<&PipelineExecutionId> = history
            .iter()
            .filter_map(|entry| match &entry.body {
                HistoryBody::Note(note) if note.kind == NoteKind::Started => {
                    note.execution.as_ref()
                }
                _ => None,
            })
            .collect();
        let mut world = self.world.borrow_mut();
        // Where executions may not be listed, one may have started without anybody hearing of it.
        if !world.organisation.is_listed(application) {
            return;
        }
        let passes = world.pipelines.passes(application).iter();
        let untold = passes
            // Of one that an event asked for, its own event alone tells, and that may have come without its trigger.
            .filter(|pass| pass.trigger != Trigger::Request)
            .find(|pass| pass.attempt.is_some() && !told.contains(&pass.id))
            .map(|pass| pass.id.clone());
        if let Some(execution) = untold {
            let text = format!("the history does not tell that {execution} was started");
            world.violate("I9", text);
        }
    }

    fn check_seen(&self) {
        let told = std::mem::take(&mut self.world.borrow_mut().told);
        for package_version in told {
            let of = HistoryOf::PackageVersion(package_version.clone());
            let history =
                run_at_once(self.store.load_history(&of, HISTORY_MAX)).expect("the store reads");
            let is_seen = history
                .iter()
                .any(|entry| matches!(entry.body, HistoryBody::Seen(_)));
            if !is_seen {
                let text = format!("the history does not tell of {package_version}");
                self.world.borrow_mut().violate("I9", text);
            }
        }
    }
}

const fn is_final(outcome: Outcome) -> bool {
    !matches!(
        outcome,
        Outcome::Pending | Outcome::Starting | Outcome::Running | Outcome::Parked | Outcome::Stuck
    )
}

const fn is_of_state(outcome: Outcome, state: &SlotState) -> bool {
    matches!(
        (outcome, state),
        (Outcome::Pending, SlotState::Pending(_))
            | (Outcome::Starting, SlotState::Starting(_))
            | (Outcome::Running, SlotState::Running(_))
            | (Outcome::Parked, SlotState::Parked(_))
            | (Outcome::Stuck, SlotState::Stuck(_))
    )
}
