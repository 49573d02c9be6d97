//! An attempt of the slot's own rebuild that ran since the backup: the slot runs it, as recovery of a start would say.

use std::collections::BTreeSet;

use downriver_domain::slot::{Rebuild, Running, SeenExecution, Slot, SlotState, StartedBy};
use downriver_domain::{Cascade, Pipeline};

use super::{Ours, Step, is_in_flight, pipeline};
use crate::carry_out::{carry_out, marker_write, next_version, note, rebuild_entry};
use crate::cascade::cascade_of;
use crate::error::EngineError;
use crate::history::{HistoryEntry, NoteKind, Outcome};
use crate::ports::{
    ApplicationState, BudgetWrite, BuiltWrite, Commit, CommitOutcome, ExecutionStatus, Ports,
};
use crate::session::Session;
use crate::start::CLOCK_SKEW_SECS;

/// The last attempt of the slot's rebuild that the slot does not know.
pub(super) fn later_attempt<'o, 'e>(slot: &Slot, ours: &'o [Ours<'e>]) -> Option<&'o Ours<'e>> {
    let rebuild = slot.rebuild()?;
    let last =
        of_rebuild(rebuild, ours).max_by_key(|ours| (ours.attempt, ours.execution.started_at))?;
    let is_current = match &slot.state {
        SlotState::Running(running) | SlotState::Parked(running) => {
            running.execution == last.execution.id
        }
        _ => false,
    };
    (!is_current && !is_known(slot, last)).then_some(last)
}

/// The attempts that this rebuild can have made: one that was requested only after the backup was put back has a number
/// that another one may have had before.
pub(super) fn of_rebuild<'o, 'e>(
    rebuild: &Rebuild,
    ours: &'o [Ours<'e>],
) -> impl Iterator<Item = &'o Ours<'e>> {
    let number = rebuild.id.parts().map(|(_, number)| number);
    let since = rebuild.requested_at.minus_secs(CLOCK_SKEW_SECS);
    ours.iter()
        .filter(move |ours| Some(ours.rebuild) == number && ours.execution.started_at >= since)
}

/// Its end is in the slot, or the slot started it itself. One that is in flight and that an event told us of after the
/// backup was put back was taken for somebody else's.
fn is_known(slot: &Slot, ours: &Ours<'_>) -> bool {
    slot.executions.iter().any(|seen| {
        seen.execution == ours.execution.id
            && (seen.ended_at.is_some() || matches!(seen.started_by, StartedBy::Downriver(_)))
    })
}

pub(super) async fn adopt<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    ours: &[Ours<'_>],
    found: &Ours<'_>,
) -> Result<Step, EngineError> {
    let Some(rebuild) = state.slot.rebuild() else {
        return Ok(Step::Done);
    };
    let failed = of_rebuild(rebuild, ours)
        .filter(|ours| ours.attempt < found.attempt && !is_known(&state.slot, ours))
        .filter(|ours| ours.execution.status == ExecutionStatus::Failed)
        .count();
    let rebuild = Rebuild {
        attempts: rebuild.attempts.max(found.attempt),
        failures: rebuild
            .failures
            .saturating_add(u32::try_from(failed).unwrap_or(u32::MAX)),
        first_started_at: rebuild
            .first_started_at
            .or(Some(found.execution.started_at)),
        ..rebuild.clone()
    };
    let text = format!(
        "attempt {} ran since the backup that was put back: execution {}",
        found.id, found.execution.id
    );
    let found = Found {
        rebuild,
        attempt: found,
        built: Vec::new(),
        history: Vec::new(),
    };
    run(session, state, next_version(&state.slot), found, text).await
}

/// An execution that the slot is to run, and what is written with it.
pub(super) struct Found<'o, 'e> {
    pub(super) rebuild: Rebuild,
    pub(super) attempt: &'o Ours<'e>,
    pub(super) built: Vec<BuiltWrite>,
    pub(super) history: Vec<HistoryEntry>,
}

/// Lets the slot run this execution. It takes a place in the budget if it is in flight and there is one.
pub(super) async fn run<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    mut slot: Slot,
    adopted: Found<'_, '_>,
    text: String,
) -> Result<Step, EngineError> {
    let Found {
        rebuild,
        attempt,
        built,
        mut history,
    } = adopted;
    let execution = attempt.execution;
    let pipeline: Pipeline = pipeline(state).clone();
    let held = match &state.slot.state {
        SlotState::Starting(_) => true,
        SlotState::Running(running) => running.holds_budget,
        _ => false,
    };
    let budget = (!held && is_in_flight(execution)).then(|| BudgetWrite::Take {
        executions_in_flight_max: session.topology.budget(&pipeline.target),
        target: pipeline.target.clone(),
        rebuild: rebuild.id.clone(),
    });
    let id = &state.application.id;
    history.extend([
        note(
            id,
            NoteKind::Recovered,
            Some(&rebuild.id),
            Some(&execution.id),
            &text,
            session.now,
        ),
        rebuild_entry(
            id,
            &rebuild,
            Outcome::Running,
            &text,
            std::slice::from_ref(&execution.id),
            session.now,
        ),
    ]);
    slot.note_execution(seen(attempt, cascade_of(id, &rebuild)));
    slot.wake_at = Some(
        execution
            .started_at
            .plus_secs(state.application.policy.max_run_secs),
    );
    slot.state = SlotState::Running(Running {
        attempt: attempt.id.clone(),
        pipeline,
        execution: execution.id.clone(),
        started_at: execution.started_at,
        following: None,
        holds_budget: held || budget.is_some(),
        published: BTreeSet::new(),
        rebuild,
    });
    let commit = Commit {
        marker: marker_write(&slot, state.application.is_producer(), false),
        slot: Some(slot),
        budget,
        built,
        history,
        ..Commit::default()
    };
    record(session, commit).await
}

fn seen(attempt: &Ours<'_>, cascade: Cascade) -> SeenExecution {
    SeenExecution {
        execution: attempt.execution.id.clone(),
        started_by: StartedBy::Downriver(attempt.id.clone()),
        started_at: attempt.execution.started_at,
        ended_at: None,
        is_superseded: false,
        is_failed: false,
        is_rollback: false,
        cascade,
    }
}

/// An execution that runs anyway is recorded also where the budget has no room for it.
async fn record<P: Ports>(
    session: &Session<'_, P>,
    mut commit: Commit,
) -> Result<Step, EngineError> {
    let mut outcome = carry_out(session, &commit, &[]).await?;
    if outcome == CommitOutcome::BudgetFull {
        commit.budget = None;
        if let Some(Slot {
            state: SlotState::Running(running),
            ..
        }) = &mut commit.slot
        {
            running.holds_budget = false;
        }
        outcome = carry_out(session, &commit, &[]).await?;
    }
    Ok(if outcome == CommitOutcome::Done {
        Step::Took
    } else {
        Step::Conflict
    })
}
