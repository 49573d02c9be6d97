//! The end of our own execution, and its coming back.

use std::collections::BTreeSet;

use downriver_domain::slot::{
    Ended, Ending, Rebuild, Running, SeenExecution, Slot, SlotState, Wanted, decide_end,
    merge_joined,
};
use downriver_domain::version::PackageId;
use downriver_domain::{AttemptId, PipelineExecutionId};

use super::{ExecutionEvent, ExecutionState, ask_for_reading, superseded};
use crate::built;
use crate::carry_out::{marker_write, next_version, note, rebuild_entry};
use crate::error::EngineError;
use crate::executions;
use crate::history::{HistoryEntry, NoteKind, Outcome};
use crate::ports::{
    ApplicationState, BudgetWrite, Commit, MarkerWrite, Notice, NoticeKind, Ports, ReadError,
};
use crate::session::Session;
use crate::start::{Looked, finish};

/// An event of the execution that the slot runs.
pub(super) async fn current<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    running: &Running,
    event: &ExecutionEvent,
) -> Result<Looked, EngineError> {
    let ending = match event.state {
        ExecutionState::Started | ExecutionState::Stopping | ExecutionState::Resumed => {
            return Ok(Looked::Done);
        }
        ExecutionState::Superseded => return superseded::begin(session, state, running).await,
        ExecutionState::Succeeded => Ending::Succeeded,
        ExecutionState::Stopped => Ending::Stopped,
        ExecutionState::Canceled => Ending::Canceled,
        ExecutionState::Failed => failed(session, running).await?,
    };
    end(session, state, running, &ending, event).await
}

async fn end<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    running: &Running,
    ending: &Ending,
    event: &ExecutionEvent,
) -> Result<Looked, EngineError> {
    let application = &state.application;
    let mut slot = next_version(&state.slot);
    if let Some(seen) = slot
        .executions
        .iter_mut()
        .find(|seen| seen.execution == running.execution)
    {
        seen.ended_at = Some(event.event_time);
        seen.is_failed = matches!(ending, Ending::Failed(_));
    }
    let ended = decide_end(
        &mut slot,
        application,
        running.clone(),
        ending,
        event.event_time,
        session.now,
    );
    let built = match ending {
        Ending::Succeeded => {
            let settled: BTreeSet<_> = running.rebuild.packages.keys().cloned().collect();
            built::assumed(
                session,
                application,
                &running.rebuild,
                &settled,
                running.started_at,
            )
            .await?
        }
        Ending::Failed(_) | Ending::Stopped | Ending::Canceled => Vec::new(),
    };
    let (history, outcome, text) = told(state, running, &ended, session);
    let commit = Commit {
        marker: after(&slot, state),
        slot: Some(slot),
        budget: running.holds_budget.then(|| returned(running)),
        built,
        history,
        ..Commit::default()
    };
    let notice = Notice {
        kind: NoticeKind::RebuildEnded(outcome),
        at: session.now,
        owner: Some(application.owner.clone()),
        application: Some(application.id.clone()),
        rebuild: Some(running.rebuild.id.clone()),
        package_version: None,
        is_urgent: false,
        text,
    };
    let looked = finish(session, &commit, &[notice]).await?;
    if *ending == Ending::Succeeded {
        ask_for_reading(session, &application.id, &running.execution, &looked).await?;
    }
    Ok(looked)
}

/// The marker of a producer whose execution ended: put again for a retry, kept while its publishes are awaited.
pub(super) fn after(
    slot: &downriver_domain::slot::Slot,
    state: &ApplicationState,
) -> Option<MarkerWrite> {
    marker_write(slot, state.application.is_producer(), false)
}

fn told<P: Ports>(
    state: &ApplicationState,
    running: &Running,
    ended: &Ended,
    session: &Session<'_, P>,
) -> (Vec<HistoryEntry>, Outcome, String) {
    let id = &state.application.id;
    let execution = &running.execution;
    let executions: Vec<PipelineExecutionId> = vec![execution.clone()];
    let (outcome, kind, text) = match ended {
        Ended::Succeeded(_) => (
            Outcome::Succeeded,
            NoteKind::Ended,
            format!("execution {execution} succeeded"),
        ),
        Ended::Retrying { at } => {
            let secs = at.secs_since(session.now);
            (
                Outcome::Pending,
                NoteKind::Retrying,
                format!("execution {execution} did not succeed; tried again in {secs} s"),
            )
        }
        Ended::Failed(_, reason) => (
            Outcome::Failed,
            NoteKind::Ended,
            format!("{reason}; held until `retry`, a newer version, or a success"),
        ),
        Ended::Stopped(_) => (
            Outcome::Stopped,
            NoteKind::Ended,
            format!(
                "a person stopped execution {execution}; held until `retry` or a newer version"
            ),
        ),
    };
    let rebuild = &running.rebuild;
    let history = vec![
        note(
            id,
            kind,
            Some(&rebuild.id),
            Some(execution),
            &text,
            session.now,
        ),
        rebuild_entry(id, rebuild, outcome, &text, &executions, session.now),
    ];
    (history, outcome, text)
}

