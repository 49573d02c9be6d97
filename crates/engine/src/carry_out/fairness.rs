//! Who is next when a target's budget is short: owners take turns, and within one the application with most dependents goes
//! first.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::slot::WaitingFor;
use downriver_domain::{Application, ApplicationId, OwnerId, RebuildId, Target};

use crate::error::EngineError;
use crate::ports::{ApplicationState, LOAD_APPLICATIONS_MAX, Ports, Store};
use crate::session::Session;

/// Waiting slots that are looked at to find the next in turn: the longest waiting ones.
const WAITING_MAX: usize = 200;

/// The applications that are to have the next free places.
pub(super) async fn next_in_turn<P: Ports>(
    session: &Session<'_, P>,
    target: &Target,
    taken: &BTreeSet<RebuildId>,
    free: usize,
) -> Result<Vec<ApplicationId>, EngineError> {
    let store = session.ports.store();
    let for_target = WaitingFor::Target(target.clone());
    let waiting = store
        .list_waiting(&for_target, None, WAITING_MAX.max(free))
        .await?;
    let ids: Vec<ApplicationId> = waiting.into_iter().map(|(_, id)| id).collect();
    if ids.len() <= free {
        return Ok(ids);
    }
    let holding = owners_of(session, taken).await?;
    let mut queues: BTreeMap<OwnerId, Vec<(u64, usize, ApplicationId)>> = BTreeMap::new();
    for (place, state) in load(session, &ids).await?.into_iter().enumerate() {
        let dependents = count_dependents(session, &state.application).await?;
        queues
            .entry(state.application.owner.clone())
            .or_default()
            .push((dependents, place, state.application.id));
    }
    // The next one is at the end of its owner's queue.
    for queue in queues.values_mut() {
        queue.sort_by_key(|(dependents, place, _)| (*dependents, std::cmp::Reverse(*place)));
    }
    let mut chosen = Vec::with_capacity(free);
    let mut turns = holding;
    while chosen.len() < free {
        let next = queues
            .iter()
            .filter(|(_, queue)| !queue.is_empty())
            .map(|(owner, queue)| {
                // Of owners that hold as much, the one that waits longest.
                let first = queue.iter().map(|(_, place, _)| *place).min();
                (turns.get(owner).copied().unwrap_or(0), first, owner.clone())
            })
            .min();
        let Some((_, _, owner)) = next else { break };
        if let Some((_, _, id)) = queues.get_mut(&owner).and_then(Vec::pop) {
            chosen.push(id);
        }
        *turns.entry(owner).or_default() += 1;
    }
    Ok(chosen)
}

/// Whether the owner of an application holds its share of the target's budget already while others wait for a place; false
/// where that does not matter.
pub(crate) async fn has_fair_share<P: Ports>(
    session: &Session<'_, P>,
    application: &Application,
    taken: &BTreeSet<RebuildId>,
) -> Result<bool, EngineError> {
    let target = &application.pipeline.target;
    let max = usize::try_from(session.topology.budget_for(target, false)).unwrap_or(usize::MAX);
    // With half of the places free nobody is short of one. With none free nobody gets one, whoever's turn it is.
    let own = |rebuild: &&RebuildId| application_of(rebuild).as_ref() == Some(&application.id);
    let others = taken.len() - taken.iter().filter(own).count();
    if taken.len() < max.div_ceil(2) || others >= max {
        return Ok(false);
    }
    let for_target = WaitingFor::Target(target.clone());
    let waiting = session
        .ports
        .store()
        .list_waiting(&for_target, None, WAITING_MAX)
        .await?;
    let ids: Vec<ApplicationId> = waiting
        .into_iter()
        .map(|(_, id)| id)
        .filter(|id| *id != application.id)
        .collect();
    if ids.is_empty() {
        return Ok(false);
    }
    let holding = owners_of(session, taken).await?;
    let own = holding.get(&application.owner).copied().unwrap_or(0);
    let others: BTreeSet<OwnerId> = load(session, &ids)
        .await?
        .into_iter()
        .map(|state| state.application.owner)
        .filter(|owner| *owner != application.owner)
        .collect();
    // Only one that has less than this owner has a claim to the next place.
    let is_behind = |owner: &OwnerId| holding.get(owner).copied().unwrap_or(0) < own;
    if !others.iter().any(is_behind) {
        return Ok(false);
    }
    let mut owners: BTreeSet<&OwnerId> = others.iter().chain(holding.keys()).collect();
    owners.insert(&application.owner);
    Ok(own >= max.div_ceil(owners.len()))
}

/// How many places each owner holds.
async fn owners_of<P: Ports>(
    session: &Session<'_, P>,
    taken: &BTreeSet<RebuildId>,
) -> Result<BTreeMap<OwnerId, usize>, EngineError> {
    let holders: Vec<ApplicationId> = taken.iter().filter_map(application_of).collect();
    let ids: BTreeSet<ApplicationId> = holders.iter().cloned().collect();
    let ids: Vec<ApplicationId> = ids.into_iter().collect();
    let owners: BTreeMap<ApplicationId, OwnerId> = load(session, &ids)
        .await?
        .into_iter()
        .map(|state| (state.application.id, state.application.owner))
        .collect();
    let mut holding = BTreeMap::new();
    for owner in holders.iter().filter_map(|id| owners.get(id)) {
        *holding.entry(owner.clone()).or_default() += 1;
    }
    Ok(holding)
}

/// A rebuild's id is its application's and a number.
fn application_of(rebuild: &RebuildId) -> Option<ApplicationId> {
    let (application, _) = rebuild.as_str().rsplit_once('.')?;
    application.parse().ok()
}

async fn count_dependents<P: Ports>(
    session: &Session<'_, P>,
    application: &Application,
) -> Result<u64, EngineError> {
    let mut sum = 0;
    for product in &application.products {
        sum += session.ports.store().count_dependents(product).await?;
    }
    Ok(sum)
}

async fn load<P: Ports>(
    session: &Session<'_, P>,
    ids: &[ApplicationId],
) -> Result<Vec<ApplicationState>, EngineError> {
    let mut states = Vec::with_capacity(ids.len());
    for ids in ids.chunks(LOAD_APPLICATIONS_MAX) {
        states.extend(session.load_readable(ids).await?.states);
    }
    Ok(states)
}
