//! What would happen if a version were published now: verdicts, and rebuilds in waves. Changes nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use downriver_domain::impact::{Ask, Judgement};
use downriver_domain::version::{PackageId, PackageVersionId, RequirementKind, next_release_after};
use downriver_domain::{
    Application, ApplicationId, Cascade, Edge, RepositoryId, VersionStatus, Versioning,
};

use super::hypothetical::{Supposed, suppose};
use crate::error::EngineError;
use crate::judging::Views;
use crate::ports::{
    ApplicationState, DEPENDENTS_PAGE_MAX, EdgePage, LOAD_APPLICATIONS_MAX, PageChange, Ports,
    Store,
};
use crate::session::Session;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub package_version: PackageVersionId,
    /// Where it was supposed to be published; `None`: nobody depends on it and nobody publishes it.
    pub repository: Option<RepositoryId>,
    /// The verdict for every application that depends on the package.
    pub verdicts: Vec<Judgement>,
    /// Rebuilds in order: each wave waits for those before it that reach it.
    pub waves: Vec<Vec<Planned>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    pub application: ApplicationId,
    /// What it would pick up. Versions of packages that other rebuilds of this plan publish are supposed.
    pub asks: BTreeMap<PackageId, Ask>,
    pub products: BTreeSet<PackageId>,
    pub is_shadow: bool,
}

struct Planning {
    views: Views,
    planned: BTreeMap<ApplicationId, (Application, BTreeMap<PackageId, Ask>)>,
    open: VecDeque<(PackageVersionId, RepositoryId)>,
    met: BTreeSet<PackageId>,
}

/// Plans a publish of this version, in `repository` or where its producer publishes.
pub async fn plan<P: Ports>(
    ports: &P,
    package_version: &PackageVersionId,
    repository: Option<RepositoryId>,
) -> Result<Plan, EngineError> {
    let session = Session::open(ports).await?;
    let mut planning = Planning {
        views: Views::default(),
        planned: BTreeMap::new(),
        open: VecDeque::new(),
        met: BTreeSet::from([package_version.package().clone()]),
    };
    let supposed = Supposed {
        status: VersionStatus::Published,
        repository,
    };
    let Some((inventory, repository)) =
        suppose(&session, package_version, &supposed, &Cascade::default()).await?
    else {
        let empty = Plan {
            package_version: package_version.clone(),
            repository: None,
            verdicts: Vec::new(),
            waves: Vec::new(),
        };
        return Ok(empty);
    };
    planning.views.insert(inventory);
    planning
        .open
        .push_back((package_version.clone(), repository.clone()));
    let mut verdicts = Vec::new();
    while let Some((package_version, repository)) = planning.open.pop_front() {
        let judged = spread(&session, &mut planning, &package_version, &repository).await?;
        if verdicts.is_empty() {
            verdicts = judged;
        }
    }
    let waves = waves(&session, planning.planned);
    Ok(Plan {
        package_version: package_version.clone(),
        repository: Some(repository),
        verdicts,
        waves,
    })
}

/// Judges every dependent of one supposed version, and supposes what the rebuilt ones publish.
async fn spread<P: Ports>(
    session: &Session<'_, P>,
    planning: &mut Planning,
    package_version: &PackageVersionId,
    repository: &RepositoryId,
) -> Result<Vec<Judgement>, EngineError> {
    let package = package_version.package();
    let change = PageChange {
        package_version: package_version.clone(),
        repository: repository.clone(),
        seen_at: session.now,
        is_news: false,
    };
    let mut verdicts = Vec::new();
    let mut after = None;
    loop {
        let page = session
            .ports
            .store()
            .load_dependents(package, after.as_ref(), DEPENDENTS_PAGE_MAX)
            .await?;
        let next = page.next.clone();
        for (state, edges) in load_states(session, page).await? {
            verdicts.push(planning.views.judge(session, &state, &edges, &change));
            let edges = BTreeMap::from([(package.clone(), edges)]);
            let asks = planning.views.asks(session, &state, &edges);
            join(session, planning, state, asks).await?;
        }
        let Some(cursor) = next else {
            return Ok(verdicts);
        };
        after = Some(cursor);
    }
}

async fn load_states<P: Ports>(
    session: &Session<'_, P>,
    page: EdgePage,
) -> Result<Vec<(ApplicationState, Vec<Edge>)>, EngineError> {
    let mut by_application: BTreeMap<ApplicationId, Vec<Edge>> = BTreeMap::new();
    for edge in page.edges {
        by_application
            .entry(edge.application.clone())
            .or_default()
            .push(edge);
    }
    let ids: Vec<ApplicationId> = by_application.keys().cloned().collect();
    let mut states = Vec::new();
    for chunk in ids.chunks(LOAD_APPLICATIONS_MAX) {
        for state in session.ports.store().load_applications(chunk).await? {
            let edges = by_application
                .remove(&state.application.id)
                .unwrap_or_default();
            states.push((state, edges));
        }
    }
    Ok(states)
}

