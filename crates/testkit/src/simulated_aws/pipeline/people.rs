//! What people do to pipelines: stop, retry, roll back, edit, open and close transitions.

use std::sync::Arc;

use super::{Effect, Execution, Moving, Pipeline, Place, StageStatus, Status, Transition, Trigger};
use crate::simulated_aws::declaration::{Declaration, Mode};
use crate::simulated_aws::error::ApiError;
use crate::simulated_aws::events::Level;

impl Moving<'_> {
    /// `StopPipelineExecution`. A running action is waited for, unless it is abandoned; between two stages nothing runs.
    pub(crate) fn stop(
        &mut self,
        id: &str,
        is_abandon: bool,
        reason: Option<&str>,
    ) -> Result<(), ApiError> {
        let not_stoppable = |message: &str| {
            Err(ApiError::of(
                "PipelineExecutionNotStoppableException",
                message,
            ))
        };
        let Some(execution) = self.pipeline.by_id(id) else {
            return not_stoppable("The pipeline has no such execution");
        };
        let (number, place) = (execution.number, execution.place);
        match execution.status {
            Status::InProgress => {}
            Status::Stopping if is_abandon => {}
            Status::Stopping => {
                return Err(ApiError::of(
                    "DuplicatedStopRequestException",
                    "The execution is stopping already",
                ));
            }
            _ => return not_stoppable("The execution has ended"),
        }
        let now = self.now;
        if let Some(execution) = self.pipeline.by_number_mut(number) {
            execution.status = Status::Stopping;
            execution.updated_at = now;
            execution.stop_reason = reason.map(str::to_owned).or(execution.stop_reason.take());
        }
        self.emit(number, Level::Pipeline, "STOPPING");
        match place {
            Place::In(stage) if is_abandon => {
                self.abandon_actions(number, stage, "ABANDONED");
                self.complete_stop(number, stage);
                self.admit(stage);
            }
            Place::In(stage) => {
                self.mark(number, stage, StageStatus::Stopping);
                self.emit(number, Level::Stage(stage), "STOPPING");
            }
            _ => {
                self.end(number, Status::Stopped);
                self.emit(number, Level::Pipeline, "STOPPED");
            }
        }
        Ok(())
    }

    /// `RetryStageExecution`, of a stage that failed or was stopped.
    pub(crate) fn retry(&mut self, stage: &str, id: &str) -> Result<(), ApiError> {
        let stage = self.pipeline.find_stage(stage)?;
        let not_retryable =
            |message: &str| Err(ApiError::of("StageNotRetryableException", message));
        let Some(execution) = self.pipeline.by_id(id) else {
            return not_retryable("The pipeline has no such execution");
        };
        let ended_here = execution
            .pass(stage)
            .is_some_and(|pass| matches!(pass.status, StageStatus::Failed | StageStatus::Stopped));
        if execution.is_active() || !ended_here {
            return not_retryable("The stage has not failed in this execution");
        }
        if !Arc::ptr_eq(&execution.declaration, &self.pipeline.declaration) {
            return not_retryable("The pipeline was edited after the execution started");
        }
        let number = execution.number;
        let is_latest = self.pipeline.entered[stage] == Some(number);
        if !is_latest && self.pipeline.declaration.mode != Mode::Parallel {
            return Err(ApiError::of(
                "NotLatestPipelineExecutionException",
                "A later execution has entered the stage",
            ));
        }
        self.check_room()?;
        if let Some(execution) = self.pipeline.by_number_mut(number) {
            execution.status = Status::InProgress;
            execution.attempt += 1;
            execution.stop_reason = None;
        }
        self.emit(number, Level::Pipeline, "RESUMED");
        self.enter(number, stage, "RESUMED");
        Ok(())
    }

    /// `RollbackStage`; the id of the ROLLBACK execution.
    pub(crate) fn roll_back(
        &mut self,
        stage: &str,
        target: &str,
        caller: &str,
    ) -> Result<String, ApiError> {
        let stage = self.pipeline.find_stage(stage)?;
        let Some(execution) = self.pipeline.by_id(target) else {
            return Err(execution_not_found(&self.pipeline.key.name, target));
        };
        let number = execution.number;
        let is_current = Arc::ptr_eq(&execution.declaration, &self.pipeline.declaration);
        self.pipeline.check_rollback(stage, execution)?;
        if !is_current {
            return Err(ApiError::of(
                "PipelineExecutionOutdatedException",
                "The pipeline was edited after the execution started",
            ));
        }
        if self.is_occupied(stage) {
            return Err(ApiError::of(
                "ConflictException",
                "The stage is in progress",
            ));
        }
        let trigger = Trigger {
            kind: "ManualRollback".to_owned(),
            detail: caller.to_owned(),
        };
        Ok(self.start_rollback(stage, number, trigger))
    }

    /// `UpdatePipeline`: what is active is cancelled, but PARALLEL executions go on as they began.
    pub(crate) fn edit(&mut self, declaration: Declaration) {
        if self.pipeline.declaration.mode != Mode::Parallel {
            let active = self
                .pipeline
                .executions
                .iter()
                .filter(|known| known.is_active());
            let active: Vec<u64> = active.map(|known| known.number).collect();
            for number in active {
                self.cancel(number);
            }
        }
        let stages = declaration.stages.len();
        self.pipeline.declaration = Arc::new(declaration);
        self.pipeline.updated_at = self.now;
        self.pipeline.transitions = vec![Transition::default(); stages];
        self.pipeline.entered = vec![None; stages];
    }

    /// `DisableStageTransition` with a reason, `EnableStageTransition` without one. The way out of a stage is the way into the
    /// next one.
    pub(crate) fn set_transition(
        &mut self,
        stage: &str,
        is_outbound: bool,
        disabled: Option<&str>,
        caller: &str,
    ) -> Result<(), ApiError> {
        let stage = self.pipeline.find_stage(stage)? + usize::from(is_outbound);
        if let Some(transition) = self.pipeline.transitions.get_mut(stage) {
            transition.disabled = disabled.map(str::to_owned);
            transition.changed = Some((caller.to_owned(), self.now));
            self.admit(stage);
        }
        Ok(())
    }

    /// Hands over what the moves asked for.
    pub(crate) fn into_effects(self) -> Vec<Effect> {
        self.effects
    }
}

impl Pipeline {
    fn find_stage(&self, name: &str) -> Result<usize, ApiError> {
        self.declaration.stage(name).ok_or_else(|| {
            let message = format!("Pipeline {} has no stage {name}", self.key.name);
            ApiError::of("StageNotFoundException", message)
        })
    }

    fn check_rollback(&self, stage: usize, target: &Execution) -> Result<(), ApiError> {
        let unable = if self.declaration.mode == Mode::Parallel {
            "Pipelines in PARALLEL mode cannot be rolled back"
        } else if self.declaration.is_v1 {
            "Pipelines of type V1 cannot be rolled back"
        } else if stage == 0 {
            "A source stage cannot be rolled back"
        } else if target.is_rollback() {
            "The target is itself a rollback"
        } else if !target.succeeded_in.contains(&stage) {
            "The target did not succeed in the stage"
        } else {
            return Ok(());
        };
        Err(ApiError::of("UnableToRollbackStageException", unable))
    }
}

pub(crate) fn execution_not_found(pipeline: &str, id: &str) -> ApiError {
    let message = format!("Pipeline {pipeline} has no execution with id '{id}'");
    ApiError::of("PipelineExecutionNotFoundException", message)
}
