//! What is known of a pipeline's executions: CodePipeline is asked, or where no role may ask it, what events told counts.

use downriver_domain::slot::{SeenExecution, Slot};
use downriver_domain::{Pipeline, PipelineExecutionId, Target, Timestamp};

use crate::ports::{Execution, ExecutionStatus, Pipelines, Ports, ReadError, Trigger};
use crate::session::Session;

/// Whether CodePipeline can be asked there.
pub(crate) fn are_readable<P>(session: &Session<'_, P>, target: &Target) -> bool {
    !session.topology.event_started.contains(target)
}

/// Why nothing is read there.
pub(crate) fn unreadable(target: &Target) -> ReadError {
    ReadError::Denied(format!(
        "{target} is started by events, so no role is assumed there"
    ))
}

/// One execution, as CodePipeline reports it now.
pub(crate) async fn load<P: Ports>(
    session: &Session<'_, P>,
    pipeline: &Pipeline,
    id: &PipelineExecutionId,
) -> Result<Execution, ReadError> {
    if !are_readable(session, &pipeline.target) {
        return Err(unreadable(&pipeline.target));
    }
    session.ports.pipelines().load_execution(pipeline, id).await
}

/// Executions, as far as they are known.
pub(crate) struct Known {
    /// Newest first.
    pub(crate) executions: Vec<Execution>,
    /// As CodePipeline reports them now; else what events told, some of which may be lost.
    pub(crate) is_read: bool,
}

/// Executions started at or after `since`, at most `limit`. Where CodePipeline may not be asked, those of the slot.
pub(crate) async fn list_known<P: Ports>(
    session: &Session<'_, P>,
    slot: &Slot,
    pipeline: &Pipeline,
    since: Timestamp,
    limit: usize,
) -> Result<Known, ReadError> {
    if are_readable(session, &pipeline.target) {
        let pipelines = session.ports.pipelines();
        match pipelines.list_executions(pipeline, since, limit).await {
            Err(ReadError::Denied(_)) => {}
            listed => {
                return Ok(Known {
                    executions: listed?,
                    is_read: true,
                });
            }
        }
    }
    let seen = { slot.executions.iter() }.filter(|seen| seen.started_at >= since);
    Ok(Known {
        executions: seen.take(limit).map(|seen| told(slot, seen)).collect(),
        is_read: false,
    })
}

/// An end that built nothing counts as a failure: which one it was is not kept, and nothing depends on it.
fn told(slot: &Slot, seen: &SeenExecution) -> Execution {
    let is_built = { slot.builds.iter() }.any(|build| build.execution == seen.execution);
    let status = match seen.ended_at {
        _ if seen.is_superseded => ExecutionStatus::Superseded,
        None => ExecutionStatus::InProgress,
        Some(_) if is_built => ExecutionStatus::Succeeded,
        Some(_) => ExecutionStatus::Failed,
    };
    Execution {
        id: seen.execution.clone(),
        status,
        started_at: seen.started_at,
        updated_at: seen.ended_at.unwrap_or(seen.started_at),
        trigger: Trigger::Other("not told".to_owned()),
        rollback_target: None,
        failed_stage: None,
    }
}
