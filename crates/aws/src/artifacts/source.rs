//! Where an execution's source lies: the artifact of a source action that its build takes as input.

use std::collections::HashMap;

use aws_sdk_codepipeline::types::{
    ActionExecutionDetail, ActionExecutionFilter, ActionExecutionInput, ActionExecutionOutput,
    ActionExecutionStatus, ArtifactDetail,
};
use downriver_domain::{Pipeline, PipelineExecutionId};
use downriver_engine::ports::ReadError;

use crate::error::NoResult;
use crate::pipelines::{CodePipelines, read_error};

/// Actions on a page: as many as CodePipeline gives.
const PAGE_MAX: i32 = 100;
/// Pages read: 500 action executions, retries included.
const PAGES_MAX: usize = 5;
/// The source action's setting that makes its output a reference to a commit.
const FORMAT: &str = "OutputArtifactFormat";
const CLONE_REFERENCE: &str = "CODEBUILD_CLONE_REF";
/// `CodeBuild`'s setting that names the input that holds its build specification.
const PRIMARY: &str = "PrimarySource";

/// An object in S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Artifact {
    pub(super) bucket: String,
    pub(super) key: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Artifact(Artifact),
    CloneReference,
    Nothing(String),
}

impl Artifact {
    pub(super) fn location(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }
}

pub(super) async fn find(
    pipelines: &CodePipelines,
    pipeline: &Pipeline,
    execution: &PipelineExecutionId,
) -> Result<Found, ReadError> {
    let actions = list_actions(pipelines, pipeline, execution).await?;
    Ok(choose(&actions))
}

/// The newest first.
async fn list_actions(
    pipelines: &CodePipelines,
    pipeline: &Pipeline,
    execution: &PipelineExecutionId,
) -> Result<Vec<ActionExecutionDetail>, ReadError> {
    let client = pipelines.reader(pipeline).await?;
    let filter = ActionExecutionFilter::builder()
        .pipeline_execution_id(execution.as_str())
        .build();
    let mut actions = Vec::new();
    let mut token = None;
    for _ in 0..PAGES_MAX {
        let page = client
            .list_action_executions()
            .pipeline_name(pipeline.name.as_str())
            .filter(filter.clone())
            .max_results(PAGE_MAX)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| read_error(NoResult::of(&error)))?;
        actions.extend(page.action_execution_details.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    Ok(actions)
}

/// `actions` are the newest first, so that of retries the last one counts.
pub(super) fn choose(actions: &[ActionExecutionDetail]) -> Found {
    // By the artifact's name: the action that made it, and where it is.
    let mut sources: Vec<(&str, &ActionExecutionDetail, &ArtifactDetail)> = Vec::new();
    let succeeded = actions.iter().filter(|action| {
        category(action) == "Source" && action.status() == Some(&ActionExecutionStatus::Succeeded)
    });
    for action in succeeded {
        let outputs = action.output().map(ActionExecutionOutput::output_artifacts);
        for artifact in outputs.unwrap_or_default() {
            let name = artifact.name().unwrap_or_default();
            if !sources.iter().any(|(known, ..)| *known == name) {
                sources.push((name, action, artifact));
            }
        }
    }
    if sources.is_empty() {
        return nothing("the execution has no source action that succeeded and left an artifact");
    }
    let inputs = build_inputs(actions);
    let chosen = inputs
        .iter()
        .find_map(|input| sources.iter().find(|(name, ..)| name == input));
    let (name, action, artifact) = match (chosen, &sources[..]) {
        (Some(chosen), _) => chosen,
        // Nothing builds it before it is deployed, or the build takes what something else made of it.
        (None, [only]) => only,
        (None, _) => {
            return nothing(
                "the execution has several source artifacts, and its build action takes none of them",
            );
        }
    };
    if setting(action, FORMAT).is_some_and(|format| format == CLONE_REFERENCE) {
        return Found::CloneReference;
    }
    let place = artifact.s3_location();
    let place = place.and_then(|place| Some((place.bucket()?, place.key()?)));
    match place {
        Some((bucket, key)) => Found::Artifact(Artifact {
            bucket: bucket.to_owned(),
            key: key.to_owned(),
        }),
        None => nothing(&format!(
            "CodePipeline does not say where artifact {name} lies"
        )),
    }
}

/// The names of what the first build action takes, its primary source first.
fn build_inputs(actions: &[ActionExecutionDetail]) -> Vec<&str> {
    let mut builds = actions.iter().rev();
    let Some(build) = builds.find(|action| ["Build", "Compute"].contains(&category(action))) else {
        return Vec::new();
    };
    let inputs = build.input().map(ActionExecutionInput::input_artifacts);
    let names = inputs
        .unwrap_or_default()
        .iter()
        .filter_map(ArtifactDetail::name);
    let mut names: Vec<&str> = names.collect();
    if let Some(primary) = setting(build, PRIMARY) {
        names.sort_by_key(|name| *name != primary);
    }
    names
}

fn category(action: &ActionExecutionDetail) -> &str {
    let kind = action.input().and_then(|input| input.action_type_id());
    kind.map_or("", |kind| kind.category().as_str())
}

/// With variables resolved where CodePipeline says so.
fn setting<'a>(action: &'a ActionExecutionDetail, name: &str) -> Option<&'a str> {
    let input = action.input()?;
    let of = |settings: Option<&'a HashMap<String, String>>| {
        settings
            .and_then(|settings| settings.get(name))
            .map(String::as_str)
    };
    of(input.resolved_configuration()).or_else(|| of(input.configuration()))
}

fn nothing(why: &str) -> Found {
    Found::Nothing(why.to_owned())
}
