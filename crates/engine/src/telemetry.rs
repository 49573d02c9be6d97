//! What a commit means to logs and metrics: pure, read off what the commit writes down.
//!
//! Adapters write lines and figures; what counts as a start, a wait or a failure is said here, once.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use downriver_domain::impact::{Judgement, Verdict};
use downriver_domain::slot::{Rebuild, SlotState};
use downriver_domain::version::PackageVersionId;
use downriver_domain::{ApplicationId, PipelineExecutionId, RebuildId, Rollout};

use crate::history::{
    HistoryBody, HistoryEntry, Note, NoteKind, Outcome, RebuildRecord, Seen, SeenEffect,
};
use crate::index::ReadReport;
use crate::ports::Commit;
use crate::rollouts::{Step, step_of};

/// Latencies kept of one invocation; a start function's batch has ten messages. (`CloudWatch` takes 100 values of one metric.)
pub const LATENCIES_MAX: usize = 100;

/// Figures of one or several commits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// Events that made a version appear, change or go.
    pub changes: u64,
    pub verdicts: BTreeMap<&'static str, u64>,
    pub rebuilds_requested: u64,
    /// Executions that started for us.
    pub starts: u64,
    /// How often a rebuild was held, by gate; again only if what holds it changed.
    pub waits: BTreeMap<&'static str, u64>,
    /// From the first change of a rebuild, as it was seen, to its first start, in milliseconds.
    pub publish_to_start_millis: Vec<u64>,
    /// Executions of ours that did not succeed, those that are tried again included. What a person stopped is no failure.
    pub failures: u64,
    pub stuck: u64,
    pub parked: u64,
    /// Changes of which nothing more starts since applications broke with them.
    pub changes_halted: u64,
    /// What proof showed of our rebuilds: `Delivered`, `NotPickedUp`, `Unproven`.
    pub proofs: BTreeMap<&'static str, u64>,
    /// Read of what executions uploaded and of their sources.
    pub files_read: u64,
    pub bytes_read: u64,
}

impl Figures {
    pub fn add(&mut self, other: Self) {
        self.changes += other.changes;
        self.rebuilds_requested += other.rebuilds_requested;
        self.starts += other.starts;
        self.failures += other.failures;
        self.stuck += other.stuck;
        self.parked += other.parked;
        self.changes_halted += other.changes_halted;
        self.files_read += other.files_read;
        self.bytes_read += other.bytes_read;
        for (outcome, count) in other.proofs {
            *self.proofs.entry(outcome).or_default() += count;
        }
        for (verdict, count) in other.verdicts {
            *self.verdicts.entry(verdict).or_default() += count;
        }
        for (gate, count) in other.waits {
            *self.waits.entry(gate).or_default() += count;
        }
        self.publish_to_start_millis
            .extend(other.publish_to_start_millis);
        self.publish_to_start_millis.truncate(LATENCIES_MAX);
    }
}

impl From<&ReadReport> for Figures {
    fn from(report: &ReadReport) -> Self {
        Self {
            files_read: report.files,
            bytes_read: report.bytes,
            ..Self::default()
        }
    }
}

/// The figures of a commit that was carried out.
pub fn figures(commit: &Commit) -> Figures {
    let mut figures = Figures::default();
    for entry in &commit.history {
        match &entry.body {
            HistoryBody::Seen(seen) => figures.changes += u64::from(is_change(seen.effect)),
            HistoryBody::Verdicts(judgements) => {
                for judgement in judgements {
                    *figures
                        .verdicts
                        .entry(judgement.verdict.as_str())
                        .or_default() += 1;
                }
            }
            HistoryBody::Rebuild(record) => {
                figures.failures += u64::from(record.outcome == Outcome::Failed);
            }
            HistoryBody::Note(note) => count_note(&mut figures, commit, note),
        }
    }
    figures
}

fn count_note(figures: &mut Figures, commit: &Commit, note: &Note) {
    match note.kind {
        NoteKind::Requested => figures.rebuilds_requested += 1,
        NoteKind::Retrying => figures.failures += 1,
        NoteKind::Stuck => figures.stuck += 1,
        NoteKind::Parked => figures.parked += 1,
        NoteKind::Started => {
            figures.starts += 1;
            figures
                .publish_to_start_millis
                .extend(publish_to_start_millis(commit));
        }
        NoteKind::Rollout => {
            let step = step_noted(commit.rollout.as_ref(), note);
            figures.changes_halted += u64::from(matches!(step, Some(Step::Halted { .. })));
        }
        NoteKind::Proof => {
            let outcome = note.rebuild.as_ref().and_then(|id| outcome_of(commit, id));
            if let Some(outcome) = outcome {
                *figures.proofs.entry(outcome).or_default() += 1;
            }
        }
        NoteKind::Waiting => {
            if let Some(SlotState::Pending(pending)) = commit.slot.as_ref().map(|slot| &slot.state)
            {
                for wait in &pending.waits {
                    *figures.waits.entry(wait.gate.as_str()).or_default() += 1;
                }
            }
        }
        _ => {}
    }
}

