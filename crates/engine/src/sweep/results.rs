//! Index results that are still awaited: the message that asked for one may be lost.

use downriver_domain::slot::Slot;

use super::load_readable;
use super::pass::Pass;
use crate::error::EngineError;
use crate::ports::{ApplicationState, LOAD_APPLICATIONS_MAX, Ports, Queue, ReadRequest, Store};

/// Slots looked at in one pass; they are those that wake within the wait for a result.
const SLOTS_MAX: usize = 5_000;
/// How far ahead: the wait for a result, in seconds.
const AHEAD_SECS: u64 = 600;
/// A result that is awaited for less is on its way, in seconds.
const FRESH_SECS: u64 = 120;

/// Asks once more for each result that is awaited, before the wait is over and the next decision goes without it.
pub(super) async fn ask_again<P: Ports>(pass: &mut Pass<'_, P>) -> Result<(), EngineError> {
    let session = pass.session;
    let horizon = session.now.plus_secs(AHEAD_SECS);
    let due = session.ports.store().list_due(horizon, SLOTS_MAX).await?;
    for ids in due.chunks(LOAD_APPLICATIONS_MAX) {
        if pass.is_over() {
            return Ok(());
        }
        for state in load_readable(pass, ids).await? {
            ask_one(pass, &state).await?;
        }
    }
    Ok(())
}

pub(super) async fn ask_one<P: Ports>(
    pass: &mut Pass<'_, P>,
    state: &ApplicationState,
) -> Result<(), EngineError> {
    let session = pass.session;
    let Some(execution) = awaited(&state.slot, session.now) else {
        return Ok(());
    };
    let request = ReadRequest {
        application: state.application.id.clone(),
        execution,
    };
    match session.ports.queue().send_read(&request).await {
        Ok(()) => pass.report.asked.note(&request.application),
        Err(error) => pass.report.fail(Some(&request.application), error.into())?,
    }
    Ok(())
}

fn awaited(
    slot: &Slot,
    now: downriver_domain::Timestamp,
) -> Option<downriver_domain::PipelineExecutionId> {
    let is_late = slot
        .index_awaited_until
        .is_some_and(|until| now < until && until.secs_since(now) + FRESH_SECS <= AHEAD_SECS);
    let build = slot.builds.first().filter(|build| !build.is_proven)?;
    is_late.then(|| build.execution.clone())
}
