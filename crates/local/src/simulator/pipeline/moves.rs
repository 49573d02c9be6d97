//! How executions move: into stages, past them, out of them.

use super::{Effect, ExecutionState, Moving, Place, STOP_SECS, Status};
use crate::simulator::agenda::ProgressStep;
use crate::simulator::text::Text;
use crate::story::{OutcomeKind, PipelineMode, Transition};

impl Moving<'_> {
    /// Whether the story lets this execution fail in this stage. A retried one succeeds.
    pub(crate) fn is_failing(&self, number: u64, stage: usize) -> bool {
        let is_first_attempt = self
            .state
            .execution(number)
            .is_some_and(|execution| execution.attempt == 1 && execution.rolls_back_to.is_none());
        is_first_attempt && self.failing_stage(number) == Some(stage)
    }

    /// Ends an execution's stay in a stage, well or with a reason.
    pub(crate) fn leave(&mut self, number: u64, stage: usize, result: Result<(), String>) {
        let is_stopping = |execution: &ExecutionState| execution.status == Status::Stopping;
        if self.state.execution(number).is_some_and(is_stopping) {
            self.complete_stop(number);
            return;
        }
        match result {
            Err(reason) => self.fail(number, stage, reason),
            Ok(()) if self.is_last_stage_of(number, stage) => {
                self.end(number, Status::Succeeded);
                self.effects.push(Effect::Emit(number, "SUCCEEDED"));
                self.effects.push(Effect::Succeeded(number));
                self.schedule(number, OutcomeKind::RolledBack, ProgressStep::RolledBack);
            }
            Ok(()) => self.arrive(number, stage + 1),
        }
        self.admit(stage);
    }

    /// An execution comes to a stage: it enters, or waits before it. Where only the newest waits, it overtakes the others.
    pub(super) fn arrive(&mut self, number: u64, stage: usize) {
        if stage >= self.facts.spec.stages.len() {
            self.end(number, Status::Succeeded);
            self.effects.push(Effect::Emit(number, "SUCCEEDED"));
            self.effects.push(Effect::Succeeded(number));
            return;
        }
        self.put(number, Place::Before(stage));
        if self.facts.spec.mode == PipelineMode::Superseded {
            let overtaken: Vec<u64> = self
                .waiting(stage)
                .filter(|waiting| *waiting < number)
                .collect();
            for waiting in overtaken {
                self.end(waiting, Status::Superseded);
                self.effects.push(Effect::Emit(waiting, "SUPERSEDED"));
            }
        }
        self.admit(stage);
    }

    /// Lets in whoever waits before a stage and may enter: in SUPERSEDED and QUEUED mode one at a time, the oldest first.
    fn admit(&mut self, stage: usize) {
        let spec = &self.facts.spec;
        let transition = spec.stages.get(stage).map(|known| known.transition);
        if transition != Some(Transition::Enabled) {
            return;
        }
        let is_parallel = spec.mode == PipelineMode::Parallel;
        let waiting: Vec<u64> = self.waiting(stage).collect();
        for number in waiting {
            if !is_parallel && self.is_occupied(stage) {
                return;
            }
            self.enter(number, stage);
        }
    }

    pub(super) fn enter(&mut self, number: u64, stage: usize) {
        self.put(number, Place::In(stage));
        let Some(execution) = self.state.execution_mut(number) else {
            return;
        };
        execution.stay += 1;
        let (stay, is_rollback) = (execution.stay, execution.rolls_back_to.is_some());
        let facts = self.facts;
        if stage == facts.spec.build_stage() && !is_rollback {
            self.later(number, stay, 0, ProgressStep::Resolve);
        }
        let known = &facts.spec.stages[stage];
        let scripted_secs = |kind| {
            facts
                .outcome(number, kind)
                .filter(|outcome| {
                    outcome
                        .stage
                        .as_ref()
                        .is_none_or(|name| *name == known.name)
                })
                .and_then(|outcome| outcome.after_secs)
        };
        let ends_after = if known.needs_approval {
            let approved = facts.outcome(number, OutcomeKind::Approved);
            let is_here = approved.is_some_and(|outcome| {
                outcome
                    .stage
                    .as_ref()
                    .is_none_or(|name| *name == known.name)
            });
            is_here.then(|| scripted_secs(OutcomeKind::Approved).unwrap_or(known.secs))
        } else if self.is_failing(number, stage) {
            Some(scripted_secs(OutcomeKind::Failed).unwrap_or(known.secs))
        } else {
            Some(known.secs)
        };
        if let Some(secs) = ends_after {
            self.later(number, stay, secs, ProgressStep::StageEnds);
        }
    }

    fn fail(&mut self, number: u64, stage: usize, reason: String) {
        self.end(number, Status::Failed);
        if let Some(execution) = self.state.execution_mut(number) {
            execution.failed_stage = Some(stage);
            execution.reason = Some(reason);
        }
        self.effects.push(Effect::Emit(number, "FAILED"));
        let facts = self.facts;
        let scripted = [
            (OutcomeKind::Resumed, ProgressStep::StageRetried),
            (OutcomeKind::RolledBack, ProgressStep::RolledBack),
        ];
        for (kind, step) in scripted {
            if let Some(outcome) = facts.outcome(number, kind) {
                self.later(number, 0, outcome.after_secs.unwrap_or(0), step);
            }
        }
    }

    /// A person stops the execution.
    pub(crate) fn ask_stop(&mut self, number: u64) {
        let now = self.now;
        let Some(execution) = self.active(number) else {
            return;
        };
        execution.status = Status::Stopping;
        execution.updated_at = Text(now);
        self.effects.push(Effect::Emit(number, "STOPPING"));
        self.later(number, 0, STOP_SECS, ProgressStep::StopCompletes);
    }

    pub(crate) fn complete_stop(&mut self, number: u64) {
        if self.active(number).is_some() {
            self.leave_ended(number, Status::Stopped, "STOPPED");
        }
    }

    /// Somebody edits the pipeline: what is active is cancelled. Parallel executions go on, but for the one meant.
    pub(crate) fn edit(&mut self, number: u64) {
        let is_parallel = self.facts.spec.mode == PipelineMode::Parallel;
        let active: Vec<u64> = self
            .state
            .executions
            .iter()
            .filter(|known| known.is_active() && (!is_parallel || known.number == number))
            .map(|known| known.number)
            .collect();
        for known in active {
            self.end(known, Status::Cancelled);
            self.effects.push(Effect::Emit(known, "CANCELED"));
        }
    }

    /// A person retries the stage that failed.
    pub(crate) fn retry_stage(&mut self, number: u64) {
        let Some(execution) = self.state.execution_mut(number) else {
            return;
        };
        let (Status::Failed, Some(stage)) = (execution.status, execution.failed_stage) else {
            return;
        };
        execution.status = Status::InProgress;
        execution.failed_stage = None;
        execution.reason = None;
        execution.attempt += 1;
        self.effects.push(Effect::Emit(number, "RESUMED"));
        self.arrive(number, stage);
    }

    /// A person rolls the failed stage, or after a success the first that deploys, back to what an earlier execution built.
    pub(crate) fn undo(&mut self, number: u64) {
        let facts = self.facts;
        let to = facts
            .outcome(number, OutcomeKind::RolledBack)
            .and_then(|outcome| outcome.to);
        let stage = self
            .state
            .execution(number)
            .and_then(|execution| execution.failed_stage)
            .or_else(|| facts.spec.deploy_stage());
        if let (Some(to), Some(stage)) = (to, stage) {
            self.roll_back(stage, to);
        }
    }

    fn leave_ended(&mut self, number: u64, status: Status, state: &'static str) {
        let place = self.state.execution(number).map(|known| known.place);
        self.end(number, status);
        self.effects.push(Effect::Emit(number, state));
        if let Some(Place::In(stage)) = place {
            self.admit(stage);
        }
    }

    fn end(&mut self, number: u64, status: Status) {
        self.put(number, Place::Ended);
        if let Some(execution) = self.state.execution_mut(number) {
            execution.status = status;
        }
    }

    fn put(&mut self, number: u64, place: Place) {
        let now = self.now;
        if let Some(execution) = self.state.execution_mut(number) {
            execution.place = place;
            execution.updated_at = Text(now);
        }
    }

    fn later(&mut self, execution: u64, stay: u32, after_secs: u64, step: ProgressStep) {
        self.effects.push(Effect::Later {
            execution,
            stay,
            after_secs,
            step,
        });
    }

    fn active(&mut self, number: u64) -> Option<&mut ExecutionState> {
        self.state
            .execution_mut(number)
            .filter(|execution| execution.is_active())
    }

    fn waiting(&self, stage: usize) -> impl Iterator<Item = u64> + use<'_> {
        self.state
            .executions
            .iter()
            .filter(move |known| known.place == Place::Before(stage))
            .map(|known| known.number)
    }

    fn is_occupied(&self, stage: usize) -> bool {
        self.state
            .executions
            .iter()
            .any(|known| known.place == Place::In(stage))
    }

    fn is_last_stage_of(&self, number: u64, stage: usize) -> bool {
        let is_rollback = self
            .state
            .execution(number)
            .is_some_and(|execution| execution.rolls_back_to.is_some());
        is_rollback || stage + 1 == self.facts.spec.stages.len()
    }

    fn failing_stage(&self, number: u64) -> Option<usize> {
        let outcome = self.facts.outcome(number, OutcomeKind::Failed)?;
        let stages = &self.facts.spec.stages;
        match &outcome.stage {
            Some(name) => stages.iter().position(|stage| stage.name == *name),
            None => Some(self.facts.spec.build_stage()),
        }
    }
}
