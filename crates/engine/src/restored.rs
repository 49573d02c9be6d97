//! A backup that was put in the place of its store is compared with CodePipeline before anything starts (DESIGN 7): what
//! ran since is taken into the slot, so that it is not started again, and no id or token is used twice.

mod adopt;
mod catch_up;

use downriver_domain::slot::{Slot, SlotState};
use downriver_domain::{ApplicationId, AttemptId, Pipeline};

use crate::carry_out::{carry_out, next_version, note};
use crate::error::EngineError;
use crate::executions;
use crate::history::NoteKind;
use crate::ports::{
    ApplicationState, Commit, CommitOutcome, Execution, ExecutionStatus, Pipelines, Ports,
    ReadError, Store, Trigger,
};
use crate::session::{CONTENTION_MAX, Session, contended};
use crate::start::{CLOCK_SKEW_SECS, Looked};
use crate::track::{ExecutionEvent, ExecutionState, track_once};

/// Executions of one pipeline read at most, newest first: ten calls.
const EXECUTIONS_READ_MAX: usize = 1_000;
/// When an application that could not be compared is tried again, in seconds.
const TRY_AGAIN_SECS: u64 = 300;

/// What the comparison of one application came to.
#[derive(Debug)]
pub(crate) enum Compared {
    /// The backup knows all that ran.
    AsRestored,
    /// Something ran since; the slot now knows of it.
    CaughtUp,
    /// Nothing starts for this application until its executions can be read.
    Unreadable(ReadError),
}

/// What one step of a comparison did.
enum Step {
    /// Nothing is left to do.
    Done,
    /// Something was taken in; look again.
    Took,
    /// Somebody else wrote in between.
    Conflict,
}

/// An execution that an attempt of this application started, and which one.
struct Ours<'e> {
    rebuild: u64,
    attempt: u32,
    id: AttemptId,
    execution: &'e Execution,
}

/// Compares one application with what CodePipeline has run. May be repeated, also after it broke off.
pub(crate) async fn compare<P: Ports>(
    session: &Session<'_, P>,
    application: &ApplicationId,
) -> Result<Compared, EngineError> {
    match take_in(session, application).await {
        Ok(compared) => Ok(compared),
        Err(EngineError::Read(error)) => {
            hold(session, application, &error).await?;
            Ok(Compared::Unreadable(error))
        }
        Err(error) => Err(error),
    }
}

/// Whether an application that could not be compared was now; looked at again when its time comes.
pub(crate) async fn compare_again<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
) -> Result<bool, EngineError> {
    let is_due = state.slot.wake_at.is_none_or(|at| at <= session.now);
    let is_readable = executions::are_readable(session, &pipeline(state).target);
    if !is_due || !is_readable || session.ports.store().is_restored().await? {
        return Ok(false);
    }
    // Either way the slot was written: it is looked at as it now stands.
    compare(session, &state.application.id).await?;
    Ok(true)
}

async fn take_in<P: Ports>(
    session: &Session<'_, P>,
    application: &ApplicationId,
) -> Result<Compared, EngineError> {
    let Some(mut state) = session.load(application).await? else {
        return Ok(Compared::AsRestored);
    };
    let executions = list(session, &state).await?;
    let mut compared = Compared::AsRestored;
    for _ in 0..CONTENTION_MAX {
        match step(session, &state, &executions).await? {
            Step::Done => return Ok(compared),
            Step::Took => compared = Compared::CaughtUp,
            Step::Conflict => {}
        }
        let Some(reloaded) = session.load(application).await? else {
            return Ok(compared);
        };
        state = reloaded;
    }
    Err(contended(application))
}

