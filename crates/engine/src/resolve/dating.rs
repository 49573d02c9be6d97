//! Since when a version is there that a listing told: where that matters, DescribePackageVersion says it.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::version::{PackageVersionId, Version};
use downriver_domain::{
    Cascade, RepositoryId, RepositoryInventory, Sighting, Timestamp, VersionRecord, VersionStatus,
};

use crate::cascade::descend;
use crate::error::EngineError;
use crate::ports::{Ports, ReadError, Registry};
use crate::session::Session;

/// A copy may be heard of before its original is, and any version after a newer one: then the listing holds a version that is
/// news, but not since when. Such a version is not to count as always there, and descends from what it descends from.
pub(super) async fn date_listed_versions<P: Ports>(
    session: &Session<'_, P>,
    seeded: &mut BTreeMap<RepositoryId, RepositoryInventory>,
    repository: &RepositoryId,
    sightings: &[&Sighting],
) -> Result<(), EngineError> {
    for (read, records) in seeded {
        let seen: BTreeSet<&PackageVersionId> = { sightings.iter() }
            .map(|sighting| &sighting.package_version)
            .collect();
        for package_version in &seen {
            if read != repository {
                date(session, records, package_version, |_| true).await?;
            }
        }
        // What a rebuild of ours has just published goes on with its cascade, whichever of its events comes first.
        let is_ours = session.topology.producers.contains_key(&records.package);
        let newest = newest(records).filter(|newest| is_ours && !seen.contains(newest));
        if let Some(newest) = newest {
            let is_descendant = |cascade: &Cascade| !cascade.applications.is_empty();
            date(session, records, &newest, is_descendant).await?;
        }
    }
    Ok(())
}

/// Asks since when the repository has the version, and writes it down if what it descends from is as is asked for.
async fn date<P: Ports>(
    session: &Session<'_, P>,
    records: &mut RepositoryInventory,
    package_version: &PackageVersionId,
    is_wanted: impl Fn(&Cascade) -> bool,
) -> Result<(), EngineError> {
    let Some(row) = records.versions.get_mut(package_version.version()) else {
        return Ok(());
    };
    let described = session
        .ports
        .registry()
        .describe_package_version(&records.repository, package_version)
        .await;
    let published_at = match described {
        Ok(described) => described.published_at,
        Err(error @ ReadError::Transient(_)) => return Err(error.into()),
        Err(ReadError::NotFound | ReadError::Denied(_)) => None,
    };
    let published_at = published_at.filter(|_| row.status == VersionStatus::Published);
    if let Some(published_at) = published_at {
        let cascade = descend(session, package_version.package(), published_at).await?;
        if is_wanted(&cascade) {
            appeared(row, published_at, cascade);
        }
    }
    Ok(())
}

fn appeared(row: &mut VersionRecord, published_at: Timestamp, cascade: Cascade) {
    row.first_seen = published_at;
    row.published_at = Some(published_at);
    row.revised_at = published_at;
    row.cascade = cascade;
}

/// The highest version that can be selected.
fn newest(records: &RepositoryInventory) -> Option<PackageVersionId> {
    let format = records.package.format();
    let published = { records.versions.iter() }
        .filter(|(_, record)| record.status == VersionStatus::Published)
        .filter_map(|(text, _)| Version::parse(format, text).ok());
    let newest = published.reduce(|highest, version| match version.compare(&highest) {
        Some(std::cmp::Ordering::Greater) => version,
        _ => highest,
    })?;
    PackageVersionId::new(records.package.clone(), newest.as_str()).ok()
}
