//! How executions come to be: `StartPipelineExecution`, what else starts them, rollbacks.

use std::sync::Arc;

use super::{
    EXECUTIONS_CONCURRENT_MAX, EXECUTIONS_KEPT_MAX, Execution, Moving, Place, Status, Token,
    Trigger,
};
use crate::simulated_aws::declaration::Mode;
use crate::simulated_aws::error::ApiError;
use crate::simulated_aws::events::Level;
use crate::simulated_aws::instant::Millis;

/// A start, its input already checked against the model.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    pub(crate) trigger: Trigger,
    pub(crate) token: Option<String>,
    pub(crate) variables: Vec<(String, String)>,
    /// Source action and the revision it is to take.
    pub(crate) overrides: Vec<(String, String)>,
}

impl Start {
    pub(crate) fn by(kind: &str, detail: &str) -> Self {
        Self {
            trigger: Trigger {
                kind: kind.to_owned(),
                detail: detail.to_owned(),
            },
            token: None,
            variables: Vec::new(),
            overrides: Vec::new(),
        }
    }
}

impl Moving<'_> {
    /// The id of the execution that the call led to. Repeating a token within the window gives the execution that it
    /// started, whatever else the call says: AWS documents no more than that the token identifies a request.
    pub(crate) fn start(
        &mut self,
        start: Start,
        token_window_ms: Millis,
    ) -> Result<String, ApiError> {
        if let Some(known) = self.started_before(start.token.as_deref(), token_window_ms) {
            return Ok(known);
        }
        let variables = self.resolve_variables(&start.variables)?;
        self.check_overrides(&start.overrides)?;
        self.check_room()?;
        let number = self.add(start.trigger);
        if let Some(text) = start.token {
            let at = self.now;
            let token = Token {
                text,
                at,
                execution: number,
            };
            self.pipeline.tokens.push(token);
        }
        let script = self.pipeline.next_scripts.pop_front();
        let script = script.unwrap_or_else(|| self.pipeline.script.clone());
        let execution = self.pipeline.by_number_mut(number);
        let execution = execution.expect("an execution was just added");
        execution.variables = variables;
        execution.overrides = start.overrides;
        execution.script = script;
        let id = execution.id.clone();
        self.emit(number, Level::Pipeline, "STARTED");
        self.arrive(number, 0);
        Ok(id)
    }

    /// A ROLLBACK execution of one stage, with what the target had.
    pub(super) fn start_rollback(&mut self, stage: usize, to: u64, trigger: Trigger) -> String {
        let number = self.add(trigger);
        let target = self.pipeline.by_number(to).cloned();
        let target = target.expect("the caller found the target");
        let execution = self.pipeline.by_number_mut(number);
        let execution = execution.expect("an execution was just added");
        execution.rolls_back_to = Some(target.id);
        execution.variables = target.variables;
        execution.sources = target.sources;
        let id = execution.id.clone();
        self.emit(number, Level::Pipeline, "STARTED");
        self.enter(number, stage, "STARTED");
        id
    }

    fn add(&mut self, trigger: Trigger) -> u64 {
        self.forget_oldest();
        let pipeline = &mut *self.pipeline;
        pipeline.started += 1;
        pipeline.executions.push(Execution {
            number: pipeline.started,
            id: self.ids.uuid(),
            declaration: Arc::clone(&pipeline.declaration),
            status: Status::InProgress,
            started_at: self.now,
            updated_at: self.now,
            trigger,
            variables: Vec::new(),
            rolls_back_to: None,
            overrides: Vec::new(),
            sources: Vec::new(),
            script: pipeline.script.clone(),
            place: Place::Before(0),
            stay: 0,
            attempt: 1,
            passes: Vec::new(),
            actions: Vec::new(),
            succeeded_in: std::collections::BTreeSet::new(),
            stop_reason: None,
        });
        pipeline.started
    }

    fn forget_oldest(&mut self) {
        let executions = &mut self.pipeline.executions;
        if executions.len() >= EXECUTIONS_KEPT_MAX
            && let Some(oldest) = executions.iter().position(|known| !known.is_active())
        {
            executions.remove(oldest);
        }
    }

    fn started_before(&mut self, token: Option<&str>, window_ms: Millis) -> Option<String> {
        let (now, token) = (self.now, token?);
        let tokens = &mut self.pipeline.tokens;
        tokens.retain(|known| known.at + window_ms > now);
        let known = tokens.iter().find(|known| known.text == token)?;
        let number = known.execution;
        Some(self.pipeline.by_number(number)?.id.clone())
    }

    /// Declared variables with the caller's values or their defaults. That undeclared ones are refused is our assumption;
    /// that a declared one without a value and a default is, AWS documents.
    fn resolve_variables(
        &self,
        given: &[(String, String)],
    ) -> Result<Vec<(String, String)>, ApiError> {
        let declaration = &self.pipeline.declaration;
        if declaration.is_v1 && !given.is_empty() {
            return Err(ApiError::validation(
                "Pipeline variables are supported by pipelines of type V2 only",
            ));
        }
        let is_declared = |name: &str| declaration.variables.iter().any(|known| known.name == name);
        if let Some((name, _)) = given.iter().find(|(name, _)| !is_declared(name)) {
            let message = format!("The pipeline declares no variable {name}");
            return Err(ApiError::validation(message));
        }
        let mut resolved = Vec::new();
        for variable in &declaration.variables {
            let value = given.iter().find(|(name, _)| *name == variable.name);
            let value = value.map(|(_, value)| value).or(variable.default.as_ref());
            let Some(value) = value else {
                let message = format!("The variable {} has no value and no default", variable.name);
                return Err(ApiError::validation(message));
            };
            resolved.push((variable.name.clone(), value.clone()));
        }
        Ok(resolved)
    }

    fn check_overrides(&self, overrides: &[(String, String)]) -> Result<(), ApiError> {
        let declaration = &self.pipeline.declaration;
        if declaration.is_v1 && !overrides.is_empty() {
            return Err(ApiError::validation(
                "Source revision overrides are supported by pipelines of type V2 only",
            ));
        }
        let sources = &declaration.stages[0].actions;
        let is_source = |name: &str| sources.iter().any(|action| action.name == name);
        match overrides.iter().find(|(name, _)| !is_source(name)) {
            Some((name, _)) => Err(ApiError::validation(format!(
                "The pipeline has no source action {name}"
            ))),
            None => Ok(()),
        }
    }

    pub(super) fn check_room(&self) -> Result<(), ApiError> {
        let active = self
            .pipeline
            .executions
            .iter()
            .filter(|known| known.is_active());
        if self.pipeline.declaration.mode == Mode::Superseded
            || active.count() < EXECUTIONS_CONCURRENT_MAX
        {
            return Ok(());
        }
        Err(ApiError::of(
            "ConcurrentPipelineExecutionsLimitExceededException",
            format!("The pipeline has {EXECUTIONS_CONCURRENT_MAX} executions already"),
        ))
    }
}
