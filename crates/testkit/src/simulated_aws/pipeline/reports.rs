//! What the API and the events say about a pipeline and its executions.

use serde_json::{Value, json};

use super::{ActionPass, ActionStatus, Execution, Pipeline, Place, StagePass};
use crate::simulated_aws::declaration::{Action, Mode};
use crate::simulated_aws::events::{Level, Told};
use crate::simulated_aws::instant::{to_millis_text, to_seconds};

/// CodePipeline cuts the names in the keys of artifacts.
const KEY_PIPELINE_CHARS: usize = 20;
const KEY_ARTIFACT_CHARS: usize = 10;
const KEY_TAIL_CHARS: usize = 7;

impl Execution {
    /// `PipelineExecution` of the model.
    pub(crate) fn to_json(&self, pipeline: &Pipeline) -> Value {
        let mut json = json!({
            "pipelineName": pipeline.key.name,
            "pipelineVersion": self.declaration.version,
            "pipelineExecutionId": self.id,
            "status": self.status.as_str(),
            "artifactRevisions": self.artifact_revisions(),
            "trigger": self.trigger_json(),
        });
        if !self.declaration.is_v1 {
            let variables = self.variables.iter();
            let variables =
                variables.map(|(name, value)| json!({"name": name, "resolvedValue": value}));
            json["variables"] = variables.collect();
        }
        self.add_kind(&mut json);
        json
    }

    /// `PipelineExecutionSummary` of the model.
    pub(crate) fn to_summary(&self) -> Value {
        let mut json = json!({
            "pipelineExecutionId": self.id,
            "status": self.status.as_str(),
            "startTime": to_seconds(self.started_at),
            "lastUpdateTime": to_seconds(self.updated_at),
            "sourceRevisions": self.source_revisions(),
            "trigger": self.trigger_json(),
        });
        if let Some(reason) = &self.stop_reason {
            json["stopTrigger"] = json!({"reason": reason});
        }
        self.add_kind(&mut json);
        json
    }

    pub(crate) fn has_succeeded_in(&self, stage: &str) -> bool {
        let stage = self.declaration.stage(stage);
        stage.is_some_and(|stage| self.succeeded_in.contains(&stage))
    }

    /// `ActionExecutionDetail`s of the model, newest first; with `is_latest_only` without those that a retry repeated.
    pub(crate) fn action_details(&self, pipeline: &Pipeline, is_latest_only: bool) -> Vec<Value> {
        let passes = self.actions.iter().enumerate().rev();
        passes
            .filter(|(index, pass)| !is_latest_only || !self.is_repeated(*index, pass))
            .map(|(_, pass)| self.action_detail(pipeline, pass))
            .collect()
    }

    /// What an event tells.
    pub(super) fn told(&self, level: Level, state: &'static str) -> Told {
        let mut detail = json!({
            "execution-id": self.id,
            "start-time": to_millis_text(self.started_at),
            "state": state,
            "version": f64::from(self.declaration.version),
            "pipeline-execution-attempt": f64::from(self.attempt),
        });
        match level {
            Level::Pipeline => {
                if state == "STARTED" {
                    detail["execution-trigger"] = json!({
                        "trigger-type": self.trigger.kind,
                        "trigger-detail": self.trigger.detail,
                    });
                }
                if let ("STOPPING" | "STOPPED", Some(reason)) = (state, &self.stop_reason) {
                    detail["stop-execution-comments"] = json!(reason);
                }
            }
            Level::Stage(stage) => {
                let began = self
                    .pass(stage)
                    .map_or(self.started_at, |pass| pass.started_at);
                detail["start-time"] = json!(to_millis_text(began));
                detail["stage"] = json!(self.declaration.stages[stage].name);
            }
            Level::Action(index) => self.tell_action(&self.actions[index], &mut detail),
        }
        Told {
            level,
            state,
            detail,
        }
    }

    /// The Region of a cross-Region action differs from the pipeline's; the caller sets the pipeline's.
    fn tell_action(&self, pass: &ActionPass, detail: &mut Value) {
        let action = self.action(pass);
        let kind = &action.json["actionTypeId"];
        detail["start-time"] = json!(to_millis_text(pass.started_at));
        detail["stage"] = json!(self.declaration.stages[pass.stage].name);
        detail["action"] = json!(action.name);
        detail["action-execution-id"] = json!(pass.id);
        detail["region"] = action.json["region"].clone();
        detail["type"] = json!({
            "owner": kind["owner"],
            "provider": kind["provider"],
            "category": kind["category"],
            "version": kind["version"],
        });
        if !action.inputs.is_empty() {
            detail["input-artifacts"] = self.artifacts(&action.inputs);
        }
        match pass.status {
            ActionStatus::Succeeded => {
                detail["output-artifacts"] = self.artifacts(&action.outputs);
                detail["execution-result"] = json!({
                    "external-execution-id": self.external_id(pass),
                });
            }
            ActionStatus::Failed => {
                detail["execution-result"] = json!({
                    "external-execution-id": self.external_id(pass),
                    "external-execution-summary": pass.reason,
                    "external-execution-url": self.external_url(pass),
                    "error-code": self.script.error_code,
                });
            }
            ActionStatus::InProgress | ActionStatus::Abandoned => {}
        }
    }

