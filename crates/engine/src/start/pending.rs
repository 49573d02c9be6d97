//! A pending rebuild, or changes that joined while an execution ran: judged anew, then held against the gates.

use std::collections::BTreeSet;

use downriver_domain::slot::{
    ActiveProducer, GateContext, GateReport, Held, HeldReason, Pending, Rebuild, Slot, SlotState,
    Starting, WaitOn, evaluate_gates, open_gates, rejudge,
};
use downriver_domain::version::PackageId;
use downriver_domain::{AttemptId, ClientRequestToken, Timestamp};

use super::anew::{ask_anew, rejudged, why_not_needed};
use super::call::{self, Call};
use super::{Looked, finish, is_shadow, set_idle};
use crate::carry_out::{carry_out, marker_write, next_version, note, rebuild_entry};
use crate::error::EngineError;
use crate::history::{NoteKind, Outcome};
use crate::ports::{
    ApplicationState, BudgetWrite, Commit, CommitOutcome, MarkerWrite, Ports, Store,
};
use crate::session::Session;

/// What is added to the function's own limit before others may look for a start (DESIGN 4), in seconds: a request that was
/// on its way when the function was killed has arrived by then, and clocks differ by less.
const START_MARGIN_SECS: u64 = 120;

/// Until when only the writer of an intent may call: it was opened after its function was, so it is dead by then.
pub(super) fn start_deadline<P: Ports>(session: &Session<'_, P>) -> Timestamp {
    session
        .now
        .plus_secs(session.ports.time_limit_secs())
        .plus_secs(START_MARGIN_SECS)
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
    let mut slot = next_version(&state.slot);
    if !asks.is_empty() {
        let joined = std::mem::take(&mut slot.joined);
        rejudge(&mut slot, &asks, None, session.now);
        slot.joined = joined;
    }
    pass_gates(session, state, slot).await
}

async fn pass_gates<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    mut slot: Slot,
) -> Result<Looked, EngineError> {
    let SlotState::Pending(pending) = &mut slot.state else {
        return Ok(Looked::Done);
    };
    let before = pending.clone();
    let active = session.ports.store().load_active_producers().await?;
    let report = gates(session, state, &slot, &before, &active).await?;
    let SlotState::Pending(pending) = &mut slot.state else {
        return Ok(Looked::Done);
    };
    open_gates(pending, &report, session.now);
    slot.wake_at = report.wake_at;
    if !report.waits.is_empty() {
        let has_marker = active
            .iter()
            .any(|marker| marker.application == state.application.id);
        return hold(session, state, slot, &report, has_marker).await;
    }
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
        is_restored: store.is_restored().await?,
    };
    Ok(evaluate_gates(slot, pending, context))
}

/// Writes down which gates are closed. A rebuild that a person holds does not hold up others.
async fn hold<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    slot: Slot,
    report: &GateReport,
    has_marker: bool,
) -> Result<Looked, EngineError> {
    let SlotState::Pending(before) = &state.slot.state else {
        return Ok(Looked::Done);
    };
    let is_told = before
        .waits
        .iter()
        .map(|wait| (wait.gate, &wait.on))
        .eq(report.waits.iter().map(|wait| (wait.gate, &wait.on)));
    let id = &state.application.id;
    let history = if is_told {
        Vec::new()
    } else {
        vec![note(
            id,
            NoteKind::Waiting,
            Some(&before.rebuild.id),
            None,
            waits_text(report),
            session.now,
        )]
    };
    let is_producer = state.application.is_producer() && !is_shadow(session, state);
    let marker = match (report.is_held && slot.tail.is_none(), has_marker) {
        (true, true) => Some(MarkerWrite::Remove(id.clone())),
        (false, false) if is_producer => marker_write(&slot, true, false),
        _ => None,
    };
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
    let starting = Starting {
        token: ClientRequestToken::of(&attempt),
        attempt,
        pipeline: pipeline.clone(),
        started_at: session.now,
        deadline: start_deadline(session),
        is_block_waived: report.is_block_waived,
        rebuild,
    };
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
            executions_in_flight_max: session.topology.budget(&pipeline.target),
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
    if starting.is_block_waived {
        return call::call(session, state, starting, which).await;
    }
    let active = session.ports.store().load_active_producers().await?;
    let pending = Pending {
        // The same attempt is made later: if a call of it was on its way all the same, its token says so.
        rebuild: Rebuild {
            attempts: starting.rebuild.attempts.saturating_sub(1),
            ..starting.rebuild.clone()
        },
        not_before: None,
        backoffs: 0,
        waits: Vec::new(),
    };
    let report = gates(session, state, &state.slot, &pending, &active).await?;
    // What `max block` would open now is not recorded yet: that is for the next look.
    let is_blocked = report.is_block_waived
        || report
            .waits
            .iter()
            .any(|wait| matches!(wait.on, WaitOn::Producers(_)));
    if !is_blocked {
        return call::call(session, state, starting, which).await;
    }
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

async fn end_unstarted<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    pending: &Pending,
    outcome: Outcome,
    reason: &str,
) -> Result<Looked, EngineError> {
    let mut slot = next_version(&state.slot);
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

fn waits_text(report: &GateReport) -> String {
    let waits: Vec<String> = report
        .waits
        .iter()
        .map(|wait| match &wait.on {
            WaitOn::Time | WaitOn::Pause(_) => wait.gate.as_str().to_owned(),
            WaitOn::Execution(execution) => {
                format!("{} (execution {execution})", wait.gate.as_str())
            }
            WaitOn::Producers(producers) => {
                let names: Vec<&str> = producers
                    .iter()
                    .map(downriver_domain::ApplicationId::as_str)
                    .collect();
                format!("{} ({})", wait.gate.as_str(), names.join(", "))
            }
            WaitOn::Target(target) => format!("{} ({target})", wait.gate.as_str()),
        })
        .collect();
    format!("waits on {}", waits.join(", "))
}
