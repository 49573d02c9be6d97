//! The operations that are served.

use serde::{Deserialize, Serialize};

/// By the names of the service models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Operation {
    CreatePipeline,
    UpdatePipeline,
    GetPipeline,
    ListPipelines,
    DeletePipeline,
    StartPipelineExecution,
    GetPipelineExecution,
    ListPipelineExecutions,
    ListActionExecutions,
    StopPipelineExecution,
    GetPipelineState,
    RetryStageExecution,
    RollbackStage,
    EnableStageTransition,
    DisableStageTransition,
    ListTagsForResource,
    PutEvents,
    AssumeRole,
    GetCallerIdentity,
    ListPackageVersions,
    DescribePackageVersion,
    ListPackageVersionDependencies,
    ListRepositoriesInDomain,
    DescribeRepository,
    DescribePackage,
    PutPackageOriginConfiguration,
    UpdatePackageVersionsStatus,
    GetDomainPermissionsPolicy,
    PutDomainPermissionsPolicy,
    DeleteDomainPermissionsPolicy,
    GetRepositoryPermissionsPolicy,
    PutRepositoryPermissionsPolicy,
    DeleteRepositoryPermissionsPolicy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    CodePipeline,
    Sts,
    CodeArtifact,
    EventBridge,
}

impl Operation {
    /// Reads an operation of CodePipeline, EventBridge or STS.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        serde_json::from_value(serde_json::Value::String(name.to_owned())).ok()
    }

    pub(crate) const fn service(self) -> Service {
        match self {
            Self::AssumeRole | Self::GetCallerIdentity => Service::Sts,
            Self::PutEvents => Service::EventBridge,
            Self::ListPackageVersions
            | Self::DescribePackageVersion
            | Self::ListPackageVersionDependencies
            | Self::ListRepositoriesInDomain
            | Self::DescribeRepository
            | Self::DescribePackage
            | Self::PutPackageOriginConfiguration
            | Self::UpdatePackageVersionsStatus
            | Self::GetDomainPermissionsPolicy
            | Self::PutDomainPermissionsPolicy
            | Self::DeleteDomainPermissionsPolicy
            | Self::GetRepositoryPermissionsPolicy
            | Self::PutRepositoryPermissionsPolicy
            | Self::DeleteRepositoryPermissionsPolicy => Service::CodeArtifact,
            _ => Service::CodePipeline,
        }
    }
}
