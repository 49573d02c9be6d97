//! Commands that mend, as people paste them into a shell.

use downriver_domain::version::PackageId;
use downriver_domain::{Pipeline, RepositoryId};

/// `--name` and `--region` of a pipeline.
pub(super) fn pipeline_options(pipeline: &Pipeline) -> String {
    format!(
        "--name {} --region {}",
        pipeline.name, pipeline.target.region
    )
}

pub(super) fn declare_variables(names: &[&str]) -> String {
    let names = names.join(" and ");
    format!(
        "declare {names} in the pipeline, each with a default value (`aws codepipeline update-pipeline`, key `variables`), or set `variables = false` in the catalog"
    )
}

pub(super) fn enable_transition(pipeline: &Pipeline, stage: &str) -> String {
    format!(
        "aws codepipeline enable-stage-transition --pipeline-name {} --region {} --stage-name {stage} --transition-type Inbound",
        pipeline.name, pipeline.target.region
    )
}

/// Sets both controls of a package in a repository.
pub(super) fn allow_origins(
    repository: &RepositoryId,
    package: &PackageId,
    is_publish_allowed: bool,
    is_upstream_allowed: bool,
) -> String {
    let word = |is_allowed| if is_allowed { "ALLOW" } else { "BLOCK" };
    let namespace = package
        .namespace()
        .map_or_else(String::new, |namespace| format!(" --namespace {namespace}"));
    format!(
        "aws codeartifact put-package-origin-configuration {} --format {}{namespace} --package {} --restrictions publish={},upstream={}",
        repository_options(repository),
        package.format(),
        package.name(),
        word(is_publish_allowed),
        word(is_upstream_allowed),
    )
}

pub(super) fn create_repository(repository: &RepositoryId) -> String {
    format!(
        "aws codeartifact create-repository {}, or take it out of the catalog",
        repository_options(repository)
    )
}

fn repository_options(repository: &RepositoryId) -> String {
    format!(
        "--domain-owner {} --domain {} --repository {}",
        repository.domain_owner, repository.domain, repository.name
    )
}
