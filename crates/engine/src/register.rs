//! Applies a catalog: registers, changes and removes applications; and takes dependencies that are sent apart from it.

mod rings;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::slot::{Joined, SlotState};
use downriver_domain::version::PackageId;
use downriver_domain::{Application, ApplicationId, Dependency, Timestamp, Topology};

use crate::carry_out::{carry_out, judge_soon, look_soon, next_version, note};
use crate::error::EngineError;
use crate::history::NoteKind;
use crate::ports::{
    Commit, CommitOutcome, LOAD_APPLICATIONS_MAX, Ports, Queue, Registration, Store,
};
use crate::session::{CONTENTION_MAX, Session, contended};
use crate::sweep::SWEEP_INTERVAL_SECS;

/// Registered applications read at once.
const LIST_MAX: usize = 1_000;

/// A whole catalog, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    /// Without `producers` and `upriver`, which are derived when it is applied, and with revision 0.
    pub topology: Topology,
    /// In order of id; `upriver`, `ring` and `registered_at` are set when it is applied.
    pub applications: Vec<Registration>,
    /// Those of `applications` whose entry says nothing of dependencies: they keep what was sent for them.
    pub undeclared: BTreeSet<ApplicationId>,
    /// Folders next to the catalog that hold the manifests and lockfiles of applications, for a store on this machine;
    /// all of these are `undeclared`.
    pub folders: BTreeMap<ApplicationId, String>,
}

/// What [`apply`] changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    pub added: usize,
    pub changed: usize,
    pub removed: usize,
    pub unchanged: usize,
}

/// What [`refresh_dependencies`] changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refreshed {
    Changed,
    Unchanged,
    /// Not registered, or removed.
    UnknownApplication,
}

/// Makes the store hold exactly this catalog. Applications met for the first time are registered at `registered_at`.
/// Repeating it, also after it broke off in the middle, leads to the same end.
pub async fn apply<P: Ports>(
    ports: &P,
    catalog: &Catalog,
    registered_at: Timestamp,
) -> Result<Applied, EngineError> {
    let catalog = &*with_sent(ports, catalog).await?;
    let known = ports.store().load_topology().await?;
    let topology = Topology {
        observed: known.observed.clone(),
        ..derive(catalog, known.revision + 1)
    };
    let is_same_topology = Topology {
        revision: topology.revision,
        ..Topology::clone(&known)
    } == topology;
    if !is_same_topology && ports.store().record_topology(&topology).await? != CommitOutcome::Done {
        return Err(contended("the topology"));
    }
    let session = Session::open(ports).await?;
    let rings = rings::assign(&session, catalog).await?;
    let mut applied = Applied::default();
    let wanted: BTreeSet<&ApplicationId> = catalog
        .applications
        .iter()
        .map(|entry| &entry.application.id)
        .collect();
    for id in list_all(&session).await? {
        if !wanted.contains(&id) {
            remove(&session, &id).await?;
            applied.removed += 1;
        }
    }
    for entries in catalog.applications.chunks(LOAD_APPLICATIONS_MAX) {
        register(&session, entries, registered_at, &rings, &mut applied).await?;
    }
    // Repositories of which nothing was known may be among its.
    ports.queue().send_repositories().await?;
    Ok(applied)
}

/// Replaces the dependencies of one registered application, as they were read from its lockfile or SBOM. What executions
/// are known to have built stays with the edges that stay; the application is judged anew on them.
pub async fn refresh_dependencies<P: Ports>(
    ports: &P,
    application: &ApplicationId,
    dependencies: Vec<Dependency>,
) -> Result<Refreshed, EngineError> {
    let session = Session::open(ports).await?;
    let known = session.load(application).await?;
    let Some(known) = known.filter(|state| state.is_registered) else {
        return Ok(Refreshed::UnknownApplication);
    };
    let before = ports.store().load_dependencies(application).await?;
    if is_same_edges(&before, &dependencies) {
        return Ok(Refreshed::Unchanged);
    }
    let entry = Registration {
        application: known.application,
        dependencies: with_what_was_built(dependencies, before),
    };
    let entry = record_edges(ports, entry).await?;
    let session = Session::open(ports).await?;
    let text = "its dependencies were sent anew; it is judged anew";
    judge_anew(&session, &entry, text).await?;
    Ok(Refreshed::Changed)
}

/// Registers an application with other edges than before; the producer graph follows before they do.
pub(crate) async fn record_edges<P: Ports>(
    ports: &P,
    mut entry: Registration,
) -> Result<Registration, EngineError> {
    entry.application.upriver = record_upriver(ports, &entry).await?;
    ports.store().record_registration(&entry).await?;
    Ok(entry)
}

