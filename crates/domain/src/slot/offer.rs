//! Which of its changes a rebuild may go with: those that a rollout or their age holds can be left for later where refresh
//! selects the versions; a plain rebuild would pick them up all the same, so that then it is held as a whole.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use downriver_version::{PackageId, PackageVersionId};

use super::{Gate, Rebuild, WaitOn};
use crate::Timestamp;

/// What holds one package of a rebuild.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PackageHold {
    /// A third-party version that is too young until then.
    Age(Timestamp),
    Ring {
        change: PackageVersionId,
        open: u32,
        own: u32,
    },
    /// Its own change, or one that it descends from.
    Halt(PackageVersionId),
    Approval(PackageVersionId),
}

/// What a rebuild may start with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offer {
    /// Gates that hold the rebuild as a whole, in order.
    pub closed: Vec<(Gate, WaitOn, Option<Timestamp>)>,
    /// Packages that it starts without; they are judged again after it.
    pub later: BTreeSet<PackageId>,
}

/// Splits a rebuild by what holds its packages.
pub fn offer(rebuild: &Rebuild, holds: &BTreeMap<PackageId, PackageHold>) -> Offer {
    let is_held = |package: &PackageId| holds.contains_key(package);
    let may_split = |package: &PackageId| {
        let needs_refresh = rebuild
            .packages
            .get(package)
            .is_some_and(|wanted| wanted.needs_refresh);
        needs_refresh || matches!(holds.get(package), Some(PackageHold::Age(_)))
    };
    let held: BTreeSet<PackageId> = rebuild
        .packages
        .keys()
        .filter(|package| is_held(package))
        .cloned()
        .collect();
    let is_split = held.iter().all(may_split) && held.len() < rebuild.packages.len();
    if is_split {
        return Offer {
            closed: Vec::new(),
            later: held,
        };
    }
    let mut closed: BTreeMap<Gate, (WaitOn, Option<Timestamp>)> = BTreeMap::new();
    for hold in held.iter().filter_map(|package| holds.get(package)) {
        let (gate, on, until) = hold.as_wait();
        match closed.get_mut(&gate) {
            // A halt says more than a ring; of ages the first that is over opens the gate.
            Some((known, _)) if matches!(on, WaitOn::Halt(_)) => *known = on,
            Some((_, known)) if gate == Gate::Age => *known = (*known).min(until),
            Some(_) => {}
            None => {
                closed.insert(gate, (on, until));
            }
        }
    }
    Offer {
        closed: closed
            .into_iter()
            .map(|(gate, (on, until))| (gate, on, until))
            .collect(),
        later: BTreeSet::new(),
    }
}

impl PackageHold {
    fn as_wait(&self) -> (Gate, WaitOn, Option<Timestamp>) {
        match self {
            Self::Age(until) => (Gate::Age, WaitOn::Time, Some(*until)),
            Self::Ring { change, open, own } => {
                let on = WaitOn::Ring {
                    change: change.clone(),
                    open: *open,
                    own: *own,
                };
                (Gate::Ring, on, None)
            }
            Self::Halt(change) => (Gate::Ring, WaitOn::Halt(change.clone()), None),
            Self::Approval(change) => (Gate::Approved, WaitOn::Approval(change.clone()), None),
        }
    }
}
