//! Compares inventories with CodeArtifact, a few packages in each pass, in rotation over the applications.
//!
//! What no event told is taken in as if one had: the same path, so that it is judged and told the same.

use std::collections::BTreeSet;

use downriver_domain::slot::{Comparison, Controls};
use downriver_domain::version::{PackageId, PackageVersionId, Version};
use downriver_domain::{
    ApplicationId, Operation, PackageInventory, RepositoryId, RepositoryInventory, Sighting,
    Timestamp, VersionStatus,
};

use super::load_readable;
use super::pass::Pass;
use crate::carry_out::carry_out;
use crate::error::EngineError;
use crate::ports::{
    ApplicationState, Commit, CommitOutcome, LOAD_APPLICATIONS_MAX, ListedVersion, Ports,
    ReadError, Registry, Store,
};
use crate::resolve::resolve;
use crate::session::{CONTENTION_MAX, Session, contended};

/// Packages compared in one pass.
const PACKAGES_MAX: u64 = 100;
/// Packages of which it is found out in one pass whether they are to be compared.
const LOOKED_AT_MAX: u64 = 2_000;
/// Versions listed of one package in one repository.
const VERSIONS_MAX: usize = 5_000;
/// Repositories asked for one package.
const REPOSITORIES_MAX: usize = 25;
/// Differences taken in of one package in one pass; the rest is found by the next round.
const DIFFERENCES_MAX: usize = 100;

/// Goes on where the last pass ended. What cannot be compared now is in the report, and has its turn in the next round.
pub(super) async fn reconcile<P: Ports>(pass: &mut Pass<'_, P>) -> Result<(), EngineError> {
    let session = pass.session;
    let store = session.ports.store();
    let begun = store.load_controls().await?.reconciliation;
    let after = begun.map(|begun| begun.up_to);
    let ids = store
        .list_applications(after.as_ref(), LOAD_APPLICATIONS_MAX)
        .await?;
    let mut looked_at = 0;
    let mut up_to = None;
    let mut is_whole = true;
    // A record that cannot be read is passed over: else the rotation would never come past it.
    for state in load_readable(pass, &ids).await? {
        if pass.is_out_of_time()
            || pass.report.reconciled.packages >= PACKAGES_MAX
            || looked_at >= LOOKED_AT_MAX
        {
            is_whole = false;
            break;
        }
        reconcile_one(pass, &state, &mut looked_at).await?;
        up_to = Some(state.application.id);
    }
    if is_whole {
        up_to = ids.last().cloned();
    }
    // Past the last one, the next round begins.
    let is_over =
        ids.is_empty() || (ids.len() < LOAD_APPLICATIONS_MAX && up_to.as_ref() == ids.last());
    let next = if is_over { None } else { up_to.or(after) };
    record_progress(session, next).await
}

async fn reconcile_one<P: Ports>(
    pass: &mut Pass<'_, P>,
    state: &ApplicationState,
    looked_at: &mut u64,
) -> Result<(), EngineError> {
    let session = pass.session;
    let dependencies = session
        .ports
        .store()
        .load_dependencies(&state.application.id)
        .await?;
    let packages: BTreeSet<PackageId> = dependencies
        .into_iter()
        .map(|dependency| dependency.package)
        .collect();
    // Our own first: they are what mostly matters where time or the bound is short.
    let (mut own, mut others): (Vec<_>, Vec<_>) = packages
        .into_iter()
        .partition(|package| session.topology.is_internal(package));
    // Where there are more than fit into a pass, each round begins with others.
    let turn = usize::try_from(pass.number()).unwrap_or_default();
    for packages in [&mut own, &mut others] {
        let first = turn % packages.len().max(1);
        packages.rotate_left(first);
    }
    for package in own.into_iter().chain(others) {
        if pass.is_out_of_time()
            || pass.report.reconciled.packages >= PACKAGES_MAX
            || *looked_at >= LOOKED_AT_MAX
        {
            return Ok(());
        }
        *looked_at += 1;
        let compared = compare(session, state, &package).await;
        let target = &state.application.pipeline.target;
        match compared {
            Ok(Some(found)) => {
                pass.report.reconciled.packages += 1;
                pass.report.reconciled.differences += found.differences;
                pass.report.reconciled.denied += found.denied;
            }
            Ok(None) => {}
            Err(error) => {
                pass.settle::<()>(&state.application.id, target, Err(error))?;
            }
        }
    }
    Ok(())
}

