//! Executions that people, rules and rollbacks start: they move built versions, and they may settle what is pending.

use downriver_domain::slot::{
    Build, Held, HeldReason, Joined, SeenExecution, Slot, SlotState, StartedBy, merge_joined,
};
use downriver_domain::{Cascade, PipelineExecutionId, Timestamp};

use super::{ExecutionEvent, ExecutionState, ask_for_reading, is_retried};
use crate::built;
use crate::carry_out::{next_version, note as note_entry};
use crate::error::EngineError;
use crate::executions;
use crate::history::NoteKind;
use crate::ports::{ApplicationState, BuiltWrite, Commit, Execution, Ports, Trigger};
use crate::session::Session;
use crate::start::{Looked, finish};

/// How long the first decision after a success waits for its index result, in seconds.
const INDEX_WAIT_SECS: u64 = 600;

/// Notes what happened to an execution that is not ours. `execution`: what a read of it says, where that was needed.
pub(super) async fn note<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    event: &ExecutionEvent,
    execution: Option<&Execution>,
) -> Result<Looked, EngineError> {
    let known = state
        .slot
        .executions
        .iter()
        .find(|seen| seen.execution == event.execution);
    let is_ended = known.is_some_and(|known| known.ended_at.is_some());
    let is_retried = known.is_some_and(|known| is_retried(known, event));
    if is_ended && !is_retried && event.state != ExecutionState::Resumed {
        return Ok(Looked::Done);
    }
    let mut slot = next_version(&state.slot);
    let rollback_target = execution.and_then(|execution| execution.rollback_target.clone());
    let seen = SeenExecution {
        ended_at: ends(event.state).then_some(event.event_time),
        is_superseded: event.state == ExecutionState::Superseded,
        is_failed: event.state == ExecutionState::Failed,
        ..known
            .cloned()
            .unwrap_or_else(|| first_seen(session, state, event, execution))
    };
    let is_rollback = seen.is_rollback;
    let started_at = seen.started_at;
    let is_ours = matches!(seen.started_by, StartedBy::Downriver(_));
    slot.note_execution(seen);
    let mut built = Vec::new();
    let mut history = Vec::new();
    if event.state == ExecutionState::Succeeded {
        built = match rollback_target {
            Some(target) => roll_back(session, state, &mut slot, event.event_time, &target).await?,
            None if is_rollback => Vec::new(),
            None => {
                succeed(session, state, &mut slot, built_by(event, started_at));
                Vec::new()
            }
        };
        history.push(note_entry(
            &state.application.id,
            NoteKind::Tracked,
            None,
            Some(&event.execution),
            success_text(&event.execution, is_rollback, is_ours),
            session.now,
        ));
    }
    let looked = finish(
        session,
        &Commit {
            slot: Some(slot),
            built,
            history,
            ..Commit::default()
        },
        &[],
    )
    .await?;
    if event.state == ExecutionState::Succeeded && !is_rollback {
        ask_for_reading(session, &state.application.id, &event.execution, &looked).await?;
    }
    Ok(looked)
}

fn success_text(execution: &PipelineExecutionId, is_rollback: bool, is_ours: bool) -> String {
    if is_rollback {
        format!(
            "execution {execution} rolled back; what it undid is held until `retry` or a newer version"
        )
    } else if is_ours {
        format!(
            "execution {execution}, whose failed stage a person retried, succeeded; built versions follow it"
        )
    } else {
        format!(
            "execution {execution}, which Downriver did not start, succeeded; built versions follow it"
        )
    }
}

fn built_by(event: &ExecutionEvent, started_at: Timestamp) -> Build {
    Build {
        execution: event.execution.clone(),
        rebuild: None,
        is_proven: false,
        started_at,
        ended_at: event.event_time,
        delivered: Vec::new(),
    }
}

/// A person's success is the new baseline; it clears a failure. Whether it also picked up what had failed (a lockfile may
/// hold that still) is judged once it is known what it built.
pub(crate) fn succeed<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    slot: &mut Slot,
    build: Build,
) {
    slot.note_build(build);
    slot.failure = None;
    let repository = state.application.repositories.first();
    let is_cleared = |held: &Held| matches!(held.reason, HeldReason::Failed | HeldReason::Stopped);
    for (package, held) in state.slot.held.iter().filter(|(_, held)| is_cleared(held)) {
        slot.held.remove(package);
        if let Some(repository) = repository {
            let joined = Joined {
                version: held.version.clone(),
                repository: repository.clone(),
                seen_at: session.now,
                is_news: false,
            };
            merge_joined(slot, package, joined);
        }
    }
    slot.index_awaited_until = Some(session.now.plus_secs(INDEX_WAIT_SECS));
    if matches!(slot.state, SlotState::Idle) {
        slot.wake_at = slot.idle_wake(session.now);
    }
}

/// DESIGN 3: restores the built versions of the execution it returns to, and holds what it rolled back.
pub(crate) async fn roll_back<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    slot: &mut Slot,
    ended_at: Timestamp,
    target: &PipelineExecutionId,
) -> Result<Vec<BuiltWrite>, EngineError> {
    let kept = slot
        .builds
        .iter()
        .position(|build| build.execution == *target)
        .unwrap_or(slot.builds.len());
    let undone: Vec<Build> = slot.builds.drain(..kept).collect();
    // The edges hold what the rolled-back executions built; they are set back, as of the baseline that stands again.
    let as_of = slot
        .builds
        .first()
        .map_or(ended_at, |build| build.started_at);
    let reverted = built::reverted(session, &state.application, &undone, as_of).await?;
    for (package, version) in reverted.undone {
        let hold = Held {
            version,
            reason: HeldReason::RolledBack,
            since: session.now,
        };
        // What is held already came after what succeeded: a newer version that failed stays held.
        slot.held.entry(package).or_insert(hold);
    }
    Ok(reverted.writes)
}

fn first_seen<P>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    event: &ExecutionEvent,
    execution: Option<&Execution>,
) -> SeenExecution {
    let trigger = event.trigger.as_ref();
    let started_by = match trigger {
        Some(Trigger::Rule | Trigger::Request) => StartedBy::Rule,
        // The event that told who started it is lost, and nobody else tells: it may have been asked for.
        None if !executions::are_readable(session, &event.pipeline.target) => StartedBy::Rule,
        Some(Trigger::Session(_) | Trigger::Other(_)) | None => StartedBy::Person,
    };
    let cascade = match started_by {
        // An old EventBridge rule: it continues the cascade of the change before it.
        StartedBy::Rule => state.slot.last_cascade.clone().unwrap_or_default(),
        StartedBy::Person | StartedBy::Downriver(_) => Cascade::default(),
    };
    let is_rollback_trigger =
        matches!(trigger, Some(Trigger::Other(kind)) if kind.ends_with("Rollback"));
    SeenExecution {
        execution: event.execution.clone(),
        started_by,
        started_at: event
            .started_at
            .or_else(|| execution.map(|execution| execution.started_at))
            .unwrap_or(event.event_time),
        ended_at: None,
        is_superseded: false,
        is_failed: false,
        is_rollback: is_rollback_trigger
            || execution.is_some_and(|execution| execution.rollback_target.is_some()),
        cascade,
    }
}

const fn ends(state: ExecutionState) -> bool {
    matches!(
        state,
        ExecutionState::Succeeded
            | ExecutionState::Failed
            | ExecutionState::Canceled
            | ExecutionState::Superseded
            | ExecutionState::Stopped
    )
}
