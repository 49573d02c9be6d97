//! Takes events into the inventory: one conditional write for each repository touched.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::inventory::{
    SightingEffect, SightingOrder, apply_sighting, date_listed, dates_listed, order_sighting,
    seed_inventory,
};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    Cascade, Operation, Origin, PackageInventory, RepositoryId, RepositoryInventory, Sighting,
    Timestamp, VersionRecord, VersionStatus,
};

use super::dating::date_listed_versions;
use crate::carry_out::carry_out;
use crate::cascade::{descend, descend_of_first};
use crate::error::EngineError;
use crate::history::{HistoryBody, HistoryEntry, Seen, SeenEffect};
use crate::ports::{
    Commit, CommitOutcome, HistoryOf, PageChange, Ports, ReadError, Registry, Store,
};
use crate::session::{CONTENTION_MAX, Session, contended};

/// Versions read when a package is first met in a repository.
const SEEDED_VERSIONS_MAX: usize = 5_000;
/// Downstream repositories read before a withdrawal is judged.
const DOWNSTREAM_READ_MAX: usize = 100;

/// How long before a listing a publish may be whose event the listing overtook, in seconds.
const OVERTAKEN_SECS_MAX: u64 = 900;

/// Newest entries of a package version's history read to tell whether its verdicts were written.
const TOLD_READ_MAX: usize = 20;

/// Takes the sightings of one package in, oldest first, and returns the changes to judge. Also an old or repeated event
/// has its package judged, so that nothing is lost when a function died between two writes.
pub(super) async fn take_in<P: Ports>(
    session: &Session<'_, P>,
    package: &PackageId,
    sightings: &[&Sighting],
) -> Result<Vec<PageChange>, EngineError> {
    let mut by_repository: BTreeMap<&RepositoryId, Vec<&Sighting>> = BTreeMap::new();
    for sighting in sightings {
        by_repository
            .entry(&sighting.repository)
            .or_default()
            .push(sighting);
    }
    let mut changes: BTreeMap<(RepositoryId, PackageVersionId), PageChange> = BTreeMap::new();
    for repository in by_repository.keys() {
        for change in take_in_repository(session, package, repository, &by_repository).await? {
            let key = (change.repository.clone(), change.package_version.clone());
            let is_news = change.is_news || changes.get(&key).is_some_and(|known| known.is_news);
            changes.insert(key, PageChange { is_news, ..change });
        }
    }
    Ok(changes.into_values().collect())
}

async fn take_in_repository<P: Ports>(
    session: &Session<'_, P>,
    package: &PackageId,
    repository: &RepositoryId,
    by_repository: &BTreeMap<&RepositoryId, Vec<&Sighting>>,
) -> Result<Vec<PageChange>, EngineError> {
    let sightings = &by_repository[repository];
    let store = session.ports.store();
    for _ in 0..CONTENTION_MAX {
        let mut inventory = store.load_inventory(package).await?;
        let seeded = seed_unmet(session, &inventory, repository, sightings).await?;
        let mut seeded: BTreeMap<RepositoryId, RepositoryInventory> = seeded
            .into_iter()
            .map(|(read, records)| (read, meet(records, by_repository)))
            .collect();
        date_listed_versions(session, &mut seeded, repository, sightings).await?;
        let mut records = match seeded.remove(repository) {
            Some(records) => records,
            None => inventory.repositories[repository].clone(),
        };
        // What was just read tells a copy from a version that is published now, and what it descends from.
        inventory.repositories.extend(seeded.clone());
        let mut history = Vec::new();
        let mut changes = Vec::new();
        for sighting in sightings {
            let (effect, cascade) =
                take_in_one(session, &inventory, &mut records, sighting).await?;
            history.push(seen(session, sighting, effect, &cascade));
            changes.push(PageChange {
                package_version: sighting.package_version.clone(),
                repository: repository.clone(),
                seen_at: session.now,
                is_news: match effect {
                    SightingEffect::Stale => false,
                    SightingEffect::Unchanged => is_untold(session, sighting).await?,
                    _ => true,
                },
            });
        }
        for seeded in seeded.into_values() {
            // Losing this race means that somebody else seeded it.
            store
                .commit(&Commit {
                    inventory: Some(seeded),
                    ..Commit::default()
                })
                .await?;
        }
        records.record_revision += 1;
        let commit = Commit {
            inventory: Some(records),
            history,
            ..Commit::default()
        };
        if carry_out(session, &commit, &[]).await? == CommitOutcome::Done {
            return Ok(changes);
        }
    }
    Err(contended(package))
}