    fn action_detail(&self, pipeline: &Pipeline, pass: &ActionPass) -> Value {
        let action = self.action(pass);
        let mut input = json!({
            "actionTypeId": action.json["actionTypeId"],
            "configuration": action.json["configuration"],
            "resolvedConfiguration": action.json["configuration"],
            "region": pipeline.key.region,
            "inputArtifacts": self.artifacts(&action.inputs),
        });
        for member in ["region", "namespace"] {
            if !action.json[member].is_null() {
                input[member] = action.json[member].clone();
            }
        }
        let mut detail = json!({
            "pipelineExecutionId": self.id,
            "actionExecutionId": pass.id,
            "pipelineVersion": self.declaration.version,
            "stageName": self.declaration.stages[pass.stage].name,
            "actionName": action.name,
            "startTime": to_seconds(pass.started_at),
            "lastUpdateTime": to_seconds(pass.updated_at),
            "status": pass.status.as_str(),
            "input": input,
        });
        if pass.status != ActionStatus::InProgress {
            let is_success = pass.status == ActionStatus::Succeeded;
            let outputs = if is_success { &action.outputs[..] } else { &[] };
            detail["output"] = json!({
                "outputArtifacts": self.artifacts(outputs),
                "executionResult": self.result_of(pass),
                "outputVariables": {},
            });
        }
        detail
    }

    fn result_of(&self, pass: &ActionPass) -> Value {
        let mut result = json!({"externalExecutionId": self.external_id(pass)});
        if let Some(url) = self.external_url(pass) {
            result["externalExecutionUrl"] = json!(url);
        }
        if let Some(reason) = &pass.reason {
            result["externalExecutionSummary"] = json!(reason);
            result["errorDetails"] = json!({"code": self.script.error_code, "message": reason});
        }
        result
    }

    /// A page for people; CodePipeline has one of what runs elsewhere.
    fn external_url(&self, pass: &ActionPass) -> Option<String> {
        if pass.stage == 0 {
            return None;
        }
        let scripted = self.script.execution_url.clone();
        Some(scripted.unwrap_or_else(|| format!("https://console.example/{}", pass.external_id)))
    }

    /// A source action's is the commit that it found.
    fn external_id<'a>(&'a self, pass: &'a ActionPass) -> &'a str {
        let name = &self.action(pass).name;
        let found = self.sources.iter().find(|(action, _)| action == name);
        match found {
            Some((_, revision)) if pass.stage == 0 => revision,
            _ => &pass.external_id,
        }
    }

    fn action(&self, pass: &ActionPass) -> &Action {
        &self.declaration.stages[pass.stage].actions[pass.action]
    }

    fn is_repeated(&self, index: usize, pass: &ActionPass) -> bool {
        self.actions[index + 1..]
            .iter()
            .any(|later| (later.stage, later.action) == (pass.stage, pass.action))
    }

    /// `ArtifactDetail`s of the model, and as events have them.
    fn artifacts(&self, names: &[String]) -> Value {
        let cut = |text: &str, chars: usize| text.chars().take(chars).collect::<String>();
        let sources = self.declaration.stages[0].actions.iter();
        let sources: Vec<&String> = sources.flat_map(|action| &action.outputs).collect();
        let location = |name: &String| {
            if let Some(place) = &self.script.source_artifact
                && sources.contains(&name)
            {
                return json!({"name": name, "s3location": place});
            }
            let key = format!(
                "{}/{}/{}",
                cut(&self.declaration.name, KEY_PIPELINE_CHARS),
                cut(name, KEY_ARTIFACT_CHARS),
                cut(&self.id, KEY_TAIL_CHARS)
            );
            json!({"name": name, "s3location": {"bucket": self.declaration.bucket, "key": key}})
        };
        names.iter().map(location).collect()
    }

    fn source_revisions(&self) -> Value {
        let revisions = self.sources.iter();
        revisions
            .map(|(action, revision)| json!({"actionName": action, "revisionId": revision}))
            .collect()
    }

