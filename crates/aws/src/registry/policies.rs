//! Resource policies of domains and repositories.

use aws_sdk_codeartifact::types::ResourcePolicy;
use downriver_domain::{AccountId, DomainName, RepositoryId};
use downriver_engine::ports::{Policies, PutOutcome, ReadError, StandingPolicy};

use super::{CodeArtifact, read_error};
use crate::error::NoResult;

impl Policies for CodeArtifact {
    async fn load_administrator(&self, repository: &RepositoryId) -> Result<AccountId, ReadError> {
        let answer = self
            .client
            .describe_repository()
            .domain_owner(repository.domain_owner.as_str())
            .domain(repository.domain.as_str())
            .repository(repository.name.as_str())
            .send()
            .await
            .map_err(|error| read_error(NoResult::of(&error)))?;
        let account = { answer.repository() }.and_then(|known| known.administrator_account());
        { account.and_then(|account| account.parse().ok()) }.ok_or_else(|| {
            ReadError::Transient("CodeArtifact's answer names no administrator account".to_owned())
        })
    }

    async fn load_domain_policy(
        &self,
        domain_owner: &AccountId,
        domain: &DomainName,
    ) -> Result<Option<StandingPolicy>, ReadError> {
        let answer = self
            .client
            .get_domain_permissions_policy()
            .domain_owner(domain_owner.as_str())
            .domain(domain.as_str())
            .send()
            .await
            .map_err(|error| read_error(NoResult::of(&error)));
        standing(answer.map(|answer| answer.policy))
    }

    async fn load_repository_policy(
        &self,
        repository: &RepositoryId,
    ) -> Result<Option<StandingPolicy>, ReadError> {
        let answer = self
            .client
            .get_repository_permissions_policy()
            .domain_owner(repository.domain_owner.as_str())
            .domain(repository.domain.as_str())
            .repository(repository.name.as_str())
            .send()
            .await
            .map_err(|error| read_error(NoResult::of(&error)));
        standing(answer.map(|answer| answer.policy))
    }

    async fn put_domain_policy(
        &self,
        domain_owner: &AccountId,
        domain: &DomainName,
        document: &str,
        revision: Option<&str>,
    ) -> PutOutcome {
        let sent = self
            .client
            .put_domain_permissions_policy()
            .domain_owner(domain_owner.as_str())
            .domain(domain.as_str())
            .policy_document(document)
            .set_policy_revision(revision.map(str::to_owned))
            .send()
            .await;
        outcome(sent.err().map(|error| NoResult::of(&error)))
    }

    async fn put_repository_policy(
        &self,
        repository: &RepositoryId,
        document: &str,
        revision: Option<&str>,
    ) -> PutOutcome {
        let sent = self
            .client
            .put_repository_permissions_policy()
            .domain_owner(repository.domain_owner.as_str())
            .domain(repository.domain.as_str())
            .repository(repository.name.as_str())
            .policy_document(document)
            .set_policy_revision(revision.map(str::to_owned))
            .send()
            .await;
        outcome(sent.err().map(|error| NoResult::of(&error)))
    }

    async fn delete_domain_policy(
        &self,
        domain_owner: &AccountId,
        domain: &DomainName,
        revision: &str,
    ) -> PutOutcome {
        let sent = self
            .client
            .delete_domain_permissions_policy()
            .domain_owner(domain_owner.as_str())
            .domain(domain.as_str())
            .policy_revision(revision)
            .send()
            .await;
        outcome(sent.err().map(|error| NoResult::of(&error)))
    }

    async fn delete_repository_policy(
        &self,
        repository: &RepositoryId,
        revision: &str,
    ) -> PutOutcome {
        let sent = self
            .client
            .delete_repository_permissions_policy()
            .domain_owner(repository.domain_owner.as_str())
            .domain(repository.domain.as_str())
            .repository(repository.name.as_str())
            .policy_revision(revision)
            .send()
            .await;
        outcome(sent.err().map(|error| NoResult::of(&error)))
    }
}

/// CodeArtifact answers that nothing was found where there is no policy.
fn standing(
    answer: Result<Option<ResourcePolicy>, ReadError>,
) -> Result<Option<StandingPolicy>, ReadError> {
    let policy = match answer {
        Err(ReadError::NotFound) => return Ok(None),
        answer => answer?,
    };
    let whole = policy.and_then(|policy| {
        Some(StandingPolicy {
            document: policy.document?,
            revision: policy.revision?,
        })
    });
    // To take half of an answer for no policy would overwrite the one that is there.
    let broken = "CodeArtifact's answer holds no policy, or no revision of it";
    whole
        .map(Some)
        .ok_or_else(|| ReadError::Transient(broken.to_owned()))
}

fn outcome(error: Option<NoResult>) -> PutOutcome {
    match error {
        None => PutOutcome::Done,
        Some(NoResult::Refused { code, text }) => match code.as_str() {
            "ConflictException" => PutOutcome::Conflict,
            "ResourceNotFoundException" => PutOutcome::NotFound,
            "AccessDeniedException" => PutOutcome::Denied(text),
            _ => PutOutcome::Refused(text),
        },
        Some(NoResult::NotNow(text) | NoResult::Unknown(text)) => PutOutcome::Unknown(text),
    }
}