/// Whether an event is known, but the function that took it in died before its verdicts were written: then they are still
/// to be told.
async fn is_untold<P: Ports>(
    session: &Session<'_, P>,
    sighting: &Sighting,
) -> Result<bool, EngineError> {
    let of = HistoryOf::PackageVersion(sighting.package_version.clone());
    let entries = session
        .ports
        .store()
        .load_history(&of, TOLD_READ_MAX)
        .await?;
    let last = entries.iter().find_map(|entry| match &entry.body {
        HistoryBody::Verdicts(verdicts) => verdicts
            .iter()
            .any(|verdict| verdict.repository == sighting.repository)
            .then_some(false),
        HistoryBody::Seen(seen) if seen.repository == sighting.repository => {
            (!matches!(seen.effect, SeenEffect::Unchanged | SeenEffect::Stale)).then_some(true)
        }
        _ => None,
    });
    Ok(last.unwrap_or(false))
}

/// Reads what the repository, and those upstream of it, hold of a package that was not met there before.
///
/// A withdrawal is judged over all copies (DESIGN 3.2): before one, those downstream that were not met are read too, as
/// they may have kept the version long before anything was heard of the package.
async fn seed_unmet<P: Ports>(
    session: &Session<'_, P>,
    inventory: &PackageInventory,
    repository: &RepositoryId,
    sightings: &[&Sighting],
) -> Result<BTreeMap<RepositoryId, RepositoryInventory>, EngineError> {
    let mut seeded = BTreeMap::new();
    let Some(package) = sightings
        .first()
        .map(|sighting| sighting.package_version.package())
    else {
        return Ok(seeded);
    };
    let mut unmet: BTreeSet<RepositoryId> = BTreeSet::new();
    if !inventory.repositories.contains_key(repository) {
        unmet = session
            .topology
            .visible_from(std::slice::from_ref(repository));
    }
    let known = inventory.repositories.get(repository);
    if sightings
        .iter()
        .any(|sighting| is_withdrawal(known, sighting))
    {
        unmet.extend(downstream_of(session, repository));
    }
    unmet.retain(|candidate| !inventory.repositories.contains_key(candidate));
    for candidate in unmet {
        let listed = session
            .ports
            .registry()
            .list_package_versions(&candidate, package, SEEDED_VERSIONS_MAX)
            .await;
        let record = match listed {
            Ok(listed) => {
                let rows = listed
                    .into_iter()
                    .map(|row| (row.version, row.status, row.revision, row.origin));
                seed_inventory(&candidate, package, rows, session.now)
            }
            Err(ReadError::NotFound) => seed_inventory(&candidate, package, [], session.now),
            Err(ReadError::Denied(_)) => {
                RepositoryInventory::new(candidate.clone(), package.clone())
            }
            Err(error @ ReadError::Transient(_)) => return Err(error.into()),
        };
        let is_wanted = candidate == *repository || !record.versions.is_empty();
        if is_wanted {
            let record_revision = u64::from(candidate != *repository);
            seeded.insert(
                candidate,
                RepositoryInventory {
                    record_revision,
                    ..record
                },
            );
        }
    }
    Ok(seeded)
}

/// Takes a version away that could be selected until now, as far as is known.
fn is_withdrawal(known: Option<&RepositoryInventory>, sighting: &Sighting) -> bool {
    let is_offered = matches!(
        sighting.status,
        VersionStatus::Published | VersionStatus::Unfinished
    ) && sighting.operation != Operation::Deleted;
    let version = sighting.package_version.version();
    let was = known.and_then(|known| known.versions.get(version));
    !is_offered && was.is_none_or(|was| was.status == VersionStatus::Published)
}

