//! Follows pipeline executions, ours and other people's.

use downriver_domain::{Pipeline, PipelineExecutionId, Timestamp};

use crate::error::EngineError;
use crate::ports::{Ports, Trigger};

/// A `CodePipeline Pipeline Execution State Change` event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionEvent {
    pub pipeline: Pipeline,
    pub execution: PipelineExecutionId,
    pub state: ExecutionState,
    /// `start-time` of the detail.
    pub started_at: Option<Timestamp>,
    pub event_time: Timestamp,
    /// Only some events carry it.
    pub trigger: Option<Trigger>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExecutionState {
    Started,
    Succeeded,
    Failed,
    Canceled,
    Superseded,
    Stopping,
    Stopped,
    Resumed,
}

/// Records what happened to an execution and lets go what was waiting for it.
pub async fn track<P: Ports>(ports: &P, event: &ExecutionEvent) -> Result<(), EngineError> {
    let _ = (ports, event);
    Ok(())
}
