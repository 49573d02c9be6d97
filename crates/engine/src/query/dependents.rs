//! Who depends on a package: directly or through its graph, and who is reached through producers.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::version::PackageId;
use downriver_domain::{ApplicationId, Edge};

use crate::error::EngineError;
use crate::ports::{DEPENDENTS_PAGE_MAX, Ports, Store};
use crate::session::Session;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependents {
    pub package: PackageId,
    pub producers: BTreeSet<ApplicationId>,
    /// Those with an edge to the package, producers first.
    pub direct: Vec<DirectDependent>,
    /// Those without one that a rebuild of a dependent producer reaches.
    pub transitive: Vec<TransitiveDependent>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectDependent {
    pub application: ApplicationId,
    pub is_producer: bool,
    pub edges: Vec<Edge>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitiveDependent {
    pub application: ApplicationId,
    /// The product of an application before it that it depends on.
    pub through: PackageId,
    /// Products between the package and it, counted.
    pub distance: usize,
}

/// All dependents of a package.
pub async fn dependents<P: Ports>(
    ports: &P,
    package: &PackageId,
) -> Result<Dependents, EngineError> {
    let session = Session::open(ports).await?;
    let direct = of_package(ports, package).await?;
    let mut met: BTreeSet<ApplicationId> = direct
        .iter()
        .map(|dependent| dependent.application.clone())
        .collect();
    let mut transitive = Vec::new();
    let mut seen: BTreeSet<PackageId> = BTreeSet::from([package.clone()]);
    let mut open: Vec<PackageId> = products(
        &session,
        direct.iter().map(|dependent| &dependent.application),
    );
    let mut distance = 1;
    while !open.is_empty() {
        let mut reached = Vec::new();
        for through in std::mem::take(&mut open) {
            if !seen.insert(through.clone()) {
                continue;
            }
            for dependent in of_package(ports, &through).await? {
                if met.insert(dependent.application.clone()) {
                    reached.push(dependent.application.clone());
                    let application = dependent.application;
                    transitive.push(TransitiveDependent {
                        application,
                        through: through.clone(),
                        distance,
                    });
                }
            }
        }
        open = products(&session, reached.iter());
        distance += 1;
    }
    let producers = session
        .topology
        .producers
        .get(package)
        .cloned()
        .unwrap_or_default();
    Ok(Dependents {
        package: package.clone(),
        producers,
        direct,
        transitive,
    })
}

async fn of_package<P: Ports>(
    ports: &P,
    package: &PackageId,
) -> Result<Vec<DirectDependent>, EngineError> {
    let mut by_application: BTreeMap<(bool, ApplicationId), Vec<Edge>> = BTreeMap::new();
    let mut after = None;
    loop {
        let page = ports
            .store()
            .load_dependents(package, after.as_ref(), DEPENDENTS_PAGE_MAX)
            .await?;
        for edge in page.edges {
            by_application
                .entry((!edge.is_producer, edge.application.clone()))
                .or_default()
                .push(edge);
        }
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    let dependents = by_application
        .into_iter()
        .map(|((is_consumer, application), edges)| DirectDependent {
            application,
            is_producer: !is_consumer,
            edges,
        });
    Ok(dependents.collect())
}

/// What these applications publish.
fn products<'a, P>(
    session: &Session<'_, P>,
    applications: impl Iterator<Item = &'a ApplicationId>,
) -> Vec<PackageId> {
    let applications: BTreeSet<&ApplicationId> = applications.collect();
    session
        .topology
        .producers
        .iter()
        .filter(|(_, producers)| {
            producers
                .iter()
                .any(|producer| applications.contains(producer))
        })
        .map(|(package, _)| package.clone())
        .collect()
}
