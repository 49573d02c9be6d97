//! The periodic pass that re-reads the truth; an event only makes things sooner.

mod pass;
mod reconcile;
mod report;
mod restored;
mod results;
mod rollouts;
mod summaries;

use downriver_domain::ApplicationId;
use downriver_domain::slot::{Running, SlotState};

pub use report::{Found, Reconciled, RestoredReport, SweepFailure, SweepReport};

use self::pass::Pass;
use crate::carry_out::wake_paused;
use crate::error::EngineError;
use crate::executions;
use crate::ports::{ApplicationState, LOAD_APPLICATIONS_MAX, Ports, Queue, ReadError, Store};
use crate::repositories;
use crate::session::Session;
use crate::start::{Looked, look};
use crate::track::{ExecutionEvent, ExecutionState, track_once};

/// How often `sweep` runs, in seconds.
pub const SWEEP_INTERVAL_SECS: u64 = 300;
/// Slots read from an index in one pass: all that a catalog can hold. Time bounds what is done with them.
const SLOTS_MAX: usize = crate::wire::catalog::APPLICATIONS_MAX;
/// Overdue for longer, earlier passes had no time for it or failed at it, in seconds.
const LATE_SECS: u64 = 3 * SWEEP_INTERVAL_SECS;
/// Ids in one page of the busy slots.
const BUSY_PAGE_MAX: usize = 1_000;
/// Slots woken at once when nothing is paused any more.
const PAUSED_MAX: usize = 1_000;

/// Looks at every overdue slot, finds executions whose end was missed, and wakes what a lost message left waiting, for as
/// long as the function may work; what is left has its turn in a later pass. A slot that cannot be dealt with now is in
/// the report and keeps nobody else waiting. Fails only without the store.
pub async fn sweep<P: Ports>(ports: &P) -> Result<SweepReport, EngineError> {
    let session = Session::open(ports).await?;
    let mut pass = Pass::begin(&session);
    if !restored::compare_all(&mut pass).await? {
        return Ok(pass.report);
    }
    find_ended(&mut pass).await?;
    results::ask_again(&mut pass).await?;
    look_at_overdue(&mut pass).await?;
    match wake_paused(&session, PAUSED_MAX).await {
        Ok(woken) => {
            for (id, error) in &woken.unreadable {
                pass.report.note_failure(Some(id), error);
            }
            woken.freed.iter().for_each(|id| pass.report.woken.note(id));
        }
        Err(error) => pass.report.fail(None, error)?,
    }
    rollouts::review_open(&mut pass).await?;
    ask_for_repositories(&mut pass).await?;
    summaries::tell_summaries(&mut pass).await?;
    if ports.has_registry_of_its_own() {
        reconcile::reconcile(&mut pass).await?;
    }
    Ok(pass.report)
}

/// The graph of repositories is read anew when it is old.
async fn ask_for_repositories<P: Ports>(pass: &mut Pass<'_, P>) -> Result<(), EngineError> {
    let session = pass.session;
    let controls = session.ports.store().load_controls().await?;
    let is_fresh = controls
        .repositories_read_at
        .is_some_and(|at| session.now.secs_since(at) < repositories::REFRESH_SECS);
    if !is_fresh && let Err(error) = session.ports.queue().send_repositories().await {
        pass.report.fail(None, error.into())?;
    }
    Ok(())
}

