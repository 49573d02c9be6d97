//! Where a failed execution failed: before its deployment, so that it may be tried again, or not.
//!
//! What cannot be read is taken to have failed in or after the deployment: a deployment is not repeated on a guess.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::types::{
    ActionCategory, ActionExecutionDetail, ActionExecutionFilter, ActionExecutionStatus,
    StageDeclaration,
};
use downriver_domain::{Pipeline, PipelineExecutionId};
use downriver_engine::ports::{FailedStage, ReadError};

use super::read_error;
use crate::error::NoResult;

/// Actions read of one execution; a pipeline has at most 1,000.
const ACTIONS_PAGES_MAX: usize = 10;
const ACTIONS_PAGE_MAX: i32 = 100;
/// What is kept of an action's message.
const MESSAGE_CHARS_MAX: usize = 500;
/// Structures of pipelines kept in memory.
const STRUCTURES_MAX: usize = 200;

/// What was read of pipelines, each version of which never changes.
#[derive(Debug, Default)]
pub(super) struct Structures(Mutex<BTreeMap<(Pipeline, i32), Structure>>);

/// Which stages come before the first one with a Deploy action; all of them if there is none.
#[derive(Debug, Clone)]
struct Structure {
    before_deploy: Vec<String>,
}

/// None if it cannot be told.
pub(super) async fn load_failed_stage(
    client: &Client,
    structures: &Structures,
    pipeline: &Pipeline,
    id: &PipelineExecutionId,
) -> Result<Option<FailedStage>, ReadError> {
    let failed = match load_failed_action(client, pipeline, id).await {
        Ok(Some(failed)) => failed,
        Ok(None) => return Ok(None),
        Err(error) => return assume_deployed(error, pipeline, "which stage failed").map(|()| None),
    };
    let Some(name) = failed.stage_name() else {
        return Ok(None);
    };
    let version = failed.pipeline_version();
    let is_before_deploy = match structures.load(client, pipeline, version).await {
        Ok(structure) => structure.before_deploy.iter().any(|stage| stage == name),
        Err(error) => {
            assume_deployed(error, pipeline, "its stages")?;
            false
        }
    };
    let result = failed.output().and_then(|output| output.execution_result());
    let details = result.and_then(|result| result.error_details());
    let url = result.and_then(|result| result.external_execution_url());
    Ok(Some(FailedStage {
        name: name.to_owned(),
        is_before_deploy,
        action: failed.action_name().map(str::to_owned),
        code: details
            .and_then(|details| details.code())
            .map(str::to_owned),
        message: details
            .and_then(|details| details.message())
            .or_else(|| result.and_then(|result| result.external_execution_summary()))
            .map(shortened),
        url: url.map(str::to_owned),
    }))
}

/// A build may end with pages of output.
fn shortened(message: &str) -> String {
    message.chars().take(MESSAGE_CHARS_MAX).collect()
}

/// What passes is asked for again; what is denied is logged.
fn assume_deployed(error: ReadError, pipeline: &Pipeline, what: &str) -> Result<(), ReadError> {
    if let ReadError::Transient(_) = error {
        return Err(error);
    }
    tracing::warn!(
        pipeline = %pipeline.name,
        error = %error,
        "cannot read {what}; the failure is taken to have come in or after the deployment, so it is not tried again"
    );
    Ok(())
}

/// The failed action that was touched last: of a stage that was retried, the last try counts.
async fn load_failed_action(
    client: &Client,
    pipeline: &Pipeline,
    id: &PipelineExecutionId,
) -> Result<Option<ActionExecutionDetail>, ReadError> {
    let filter = ActionExecutionFilter::builder()
        .pipeline_execution_id(id.as_str())
        .build();
    let mut token = None;
    let mut failed: Option<ActionExecutionDetail> = None;
    for _ in 0..ACTIONS_PAGES_MAX {
        let answer = client
            .list_action_executions()
            .pipeline_name(pipeline.name.as_str())
            .filter(filter.clone())
            .max_results(ACTIONS_PAGE_MAX)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| read_error(NoResult::of(&error)))?;
        let last = answer
            .action_execution_details
            .unwrap_or_default()
            .into_iter()
            .chain(failed)
            .filter(|action| action.status() == Some(&ActionExecutionStatus::Failed))
            .max_by_key(|action| action.last_update_time().and_then(|at| at.to_millis().ok()));
        failed = last;
        token = answer.next_token;
        if token.is_none() {
            break;
        }
    }
    Ok(failed)
}

impl Structures {
    async fn load(
        &self,
        client: &Client,
        pipeline: &Pipeline,
        version: Option<i32>,
    ) -> Result<Structure, ReadError> {
        let key = (pipeline.clone(), version.unwrap_or_default());
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        let answer = client
            .get_pipeline()
            .name(pipeline.name.as_str())
            .set_version(version)
            .send()
            .await
            .map_err(|error| read_error(NoResult::of(&error)))?;
        let stages = answer.pipeline.map(|pipeline| pipeline.stages);
        let structure = Structure {
            before_deploy: before_deploy(&stages.unwrap_or_default()),
        };
        if version.is_some() {
            self.keep(key, structure.clone());
        }
        Ok(structure)
    }

    fn known(&self, key: &(Pipeline, i32)) -> Option<Structure> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).cloned()
    }

    /// A full cache begins anew: what is needed comes back.
    fn keep(&self, key: (Pipeline, i32), structure: Structure) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= STRUCTURES_MAX {
            known.clear();
        }
        known.insert(key, structure);
    }
}

fn before_deploy(stages: &[StageDeclaration]) -> Vec<String> {
    let deploys = |stage: &&StageDeclaration| {
        let mut categories = stage
            .actions()
            .iter()
            .filter_map(|action| action.action_type_id());
        categories.any(|kind| *kind.category() == ActionCategory::Deploy)
    };
    stages
        .iter()
        .take_while(|stage| !deploys(stage))
        .map(|stage| stage.name().to_owned())
        .collect()
}
