//! What an application sees of a package: the copies in all repositories visible to it, taken together.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use downriver_version::{Format, PackageId, Requirement, Version};

use super::{Cascade, Origin, PackageInventory, RepositoryId, VersionRecord, VersionStatus};
use crate::Timestamp;

/// The versions of one package as seen from a set of repositories.
#[derive(Debug, Clone)]
pub struct View {
    versions: BTreeMap<String, VisibleVersion>,
    /// The `Published` ones that the ecosystem can parse.
    published: Vec<Version>,
    /// Every repository that holds the package was read with `ListPackageVersions` when the package was first met.
    pub is_seeded: bool,
}

/// One version, over all visible copies: a copy retained downstream outlives deletion upstream.
#[derive(Debug, Clone)]
pub struct VisibleVersion {
    pub text: String,
    pub parsed: Option<Version>,
    /// The most usable status of any copy.
    pub status: VersionStatus,
    pub origin: Origin,
    /// When the first visible copy was first seen.
    pub first_seen: Timestamp,
    pub published_at: Option<Timestamp>,
    pub withdrawn_at: Option<Timestamp>,
    /// When it was first offered by any visible copy: from then on a build could have picked it up.
    pub offered_at: Timestamp,
    /// From when until when a plain build could select it, for each copy.
    offered: Vec<(Timestamp, Timestamp)>,
    /// Where copies of it were withdrawn.
    pub withdrawn_from: BTreeSet<RepositoryId>,
    /// Known only from `ListPackageVersions`: when it appeared is not known.
    pub is_seeded: bool,
    /// Of the copy in the repository of first publication; copies do not follow its edits.
    pub revision: Option<String>,
    pub revised_at: Timestamp,
    pub repository: RepositoryId,
    /// Of the first copy that an event told of: one that was only listed does not tell what it descends from.
    pub cascade: Cascade,
    /// Whether the copy that the cascade is taken from was only listed, and when it was first seen.
    descended: (bool, Timestamp),
}

impl View {
    pub fn of(inventory: &PackageInventory, visible: &BTreeSet<RepositoryId>) -> Self {
        let mut versions: BTreeMap<String, VisibleVersion> = BTreeMap::new();
        let mut is_seeded = true;
        for (repository, records) in &inventory.repositories {
            if !visible.contains(repository) {
                continue;
            }
            is_seeded &= records.seeded_at.is_some();
            for (text, record) in &records.versions {
                let copy = VisibleVersion::of(&inventory.package, text, repository, record);
                match versions.get_mut(text) {
                    Some(known) => known.merge(copy),
                    None => {
                        versions.insert(text.clone(), copy);
                    }
                }
            }
        }
        let published = versions
            .values()
            .filter(|version| version.status == VersionStatus::Published)
            .filter_map(|version| version.parsed.clone())
            .collect();
        Self {
            versions,
            published,
            is_seeded,
        }
    }

    /// As if this version could not be selected.
    #[must_use]
    pub fn without(&self, version: &str) -> Self {
        let mut view = self.clone();
        view.published.retain(|known| known.as_str() != version);
        view
    }

    /// Every version, in order of its text.
    pub fn iter(&self) -> impl Iterator<Item = &VisibleVersion> {
        self.versions.values()
    }

    pub fn get(&self, version: &str) -> Option<&VisibleVersion> {
        self.versions.get(version)
    }

    /// A version that a lock or SBOM names, for PyPI perhaps in another spelling: there `1.0` and `1.0.0` are one release,
    /// while Maven and RubyGems keep them apart.
    pub fn find(&self, version: &Version) -> Option<&VisibleVersion> {
        let is_it = |known: &&VisibleVersion| {
            let parsed = known.parsed.as_ref();
            parsed.and_then(|known| known.compare(version)) == Some(std::cmp::Ordering::Equal)
        };
        self.versions.get(version.as_str()).or_else(|| {
            (version.format() == Format::Pypi)
                .then(|| self.versions.values().find(is_it))
                .flatten()
        })
    }

    /// What a plain build would resolve the requirement to now.
    pub fn select(&self, requirement: &Requirement) -> Option<&VisibleVersion> {
        self.versions
            .get(requirement.selects(&self.published)?.as_str())
    }

    /// As [`Self::select`], with a further candidate where the inventory does not know of its withdrawal; `None`, or that
    /// one, if it is selected.
    pub fn select_beside(
        &self,
        requirement: &Requirement,
        further: Option<&Version>,
    ) -> Option<&VisibleVersion> {
        match further {
            Some(version) if self.find(version).is_none_or(VisibleVersion::is_hidden) => {
                let mut candidates = self.published.clone();
                candidates.push(version.clone());
                self.versions
                    .get(requirement.selects(&candidates)?.as_str())
            }
            _ => self.select(requirement),
        }
    }

    /// What a plain build would have resolved the requirement to, of all that was offered at any moment of this time.
    pub fn select_during(
        &self,
        requirement: &Requirement,
        time: &RangeInclusive<Timestamp>,
    ) -> Option<&VisibleVersion> {
        self.versions
            .get(requirement.selects(&self.published_during(time))?.as_str())
    }

