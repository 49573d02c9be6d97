//! A pending rebuild, or changes that joined while an execution ran: judged anew, then held against the gates.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::slot::{
    ActiveProducer, GateContext, GateReport, Held, HeldReason, Offer, Pending, Rebuild, Slot,
    SlotState, Starting, WaitOn, Wanted, evaluate_gates, is_due, merge_joined, offer, open_gates,
    rejudge,
};
use downriver_domain::version::PackageId;
use downriver_domain::{AttemptId, ClientRequestToken, Timestamp};

use super::anew::{ask_anew, rejudged, why_not_needed};
use super::call::{self, Call};
use super::held::{Holds, drop_given_up, end_given_up, holds};
use super::waiting::hold;
use super::{Looked, finish, is_shadow, set_idle};
use crate::carry_out::{
    carry_out, has_fair_share, marker_write, next_version, note, rebuild_entry,
};
use crate::error::EngineError;
use crate::history::{NoteKind, Outcome};
use crate::ports::{
    ApplicationState, BudgetWrite, Commit, CommitOutcome, MarkerWrite, Ports, Store,
};
use crate::rollouts;
use crate::session::Session;

/// What is added to the function's own limit before others may look for a start (DESIGN 4), in seconds: a request that was
/// on its way when the function was killed has arrived by then, and clocks differ by less.
const START_MARGIN_SECS: u64 = 120;

/// After so long an execution that was started is listed, in seconds: a call that landed late and a listing that is behind
/// included.
const LISTED_SECS_MAX: u64 = 300;

/// What is added where a rule is asked, in seconds: the ten minutes for which EventBridge delivers to it (infra/requests), and
/// time for the execution's event to come back.
const REQUEST_MARGIN_SECS: u64 = 900;

/// Until when only the writer of an intent may call: it was opened after its function was, so it is dead by then.
pub(super) fn start_deadline<P: Ports>(session: &Session<'_, P>, is_by_event: bool) -> Timestamp {
    let request_margin = if is_by_event { REQUEST_MARGIN_SECS } else { 0 };
    session
        .now
        .plus_secs(session.ports.time_limit_secs())
        .plus_secs(START_MARGIN_SECS + request_margin)
}

/// Looks at a pending rebuild.
pub(super) async fn consider<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    pending: &Pending,
) -> Result<Looked, EngineError> {
    if !state.is_registered {
        let reason = "the application was taken out of the catalog";
        return end_unstarted(session, state, pending, Outcome::Removed, reason).await;
    }
    if !state.slot.joined.is_empty() && !state.slot.is_index_awaited(session.now) {
        let (commit, _, notices) = rejudged(session, state).await?;
        // Done or in conflict: either way the slot is looked at again.
        carry_out(session, &commit, &notices).await?;
        return Ok(Looked::Again);
    }
    let packages: BTreeSet<PackageId> = pending.rebuild.packages.keys().cloned().collect();
    let (asks, _, _) = ask_anew(session, state, &packages).await?;
    if asks.is_empty() && !state.slot.is_index_awaited(session.now) {
        let reason = why_not_needed(session, state, pending).await?;
        return end_unstarted(session, state, pending, Outcome::NotNeeded, &reason).await;
    }
    let (asks, dropped) = drop_given_up(session, asks).await?;
    if asks.is_empty() && !dropped.is_empty() {
        return end_given_up(session, state, pending, &dropped).await;
    }
    let mut slot = next_version(&state.slot);
    if !asks.is_empty() {
        let joined = std::mem::take(&mut slot.joined);
        rejudge(&mut slot, &asks, None, session.now);
        slot.joined = joined;
    }
    // Before it is settled others may still come that its rollout concerns.
    let holds = if is_due(&slot, &state.application, session.now) {
        holds(session, state, &mut slot).await?
    } else {
        Holds::default()
    };
    pass_gates(session, state, slot, &holds).await
}

