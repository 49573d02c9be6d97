//! The simulated CodeArtifact: what every repository holds, and the events that changes to it emit.
//!
//! Publishing, retention and ingestion follow the user guide's pages on package versions and upstream repositories.
//! Knows nothing of pipelines; what a build asks for is decided in `building`.

mod publish;
mod seed;

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::version::PackageId;
use downriver_domain::{Operation, Origin, RepositoryId, Sighting, Timestamp, VersionStatus};
use downriver_engine::ports::ListedVersion;
use serde::{Deserialize, Serialize};

use super::facts::Facts;
use super::ids::revision_of;
use super::text::{Text, TextForm as _};

pub(crate) use seed::seed;

/// From a change to the arrival of its event.
pub(crate) const EVENT_SECS: u64 = 2;
/// From a client's request to the ingestion of a public version.
pub(crate) const INGESTION_SECS: u64 = 180;

#[derive(Debug, Default)]
pub(crate) struct Registry {
    packages: BTreeMap<PackageId, PackageState>,
    changed: BTreeSet<PackageId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PackageState {
    package: Text<PackageId>,
    /// Grows with every event of the package.
    sequence: u64,
    /// Counts the revisions ever made, so that each is another.
    revisions: u64,
    /// Repository (`owner/domain/name`) → version → its state.
    repositories: BTreeMap<String, BTreeMap<String, VersionState>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct VersionState {
    pub(crate) status: StatusRow,
    pub(crate) origin: OriginRow,
    pub(crate) revision: Option<String>,
    changed_at: Text<Timestamp>,
    sequence: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum StatusRow {
    Published,
    Unfinished,
    Unlisted,
    Archived,
    Disposed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OriginRow {
    Internal,
    External,
    Unknown,
}

/// A change of a package version in a repository, as its event tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Emission {
    pub(crate) repository: RepositoryId,
    pub(crate) package: PackageId,
    pub(crate) version: String,
    pub(crate) status: StatusRow,
    pub(crate) revision: Option<String>,
    pub(crate) operation: Operation,
    pub(crate) is_status_changed: bool,
    pub(crate) sequence: u64,
    pub(crate) time: Timestamp,
}

impl Registry {
    pub(crate) fn package(&self, package: &PackageId) -> Option<&PackageState> {
        self.packages.get(package)
    }

    pub(crate) fn take_changed(&mut self) -> Vec<(String, Option<PackageState>)> {
        let changed = std::mem::take(&mut self.changed);
        let row = |package: PackageId| (package.to_text(), self.packages.get(&package).cloned());
        changed.into_iter().map(row).collect()
    }

    pub(crate) fn restore(&mut self, state: PackageState) {
        self.packages.insert(state.package.0.clone(), state);
    }

    /// Takes in what an input event tells of. Of one version the later event wins, in whatever order they arrive.
    pub(crate) fn apply(&mut self, facts: &Facts, sighting: &Sighting) {
        let package = sighting.package_version.package().clone();
        let version = sighting.package_version.version();
        let repository = sighting.repository.to_text();
        let origin = self.origin_of(facts, &package, version, &sighting.repository);
        let state = self.edit(&package);
        state.sequence = state.sequence.max(sighting.sequence);
        let versions = state.repositories.entry(repository).or_default();
        let order = (sighting.event_time, sighting.sequence);
        if let Some(known) = versions.get(version)
            && (known.changed_at.0, known.sequence) > order
        {
            return;
        }
        match StatusRow::from_port(sighting.status) {
            None => {
                versions.remove(version);
            }
            Some(status) => {
                let origin = versions.get(version).map_or(origin, |known| known.origin);
                let new = VersionState {
                    status,
                    origin,
                    revision: sighting.revision.clone(),
                    changed_at: Text(sighting.event_time),
                    sequence: sighting.sequence,
                };
                versions.insert(version.to_owned(), new);
            }
        }
    }

    /// Keeps a version that was pulled through `to` there as well; nothing if it is there already.
    pub(crate) fn retain(
        &mut self,
        package: &PackageId,
        version: &str,
        to: &RepositoryId,
        source: &VersionState,
        now: Timestamp,
    ) -> Option<Emission> {
        let state = self.edit(package);
        let versions = state.repositories.entry(to.to_text()).or_default();
        if versions.contains_key(version) {
            return None;
        }
        state.sequence += 1;
        let sequence = state.sequence;
        let copy = VersionState {
            changed_at: Text(now),
            sequence,
            ..source.clone()
        };
        versions.insert(version.to_owned(), copy.clone());
        Some(Emission::new(
            package,
            version,
            to,
            &copy,
            Operation::Created,
        ))
    }

    /// Takes a `Published` version of a repository out of selection; nothing if it is not `Published` there.
    pub(crate) fn unlist(
        &mut self,
        package: &PackageId,
        version: &str,
        repository: &RepositoryId,
        now: Timestamp,
    ) -> Option<Emission> {
        let held = self
            .packages
            .get(package)?
            .repositories
            .get(&repository.to_text());
        let is_published = |held: &VersionState| held.status == StatusRow::Published;
        if !held?.get(version).is_some_and(is_published) {
            return None;
        }
        let state = self.edit(package);
        state.sequence += 1;
        let sequence = state.sequence;
        let held = state.repositories.get_mut(&repository.to_text())?;
        let held = held.get_mut(version)?;
        held.status = StatusRow::Unlisted;
        held.changed_at = Text(now);
        held.sequence = sequence;
        let held = held.clone();
        Some(Emission {
            is_status_changed: true,
            ..Emission::new(package, version, repository, &held, Operation::Updated)
        })
    }

    /// A public version as its registry has it, before any repository holds it.
    pub(crate) fn public_version(
        package: &PackageId,
        version: &str,
        now: Timestamp,
    ) -> VersionState {
        VersionState {
            status: StatusRow::Published,
            origin: OriginRow::External,
            revision: Some(revision_of(&package.to_text(), version, 0)),
            changed_at: Text(now),
            sequence: 0,
        }
    }

    fn edit(&mut self, package: &PackageId) -> &mut PackageState {
        self.changed.insert(package.clone());
        self.packages
            .entry(package.clone())
            .or_insert_with(|| PackageState {
                package: Text(package.clone()),
                sequence: 0,
                revisions: 0,
                repositories: BTreeMap::new(),
            })
    }

    /// Where a version that appears by an input event comes from: copied from where it is known, published by its
    /// producer, or through the repository's external connection.
    fn origin_of(
        &self,
        facts: &Facts,
        package: &PackageId,
        version: &str,
        repository: &RepositoryId,
    ) -> OriginRow {
        let known = self.packages.get(package).and_then(|state| {
            let mut copies = state.repositories.values();
            copies.find_map(|versions| versions.get(version))
        });
        match known {
            Some(copy) => copy.origin,
            None if facts.topology.is_internal(package) => OriginRow::Internal,
            None if facts.has_connection(repository, package.format()) => OriginRow::External,
            None => OriginRow::Internal,
        }
    }
}

impl PackageState {
    /// What the repository itself holds, in order of the versions' text.
    pub(crate) fn held_by(
        &self,
        repository: &RepositoryId,
    ) -> impl Iterator<Item = (&String, &VersionState)> {
        self.repositories
            .get(&repository.to_text())
            .into_iter()
            .flatten()
    }

    pub(crate) fn is_held_by(&self, repository: &RepositoryId, version: &str) -> bool {
        let versions = self.repositories.get(&repository.to_text());
        versions.is_some_and(|versions| versions.contains_key(version))
    }

    /// Every version anywhere, once.
    pub(crate) fn every_version(&self) -> BTreeSet<&str> {
        let versions = self.repositories.values().flat_map(BTreeMap::keys);
        versions.map(String::as_str).collect()
    }

    fn next_revision(&mut self, version: &str) -> String {
        self.revisions += 1;
        revision_of(&self.package.0.to_text(), version, self.revisions)
    }
}

impl VersionState {
    pub(crate) fn to_listed(&self, version: &str) -> ListedVersion {
        ListedVersion {
            version: version.to_owned(),
            status: self.status.to_port(),
            revision: self.revision.clone(),
            origin: self.origin.to_port(),
            published_at: Some(self.changed_at.0),
        }
    }
}

impl Emission {
    fn new(
        package: &PackageId,
        version: &str,
        repository: &RepositoryId,
        state: &VersionState,
        operation: Operation,
    ) -> Self {
        Self {
            repository: repository.clone(),
            package: package.clone(),
            version: version.to_owned(),
            status: state.status,
            revision: state.revision.clone(),
            operation,
            is_status_changed: operation == Operation::Created,
            sequence: state.sequence,
            time: state.changed_at.0,
        }
    }
}

impl StatusRow {
    /// `None` for a version that is gone.
    pub(crate) const fn from_port(status: VersionStatus) -> Option<Self> {
        match status {
            VersionStatus::Published => Some(Self::Published),
            VersionStatus::Unfinished => Some(Self::Unfinished),
            VersionStatus::Unlisted => Some(Self::Unlisted),
            VersionStatus::Archived => Some(Self::Archived),
            VersionStatus::Disposed => Some(Self::Disposed),
            VersionStatus::Deleted => None,
        }
    }

    const fn to_port(self) -> VersionStatus {
        match self {
            Self::Published => VersionStatus::Published,
            Self::Unfinished => VersionStatus::Unfinished,
            Self::Unlisted => VersionStatus::Unlisted,
            Self::Archived => VersionStatus::Archived,
            Self::Disposed => VersionStatus::Disposed,
        }
    }

    /// As events spell it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Published => "Published",
            Self::Unfinished => "Unfinished",
            Self::Unlisted => "Unlisted",
            Self::Archived => "Archived",
            Self::Disposed => "Disposed",
        }
    }

    /// Whether a package manager gets it by its exact version.
    pub(crate) const fn is_installable(self) -> bool {
        matches!(self, Self::Published | Self::Unlisted)
    }
}

impl OriginRow {
    pub(crate) const fn from_port(origin: Origin) -> Self {
        match origin {
            Origin::Internal => Self::Internal,
            Origin::External => Self::External,
            Origin::Unknown => Self::Unknown,
        }
    }

    const fn to_port(self) -> Origin {
        match self {
            Self::Internal => Origin::Internal,
            Self::External => Origin::External,
            Self::Unknown => Origin::Unknown,
        }
    }
}
