//! The versions known per repository and package, and what an application sees of them.

mod sighting;
#[cfg(test)]
mod tests;
mod view;

pub use sighting::{
    SightingEffect, SightingOrder, apply_sighting, date_listed, dates_listed, order_sighting,
    seed_inventory,
};
pub use view::{View, VisibleVersion};

use std::collections::{BTreeMap, BTreeSet};

use downriver_version::{PackageId, PackageVersionId};

use crate::catalog::RepositoryId;
use crate::{ApplicationId, Timestamp};

/// `PackageVersionStatus` of the CodeArtifact service model, the most usable first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum VersionStatus {
    Published,
    /// No longer offered; still installs by exact pin or lock.
    Unlisted,
    Unfinished,
    Archived,
    Disposed,
    Deleted,
}

/// `OriginType` of the CodeArtifact service model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    Internal,
    External,
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Created,
    Updated,
    Deleted,
}

/// One accepted package-version event: a package version as a repository now has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    pub repository: RepositoryId,
    pub package_version: PackageVersionId,
    pub status: VersionStatus,
    pub operation: Operation,
    /// The package version revision: changes whenever assets or metadata change.
    pub revision: Option<String>,
    pub sequence: u64,
    pub event_time: Timestamp,
}

/// Where a change came from: the root changes and the applications whose rebuilds led to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cascade {
    /// Empty for a change that is a root itself.
    pub roots: BTreeSet<PackageVersionId>,
    pub applications: BTreeSet<ApplicationId>,
    /// A person's execution of the producer overlapped ours, so that the descent is not certain.
    pub is_overlapped: bool,
    /// Urgency is inherited from the root.
    pub is_urgent: bool,
    /// How many of our rebuilds in a row led to it, at most; 0 for a root.
    pub depth: u32,
}

/// A version in one repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRecord {
    pub status: VersionStatus,
    pub revision: Option<String>,
    pub sequence: u64,
    /// Of the event that last changed this record, or of the seeding.
    pub event_time: Timestamp,
    pub origin: Origin,
    /// When this incarnation was first seen here.
    pub first_seen: Timestamp,
    /// When this incarnation last became `Published`.
    pub published_at: Option<Timestamp>,
    /// When it was last withdrawn from selection (left `Published`); stays when it is offered again.
    pub withdrawn_at: Option<Timestamp>,
    /// When its revision last changed while `Published`; what a mutable version is judged by.
    pub revised_at: Timestamp,
    /// Deleting and republishing a version makes a new incarnation of it; counted from 1.
    pub incarnation: u32,
    /// Read from `ListPackageVersions` when the package was first met.
    pub is_seeded: bool,
    pub cascade: Cascade,
}

/// The versions of one package in one repository: one stored record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryInventory {
    pub repository: RepositoryId,
    pub package: PackageId,
    /// Counts the versions of this record; 0 before it is first written.
    pub record_revision: u64,
    pub seeded_at: Option<Timestamp>,
    pub versions: BTreeMap<String, VersionRecord>,
}

/// The versions of one package in every repository it was seen in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageInventory {
    pub package: PackageId,
    pub repositories: BTreeMap<RepositoryId, RepositoryInventory>,
}

impl RepositoryInventory {
    /// The record of a package that was not seen in this repository yet.
    pub const fn new(repository: RepositoryId, package: PackageId) -> Self {
        Self {
            repository,
            package,
            record_revision: 0,
            seeded_at: None,
            versions: BTreeMap::new(),
        }
    }
}

impl PackageInventory {
    /// The record of a version in the repository where it was first seen; one that an event told of before one that was
    /// only listed, as that tells neither when it appeared nor what it descends from.
    pub fn first_record(&self, version: &str) -> Option<(&RepositoryId, &VersionRecord)> {
        self.repositories
            .iter()
            .filter_map(|(repository, inventory)| {
                Some((repository, inventory.versions.get(version)?))
            })
            .min_by_key(|(repository, record)| {
                (record.is_seeded, record.first_seen, (*repository).clone())
            })
    }
}
