//! An inventory as it would be if a version appeared or was withdrawn now.

use std::collections::BTreeSet;

use downriver_domain::inventory::{apply_sighting, seed_inventory};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    Cascade, Operation, Origin, PackageInventory, RepositoryId, RepositoryInventory, Sighting,
    VersionStatus,
};

use crate::error::EngineError;
use crate::ports::{ApplicationState, DEPENDENTS_PAGE_MAX, LOAD_APPLICATIONS_MAX, Ports, Store};
use crate::session::Session;

/// What is supposed to happen to a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supposed {
    pub status: VersionStatus,
    /// Where; `None`: where its producer publishes, or where it is known.
    pub repository: Option<RepositoryId>,
}

/// The inventory with the supposed version in it, and the repository that it was supposed in.
pub(super) async fn suppose<P: Ports>(
    session: &Session<'_, P>,
    package_version: &PackageVersionId,
    supposed: &Supposed,
    cascade: &Cascade,
) -> Result<Option<(PackageInventory, RepositoryId)>, EngineError> {
    let package = package_version.package();
    let mut inventory = session.ports.store().load_inventory(package).await?;
    let Some(repository) = place(session, &inventory, package_version, supposed).await? else {
        return Ok(None);
    };
    let is_internal = session.topology.is_internal(package);
    let known = inventory
        .first_record(package_version.version())
        .map(|(_, record)| record.origin);
    let origin = known.unwrap_or(if is_internal {
        Origin::Internal
    } else {
        Origin::Unknown
    });
    let records = inventory
        .repositories
        .entry(repository.clone())
        .or_insert_with(|| RepositoryInventory::new(repository.clone(), package.clone()));
    if records.seeded_at.is_none() {
        let mut there = built_anywhere(session, package).await?;
        if supposed.status == VersionStatus::Published {
            there.remove(package_version.version());
        } else {
            there.insert(package_version.version().to_owned());
        }
        let rows = there
            .into_iter()
            .filter(|version| !records.versions.contains_key(version))
            .map(|version| (version, VersionStatus::Published, None, origin));
        let supposed = seed_inventory(&repository, package, rows, session.now.minus_secs(1));
        records.versions.extend(supposed.versions);
    }
    let sighting = Sighting {
        repository: repository.clone(),
        package_version: package_version.clone(),
        status: supposed.status,
        operation: Operation::Updated,
        revision: Some("supposed".to_owned()),
        sequence: u64::MAX,
        event_time: session.now,
    };
    apply_sighting(records, &sighting, origin, cascade);
    Ok(Some((inventory, repository)))
}

/// Versions that somebody built with: those are, or were, there, also where the repository was never read.
async fn built_anywhere<P: Ports>(
    session: &Session<'_, P>,
    package: &PackageId,
) -> Result<BTreeSet<String>, EngineError> {
    let page = session
        .ports
        .store()
        .load_dependents(package, None, DEPENDENTS_PAGE_MAX)
        .await?;
    let built = page
        .edges
        .iter()
        .filter_map(|edge| edge.dependency.built.version());
    Ok(built.map(str::to_owned).collect())
}

/// Where a version of a package appears first, as far as it is known.
async fn place<P: Ports>(
    session: &Session<'_, P>,
    inventory: &PackageInventory,
    package_version: &PackageVersionId,
    supposed: &Supposed,
) -> Result<Option<RepositoryId>, EngineError> {
    if let Some(repository) = &supposed.repository {
        return Ok(Some(repository.clone()));
    }
    if let Some((repository, _)) = inventory.first_record(package_version.version()) {
        return Ok(Some(repository.clone()));
    }
    if let Some(repository) = published_to(session, package_version.package()).await? {
        return Ok(Some(repository));
    }
    if let Some(repository) = inventory.repositories.keys().next() {
        return Ok(Some(repository.clone()));
    }
    nearest_to_a_dependent(session, package_version.package()).await
}

/// Where the package's first producer publishes.
async fn published_to<P: Ports>(
    session: &Session<'_, P>,
    package: &PackageId,
) -> Result<Option<RepositoryId>, EngineError> {
    let Some(producers) = session.topology.producers.get(package) else {
        return Ok(None);
    };
    let ids: Vec<_> = producers
        .iter()
        .take(LOAD_APPLICATIONS_MAX)
        .cloned()
        .collect();
    let states: Vec<ApplicationState> = session.ports.store().load_applications(&ids).await?;
    Ok(states.into_iter().find_map(|state| {
        let application = state.application;
        application
            .publishes_to
            .or_else(|| application.repositories.into_iter().next())
    }))
}

/// A third-party package: the repository with an external connection that its first dependent sees, else that
/// dependent's own.
async fn nearest_to_a_dependent<P: Ports>(
    session: &Session<'_, P>,
    package: &PackageId,
) -> Result<Option<RepositoryId>, EngineError> {
    let page = session
        .ports
        .store()
        .load_dependents(package, None, 1)
        .await?;
    let Some(edge) = page.edges.first() else {
        return Ok(None);
    };
    let Some(state) = session.load(&edge.application).await? else {
        return Ok(None);
    };
    let own = &state.application.repositories;
    let connected = session
        .topology
        .visible_from(own)
        .into_iter()
        .find(|repository| session.topology.has_external_connection(repository));
    Ok(connected.or_else(|| own.first().cloned()))
}