pub(super) fn returned(running: &Running) -> BudgetWrite {
    BudgetWrite::Return {
        target: running.pipeline.target.clone(),
        rebuild: running.rebuild.id.clone(),
    }
}

/// Where it failed decides whether it is tried again; if that cannot be read, it is not.
async fn failed<P: Ports>(
    session: &Session<'_, P>,
    running: &Running,
) -> Result<Ending, EngineError> {
    match executions::load(session, &running.pipeline, &running.execution).await {
        Ok(execution) => Ok(Ending::Failed(execution.failed_stage)),
        Err(error @ ReadError::Transient(_)) => Err(error.into()),
        Err(ReadError::NotFound | ReadError::Denied(_)) => Ok(Ending::Failed(None)),
    }
}

/// A person retried the failed stage: our execution runs again, a waiting retry is dropped. `None`: another rebuild has
/// taken its place.
pub(super) async fn resume<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    seen: &SeenExecution,
    attempt: &AttemptId,
) -> Result<Option<Looked>, EngineError> {
    let mut slot = next_version(&state.slot);
    let rebuild = rebuild_of(state, seen, attempt);
    let Some(mut rebuild) = rebuild else {
        return Ok(None);
    };
    leave_what_came_later(&mut slot, &mut rebuild, seen);
    let running = Running {
        attempt: attempt.clone(),
        pipeline: state.application.pipeline.clone(),
        execution: seen.execution.clone(),
        started_at: seen.started_at,
        following: None,
        // A person's decision does not count against the budget.
        holds_budget: false,
        published: BTreeSet::new(),
        rebuild,
    };
    slot.note_execution(SeenExecution {
        ended_at: None,
        ..seen.clone()
    });
    slot.failure = None;
    slot.held
        .retain(|package, _| !running.rebuild.packages.contains_key(package));
    slot.wake_at = Some(session.now.plus_secs(state.application.policy.max_run_secs));
    let id = &state.application.id;
    let text = format!(
        "a person retried the failed stage of execution {}; it runs again",
        seen.execution
    );
    let history = vec![
        note(
            id,
            NoteKind::Resumed,
            Some(&running.rebuild.id),
            Some(&seen.execution),
            &text,
            session.now,
        ),
        rebuild_entry(
            id,
            &running.rebuild,
            Outcome::Running,
            &text,
            std::slice::from_ref(&seen.execution),
            session.now,
        ),
    ];
    slot.state = SlotState::Running(running);
    let marker = after(&slot, state);
    let commit = Commit {
        slot: Some(slot),
        marker,
        history,
        ..Commit::default()
    };
    finish(session, &commit, &[]).await.map(Some)
}

/// What came into the rebuild while it waited for its retry is not in an execution that began before.
fn leave_what_came_later(slot: &mut Slot, rebuild: &mut Rebuild, seen: &SeenExecution) {
    let is_later = |wanted: &Wanted| wanted.seen_at > seen.started_at;
    let later: Vec<PackageId> = { rebuild.packages.iter() }
        .filter(|(_, wanted)| is_later(wanted))
        .map(|(package, _)| package.clone())
        .collect();
    for package in later {
        if let Some(wanted) = rebuild.packages.remove(&package) {
            merge_joined(slot, &package, wanted.rejoined());
        }
    }
}

/// The rebuild that an attempt of ours belongs to, if it waits for a retry or ended with that attempt's failure.
fn rebuild_of(
    state: &ApplicationState,
    seen: &SeenExecution,
    attempt: &AttemptId,
) -> Option<Rebuild> {
    let belongs = |id: &str| attempt.as_str().starts_with(&format!("{id}."));
    match &state.slot.state {
        SlotState::Pending(pending) if belongs(pending.rebuild.id.as_str()) => {
            Some(pending.rebuild.clone())
        }
        SlotState::Idle => {
            let failure = state.slot.failure.as_ref()?;
            (failure.execution.as_ref() == Some(&seen.execution)).then(|| failure.rebuild.clone())
        }
        _ => None,
    }
}
