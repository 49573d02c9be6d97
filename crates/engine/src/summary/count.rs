//! From changes and history entries to numbers.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::impact::{Action, Unaffected, Verdict};
use downriver_domain::slot::{HeldReason, Slot, SlotState};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{PipelineExecutionId, RebuildId, Summary, Timestamp};

use crate::history::{HistoryBody, HistoryEntry, NoteKind, Outcome, RebuildRecord};

/// From `since` until before `until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    pub since: Timestamp,
    pub until: Timestamp,
}

/// A version of a package that an application depends on, which came into its sight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenChange {
    pub package_version: PackageVersionId,
    pub seen_at: Timestamp,
    /// What it was judged to mean for the application, as far as that was written down.
    pub verdict: Option<(Verdict, Action)>,
}

/// What became of a change.
enum Fate<'a> {
    Rebuilt(&'a RebuildId),
    Waiting,
    NotNeeded,
    Unknown,
    BuiltAlready,
    NotSelected,
    Excluded,
    Locked,
    LeftToPeople,
    Attempted,
    /// Nobody would have a rule for it.
    NotCounted,
}

/// The numbers of one application. `changes` are those of the period; `history` is the application's, newest first, at least
/// from the beginning of the period until now: what became of a change may have been decided after the period's end.
pub fn summarise(
    slot: &Slot,
    changes: &[SeenChange],
    history: &[HistoryEntry],
    period: Period,
) -> Summary {
    let rebuilds = last_records(history);
    let mut summary = Summary {
        applications: 1,
        needing_a_person: u64::from(needs_a_person(slot)),
        ..Summary::default()
    };
    let mut led_to: BTreeMap<&RebuildId, u64> = BTreeMap::new();
    for change in changes {
        let count = match fate(slot, &rebuilds, change) {
            Fate::NotCounted => continue,
            Fate::Rebuilt(rebuild) => led_to.entry(rebuild).or_default(),
            Fate::Waiting => &mut summary.waiting,
            Fate::NotNeeded => &mut summary.not_needed,
            Fate::Unknown => &mut summary.unknown,
            Fate::BuiltAlready => &mut summary.built_already,
            Fate::NotSelected => &mut summary.not_selected,
            Fate::Excluded => &mut summary.excluded,
            Fate::Locked => &mut summary.locked,
            Fate::LeftToPeople => &mut summary.left_to_people,
            Fate::Attempted => &mut summary.attempted,
        };
        *count += 1;
        summary.changes += 1;
    }
    for count in led_to.into_values() {
        summary.rebuilds += 1;
        summary.coalesced += count - 1;
    }
    add_rebuilds(&mut summary, &rebuilds, history, period);
    summary
}

/// The last record of each rebuild is the truth.
fn last_records(history: &[HistoryEntry]) -> BTreeMap<&RebuildId, &RebuildRecord> {
    let mut last = BTreeMap::new();
    for entry in history {
        if let HistoryBody::Rebuild(record) = &entry.body {
            last.entry(&record.id).or_insert(record);
        }
    }
    last
}

fn add_rebuilds(
    summary: &mut Summary,
    rebuilds: &BTreeMap<&RebuildId, &RebuildRecord>,
    history: &[HistoryEntry],
    period: Period,
) {
    let is_within = |at: Timestamp| period.since <= at && at < period.until;
    let started: BTreeSet<&PipelineExecutionId> = history
        .iter()
        .filter(|entry| is_within(entry.at))
        .filter_map(|entry| match &entry.body {
            HistoryBody::Note(note) if note.kind == NoteKind::Started => note.execution.as_ref(),
            _ => None,
        })
        .collect();
    summary.started = started.len() as u64;
    for record in rebuilds.values() {
        if !record.finished_at.is_some_and(is_within) {
            continue;
        }
        match record.outcome {
            Outcome::Succeeded | Outcome::NotPickedUp | Outcome::Unproven => summary.succeeded += 1,
            Outcome::Delivered => {
                summary.succeeded += 1;
                summary.delivered += 1;
            }
            Outcome::Failed => summary.failed += 1,
            Outcome::Pending
            | Outcome::Starting
            | Outcome::Running
            | Outcome::Parked
            | Outcome::Stuck
            | Outcome::Stopped
            | Outcome::NotNeeded
            | Outcome::WouldStart
            | Outcome::Removed => {}
        }
    }
}

