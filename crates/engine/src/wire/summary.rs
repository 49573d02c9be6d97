//! A summary as it is told, printed and stored: one form for all three.

use downriver_domain::Summary;
use serde::{Deserialize, Serialize};

/// All numbers, also those that are zero; one that an older release did not know reads as zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SummaryDocument {
    applications: u64,
    changes: u64,
    rebuilds: u64,
    waiting: u64,
    unknown: u64,
    coalesced: u64,
    built_already: u64,
    not_selected: u64,
    excluded: u64,
    locked: u64,
    left_to_people: u64,
    attempted: u64,
    not_needed: u64,
    started: u64,
    succeeded: u64,
    delivered: u64,
    failed: u64,
    needing_a_person: u64,
    /// The sum of the eight reasons; not read.
    avoided: u64,
}

impl From<&Summary> for SummaryDocument {
    fn from(summary: &Summary) -> Self {
        Self {
            applications: summary.applications,
            changes: summary.changes,
            rebuilds: summary.rebuilds,
            waiting: summary.waiting,
            unknown: summary.unknown,
            coalesced: summary.coalesced,
            built_already: summary.built_already,
            not_selected: summary.not_selected,
            excluded: summary.excluded,
            locked: summary.locked,
            left_to_people: summary.left_to_people,
            attempted: summary.attempted,
            not_needed: summary.not_needed,
            started: summary.started,
            succeeded: summary.succeeded,
            delivered: summary.delivered,
            failed: summary.failed,
            needing_a_person: summary.needing_a_person,
            avoided: summary.avoided(),
        }
    }
}

impl From<SummaryDocument> for Summary {
    fn from(document: SummaryDocument) -> Self {
        Self {
            applications: document.applications,
            changes: document.changes,
            rebuilds: document.rebuilds,
            waiting: document.waiting,
            unknown: document.unknown,
            coalesced: document.coalesced,
            built_already: document.built_already,
            not_selected: document.not_selected,
            excluded: document.excluded,
            locked: document.locked,
            left_to_people: document.left_to_people,
            attempted: document.attempted,
            not_needed: document.not_needed,
            started: document.started,
            succeeded: document.succeeded,
            delivered: document.delivered,
            failed: document.failed,
            needing_a_person: document.needing_a_person,
        }
    }
}
