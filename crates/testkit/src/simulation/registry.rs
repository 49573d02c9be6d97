//! The true state of CodeArtifact: which repository holds which version, and where each version really came from.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::version::{
    PackageId, PackageVersionId, Requirement, RequirementKind, Version,
};
use downriver_domain::{
    ApplicationId, Operation, Origin, RepositoryId, Sighting, Timestamp, VersionStatus,
};
use downriver_engine::ports::ListedVersion;

/// A version in one repository.
#[derive(Debug, Clone)]
struct Row {
    status: VersionStatus,
    revision: u64,
    origin: Origin,
    sequence: u64,
    published_at: Timestamp,
}

#[derive(Debug, Default)]
pub(super) struct Registry {
    rows: BTreeMap<PackageId, BTreeMap<RepositoryId, BTreeMap<String, Row>>>,
    /// The applications whose rebuilds led to a version.
    cascades: BTreeMap<PackageVersionId, BTreeSet<ApplicationId>>,
    /// Numbers revisions.
    revisions: u64,
}

impl Registry {
    /// A new version, or one that comes back; `None` if it is there already.
    pub(super) fn publish(
        &mut self,
        package_version: &PackageVersionId,
        repository: &RepositoryId,
        origin: Origin,
        now: Timestamp,
    ) -> Option<Sighting> {
        let rows = self
            .rows
            .entry(package_version.package().clone())
            .or_default()
            .entry(repository.clone())
            .or_default();
        let known = rows.get(package_version.version());
        if known.is_some_and(|row| row.status != VersionStatus::Deleted) {
            return None;
        }
        self.revisions += 1;
        let row = Row {
            status: VersionStatus::Published,
            revision: self.revisions,
            origin,
            sequence: known.map_or(1, |row| row.sequence + 2),
            published_at: now,
        };
        let sighting = sighting(package_version, repository, &row, Operation::Created, now);
        rows.insert(package_version.version().to_owned(), row);
        Some(sighting)
    }

    /// Notes whose rebuilds led to a version.
    pub(super) fn descends(
        &mut self,
        package_version: &PackageVersionId,
        applications: BTreeSet<ApplicationId>,
    ) {
        self.cascades
            .entry(package_version.clone())
            .or_insert(applications);
    }

    pub(super) fn cascade(
        &self,
        package_version: &PackageVersionId,
    ) -> Option<&BTreeSet<ApplicationId>> {
        self.cascades.get(package_version)
    }

    /// Another status; `None` if it has it already, or is gone.
    pub(super) fn restatus(
        &mut self,
        package_version: &PackageVersionId,
        repository: &RepositoryId,
        status: VersionStatus,
        now: Timestamp,
    ) -> Option<Sighting> {
        let row = self
            .rows
            .get_mut(package_version.package())?
            .get_mut(repository)?
            .get_mut(package_version.version())?;
        if row.status == status || row.status == VersionStatus::Deleted {
            return None;
        }
        row.status = status;
        row.sequence += 1;
        let operation = if status == VersionStatus::Deleted {
            Operation::Deleted
        } else {
            Operation::Updated
        };
        Some(sighting(package_version, repository, row, operation, now))
    }

    /// The versions of a package that were deleted, with the repositories that held them.
    pub(super) fn deleted(&self, package: &PackageId) -> Vec<(String, RepositoryId)> {
        self.of(package)
            .flat_map(|(repository, rows)| {
                rows.iter()
                    .filter(|(_, row)| row.status == VersionStatus::Deleted)
                    .map(move |(version, _)| (version.clone(), repository.clone()))
            })
            .collect()
    }

    /// Every version of a package anywhere, with the repositories that hold it.
    pub(super) fn versions(&self, package: &PackageId) -> Vec<(String, RepositoryId)> {
        self.of(package)
            .flat_map(|(repository, rows)| {
                rows.keys()
                    .map(move |version| (version.clone(), repository.clone()))
            })
            .collect()
    }

