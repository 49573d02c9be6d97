//! Identifiers, catalog, inventory, impact, slot, gates, access: every decision of Downriver, as functions from values to
//! values. Pure: no IO, no clock, no environment, no async, no logging.

pub mod access;
pub mod catalog;
pub mod dependency;
mod identifiers;
pub mod impact;
pub mod inventory;
pub mod rollout;
pub mod slot;
pub mod summary;
#[cfg(test)]
mod testing;
mod time;
pub mod window;

pub use catalog::{
    Application, Follow, Freeze, ObservedRepository, OnLocked, PackagePattern, Pipeline, Policy,
    Repository, RepositoryId, Rollback, Target, Topology, Versioning,
};
pub use dependency::{Built, Dependency, Edge, Evidence, Scope};
pub use downriver_version as version;
pub use identifiers::{
    AccountId, ApplicationId, AttemptId, ClientRequestToken, DomainName, InvalidIdentifier,
    OrganizationId, OwnerId, PipelineExecutionId, PipelineName, RebuildId, RegionName,
    RepositoryName, RoleArn,
};
pub use inventory::{
    Cascade, Operation, Origin, PackageInventory, RepositoryInventory, Sighting, VersionRecord,
    VersionStatus,
};
pub use rollout::{Rollout, RolloutPolicy};
pub use summary::{Summary, WeeklySummary};
pub use time::Timestamp;
pub use window::Window;