async fn join<P: Ports>(
    session: &Session<'_, P>,
    planning: &mut Planning,
    state: ApplicationState,
    asks: BTreeMap<PackageId, Ask>,
) -> Result<(), EngineError> {
    if asks.is_empty() {
        return Ok(());
    }
    let application = state.application;
    if let Some((_, known)) = planning.planned.get_mut(&application.id) {
        known.extend(asks);
        return Ok(());
    }
    let mut cascade = Cascade::default();
    cascade.applications.insert(application.id.clone());
    for ask in asks.values() {
        cascade
            .applications
            .extend(ask.cascade.applications.iter().cloned());
        cascade.roots.extend(ask.cascade.roots.iter().cloned());
    }
    let is_publishing =
        application.versioning == Versioning::Build && !is_shadow(session, &application);
    let products = application.products.clone();
    planning
        .planned
        .insert(application.id.clone(), (application, asks));
    if !is_publishing {
        return Ok(());
    }
    for product in products {
        if !planning.met.insert(product.clone()) {
            continue;
        }
        let Some(next) = next_version(session, &product).await? else {
            continue;
        };
        let supposed = Supposed {
            status: VersionStatus::Published,
            repository: None,
        };
        if let Some((inventory, repository)) = suppose(session, &next, &supposed, &cascade).await? {
            planning.views.insert(inventory);
            planning.open.push_back((next, repository));
        }
    }
    Ok(())
}

/// The version that a producer would publish next: one more than the highest known or built anywhere.
async fn next_version<P: Ports>(
    session: &Session<'_, P>,
    product: &PackageId,
) -> Result<Option<PackageVersionId>, EngineError> {
    let store = session.ports.store();
    let inventory = store.load_inventory(product).await?;
    let mut known: BTreeSet<String> = inventory
        .repositories
        .values()
        .flat_map(|records| records.versions.keys().cloned())
        .collect();
    let mut mutable = None;
    for edge in store
        .load_dependents(product, None, DEPENDENTS_PAGE_MAX)
        .await?
        .edges
    {
        known.extend(edge.dependency.built.version().map(str::to_owned));
        let requirement = downriver_domain::version::Requirement::parse(
            product.format(),
            &edge.dependency.requirement,
        );
        if requirement.is_ok_and(|requirement| requirement.kind() == RequirementKind::Mutable) {
            mutable = Some(edge.dependency.requirement);
        }
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    let next = mutable.or_else(|| next_release_after(product.format(), &known));
    Ok(next.and_then(|next| PackageVersionId::new(product.clone(), &next).ok()))
}

/// Wave by wave: an application stands after every planned producer that reaches it, members of its cycle excepted.
fn waves<P>(
    session: &Session<'_, P>,
    planned: BTreeMap<ApplicationId, (Application, BTreeMap<PackageId, Ask>)>,
) -> Vec<Vec<Planned>> {
    let before: BTreeMap<ApplicationId, BTreeSet<ApplicationId>> = planned
        .iter()
        .map(|(id, (application, _))| (id.clone(), before(session, application, &planned)))
        .collect();
    let mut placed: BTreeSet<ApplicationId> = BTreeSet::new();
    let mut waves = Vec::new();
    let mut rest = planned;
    while !rest.is_empty() {
        let (ready, later): (BTreeMap<_, _>, BTreeMap<_, _>) = rest
            .into_iter()
            .partition(|(id, _)| before[id].is_subset(&placed));
        if ready.is_empty() {
            // Not reached: without the members of its own cycle, what stands before an application is acyclic.
            break;
        }
        placed.extend(ready.keys().cloned());
        let wave = ready.into_values().map(|(application, asks)| Planned {
            is_shadow: is_shadow(session, &application),
            application: application.id,
            products: application.products,
            asks,
        });
        waves.push(wave.collect());
        rest = later;
    }
    waves
}

fn before<P>(
    session: &Session<'_, P>,
    application: &Application,
    planned: &BTreeMap<ApplicationId, (Application, BTreeMap<PackageId, Ask>)>,
) -> BTreeSet<ApplicationId> {
    let reached_back = |producer: &ApplicationId| {
        let above = session.topology.upriver.get(producer);
        above.is_some_and(|above| session.topology.reaching(above).contains(&application.id))
    };
    session
        .topology
        .reaching(&application.upriver)
        .into_iter()
        .filter(|producer| *producer != application.id && planned.contains_key(producer))
        .filter(|producer| !reached_back(producer))
        .collect()
}

fn is_shadow<P>(session: &Session<'_, P>, application: &Application) -> bool {
    session.is_shadow || application.policy.is_shadow
}
