//! The periodic pass that re-reads the truth; an event only makes things sooner.

use downriver_domain::ApplicationId;
use downriver_domain::slot::{Running, SlotState};

use crate::carry_out::wake_paused;
use crate::error::EngineError;
use crate::ports::{ApplicationState, LOAD_APPLICATIONS_MAX, Pipelines, Ports, ReadError, Store};
use crate::session::Session;
use crate::start::look;
use crate::track::{ExecutionEvent, ExecutionState, track_once};

/// How often `sweep` runs, in seconds.
pub const SWEEP_INTERVAL_SECS: u64 = 300;
/// Overdue slots looked at in one pass; the rest waits for the next.
const DUE_MAX: usize = 1_000;
/// Slots woken at once when nothing is paused any more.
const PAUSED_MAX: usize = 1_000;

/// Looks at every overdue slot, finds executions whose end was missed, and wakes what a lost message left waiting.
pub async fn sweep<P: Ports>(ports: &P) -> Result<(), EngineError> {
    let session = Session::open(ports).await?;
    let mut failed = None;
    find_ended(&session, &mut failed).await?;
    let due = ports.store().list_due(session.now, DUE_MAX).await?;
    for ids in due.chunks(LOAD_APPLICATIONS_MAX) {
        for state in ports.store().load_applications(ids).await? {
            go_on(look(&session, state).await, &mut failed)?;
        }
    }
    wake_paused(&session, PAUSED_MAX).await?;
    failed.map_or(Ok(()), Err)
}

/// A slot that cannot be dealt with now (its account throttles us, others keep writing) does not keep the rest from being
/// looked at; the sweep ends with the first such error. Without the store nothing can be done.
fn go_on(
    looked: Result<(), EngineError>,
    failed: &mut Option<EngineError>,
) -> Result<(), EngineError> {
    match looked {
        Err(error @ (EngineError::Read(_) | EngineError::Contended(..))) => {
            failed.get_or_insert(error);
            Ok(())
        }
        other => other,
    }
}

/// Reads every execution that a slot believes to run.
async fn find_ended<P: Ports>(
    session: &Session<'_, P>,
    failed: &mut Option<EngineError>,
) -> Result<(), EngineError> {
    let mut after: Option<ApplicationId> = None;
    loop {
        let ids = session
            .ports
            .store()
            .list_busy(after.as_ref(), LOAD_APPLICATIONS_MAX)
            .await?;
        let Some(last) = ids.last() else {
            return Ok(());
        };
        after = Some(last.clone());
        for state in session.ports.store().load_applications(&ids).await? {
            match &state.slot.state {
                SlotState::Running(running) if running.following.is_some() => {
                    go_on(look(session, state).await, failed)?;
                }
                SlotState::Running(running) | SlotState::Parked(running) => {
                    let running = running.clone();
                    go_on(find_end(session, &state, &running).await, failed)?;
                }
                _ => {}
            }
        }
    }
}

async fn find_end<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    running: &Running,
) -> Result<(), EngineError> {
    let execution = match session
        .ports
        .pipelines()
        .load_execution(&running.pipeline, &running.execution)
        .await
    {
        Ok(execution) => execution,
        // Throttled: the next sweep reads it. Not found or denied: `max run` ends the wait.
        Err(ReadError::Transient(_) | ReadError::NotFound | ReadError::Denied(_)) => return Ok(()),
    };
    let Some(ended) = ExecutionState::of(execution.status) else {
        return Ok(());
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
    track_once(session, state, &event).await?;
    Ok(())
}
