//! A pipeline's declaration, as far as it matters.

use aws_sdk_codepipeline::types::{
    ActionCategory, ExecutionMode as Mode, PipelineDeclaration, PipelineType, StageDeclaration,
};
use downriver_engine::ports::{DeclaredPipeline, DeclaredVariable, ExecutionMode};

/// The setting of a source action that makes its output a reference to a commit.
const OUTPUT_FORMAT: &str = "OutputArtifactFormat";
const CLONE_REFERENCE: &str = "CODEBUILD_CLONE_REF";

/// A pipeline that says no type is of the first, and one that says no mode supersedes.
pub(crate) fn declared(pipeline: &PipelineDeclaration) -> DeclaredPipeline {
    let variables = pipeline.variables().iter();
    let stages = pipeline.stages().iter();
    let is_clone_reference = stages.flat_map(StageDeclaration::actions).any(|action| {
        let kind = action.action_type_id();
        let is_source = kind.is_some_and(|kind| *kind.category() == ActionCategory::Source);
        let format = action
            .configuration()
            .and_then(|settings| settings.get(OUTPUT_FORMAT));
        is_source && format.is_some_and(|format| format == CLONE_REFERENCE)
    });
    DeclaredPipeline {
        is_v2: pipeline.pipeline_type() == Some(&PipelineType::V2),
        variables: variables
            .map(|variable| DeclaredVariable {
                name: variable.name().to_owned(),
                has_default: variable.default_value().is_some(),
            })
            .collect(),
        mode: match pipeline.execution_mode() {
            Some(Mode::Parallel) => ExecutionMode::Parallel,
            Some(Mode::Queued) => ExecutionMode::Queued,
            _ => ExecutionMode::Superseded,
        },
        is_clone_reference,
    }
}
