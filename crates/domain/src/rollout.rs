//! Rollouts: how a change spreads over the applications that it reaches. A few go first, and trouble stops the rest.
//!
//! The truth is in the slots: [`stand`] reads from one of them what became of the change there. A rollout only records what
//! was decided from that: which ring is open, who may go, that it is halted. [`advance`] is that decision; repeating it
//! changes nothing until a slot does.

mod advance;
mod rings;
mod standing;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use downriver_version::PackageVersionId;

pub use advance::{Advanced, advance};
pub use rings::{RingMember, assign_rings};
pub use standing::{Member, Standing, stand};

use crate::{ApplicationId, PipelineExecutionId, Timestamp};

/// How changes spread, for the whole catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolloutPolicy {
    /// The rule at place n says who is in ring n; everybody else is in the ring after the last.
    pub rings: Vec<RingRule>,
    /// The share of a ring that must be delivered before the next opens, 1 to 100.
    pub pass_percent: u32,
    /// The share of those that ended in a ring which may not have failed: at it the change is halted, 1 to 100. `None`:
    /// failures halt nothing.
    pub halt_percent: Option<u32>,
    /// Within a ring 1, 2, 5, 10, 20, … applications go at once, as successes come.
    pub is_ramped: bool,
    /// A halted version is set `Unlisted`.
    pub is_unlisted: bool,
    /// A change that reaches more applications waits for an approval.
    pub applications_max: Option<u32>,
    /// A change further down a cascade than this many rebuilds waits for an approval.
    pub depth_max: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RingRule {
    /// Applications with any of these tags.
    Tags(BTreeSet<String>),
    /// Of those in no earlier ring, this share in percent: fewest dependents first, then the quickest pipelines.
    Share(u32),
}

/// The spread of one change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollout {
    pub package_version: PackageVersionId,
    /// Counts the versions of this record; 0 before it is first written.
    pub revision: u64,
    /// For a mutable version: the revision of the package that it is about. Another one begins anew.
    pub package_revision: Option<String>,
    pub opened_at: Timestamp,
    /// How many rebuilds of ours lie between this change and its roots.
    pub depth: u32,
    /// The ring that goes now, together with what is left of the earlier ones.
    pub ring: u32,
    /// Who of those may go.
    pub released: BTreeSet<ApplicationId>,
    /// All of those may go.
    pub is_ring_released: bool,
    /// The rings that it passed, and why.
    pub passed: Vec<Passed>,
    pub hold: Option<Hold>,
    pub approval: Option<Approval>,
    /// How many more may go before one that is on its way succeeds.
    pub room: u32,
    /// Failures up to then do not count: an operator has looked at them.
    pub forgiven_until: Option<Timestamp>,
    /// Nobody waits for it any more.
    pub is_over: bool,
    /// We set the version `Unlisted`, or tried: the withdrawals that this causes do not roll back.
    pub is_unlisted: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    pub ring: u32,
    pub at: Timestamp,
    /// One plain sentence.
    pub reason: String,
}

/// Why nothing more starts for a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    /// It reaches more, or further, than may go without a person.
    Unapproved {
        since: Timestamp,
        /// One plain sentence.
        reason: String,
    },
    Halted {
        since: Timestamp,
        ring: u32,
        /// Which applications broke, at most [`Rollout::BROKEN_MAX`].
        broken: Vec<Broken>,
        /// One plain sentence.
        reason: String,
    },
    /// A person gave it up: nothing starts for it, and it holds up nothing else.
    Abandoned {
        since: Timestamp,
        by: String,
        reason: String,
    },
}

/// An application that failed with the change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    pub application: ApplicationId,
    pub execution: Option<PipelineExecutionId>,
    /// Where it failed, in one plain sentence.
    pub reason: String,
    /// Where to look at it.
    pub url: Option<String>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub by: String,
    pub at: Timestamp,
}

/// What a rollout says to one application of one ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Clearance {
    Go,
    /// Its ring, or its turn in it, has not come.
    Ring(u32),
    Halted,
    Unapproved,
    Abandoned,
}

impl Rollout {
    pub const BROKEN_MAX: usize = 50;
    pub const PASSED_MAX: usize = 100;

    pub fn new(package_version: PackageVersionId, depth: u32, now: Timestamp) -> Self {
        Self {
            package_version,
            revision: 0,
            package_revision: None,
            opened_at: now,
            depth,
            ring: 0,
            released: BTreeSet::new(),
            is_ring_released: false,
            passed: Vec::new(),
            hold: None,
            approval: None,
            room: 0,
            forgiven_until: None,
            is_over: false,
            is_unlisted: false,
        }
    }

    /// Whether an application may go.
    pub fn clear(&self, application: &ApplicationId, ring: u32) -> Clearance {
        match &self.hold {
            Some(Hold::Halted { .. }) => return Clearance::Halted,
            Some(Hold::Unapproved { .. }) => return Clearance::Unapproved,
            Some(Hold::Abandoned { .. }) => return Clearance::Abandoned,
            None => {}
        }
        let is_its_turn = self.is_ring_released || self.released.contains(application);
        if ring <= self.ring && is_its_turn {
            Clearance::Go
        } else {
            Clearance::Ring(self.ring)
        }
    }

    pub const fn is_halted(&self) -> bool {
        matches!(self.hold, Some(Hold::Halted { .. }))
    }

    /// A person wants a halted change to go on: what failed so far does not count any more. `None` if it is not halted.
    pub fn resumed(&self, now: Timestamp) -> Option<Self> {
        let Some(Hold::Halted { .. }) = &self.hold else {
            return None;
        };
        let mut next = self.next();
        next.hold = None;
        next.forgiven_until = Some(now);
        Some(next)
    }

    /// A person lets it go beyond the limits. `None` if somebody did so before.
    pub fn approved(&self, by: &str, now: Timestamp) -> Option<Self> {
        if self.approval.is_some() {
            return None;
        }
        let mut next = self.next();
        next.approval = Some(Approval {
            by: by.to_owned(),
            at: now,
        });
        if let Some(Hold::Unapproved { .. }) = next.hold {
            next.hold = None;
        }
        Some(next)
    }

    /// A person gives it up. `None` if somebody did so before.
    pub fn abandoned(&self, by: &str, reason: &str, now: Timestamp) -> Option<Self> {
        if let Some(Hold::Abandoned { .. }) = &self.hold {
            return None;
        }
        let mut next = self.next();
        next.hold = Some(Hold::Abandoned {
            since: now,
            by: by.to_owned(),
            reason: reason.to_owned(),
        });
        next.is_over = true;
        Some(next)
    }

    /// As its next version, to be changed and committed.
    #[must_use]
    pub fn next(&self) -> Self {
        Self {
            revision: self.revision + 1,
            ..self.clone()
        }
    }
}

impl RolloutPolicy {
    /// The ring of those whom no rule names.
    pub fn last_ring(&self) -> u32 {
        u32::try_from(self.rings.len()).unwrap_or(u32::MAX)
    }
}

impl Default for RolloutPolicy {
    /// One ring, everybody at once, no limit.
    fn default() -> Self {
        Self {
            rings: Vec::new(),
            pass_percent: 100,
            halt_percent: Some(20),
            is_ramped: true,
            is_unlisted: false,
            applications_max: None,
            depth_max: None,
        }
    }
}

/// How many things of each kind there are.
fn count<T: Ord>(of: impl Iterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    for one in of {
        *counts.entry(one).or_default() += 1;
    }
    counts
}