    pub(super) fn is_held_in(&self, package: &PackageVersionId, repository: &RepositoryId) -> bool {
        self.of(package.package()).any(|(holder, rows)| {
            holder == repository
                && rows
                    .get(package.version())
                    .is_some_and(|row| row.status != VersionStatus::Deleted)
        })
    }

    pub(super) fn origin(&self, package: &PackageVersionId) -> Origin {
        self.of(package.package())
            .find_map(|(_, rows)| rows.get(package.version()))
            .map_or(Origin::Unknown, |row| row.origin)
    }

    /// Whether any repository that is seen offers this version.
    pub(super) fn is_published(
        &self,
        package: &PackageVersionId,
        seen: &BTreeSet<RepositoryId>,
    ) -> bool {
        self.of(package.package())
            .filter(|(repository, _)| seen.contains(*repository))
            .filter_map(|(_, rows)| rows.get(package.version()))
            .any(|row| row.status == VersionStatus::Published)
    }

    /// What a plain build that sees these repositories resolves a requirement to.
    pub(super) fn select(
        &self,
        seen: &BTreeSet<RepositoryId>,
        package: &PackageId,
        requirement: &str,
    ) -> Option<String> {
        let requirement = Requirement::parse(package.format(), requirement).ok()?;
        let texts: BTreeSet<&String> = self
            .of(package)
            .filter(|(repository, _)| seen.contains(*repository))
            .flat_map(|(_, rows)| rows)
            .filter(|(_, row)| row.status == VersionStatus::Published)
            .map(|(text, _)| text)
            .collect();
        let candidates: Vec<Version> = texts
            .into_iter()
            .filter_map(|text| Version::parse(package.format(), text).ok())
            .collect();
        let selected = if matches!(requirement.kind(), RequirementKind::Tag(_)) {
            candidates
                .iter()
                .filter(|version| !version.is_prerelease())
                .max_by(|a, b| a.compare(b).expect("versions of one format compare"))
        } else {
            requirement.selects(&candidates)
        };
        selected.map(|version| version.as_str().to_owned())
    }

    pub(super) fn list(
        &self,
        repository: &RepositoryId,
        package: &PackageId,
    ) -> Vec<ListedVersion> {
        self.of(package)
            .filter(|(holder, _)| *holder == repository)
            .flat_map(|(_, rows)| rows)
            .filter(|(_, row)| row.status != VersionStatus::Deleted)
            .map(|(version, row)| listed(version, row))
            .collect()
    }

    pub(super) fn describe(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Option<ListedVersion> {
        let (_, rows) = self
            .of(package_version.package())
            .find(|(holder, _)| *holder == repository)?;
        let row = rows.get(package_version.version())?;
        (row.status != VersionStatus::Deleted).then(|| ListedVersion {
            published_at: Some(row.published_at),
            ..listed(package_version.version(), row)
        })
    }

    /// When a version was first published anywhere.
    pub(super) fn published_at(&self, package: &PackageVersionId) -> Option<Timestamp> {
        self.of(package.package())
            .filter_map(|(_, rows)| rows.get(package.version()))
            .map(|row| row.published_at)
            .min()
    }

    fn of(
        &self,
        package: &PackageId,
    ) -> impl Iterator<Item = (&RepositoryId, &BTreeMap<String, Row>)> {
        self.rows.get(package).into_iter().flatten()
    }
}

fn listed(version: &str, row: &Row) -> ListedVersion {
    ListedVersion {
        version: version.to_owned(),
        status: row.status,
        revision: Some(revision(row)),
        origin: row.origin,
        published_at: None,
    }
}

fn sighting(
    package_version: &PackageVersionId,
    repository: &RepositoryId,
    row: &Row,
    operation: Operation,
    now: Timestamp,
) -> Sighting {
    Sighting {
        repository: repository.clone(),
        package_version: package_version.clone(),
        status: row.status,
        operation,
        revision: Some(revision(row)),
        sequence: row.sequence,
        event_time: now,
    }
}

fn revision(row: &Row) -> String {
    format!("revision-{}", row.revision)
}
