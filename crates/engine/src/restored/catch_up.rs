//! What else ran since the backup: successes are what the next rebuild is judged against, numbers are not used again.

use downriver_domain::slot::{
    Build, Pending, Rebuild, SeenExecution, Slot, SlotState, StartedBy, Starting, merge_joined,
};
use downriver_domain::{ApplicationId, AttemptId, Cascade, RebuildId};

use super::adopt::{self, Found, of_rebuild};
use super::{Ours, Step, is_in_flight};
use crate::carry_out::{carry_out, judge_soon, marker_write, next_version, note, rebuild_entry};
use crate::error::EngineError;
use crate::history::{HistoryEntry, NoteKind, Outcome};
use crate::ports::{
    ApplicationState, BudgetWrite, BuiltWrite, Commit, CommitOutcome, Execution, ExecutionStatus,
    Ports, Trigger,
};
use crate::session::Session;
use crate::track::ExecutionState;
use crate::track::others::{roll_back, succeed};

/// A start of which nothing is found, though something ran after it: it came to nothing, and its rebuild may have become
/// needless. It waits again and is judged anew; the next attempt has another number.
pub(super) async fn give_up_start<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    starting: &Starting,
) -> Result<Step, EngineError> {
    let mut slot = next_version(&state.slot);
    slot.state = SlotState::Pending(Pending::new(starting.rebuild.clone()));
    slot.wake_at = Some(session.now);
    let text = format!(
        "attempt {} started nothing before the backup was put back, and something else ran since",
        starting.attempt
    );
    let commit = Commit {
        slot: Some(slot),
        budget: Some(BudgetWrite::Return {
            target: starting.pipeline.target.clone(),
            rebuild: starting.rebuild.id.clone(),
        }),
        history: vec![recovered(session, &state.application.id, text)],
        ..Commit::default()
    };
    Ok(
        if carry_out(session, &commit, &[]).await? == CommitOutcome::Done {
            Step::Took
        } else {
            Step::Conflict
        },
    )
}

pub(super) async fn catch_up<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    executions: &[Execution],
    ours: &[Ours<'_>],
) -> Result<Step, EngineError> {
    let mut slot = next_version(&state.slot);
    slot.is_uncompared = false;
    let unknown: Vec<&Execution> = unknown(&state.slot, executions);
    let mut built = Vec::new();
    for execution in &unknown {
        built.extend(take_in(session, state, &mut slot, execution, ours).await?);
    }
    let highest = ours.iter().map(|ours| ours.rebuild).max();
    slot.rebuilds_requested = slot.rebuilds_requested.max(highest.unwrap_or_default());
    let mut history = renumber(session, &mut slot, ours);
    if let Some(found) = in_flight(&slot, ours) {
        let (given_up, rebuild) = make_way(session, state, &mut slot, found);
        let text = format!(
            "attempt {} runs since before the backup was put back, which does not say what for: execution {}",
            found.id, found.execution.id
        );
        history.extend(given_up);
        let running = Found {
            rebuild,
            attempt: found,
            built,
            history,
        };
        return adopt::run(session, state, slot, running, text).await;
    }
    let is_same = Slot {
        revision: state.slot.revision,
        ..slot.clone()
    } == state.slot;
    if is_same {
        return Ok(Step::Done);
    }
    if !unknown.is_empty() {
        let text = format!(
            "{} executions that the backup does not know ran since; built versions follow those that succeeded",
            unknown.len()
        );
        history.push(recovered(session, &state.application.id, text));
    }
    judge_soon(session, &mut slot);
    let commit = Commit {
        marker: marker(state, &slot),
        slot: Some(slot),
        built,
        history,
        ..Commit::default()
    };
    Ok(
        if carry_out(session, &commit, &[]).await? == CommitOutcome::Done {
            Step::Took
        } else {
            Step::Conflict
        },
    )
}

/// Executions that are not in the slot, or not their end: the newest, and the last success even if it is not among them.
fn unknown<'e>(slot: &Slot, executions: &'e [Execution]) -> Vec<&'e Execution> {
    let current = match &slot.state {
        SlotState::Running(running) | SlotState::Parked(running) => Some(&running.execution),
        _ => None,
    };
    let is_unknown = |execution: &&Execution| {
        let known = slot
            .executions
            .iter()
            .find(|seen| seen.execution == execution.id);
        let is_built = slot
            .builds
            .iter()
            .any(|build| build.execution == execution.id);
        Some(&execution.id) != current
            && !is_built
            && known.is_none_or(|seen| seen.ended_at.is_none() && !is_in_flight(execution))
    };
    let newest = executions.len().saturating_sub(Slot::EXECUTIONS_MAX);
    let last_success = executions
        .iter()
        .rposition(|execution| execution.status == ExecutionStatus::Succeeded);
    executions
        .iter()
        .enumerate()
        .filter(|(at, _)| *at >= newest || Some(*at) == last_success)
        .map(|(_, execution)| execution)
        .filter(is_unknown)
        .collect()
}

