//! CodePipeline's operations: input checked against the model, what it does, and the output.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::Operation;
use super::constraint::{
    CLIENT_REQUEST_TOKEN, DISABLED_REASON, EXECUTION_ID, Members, NAME, NEXT_TOKEN, RESOURCE_ARN,
    REVISION, STOP_REASON, TAG_KEY, TAG_VALUE, VARIABLE_NAME, VARIABLE_VALUE,
};
use super::declaration::Declaration;
use super::error::ApiError;
use super::instant::{Millis, to_seconds};
use super::pipeline::{Moving, Pipeline, PipelineKey, Start, execution_not_found};
use super::world::{Ticket, World};

/// Bounds of the model and of the quotas page.
const PIPELINES_MAX: usize = 1000;
const PAGE_MAX: u64 = 100;
const PIPELINES_PAGE_MAX: u64 = 1000;
const VARIABLES: std::ops::RangeInclusive<usize> = 1..=50;
const TAGS: std::ops::RangeInclusive<usize> = 0..=200;
const OVERRIDES: std::ops::RangeInclusive<usize> = 0..=50;
const REVISION_TYPES: &[&str] = &[
    "COMMIT_ID",
    "IMAGE_DIGEST",
    "S3_OBJECT_VERSION_ID",
    "S3_OBJECT_KEY",
];

type Answer = Result<Value, ApiError>;

pub(crate) fn perform(world: &mut World, ticket: &Ticket, now: Millis) -> Answer {
    let input = Members::of_input(&ticket.input)?;
    let mut call = CodePipelineCall {
        world,
        ticket,
        input,
        now,
    };
    match ticket.operation {
        Operation::CreatePipeline => call.create(),
        Operation::UpdatePipeline => call.update(),
        Operation::GetPipeline => call.get(),
        Operation::ListPipelines => call.list(),
        Operation::DeletePipeline => call.delete(),
        Operation::StartPipelineExecution => call.start(),
        Operation::GetPipelineExecution => call.get_execution(),
        Operation::ListPipelineExecutions => call.list_executions(),
        Operation::ListActionExecutions => call.list_actions(),
        Operation::StopPipelineExecution => call.stop(),
        Operation::GetPipelineState => call.get_state(),
        Operation::RetryStageExecution => call.retry(),
        Operation::RollbackStage => call.roll_back(),
        Operation::EnableStageTransition => call.set_transition(false),
        Operation::DisableStageTransition => call.set_transition(true),
        Operation::ListTagsForResource => call.list_tags(),
        _ => Err(ApiError::unknown_operation()),
    }
}

struct CodePipelineCall<'a> {
    world: &'a mut World,
    ticket: &'a Ticket,
    input: Members<'a>,
    now: Millis,
}

