//! What a pending rebuild waits for, and what wakes it.

use downriver_version::PackageVersionId;

use super::{ControlScope, PauseScope};
use crate::catalog::Target;
use crate::{ApplicationId, PipelineExecutionId, Timestamp};

/// The conditions that a pending rebuild waits on, in the order in which they are explained (DESIGN 4.1), after
/// those that it does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gate {
    /// A backup was put back: what ran since is looked for first.
    Compared,
    BackOff,
    /// The index result of the last success is awaited.
    Indexed,
    Settled,
    Free,
    UpriverQuiet,
    /// Its ring, or its turn in it, has come for every change; none is halted.
    Ring,
    /// The third-party versions it is for are old enough.
    Age,
    /// Inside its change window, outside a freeze.
    Window,
    /// Fewer rebuilds started within a day than its limit.
    DailyLimit,
    Budget,
    NotPaused,
    /// Changes beyond a limit are approved.
    Approved,
}

impl Gate {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compared => "restored and not yet compared with CodePipeline",
            Self::BackOff => "back-off",
            Self::Indexed => "indexed",
            Self::Settled => "settled",
            Self::Free => "free",
            Self::UpriverQuiet => "upriver quiet",
            Self::Ring => "ring",
            Self::Age => "age",
            Self::Window => "window",
            Self::DailyLimit => "daily limit",
            Self::Budget => "budget",
            Self::NotPaused => "not paused",
            Self::Approved => "approved",
        }
    }
}

/// A closed gate: what opens it and when to look again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    pub gate: Gate,
    pub since: Timestamp,
    /// When to look again; `None`: something else wakes it.
    pub until: Option<Timestamp>,
    pub on: WaitOn,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaitOn {
    Time,
    Execution(PipelineExecutionId),
    /// The active producers that reach it, first the one whose end wakes it.
    Producers(Vec<ApplicationId>),
    Target(Target),
    Pause(PauseScope),
    /// A freeze.
    Freeze {
        /// Which one of the operators'; `None`: the catalog's.
        scope: Option<ControlScope>,
        reason: String,
    },
    /// The change's open ring is an earlier one, or its turn in it has not come.
    Ring {
        change: PackageVersionId,
        /// The ring that goes now.
        open: u32,
        own: u32,
    },
    /// The change is halted.
    Halt(PackageVersionId),
    /// The change needs an approval.
    Approval(PackageVersionId),
}

/// A span in which a gate held a rebuild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waited {
    pub gate: Gate,
    pub on: WaitOn,
    pub since: Timestamp,
    pub until: Timestamp,
}

/// What wakes a waiting slot, other than time: an index on slots.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaitingFor {
    Producer(ApplicationId),
    Target(Target),
    Pause,
    /// What is decided of a change: its ring, its halt, its approval.
    Rollout,
}

impl WaitOn {
    /// Time opens it, at the wait's `until`.
    pub const fn is_timed(&self) -> bool {
        matches!(self, Self::Time | Self::Freeze { .. })
    }
}