/// Reads every execution that a slot believes to run.
async fn find_ended<P: Ports>(pass: &mut Pass<'_, P>) -> Result<(), EngineError> {
    let session = pass.session;
    let mut busy = list_busy(session).await?;
    pass.shuffle(&mut busy);
    for ids in busy.chunks(LOAD_APPLICATIONS_MAX) {
        for state in load_readable(pass, ids).await? {
            match &state.slot.state {
                SlotState::Stuck(_) => pass.report.stuck.note(&state.application.id),
                SlotState::Parked(_) => pass.report.parked.note(&state.application.id),
                _ => {}
            }
            let (SlotState::Running(running) | SlotState::Parked(running)) = &state.slot.state
            else {
                continue;
            };
            results::ask_one(pass, &state).await?;
            if !pass.may_read_ends(&running.pipeline.target) {
                continue;
            }
            let found = if running.following.is_some() {
                look(session, state.clone()).await.map(|()| false)
            } else {
                find_end(session, &state, running).await
            };
            if pass.settle(&state.application.id, &running.pipeline.target, found)? == Some(true) {
                pass.report.ended.note(&state.application.id);
            }
        }
    }
    Ok(())
}

/// A record that cannot be read is in the report and keeps nobody else waiting.
async fn load_readable<P: Ports>(
    pass: &mut Pass<'_, P>,
    ids: &[ApplicationId],
) -> Result<Vec<ApplicationState>, EngineError> {
    let readable = pass.session.load_readable(ids).await?;
    for (id, error) in &readable.unreadable {
        pass.report.note_failure(Some(id), error);
    }
    Ok(readable.states)
}

async fn list_busy<P: Ports>(session: &Session<'_, P>) -> Result<Vec<ApplicationId>, EngineError> {
    let mut busy: Vec<ApplicationId> = Vec::new();
    while busy.len() < SLOTS_MAX {
        let page = session
            .ports
            .store()
            .list_busy(busy.last(), BUSY_PAGE_MAX)
            .await?;
        if page.is_empty() {
            break;
        }
        busy.extend(page);
    }
    Ok(busy)
}

/// Whether its execution had ended without an event that told us.
async fn find_end<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    running: &Running,
) -> Result<bool, EngineError> {
    if !executions::are_readable(session, &running.pipeline.target) {
        // Its event ends the wait, or `max run`.
        return Ok(false);
    }
    let execution = match executions::load(session, &running.pipeline, &running.execution).await {
        Ok(execution) => execution,
        // `max run` ends the wait.
        Err(ReadError::NotFound) => return Ok(false),
        Err(error @ (ReadError::Transient(_) | ReadError::Denied(_))) => return Err(error.into()),
    };
    let Some(ended) = ExecutionState::of(execution.status) else {
        return Ok(false);
    };
    let event = ExecutionEvent {
        pipeline: running.pipeline.clone(),
        execution: execution.id,
        state: ended,
        started_at: Some(execution.started_at),
        event_time: execution.updated_at,
        trigger: Some(execution.trigger),
    };
    // A conflict means that its event arrived after all.
    let looked = track_once(session, state, &event).await?;
    Ok(matches!(looked, Looked::Done))
}

/// Looks at slots whose timer was lost or is longer than a message can wait.
async fn look_at_overdue<P: Ports>(pass: &mut Pass<'_, P>) -> Result<(), EngineError> {
    let session = pass.session;
    let store = session.ports.store();
    let mut due = store.list_due(session.now, SLOTS_MAX).await?;
    let late = store
        .list_due(session.now.minus_secs(LATE_SECS), SLOTS_MAX)
        .await?
        .len();
    // The longest overdue come first; but among those that earlier passes had no time for, or failed at, none always does.
    let late = late.min(due.len());
    pass.shuffle(&mut due[..late]);
    for ids in due.chunks(LOAD_APPLICATIONS_MAX) {
        if pass.is_over() {
            return Ok(());
        }
        for state in load_readable(pass, ids).await? {
            let target = state.application.pipeline.target.clone();
            if !pass.may_look(&target) {
                continue;
            }
            let id = state.application.id.clone();
            let is_start_lost = matches!(state.slot.state, SlotState::Starting(_));
            let looked = look(session, state).await;
            if pass.settle(&id, &target, looked)?.is_some() {
                pass.report.overdue.note(&id);
                if is_start_lost {
                    pass.report.recovered.note(&id);
                }
            }
        }
    }
    Ok(())
}