impl CodePipelineCall<'_> {
    /// Like CodePipeline, the first execution starts by itself.
    fn create(&mut self) -> Answer {
        let declaration = Declaration::parse(&self.input, 1)?;
        let key = self.key(&declaration.name);
        if self.world.pipelines.contains_key(&key) {
            let message = format!(
                "A pipeline with the name '{}' already exists in account '{}'",
                key.name, key.account
            );
            return Err(ApiError::of("PipelineNameInUseException", message));
        }
        let neighbours = self.world.pipelines.keys();
        let neighbours = neighbours
            .filter(|known| (&known.account, &known.region) == (&key.account, &key.region));
        if neighbours.count() >= PIPELINES_MAX {
            let message = "The account has 1,000 pipelines in the Region";
            return Err(ApiError::of("LimitExceededException", message));
        }
        let json = declaration.json.clone();
        let has_defaults = declaration
            .variables
            .iter()
            .all(|variable| variable.default.is_some());
        let mut pipeline = Pipeline::new(key.clone(), declaration, self.now);
        pipeline.tags = self.parse_tags()?;
        self.world.pipelines.insert(key.clone(), pipeline);
        if self.world.settings.starts_on_create && has_defaults {
            let start = Start::by("CreatePipeline", &self.ticket.caller.arn);
            self.change(&key, |moving| moving.start(start, 0))??;
        }
        let mut answer = json!({"pipeline": json});
        if let Some(tags) = self.input.get("tags") {
            answer["tags"] = tags.clone();
        }
        Ok(answer)
    }

    fn update(&mut self) -> Answer {
        let declaration = Declaration::parse(&self.input, 1)?;
        let key = self.key(&declaration.name);
        let version = self.pipeline(&key)?.declaration.version + 1;
        let declaration = Declaration::parse(&self.input, version)?;
        let json = declaration.json.clone();
        self.change(&key, |moving| moving.edit(declaration))?;
        Ok(json!({"pipeline": json}))
    }

    fn get(&mut self) -> Answer {
        let key = self.key(self.input.text("name", NAME)?);
        let version = self.input.optional_number("version", 1..=u64::MAX)?;
        let pipeline = self.pipeline(&key)?;
        if version.is_some_and(|version| version != u64::from(pipeline.declaration.version)) {
            let message = format!("Pipeline {} has no such version", key.name);
            return Err(ApiError::of("PipelineVersionNotFoundException", message));
        }
        Ok(json!({
            "pipeline": pipeline.declaration.json,
            "metadata": {
                "pipelineArn": key.arn(),
                "created": to_seconds(pipeline.created_at),
                "updated": to_seconds(pipeline.updated_at),
            },
        }))
    }

    fn list(&mut self) -> Answer {
        let limit = self.limit(PIPELINES_PAGE_MAX)?;
        let after = self.input.optional_text("nextToken", NEXT_TOKEN)?;
        let scope = self.key("");
        let pipelines = self.world.pipelines.values().filter(|pipeline| {
            let key = &pipeline.key;
            (&key.account, &key.region) == (&scope.account, &scope.region)
                && after.is_none_or(|after| key.name.as_str() > after)
        });
        let mut page: Vec<Value> = pipelines.take(limit + 1).map(pipeline_summary).collect();
        let has_more = page.len() > limit;
        page.truncate(limit);
        let mut answer = json!({"pipelines": page});
        if has_more && let Some(last) = page.last() {
            answer["nextToken"] = last["name"].clone();
        }
        Ok(answer)
    }

    /// A pipeline that does not exist is deleted just as well.
    fn delete(&mut self) -> Answer {
        let key = self.key(self.input.text("name", NAME)?);
        self.world.pipelines.remove(&key);
        Ok(Value::Null)
    }

    fn start(&mut self) -> Answer {
        let key = self.key(self.input.text("name", NAME)?);
        let start = self.parse_start()?;
        let window_ms = self.world.settings.token_window_ms;
        let id = self.change(&key, |moving| moving.start(start, window_ms))??;
        Ok(json!({"pipelineExecutionId": id}))
    }

    fn parse_start(&self) -> Result<Start, ApiError> {
        let input = &self.input;
        let token = input.optional_text("clientRequestToken", CLIENT_REQUEST_TOKEN)?;
        let mut start = Start::by("StartPipelineExecution", &self.ticket.caller.arn);
        start.token = token.map(str::to_owned);
        for variable in input.list("variables", VARIABLES)?.unwrap_or_default() {
            let name = variable.text("name", VARIABLE_NAME)?;
            let value = variable.text("value", VARIABLE_VALUE)?;
            start.variables.push((name.to_owned(), value.to_owned()));
        }
        for revision in input
            .list("sourceRevisions", OVERRIDES)?
            .unwrap_or_default()
        {
            let action = revision.text("actionName", NAME)?;
            if revision.choice("revisionType", REVISION_TYPES)?.is_none() {
                return Err(revision.missing("revisionType"));
            }
            let value = revision.text("revisionValue", REVISION)?;
            start.overrides.push((action.to_owned(), value.to_owned()));
        }
        Ok(start)
    }

    fn get_execution(&mut self) -> Answer {
        let key = self.key(self.input.text("pipelineName", NAME)?);
        let id = self.input.text("pipelineExecutionId", EXECUTION_ID)?;
        let pipeline = self.pipeline(&key)?;
        let execution = pipeline
            .by_id(id)
            .ok_or_else(|| execution_not_found(&key.name, id))?;
        Ok(json!({"pipelineExecution": execution.to_json(pipeline)}))
    }

    /// Newest first. The token names the last one listed, so that what starts in between moves nothing.
    fn list_executions(&mut self) -> Answer {
        let key = self.key(self.input.text("pipelineName", NAME)?);
        let limit = self.limit(PAGE_MAX)?;
        let stage = match self.input.structure("filter")? {
            Some(filter) => filter.structure("succeededInStage")?,
            None => None,
        };
        let stage = match &stage {
            Some(stage) => stage.optional_text("stageName", NAME)?,
            None => None,
        };
        let before = self.position()?;
        let pipeline = self.pipeline(&key)?;
        let executions = pipeline.executions.iter().rev();
        let executions = executions
            .filter(|known| before.is_none_or(|before| known.number < before))
            .filter(|known| stage.is_none_or(|stage| known.has_succeeded_in(stage)));
        let page: Vec<_> = executions.take(limit + 1).collect();
        let next = (page.len() > limit).then(|| page[limit - 1].number);
        let page: Vec<Value> = page
            .iter()
            .take(limit)
            .map(|known| known.to_summary())
            .collect();
        let mut answer = json!({"pipelineExecutionSummaries": page});
        add_position(&mut answer, next);
        Ok(answer)
    }

    /// Newest first; the token counts what was listed.
    fn list_actions(&mut self) -> Answer {
        let key = self.key(self.input.text("pipelineName", NAME)?);
        let limit = self.limit(PAGE_MAX)?;
        let filter = self.input.structure("filter")?;
        let latest = match &filter {
            Some(filter) => filter.structure("latestInPipelineExecution")?,
            None => None,
        };
        let id = match (&filter, &latest) {
            (_, Some(latest)) => Some(latest.text("pipelineExecutionId", EXECUTION_ID)?),
            (Some(filter), None) => filter.optional_text("pipelineExecutionId", EXECUTION_ID)?,
            (None, None) => None,
        };
        let skipped = usize::try_from(self.position()?.unwrap_or(0)).unwrap_or(usize::MAX);
        let pipeline = self.pipeline(&key)?;
        if let Some(id) = id.filter(|id| pipeline.by_id(id).is_none()) {
            return Err(execution_not_found(&key.name, id));
        }
        let executions = pipeline.executions.iter().rev();
        let executions = executions.filter(|known| id.is_none_or(|id| known.id == id));
        let details = executions.flat_map(|known| known.action_details(pipeline, latest.is_some()));
        let mut page: Vec<Value> = details.skip(skipped).take(limit + 1).collect();
        let next = (page.len() > limit).then_some((skipped + limit) as u64);
        page.truncate(limit);
        let mut answer = json!({"actionExecutionDetails": page});
        add_position(&mut answer, next);
        Ok(answer)
    }

    fn stop(&mut self) -> Answer {
        let key = self.key(self.input.text("pipelineName", NAME)?);
        let id = self.input.text("pipelineExecutionId", EXECUTION_ID)?;
        let is_abandon = self.input.flag("abandon")?;
        let reason = self.input.optional_text("reason", STOP_REASON)?;
        self.change(&key, |moving| moving.stop(id, is_abandon, reason))??;
        Ok(json!({"pipelineExecutionId": id}))
    }

    fn get_state(&mut self) -> Answer {
        let key = self.key(self.input.text("name", NAME)?);
        Ok(self.pipeline(&key)?.state_json())
    }

    fn retry(&mut self) -> Answer {
        let key = self.key(self.input.text("pipelineName", NAME)?);
        let stage = self.input.text("stageName", NAME)?;
        let id = self.input.text("pipelineExecutionId", EXECUTION_ID)?;
        let mode = self
            .input
            .choice("retryMode", &["FAILED_ACTIONS", "ALL_ACTIONS"])?;
        if mode.is_none() {
            return Err(self.input.missing("retryMode"));
        }
        self.change(&key, |moving| moving.retry(stage, id))??;
        Ok(json!({"pipelineExecutionId": id}))
    }

    fn roll_back(&mut self) -> Answer {
        let key = self.key(self.input.text("pipelineName", NAME)?);
        let stage = self.input.text("stageName", NAME)?;
        let target = self.input.text("targetPipelineExecutionId", EXECUTION_ID)?;
        let caller = &self.ticket.caller.arn;
        let id = self.change(&key, |moving| moving.roll_back(stage, target, caller))??;
        Ok(json!({"pipelineExecutionId": id}))
    }

    fn set_transition(&mut self, is_disabled: bool) -> Answer {
        let key = self.key(self.input.text("pipelineName", NAME)?);
        let stage = self.input.text("stageName", NAME)?;
        let way = self
            .input
            .choice("transitionType", &["Inbound", "Outbound"])?;
        let way = way.ok_or_else(|| self.input.missing("transitionType"))?;
        let reason = if is_disabled {
            Some(self.input.text("reason", DISABLED_REASON)?)
        } else {
            None
        };
        let caller = &self.ticket.caller.arn;
        let is_outbound = way == "Outbound";
        self.change(&key, |moving| {
            moving.set_transition(stage, is_outbound, reason, caller)
        })??;
        Ok(Value::Null)
    }

    fn parse_tags(&self) -> Result<BTreeMap<String, String>, ApiError> {
        let tags = self.input.list("tags", TAGS)?.unwrap_or_default();
        tags.iter()
            .map(|tag| {
                let (key, value) = (tag.text("key", TAG_KEY)?, tag.text("value", TAG_VALUE)?);
                Ok((key.to_owned(), value.to_owned()))
            })
            .collect()
    }

    /// In order of key; the token is the last key of the page before.
    fn list_tags(&mut self) -> Answer {
        let arn = self.input.text("resourceArn", RESOURCE_ARN)?;
        let limit = self.limit(PAGE_MAX)?;
        let after = self.input.optional_text("nextToken", NEXT_TOKEN)?;
        let name = arn.rsplit(':').next().unwrap_or_default();
        let key = self.key(name);
        let pipeline = self.world.pipelines.get(&key);
        let pipeline = pipeline.filter(|_| key.arn() == arn).ok_or_else(|| {
            ApiError::of("ResourceNotFoundException", format!("{arn} was not found"))
        })?;
        let tags = pipeline.tags.iter();
        let tags = tags.filter(|(key, _)| after.is_none_or(|after| key.as_str() > after));
        let mut page: Vec<Value> = tags
            .take(limit + 1)
            .map(|(key, value)| json!({"key": key, "value": value}))
            .collect();
        let has_more = page.len() > limit;
        page.truncate(limit);
        let mut answer = json!({"tags": page});
        if has_more && let Some(last) = page.last() {
            answer["nextToken"] = last["key"].clone();
        }
        Ok(answer)
    }

    fn key(&self, name: &str) -> PipelineKey {
        PipelineKey {
            account: self.ticket.caller.account.clone(),
            region: self.ticket.caller.region.clone(),
            name: name.to_owned(),
        }
    }

    fn pipeline(&self, key: &PipelineKey) -> Result<&Pipeline, ApiError> {
        self.world
            .pipelines
            .get(key)
            .ok_or_else(|| ApiError::pipeline_not_found(&key.account, &key.name))
    }

    fn change<T>(
        &mut self,
        key: &PipelineKey,
        moves: impl FnOnce(&mut Moving<'_>) -> T,
    ) -> Result<T, ApiError> {
        self.world
            .change(key, self.now, moves)
            .ok_or_else(|| ApiError::pipeline_not_found(&key.account, &key.name))
    }

    fn limit(&self, max: u64) -> Result<usize, ApiError> {
        let limit = self
            .input
            .optional_number("maxResults", 1..=max)?
            .unwrap_or(max);
        Ok(usize::try_from(limit).unwrap_or(usize::MAX))
    }

    fn position(&self) -> Result<Option<u64>, ApiError> {
        let Some(token) = self.input.optional_text("nextToken", NEXT_TOKEN)? else {
            return Ok(None);
        };
        let position = u64::from_str_radix(token, 16)
            .ok()
            .filter(|_| token.len() == 16);
        let invalid = || ApiError::of("InvalidNextTokenException", "The next token is invalid");
        position.map(Some).ok_or_else(invalid)
    }
}

fn add_position(answer: &mut Value, position: Option<u64>) {
    if let Some(position) = position {
        answer["nextToken"] = json!(format!("{position:016x}"));
    }
}

/// `PipelineSummary` of the model.
fn pipeline_summary(pipeline: &Pipeline) -> Value {
    let declaration = &pipeline.declaration;
    json!({
        "name": pipeline.key.name,
        "version": declaration.version,
        "pipelineType": if declaration.is_v1 { "V1" } else { "V2" },
        "executionMode": declaration.mode.as_str(),
        "created": to_seconds(pipeline.created_at),
        "updated": to_seconds(pipeline.updated_at),
    })
}