/// Notes one execution; a success is the new baseline, as a person's is.
async fn take_in<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    slot: &mut Slot,
    execution: &Execution,
    ours: &[Ours<'_>],
) -> Result<Vec<BuiltWrite>, EngineError> {
    let attempt = ours
        .iter()
        .find(|ours| ours.execution.id == execution.id)
        .map(|ours| &ours.id);
    let started_by = match (attempt, &execution.trigger) {
        (Some(attempt), _) => StartedBy::Downriver(attempt.clone()),
        (None, Trigger::Rule | Trigger::Request) => StartedBy::Rule,
        (None, Trigger::Session(_) | Trigger::Other(_)) => StartedBy::Person,
    };
    let mut cascade = Cascade::default();
    if attempt.is_some() {
        cascade.applications.insert(state.application.id.clone());
    }
    slot.note_execution(SeenExecution {
        execution: execution.id.clone(),
        started_by,
        started_at: execution.started_at,
        ended_at: ExecutionState::of(execution.status).map(|_| execution.updated_at),
        is_superseded: execution.status == ExecutionStatus::Superseded,
        is_failed: execution.status == ExecutionStatus::Failed,
        is_rollback: execution.rollback_target.is_some(),
        cascade,
    });
    if execution.status != ExecutionStatus::Succeeded {
        return Ok(Vec::new());
    }
    if let Some(target) = &execution.rollback_target {
        return roll_back(session, state, slot, execution.updated_at, target).await;
    }
    let build = Build {
        execution: execution.id.clone(),
        rebuild: attempt
            .and_then(AttemptId::parts)
            .map(|(rebuild, _)| rebuild),
        is_proven: false,
        started_at: execution.started_at,
        ended_at: execution.updated_at,
        delivered: Vec::new(),
    };
    succeed(session, state, slot, build);
    Ok(Vec::new())
}

/// A waiting rebuild makes no attempt whose id was used: neither of its own, nor of one that had its number before.
fn renumber<P: Ports>(
    session: &Session<'_, P>,
    slot: &mut Slot,
    ours: &[Ours<'_>],
) -> Vec<HistoryEntry> {
    let rebuild = match &mut slot.state {
        SlotState::Pending(Pending { rebuild, .. }) => rebuild,
        SlotState::Stuck(stuck) => &mut stuck.rebuild,
        _ => return Vec::new(),
    };
    let made = of_rebuild(rebuild, ours).map(|ours| ours.attempt).max();
    rebuild.attempts = rebuild.attempts.max(made.unwrap_or_default());
    let number = rebuild.id.parts().map(|(_, number)| number);
    let all = ours.iter().filter(|ours| Some(ours.rebuild) == number);
    if all.count() == of_rebuild(rebuild, ours).count() {
        return Vec::new();
    }
    slot.rebuilds_requested += 1;
    let before = rebuild.clone();
    rebuild.id = RebuildId::numbered(&slot.application, slot.rebuilds_requested);
    rebuild.attempts = 0;
    let text = format!(
        "another rebuild had the number of {} before the backup was put back; it goes on as {}",
        before.id, rebuild.id
    );
    let application = &slot.application;
    let entry = |rebuild: &Rebuild, outcome| {
        rebuild_entry(application, rebuild, outcome, &text, &[], session.now)
    };
    vec![
        entry(&before, Outcome::NotNeeded),
        entry(rebuild, Outcome::Pending),
    ]
}

/// An execution of ours that runs, while the slot has none: nothing else may start beside it (I2).
fn in_flight<'o, 'e>(slot: &Slot, ours: &'o [Ours<'e>]) -> Option<&'o Ours<'e>> {
    if !matches!(
        slot.state,
        SlotState::Idle | SlotState::Pending(_) | SlotState::Stuck(_)
    ) {
        return None;
    }
    ours.iter()
        .filter(|ours| is_in_flight(ours.execution))
        .max_by_key(|ours| (ours.execution.started_at, ours.attempt))
}

/// What waits in the slot is judged again after the execution that runs; what that one is for is not known.
fn make_way<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    slot: &mut Slot,
    found: &Ours<'_>,
) -> (Vec<HistoryEntry>, Rebuild) {
    let id = &state.application.id;
    let mut history = Vec::new();
    if let Some(waiting) = slot.rebuild().cloned() {
        for (package, wanted) in &waiting.packages {
            merge_joined(slot, package, wanted.rejoined());
        }
        let text = format!(
            "execution {} runs already; its changes are judged again after that",
            found.execution.id
        );
        history.push(rebuild_entry(
            id,
            &waiting,
            Outcome::NotNeeded,
            text,
            &[],
            session.now,
        ));
    }
    let rebuild = Rebuild {
        id: RebuildId::numbered(id, found.rebuild),
        packages: std::collections::BTreeMap::new(),
        requested_at: found.execution.started_at,
        last_change_at: found.execution.started_at,
        attempts: found.attempt,
        failures: 0,
        is_canceled_once: false,
        upriver_held_since: None,
        waited: Vec::new(),
        first_started_at: Some(found.execution.started_at),
        is_expedited: false,
    };
    (history, rebuild)
}

/// The marker of a waiting producer names its rebuild, which may have got another number.
fn marker(state: &ApplicationState, slot: &Slot) -> Option<crate::ports::MarkerWrite> {
    let is_renumbered =
        slot.rebuild().map(|rebuild| &rebuild.id) != state.slot.rebuild().map(|known| &known.id);
    is_renumbered
        .then(|| marker_write(slot, state.application.is_producer(), false))
        .flatten()
}

fn recovered<P: Ports>(
    session: &Session<'_, P>,
    application: &ApplicationId,
    text: String,
) -> HistoryEntry {
    note(
        application,
        NoteKind::Recovered,
        None,
        None,
        text,
        session.now,
    )
}