/// All executions since the oldest that the slot knows, or since the registration.
async fn list<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
) -> Result<Vec<Execution>, EngineError> {
    let slot = &state.slot;
    // What came in since the backup was put back stands in the same list: only a full one says how far it reaches.
    let since = match slot.executions.last() {
        Some(oldest) if slot.executions.len() >= Slot::EXECUTIONS_MAX => oldest.started_at,
        _ => state.application.registered_at,
    };
    let target = &pipeline(state).target;
    if !executions::are_readable(session, target) {
        return Err(executions::unreadable(target).into());
    }
    let listed = session
        .ports
        .pipelines()
        .list_executions(
            pipeline(state),
            since.minus_secs(CLOCK_SKEW_SECS),
            EXECUTIONS_READ_MAX,
        )
        .await;
    match listed {
        Ok(mut executions) => {
            executions.sort_by(|a, b| (a.started_at, &a.id).cmp(&(b.started_at, &b.id)));
            Ok(executions)
        }
        // Nothing of a pipeline that does not exist can run or be started.
        Err(ReadError::NotFound) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

async fn step<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    executions: &[Execution],
) -> Result<Step, EngineError> {
    let ours = ours(&state.application.id, executions);
    if let Some(found) = adopt::later_attempt(&state.slot, &ours) {
        return adopt::adopt(session, state, &ours, found).await;
    }
    if let Some(event) = missed_end(&state.slot, executions) {
        return Ok(match track_once(session, state, &event).await? {
            Looked::Done => Step::Took,
            Looked::Again => Step::Conflict,
        });
    }
    if let SlotState::Starting(starting) = &state.slot.state {
        let after = starting.started_at.plus_secs(CLOCK_SKEW_SECS);
        if executions
            .iter()
            .any(|execution| execution.started_at > after)
        {
            return catch_up::give_up_start(session, state, starting).await;
        }
    }
    catch_up::catch_up(session, state, executions, &ours).await
}

/// The end of the execution that the slot believes to run.
fn missed_end(slot: &Slot, executions: &[Execution]) -> Option<ExecutionEvent> {
    let (SlotState::Running(running) | SlotState::Parked(running)) = &slot.state else {
        return None;
    };
    let execution = executions
        .iter()
        .find(|execution| execution.id == running.execution)?;
    // A superseded one that is followed already is not followed anew.
    let state = ExecutionState::of(execution.status).filter(|_| running.following.is_none())?;
    Some(ExecutionEvent {
        pipeline: running.pipeline.clone(),
        execution: execution.id.clone(),
        state,
        started_at: Some(execution.started_at),
        event_time: execution.updated_at,
        trigger: Some(execution.trigger.clone()),
    })
}

/// Nothing starts for it until its executions can be read.
pub(crate) async fn hold<P: Ports>(
    session: &Session<'_, P>,
    application: &ApplicationId,
    error: &ReadError,
) -> Result<(), EngineError> {
    for _ in 0..CONTENTION_MAX {
        let Some(state) = session.load(application).await? else {
            return Ok(());
        };
        let mut slot = next_version(&state.slot);
        slot.is_uncompared = true;
        let again = session.now.plus_secs(TRY_AGAIN_SECS);
        slot.wake_at = Some(
            slot.wake_at
                .filter(|at| *at > session.now)
                .map_or(again, |at| at.min(again)),
        );
        let Pipeline { target, name } = pipeline(&state);
        let until = if executions::are_readable(session, target) {
            "they can be read".to_owned()
        } else {
            format!(
                "`downriver retry {application}`: look in {target} first whether its last one has ended"
            )
        };
        let text = format!(
            "a backup was put back, and what ran since cannot be told: listing the executions of pipeline {name}: {error}; \
             nothing starts until {until}"
        );
        let history = (!state.slot.is_uncompared).then(|| {
            note(
                application,
                NoteKind::Recovered,
                state.slot.rebuild().map(|rebuild| &rebuild.id),
                None,
                text,
                session.now,
            )
        });
        let commit = Commit {
            slot: Some(slot),
            history: history.into_iter().collect(),
            ..Commit::default()
        };
        if carry_out(session, &commit, &[]).await? == CommitOutcome::Done {
            return Ok(());
        }
    }
    Err(contended(application))
}

/// Where the executions of this slot are: the target that was called, if one was.
fn pipeline(state: &ApplicationState) -> &Pipeline {
    match &state.slot.state {
        SlotState::Starting(starting) => &starting.pipeline,
        SlotState::Running(running) | SlotState::Parked(running) => &running.pipeline,
        SlotState::Idle | SlotState::Pending(_) | SlotState::Stuck(_) => {
            &state.application.pipeline
        }
    }
}

fn ours<'e>(application: &ApplicationId, executions: &'e [Execution]) -> Vec<Ours<'e>> {
    executions
        .iter()
        .filter_map(|execution| {
            let Trigger::Session(name) = &execution.trigger else {
                return None;
            };
            let id: AttemptId = name.parse().ok()?;
            let (rebuild, attempt) = id.parts()?;
            let (of, rebuild) = rebuild.parts()?;
            (of == *application).then_some(Ours {
                rebuild,
                attempt,
                id,
                execution,
            })
        })
        .collect()
}

const fn is_in_flight(execution: &Execution) -> bool {
    matches!(
        execution.status,
        ExecutionStatus::InProgress | ExecutionStatus::Stopping
    )
}
