//! Who is in which ring.

use std::collections::{BTreeMap, BTreeSet};

use super::{RingRule, RolloutPolicy, count};
use crate::ApplicationId;

/// What decides an application's ring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RingMember {
    pub application: ApplicationId,
    /// Its policy names the ring.
    pub ring: Option<u32>,
    pub tags: BTreeSet<String>,
    pub is_producer: bool,
    /// How long its executions take, in seconds, as far as is known.
    pub execution_secs: Option<u64>,
    /// The producers whose products it depends on.
    pub upriver: BTreeSet<ApplicationId>,
}

/// The ring of every application. One that others depend on is in the earliest ring of those it reaches: they need what
/// it publishes.
pub fn assign_rings(
    policy: &RolloutPolicy,
    members: &[RingMember],
) -> BTreeMap<ApplicationId, u32> {
    let mut rings: BTreeMap<ApplicationId, u32> = members
        .iter()
        .filter_map(|member| Some((member.application.clone(), said(policy, member)?)))
        .collect();
    assign_shares(policy, members, &mut rings);
    let last = policy.last_ring();
    for member in members {
        rings.entry(member.application.clone()).or_insert(last);
    }
    follow_dependents(members, &mut rings);
    rings
}

/// What its policy says, else the first rule that names one of its tags.
fn said(policy: &RolloutPolicy, member: &RingMember) -> Option<u32> {
    let by_tag = || {
        let mut rules = policy.rings.iter();
        let place = rules.position(
            |rule| matches!(rule, RingRule::Tags(tags) if !tags.is_disjoint(&member.tags)),
        )?;
        u32::try_from(place).ok()
    };
    let last = policy.last_ring();
    member.ring.map(|ring| ring.min(last)).or_else(by_tag)
}

/// The shares are of those that nothing else places. Producers follow their dependents, so they take no place in one.
fn assign_shares(
    policy: &RolloutPolicy,
    members: &[RingMember],
    rings: &mut BTreeMap<ApplicationId, u32>,
) {
    let dependents = count(members.iter().flat_map(|member| member.upriver.iter()));
    let mut free: Vec<&RingMember> = members
        .iter()
        .filter(|member| !member.is_producer && !rings.contains_key(&member.application))
        .collect();
    free.sort_by_key(|member| {
        (
            dependents.get(&member.application).copied().unwrap_or(0),
            member.execution_secs.unwrap_or(u64::MAX),
            member.application.clone(),
        )
    });
    let all = free.len();
    let mut free = free.into_iter();
    for (place, rule) in policy.rings.iter().enumerate() {
        let RingRule::Share(percent) = rule else {
            continue;
        };
        let ring = u32::try_from(place).unwrap_or(u32::MAX);
        for member in free.by_ref().take(share_of(*percent, all)) {
            rings.insert(member.application.clone(), ring);
        }
    }
}

/// At least one.
pub(super) fn share_of(percent: u32, of: usize) -> usize {
    let percent = usize::try_from(percent).unwrap_or(100).min(100);
    of.saturating_mul(percent).div_ceil(100).max(1)
}

/// Goes on until nothing moves: each step makes a ring smaller, so that cycles end too. One that nobody depends on keeps
/// its own.
fn follow_dependents(members: &[RingMember], rings: &mut BTreeMap<ApplicationId, u32>) {
    let has_dependents: BTreeSet<&ApplicationId> = members
        .iter()
        .flat_map(|member| member.upriver.iter())
        .collect();
    let own: BTreeMap<ApplicationId, u32> = rings.clone();
    for member in members {
        if has_dependents.contains(&member.application) {
            rings.insert(member.application.clone(), u32::MAX);
        }
    }
    pull_forward(members, rings);
    // Members of a cycle that reaches nobody else.
    for (application, ring) in rings.iter_mut().filter(|(_, ring)| **ring == u32::MAX) {
        *ring = own[application];
    }
    pull_forward(members, rings);
}

/// Each producer into the earliest ring of those that depend on it, and so on up the river.
fn pull_forward(members: &[RingMember], rings: &mut BTreeMap<ApplicationId, u32>) {
    let mut is_moved = true;
    while is_moved {
        is_moved = false;
        for member in members {
            let ring = rings[&member.application];
            for producer in &member.upriver {
                if let Some(known) = rings.get_mut(producer)
                    && ring < *known
                {
                    *known = ring;
                    is_moved = true;
                }
            }
        }
    }
}