/// The producers of what an application now depends on; the producer graph follows before its edges do.
async fn record_upriver<P: Ports>(
    ports: &P,
    entry: &Registration,
) -> Result<BTreeSet<ApplicationId>, EngineError> {
    let id = &entry.application.id;
    for _ in 0..CONTENTION_MAX {
        let known = ports.store().load_topology().await?;
        let upriver = upriver_of(&known, entry);
        if !entry.application.is_producer() || known.upriver.get(id) == Some(&upriver) {
            return Ok(upriver);
        }
        let mut topology = Topology::clone(&known);
        topology.revision += 1;
        topology.upriver.insert(id.clone(), upriver.clone());
        if ports.store().record_topology(&topology).await? == CommitOutcome::Done {
            return Ok(upriver);
        }
    }
    Err(contended("the topology"))
}

/// The catalog with the dependencies that stay as they were sent.
async fn with_sent<'c, P: Ports>(
    ports: &P,
    catalog: &'c Catalog,
) -> Result<Cow<'c, Catalog>, EngineError> {
    let mut catalog = Cow::Borrowed(catalog);
    if catalog.undeclared.is_empty() {
        return Ok(catalog);
    }
    let whole = catalog.to_mut();
    for entry in &mut whole.applications {
        let id = &entry.application.id;
        if whole.undeclared.contains(id) {
            entry.dependencies = ports.store().load_dependencies(id).await?;
        }
    }
    Ok(catalog)
}

async fn register<P: Ports>(
    session: &Session<'_, P>,
    entries: &[Registration],
    registered_at: Timestamp,
    rings: &BTreeMap<ApplicationId, u32>,
    applied: &mut Applied,
) -> Result<(), EngineError> {
    let ids: Vec<ApplicationId> = entries
        .iter()
        .map(|entry| entry.application.id.clone())
        .collect();
    let known: BTreeMap<ApplicationId, (Application, bool)> = session
        .ports
        .store()
        .load_applications(&ids)
        .await?
        .into_iter()
        .map(|state| {
            (
                state.application.id.clone(),
                (state.application, state.is_registered),
            )
        })
        .collect();
    for entry in entries {
        let before = known
            .get(&entry.application.id)
            .filter(|(_, is_registered)| *is_registered);
        let registered_at = before.map_or(registered_at, |(before, _)| before.registered_at);
        let upriver = upriver_of(&session.topology, entry);
        let application = Application {
            ring: rings.get(&entry.application.id).copied().unwrap_or(0),
            upriver,
            registered_at,
            ..entry.application.clone()
        };
        let Some((before, _)) = before else {
            write(session, application, entry.dependencies.clone()).await?;
            applied.added += 1;
            continue;
        };
        let known = session
            .ports
            .store()
            .load_dependencies(&application.id)
            .await?;
        if *before == application && is_same_edges(&known, &entry.dependencies) {
            applied.unchanged += 1;
            continue;
        }
        write(
            session,
            application,
            with_what_was_built(entry.dependencies.clone(), known),
        )
        .await?;
        let text = "the catalog changed its edges or policy; it is judged anew";
        judge_anew(session, entry, text).await?;
        applied.changed += 1;
    }
    Ok(())
}

async fn write<P: Ports>(
    session: &Session<'_, P>,
    application: Application,
    dependencies: Vec<Dependency>,
) -> Result<(), EngineError> {
    let registration = Registration {
        application,
        dependencies,
    };
    Ok(session
        .ports
        .store()
        .record_registration(&registration)
        .await?)
}

/// Whether the catalog says of the dependencies what it said before: what executions built since does not count.
fn is_same_edges(known: &[Dependency], wanted: &[Dependency]) -> bool {
    let shape = |dependency: &Dependency| {
        (
            dependency.package.clone(),
            dependency.requirement.clone(),
            dependency.is_requirement_assumed,
            dependency.is_locked,
            dependency.is_direct,
            dependency.path.clone(),
            dependency.scope,
        )
    };
    let mut before: Vec<_> = known.iter().map(shape).collect();
    let mut now: Vec<_> = wanted.iter().map(shape).collect();
    before.sort();
    now.sort();
    before == now
}

/// An edge keeps what executions are known to have built: the catalog only says what was built before the first of them.
fn with_what_was_built(
    mut dependencies: Vec<Dependency>,
    mut known: Vec<Dependency>,
) -> Vec<Dependency> {
    known.retain(|dependency| dependency.built_as_of.is_some());
    for dependency in &mut dependencies {
        let is_same = |known: &Dependency| {
            known.package == dependency.package && known.path == dependency.path
        };
        if let Some(at) = known.iter().position(is_same) {
            let known = known.swap_remove(at);
            dependency.built = known.built;
            dependency.built_as_of = known.built_as_of;
            dependency.built_revision = known.built_revision;
        }
    }
    dependencies
}

