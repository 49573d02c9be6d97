//! What operators switched, and how far the periodic rounds have come: one record.

use std::collections::BTreeMap;

use downriver_version::PackageId;

use crate::summary::SummaryProgress;
use crate::{ApplicationId, OwnerId, Timestamp};

/// Whom a freeze or an opened window concerns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ControlScope {
    System,
    Owner(OwnerId),
    Application(ApplicationId),
}

/// A freeze, or an opened window, by an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timed {
    pub by: String,
    pub reason: String,
    pub at: Timestamp,
    pub until: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PauseScope {
    System,
    Application(ApplicationId),
    Package(PackageId),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    pub by: String,
    pub reason: String,
    pub at: Timestamp,
}

/// What operators switched; one record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Controls {
    pub revision: u64,
    pub pauses: BTreeMap<PauseScope, Pause>,
    /// Nothing starts there until then.
    pub freezes: BTreeMap<ControlScope, Timed>,
    /// Change windows that are open until then, whatever the catalog says.
    pub openings: BTreeMap<ControlScope, Timed>,
    /// How far a restored backup is compared with CodePipeline.
    pub comparison: Option<Comparison>,
    /// How far the inventories are compared with CodeArtifact in the round that is under way; `None` between two rounds.
    pub reconciliation: Option<Comparison>,
    /// When the graph of repositories was last read from CodeArtifact, also where that was denied.
    pub repositories_read_at: Option<Timestamp>,
    /// How far the weekly summaries have come; `None`: none was begun yet.
    pub summaries: Option<SummaryProgress>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The last application, in order of id, that was compared.
    pub up_to: ApplicationId,
    pub at: Timestamp,
}
