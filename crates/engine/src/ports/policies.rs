//! CodeArtifact's resource policies.

use downriver_domain::{AccountId, DomainName, RepositoryId};

use super::ReadError;

/// A policy as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingPolicy {
    /// JSON.
    pub document: String,
    /// What a write names, so that nobody else's edit is overwritten.
    pub revision: String,
}

/// What came of putting or deleting a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PutOutcome {
    Done,
    /// Somebody else changed it in between: load again, plan again.
    Conflict,
    NotFound,
    Denied(String),
    /// Refused as invalid.
    Refused(String),
    /// No answer: it may have happened.
    Unknown(String),
}

/// The resource policies of domains and repositories. Where there is none, `None` is loaded.
///
/// A write names the revision that it replaces. Where there was no policy there is no revision to name: then the last
/// of two writers wins, as far as CodeArtifact's model says.
pub trait Policies {
    /// The account that made the repository.
    async fn load_administrator(&self, repository: &RepositoryId) -> Result<AccountId, ReadError>;

    /// `None` also where there is no such domain.
    async fn load_domain_policy(
        &self,
        domain_owner: &AccountId,
        domain: &DomainName,
    ) -> Result<Option<StandingPolicy>, ReadError>;

    /// `None` also where there is no such repository.
    async fn load_repository_policy(
        &self,
        repository: &RepositoryId,
    ) -> Result<Option<StandingPolicy>, ReadError>;

    async fn put_domain_policy(
        &self,
        domain_owner: &AccountId,
        domain: &DomainName,
        document: &str,
        revision: Option<&str>,
    ) -> PutOutcome;

    async fn put_repository_policy(
        &self,
        repository: &RepositoryId,
        document: &str,
        revision: Option<&str>,
    ) -> PutOutcome;

    async fn delete_domain_policy(
        &self,
        domain_owner: &AccountId,
        domain: &DomainName,
        revision: &str,
    ) -> PutOutcome;

    async fn delete_repository_policy(
        &self,
        repository: &RepositoryId,
        revision: &str,
    ) -> PutOutcome;
}
