//! An account as `catalog discover` asks it: its pipelines with their tags and variables, what their last executions were
//! built from, and the repositories that packages come from.
//!
//! Only reads. No deployment is needed: what is asked is the account that the credentials belong to.

use std::collections::BTreeMap;

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::error::ProvideErrorMetadata as _;
use downriver_domain::{AccountId, Pipeline, PipelineName, RegionName, Target};
use downriver_engine::ports::DeclaredPipeline;

use super::access::{self, Access};
use super::error::{DeploymentError, classify};
use crate::artifacts::S3Artifacts;
use crate::clients::Clients;
use crate::pipelines::{CodePipelines, declared};
use crate::registry::CodeArtifact;

/// Pipelines on a page: as many as CodePipeline gives.
const PIPELINES_PAGE_MAX: i32 = 1_000;
/// Pages of pipelines: 10,000, ten times what an account may have in a Region without asking for more.
const PIPELINES_PAGES_MAX: usize = 10;
/// Pages of tags; a resource has 50 tags at most.
const TAGS_PAGES_MAX: usize = 5;
/// The account of the caller, in one Region.
#[derive(Debug)]
pub struct Account {
    target: Target,
    /// `aws`, `aws-cn`, …
    partition: String,
    client: Client,
    pipelines: CodePipelines,
    artifacts: S3Artifacts,
    registry: CodeArtifact,
}

impl Account {
    /// The account that the credentials belong to. `sts:GetCallerIdentity` needs no permission.
    pub async fn find(access: &Access) -> Result<Self, DeploymentError> {
        const ACTION: &str = "sts:GetCallerIdentity";
        let config = access::load(access).await?;
        let region: RegionName = parse(ACTION, &access::region_of(&config)?)?;
        let identity = aws_sdk_sts::Client::new(&config)
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| classify(ACTION, error))?;
        let account: AccountId = parse(ACTION, identity.account().unwrap_or_default())?;
        let partition = identity.arn().and_then(|arn| arn.split(':').nth(1));
        let clients = Clients::from_config(config);
        let pipelines = CodePipelines::new(clients.clone(), account.clone(), None, None);
        Ok(Self {
            partition: partition.unwrap_or("aws").to_owned(),
            client: clients.codepipeline(&region),
            artifacts: S3Artifacts::new(clients.clone(), pipelines.clone(), None),
            registry: CodeArtifact::new(clients.codeartifact()),
            target: Target { account, region },
            pipelines,
        })
    }

    pub const fn target(&self) -> &Target {
        &self.target
    }

    pub const fn pipelines(&self) -> &CodePipelines {
        &self.pipelines
    }

    pub const fn artifacts(&self) -> &S3Artifacts {
        &self.artifacts
    }

    pub const fn registry(&self) -> &CodeArtifact {
        &self.registry
    }

    pub fn pipeline(&self, name: &PipelineName) -> Pipeline {
        Pipeline {
            target: self.target.clone(),
            name: name.clone(),
        }
    }

    /// All pipelines, in order of name. Needs `codepipeline:ListPipelines`.
    pub async fn list_pipelines(&self) -> Result<Vec<PipelineName>, DeploymentError> {
        const ACTION: &str = "codepipeline:ListPipelines";
        let mut names = Vec::new();
        let mut token = None;
        for _ in 0..PIPELINES_PAGES_MAX {
            let page = self
                .client
                .list_pipelines()
                .max_results(PIPELINES_PAGE_MAX)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| classify(ACTION, error))?;
            for pipeline in page.pipelines() {
                names.push(parse(ACTION, pipeline.name().unwrap_or_default())?);
            }
            token = page.next_token;
            if token.is_none() {
                names.sort();
                names.dedup();
                return Ok(names);
            }
        }
        // What is not in the list would be taken for gone.
        Err(DeploymentError::Refused {
            action: ACTION,
            detail: format!(
                "account {} has more than {} pipelines in {}, too many to read",
                self.target.account,
                names.len(),
                self.target.region
            ),
        })
    }

    /// Needs `codepipeline:ListTagsForResource`.
    pub async fn load_tags(
        &self,
        pipeline: &PipelineName,
    ) -> Result<BTreeMap<String, String>, DeploymentError> {
        let Target { account, region } = &self.target;
        let arn = format!(
            "arn:{}:codepipeline:{region}:{account}:{pipeline}",
            self.partition
        );
        let mut tags = BTreeMap::new();
        let mut token = None;
        for _ in 0..TAGS_PAGES_MAX {
            let page = self
                .client
                .list_tags_for_resource()
                .resource_arn(&arn)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| classify("codepipeline:ListTagsForResource", error))?;
            let found = page.tags().iter();
            tags.extend(found.map(|tag| (tag.key().to_owned(), tag.value().to_owned())));
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        Ok(tags)
    }

    /// None if it was deleted meanwhile. Needs `codepipeline:GetPipeline`.
    pub async fn describe_pipeline(
        &self,
        pipeline: &PipelineName,
    ) -> Result<Option<DeclaredPipeline>, DeploymentError> {
        let got = self
            .client
            .get_pipeline()
            .name(pipeline.as_str())
            .send()
            .await;
        match got {
            Ok(got) => Ok(got.pipeline().map(declared)),
            Err(error) if error.code() == Some("PipelineNotFoundException") => Ok(None),
            Err(error) => Err(classify("codepipeline:GetPipeline", error)),
        }
    }
}

/// What AWS, or its configuration, says by a name that it cannot have is told as its refusal.
fn parse<T>(action: &'static str, text: &str) -> Result<T, DeploymentError>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    text.parse()
        .map_err(|error: T::Err| DeploymentError::Refused {
            action,
            detail: error.to_string(),
        })
}
