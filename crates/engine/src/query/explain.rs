//! Why a change means what it means for one application.

use std::collections::BTreeSet;

use downriver_domain::impact::Judgement;
use downriver_domain::version::PackageVersionId;
use downriver_domain::{ApplicationId, Cascade, PackageInventory, RepositoryId, VersionStatus};

use super::hypothetical::{Supposed, suppose};
use crate::error::EngineError;
use crate::history::{HistoryBody, HistoryEntry};
use crate::judging::{Views, load_edges};
use crate::ports::{ApplicationState, HistoryOf, PageChange, Ports, Store};
use crate::session::Session;

/// Entries of the history read for what was decided before.
const HISTORY_READ_MAX: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub state: ApplicationState,
    pub judgement: Judgement,
    /// The version is not known, or its state was supposed: judged as if it had happened now.
    pub is_supposed: bool,
    /// The members of the producer-graph cycle that the application is in; empty if it is in none.
    pub cycle: BTreeSet<ApplicationId>,
    /// Producers that reach it.
    pub upriver: BTreeSet<ApplicationId>,
    /// What was decided about this change for this application before, newest first.
    pub decided: Vec<HistoryEntry>,
}

/// `None`: there is no such application, or the package is in no repository and has no dependents.
pub async fn explain<P: Ports>(
    ports: &P,
    application: &ApplicationId,
    package_version: &PackageVersionId,
    supposed: Option<&Supposed>,
) -> Result<Option<Explanation>, EngineError> {
    let session = Session::open(ports).await?;
    let Some(state) = session.load(application).await? else {
        return Ok(None);
    };
    let package = package_version.package();
    let known = ports.store().load_inventory(package).await?;
    let mut views = Views::default();
    let found = find(&session, &state, package_version, supposed, known).await?;
    let Some(Found {
        inventory,
        repository,
        is_supposed,
    }) = found
    else {
        return Ok(None);
    };
    views.insert(inventory);
    let edges = load_edges(
        &session,
        &state.application,
        &BTreeSet::from([package.clone()]),
    )
    .await?;
    let edges = edges.get(package).map_or(&[][..], Vec::as_slice);
    let change = PageChange {
        package_version: package_version.clone(),
        repository,
        seen_at: session.now,
        is_news: false,
    };
    let judgement = views.judge(&session, &state, edges, &change);
    let upriver = session.topology.reaching(&state.application.upriver);
    let decided = decided(ports, application, package_version).await?;
    Ok(Some(Explanation {
        cycle: cycle(&session, application),
        upriver,
        judgement,
        is_supposed,
        decided,
        state,
    }))
}

struct Found {
    inventory: PackageInventory,
    repository: RepositoryId,
    is_supposed: bool,
}

/// The repository where the version is seen, one that the application sees first; else where it is supposed to appear.
async fn find<P: Ports>(
    session: &Session<'_, P>,
    state: &ApplicationState,
    package_version: &PackageVersionId,
    supposed: Option<&Supposed>,
    known: PackageInventory,
) -> Result<Option<Found>, EngineError> {
    let repositories = &state.application.repositories;
    let visible = session.topology.visible_from(repositories);
    let seen_in = known
        .repositories
        .iter()
        .filter(|(_, records)| records.versions.contains_key(package_version.version()))
        .map(|(repository, _)| repository)
        .min_by_key(|repository| !visible.contains(*repository))
        .cloned();
    if let (Some(repository), None) = (seen_in, supposed) {
        return Ok(Some(Found {
            inventory: known,
            repository,
            is_supposed: false,
        }));
    }
    let appears = Supposed {
        status: VersionStatus::Published,
        repository: None,
    };
    let supposed = supposed.unwrap_or(&appears);
    if let Some((inventory, repository)) =
        suppose(session, package_version, supposed, &Cascade::default()).await?
    {
        return Ok(Some(Found {
            inventory,
            repository,
            is_supposed: true,
        }));
    }
    let own = repositories.first().cloned();
    Ok(own.map(|repository| Found {
        inventory: known,
        repository,
        is_supposed: true,
    }))
}

/// The producers that the application reaches and that reach it, with itself.
fn cycle<P>(session: &Session<'_, P>, application: &ApplicationId) -> BTreeSet<ApplicationId> {
    let topology = &session.topology;
    let Some(upriver) = topology.upriver.get(application) else {
        return BTreeSet::new();
    };
    let reaching = topology.reaching(upriver);
    if !reaching.contains(application) {
        return BTreeSet::new();
    }
    let is_reached_back = |other: &&ApplicationId| {
        let above = topology.upriver.get(*other);
        above.is_some_and(|above| topology.reaching(above).contains(application))
    };
    reaching.iter().filter(is_reached_back).cloned().collect()
}

async fn decided<P: Ports>(
    ports: &P,
    application: &ApplicationId,
    package_version: &PackageVersionId,
) -> Result<Vec<HistoryEntry>, EngineError> {
    let store = ports.store();
    let of_change = store
        .load_history(
            &HistoryOf::PackageVersion(package_version.clone()),
            HISTORY_READ_MAX,
        )
        .await?;
    let about = of_change.into_iter().filter_map(|entry| match entry.body {
        HistoryBody::Verdicts(verdicts) => {
            let own: Vec<Judgement> = verdicts
                .into_iter()
                .filter(|verdict| verdict.application == *application)
                .collect();
            (!own.is_empty()).then_some(HistoryEntry {
                body: HistoryBody::Verdicts(own),
                ..entry
            })
        }
        HistoryBody::Seen(_) => Some(entry),
        HistoryBody::Rebuild(_) | HistoryBody::Note(_) => None,
    });
    let mut decided: Vec<HistoryEntry> = about.collect();
    let of_application = store
        .load_history(
            &HistoryOf::Application(application.clone()),
            HISTORY_READ_MAX,
        )
        .await?;
    decided.extend(of_application.into_iter().filter(|entry| {
        match &entry.body {
            HistoryBody::Rebuild(record) => record
                .changes
                .iter()
                .any(|change| change.package_version == *package_version),
            _ => false,
        }
    }));
    decided.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    Ok(decided)
}
