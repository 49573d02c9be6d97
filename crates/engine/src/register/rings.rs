//! The ring of each application of a catalog.

use std::collections::BTreeMap;

use downriver_domain::rollout::{RingMember, RingRule, assign_rings};
use downriver_domain::slot::Slot;
use downriver_domain::{ApplicationId, Topology};

use super::{Catalog, upriver_of};
use crate::error::EngineError;
use crate::ports::{LOAD_APPLICATIONS_MAX, Ports, Registration, Store};
use crate::session::Session;

/// None where the catalog says nothing of rollouts: everybody is in ring 0.
pub(super) async fn assign<P: Ports>(
    session: &Session<'_, P>,
    catalog: &Catalog,
) -> Result<BTreeMap<ApplicationId, u32>, EngineError> {
    let Some(policy) = &session.topology.rollout else {
        return Ok(BTreeMap::new());
    };
    let is_by_share = |rule: &RingRule| matches!(rule, RingRule::Share(_));
    let durations = if policy.rings.iter().any(is_by_share) {
        durations(session, catalog).await?
    } else {
        BTreeMap::new()
    };
    let members: Vec<RingMember> = catalog
        .applications
        .iter()
        .map(|entry| member(&session.topology, entry, &durations))
        .collect();
    Ok(assign_rings(policy, &members))
}

fn member(
    topology: &Topology,
    entry: &Registration,
    durations: &BTreeMap<ApplicationId, u64>,
) -> RingMember {
    let application = &entry.application;
    RingMember {
        application: application.id.clone(),
        ring: application.policy.ring,
        tags: application.policy.tags.clone(),
        is_producer: application.is_producer(),
        execution_secs: durations.get(&application.id).copied(),
        upriver: upriver_of(topology, entry),
    }
}

/// How long the executions of each application take, as far as its last builds tell. In powers of two: whoever is a little
/// slower today stays in its ring.
async fn durations<P: Ports>(
    session: &Session<'_, P>,
    catalog: &Catalog,
) -> Result<BTreeMap<ApplicationId, u64>, EngineError> {
    let ids: Vec<ApplicationId> = catalog
        .applications
        .iter()
        .map(|entry| entry.application.id.clone())
        .collect();
    let mut durations = BTreeMap::new();
    for ids in ids.chunks(LOAD_APPLICATIONS_MAX) {
        for state in session.ports.store().load_applications(ids).await? {
            if let Some(secs) = typical_secs(&state.slot) {
                durations.insert(state.application.id, secs);
            }
        }
    }
    Ok(durations)
}

/// The one in the middle.
fn typical_secs(slot: &Slot) -> Option<u64> {
    let mut secs: Vec<u64> = slot
        .builds
        .iter()
        .map(|build| build.ended_at.secs_since(build.started_at).max(1))
        .collect();
    secs.sort_unstable();
    let middle = secs.get(secs.len() / 2)?;
    Some(1 << middle.ilog2())
}