async fn pass_gates<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    mut slot: Slot,
    holds: &Holds,
) -> Result<Looked, EngineError> {
    let offer = slot
        .rebuild()
        .map_or_else(Offer::default, |rebuild| offer(rebuild, &holds.held));
    let SlotState::Pending(pending) = &mut slot.state else {
        return Ok(Looked::Done);
    };
    let before = pending.clone();
    let active = session.ports.store().load_active_producers().await?;
    let report = gates(session, state, &slot, &before, &active, &offer).await?;
    let SlotState::Pending(pending) = &mut slot.state else {
        return Ok(Looked::Done);
    };
    open_gates(pending, &report, session.now);
    let tail_ends_at = slot.tail.as_ref().map(|tail| tail.until);
    slot.wake_at = report.wake_at.into_iter().chain(tail_ends_at).min();
    if !report.waits.is_empty() {
        let marker = active
            .iter()
            .find(|marker| marker.application == state.application.id);
        return hold(session, state, slot, &report, marker).await;
    }
    leave_for_later(&mut slot, &offer, &holds.replaced);
    if is_shadow(session, state) {
        return would_start(session, state, slot).await;
    }
    intend(session, state, slot, &report).await
}

async fn gates<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    slot: &Slot,
    pending: &Pending,
    active: &[ActiveProducer],
    offer: &Offer,
) -> Result<GateReport, EngineError> {
    let store = session.ports.store();
    let controls = store.load_controls().await?;
    let budget = store
        .load_budget(&state.application.pipeline.target)
        .await?;
    let context = GateContext {
        now: session.now,
        topology: &session.topology,
        application: &state.application,
        controls: &controls,
        active,
        budget: &budget,
        has_fair_share: has_fair_share(session, &state.application, &budget).await?,
        offer,
        is_restored: store.is_restored().await?,
    };
    Ok(evaluate_gates(slot, pending, context))
}

/// What it does not start with is judged again after this rebuild.
fn leave_for_later(slot: &mut Slot, offer: &Offer, replaced: &BTreeMap<PackageId, Wanted>) {
    let mut later = replaced.clone();
    if let SlotState::Pending(pending) = &mut slot.state {
        for package in &offer.later {
            if let Some(wanted) = pending.rebuild.packages.remove(package) {
                later.insert(package.clone(), wanted);
            }
        }
    }
    for (package, wanted) in later {
        merge_joined(slot, &package, wanted.rejoined());
    }
}

/// Shadow mode: ends at once and is not asked again for the same versions.
async fn would_start<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    mut slot: Slot,
) -> Result<Looked, EngineError> {
    let Some(rebuild) = slot.rebuild().cloned() else {
        return Ok(Looked::Done);
    };
    for (package, wanted) in &rebuild.packages {
        let held = Held {
            version: wanted.version.clone(),
            reason: HeldReason::WouldStart,
            since: session.now,
        };
        slot.held.insert(package.clone(), held);
    }
    set_idle(session, &mut slot);
    let reason = "shadow mode: it would have started now";
    let history = vec![rebuild_entry(
        &state.application.id,
        &rebuild,
        Outcome::WouldStart,
        reason,
        &[],
        session.now,
    )];
    // It may have been switched to shadow while it was pending, and active until now.
    let marker = marker_write(&slot, state.application.is_producer(), false);
    finish(
        session,
        &Commit {
            slot: Some(slot),
            marker,
            history,
            ..Commit::default()
        },
        &[],
    )
    .await
}

/// Records the intent, reads the markers again, and calls.
async fn intend<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    mut slot: Slot,
    report: &GateReport,
) -> Result<Looked, EngineError> {
    let Some(mut rebuild) = slot.rebuild().cloned() else {
        return Ok(Looked::Done);
    };
    let pipeline = state.application.pipeline.clone();
    rebuild.attempts += 1;
    let attempt = AttemptId::numbered(&rebuild.id, rebuild.attempts);
    let is_by_event = session.topology.event_started.contains(&pipeline.target);
    let starting = Starting {
        token: ClientRequestToken::of(&attempt),
        attempt,
        pipeline: pipeline.clone(),
        started_at: session.now,
        deadline: start_deadline(session, is_by_event),
        is_block_waived: report.is_block_waived,
        is_by_event,
        rebuild,
    };
    if starting.rebuild.first_started_at.is_none() {
        slot.starts.push(session.now);
        let more = slot.starts.len().saturating_sub(Slot::STARTS_MAX);
        slot.starts.drain(..more);
    }
    slot.wake_at = Some(starting.deadline);
    slot.state = SlotState::Starting(starting.clone());
    let history = report
        .is_block_waived
        .then(|| {
            let text = format!(
                "max block ({} s) is over: starts although a producer that reaches it is active",
                state.application.policy.max_block_secs
            );
            note(
                &state.application.id,
                NoteKind::BlockWaived,
                Some(&starting.rebuild.id),
                None,
                text,
                session.now,
            )
        })
        .into_iter()
        .collect();
    let commit = Commit {
        marker: state
            .application
            .is_producer()
            .then(|| marker_write(&slot, true, false))
            .flatten(),
        slot: Some(slot.clone()),
        budget: Some(BudgetWrite::Take {
            executions_in_flight_max: session
                .topology
                .budget_for(&pipeline.target, starting.rebuild.is_expedited),
            target: pipeline.target,
            rebuild: starting.rebuild.id.clone(),
        }),
        history,
        ..Commit::default()
    };
    if carry_out(session, &commit, &[]).await? != CommitOutcome::Done {
        // Somebody wrote, or took the last place in the budget: the gates are evaluated anew.
        return Ok(Looked::Again);
    }
    let intended = ApplicationState {
        slot,
        ..state.clone()
    };
    call_unless_blocked(session, &intended, &starting, Call::First).await
}