    fn artifact_revisions(&self) -> Value {
        let sources = &self.declaration.stages[0].actions;
        let revisions = self.sources.iter().flat_map(|(name, revision)| {
            let action = sources.iter().find(|action| action.name == *name);
            let outputs = action.into_iter().flat_map(|action| &action.outputs);
            outputs.map(move |artifact| json!({"name": artifact, "revisionId": revision}))
        });
        revisions.collect()
    }

    fn trigger_json(&self) -> Value {
        json!({"triggerType": self.trigger.kind, "triggerDetail": self.trigger.detail})
    }

    fn add_kind(&self, json: &mut Value) {
        json["executionMode"] = json!(self.declaration.mode.as_str());
        json["executionType"] = json!(self.kind());
        if let Some(target) = &self.rolls_back_to {
            json["rollbackMetadata"] = json!({"rollbackTargetPipelineExecutionId": target});
        }
    }

    fn kind(&self) -> &'static str {
        if self.is_rollback() {
            "ROLLBACK"
        } else {
            "STANDARD"
        }
    }

    /// `ActionExecution` of the model.
    fn action_execution(&self, pass: &ActionPass) -> Value {
        let mut json = json!({
            "actionExecutionId": pass.id,
            "status": pass.status.as_str(),
            "lastStatusChange": to_seconds(pass.updated_at),
            "externalExecutionId": pass.external_id,
        });
        if let Some(url) = self.external_url(pass) {
            json["externalExecutionUrl"] = json!(url);
        }
        if let Some(reason) = &pass.reason {
            json["errorDetails"] = json!({"code": self.script.error_code, "message": reason});
        }
        json
    }

    fn stage_execution(&self, pass: &StagePass) -> Value {
        json!({
            "pipelineExecutionId": self.id,
            "status": pass.status.as_str(),
            "type": self.kind(),
        })
    }
}

impl Pipeline {
    /// `GetPipelineStateOutput` of the model. In PARALLEL mode it tells of no execution.
    pub(crate) fn state_json(&self) -> Value {
        let stages = 0..self.declaration.stages.len();
        let states: Vec<Value> = stages.map(|stage| self.stage_state(stage)).collect();
        json!({
            "pipelineName": self.key.name,
            "pipelineVersion": self.declaration.version,
            "stageStates": states,
            "created": to_seconds(self.created_at),
            "updated": to_seconds(self.updated_at),
        })
    }

    fn stage_state(&self, stage: usize) -> Value {
        let transition = &self.transitions[stage];
        let mut inbound = json!({"enabled": transition.disabled.is_none()});
        if let Some((by, at)) = &transition.changed {
            inbound["lastChangedBy"] = json!(by);
            inbound["lastChangedAt"] = to_seconds(*at);
        }
        if let Some(reason) = &transition.disabled {
            inbound["disabledReason"] = json!(reason);
        }
        let latest = match self.declaration.mode {
            Mode::Parallel => None,
            _ => self.entered[stage].and_then(|number| self.by_number(number)),
        };
        let known = &self.declaration.stages[stage];
        let actions = known.actions.iter().enumerate();
        let actions: Vec<Value> = actions
            .map(|(action, declared)| {
                let mut state = json!({"actionName": declared.name});
                let passes = latest
                    .into_iter()
                    .flat_map(|latest| latest.actions.iter().rev());
                let mut passes = passes.filter(|pass| (pass.stage, pass.action) == (stage, action));
                if let (Some(latest), Some(pass)) = (latest, passes.next()) {
                    state["latestExecution"] = latest.action_execution(pass);
                }
                state
            })
            .collect();
        let mut state = json!({
            "stageName": known.name,
            "inboundExecutions": [],
            "inboundTransitionState": inbound,
            "actionStates": actions,
        });
        if let Some((latest, pass)) = latest.and_then(|latest| Some((latest, latest.pass(stage)?)))
        {
            state["latestExecution"] = latest.stage_execution(pass);
        }
        self.add_inbound(stage, &mut state);
        state
    }

    fn add_inbound(&self, stage: usize, state: &mut Value) {
        if self.declaration.mode == Mode::Parallel {
            return;
        }
        let waiting = self.executions.iter();
        let waiting = waiting.filter(|known| known.place == Place::Before(stage));
        let waiting: Vec<Value> = waiting
            .map(|known| {
                json!({
                    "pipelineExecutionId": known.id,
                    "status": "InProgress",
                    "type": known.kind(),
                })
            })
            .collect();
        if let Some(first) = waiting.first() {
            state["inboundExecution"] = first.clone();
        }
        state["inboundExecutions"] = json!(waiting);
    }
}
