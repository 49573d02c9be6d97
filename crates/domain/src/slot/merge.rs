//! How changes come into a slot: merged into a pending rebuild, or kept until they can be judged.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use downriver_version::PackageId;

use super::{Gate, Joined, Pending, Rebuild, Slot, SlotState, WaitOn, Waited, Wanted};
use crate::impact::Ask;
use crate::{PipelineExecutionId, RebuildId, Timestamp};

/// What became of the asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merged {
    /// A new rebuild is pending.
    Requested,
    /// The pending rebuild has more, or newer, to pick up.
    Joined,
    /// Nothing that was not asked already.
    Unchanged,
}

/// Merges asks into an Idle or Pending slot. Merging does not restart `max wait`: that counts from `requested_at`.
///
/// `seen_at` is when the changes were seen: for those that were kept during an execution, earlier than now.
pub fn merge_asks(slot: &mut Slot, asks: &BTreeMap<PackageId, Ask>, seen_at: Timestamp) -> Merged {
    if asks.is_empty() {
        return Merged::Unchanged;
    }
    match &mut slot.state {
        SlotState::Pending(pending) => {
            let is_changed = merge_into(&mut pending.rebuild, asks, seen_at);
            if is_changed {
                Merged::Joined
            } else {
                Merged::Unchanged
            }
        }
        SlotState::Idle => {
            let pending = Pending::new(new_rebuild(slot, asks, seen_at));
            slot.rebuilds_requested += 1;
            slot.state = SlotState::Pending(pending);
            Merged::Requested
        }
        SlotState::Starting(_)
        | SlotState::Running(_)
        | SlotState::Parked(_)
        | SlotState::Stuck(_) => Merged::Unchanged,
    }
}

/// Keeps a change unjudged: an execution runs, or its index result is awaited. `true` if that is news.
pub fn merge_joined(slot: &mut Slot, package: &PackageId, joined: Joined) -> bool {
    match slot.joined.get_mut(package) {
        // The package is judged anyway; what is no news has nothing to be written down.
        Some(_) if !joined.is_news => false,
        Some(known)
            if known.is_news
                && known.version == joined.version
                && known.repository == joined.repository =>
        {
            false
        }
        Some(known) => {
            let seen_at = known.seen_at.min(joined.seen_at);
            *known = Joined { seen_at, ..joined };
            true
        }
        None => {
            slot.joined.insert(package.clone(), joined);
            true
        }
    }
}

/// Computes the packages of a pending rebuild anew: `asks` is what every package of it, and everything that joined,
/// asks for now (if nothing does, it keeps them: what it was for is told when it ends). What joined counts as seen when it joined; the time that it waited for the execution is written down.
pub fn rejudge(
    slot: &mut Slot,
    asks: &BTreeMap<PackageId, Ask>,
    waited_for: Option<&PipelineExecutionId>,
    now: Timestamp,
) -> Merged {
    let joined = std::mem::take(&mut slot.joined);
    let first_joined_at = joined.values().map(|joined| joined.seen_at).min();
    // Of a package that was published again and again meanwhile, the first time is kept; its last version tells the last.
    let appeared_at = asks.values().map(|ask| ask.appeared_at.min(now));
    let last_joined_at = joined
        .values()
        .map(|joined| joined.seen_at)
        .max()
        .map(|joined_at| appeared_at.fold(joined_at, Timestamp::max));
    let merged = match &mut slot.state {
        SlotState::Pending(pending) => {
            if !asks.is_empty() {
                pending
                    .rebuild
                    .packages
                    .retain(|package, _| asks.contains_key(package));
            }
            let is_changed = merge_into(&mut pending.rebuild, asks, last_joined_at.unwrap_or(now));
            if is_changed {
                Merged::Joined
            } else {
                Merged::Unchanged
            }
        }
        SlotState::Idle => merge_asks(slot, asks, first_joined_at.unwrap_or(now)),
        _ => Merged::Unchanged,
    };
    if merged == Merged::Requested
        && let SlotState::Pending(pending) = &mut slot.state
    {
        pending.rebuild.last_change_at = last_joined_at.unwrap_or(now);
        if let (Some(since), Some(execution)) = (first_joined_at, waited_for) {
            let on = WaitOn::Execution(execution.clone());
            pending.rebuild.waited.push(Waited {
                gate: Gate::Free,
                on,
                since,
                until: now,
            });
        }
    }
    merged
}

fn new_rebuild(slot: &Slot, asks: &BTreeMap<PackageId, Ask>, seen_at: Timestamp) -> Rebuild {
    Rebuild {
        id: RebuildId::numbered(&slot.application, slot.rebuilds_requested + 1),
        packages: asks
            .iter()
            .map(|(package, ask)| (package.clone(), wanted(ask, seen_at)))
            .collect(),
        requested_at: seen_at,
        last_change_at: seen_at,
        attempts: 0,
        failures: 0,
        is_canceled_once: false,
        upriver_held_since: None,
        waited: Vec::new(),
        first_started_at: None,
        is_expedited: asks.values().any(|ask| ask.cascade.is_urgent),
    }
}

fn merge_into(rebuild: &mut Rebuild, asks: &BTreeMap<PackageId, Ask>, seen_at: Timestamp) -> bool {
    let mut is_changed = false;
    for (package, ask) in asks {
        let known = rebuild.packages.get(package);
        let is_same = known
            .is_some_and(|known| known.version == ask.version && known.revision == ask.revision);
        if !is_same {
            rebuild
                .packages
                .insert(package.clone(), wanted(ask, seen_at));
            rebuild.last_change_at = rebuild.last_change_at.max(seen_at);
            rebuild.is_expedited |= ask.cascade.is_urgent;
            is_changed = true;
        } else if let Some(known) = rebuild.packages.get_mut(package) {
            known.from.clone_from(&ask.from);
            known.reason.clone_from(&ask.reason);
            known.needs_refresh = ask.needs_refresh;
            known.is_third_party = ask.is_third_party;
        }
    }
    is_changed
}

fn wanted(ask: &Ask, seen_at: Timestamp) -> Wanted {
    Wanted {
        version: ask.version.clone(),
        revision: ask.revision.clone(),
        from: ask.from.clone(),
        needs_refresh: ask.needs_refresh,
        is_third_party: ask.is_third_party,
        repository: ask.repository.clone(),
        seen_at,
        cascade: ask.cascade.clone(),
        reason: ask.reason.clone(),
    }
}