/// What the comparison of one package came to.
struct Compared {
    differences: u64,
    denied: u64,
}

/// `None`: it is not this application's turn to have it compared, or it is nobody's concern.
async fn compare<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    package: &PackageId,
) -> Result<Option<Compared>, EngineError> {
    let store = session.ports.store();
    let first = store.load_dependents(package, None, 1).await?.edges;
    let is_first = first
        .first()
        .is_some_and(|edge| edge.application == state.application.id);
    if !is_first {
        return Ok(None);
    }
    let inventory = store.load_inventory(package).await?;
    let is_followed = session.topology.is_internal(package)
        || state.application.policy.is_third_party_followed
        || !inventory.repositories.is_empty();
    if !is_followed {
        return Ok(None);
    }
    let mut found = Compared {
        differences: 0,
        denied: 0,
    };
    let mut sightings = Vec::new();
    for repository in repositories_of(session, state, &inventory) {
        let listed = session
            .ports
            .registry()
            .list_package_versions(&repository, package, VERSIONS_MAX)
            .await;
        let listed = match listed {
            Ok(listed) => listed,
            Err(ReadError::NotFound) => Vec::new(),
            Err(ReadError::Denied(_)) => {
                found.denied += 1;
                continue;
            }
            Err(error @ ReadError::Transient(_)) => return Err(error.into()),
        };
        if let Some(known) = inventory.repositories.get(&repository) {
            let differing = differences(session, known, listed).await?;
            found.differences += differing.len() as u64;
            sightings.extend(differing);
        } else {
            let newest = newest(session, package, &repository, listed).await?;
            // What was there before anybody depended on it, no event had to tell.
            let is_missed = |seen: &Sighting| seen.event_time > state.application.registered_at;
            found.differences += u64::from(newest.as_ref().is_some_and(is_missed));
            sightings.extend(newest);
        }
    }
    sightings.truncate(DIFFERENCES_MAX);
    if !sightings.is_empty() {
        resolve(session.ports, &sightings).await?;
    }
    Ok(Some(found))
}

/// Those where the package was met; where it never was, those that the application sees.
fn repositories_of<P>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    inventory: &PackageInventory,
) -> Vec<RepositoryId> {
    let repositories: BTreeSet<RepositoryId> = if inventory.repositories.is_empty() {
        session
            .topology
            .visible_from(&state.application.repositories)
    } else {
        inventory.repositories.keys().cloned().collect()
    };
    repositories.into_iter().take(REPOSITORIES_MAX).collect()
}

/// What events would have told.
async fn differences<P: Ports>(
    session: &Session<'_, P>,
    known: &RepositoryInventory,
    listed: Vec<ListedVersion>,
) -> Result<Vec<Sighting>, EngineError> {
    let is_whole = listed.len() < VERSIONS_MAX;
    let mut sightings = Vec::new();
    let mut there: BTreeSet<String> = BTreeSet::new();
    for row in listed {
        there.insert(row.version.clone());
        let Ok(package_version) = PackageVersionId::new(known.package.clone(), &row.version) else {
            continue;
        };
        let record = known.versions.get(&row.version);
        let is_mutable = session.topology.is_mutable(&package_version);
        let (operation, sequence, event_time) = match record {
            None => {
                let at = published_at(session, &known.repository, &package_version).await?;
                (Operation::Created, 0, at.unwrap_or(session.now))
            }
            Some(record)
                if record.status != row.status
                    || (is_mutable
                        && row.revision.is_some()
                        && record.revision != row.revision) =>
            {
                (Operation::Updated, record.sequence, session.now)
            }
            Some(_) => continue,
        };
        sightings.push(Sighting {
            repository: known.repository.clone(),
            package_version,
            status: row.status,
            operation,
            revision: row.revision,
            sequence,
            event_time,
        });
        if sightings.len() >= DIFFERENCES_MAX {
            return Ok(sightings);
        }
    }
    if is_whole {
        sightings.extend(gone(known, &there, session.now));
    }
    Ok(sightings)
}