fn fate<'a>(
    slot: &Slot,
    rebuilds: &BTreeMap<&'a RebuildId, &'a RebuildRecord>,
    change: &SeenChange,
) -> Fate<'a> {
    let is_asking = match &change.verdict {
        None => false,
        Some((_, Action::Rebuild | Action::Refresh)) => true,
        Some((verdict, _)) => match verdict {
            Verdict::Excluded => return Fate::Excluded,
            Verdict::Locked => return Fate::Locked,
            Verdict::Unaffected(why) => return unaffected(*why),
            Verdict::Picks | Verdict::MovesOff(_) | Verdict::Stranded(_) => {
                return Fate::LeftToPeople;
            }
        },
    };
    if let Some(rebuild) = taken_along(rebuilds, change) {
        return Fate::Rebuilt(rebuild);
    }
    let package = change.package_version.package();
    if is_pending(slot, package) {
        return Fate::Waiting;
    }
    let is_given_up = rebuilds.values().any(|record| {
        matches!(
            record.outcome,
            Outcome::NotNeeded | Outcome::Stopped | Outcome::Removed
        ) && record.finished_at.is_some_and(|at| at >= change.seen_at)
            && names(record, package)
    });
    if is_asking && is_given_up {
        Fate::NotNeeded
    } else {
        Fate::Unknown
    }
}

const fn unaffected<'a>(why: Unaffected) -> Fate<'a> {
    match why {
        Unaffected::BuiltAlready | Unaffected::NewerBuiltAlready => Fate::BuiltAlready,
        Unaffected::PrereleaseNotSelected
        | Unaffected::SelectsAnother
        | Unaffected::SoftPinned
        | Unaffected::NotPublished
        | Unaffected::WithdrawnNotBuilt => Fate::NotSelected,
        Unaffected::AlreadyAttempted | Unaffected::PassedInCascade => Fate::Attempted,
        Unaffected::NotVisible
        | Unaffected::ScopeLeftOut
        | Unaffected::FollowLeftOut
        | Unaffected::ThirdParty
        | Unaffected::PublishedBeforeRegistration
        | Unaffected::NotADependency
        | Unaffected::NotFromRegistry => Fate::NotCounted,
    }
}

/// The first rebuild that was for it, or for the same package and started after it was seen.
fn taken_along<'a>(
    rebuilds: &BTreeMap<&'a RebuildId, &'a RebuildRecord>,
    change: &SeenChange,
) -> Option<&'a RebuildId> {
    let package = change.package_version.package();
    let begun = rebuilds.values().filter_map(|record| {
        let began_at = match record.outcome {
            Outcome::WouldStart => record.finished_at,
            _ => record.started_at,
        }?;
        let is_for_it = record
            .changes
            .iter()
            .any(|known| known.package_version == change.package_version);
        let is_later = began_at >= change.seen_at && names(record, package);
        (is_for_it || is_later).then_some((began_at, record.requested_at, &record.id))
    });
    begun.min().map(|(_, _, rebuild)| rebuild)
}

fn names(record: &RebuildRecord, package: &PackageId) -> bool {
    let mut changes = record.changes.iter();
    changes.any(|change| change.package_version.package() == package)
}

fn is_pending(slot: &Slot, package: &PackageId) -> bool {
    slot.joined.contains_key(package)
        || slot
            .rebuild()
            .is_some_and(|rebuild| rebuild.packages.contains_key(package))
}

fn needs_a_person(slot: &Slot) -> bool {
    matches!(slot.state, SlotState::Stuck(_) | SlotState::Parked(_))
        || slot.failure.is_some()
        || slot
            .held
            .values()
            .any(|held| held.reason == HeldReason::NotPickedUp)
}