    /// The highest `Published` version that is no pre-release, now or at any moment of this time.
    pub fn select_latest(
        &self,
        time: Option<&RangeInclusive<Timestamp>>,
    ) -> Option<&VisibleVersion> {
        let candidates = time.map_or_else(
            || self.published.clone(),
            |time| self.published_during(time),
        );
        let highest = candidates
            .iter()
            .filter(|version| !version.is_prerelease())
            .max_by(|a, b| a.compare(b).unwrap_or(std::cmp::Ordering::Equal))?;
        self.versions.get(highest.as_str())
    }

    fn published_during(&self, time: &RangeInclusive<Timestamp>) -> Vec<Version> {
        let then = self
            .versions
            .values()
            .filter(|version| version.was_published_during(time));
        then.filter_map(|version| version.parsed.clone()).collect()
    }
}

impl VisibleVersion {
    fn of(
        package: &PackageId,
        text: &str,
        repository: &RepositoryId,
        record: &VersionRecord,
    ) -> Self {
        Self {
            text: text.to_owned(),
            parsed: Version::parse(package.format(), text).ok(),
            status: record.status,
            origin: record.origin,
            first_seen: record.first_seen,
            published_at: record.published_at,
            withdrawn_at: record.withdrawn_at,
            offered_at: offered_at(record),
            offered: offered(record),
            withdrawn_from: is_withdrawn(record)
                .then(|| repository.clone())
                .into_iter()
                .collect(),
            is_seeded: record.is_seeded,
            revision: record.revision.clone(),
            revised_at: record.revised_at,
            repository: repository.clone(),
            cascade: record.cascade.clone(),
            descended: (record.is_seeded, record.first_seen),
        }
    }

    /// Takes another copy of the same version in: usable if any is, first seen when the first was.
    fn merge(&mut self, mut copy: Self) {
        let is_published =
            self.status == VersionStatus::Published || copy.status == VersionStatus::Published;
        let published_at = [self.published_at, copy.published_at]
            .into_iter()
            .flatten()
            .min();
        let withdrawn_at = if is_published {
            None
        } else {
            [self.withdrawn_at, copy.withdrawn_at]
                .into_iter()
                .flatten()
                .max()
        };
        let status = self.status.min(copy.status);
        let is_seeded = self.is_seeded || copy.is_seeded;
        let offered_at = self.offered_at.min(copy.offered_at);
        let offered = [self.offered.as_slice(), &copy.offered].concat();
        let mut withdrawn_from = std::mem::take(&mut self.withdrawn_from);
        withdrawn_from.append(&mut copy.withdrawn_from);
        // A copy that is gone says nothing of what is published again elsewhere. Of two that were there before anybody
        // looked, the original is the one whose edits show: copies do not follow.
        let order = |copy: &Self| {
            let is_gone = matches!(
                copy.status,
                VersionStatus::Deleted | VersionStatus::Disposed
            );
            (is_gone, copy.first_seen, Reverse(copy.revised_at))
        };
        let (descended, cascade) = if copy.descended < self.descended {
            (copy.descended, copy.cascade.clone())
        } else {
            (self.descended, std::mem::take(&mut self.cascade))
        };
        if order(&copy) < order(self) {
            *self = copy;
        }
        self.descended = descended;
        self.cascade = cascade;
        self.offered_at = offered_at;
        self.offered = offered;
        self.withdrawn_from = withdrawn_from;
        self.status = status;
        self.published_at = published_at;
        self.withdrawn_at = withdrawn_at;
        self.is_seeded = is_seeded;
    }

    /// Neither offered nor ever withdrawn: still `Unfinished`, or `Unlisted` from the start.
    pub const fn is_hidden(&self) -> bool {
        !matches!(self.status, VersionStatus::Published) && self.withdrawn_at.is_none()
    }

    /// No copy is `Published` any more.
    pub fn is_withdrawn(&self) -> bool {
        self.status != VersionStatus::Published && self.withdrawn_at.is_some()
    }

    fn was_published_during(&self, time: &RangeInclusive<Timestamp>) -> bool {
        self.offered
            .iter()
            .any(|(from, until)| from <= time.end() && time.start() < until)
    }
}

/// When a copy was first offered. One that was withdrawn was offered since it was first seen, as its record only keeps
/// when it was offered last.
fn offered_at(record: &VersionRecord) -> Timestamp {
    match record.published_at {
        Some(published) if record.withdrawn_at.is_none() => published,
        _ => record.first_seen,
    }
}

/// The spans in which a copy was `Published`, as far as its record tells.
fn offered(record: &VersionRecord) -> Vec<(Timestamp, Timestamp)> {
    let is_published = record.status == VersionStatus::Published;
    match (record.published_at, record.withdrawn_at) {
        (Some(published), Some(withdrawn)) if is_published => {
            vec![(record.first_seen, withdrawn), (published, Timestamp::MAX)]
        }
        (Some(published), None) => vec![(published, Timestamp::MAX)],
        (Some(published), Some(withdrawn)) => vec![(published, withdrawn)],
        (None, _) => Vec::new(),
    }
}

fn is_withdrawn(record: &VersionRecord) -> bool {
    record.status != VersionStatus::Published && record.withdrawn_at.is_some()
}