/// I4: a producer may have become active between the gates and the intent. Then the rebuild falls back.
pub(super) async fn call_unless_blocked<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    starting: &Starting,
    which: Call,
) -> Result<Looked, EngineError> {
    // Halted between the gates and the intent. What was called before is decided.
    if which == Call::First && rollouts::is_held(session, state, &starting.rebuild).await? {
        return fall_back(session, state, starting, again(starting)).await;
    }
    if starting.is_block_waived {
        return call::call(session, state, starting, which).await;
    }
    let active = session.ports.store().load_active_producers().await?;
    let pending = again(starting);
    let offer = Offer::default();
    let report = gates(session, state, &state.slot, &pending, &active, &offer).await?;
    // What `max block` would open now is not recorded yet: that is for the next look.
    let is_blocked = report.is_block_waived
        || report
            .waits
            .iter()
            .any(|wait| matches!(wait.on, WaitOn::Producers(_)));
    if !is_blocked {
        return call::call(session, state, starting, which).await;
    }
    if which == Call::Again && session.now < starting.started_at.plus_secs(LISTED_SECS_MAX) {
        // What the call before it started may not be listed yet: until it would be, its place in the budget is not another's.
        return Ok(Looked::Done);
    }
    fall_back(session, state, starting, pending).await
}

/// The rebuild as it was before its intent.
fn again(starting: &Starting) -> Pending {
    Pending::new(Rebuild {
        // The same attempt is made later: if a call of it was on its way all the same, its token says so.
        attempts: starting.rebuild.attempts.saturating_sub(1),
        ..starting.rebuild.clone()
    })
}

/// Back to Pending, with its place in the budget returned.
async fn fall_back<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    starting: &Starting,
    pending: Pending,
) -> Result<Looked, EngineError> {
    let mut slot = next_version(&state.slot);
    slot.state = SlotState::Pending(pending);
    slot.wake_at = Some(session.now);
    let budget = BudgetWrite::Return {
        target: starting.pipeline.target.clone(),
        rebuild: starting.rebuild.id.clone(),
    };
    finish(
        session,
        &Commit {
            slot: Some(slot),
            budget: Some(budget),
            ..Commit::default()
        },
        &[],
    )
    .await?;
    Ok(Looked::Again)
}

pub(super) async fn end_unstarted<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    pending: &Pending,
    outcome: Outcome,
    reason: &str,
) -> Result<Looked, EngineError> {
    let slot = next_version(&state.slot);
    end_slot(session, state, slot, pending, outcome, reason).await
}

/// The same for a slot that was changed for it.
pub(super) async fn end_slot<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    mut slot: Slot,
    pending: &Pending,
    outcome: Outcome,
    reason: &str,
) -> Result<Looked, EngineError> {
    set_idle(session, &mut slot);
    let id = &state.application.id;
    let executions: Vec<_> = Vec::new();
    let history = vec![rebuild_entry(
        id,
        &pending.rebuild,
        outcome,
        reason,
        &executions,
        session.now,
    )];
    let marker = (state.application.is_producer() && !slot.is_active())
        .then(|| MarkerWrite::Remove(id.clone()));
    finish(
        session,
        &Commit {
            slot: Some(slot),
            marker,
            history,
            ..Commit::default()
        },
        &[],
    )
    .await
}
