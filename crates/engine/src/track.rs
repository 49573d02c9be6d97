//! Follows pipeline executions, ours and other people's.

mod end;
pub(crate) mod others;
mod superseded;

use downriver_domain::slot::{Running, SeenExecution, SlotState, StartedBy};
use downriver_domain::{ApplicationId, Pipeline, PipelineExecutionId, Timestamp};

use crate::error::EngineError;
use crate::executions;
use crate::ports::{
    ApplicationState, Execution, ExecutionStatus, Ports, Queue, ReadError, ReadRequest, Store,
    Trigger,
};
use crate::session::{CONTENTION_MAX, Session, contended};
use crate::start::{Looked, is_started_by, record_started};

pub(crate) use superseded::settle as settle_superseded;

/// A `CodePipeline Pipeline Execution State Change` event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionEvent {
    pub pipeline: Pipeline,
    pub execution: PipelineExecutionId,
    pub state: ExecutionState,
    /// `start-time` of the detail.
    pub started_at: Option<Timestamp>,
    pub event_time: Timestamp,
    /// Only some events carry it.
    pub trigger: Option<Trigger>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExecutionState {
    Started,
    Succeeded,
    Failed,
    Canceled,
    Superseded,
    Stopping,
    Stopped,
    Resumed,
}

impl ExecutionState {
    /// The state that a read of the execution stands for; `None` while it is in progress.
    pub(crate) const fn of(status: ExecutionStatus) -> Option<Self> {
        match status {
            ExecutionStatus::InProgress | ExecutionStatus::Stopping => None,
            ExecutionStatus::Stopped => Some(Self::Stopped),
            ExecutionStatus::Succeeded => Some(Self::Succeeded),
            ExecutionStatus::Superseded => Some(Self::Superseded),
            ExecutionStatus::Failed => Some(Self::Failed),
            ExecutionStatus::Cancelled => Some(Self::Canceled),
        }
    }
}

/// Records what happened to an execution and lets go what was waiting for it. Events of pipelines that no application
/// has are none of our business.
pub async fn track<P: Ports>(ports: &P, event: &ExecutionEvent) -> Result<(), EngineError> {
    let Some(application) = ports
        .store()
        .find_application_by_pipeline(&event.pipeline)
        .await?
    else {
        return Ok(());
    };
    for _ in 0..CONTENTION_MAX {
        let session = Session::open(ports).await?;
        let Some(state) = session.load(&application).await? else {
            return Ok(());
        };
        if let Looked::Done = track_once(&session.later(), &state, event).await? {
            return Ok(());
        }
    }
    Err(contended(&application))
}

pub(crate) async fn track_once<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    event: &ExecutionEvent,
) -> Result<Looked, EngineError> {
    match &state.slot.state {
        SlotState::Running(running) | SlotState::Parked(running)
            if running.execution == event.execution =>
        {
            return end::current(session, state, running, event).await;
        }
        SlotState::Running(running)
            if follows(running, &event.execution) && event.state != ExecutionState::Started =>
        {
            others::note(session, state, event, None).await?;
            return settle_again(session, state).await;
        }
        _ => {}
    }
    let known = state
        .slot
        .executions
        .iter()
        .find(|seen| seen.execution == event.execution);
    if let Some(known) = known
        && let StartedBy::Downriver(attempt) = &known.started_by
    {
        match event.state {
            ExecutionState::Resumed => {
                if let Some(looked) = end::resume(session, state, known, attempt).await? {
                    return Ok(looked);
                }
                // Something else has its place by now: it runs on as a person's.
            }
            _ if known.ended_at.is_none() || is_retried(known, event) => {}
            // An end that is recorded already.
            _ => return Ok(Looked::Done),
        }
    }
    let execution = if known.is_none() || event.state == ExecutionState::Succeeded {
        describe(session, event).await?
    } else {
        None
    };
    let trigger = event.trigger.clone().or_else(|| {
        execution
            .as_ref()
            .map(|execution| execution.trigger.clone())
    });
    let started_at = event.started_at.unwrap_or(event.event_time);
    if let (SlotState::Starting(starting), Some(trigger)) = (&state.slot.state, &trigger)
        && is_started_by(starting, trigger, started_at)
    {
        // Its start was not recorded yet; then the event is looked at again.
        record_started(session, state, starting, &event.execution, started_at).await?;
        return Ok(Looked::Again);
    }
    let event = ExecutionEvent {
        trigger,
        ..event.clone()
    };
    others::note(session, state, &event, execution.as_ref()).await
}

/// It failed, and now it succeeded: a person retried its failed stage, whether an event told so or not.
fn is_retried(known: &SeenExecution, event: &ExecutionEvent) -> bool {
    known.is_failed
        && event.state == ExecutionState::Succeeded
        && known
            .ended_at
            .is_some_and(|ended_at| ended_at < event.event_time)
}

/// After an event of the followed execution, with the slot as it now stands.
async fn settle_again<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
) -> Result<Looked, EngineError> {
    let Some(state) = session.load(&state.application.id).await? else {
        return Ok(Looked::Done);
    };
    match &state.slot.state {
        SlotState::Running(running) if running.following.is_some() => {
            superseded::settle(session, &state, running).await
        }
        _ => Ok(Looked::Done),
    }
}

/// What a success built is to be read. If this is lost, `sweep` asks again.
async fn ask_for_reading<P: Ports>(
    session: &Session<'_, P>,
    application: &ApplicationId,
    execution: &PipelineExecutionId,
    looked: &Looked,
) -> Result<(), EngineError> {
    if matches!(looked, Looked::Done) {
        let request = ReadRequest {
            application: application.clone(),
            execution: execution.clone(),
        };
        session.ports.queue().send_read(&request).await?;
    }
    Ok(())
}

fn follows(running: &Running, execution: &PipelineExecutionId) -> bool {
    running
        .following
        .as_ref()
        .is_some_and(|followed| followed.as_ref() == Some(execution))
}

/// What CodePipeline says of an execution that the event does not say enough of. Without permission: nothing.
async fn describe<P: Ports>(
    session: &Session<'_, P>,
    event: &ExecutionEvent,
) -> Result<Option<Execution>, EngineError> {
    match executions::load(session, &event.pipeline, &event.execution).await {
        Ok(execution) => Ok(Some(execution)),
        Err(error @ ReadError::Transient(_)) => Err(error.into()),
        Err(ReadError::NotFound | ReadError::Denied(_)) => Ok(None),
    }
}
