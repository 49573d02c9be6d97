//! How pipelines, roles, packages and domains are set up, for `doctor`. Only reads.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use aws_sdk_codeartifact::types::{AllowPublish, AllowUpstream, PackageFormat};
use aws_sdk_codepipeline::types::StageState;
use downriver_domain::version::PackageId;
use downriver_domain::{AccountId, DomainName, Pipeline, RepositoryId};
use downriver_engine::ports::{
    DeclaredPipeline, DisabledTransition, OriginControls, Policies as _, ReadError, Setup,
};

use crate::clients::Clients;
use crate::error::NoResult;
use crate::pipelines::{self, CodePipelines, Spokes, StarterRole, declared, timestamp};
use crate::registry::{self, CodeArtifact};

/// The name of the session that is assumed to see whether it can be.
const PROBE_SESSION: &str = "doctor";
/// The shortest that STS gives.
const PROBE_SECS: i32 = 900;
/// What the session may do.
const NOTHING: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

/// The settings of the deployment's accounts, in all their Regions, and of CodeArtifact in the deployment's Region.
#[derive(Debug, Clone)]
pub struct AwsSetup {
    account: AccountId,
    starter: Option<StarterRole>,
    others: BTreeSet<AccountId>,
    reaches_others: bool,
    pipelines: CodePipelines,
    codeartifact: aws_sdk_codeartifact::Client,
    registry: CodeArtifact,
    sts: aws_sdk_sts::Client,
}

impl AwsSetup {
    /// What a function sees, whose role the other accounts trust.
    pub fn of_function(
        clients: &Clients,
        account: AccountId,
        starter: Option<StarterRole>,
        spokes: Option<Spokes>,
    ) -> Self {
        let others = spokes
            .as_ref()
            .map_or_else(BTreeSet::new, |spokes| spokes.accounts.clone());
        Self {
            pipelines: CodePipelines::new(clients.clone(), account.clone(), None, spokes),
            reaches_others: true,
            ..Self::of_person(clients, account, starter, others)
        }
    }

    /// What a person sees, whom no role in `others` trusts.
    pub fn of_person(
        clients: &Clients,
        account: AccountId,
        starter: Option<StarterRole>,
        others: BTreeSet<AccountId>,
    ) -> Self {
        Self {
            pipelines: CodePipelines::new(clients.clone(), account.clone(), None, None),
            others,
            reaches_others: false,
            codeartifact: clients.codeartifact(),
            registry: CodeArtifact::new(clients.codeartifact()),
            sts: clients.sts(),
            account,
            starter,
        }
    }

    async fn reader(&self, pipeline: &Pipeline) -> Result<aws_sdk_codepipeline::Client, ReadError> {
        let account = &pipeline.target.account;
        if *account != self.account && !self.reaches_others {
            return Err(ReadError::Denied(format!(
                "account {account} lets the deployment's functions in and nobody else: `sweep` looks at its pipelines"
            )));
        }
        self.pipelines.reader(pipeline).await
    }
}

impl Setup for AwsSetup {
    async fn describe_pipeline(&self, pipeline: &Pipeline) -> Result<DeclaredPipeline, ReadError> {
        let answer = self
            .reader(pipeline)
            .await?
            .get_pipeline()
            .name(pipeline.name.as_str())
            .send()
            .await
            .map_err(|error| pipelines::read_error(NoResult::of(&error)))?;
        answer.pipeline().map(declared).ok_or_else(|| {
            ReadError::Transient("CodePipeline's answer declares no pipeline".to_owned())
        })
    }

    async fn list_disabled_transitions(
        &self,
        pipeline: &Pipeline,
    ) -> Result<Vec<DisabledTransition>, ReadError> {
        let answer = self
            .reader(pipeline)
            .await?
            .get_pipeline_state()
            .name(pipeline.name.as_str())
            .send()
            .await
            .map_err(|error| pipelines::read_error(NoResult::of(&error)))?;
        Ok(answer.stage_states().iter().filter_map(disabled).collect())
    }

    async fn describe_package(
        &self,
        repository: &RepositoryId,
        package: &PackageId,
    ) -> Result<OriginControls, ReadError> {
        let answer = self
            .codeartifact
            .describe_package()
            .domain_owner(repository.domain_owner.as_str())
            .domain(repository.domain.as_str())
            .repository(repository.name.as_str())
            .format(PackageFormat::from(package.format().as_str()))
            .set_namespace(package.namespace().map(str::to_owned))
            .package(package.name())
            .send()
            .await
            .map_err(|error| registry::read_error(NoResult::of(&error)))?;
        let restrictions =
            { answer.package() }.and_then(|package| package.origin_configuration()?.restrictions());
        // What CodeArtifact does not say is not blocked.
        Ok(OriginControls {
            is_publish_allowed: restrictions
                .is_none_or(|restrictions| *restrictions.publish() != AllowPublish::Block),
            is_upstream_allowed: restrictions
                .is_none_or(|restrictions| *restrictions.upstream() != AllowUpstream::Block),
        })
    }

    async fn load_administrator(&self, repository: &RepositoryId) -> Result<AccountId, ReadError> {
        self.registry.load_administrator(repository).await
    }

    async fn load_repository_policy(
        &self,
        repository: &RepositoryId,
    ) -> Result<Option<String>, ReadError> {
        let standing = self.registry.load_repository_policy(repository).await?;
        Ok(standing.map(|policy| policy.document))
    }

    async fn load_domain_policy(
        &self,
        domain_owner: &AccountId,
        domain: &DomainName,
    ) -> Result<Option<String>, ReadError> {
        let standing = self
            .registry
            .load_domain_policy(domain_owner, domain)
            .await?;
        Ok(standing.map(|policy| policy.document))
    }

    fn startable(&self) -> BTreeSet<AccountId> {
        let own = self.starter.iter().map(|role| role.account().clone());
        own.chain(self.others.iter().cloned()).collect()
    }

    fn account(&self) -> &AccountId {
        &self.account
    }

    async fn probe_starter(&self, account: &AccountId) -> Result<(), ReadError> {
        if *account != self.account && self.others.contains(account) {
            // The role of another account is one for starting and for reading.
            return self.pipelines.session(account).await.map(|_| ());
        }
        let Some(role) = self
            .starter
            .as_ref()
            .filter(|role| role.account() == account)
        else {
            return Err(ReadError::NotFound);
        };
        let assumed = self
            .sts
            .assume_role()
            .role_arn(role.arn())
            .role_session_name(PROBE_SESSION)
            .duration_seconds(PROBE_SECS)
            .policy(NOTHING)
            .send()
            .await;
        match assumed {
            Ok(_) => Ok(()),
            Err(error) => Err(match NoResult::of(&error) {
                NoResult::Refused { code, text } if !code.is_empty() => {
                    ReadError::Denied(format!("{} for {}", text, role.arn()))
                }
                error => ReadError::Transient(error.into_text()),
            }),
        }
    }
}

/// Only the inbound transition of a stage can be disabled by itself; the outbound one is the next stage's.
fn disabled(stage: &StageState) -> Option<DisabledTransition> {
    let transition = stage.inbound_transition_state()?;
    (!transition.enabled()).then(|| DisabledTransition {
        stage: stage.stage_name().unwrap_or_default().to_owned(),
        reason: transition.disabled_reason().map(str::to_owned),
        since: transition.last_changed_at().and_then(timestamp),
    })
}
