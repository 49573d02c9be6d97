//! Looks at a slot: judges what waits in it anew, evaluates its gates, starts it.

mod anew;
mod call;
mod held;
mod pending;
mod waiting;

use downriver_domain::slot::{Slot, SlotState, decide_parked};

use crate::carry_out::{carry_out, judge_soon, marker_write, next_version, note, rebuild_entry};
use crate::error::EngineError;
use crate::history::{NoteKind, Outcome};
use crate::ports::{
    ApplicationState, BudgetWrite, Commit, CommitOutcome, Notice, NoticeKind, Ports, Timer,
};
use crate::restored;
use crate::session::{CONTENTION_MAX, Session, contended};
use crate::track::settle_superseded;

pub(crate) use call::{
    CLOCK_SKEW_SECS, VARIABLE_CHANGES, VARIABLE_REBUILD, is_started_by, record_started, recover,
};

/// What became of one look.
pub(crate) enum Looked {
    Done,
    /// Somebody else wrote in between, or the slot moved on by this look: look again.
    Again,
}

/// Looks at a slot for which a timer fired; does nothing if the slot has moved on.
pub async fn look_at<P: Ports>(ports: &P, timer: &Timer) -> Result<(), EngineError> {
    let session = Session::open(ports).await?;
    let Some(state) = session.load(&timer.application).await? else {
        return Ok(());
    };
    if state.slot.revision != timer.slot_revision {
        return Ok(());
    }
    look(&session, state).await
}

/// Looks at a slot as it stands, until there is nothing to do now.
pub(crate) async fn look<P: Ports>(
    session: &Session<'_, P>,
    mut state: ApplicationState,
) -> Result<(), EngineError> {
    for _ in 0..CONTENTION_MAX {
        let looked = look_once(&session.later(), &state).await?;
        let Looked::Again = looked else { return Ok(()) };
        let Some(reloaded) = session.load(&state.application.id).await? else {
            return Ok(());
        };
        state = reloaded;
    }
    Err(contended(&state.application.id))
}

async fn look_once<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
) -> Result<Looked, EngineError> {
    let now = session.now;
    if state.slot.is_uncompared && restored::compare_again(session, state).await? {
        return Ok(Looked::Again);
    }
    match &state.slot.state {
        _ if state
            .slot
            .tail
            .as_ref()
            .is_some_and(|tail| tail.until <= now) =>
        {
            end_tail(session, state).await
        }
        SlotState::Idle => anew::judge_joined(session, state).await,
        SlotState::Pending(pending) => pending::consider(session, state, pending).await,
        SlotState::Running(running) if running.following.is_some() => {
            settle_superseded(session, state, running).await
        }
        SlotState::Starting(starting) if starting.deadline <= now => {
            recover(session, state, starting).await
        }
        SlotState::Running(running)
            if running
                .started_at
                .plus_secs(state.application.policy.max_run_secs)
                <= now =>
        {
            park(session, state).await
        }
        SlotState::Starting(_)
        | SlotState::Running(_)
        | SlotState::Parked(_)
        | SlotState::Stuck(_) => Ok(Looked::Done),
    }
}

/// The publish grace is over: what the producer did not publish by now, it does not hold others up for.
async fn end_tail<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
) -> Result<Looked, EngineError> {
    let mut slot = next_version(&state.slot);
    slot.tail = None;
    // One that is held says so now, with its marker.
    judge_soon(session, &mut slot);
    let marker = (!slot.is_active())
        .then(|| marker_write(&slot, true, false))
        .flatten();
    let text = "publish grace is over; it no longer holds up what depends on it";
    let history = vec![note(
        &state.application.id,
        NoteKind::Released,
        None,
        None,
        text,
        session.now,
    )];
    let commit = Commit {
        slot: Some(slot),
        marker,
        history,
        ..Commit::default()
    };
    finish(session, &commit, &[]).await
}

/// Running for longer than `max run`: gives its budget back and holds nobody up.
async fn park<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
) -> Result<Looked, EngineError> {
    let mut slot = next_version(&state.slot);
    let SlotState::Running(running) = slot.state.clone() else {
        return Ok(Looked::Done);
    };
    decide_parked(&mut slot, running.clone());
    let id = &state.application.id;
    let text = format!(
        "execution {} has been running for longer than max run ({} s); it is parked",
        running.execution, state.application.policy.max_run_secs
    );
    let history = vec![
        note(
            id,
            NoteKind::Parked,
            Some(&running.rebuild.id),
            Some(&running.execution),
            &text,
            session.now,
        ),
        rebuild_entry(
            id,
            &running.rebuild,
            Outcome::Parked,
            &text,
            std::slice::from_ref(&running.execution),
            session.now,
        ),
    ];
    let budget = BudgetWrite::Return {
        target: running.pipeline.target.clone(),
        rebuild: running.rebuild.id.clone(),
    };
    let commit = Commit {
        marker: marker_write(&slot, state.application.is_producer(), false),
        slot: Some(slot),
        budget: Some(budget),
        history,
        ..Commit::default()
    };
    let notice = Notice {
        kind: NoticeKind::RebuildParked,
        at: session.now,
        owner: Some(state.application.owner.clone()),
        application: Some(id.clone()),
        rebuild: Some(running.rebuild.id.clone()),
        package_version: None,
        is_urgent: false,
        text,
    };
    finish(session, &commit, &[notice]).await
}

/// Commits; a conflict means to look again, and so does a change that may let something else happen now.
pub(crate) async fn finish<P: Ports>(
    session: &Session<'_, P>,
    commit: &Commit,
    notices: &[Notice],
) -> Result<Looked, EngineError> {
    match carry_out(session, commit, notices).await? {
        CommitOutcome::Done => Ok(Looked::Done),
        CommitOutcome::Conflict | CommitOutcome::BudgetFull => Ok(Looked::Again),
    }
}

/// Nothing starts: decided and recorded only.
pub(crate) fn is_shadow<P>(session: &Session<'_, P>, state: &ApplicationState) -> bool {
    session.is_shadow || state.application.policy.is_shadow
}

/// The slot with nothing pending, and its next look.
pub(crate) fn set_idle<P>(session: &Session<'_, P>, slot: &mut Slot) {
    slot.state = SlotState::Idle;
    slot.wake_at = slot.idle_wake(session.now);
}
