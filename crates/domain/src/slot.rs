//! The slot: the one record per application where its pending and current rebuild stand.
//!
//! These are the records; the decisions over them stand in the modules beside this one. Every list in a slot has a
//! named maximum, so that the record stays small.

mod controls;
mod gates;
mod merge;
mod offer;
mod outcome;
#[cfg(test)]
mod tests;
mod waits;

pub use controls::{Comparison, ControlScope, Controls, Pause, PauseScope, Timed};
pub use gates::{
    Calendar, GateContext, GateReport, evaluate_gates, is_due, is_off_calendar, open_gates,
    pause_on, settle,
};
pub use merge::{Merged, merge_asks, merge_joined, rejudge};
pub use offer::{Offer, PackageHold, offer};
pub use outcome::{
    Ended, Ending, FailedStage, decide_cancelled, decide_end, decide_parked, decide_stuck,
    settle_followed,
};
pub use waits::{Gate, Wait, WaitOn, Waited, WaitingFor};

use std::collections::{BTreeMap, BTreeSet};

use downriver_version::{PackageId, PackageVersionId};

use crate::catalog::{Pipeline, RepositoryId};
use crate::inventory::Cascade;
use crate::{
    ApplicationId, AttemptId, ClientRequestToken, PipelineExecutionId, RebuildId, Timestamp,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    pub application: ApplicationId,
    /// Counts the versions of this record; 0 before it is first written. Every write names the one it replaces.
    pub revision: u64,
    /// How many rebuilds were ever requested; numbers the next one.
    pub rebuilds_requested: u64,
    pub state: SlotState,
    /// What was seen while an execution ran or before its index result came: kept unjudged.
    pub joined: BTreeMap<PackageId, Joined>,
    /// Successful executions, the one that started last first, at most [`Slot::BUILDS_MAX`]. The first is the baseline of `Assumed`.
    pub builds: Vec<Build>,
    /// Versions that are not attempted again, until a newer one, `retry`, or a person's success.
    pub held: BTreeMap<PackageId, Held>,
    pub failure: Option<Failure>,
    /// Executions of this pipeline, ours and others', newest start first, at most [`Slot::EXECUTIONS_MAX`].
    pub executions: Vec<SeenExecution>,
    /// A producer whose execution ended and whose products' changes are not all committed yet.
    pub tail: Option<Tail>,
    /// The first decision after a success waits for its index result until then.
    pub index_awaited_until: Option<Timestamp>,
    /// The newest change this application was judged on; what an old EventBridge rule's execution continues.
    pub last_cascade: Option<Cascade>,
    /// When its last rebuilds first started, newest last, at most [`Slot::STARTS_MAX`]; what its limit for a day counts.
    pub starts: Vec<Timestamp>,
    /// A backup was put back and CodePipeline did not tell what ran since: nothing starts until it does.
    pub is_uncompared: bool,
    /// When this slot is to be looked at again; the due record that `sweep` reads.
    pub wake_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotState {
    Idle,
    Pending(Pending),
    Starting(Starting),
    Running(Running),
    /// Running for longer than `max run`: no longer active, budget returned, its end still counts.
    Parked(Running),
    /// Needs a person; goes on after `retry`.
    Stuck(Stuck),
}

/// Our unit of work: one application, all the packages it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuild {
    pub id: RebuildId,
    pub packages: BTreeMap<PackageId, Wanted>,
    pub requested_at: Timestamp,
    pub last_change_at: Timestamp,
    /// Attempts that started so far; numbers the next one.
    pub attempts: u32,
    /// Failed attempts that count against `retries_max`.
    pub failures: u32,
    pub is_canceled_once: bool,
    /// When the gate *upriver quiet* first held this rebuild; `max block` counts from here.
    pub upriver_held_since: Option<Timestamp>,
    /// Gates that held it so far, closed spans only; at most [`Rebuild::WAITED_MAX`].
    pub waited: Vec<Waited>,
    pub first_started_at: Option<Timestamp>,
    pub is_expedited: bool,
}

/// The version that a rebuild is to pick up for one package, computed anew before every start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub version: String,
    /// For a mutable version: the package revision.
    pub revision: Option<String>,
    /// What the last build used.
    pub from: Option<String>,
    /// The lockfile holds it: the execution carries refresh variables.
    pub needs_refresh: bool,
    /// Published by others; the minimum age is for it.
    pub is_third_party: bool,
    /// Where the change was seen.
    pub repository: RepositoryId,
    pub seen_at: Timestamp,
    pub cascade: Cascade,
    /// The verdict and its sentence.
    pub reason: String,
}

