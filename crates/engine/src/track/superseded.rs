//! Our execution was overtaken: the earliest later-started one that was not itself superseded is followed to its end.

use std::collections::BTreeSet;

use downriver_domain::slot::{Pending, Running, SlotState, settle_followed};
use downriver_domain::version::PackageId;
use downriver_domain::{PipelineExecutionId, Timestamp};

use super::ask_for_reading;
use super::end::{after, returned};
use crate::built;
use crate::carry_out::{marker_write, next_version, note, rebuild_entry};
use crate::error::EngineError;
use crate::executions;
use crate::history::{NoteKind, Outcome};
use crate::ports::{
    ApplicationState, Commit, Execution, ExecutionStatus, MarkerWrite, Ports, ReadError,
};
use crate::session::Session;
use crate::start::{Looked, finish};

/// Executions read to find the one to follow.
const FOLLOWED_EXECUTIONS_MAX: usize = 100;
/// When to look again while none is found, in seconds.
const LOOK_AGAIN_SECS: u64 = 300;

/// The slot stays Running: marker kept, budget returned, its changes wait.
pub(super) async fn begin<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    running: &Running,
) -> Result<Looked, EngineError> {
    if running.following.is_some() {
        return settle(session, state, running).await;
    }
    let mut slot = next_version(&state.slot);
    if let Some(seen) = slot
        .executions
        .iter_mut()
        .find(|seen| seen.execution == running.execution)
    {
        seen.is_superseded = true;
        seen.ended_at = Some(session.now);
    }
    let followed = Running {
        following: Some(None),
        holds_budget: false,
        ..running.clone()
    };
    slot.state = SlotState::Running(followed);
    slot.wake_at = Some(session.now);
    let text = format!(
        "execution {} was superseded; the execution that overtook it is followed",
        running.execution
    );
    let id = &state.application.id;
    let history = vec![note(
        id,
        NoteKind::Superseded,
        Some(&running.rebuild.id),
        Some(&running.execution),
        text,
        session.now,
    )];
    let budget = running.holds_budget.then(|| returned(running));
    // One that was parked had given its marker back; now it is active again.
    let is_parked = matches!(state.slot.state, SlotState::Parked(_));
    let is_shadow = session.is_shadow || state.application.policy.is_shadow;
    let marker = is_parked
        .then(|| marker_write(&slot, state.application.is_producer(), is_shadow))
        .flatten();
    let looked = finish(
        session,
        &Commit {
            slot: Some(slot),
            marker,
            budget,
            history,
            ..Commit::default()
        },
        &[],
    )
    .await?;
    if let Looked::Again = looked {
        return Ok(Looked::Again);
    }
    let Some(state) = session.load(id).await? else {
        return Ok(Looked::Done);
    };
    match &state.slot.state {
        SlotState::Running(running) => settle(session, &state, running).await,
        _ => Ok(Looked::Done),
    }
}

/// Reads what became of the followed execution and settles what it settles.
pub(crate) async fn settle<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    running: &Running,
) -> Result<Looked, EngineError> {
    let known = executions::list_known(
        session,
        &state.slot,
        &running.pipeline,
        running.started_at,
        FOLLOWED_EXECUTIONS_MAX,
    )
    .await;
    let known = match known {
        Ok(known) => known,
        // Ours has ended, so that another start is safe; to wait for leave to read might be to wait forever.
        Err(error @ (ReadError::Denied(_) | ReadError::NotFound)) => {
            let text = format!(
                "superseded, and which execution overtook it cannot be read ({error}); pending again"
            );
            return back_to_pending(session, state, running, None, text).await;
        }
        Err(error @ ReadError::Transient(_)) => return Err(error.into()),
    };
    let (rollbacks, others): (Vec<Execution>, Vec<Execution>) = { known.executions.into_iter() }
        .filter(|execution| execution.id != running.execution)
        .partition(|execution| execution.rollback_target.is_some());
    let followed = others
        .into_iter()
        .filter(|execution| execution.status != ExecutionStatus::Superseded)
        .min_by_key(|execution| (execution.started_at, execution.id.clone()));
    let max_run_secs = state.application.policy.max_run_secs;
    // Where only events tell, one that is lost would be awaited for ever.
    let is_lost = |since: Timestamp| !known.is_read && since.plus_secs(max_run_secs) <= session.now;
    let lost = format!(
        "superseded, and no event told within max run ({max_run_secs} s) how what overtook it ended; pending again"
    );
    match followed {
        None if is_lost(running.started_at) => {
            back_to_pending(session, state, running, None, lost).await
        }
        None if is_nobody_to_come(session, state, running, &rollbacks) => {
            let text =
                "superseded, and no execution that it could follow overtook it; pending again";
            back_to_pending(session, state, running, None, text.to_owned()).await
        }
        None => follow(session, state, running, None).await,
        Some(execution) => match execution.status {
            ExecutionStatus::InProgress | ExecutionStatus::Stopping
                if is_lost(execution.started_at) =>
            {
                back_to_pending(session, state, running, Some(&execution.id), lost).await
            }
            ExecutionStatus::InProgress | ExecutionStatus::Stopping => {
                follow(session, state, running, Some(&execution)).await
            }
            ExecutionStatus::Succeeded => settled(session, state, running, &execution).await,
            ExecutionStatus::Failed
            | ExecutionStatus::Stopped
            | ExecutionStatus::Cancelled
            | ExecutionStatus::Superseded => {
                let text = format!(
                    "superseded, and execution {} that overtook it did not succeed; pending again",
                    execution.id
                );
                back_to_pending(session, state, running, Some(&execution.id), text).await
            }
        },
    }
}

