//! An execution as `ListPipelineExecutions` tells it.

use aws_sdk_codepipeline::types::{PipelineExecutionStatus, PipelineExecutionSummary};
use aws_smithy_types::DateTime;
use downriver_domain::{PipelineExecutionId, Timestamp};
use downriver_engine::ports::{Execution, ExecutionStatus, ReadError, Trigger};
use downriver_engine::wire::codepipeline::trigger_of;

/// Without an id, a status or a start it is no answer.
pub(super) fn parse(summary: &PipelineExecutionSummary) -> Result<Execution, ReadError> {
    let id = summary.pipeline_execution_id().unwrap_or_default();
    let id: PipelineExecutionId = id.parse().map_err(|error| broken(&error))?;
    let started_at = summary.start_time().and_then(timestamp);
    let started_at = started_at.ok_or_else(|| broken(&format!("execution {id} has no start")))?;
    let status = summary.status();
    let status = status.ok_or_else(|| broken(&format!("execution {id} has no status")))?;
    let trigger = summary.trigger();
    let kind = trigger.and_then(|trigger| trigger.trigger_type());
    Ok(Execution {
        status: parse_status(status),
        started_at,
        updated_at: summary
            .last_update_time()
            .and_then(timestamp)
            .unwrap_or(started_at),
        trigger: kind.map_or_else(
            || Trigger::Other("unknown".to_owned()),
            |kind| trigger_of(kind.as_str(), trigger.and_then(|by| by.trigger_detail())),
        ),
        rollback_target: summary
            .rollback_metadata()
            .and_then(|rollback| rollback.rollback_target_pipeline_execution_id())
            .map(str::parse)
            .transpose()
            .map_err(|error| broken(&error))?,
        failed_stage: None,
        id,
    })
}

/// A status that came after this was written counts as in progress: it is asked for again.
fn parse_status(status: &PipelineExecutionStatus) -> ExecutionStatus {
    match status {
        PipelineExecutionStatus::Cancelled => ExecutionStatus::Cancelled,
        PipelineExecutionStatus::Failed => ExecutionStatus::Failed,
        PipelineExecutionStatus::InProgress => ExecutionStatus::InProgress,
        PipelineExecutionStatus::Stopped => ExecutionStatus::Stopped,
        PipelineExecutionStatus::Stopping => ExecutionStatus::Stopping,
        PipelineExecutionStatus::Succeeded => ExecutionStatus::Succeeded,
        PipelineExecutionStatus::Superseded => ExecutionStatus::Superseded,
        other => {
            tracing::warn!(
                status = other.as_str(),
                "an execution's status is unknown; it is taken to be in progress"
            );
            ExecutionStatus::InProgress
        }
    }
}

pub(crate) fn timestamp(at: &DateTime) -> Option<Timestamp> {
    at.to_millis().ok().map(Timestamp::from_unix_millis)
}

fn broken(reason: &impl ToString) -> ReadError {
    ReadError::Transient(format!(
        "CodePipeline's answer cannot be read: {}",
        reason.to_string()
    ))
}
