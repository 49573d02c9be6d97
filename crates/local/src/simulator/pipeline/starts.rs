//! How executions come to be: `StartPipelineExecution`, pushes, rollbacks.

use downriver_domain::{AttemptId, ClientRequestToken, PipelineExecutionId};
use downriver_engine::ports::StartError;

use super::{
    EXECUTIONS_CONCURRENT_MAX, EXECUTIONS_KEPT_MAX, Effect, ExecutionState, Moving, TriggerRow,
};
use crate::simulator::agenda::ProgressStep;
use crate::simulator::facts::pipeline_key;
use crate::simulator::ids::uuid_of;
use crate::simulator::text::Text;
use crate::story::{OutcomeKind, PipelineMode};

/// Bounds of `StartPipelineExecution`'s `variables`.
const VARIABLES_MAX: usize = 50;
const VARIABLE_CHARS_MAX: usize = 1000;

/// The number of the execution that a call led to, or the error it is answered with.
type Started = Result<u64, StartError>;

impl Moving<'_> {
    /// `StartPipelineExecution`. Repeating a token gives the execution that it started.
    pub(crate) fn call_start(
        &mut self,
        attempt: &AttemptId,
        token: &ClientRequestToken,
        variables: &[(String, String)],
    ) -> Started {
        let of_token =
            |known: &&ExecutionState| known.token.as_ref().is_some_and(|t| t.0 == *token);
        if let Some(known) = self.state.executions.iter().find(of_token) {
            return Ok(known.number);
        }
        self.check_variables(variables)?;
        if let Some(error) = self.scripted_refusal() {
            self.state.refused += 1;
            return Err(error);
        }
        if self.is_full() {
            return Err(StartError::Busy);
        }
        let trigger = TriggerRow::Session(attempt.as_str().to_owned());
        let number = self.start(trigger, Some(token.clone()), variables.to_vec());
        let facts = self.facts;
        match facts.outcome(number, OutcomeKind::Unknown) {
            Some(_) => Err(StartError::Unknown("the call timed out".to_owned())),
            None => Ok(number),
        }
    }

    /// A rule of the bus of requests starts it. EventBridge tries again what is refused for now; of anything else nobody hears.
    pub(crate) fn request(&mut self, variables: &[(String, String)]) -> Option<u64> {
        self.check_variables(variables).ok()?;
        while let Some(error) = self.scripted_refusal() {
            self.state.refused += 1;
            if !matches!(error, StartError::Throttled | StartError::Busy) {
                return None;
            }
        }
        (!self.is_full()).then(|| self.start(TriggerRow::Request, None, variables.to_vec()))
    }

    /// An execution that somebody else started. A full pipeline refuses it.
    pub(crate) fn push(&mut self, trigger: TriggerRow) -> Option<u64> {
        (!self.is_full()).then(|| self.start(trigger, None, Vec::new()))
    }

    fn start(
        &mut self,
        trigger: TriggerRow,
        token: Option<ClientRequestToken>,
        variables: Vec<(String, String)>,
    ) -> u64 {
        let number = self.add(trigger);
        let execution = self.state.executions.last_mut();
        let execution = execution.expect("an execution was just added");
        execution.token = token.map(Text);
        execution.variables = variables;
        self.effects.push(Effect::Emit(number, "STARTED"));
        self.schedule(number, OutcomeKind::Stopped, ProgressStep::StopAsked);
        self.schedule(number, OutcomeKind::Canceled, ProgressStep::PipelineEdited);
        self.arrive(number, 0);
        number
    }

    /// A ROLLBACK execution of one stage, returning to what execution `to` built.
    pub(super) fn roll_back(&mut self, stage: usize, to: u64) {
        let Some(target) = self.state.execution(to).cloned() else {
            return;
        };
        let number = self.add(TriggerRow::ManualRollback);
        let execution = self.state.executions.last_mut();
        let execution = execution.expect("an execution was just added");
        execution.rolls_back_to = Some(target.id);
        execution.built = target.built;
        self.effects.push(Effect::Emit(number, "STARTED"));
        self.enter(number, stage);
    }

    fn add(&mut self, trigger: TriggerRow) -> u64 {
        self.forget_oldest();
        let state = &mut *self.state;
        state.started += 1;
        state.refused = 0;
        let id = uuid_of(
            "execution",
            &pipeline_key(&self.facts.pipeline),
            state.started,
        );
        let id: PipelineExecutionId = id.parse().expect("a UUID is an execution id");
        let execution = ExecutionState::new(state.started, id, self.now, trigger);
        state.executions.push(execution);
        state.started
    }

    fn forget_oldest(&mut self) {
        let ended = |execution: &ExecutionState| !execution.is_active();
        let executions = &mut self.state.executions;
        if executions.len() >= EXECUTIONS_KEPT_MAX
            && let Some(oldest) = executions.iter().position(ended)
        {
            executions.remove(oldest);
        }
    }

    fn is_full(&self) -> bool {
        let active = self
            .state
            .executions
            .iter()
            .filter(|known| known.is_active());
        self.facts.spec.mode != PipelineMode::Superseded
            && active.count() >= EXECUTIONS_CONCURRENT_MAX
    }

    fn check_variables(&self, variables: &[(String, String)]) -> Result<(), StartError> {
        let invalid = |reason: &str| Err(StartError::Invalid(reason.to_owned()));
        if self.facts.spec.is_v1 && !variables.is_empty() {
            return invalid("a pipeline of type V1 has no variables");
        }
        if variables.len() > VARIABLES_MAX {
            return invalid("more than 50 variables");
        }
        let fits = |value: &String| (1..=VARIABLE_CHARS_MAX).contains(&value.chars().count());
        if !variables.iter().all(|(_, value)| fits(value)) {
            return invalid("a variable's value has not 1 to 1,000 characters");
        }
        Ok(())
    }

    /// The error that the story has for this call. Calls for the next execution are answered with the scripted errors
    /// first, in the order of the story.
    fn scripted_refusal(&self) -> Option<StartError> {
        let next = self.state.started + 1;
        let mut answered = self.state.refused;
        for outcome in &self.facts.outcomes {
            let error = match outcome.kind {
                _ if outcome.execution != next => continue,
                OutcomeKind::Throttled => StartError::Throttled,
                OutcomeKind::Busy => StartError::Busy,
                OutcomeKind::NotFound => StartError::NotFound,
                OutcomeKind::Denied => {
                    StartError::Denied("the role may not start this pipeline".to_owned())
                }
                _ => continue,
            };
            if answered < outcome.times {
                return Some(error);
            }
            answered -= outcome.times;
        }
        None
    }

    /// Schedules what a story lets happen to an execution later.
    pub(super) fn schedule(&mut self, number: u64, kind: OutcomeKind, step: ProgressStep) {
        let facts = self.facts;
        if let Some(outcome) = facts.outcome(number, kind) {
            self.effects.push(Effect::Later {
                execution: number,
                stay: 0,
                after_secs: outcome.after_secs.unwrap_or(0),
                step,
            });
        }
    }
}