/// The repositories that see this one.
fn downstream_of<'a, P: Ports>(
    session: &'a Session<'_, P>,
    repository: &'a RepositoryId,
) -> impl Iterator<Item = RepositoryId> + 'a {
    let topology = &session.topology;
    let sees = move |other: &&RepositoryId| {
        *other != repository
            && topology
                .visible_from(std::slice::from_ref(*other))
                .contains(repository)
    };
    let others = topology.repositories.keys().filter(sees);
    others.take(DOWNSTREAM_READ_MAX).cloned()
}

/// What an event of this batch tells is taken from it (it knows when), not from the listing that already contains it,
/// unless the listing knows better. Upstream as well: a public version arrives in the connected repository and downstream
/// at once.
fn meet(
    mut seeded: RepositoryInventory,
    by_repository: &BTreeMap<&RepositoryId, Vec<&Sighting>>,
) -> RepositoryInventory {
    let sightings = by_repository.get(&seeded.repository);
    let last_status: BTreeMap<&str, VersionStatus> = sightings
        .into_iter()
        .flatten()
        .map(|sighting| (sighting.package_version.version(), sighting.status))
        .collect();
    seeded
        .versions
        .retain(|version, row| last_status.get(version.as_str()) != Some(&row.status));
    seeded
}

async fn take_in_one<P: Ports>(
    session: &Session<'_, P>,
    inventory: &PackageInventory,
    records: &mut RepositoryInventory,
    sighting: &Sighting,
) -> Result<(SightingEffect, Cascade), EngineError> {
    let version = sighting.package_version.version();
    let known = records.versions.get(version);
    let order = order_sighting(known, sighting);
    let as_known = known.map_or_else(Cascade::default, |known| known.cascade.clone());
    if known.is_some_and(|known| dates_listed(known, sighting)) {
        return take_in_listed(session, inventory, records, sighting, order).await;
    }
    match order {
        SightingOrder::Same => return Ok((SightingEffect::Unchanged, as_known)),
        SightingOrder::Older => return Ok((SightingEffect::Stale, as_known)),
        SightingOrder::Disputed if !is_confirmed(session, known, sighting).await => {
            return Ok((SightingEffect::Stale, as_known));
        }
        SightingOrder::Newer | SightingOrder::Disputed => {}
    }
    let elsewhere = inventory
        .first_record(version)
        .filter(|(repository, record)| {
            **repository != sighting.repository && record.published_at.is_some()
        });
    let is_mutable = session.topology.is_mutable(&sighting.package_version);
    let is_same_contents = known.is_some_and(|known| !is_mutable && !is_gone(known.status));
    let (origin, cascade) = match (elsewhere, known) {
        // A copy, retained or promoted: it is what it was where it was first published.
        (Some((_, first)), _) => (first.origin, first.cascade.clone()),
        // The same contents, whatever its state: it descends from what it always descended from.
        (None, Some(known)) if is_same_contents && known.origin != Origin::Unknown => {
            (known.origin, as_known)
        }
        (None, Some(known)) if is_same_contents => (
            find_origin(session, inventory, sighting).await?,
            known.cascade.clone(),
        ),
        (None, _) => {
            let cascade = descend_of_first(session, inventory, sighting).await?;
            (find_origin(session, inventory, sighting).await?, cascade)
        }
    };
    let revised_at = known.map(|known| known.revised_at);
    let effect = apply_sighting(records, sighting, origin, &cascade);
    let record = records.versions.get_mut(version);
    if let (SightingEffect::Revised, false, Some(record), Some(revised_at)) =
        (effect, is_mutable, record, revised_at)
    {
        // Versions are immutable: other metadata or assets are no other version.
        record.revised_at = revised_at;
        return Ok((SightingEffect::Noted, cascade));
    }
    Ok((effect, cascade))
}