/// A rollback overtook it and has ended, or none at all is listed for too long: what is not there by now does not come.
fn is_nobody_to_come<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    running: &Running,
    rollbacks: &[Execution],
) -> bool {
    let max_run_secs = state.application.policy.max_run_secs;
    let is_late = session.now >= running.started_at.plus_secs(max_run_secs);
    let has_ended = |execution: &Execution| {
        !matches!(
            execution.status,
            ExecutionStatus::InProgress | ExecutionStatus::Stopping
        )
    };
    is_late || rollbacks.iter().any(has_ended)
}

async fn follow<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    running: &Running,
    execution: Option<&Execution>,
) -> Result<Looked, EngineError> {
    let following = Some(execution.map(|execution| execution.id.clone()));
    let look_at = match execution {
        Some(execution) => execution
            .started_at
            .plus_secs(state.application.policy.max_run_secs),
        None => session.now.plus_secs(LOOK_AGAIN_SECS),
    };
    if running.following == following && state.slot.wake_at == Some(look_at) {
        return Ok(Looked::Done);
    }
    let mut slot = next_version(&state.slot);
    slot.state = SlotState::Running(Running {
        following,
        ..running.clone()
    });
    slot.wake_at = Some(look_at);
    finish(
        session,
        &Commit {
            slot: Some(slot),
            ..Commit::default()
        },
        &[],
    )
    .await
}

async fn settled<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    running: &Running,
    execution: &Execution,
) -> Result<Looked, EngineError> {
    let application = &state.application;
    let mut slot = next_version(&state.slot);
    let settled: BTreeSet<PackageId> = settle_followed(
        &mut slot,
        application,
        running.clone(),
        &execution.id,
        execution.started_at,
        session.now,
    );
    let built = built::assumed(
        session,
        application,
        &running.rebuild,
        &settled,
        execution.started_at,
    )
    .await?;
    let is_over = settled.len() == running.rebuild.packages.len();
    let rest = if is_over {
        ""
    } else {
        "; what needs our variables waits for another start"
    };
    let text = format!(
        "superseded; execution {} succeeded instead{rest}",
        execution.id
    );
    let outcome = if is_over {
        Outcome::Succeeded
    } else {
        Outcome::Pending
    };
    let executions = [running.execution.clone(), execution.id.clone()];
    let id = &application.id;
    let history = vec![
        note(
            id,
            NoteKind::Ended,
            Some(&running.rebuild.id),
            Some(&execution.id),
            &text,
            session.now,
        ),
        rebuild_entry(
            id,
            &running.rebuild,
            outcome,
            &text,
            &executions,
            session.now,
        ),
    ];
    let marker = after(&slot, state);
    let looked = finish(
        session,
        &Commit {
            slot: Some(slot),
            marker,
            built,
            history,
            ..Commit::default()
        },
        &[],
    )
    .await?;
    ask_for_reading(session, id, &execution.id, &looked).await?;
    Ok(looked)
}

/// No success is followed: Pending again, no attempt counted.
async fn back_to_pending<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    running: &Running,
    execution: Option<&PipelineExecutionId>,
    text: String,
) -> Result<Looked, EngineError> {
    let mut slot = next_version(&state.slot);
    slot.state = SlotState::Pending(Pending::new(running.rebuild.clone()));
    slot.wake_at = Some(session.now);
    let id = &state.application.id;
    let history = vec![
        note(
            id,
            NoteKind::Retrying,
            Some(&running.rebuild.id),
            execution,
            &text,
            session.now,
        ),
        rebuild_entry(
            id,
            &running.rebuild,
            Outcome::Pending,
            &text,
            std::slice::from_ref(&running.execution),
            session.now,
        ),
    ];
    let marker: Option<MarkerWrite> = after(&slot, state);
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
