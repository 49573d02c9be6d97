//! An operator gives a rebuild up.

use downriver_domain::ApplicationId;
use downriver_domain::slot::{SlotState, decide_cancelled};

use super::Operated;
use crate::carry_out::{carry_out, marker_write, next_version, note, rebuild_entry};
use crate::error::EngineError;
use crate::history::{NoteKind, Outcome};
use crate::ports::{
    ApplicationState, BudgetWrite, Commit, CommitOutcome, Notice, NoticeKind, Ports,
};
use crate::session::{CONTENTION_MAX, Session, contended};

/// Ends a pending, stuck or parked rebuild. One that CodePipeline has, or is just being asked for, is not touched: only
/// CodePipeline can stop it.
pub(super) async fn cancel<P: Ports>(
    session: &Session<'_, P>,
    application: &ApplicationId,
    by: &str,
    reason: &str,
) -> Result<Operated, EngineError> {
    for _ in 0..CONTENTION_MAX {
        let Some(state) = session.load(application).await? else {
            return Ok(Operated::UnknownApplication);
        };
        let in_flight = match &state.slot.state {
            SlotState::Idle => return Ok(Operated::Unchanged),
            SlotState::Pending(_) | SlotState::Stuck(_) | SlotState::Parked(_) => None,
            SlotState::Starting(starting) => Some((&starting.rebuild.id, &starting.pipeline, None)),
            SlotState::Running(running) => Some((
                &running.rebuild.id,
                &running.pipeline,
                Some(&running.execution),
            )),
        };
        if let Some((rebuild, pipeline, execution)) = in_flight {
            return Ok(Operated::InFlight {
                rebuild: rebuild.clone(),
                pipeline: pipeline.clone(),
                execution: execution.cloned(),
            });
        }
        let (commit, notice) = cancelled(session, &state, by, reason);
        if carry_out(session, &commit, &notice).await? == CommitOutcome::Done {
            return Ok(Operated::Done);
        }
    }
    Err(contended(application))
}

fn cancelled<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    by: &str,
    reason: &str,
) -> (Commit, Vec<Notice>) {
    let Some(rebuild) = state.slot.rebuild() else {
        return (Commit::default(), Vec::new());
    };
    let id = &state.application.id;
    let (target, execution) = match &state.slot.state {
        SlotState::Parked(parked) => (&parked.pipeline.target, Some(&parked.execution)),
        _ => (&state.application.pipeline.target, None),
    };
    let runs_on = execution.map_or_else(String::new, |execution| {
        format!("; execution {execution} is left to CodePipeline")
    });
    let text =
        format!("{by} cancelled it: {reason}; held until `retry` or a newer version{runs_on}");
    let mut slot = next_version(&state.slot);
    decide_cancelled(&mut slot, rebuild, &text, session.now);
    let executions: Vec<_> = execution.into_iter().cloned().collect();
    let history = vec![
        note(
            id,
            NoteKind::Operator,
            Some(&rebuild.id),
            execution,
            &text,
            session.now,
        ),
        rebuild_entry(
            id,
            rebuild,
            Outcome::Stopped,
            &text,
            &executions,
            session.now,
        ),
    ];
    let notice = Notice {
        kind: NoticeKind::RebuildEnded(Outcome::Stopped),
        at: session.now,
        owner: Some(state.application.owner.clone()),
        application: Some(id.clone()),
        rebuild: Some(rebuild.id.clone()),
        package_version: None,
        is_urgent: false,
        text,
    };
    let budget = BudgetWrite::Return {
        target: target.clone(),
        rebuild: rebuild.id.clone(),
    };
    let commit = Commit {
        marker: marker_write(&slot, state.application.is_producer(), false),
        slot: Some(slot),
        budget: Some(budget),
        history,
        ..Commit::default()
    };
    (commit, vec![notice])
}
