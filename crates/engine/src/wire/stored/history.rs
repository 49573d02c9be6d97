//! The stored forms of history entries.

use downriver_domain::{Cascade, Timestamp};
use serde::{Deserialize, Serialize};

use super::fields::{
    FieldError, InField, is_default, list, millis, named, parse, parse_all, parse_optional,
    stored_names, texts, timestamp, try_list,
};
use super::impact::JudgementV1;
use super::inventory::CascadeV1;
use super::key;
use super::rebuild::WaitedV1;
use crate::history::{
    HistoryBody, HistoryEntry, Note, NoteKind, Outcome, RebuildChange, RebuildRecord, Seen,
    SeenEffect,
};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct HistoryEntryV1 {
    at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    application: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    package_version: Option<String>,
    body: BodyV1,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum BodyV1 {
    Seen(SeenV1),
    Verdicts(Vec<JudgementV1>),
    Rebuild(RebuildRecordV1),
    Note(NoteV1),
}

#[derive(Debug, Serialize, Deserialize)]
struct SeenV1 {
    repository: String,
    effect: SeenEffectV1,
    #[serde(default, skip_serializing_if = "is_default")]
    cascade: CascadeV1,
    text: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct RebuildRecordV1 {
    id: String,
    application: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    changes: Vec<RebuildChangeV1>,
    requested_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    finished_at: Option<i64>,
    #[serde(default, skip_serializing_if = "is_default")]
    attempts: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    executions: Vec<String>,
    outcome: OutcomeV1,
    reason: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    waited: Vec<WaitedV1>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RebuildChangeV1 {
    package_version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    reason: String,
    #[serde(default, skip_serializing_if = "is_default")]
    cascade: CascadeV1,
    #[serde(default, skip_serializing_if = "is_default")]
    needs_refresh: bool,
}

#[derive(Debug, Serialize, Deserialize)]
struct NoteV1 {
    kind: NoteKindV1,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rebuild: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    execution: Option<String>,
    text: String,
}

stored_names!(SeenEffectV1 = SeenEffect {
    Appeared = "appeared",
    Revised = "revised",
    Withdrawn = "withdrawn",
    Unchanged = "unchanged",
    Stale = "stale",
    Noted = "noted",
});

stored_names!(OutcomeV1 = Outcome {
    Pending = "pending",
    Starting = "starting",
    Running = "running",
    Parked = "parked",
    Stuck = "stuck",
    Succeeded = "succeeded",
    Delivered = "delivered",
    NotPickedUp = "not_picked_up",
    Unproven = "unproven",
    Failed = "failed",
    Stopped = "stopped",
    NotNeeded = "not_needed",
    WouldStart = "would_start",
    Removed = "removed",
});

stored_names!(NoteKindV1 = NoteKind {
    Requested = "requested",
    Joined = "joined",
    Waiting = "waiting",
    BlockWaived = "block_waived",
    Starting = "starting",
    Started = "started",
    StartRefused = "start_refused",
    Recovered = "recovered",
    Retrying = "retrying",
    Superseded = "superseded",
    Resumed = "resumed",
    Parked = "parked",
    Stuck = "stuck",
    Released = "released",
    Ended = "ended",
    Proof = "proof",
    Tracked = "tracked",
    Notified = "notified",
    Operator = "operator",
    Swept = "swept",
    CatalogChanged = "catalog_changed",
    Rollout = "rollout",
});

impl From<&HistoryEntry> for HistoryEntryV1 {
    fn from(entry: &HistoryEntry) -> Self {
        Self {
            at: entry.at.unix_millis(),
            application: entry.application.as_ref().map(ToString::to_string),
            package_version: entry.package_version.as_ref().map(key::package_version_key),
            body: match &entry.body {
                HistoryBody::Seen(seen) => BodyV1::Seen(seen.into()),
                HistoryBody::Verdicts(judgements) => BodyV1::Verdicts(list(judgements)),
                HistoryBody::Rebuild(record) => BodyV1::Rebuild(record.into()),
                HistoryBody::Note(note) => BodyV1::Note(note.into()),
            },
        }
    }
}

impl TryFrom<HistoryEntryV1> for HistoryEntry {
    type Error = FieldError;

    fn try_from(stored: HistoryEntryV1) -> Result<Self, FieldError> {
        let package_version = stored.package_version.as_deref();
        Ok(Self {
            at: Timestamp::from_unix_millis(stored.at),
            application: parse_optional("application", stored.application.as_deref())?,
            package_version: named(
                "package_version",
                package_version
                    .map(key::parse_package_version_key)
                    .transpose(),
            )?,
            body: match stored.body {
                BodyV1::Seen(seen) => HistoryBody::Seen(seen.try_into().in_field("seen")?),
                BodyV1::Verdicts(judgements) => {
                    HistoryBody::Verdicts(try_list("verdicts", judgements)?)
                }
                BodyV1::Rebuild(record) => {
                    HistoryBody::Rebuild(record.try_into().in_field("rebuild")?)
                }
                BodyV1::Note(note) => HistoryBody::Note(note.try_into().in_field("note")?),
            },
        })
    }
}

impl From<&Seen> for SeenV1 {
    fn from(seen: &Seen) -> Self {
        Self {
            repository: key::repository_key(&seen.repository),
            effect: seen.effect.into(),
            cascade: (&seen.cascade).into(),
            text: seen.text.clone(),
        }
    }
}

impl TryFrom<SeenV1> for Seen {
    type Error = FieldError;

    fn try_from(stored: SeenV1) -> Result<Self, FieldError> {
        Ok(Self {
            repository: named("repository", key::parse_repository_key(&stored.repository))?,
            effect: stored.effect.into(),
            cascade: Cascade::try_from(stored.cascade).in_field("cascade")?,
            text: stored.text,
        })
    }
}

impl From<&RebuildRecord> for RebuildRecordV1 {
    fn from(record: &RebuildRecord) -> Self {
        Self {
            id: record.id.to_string(),
            application: record.application.to_string(),
            changes: list(&record.changes),
            requested_at: record.requested_at.unix_millis(),
            started_at: millis(record.started_at),
            finished_at: millis(record.finished_at),
            attempts: record.attempts,
            executions: texts(&record.executions),
            outcome: record.outcome.into(),
            reason: record.reason.clone(),
            waited: list(&record.waited),
        }
    }
}

impl TryFrom<RebuildRecordV1> for RebuildRecord {
    type Error = FieldError;

    fn try_from(stored: RebuildRecordV1) -> Result<Self, FieldError> {
        Ok(Self {
            id: parse("id", &stored.id)?,
            application: parse("application", &stored.application)?,
            changes: try_list("changes", stored.changes)?,
            requested_at: Timestamp::from_unix_millis(stored.requested_at),
            started_at: timestamp(stored.started_at),
            finished_at: timestamp(stored.finished_at),
            attempts: stored.attempts,
            executions: parse_all("executions", &stored.executions)?,
            outcome: stored.outcome.into(),
            reason: stored.reason,
            waited: try_list("waited", stored.waited)?,
        })
    }
}

impl From<&RebuildChange> for RebuildChangeV1 {
    fn from(change: &RebuildChange) -> Self {
        Self {
            package_version: key::package_version_key(&change.package_version),
            from: change.from.clone(),
            reason: change.reason.clone(),
            cascade: (&change.cascade).into(),
            needs_refresh: change.needs_refresh,
        }
    }
}

impl TryFrom<RebuildChangeV1> for RebuildChange {
    type Error = FieldError;

    fn try_from(stored: RebuildChangeV1) -> Result<Self, FieldError> {
        Ok(Self {
            package_version: named(
                "package_version",
                key::parse_package_version_key(&stored.package_version),
            )?,
            from: stored.from,
            reason: stored.reason,
            cascade: Cascade::try_from(stored.cascade).in_field("cascade")?,
            needs_refresh: stored.needs_refresh,
        })
    }
}

impl From<&Note> for NoteV1 {
    fn from(note: &Note) -> Self {
        Self {
            kind: note.kind.into(),
            rebuild: note.rebuild.as_ref().map(ToString::to_string),
            execution: note.execution.as_ref().map(ToString::to_string),
            text: note.text.clone(),
        }
    }
}

impl TryFrom<NoteV1> for Note {
    type Error = FieldError;

    fn try_from(stored: NoteV1) -> Result<Self, FieldError> {
        Ok(Self {
            kind: stored.kind.into(),
            rebuild: parse_optional("rebuild", stored.rebuild.as_deref())?,
            execution: parse_optional("execution", stored.execution.as_deref())?,
            text: stored.text,
        })
    }
}
