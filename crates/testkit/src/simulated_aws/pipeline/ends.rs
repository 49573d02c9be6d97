//! How executions end other than by their last stage, and how each change is told.

use super::{ActionStatus, Effect, Moving, Place, StageStatus, Status};
use crate::simulated_aws::events::{Level, event_of};

impl Moving<'_> {
    pub(super) fn complete_stop(&mut self, number: u64, stage: usize) {
        self.mark(number, stage, StageStatus::Stopped);
        self.end(number, Status::Stopped);
        self.emit(number, Level::Stage(stage), "STOPPED");
        self.emit(number, Level::Pipeline, "STOPPED");
    }

    /// Ends the running actions of a stage without a result, and tells each by this state.
    pub(super) fn abandon_actions(&mut self, number: u64, stage: usize, state: &'static str) {
        let now = self.now;
        let Some(execution) = self.pipeline.by_number_mut(number) else {
            return;
        };
        let running: Vec<usize> = execution.running_actions(stage).collect();
        for index in &running {
            let pass = &mut execution.actions[*index];
            pass.status = ActionStatus::Abandoned;
            pass.updated_at = now;
        }
        for index in running {
            self.emit(number, Level::Action(index), state);
        }
    }

    /// Somebody edited the pipeline: what is active is cancelled.
    pub(super) fn cancel(&mut self, number: u64) {
        let place = self.pipeline.by_number(number).map(|known| known.place);
        if let Some(Place::In(stage)) = place {
            self.abandon_actions(number, stage, "CANCELED");
            self.mark(number, stage, StageStatus::Cancelled);
            self.emit(number, Level::Stage(stage), "CANCELED");
        }
        self.end(number, Status::Cancelled);
        self.emit(number, Level::Pipeline, "CANCELED");
    }

    pub(super) fn end(&mut self, number: u64, status: Status) {
        self.put(number, Place::Ended);
        if let Some(execution) = self.pipeline.by_number_mut(number) {
            execution.status = status;
        }
    }

    pub(super) fn mark(&mut self, number: u64, stage: usize, status: StageStatus) {
        let Some(execution) = self.pipeline.by_number_mut(number) else {
            return;
        };
        if status == StageStatus::Succeeded {
            execution.succeeded_in.insert(stage);
        }
        if let Some(pass) = execution.passes.iter_mut().find(|pass| pass.stage == stage) {
            pass.status = status;
            pass.failures += u32::from(status == StageStatus::Failed);
        }
    }

    pub(super) fn emit(&mut self, number: u64, level: Level, state: &'static str) {
        if let Some(execution) = self.pipeline.by_number(number) {
            let key = &self.pipeline.key;
            let event = event_of(key, &execution.told(level, state), self.now);
            self.effects.push(Effect::Emit(event));
        }
    }
}