/// The step of a rollout that a note tells of.
fn step_noted(rollout: Option<&Rollout>, note: &Note) -> Option<Step> {
    rollout.and_then(|rollout| step_of(rollout, &note.text))
}

const fn is_change(effect: SeenEffect) -> bool {
    matches!(
        effect,
        SeenEffect::Appeared | SeenEffect::Revised | SeenEffect::Withdrawn
    )
}

/// Of a first attempt only: a retry waits for other reasons.
fn publish_to_start_millis(commit: &Commit) -> Option<u64> {
    let SlotState::Running(running) = &commit.slot.as_ref()?.state else {
        return None;
    };
    if running.rebuild.attempts > 1 {
        return None;
    }
    let seen_at = first_seen_at(&running.rebuild)?;
    let millis = running
        .started_at
        .unix_millis()
        .saturating_sub(seen_at.unix_millis());
    u64::try_from(millis).ok()
}

fn first_seen_at(rebuild: &Rebuild) -> Option<downriver_domain::Timestamp> {
    rebuild.packages.values().map(|wanted| wanted.seen_at).min()
}

/// One line for the log, readable alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision<'a> {
    /// What was decided, in a word or two.
    pub what: &'static str,
    pub application: Option<&'a ApplicationId>,
    pub package: Option<&'a PackageVersionId>,
    pub verdict: Option<&'static str>,
    pub rebuild: Option<&'a RebuildId>,
    pub execution: Option<&'a PipelineExecutionId>,
    pub outcome: Option<&'static str>,
    /// The ring that was passed, or in which the change was halted.
    pub ring: Option<u32>,
    pub reason: &'a str,
    /// Nothing comes of it: an application that a change does not affect, an event that changed nothing.
    pub is_routine: bool,
}

/// What a commit decided, in its own order. A rebuild's record is told by the note beside it, where there is one.
pub fn decisions(commit: &Commit) -> Vec<Decision<'_>> {
    let mut decisions = Vec::new();
    for entry in &commit.history {
        match &entry.body {
            HistoryBody::Seen(seen) => decisions.push(of_seen(entry, seen)),
            HistoryBody::Verdicts(judgements) => {
                decisions.extend(judgements.iter().map(of_judgement));
            }
            HistoryBody::Rebuild(record) => {
                if note_on(commit, &record.id).is_none() {
                    decisions.push(of_rebuild(record));
                }
            }
            HistoryBody::Note(note) => decisions.push(of_note(entry, note, commit)),
        }
    }
    decisions
}

fn of_seen<'a>(entry: &'a HistoryEntry, seen: &'a Seen) -> Decision<'a> {
    Decision {
        what: "seen",
        package: entry.package_version.as_ref(),
        is_routine: !is_change(seen.effect),
        ..Decision::new(&seen.text)
    }
}

fn of_judgement(judgement: &Judgement) -> Decision<'_> {
    Decision {
        what: "verdict",
        application: Some(&judgement.application),
        package: Some(&judgement.package_version),
        verdict: Some(judgement.verdict.as_str()),
        is_routine: matches!(judgement.verdict, Verdict::Unaffected(_)),
        ..Decision::new(&judgement.reason)
    }
}

fn of_rebuild(record: &RebuildRecord) -> Decision<'_> {
    Decision {
        what: "rebuild",
        application: Some(&record.application),
        rebuild: Some(&record.id),
        execution: record.executions.last(),
        outcome: Some(record.outcome.as_str()),
        ..Decision::new(&record.reason)
    }
}

fn of_note<'a>(entry: &'a HistoryEntry, note: &'a Note, commit: &Commit) -> Decision<'a> {
    let step = step_noted(commit.rollout.as_ref(), note);
    Decision {
        what: step.map_or(note.kind.as_str(), Step::as_str),
        application: entry.application.as_ref(),
        package: entry.package_version.as_ref(),
        ring: step.map(Step::ring),
        rebuild: note.rebuild.as_ref(),
        execution: note.execution.as_ref(),
        outcome: note
            .rebuild
            .as_ref()
            .and_then(|rebuild| outcome_of(commit, rebuild)),
        ..Decision::new(&note.text)
    }
}

impl<'a> Decision<'a> {
    const fn new(reason: &'a str) -> Self {
        Self {
            what: "",
            application: None,
            package: None,
            verdict: None,
            rebuild: None,
            execution: None,
            outcome: None,
            ring: None,
            reason,
            is_routine: false,
        }
    }
}

fn note_on<'a>(commit: &'a Commit, rebuild: &RebuildId) -> Option<&'a Note> {
    commit.history.iter().find_map(|entry| match &entry.body {
        HistoryBody::Note(note) if note.rebuild.as_ref() == Some(rebuild) => Some(note),
        _ => None,
    })
}

fn outcome_of(commit: &Commit, rebuild: &RebuildId) -> Option<&'static str> {
    commit.history.iter().find_map(|entry| match &entry.body {
        HistoryBody::Rebuild(record) if record.id == *rebuild => Some(record.outcome.as_str()),
        _ => None,
    })
}
