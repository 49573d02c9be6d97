//! How pipelines, roles, packages and domains are set up: what only `doctor` reads.

use std::collections::BTreeSet;

use downriver_domain::version::PackageId;
use downriver_domain::{AccountId, DomainName, Pipeline, RepositoryId, Timestamp};

use super::ReadError;

/// What a pipeline's declaration tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredPipeline {
    /// Only a pipeline of type V2 has variables.
    pub is_v2: bool,
    pub variables: Vec<DeclaredVariable>,
    pub mode: ExecutionMode,
    /// Its source artifact names a commit and holds no files.
    pub is_clone_reference: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredVariable {
    pub name: String,
    /// Without one, every start has to give a value.
    pub has_default: bool,
}

/// `ExecutionMode` of the service model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionMode {
    /// An execution that waits between two stages gives way to a newer one.
    Superseded,
    Queued,
    Parallel,
}

/// A stage that nothing enters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisabledTransition {
    pub stage: String,
    pub reason: Option<String>,
    pub since: Option<Timestamp>,
}

/// The restrictions of one package in one repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OriginControls {
    /// New versions may be published to the repository itself.
    pub is_publish_allowed: bool,
    /// Versions may come from upstream repositories and external connections.
    pub is_upstream_allowed: bool,
}

/// What `doctor` reads of the accounts' settings. Nothing here changes anything.
pub trait Setup {
    async fn describe_pipeline(&self, pipeline: &Pipeline) -> Result<DeclaredPipeline, ReadError>;

    /// The stages whose inbound transition is disabled, in the pipeline's order.
    async fn list_disabled_transitions(
        &self,
        pipeline: &Pipeline,
    ) -> Result<Vec<DisabledTransition>, ReadError>;

    /// The origin controls of a package that this repository itself holds.
    async fn describe_package(
        &self,
        repository: &RepositoryId,
        package: &PackageId,
    ) -> Result<OriginControls, ReadError>;

    /// The account that made a repository; it may not be the domain's owner.
    async fn load_administrator(&self, repository: &RepositoryId) -> Result<AccountId, ReadError>;

    /// The resource policy as JSON; none if there is none.
    async fn load_repository_policy(
        &self,
        repository: &RepositoryId,
    ) -> Result<Option<String>, ReadError>;

    /// The resource policy as JSON; none if there is none.
    async fn load_domain_policy(
        &self,
        domain_owner: &AccountId,
        domain: &DomainName,
    ) -> Result<Option<String>, ReadError>;

    /// The accounts in which there is a role to start pipelines.
    fn startable(&self) -> BTreeSet<AccountId>;

    /// The deployment's own account.
    fn account(&self) -> &AccountId;

    /// Assumes the role under which pipelines of this account are started, in a session that may do nothing.
    async fn probe_starter(&self, account: &AccountId) -> Result<(), ReadError>;
}