/// The publish of a version that a listing told already, since when not. One from shortly before the listing is as new as
/// any: it was only overtaken; one from long before is dated and judged, and nobody is told again.
async fn take_in_listed<P: Ports>(
    session: &Session<'_, P>,
    inventory: &PackageInventory,
    records: &mut RepositoryInventory,
    sighting: &Sighting,
    order: SightingOrder,
) -> Result<(SightingEffect, Cascade), EngineError> {
    let package_version = &sighting.package_version;
    let version = package_version.version();
    let original = inventory
        .first_record(version)
        .filter(|(repository, first)| **repository != sighting.repository && !first.is_seeded);
    let cascade = match original {
        Some((_, first)) => first.cascade.clone(),
        None => descend(session, package_version.package(), sighting.event_time).await?,
    };
    let listed_at = records.seeded_at.unwrap_or(Timestamp::MIN);
    if order == SightingOrder::Newer {
        let origin = records.versions[version].origin;
        apply_sighting(records, sighting, origin, &cascade);
    }
    if let Some(record) = records.versions.get_mut(version) {
        date_listed(record, sighting, &cascade);
    }
    let is_overtaken = sighting.event_time >= listed_at.minus_secs(OVERTAKEN_SECS_MAX);
    let effect = if is_overtaken {
        SightingEffect::Appeared
    } else {
        SightingEffect::Stale
    };
    Ok((effect, cascade))
}

const fn is_gone(status: VersionStatus) -> bool {
    matches!(status, VersionStatus::Deleted | VersionStatus::Disposed)
}

/// Event time and sequence number disagree: is it as this event says?
async fn is_confirmed<P: Ports>(
    session: &Session<'_, P>,
    known: Option<&VersionRecord>,
    sighting: &Sighting,
) -> bool {
    let described = session
        .ports
        .registry()
        .describe_package_version(&sighting.repository, &sighting.package_version)
        .await;
    match described {
        Ok(row) => {
            row.status == sighting.status
                && (sighting.revision.is_none() || row.revision == sighting.revision)
        }
        Err(ReadError::NotFound) => sighting.status == VersionStatus::Deleted,
        // It cannot be told: the later event time counts.
        Err(ReadError::Denied(_) | ReadError::Transient(_)) => {
            known.is_none_or(|known| sighting.event_time > known.event_time)
        }
    }
}

/// DESIGN 3.2: `internal` patterns and products decide first, then DescribePackageVersion; if that is denied, a version
/// counts as external when it was also seen in a repository that has an external connection itself.
async fn find_origin<P: Ports>(
    session: &Session<'_, P>,
    inventory: &PackageInventory,
    sighting: &Sighting,
) -> Result<Origin, EngineError> {
    if session
        .topology
        .is_internal(sighting.package_version.package())
    {
        return Ok(Origin::Internal);
    }
    let described = session
        .ports
        .registry()
        .describe_package_version(&sighting.repository, &sighting.package_version)
        .await;
    match described {
        Ok(row) => Ok(row.origin),
        Err(error @ ReadError::Transient(_)) => Err(error.into()),
        Err(ReadError::Denied(_) | ReadError::NotFound) => {
            let version = sighting.package_version.version();
            let holders = inventory
                .repositories
                .iter()
                .filter(|(_, records)| records.versions.contains_key(version))
                .map(|(repository, _)| repository)
                .chain([&sighting.repository]);
            let mut holders = holders.into_iter();
            Ok(
                if holders.any(|holder| session.topology.has_external_connection(holder)) {
                    Origin::External
                } else {
                    Origin::Unknown
                },
            )
        }
    }
}

fn seen<P: Ports>(
    session: &Session<'_, P>,
    sighting: &Sighting,
    effect: SightingEffect,
    cascade: &Cascade,
) -> HistoryEntry {
    let name = &sighting.repository.name;
    let (effect, text) = match effect {
        SightingEffect::Appeared => (SeenEffect::Appeared, format!("published in {name}")),
        SightingEffect::Revised => (SeenEffect::Revised, format!("has new contents in {name}")),
        SightingEffect::Withdrawn => (
            SeenEffect::Withdrawn,
            format!("withdrawn from {name}: {:?}", sighting.status),
        ),
        SightingEffect::Noted => (
            SeenEffect::Noted,
            format!("seen in {name}: {:?}", sighting.status),
        ),
        SightingEffect::Unchanged => (
            SeenEffect::Unchanged,
            format!("known already in {name}; judged again"),
        ),
        SightingEffect::Stale => (
            SeenEffect::Stale,
            format!("older than what is known of {name}; judged again"),
        ),
    };
    HistoryEntry {
        at: session.now,
        application: None,
        package_version: Some(sighting.package_version.clone()),
        body: HistoryBody::Seen(Seen {
            repository: sighting.repository.clone(),
            effect,
            cascade: cascade.clone(),
            text,
        }),
    }
}
