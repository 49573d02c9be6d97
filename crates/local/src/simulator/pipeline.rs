//! One simulated pipeline: its executions and how they move through its stages.
//!
//! Knows nothing of other pipelines, packages or the engine: what has to happen elsewhere is returned as [`Effect`]s. The
//! rules are those of CodePipeline's "How pipeline executions work" and "Execution modes".

mod moves;
mod starts;

use downriver_domain::{ClientRequestToken, PipelineExecutionId, Timestamp};
use downriver_engine::ports::{Execution, ExecutionStatus, FailedStage, Trigger};
use serde::{Deserialize, Serialize};

use super::agenda::ProgressStep;
use super::facts::ApplicationFacts;
use super::rows::BuiltPackageRow;
use super::text::Text;

/// Most concurrent executions of a QUEUED or PARALLEL pipeline (CodePipeline's quota).
pub(crate) const EXECUTIONS_CONCURRENT_MAX: usize = 50;

/// Ended executions that a pipeline remembers, oldest forgotten first; CodePipeline forgets after 12 months.
const EXECUTIONS_KEPT_MAX: usize = 200;

/// From a person's stop to its completion.
const STOP_SECS: u64 = 5;

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct PipelineState {
    /// Executions that ever started; numbers the next one.
    pub(crate) started: u64,
    /// Calls that were answered with an error so far, for the next execution.
    refused: u32,
    /// In order of their start.
    pub(crate) executions: Vec<ExecutionState>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ExecutionState {
    /// Counted from 1 within the pipeline; 0 for one that only an input event tells of.
    pub(crate) number: u64,
    pub(crate) id: Text<PipelineExecutionId>,
    pub(crate) status: Status,
    pub(crate) started_at: Text<Timestamp>,
    pub(crate) updated_at: Text<Timestamp>,
    pub(crate) trigger: TriggerRow,
    token: Option<Text<ClientRequestToken>>,
    pub(crate) variables: Vec<(String, String)>,
    place: Place,
    /// Counts its entries into stages.
    pub(crate) stay: u32,
    /// Counts the person's retries too, from 1.
    pub(crate) attempt: u32,
    /// The execution that a ROLLBACK returns to.
    pub(crate) rolls_back_to: Option<Text<PipelineExecutionId>>,
    failed_stage: Option<usize>,
    pub(crate) reason: Option<String>,
    /// What its build resolved.
    pub(crate) built: Vec<BuiltPackageRow>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    InProgress,
    Stopping,
    Stopped,
    Succeeded,
    Superseded,
    Failed,
    Cancelled,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TriggerRow {
    /// `StartPipelineExecution` by a role session of this name.
    Session(String),
    Rule,
    /// A rule of the bus on which executions are asked for.
    Request,
    Push,
    ManualRollback,
    /// As an input event has it.
    Other(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    /// Before this stage, which is occupied or whose transition is disabled.
    Before(usize),
    In(usize),
    Ended,
}

/// What has to happen elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Tell of the execution's new state, by this name.
    Emit(u64, &'static str),
    /// Move this execution on after some seconds.
    Later {
        execution: u64,
        stay: u32,
        after_secs: u64,
        step: ProgressStep,
    },
    Succeeded(u64),
}

/// One pipeline at one instant, with what its moves ask for.
pub(crate) struct Moving<'a> {
    pub(crate) state: &'a mut PipelineState,
    pub(crate) facts: &'a ApplicationFacts,
    pub(crate) now: Timestamp,
    pub(crate) effects: Vec<Effect>,
}

impl PipelineState {
    pub(crate) fn execution(&self, number: u64) -> Option<&ExecutionState> {
        self.executions
            .iter()
            .rev()
            .find(|execution| execution.number == number && number > 0)
    }

    pub(crate) fn execution_mut(&mut self, number: u64) -> Option<&mut ExecutionState> {
        self.executions
            .iter_mut()
            .rev()
            .find(|execution| execution.number == number && number > 0)
    }

    pub(crate) fn by_id(&self, id: &PipelineExecutionId) -> Option<&ExecutionState> {
        self.executions
            .iter()
            .rev()
            .find(|execution| execution.id.0 == *id)
    }

    /// The stage that an execution is in, if this stay there still lasts.
    pub(crate) fn stage_of(&self, number: u64, stay: u32) -> Option<usize> {
        let execution = self.execution(number)?;
        match execution.place {
            Place::In(stage) if execution.stay == stay => Some(stage),
            _ => None,
        }
    }

    /// Takes over what an input event says about an execution that was not simulated.
    pub(crate) fn observe(
        &mut self,
        id: &PipelineExecutionId,
        status: Status,
        at: Timestamp,
        started_at: Option<Timestamp>,
        trigger: Option<TriggerRow>,
    ) {
        if let Some(known) = self.executions.iter_mut().find(|known| known.id.0 == *id) {
            if known.number == 0 && known.updated_at.0 <= at {
                known.status = status;
                known.updated_at = Text(at);
                known.trigger = trigger.unwrap_or_else(|| known.trigger.clone());
            }
            return;
        }
        let started_at = started_at.unwrap_or(at);
        let place = self
            .executions
            .partition_point(|known| known.started_at.0 <= started_at);
        let execution = ExecutionState {
            status,
            updated_at: Text(at),
            place: Place::Ended,
            ..ExecutionState::new(
                0,
                id.clone(),
                started_at,
                trigger.unwrap_or_else(|| TriggerRow::Other("unknown".to_owned())),
            )
        };
        self.executions.insert(place, execution);
    }
}

impl ExecutionState {
    fn new(
        number: u64,
        id: PipelineExecutionId,
        started_at: Timestamp,
        trigger: TriggerRow,
    ) -> Self {
        Self {
            number,
            id: Text(id),
            status: Status::InProgress,
            started_at: Text(started_at),
            updated_at: Text(started_at),
            trigger,
            token: None,
            variables: Vec::new(),
            place: Place::Before(0),
            stay: 0,
            attempt: 1,
            rolls_back_to: None,
            failed_stage: None,
            reason: None,
            built: Vec::new(),
        }
    }

    /// The execution as the API reports it.
    pub(crate) fn report(&self, facts: &ApplicationFacts) -> Execution {
        let spec = &facts.spec;
        let failed_stage = self.failed_stage.and_then(|at| {
            let deploy = spec.deploy_stage();
            spec.stages.get(at).map(|stage| FailedStage {
                name: stage.name.clone(),
                is_before_deploy: deploy.is_none_or(|deploy| at < deploy),
                message: self.reason.clone(),
                ..FailedStage::default()
            })
        });
        Execution {
            id: self.id.0.clone(),
            status: self.status.to_port(),
            started_at: self.started_at.0,
            updated_at: self.updated_at.0,
            trigger: self.trigger.to_port(),
            rollback_target: self.rolls_back_to.as_ref().map(|id| id.0.clone()),
            failed_stage,
        }
    }

    fn is_active(&self) -> bool {
        self.place != Place::Ended
    }
}

impl Status {
    const fn to_port(self) -> ExecutionStatus {
        match self {
            Self::InProgress => ExecutionStatus::InProgress,
            Self::Stopping => ExecutionStatus::Stopping,
            Self::Stopped => ExecutionStatus::Stopped,
            Self::Succeeded => ExecutionStatus::Succeeded,
            Self::Superseded => ExecutionStatus::Superseded,
            Self::Failed => ExecutionStatus::Failed,
            Self::Cancelled => ExecutionStatus::Cancelled,
        }
    }
}

impl TriggerRow {
    /// Downriver started it, or asked for it.
    pub(crate) const fn is_ours(&self) -> bool {
        matches!(self, Self::Session(_) | Self::Request)
    }

    fn to_port(&self) -> Trigger {
        match self {
            Self::Session(name) => Trigger::Session(name.clone()),
            Self::Rule => Trigger::Rule,
            Self::Request => Trigger::Request,
            Self::Push => Trigger::Other("WebhookV2".to_owned()),
            Self::ManualRollback => Trigger::Other("ManualRollback".to_owned()),
            Self::Other(name) => Trigger::Other(name.clone()),
        }
    }

    pub(crate) fn from_port(trigger: &Trigger) -> Self {
        match trigger {
            Trigger::Session(name) => Self::Session(name.clone()),
            Trigger::Rule => Self::Rule,
            Trigger::Request => Self::Request,
            Trigger::Other(name) => Self::Other(name.clone()),
        }
    }
}
