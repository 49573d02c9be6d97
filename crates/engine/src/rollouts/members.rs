//! How a change stands in every application that depends on its package.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::rollout::{Clearance, Member, Standing, stand};
use downriver_domain::slot::{Calendar, SlotState, WaitOn};
use downriver_domain::{ApplicationId, Edge, Rollout, RolloutPolicy};

use super::waits_for_turn;
use crate::error::EngineError;
use crate::ports::{ApplicationState, DEPENDENTS_PAGE_MAX, LOAD_APPLICATIONS_MAX, Ports, Store};
use crate::session::Session;

/// Dependents that are looked at, at most: all that a catalog can hold.
const DEPENDENTS_MAX: usize = crate::wire::catalog::APPLICATIONS_MAX;

/// The members in the order in which they are to go: ring by ring, and in one those upriver first.
pub(super) async fn gather<P: Ports>(
    session: &Session<'_, P>,
    policy: &RolloutPolicy,
    rollout: &Rollout,
    asking: Option<&ApplicationState>,
) -> Result<Vec<Member>, EngineError> {
    let standing = standings(session, policy, rollout, asking).await?;
    let mut members: Vec<(usize, Member)> = standing
        .into_iter()
        .map(|(state, member)| {
            let upriver = &state.application.upriver;
            (session.topology.reaching(upriver).len(), member)
        })
        .collect();
    members.sort_by(|(a_upriver, a), (b_upriver, b)| {
        (a.ring, a_upriver, &a.application).cmp(&(b.ring, b_upriver, &b.application))
    });
    Ok(members.into_iter().map(|(_, member)| member).collect())
}

/// Those whose slots say that they wait for their turn: what they wait for is another thing now.
pub(super) async fn waiting<P: Ports>(
    session: &Session<'_, P>,
    policy: &RolloutPolicy,
    rollout: &Rollout,
) -> Result<Vec<ApplicationId>, EngineError> {
    let standing = standings(session, policy, rollout, None).await?;
    let waiting = standing
        .into_iter()
        .filter(|(state, _)| waits_for_turn(state));
    Ok(waiting.map(|(_, member)| member.application).collect())
}

/// Those whose slots say something else than the rollout: the message that was to tell them was lost.
pub(super) async fn left_waiting<P: Ports>(
    session: &Session<'_, P>,
    policy: &RolloutPolicy,
    rollout: &Rollout,
) -> Result<Vec<ApplicationId>, EngineError> {
    let standing = standings(session, policy, rollout, None).await?;
    Ok(standing
        .into_iter()
        .filter(|(state, member)| match member.standing {
            Standing::Waiting | Standing::InFlight => {
                waits_for_turn(state) && !told(state, rollout, member).contains(&true)
            }
            // It cannot go, and says that it waits for what does not hold it any more.
            Standing::Later | Standing::Unable(_) => told(state, rollout, member).contains(&false),
            _ => false,
        })
        .map(|(_, member)| member.application)
        .collect())
}

/// Of each wait of a slot on this change: whether that is what now holds it.
fn told(state: &ApplicationState, rollout: &Rollout, member: &Member) -> Vec<bool> {
    let SlotState::Pending(pending) = &state.slot.state else {
        return Vec::new();
    };
    let clearance = rollout.clear(&member.application, member.ring);
    let waits = pending.waits.iter().filter_map(|wait| match &wait.on {
        WaitOn::Ring { change, .. } => Some((change, matches!(clearance, Clearance::Ring(_)))),
        WaitOn::Halt(change) => Some((change, clearance == Clearance::Halted)),
        WaitOn::Approval(change) => Some((change, clearance == Clearance::Unapproved)),
        _ => None,
    });
    waits
        .filter(|(change, _)| **change == rollout.package_version)
        .map(|(_, is_so)| is_so)
        .collect()
}

async fn standings<P: Ports>(
    session: &Session<'_, P>,
    policy: &RolloutPolicy,
    rollout: &Rollout,
    asking: Option<&ApplicationState>,
) -> Result<Vec<(ApplicationState, Member)>, EngineError> {
    let edges = dependents(session, rollout).await?;
    let controls = session.ports.store().load_controls().await?;
    // Whoever asks is concerned, whatever a stale index says.
    let asker = asking.map(|asking| asking.application.id.clone());
    let ids: BTreeSet<ApplicationId> = edges.keys().cloned().chain(asker).collect();
    let ids: Vec<ApplicationId> = ids.into_iter().collect();
    let mut found = Vec::new();
    for ids in ids.chunks(LOAD_APPLICATIONS_MAX) {
        for mut state in session.load_readable(ids).await?.states {
            if !state.is_registered {
                continue;
            }
            if let Some(asking) =
                asking.filter(|asking| asking.application.id == state.application.id)
            {
                state.slot.clone_from(&asking.slot);
            }
            let application = &state.application;
            let is_shadow = session.is_shadow || application.policy.is_shadow;
            let edges = edges.get(&application.id).map_or(&[][..], Vec::as_slice);
            let calendar = Calendar {
                now: session.now,
                topology: &session.topology,
                application,
                controls: &controls,
            };
            let standing = stand(rollout, &state.slot, edges, is_shadow, calendar);
            if let Some(standing) = standing {
                let member = Member {
                    application: application.id.clone(),
                    ring: application.ring.min(policy.last_ring()),
                    standing,
                };
                found.push((state, member));
            }
        }
    }
    Ok(found)
}

async fn dependents<P: Ports>(
    session: &Session<'_, P>,
    rollout: &Rollout,
) -> Result<BTreeMap<ApplicationId, Vec<Edge>>, EngineError> {
    let package = rollout.package_version.package();
    let mut by_application: BTreeMap<ApplicationId, Vec<Edge>> = BTreeMap::new();
    let mut after = None;
    while by_application.len() < DEPENDENTS_MAX {
        let page = session
            .ports
            .store()
            .load_dependents(package, after.as_ref(), DEPENDENTS_PAGE_MAX)
            .await?;
        for edge in page.edges {
            by_application
                .entry(edge.application.clone())
                .or_default()
                .push(edge);
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(by_application)
}
