//! How executions move: into stages and past them.

use super::{ActionPass, ActionStatus, Effect, Moving, Place, StagePass, StageStatus, Status};
use crate::simulated_aws::declaration::Mode;
use crate::simulated_aws::events::Level;
use crate::simulated_aws::ids::commit_of;
use crate::simulated_aws::script::{Outcome, Script};

impl Moving<'_> {
    /// An execution comes to a stage: it enters, or waits before it. Where only the newest waits, it overtakes the others.
    pub(super) fn arrive(&mut self, number: u64, stage: usize) {
        self.put(number, Place::Before(stage));
        if self.pipeline.declaration.mode == Mode::Superseded {
            let overtaken: Vec<u64> = self
                .waiting(stage)
                .filter(|waiting| *waiting < number)
                .collect();
            for waiting in overtaken {
                self.end(waiting, Status::Superseded);
                self.emit(waiting, Level::Pipeline, "SUPERSEDED");
            }
        }
        self.admit(stage);
    }

    /// Lets in whoever waits before a stage and may enter: in SUPERSEDED and QUEUED mode one at a time, the oldest first.
    pub(super) fn admit(&mut self, stage: usize) {
        let transition = self.pipeline.transitions.get(stage);
        if transition.is_some_and(|transition| transition.disabled.is_some()) {
            return;
        }
        let waiting: Vec<u64> = self.waiting(stage).collect();
        for number in waiting {
            if self.is_occupied(stage) {
                return;
            }
            self.enter(number, stage, "STARTED");
        }
    }

    /// `told` is the state that the stage's event tells: STARTED or RESUMED.
    pub(super) fn enter(&mut self, number: u64, stage: usize, told: &'static str) {
        self.put(number, Place::In(stage));
        if let Some(entered) = self.pipeline.entered.get_mut(stage) {
            *entered = Some(number);
        }
        let now = self.now;
        let Some(execution) = self.pipeline.by_number_mut(number) else {
            return;
        };
        let actions = execution.declaration.stages[stage].actions.len();
        execution.stay += 1;
        match execution.passes.iter_mut().find(|pass| pass.stage == stage) {
            Some(pass) => {
                pass.status = StageStatus::InProgress;
                pass.started_at = now;
            }
            None => execution.passes.push(StagePass {
                stage,
                status: StageStatus::InProgress,
                started_at: now,
                failures: 0,
            }),
        }
        let first_action = execution.actions.len();
        let ids = &mut *self.ids;
        execution
            .actions
            .extend((0..actions).map(|action| ActionPass {
                id: ids.uuid(),
                stage,
                action,
                started_at: now,
                updated_at: now,
                status: ActionStatus::InProgress,
                external_id: ids.uuid(),
                reason: None,
            }));
        let (stay, actions) = (execution.stay, first_action..execution.actions.len());
        self.emit(number, Level::Stage(stage), told);
        for action in actions {
            self.emit(number, Level::Action(action), "STARTED");
        }
        if let Some(after_ms) = self.stay_ms(number, stage) {
            self.effects.push(Effect::StageEnds {
                execution: number,
                stay,
                after_ms,
            });
        }
    }

    /// The scripted end of a stay, if it still lasts.
    pub(crate) fn end_stay(&mut self, number: u64, stay: u32) {
        let Some(execution) = self.pipeline.by_number(number) else {
            return;
        };
        let Place::In(stage) = execution.place else {
            return;
        };
        if execution.stay != stay {
            return;
        }
        let failures = execution.pass(stage).map_or(0, |pass| pass.failures);
        let script = &execution.script;
        let is_failing = script.outcome == Outcome::Fail
            && !execution.is_rollback()
            && is_scripted_for(script, execution, stage)
            && failures < script.failures;
        let result = if is_failing {
            Err(script.reason.clone())
        } else {
            Ok(())
        };
        self.leave(number, stage, &result);
    }

    /// Ends the stay in a stage of the execution with this number, or of every one; how many there were.
    pub(crate) fn finish(&mut self, only: Option<u64>, result: &Result<(), String>) -> usize {
        let staying: Vec<(u64, usize)> = self
            .pipeline
            .executions
            .iter()
            .filter(|known| only.is_none_or(|only| only == known.number))
            .filter_map(|known| match known.place {
                Place::In(stage) => Some((known.number, stage)),
                _ => None,
            })
            .collect();
        for (number, stage) in &staying {
            self.leave(*number, *stage, result);
        }
        staying.len()
    }

    /// Ends an execution's stay in a stage, well or with a reason.
    fn leave(&mut self, number: u64, stage: usize, result: &Result<(), String>) {
        let is_stopping = self
            .pipeline
            .by_number(number)
            .is_some_and(|known| known.status == Status::Stopping);
        let is_success = result.is_ok();
        self.end_actions(number, stage, result);
        if is_stopping {
            self.complete_stop(number, stage);
        } else if !is_success {
            self.mark(number, stage, StageStatus::Failed);
            self.end(number, Status::Failed);
            self.emit(number, Level::Stage(stage), "FAILED");
            self.emit(number, Level::Pipeline, "FAILED");
        } else {
            self.mark(number, stage, StageStatus::Succeeded);
            self.emit(number, Level::Stage(stage), "SUCCEEDED");
            if self.is_last_stage_of(number, stage) {
                self.end(number, Status::Succeeded);
                self.emit(number, Level::Pipeline, "SUCCEEDED");
            } else {
                self.arrive(number, stage + 1);
            }
        }
        self.admit(stage);
    }

    /// In a failing stage the last action failed. Source actions that succeed find their revisions.
    fn end_actions(&mut self, number: u64, stage: usize, result: &Result<(), String>) {
        let head = commit_of((&self.pipeline.key.account, &self.pipeline.key.name));
        let now = self.now;
        let Some(execution) = self.pipeline.by_number_mut(number) else {
            return;
        };
        if stage == 0 && result.is_ok() && !execution.is_rollback() {
            let found = execution.script.source_revision.clone().unwrap_or(head);
            let revision_of = |name: &String| {
                let overridden = execution
                    .overrides
                    .iter()
                    .find(|(action, _)| action == name);
                overridden.map_or_else(|| found.clone(), |(_, revision)| revision.clone())
            };
            let sources = execution.declaration.stages[0].actions.iter();
            let sources = sources.map(|action| (action.name.clone(), revision_of(&action.name)));
            execution.sources = sources.collect();
        }
        let running: Vec<usize> = execution.running_actions(stage).collect();
        for index in &running {
            let pass = &mut execution.actions[*index];
            pass.updated_at = now;
            match result {
                Err(reason) if Some(index) == running.last() => {
                    pass.status = ActionStatus::Failed;
                    pass.reason = Some(reason.clone());
                }
                _ => pass.status = ActionStatus::Succeeded,
            }
        }
        for index in &running {
            let is_failed = result.is_err() && Some(index) == running.last();
            let state = if is_failed { "FAILED" } else { "SUCCEEDED" };
            self.emit(number, Level::Action(*index), state);
        }
    }

    /// How long an execution stays in a stage; None where it waits for somebody.
    fn stay_ms(&self, number: u64, stage: usize) -> Option<u64> {
        let execution = self.pipeline.by_number(number)?;
        let known = &execution.declaration.stages[stage];
        let script = &execution.script;
        let is_hanging = script.outcome == Outcome::Hang
            && !execution.is_rollback()
            && is_scripted_for(script, execution, stage);
        if is_hanging {
            None
        } else if known.has("Approval") {
            script.approved_after_ms
        } else {
            Some(script.duration_of(&known.name))
        }
    }

    pub(super) fn waiting(&self, stage: usize) -> impl Iterator<Item = u64> + use<'_> {
        self.pipeline
            .executions
            .iter()
            .filter(move |known| known.place == Place::Before(stage))
            .map(|known| known.number)
    }

    /// Whether the stage is locked: never in PARALLEL mode.
    pub(super) fn is_occupied(&self, stage: usize) -> bool {
        self.pipeline.declaration.mode != Mode::Parallel
            && self
                .pipeline
                .executions
                .iter()
                .any(|known| known.place == Place::In(stage))
    }

    pub(super) fn put(&mut self, number: u64, place: Place) {
        let now = self.now;
        if let Some(execution) = self.pipeline.by_number_mut(number) {
            execution.place = place;
            execution.updated_at = now;
        }
    }

    fn is_last_stage_of(&self, number: u64, stage: usize) -> bool {
        self.pipeline
            .by_number(number)
            .is_none_or(|known| known.is_rollback() || stage + 1 == known.declaration.stages.len())
    }
}

impl super::Execution {
    /// Indexes of the actions of a stage that have not ended.
    pub(super) fn running_actions(&self, stage: usize) -> impl Iterator<Item = usize> + use<'_> {
        let passes = self.actions.iter().enumerate();
        passes
            .filter(move |(_, pass)| pass.stage == stage && pass.status == ActionStatus::InProgress)
            .map(|(index, _)| index)
    }
}

/// Whether this is the stage that the script lets fail or hang.
fn is_scripted_for(script: &Script, execution: &super::Execution, stage: usize) -> bool {
    let declaration = &execution.declaration;
    match &script.in_stage {
        Some(name) => declaration.stages[stage].name == *name,
        None => declaration.build_stage() == stage,
    }
}