impl Wanted {
    /// It is not for the rebuild that had it any more: its package waits to be judged again.
    pub fn rejoined(&self) -> Joined {
        Joined {
            version: self.version.clone(),
            repository: self.repository.clone(),
            seen_at: self.seen_at,
            is_news: false,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    pub rebuild: Rebuild,
    /// Back-off after a failure, throttling or a limit.
    pub not_before: Option<Timestamp>,
    /// How often it was backed off in a row without an attempt that counted.
    pub backoffs: u32,
    /// The gates that were closed when it was last looked at.
    pub waits: Vec<Wait>,
}

impl Pending {
    /// To be looked at: nothing is known of its gates yet.
    pub const fn new(rebuild: Rebuild) -> Self {
        Self {
            rebuild,
            not_before: None,
            backoffs: 0,
            waits: Vec::new(),
        }
    }

    /// Not before `until`, because an attempt failed or was refused.
    pub fn backed_off(rebuild: Rebuild, backoffs: u32, now: Timestamp, until: Timestamp) -> Self {
        let wait = Wait {
            gate: Gate::BackOff,
            since: now,
            until: Some(until),
            on: WaitOn::Time,
        };
        Self {
            rebuild,
            not_before: Some(until),
            backoffs,
            waits: (now < until).then_some(wait).into_iter().collect(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Starting {
    pub rebuild: Rebuild,
    pub attempt: AttemptId,
    pub token: ClientRequestToken,
    /// The target that is called; recovery and tracking use this one.
    pub pipeline: Pipeline,
    pub started_at: Timestamp,
    /// Until then only the writer of this record may call.
    pub deadline: Timestamp,
    /// Recorded opening of the gate *upriver quiet* by `max block`.
    pub is_block_waived: bool,
    /// A rule in the target's account is asked by an event, and its answer is the execution's own event.
    pub is_by_event: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    pub rebuild: Rebuild,
    pub attempt: AttemptId,
    pub pipeline: Pipeline,
    pub execution: PipelineExecutionId,
    pub started_at: Timestamp,
    /// The execution was superseded; this one's end is awaited instead (`None` inside: not known yet).
    pub following: Option<Option<PipelineExecutionId>>,
    pub holds_budget: bool,
    /// Products whose changes were committed to their last page since the start.
    pub published: BTreeSet<PackageId>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    pub rebuild: Rebuild,
    pub reason: String,
    pub since: Timestamp,
}

/// A change that waits to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    pub version: String,
    pub repository: RepositoryId,
    pub seen_at: Timestamp,
    /// It changed the inventory for this application: its verdict is written down whatever it is.
    pub is_news: bool,
}

/// A successful execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Build {
    pub execution: PipelineExecutionId,
    /// `None`: a person or a rule started it.
    pub rebuild: Option<RebuildId>,
    /// Its index result is recorded: the edges hold what it built.
    pub is_proven: bool,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
    pub delivered: Vec<Delivered>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    pub package: PackageId,
    pub from: Option<String>,
    pub to: String,
    /// The execution carried refresh variables for it: what its source's lockfile holds does not tell what was built.
    pub is_refreshed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub version: String,
    pub reason: HeldReason,
    /// Contents that were published later under the same version are not held: of a failure, when its execution started.
    pub since: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldReason {
    Failed,
    NotPickedUp,
    RolledBack,
    Stopped,
    /// Shadow mode: it would have started.
    WouldStart,
}

/// A rebuild that ended badly; cleared by the next version, `retry`, or a person's success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub rebuild: Rebuild,
    pub execution: Option<PipelineExecutionId>,
    pub reason: String,
    /// Where to look at what failed.
    pub url: Option<String>,
    /// Why it does not count against the changes it was for; `None`: it does.
    pub excuse: Option<String>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenExecution {
    pub execution: PipelineExecutionId,
    pub started_by: StartedBy,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    pub is_superseded: bool,
    /// It ended, and failed.
    pub is_failed: bool,
    pub is_rollback: bool,
    /// What a product published by this execution descends from.
    pub cascade: Cascade,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartedBy {
    Downriver(AttemptId),
    /// An EventBridge rule (`CloudWatchEvent`).
    Rule,
    Person,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    pub execution: PipelineExecutionId,
    pub ended_at: Timestamp,
    pub until: Timestamp,
    pub awaited: BTreeSet<PackageId>,
}

/// A record of its own for each active producer, written in one transaction with its slot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActiveProducer {
    pub application: ApplicationId,
    pub rebuild: RebuildId,
    pub since: Timestamp,
    /// Until then it is held, by a window for example, and holds nobody up.
    pub active_from: Option<Timestamp>,
}

impl Rebuild {
    pub const WAITED_MAX: usize = 50;

    /// The package versions it is for, in order of their package URLs.
    pub fn changes(&self) -> Vec<PackageVersionId> {
        self.packages
            .iter()
            .filter_map(|(package, wanted)| {
                PackageVersionId::new(package.clone(), &wanted.version).ok()
            })
            .collect()
    }
}

impl Slot {
    pub const BUILDS_MAX: usize = 10;
    pub const EXECUTIONS_MAX: usize = 20;
    pub const STARTS_MAX: usize = 100;

    /// The slot of an application that nothing happened to yet.
    pub const fn new(application: ApplicationId) -> Self {
        Self {
            application,
            revision: 0,
            rebuilds_requested: 0,
            state: SlotState::Idle,
            joined: BTreeMap::new(),
            builds: Vec::new(),
            held: BTreeMap::new(),
            failure: None,
            executions: Vec::new(),
            tail: None,
            index_awaited_until: None,
            last_cascade: None,
            starts: Vec::new(),
            is_uncompared: false,
            wake_at: None,
        }
    }

    pub const fn rebuild(&self) -> Option<&Rebuild> {
        match &self.state {
            SlotState::Idle => None,
            SlotState::Pending(pending) => Some(&pending.rebuild),
            SlotState::Starting(starting) => Some(&starting.rebuild),
            SlotState::Running(running) | SlotState::Parked(running) => Some(&running.rebuild),
            SlotState::Stuck(stuck) => Some(&stuck.rebuild),
        }
    }

    /// A producer that others wait for: pending, starting, running, or ended with changes still to come.
    pub const fn is_active(&self) -> bool {
        matches!(
            self.state,
            SlotState::Pending(_) | SlotState::Starting(_) | SlotState::Running(_)
        ) || self.tail.is_some()
    }

    /// When a slot without a current rebuild is to be looked at: its tail ends, what joined it is to be judged, or the wait for
    /// its index result is over.
    pub fn idle_wake(&self, now: Timestamp) -> Option<Timestamp> {
        let joined = (!self.joined.is_empty())
            .then(|| self.index_awaited_until.map_or(now, |until| until.max(now)));
        let index = self.index_awaited_until.filter(|until| now < *until);
        [self.tail.as_ref().map(|tail| tail.until), joined, index]
            .into_iter()
            .flatten()
            .min()
    }

    /// The index result of the last success is still awaited.
    pub fn is_index_awaited(&self, now: Timestamp) -> bool {
        self.index_awaited_until.is_some_and(|until| now < until)
    }

    /// Notes an execution of this pipeline, or what became of it.
    pub fn note_execution(&mut self, seen: SeenExecution) {
        match self
            .executions
            .iter_mut()
            .find(|known| known.execution == seen.execution)
        {
            Some(known) => *known = seen,
            None => self.executions.push(seen),
        }
        self.executions
            .sort_by(|a, b| (b.started_at, &b.execution).cmp(&(a.started_at, &a.execution)));
        self.executions.truncate(Self::EXECUTIONS_MAX);
    }

    /// Notes a successful execution. Which one is the baseline goes by their starts, whichever ended last.
    pub fn note_build(&mut self, build: Build) {
        self.builds
            .retain(|known| known.execution != build.execution);
        self.builds.insert(0, build);
        self.builds
            .sort_by_key(|build| std::cmp::Reverse(build.started_at));
        self.builds.truncate(Self::BUILDS_MAX);
    }

    /// What would wake this slot besides time: the first closed gate that something else opens. A pause comes first, then what
    /// is decided of its changes, as long as one holds it: until then no other gate's opening lets it start.
    pub fn waiting_for(&self) -> Option<WaitingFor> {
        let SlotState::Pending(pending) = &self.state else {
            return None;
        };
        let is_closed = |gate: Gate| pending.waits.iter().any(|wait| wait.gate == gate);
        if is_closed(Gate::NotPaused) {
            return Some(WaitingFor::Pause);
        }
        if is_closed(Gate::Ring) || is_closed(Gate::Approved) {
            return Some(WaitingFor::Rollout);
        }
        pending.waits.iter().find_map(|wait| match &wait.on {
            WaitOn::Producers(producers) => producers.first().cloned().map(WaitingFor::Producer),
            WaitOn::Target(target) => Some(WaitingFor::Target(target.clone())),
            WaitOn::Pause(_) => Some(WaitingFor::Pause),
            WaitOn::Ring { .. } | WaitOn::Halt(_) | WaitOn::Approval(_) => {
                Some(WaitingFor::Rollout)
            }
            WaitOn::Time | WaitOn::Freeze { .. } | WaitOn::Execution(_) => None,
        })
    }
}
