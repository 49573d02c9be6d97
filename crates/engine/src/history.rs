//! What is written down about every decision, append only: the source of `explain`, `history` and the replay document.

use downriver_domain::impact::Judgement;
use downriver_domain::slot::Waited;
use downriver_domain::version::PackageVersionId;
use downriver_domain::{
    ApplicationId, Cascade, PipelineExecutionId, RebuildId, RepositoryId, Timestamp,
};

/// One entry. It is found by its application, by its change (package version), or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    pub at: Timestamp,
    pub application: Option<ApplicationId>,
    pub package_version: Option<PackageVersionId>,
    pub body: HistoryBody,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HistoryBody {
    /// An accepted event and what it did to the inventory.
    Seen(Seen),
    /// The verdicts of one page of dependents on one change.
    Verdicts(Vec<Judgement>),
    /// A rebuild as it stands after something happened to it; the last one of an id is the truth.
    Rebuild(RebuildRecord),
    Note(Note),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub repository: RepositoryId,
    pub effect: SeenEffect,
    pub cascade: Cascade,
    /// One plain sentence.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeenEffect {
    Appeared,
    Revised,
    Withdrawn,
    /// Nothing that a build could select changed.
    Noted,
    /// Known already: a redelivery, a copy for another account, an older event.
    Unchanged,
    /// Older than what is known.
    Stale,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuildRecord {
    pub id: RebuildId,
    pub application: ApplicationId,
    pub changes: Vec<RebuildChange>,
    pub requested_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub attempts: u32,
    pub executions: Vec<PipelineExecutionId>,
    pub outcome: Outcome,
    /// One plain sentence.
    pub reason: String,
    pub waited: Vec<Waited>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebuildChange {
    pub package_version: PackageVersionId,
    pub from: Option<String>,
    pub reason: String,
    pub cascade: Cascade,
    pub needs_refresh: bool,
}

/// How a rebuild ended, or that it has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    Pending,
    Starting,
    Running,
    Parked,
    Stuck,
    /// Succeeded; what was built is not known yet.
    Succeeded,
    /// Proof: what was built contains the wanted versions.
    Delivered,
    /// Proof: it does not.
    NotPickedUp,
    /// Succeeded, and there was nothing to read.
    Unproven,
    Failed,
    Stopped,
    /// When it was looked at again, nothing asked for it any more.
    NotNeeded,
    /// Shadow mode: it would have started.
    WouldStart,
    /// The application was removed from the catalog.
    Removed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub kind: NoteKind,
    pub rebuild: Option<RebuildId>,
    pub execution: Option<PipelineExecutionId>,
    /// One plain sentence.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    Requested,
    Joined,
    Waiting,
    BlockWaived,
    Starting,
    Started,
    StartRefused,
    Recovered,
    Retrying,
    Superseded,
    Resumed,
    Parked,
    Stuck,
    Released,
    Ended,
    Proof,
    Tracked,
    Notified,
    Operator,
    Swept,
    CatalogChanged,
    /// A ring opened, a change was halted, resumed, approved, abandoned or set `Unlisted`.
    Rollout,
}

impl Outcome {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Parked => "Parked",
            Self::Stuck => "Stuck",
            Self::Succeeded => "Succeeded",
            Self::Delivered => "Delivered",
            Self::NotPickedUp => "NotPickedUp",
            Self::Unproven => "Unproven",
            Self::Failed => "Failed",
            Self::Stopped => "Stopped",
            Self::NotNeeded => "NotNeeded",
            Self::WouldStart => "WouldStart",
            Self::Removed => "Removed",
        }
    }
}

impl NoteKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "Requested",
            Self::Joined => "Joined",
            Self::Waiting => "Waiting",
            Self::BlockWaived => "BlockWaived",
            Self::Starting => "Starting",
            Self::Started => "Started",
            Self::StartRefused => "StartRefused",
            Self::Recovered => "Recovered",
            Self::Retrying => "Retrying",
            Self::Superseded => "Superseded",
            Self::Resumed => "Resumed",
            Self::Parked => "Parked",
            Self::Stuck => "Stuck",
            Self::Released => "Released",
            Self::Ended => "Ended",
            Self::Proof => "Proof",
            Self::Tracked => "Tracked",
            Self::Notified => "Notified",
            Self::Operator => "Operator",
            Self::Swept => "Swept",
            Self::CatalogChanged => "CatalogChanged",
            Self::Rollout => "Rollout",
        }
    }
}
