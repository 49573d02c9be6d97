//! What a producer's build publishes, and the events that follow.

use downriver_domain::version::{Format, PackageId, highest_of, next_release_after};
use downriver_domain::{Operation, RepositoryId, Timestamp};

use super::{Emission, OriginRow, Registry, StatusRow, VersionState};
use crate::simulator::instant::to_snapshot_text;
use crate::simulator::text::{Text, TextForm as _};

const SNAPSHOT: &str = "-SNAPSHOT";

impl Registry {
    /// Publishes the next version of a product to `home`. `is_same_again`: the version stands in the source and nobody
    /// changed it, so an existing one is refused, as CodeArtifact refuses other bytes for a version it has.
    pub(crate) fn publish_next(
        &mut self,
        package: &PackageId,
        home: &RepositoryId,
        is_same_again: bool,
        now: Timestamp,
    ) -> Result<Vec<Emission>, String> {
        let format = package.format();
        let existing: Vec<String> = self.packages.get(package).map_or_else(Vec::new, |state| {
            let versions = state.every_version();
            versions.into_iter().map(str::to_owned).collect()
        });
        let existing: Vec<&str> = existing.iter().map(String::as_str).collect();
        let releases: Vec<&str> = existing
            .iter()
            .copied()
            .filter(|version| format != Format::Maven || !is_snapshot_build(version))
            .collect();
        let highest = highest_of(format, &releases);
        if let Some(base) = highest.and_then(|version| version.strip_suffix(SNAPSHOT))
            && format == Format::Maven
        {
            return Ok(self.publish_snapshot(package, home, base, now));
        }
        if let Some(highest) = highest
            && is_same_again
        {
            return Err(format!(
                "409: {package} {highest} exists already with other contents"
            ));
        }
        let version = next_release_after(format, &releases)
            .ok_or_else(|| format!("no free version number for {package}"))?;
        Ok(self.publish(package, &version, home, now))
    }

    /// A release. Maven's is `Unfinished` until its metadata is uploaded.
    pub(crate) fn publish(
        &mut self,
        package: &PackageId,
        version: &str,
        home: &RepositoryId,
        now: Timestamp,
    ) -> Vec<Emission> {
        if package.format() != Format::Maven {
            return vec![self.write(package, version, home, StatusRow::Published, now)];
        }
        let first = self.write(package, version, home, StatusRow::Unfinished, now);
        let mut last = self.write(
            package,
            version,
            home,
            StatusRow::Published,
            now.plus_secs(1),
        );
        last.is_status_changed = true;
        vec![first, last]
    }

    /// A snapshot: a build version of its own, which ends `Unlisted`, and a new revision of the snapshot.
    fn publish_snapshot(
        &mut self,
        package: &PackageId,
        home: &RepositoryId,
        base: &str,
        now: Timestamp,
    ) -> Vec<Emission> {
        let number = self.packages.get(package).map_or(0, |state| {
            let builds = state.held_by(home).map(|(version, _)| version);
            builds
                .filter(|version| is_snapshot_build(version) && version.starts_with(base))
                .count()
        });
        let build = format!("{base}-{}-{}", to_snapshot_text(now), number + 1);
        let first = self.write(package, &build, home, StatusRow::Unfinished, now);
        let snapshot = format!("{base}{SNAPSHOT}");
        let revised = self.write(package, &snapshot, home, StatusRow::Published, now);
        let mut last = self.write(package, &build, home, StatusRow::Unlisted, now.plus_secs(1));
        last.is_status_changed = true;
        vec![first, revised, last]
    }

    fn write(
        &mut self,
        package: &PackageId,
        version: &str,
        repository: &RepositoryId,
        status: StatusRow,
        now: Timestamp,
    ) -> Emission {
        let state = self.edit(package);
        state.sequence += 1;
        let new = VersionState {
            status,
            origin: OriginRow::Internal,
            revision: Some(state.next_revision(version)),
            changed_at: Text(now),
            sequence: state.sequence,
        };
        let versions = state.repositories.entry(repository.to_text()).or_default();
        let operation = match versions.insert(version.to_owned(), new.clone()) {
            None => Operation::Created,
            Some(_) => Operation::Updated,
        };
        Emission::new(package, version, repository, &new, operation)
    }
}

/// `1.0-20240131.235959-4`: what a deployed snapshot is stored as.
fn is_snapshot_build(version: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mut parts = version.rsplitn(3, '-');
    let (Some(number), Some(time), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    digits(number)
        && time.len() == 15
        && time
            .split_once('.')
            .is_some_and(|(day, clock)| day.len() == 8 && digits(day) && digits(clock))
}
