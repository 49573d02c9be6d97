//! One line of the trace for what happens.

use std::fmt::Write as _;

use downriver_domain::slot::{Slot, SlotState};
use downriver_engine::history::{HistoryBody, HistoryEntry};
use downriver_engine::ports::{Commit, CommitOutcome};

use super::REGISTERED_AT;
use super::world::Message;

/// What a commit wrote, with the verdicts in it.
pub(super) fn commit(commit: &Commit, outcome: CommitOutcome) -> String {
    let inventory = commit.inventory.as_ref();
    let mut text = format!(
        "commit {outcome:?}: slot {:?} marker {:?} budget {:?} inventory {:?} built {} history {}",
        commit.slot.as_ref().map(slot),
        commit.marker,
        commit.budget,
        inventory.map(|inventory| (&inventory.package, inventory.record_revision)),
        commit.built.len(),
        commit.history.len()
    );
    if let Some(rollout) = &commit.rollout {
        let _ = write!(
            text,
            "; {} r{} ring {} released {:?} room {} hold {:?} over {}",
            rollout.package_version,
            rollout.revision,
            rollout.ring,
            rollout.released,
            rollout.room,
            rollout.hold,
            rollout.is_over
        );
    }
    write_verdicts(&mut text, &commit.history);
    text
}

fn slot(slot: &Slot) -> String {
    let state = match &slot.state {
        SlotState::Idle => "Idle".to_owned(),
        SlotState::Pending(pending) => {
            let waits = pending.waits.iter().map(|wait| (wait.gate, &wait.on));
            let waits: Vec<_> = waits.collect();
            format!("Pending {} {waits:?}", pending.rebuild.id)
        }
        SlotState::Starting(starting) => format!("Starting {}", starting.attempt),
        SlotState::Running(running) => format!(
            "Running {} following {:?}",
            running.execution, running.following
        ),
        SlotState::Parked(running) => format!("Parked {}", running.execution),
        SlotState::Stuck(stuck) => format!("Stuck {}", stuck.reason),
    };
    format!(
        "{} r{} {state} wakes {:?} tail {:?} joined {}",
        slot.application,
        slot.revision,
        slot.wake_at.map(|at| at.secs_since(REGISTERED_AT)),
        slot.tail.as_ref().map(|tail| &tail.awaited),
        slot.joined.len()
    )
}

fn write_verdicts(text: &mut String, history: &[HistoryEntry]) {
    let judgements = history.iter().filter_map(|entry| match &entry.body {
        HistoryBody::Verdicts(judgements) => Some(judgements),
        _ => None,
    });
    for judgement in judgements.flatten() {
        let _ = write!(
            text,
            "; {} {} {:?}: {}",
            judgement.application, judgement.package_version, judgement.action, judgement.reason
        );
    }
}

pub(super) fn message(message: &Message) -> String {
    match message {
        Message::Packages(sightings) => {
            let texts: Vec<String> = sightings
                .iter()
                .map(|sighting| {
                    format!(
                        "{} {:?} in {}",
                        sighting.package_version, sighting.status, sighting.repository.name
                    )
                })
                .collect();
            format!("packages {}", texts.join(", "))
        }
        Message::Page(page) => format!("page of {} after {:?}", page.package, page.after),
        Message::Timer(timer) => format!("timer {} r{}", timer.application, timer.slot_revision),
        Message::Execution(event) => format!("execution {} {:?}", event.execution, event.state),
        Message::Report(report) => format!("report on {}", report.execution),
        Message::Repositories => "repositories".to_owned(),
        Message::Command(command) => format!("command {command:?}"),
        Message::Apply => "the catalog".to_owned(),
        Message::Sweep => "sweep".to_owned(),
    }
}
