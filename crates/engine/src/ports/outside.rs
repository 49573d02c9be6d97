//! CodePipeline and CodeArtifact.

use downriver_domain::slot::FailedStage;
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    AccountId, AttemptId, ClientRequestToken, DomainName, Origin, Pipeline, PipelineExecutionId,
    Repository, RepositoryId, Timestamp, VersionStatus,
};

/// The bus of an account that refuses an inbound role; its rules start pipelines.
pub const REQUESTS_BUS: &str = "downriver-requests";

/// One StartPipelineExecution call; repeating it with the same values is the same call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartExecution {
    pub pipeline: Pipeline,
    /// The role session's name.
    pub attempt: AttemptId,
    pub token: ClientRequestToken,
    pub variables: Vec<(String, String)>,
}

/// Why an execution was not started, or that it is not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    #[error("throttled")]
    Throttled,
    #[error("the pipeline is busy or at its limit of concurrent executions")]
    Busy,
    /// Timed out or broke off: it may have started.
    #[error("no answer: {0}")]
    Unknown(String),
    #[error("the pipeline does not exist")]
    NotFound,
    #[error("access denied: {0}")]
    Denied(String),
    #[error("refused as invalid: {0}")]
    Invalid(String),
}

/// `PipelineExecutionStatus` of the service model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExecutionStatus {
    InProgress,
    Stopping,
    Stopped,
    Succeeded,
    Superseded,
    Failed,
    Cancelled,
}

/// An execution as CodePipeline reports it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    pub id: PipelineExecutionId,
    pub status: ExecutionStatus,
    pub started_at: Timestamp,
    pub updated_at: Timestamp,
    pub trigger: Trigger,
    /// The execution that a ROLLBACK returns to.
    pub rollback_target: Option<PipelineExecutionId>,
    /// For a failed one: the failing stage, and whether it comes before the first stage with a Deploy action.
    pub failed_stage: Option<FailedStage>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// StartPipelineExecution by a role session of this name.
    Session(String),
    /// `CloudWatchEvent`: an EventBridge rule.
    Rule,
    /// `CloudWatchEvent`: a rule of the bus on which we ask for executions. Which request it answered is not told.
    Request,
    Other(String),
}

/// Why CodePipeline or CodeArtifact could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    #[error("not found")]
    NotFound,
    #[error("access denied: {0}")]
    Denied(String),
    #[error("no answer: {0}")]
    Transient(String),
}

pub trait Pipelines {
    async fn start_execution(
        &self,
        start: &StartExecution,
    ) -> Result<PipelineExecutionId, StartError>;

    /// Puts an event on the bus [`REQUESTS_BUS`] of the pipeline's account and Region, where a rule starts the pipeline. Two of
    /// them start it twice.
    async fn request_execution(&self, start: &StartExecution) -> Result<(), StartError>;

    async fn load_execution(
        &self,
        pipeline: &Pipeline,
        id: &PipelineExecutionId,
    ) -> Result<Execution, ReadError>;

    /// Executions started at or after `since`, newest first, at most `limit`.
    async fn list_executions(
        &self,
        pipeline: &Pipeline,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<Execution>, ReadError>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedVersion {
    pub version: String,
    pub status: VersionStatus,
    pub revision: Option<String>,
    pub origin: Origin,
    /// When it was published or ingested here, or last updated; only DescribePackageVersion tells.
    pub published_at: Option<Timestamp>,
}

/// CodeArtifact, as far as it is read.
pub trait Registry {
    /// What this repository itself holds (upstreams are not asked), at most `limit`.
    async fn list_package_versions(
        &self,
        repository: &RepositoryId,
        package: &PackageId,
        limit: usize,
    ) -> Result<Vec<ListedVersion>, ReadError>;

    async fn describe_package_version(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Result<ListedVersion, ReadError>;

    /// The repositories of a domain.
    async fn list_repositories(
        &self,
        domain_owner: &AccountId,
        domain: &DomainName,
    ) -> Result<Vec<RepositoryId>, ReadError>;

    async fn describe_repository(&self, repository: &RepositoryId)
    -> Result<Repository, ReadError>;

    /// Takes a `Published` version of this repository out of what builds select; those that name it exactly still install it.
    /// One that is not `Published` stays as it is.
    async fn unlist_package_version(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Result<(), ReadError>;

    /// What a published version asks for itself, with its requirements in native syntax.
    async fn list_dependencies(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Result<Vec<(PackageId, String)>, ReadError>;
}