/// An application whose edges or policy changed is judged anew on them: every package whose inventory is known joins.
async fn judge_anew<P: Ports>(
    session: &Session<'_, P>,
    entry: &Registration,
    text: &str,
) -> Result<(), EngineError> {
    let packages: BTreeSet<PackageId> = entry
        .dependencies
        .iter()
        .map(|dependency| dependency.package.clone())
        .collect();
    let joined = joined_of(session, &entry.application, &packages).await?;
    for _ in 0..CONTENTION_MAX {
        let Some(state) = session.load(&entry.application.id).await? else {
            return Ok(());
        };
        let mut slot = next_version(&state.slot);
        slot.joined.extend(joined.clone());
        judge_soon(session, &mut slot);
        let history = vec![note(
            &entry.application.id,
            NoteKind::CatalogChanged,
            None,
            None,
            text,
            session.now,
        )];
        let commit = Commit {
            slot: Some(slot),
            history,
            ..Commit::default()
        };
        if carry_out(session, &commit, &[]).await? == CommitOutcome::Done {
            return Ok(());
        }
    }
    Err(contended(&entry.application.id))
}

/// Of these packages, those with a version that the application sees, as something that waits to be judged.
pub(crate) async fn joined_of<P: Ports>(
    session: &Session<'_, P>,
    application: &Application,
    packages: &BTreeSet<PackageId>,
) -> Result<BTreeMap<PackageId, Joined>, EngineError> {
    let visible = session.topology.visible_from(&application.repositories);
    let mut joined = BTreeMap::new();
    for package in packages {
        let inventory = session.ports.store().load_inventory(package).await?;
        let newest = inventory
            .repositories
            .iter()
            .filter(|(repository, _)| visible.contains(*repository))
            .flat_map(|(repository, records)| {
                records
                    .versions
                    .iter()
                    .map(move |(text, record)| (repository, text, record))
            })
            .max_by_key(|(_, _, record)| record.published_at);
        if let Some((repository, version, _)) = newest {
            let change = Joined {
                version: version.clone(),
                repository: repository.clone(),
                seen_at: session.now,
                is_news: false,
            };
            joined.insert(package.clone(), change);
        }
    }
    Ok(joined)
}

/// What is pending ends with that reason at its next look; what runs is tracked to its end.
async fn remove<P: Ports>(session: &Session<'_, P>, id: &ApplicationId) -> Result<(), EngineError> {
    leave_to_sweep(session, id).await?;
    session.ports.store().remove_registration(id).await?;
    look_soon(session, std::slice::from_ref(id)).await
}

/// Whoever waits for people only is looked at by `sweep` in a while, even if whoever removes it comes to no end: nobody
/// else asks for an application that is gone.
async fn leave_to_sweep<P: Ports>(
    session: &Session<'_, P>,
    id: &ApplicationId,
) -> Result<(), EngineError> {
    for _ in 0..CONTENTION_MAX {
        let Some(state) = session.load(id).await? else {
            return Ok(());
        };
        let is_pending = matches!(state.slot.state, SlotState::Pending(_));
        if !is_pending || state.slot.wake_at.is_some() {
            return Ok(());
        }
        let mut slot = next_version(&state.slot);
        slot.wake_at = Some(session.now.plus_secs(SWEEP_INTERVAL_SECS));
        let commit = Commit {
            slot: Some(slot),
            ..Commit::default()
        };
        if carry_out(session, &commit, &[]).await? == CommitOutcome::Done {
            return Ok(());
        }
    }
    Err(contended(id))
}

async fn list_all<P: Ports>(session: &Session<'_, P>) -> Result<Vec<ApplicationId>, EngineError> {
    let mut all: Vec<ApplicationId> = Vec::new();
    loop {
        let page = session
            .ports
            .store()
            .list_applications(all.last(), LIST_MAX)
            .await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// The topology with the producer graph that follows from the catalog's edges.
fn derive(catalog: &Catalog, revision: u64) -> Topology {
    let mut topology = Topology {
        revision,
        ..catalog.topology.clone()
    };
    topology.producers = BTreeMap::new();
    for entry in &catalog.applications {
        for product in &entry.application.products {
            topology
                .producers
                .entry(product.clone())
                .or_default()
                .insert(entry.application.id.clone());
        }
    }
    topology.upriver = catalog
        .applications
        .iter()
        .filter(|entry| entry.application.is_producer())
        .map(|entry| (entry.application.id.clone(), upriver_of(&topology, entry)))
        .collect();
    topology
}

/// The producers of what an application depends on, as far as its policy follows them.
fn upriver_of(topology: &Topology, entry: &Registration) -> BTreeSet<ApplicationId> {
    entry
        .dependencies
        .iter()
        .filter(|dependency| entry.application.is_followed(dependency))
        .filter_map(|dependency| topology.producers.get(&dependency.package))
        .flatten()
        .filter(|producer| **producer != entry.application.id)
        .cloned()
        .collect()
}
