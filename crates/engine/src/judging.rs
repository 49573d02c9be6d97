//! Loads what a judgement needs and holds it against an application.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::impact::{Ask, JudgedChange, Judgement, ask, judge};
use downriver_domain::inventory::View;
use downriver_domain::version::PackageId;
use downriver_domain::{Application, Edge, PackageInventory, RepositoryId, VersionStatus};

use crate::error::EngineError;
use crate::ports::{ApplicationState, PageChange, Ports, Store};
use crate::session::Session;

/// Inventories of a few packages, and how they look from the repository lists met so far. Applications of one team
/// mostly share theirs.
#[derive(Default)]
pub(crate) struct Views {
    inventories: BTreeMap<PackageId, PackageInventory>,
    visible: BTreeMap<Vec<RepositoryId>, BTreeSet<RepositoryId>>,
    seen: BTreeMap<PackageId, BTreeMap<Vec<RepositoryId>, View>>,
}

impl Views {
    pub(crate) fn insert(&mut self, inventory: PackageInventory) {
        self.inventories
            .insert(inventory.package.clone(), inventory);
    }

    pub(crate) fn inventory(&self, package: &PackageId) -> Option<&PackageInventory> {
        self.inventories.get(package)
    }

    pub(crate) async fn load<P: Ports>(
        &mut self,
        session: &Session<'_, P>,
        packages: impl IntoIterator<Item = &PackageId>,
    ) -> Result<(), EngineError> {
        for package in packages {
            if !self.inventories.contains_key(package) {
                self.insert(session.ports.store().load_inventory(package).await?);
            }
        }
        Ok(())
    }

    /// Makes sure that the view of `package` for this application exists.
    fn prepare<P: Ports>(
        &mut self,
        session: &Session<'_, P>,
        application: &Application,
        package: &PackageId,
    ) {
        let repositories = &application.repositories;
        if !self.visible.contains_key(repositories) {
            self.visible.insert(
                repositories.clone(),
                session.topology.visible_from(repositories),
            );
        }
        let is_seen = |views: &BTreeMap<_, _>| views.contains_key(repositories);
        if !self.seen.get(package).is_some_and(is_seen) {
            let inventory = &self.inventories[package];
            let view = View::of(inventory, &self.visible[repositories]);
            let views = self.seen.entry(package.clone()).or_default();
            views.insert(repositories.clone(), view);
        }
    }

    /// What each of these packages asks of the application now.
    pub(crate) fn asks<P: Ports>(
        &mut self,
        session: &Session<'_, P>,
        state: &ApplicationState,
        edges: &BTreeMap<PackageId, Vec<Edge>>,
    ) -> BTreeMap<PackageId, Ask> {
        let mut asks = BTreeMap::new();
        for (package, edges) in edges {
            self.prepare(session, &state.application, package);
            let view = &self.seen[package][&state.application.repositories];
            if let Some(ask) = ask(
                &session.topology,
                &state.application,
                &state.slot,
                edges,
                view,
            ) {
                asks.insert(package.clone(), ask);
            }
        }
        asks
    }

    /// What a package would ask for if these versions of it could not be selected.
    pub(crate) fn ask_without<P: Ports>(
        &mut self,
        session: &Session<'_, P>,
        state: &ApplicationState,
        package: &PackageId,
        edges: &[Edge],
        hidden: &[String],
    ) -> Option<Ask> {
        self.prepare(session, &state.application, package);
        let mut view = self.seen[package][&state.application.repositories].clone();
        for version in hidden {
            view = view.without(version);
        }
        ask(
            &session.topology,
            &state.application,
            &state.slot,
            edges,
            &view,
        )
    }

    /// Whether this is a copy, retained or ingested, of what the application sees already: nothing changes for it.
    pub(crate) fn is_repeat<P: Ports>(
        &mut self,
        session: &Session<'_, P>,
        application: &Application,
        change: &PageChange,
    ) -> bool {
        let package = change.package_version.package();
        let version = change.package_version.version();
        self.prepare(session, application, package);
        let status_of = |repository: &RepositoryId| {
            let records = self.inventories[package].repositories.get(repository)?;
            Some(records.versions.get(version)?.status)
        };
        let view = &self.seen[package][&application.repositories];
        view.get(version).is_some_and(|seen| {
            seen.repository != change.repository
                && [&seen.repository, &change.repository]
                    .into_iter()
                    .all(|repository| status_of(repository) == Some(VersionStatus::Published))
        })
    }

    pub(crate) fn judge<P: Ports>(
        &mut self,
        session: &Session<'_, P>,
        state: &ApplicationState,
        edges: &[Edge],
        change: &PageChange,
    ) -> Judgement {
        let package = change.package_version.package();
        self.prepare(session, &state.application, package);
        let repositories = &state.application.repositories;
        let view = &self.seen[package][repositories];
        let change = JudgedChange {
            package_version: &change.package_version,
            repository: &change.repository,
        };
        judge(
            &session.topology,
            &state.application,
            &state.slot,
            edges,
            &self.visible[repositories],
            view,
            change,
        )
    }
}

/// The edges of one application to these packages, by package.
pub(crate) async fn load_edges<P: Ports>(
    session: &Session<'_, P>,
    application: &Application,
    packages: &BTreeSet<PackageId>,
) -> Result<BTreeMap<PackageId, Vec<Edge>>, EngineError> {
    let mut by_package: BTreeMap<PackageId, Vec<Edge>> = BTreeMap::new();
    for edge in session
        .ports
        .store()
        .load_edges(&application.id, packages)
        .await?
    {
        by_package
            .entry(edge.dependency.package.clone())
            .or_default()
            .push(edge);
    }
    Ok(by_package)
}