/// Known, and not listed any more.
fn gone<'k>(
    known: &'k RepositoryInventory,
    there: &'k BTreeSet<String>,
    now: Timestamp,
) -> impl Iterator<Item = Sighting> + 'k {
    let gone = known.versions.iter().filter(|(version, record)| {
        record.status != VersionStatus::Deleted && !there.contains(*version)
    });
    gone.filter_map(move |(version, record)| {
        Some(Sighting {
            repository: known.repository.clone(),
            package_version: PackageVersionId::new(known.package.clone(), version).ok()?,
            status: VersionStatus::Deleted,
            operation: Operation::Deleted,
            revision: None,
            sequence: record.sequence,
            event_time: now,
        })
    })
}

/// Of a package that was never met here, its newest version: with it all others are read, and its dependents judged.
async fn newest<P: Ports>(
    session: &Session<'_, P>,
    package: &PackageId,
    repository: &RepositoryId,
    listed: Vec<ListedVersion>,
) -> Result<Option<Sighting>, EngineError> {
    let mut newest: Option<(Version, ListedVersion)> = None;
    for row in listed
        .into_iter()
        .filter(|row| row.status == VersionStatus::Published)
    {
        let Ok(version) = Version::parse(package.format(), &row.version) else {
            continue;
        };
        let is_newer = newest.as_ref().is_none_or(|(highest, _)| {
            version
                .compare(highest)
                .is_some_and(std::cmp::Ordering::is_gt)
        });
        if is_newer {
            newest = Some((version, row));
        }
    }
    let Some((_, row)) = newest else {
        return Ok(None);
    };
    let Ok(package_version) = PackageVersionId::new(package.clone(), &row.version) else {
        return Ok(None);
    };
    let at = published_at(session, repository, &package_version).await?;
    Ok(Some(Sighting {
        repository: repository.clone(),
        package_version,
        status: row.status,
        operation: Operation::Created,
        revision: row.revision,
        sequence: 0,
        // What is only listed counts as always there.
        event_time: at.unwrap_or(Timestamp::MIN),
    }))
}

async fn published_at<P: Ports>(
    session: &Session<'_, P>,
    repository: &RepositoryId,
    package_version: &PackageVersionId,
) -> Result<Option<Timestamp>, EngineError> {
    let described = session
        .ports
        .registry()
        .describe_package_version(repository, package_version)
        .await;
    match described {
        Ok(described) => Ok(described.published_at),
        Err(ReadError::NotFound | ReadError::Denied(_)) => Ok(None),
        Err(error @ ReadError::Transient(_)) => Err(error.into()),
    }
}

async fn record_progress<P: Ports>(
    session: &Session<'_, P>,
    up_to: Option<ApplicationId>,
) -> Result<(), EngineError> {
    for _ in 0..CONTENTION_MAX {
        let known = session.ports.store().load_controls().await?;
        if known.reconciliation.as_ref().map(|known| &known.up_to) == up_to.as_ref() {
            return Ok(());
        }
        let controls = Controls {
            revision: known.revision + 1,
            reconciliation: up_to.clone().map(|up_to| Comparison {
                up_to,
                at: session.now,
            }),
            ..known
        };
        let commit = Commit {
            controls: Some(controls),
            ..Commit::default()
        };
        if carry_out(session, &commit, &[]).await? == CommitOutcome::Done {
            return Ok(());
        }
    }
    Err(contended("the controls"))
}
