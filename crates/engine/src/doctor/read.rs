//! Reads the facts, some at a time. A call that fails is a fact too: nothing here gives up.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::{ApplicationId, Pipeline, RepositoryId};

use super::catalog::published_to;
use super::facts::{Facts, PipelineFacts, Reach};
use super::packages::wanted;
use super::pipelines::namesake;
use crate::error::EngineError;
use crate::ports::{LOAD_APPLICATIONS_MAX, Ports, ReadError, Registration, Setup, Store};
use crate::session::Session;

/// Pairs of a repository and a package that are asked for: one call each.
const PACKAGES_MAX: usize = 5_000;

/// How far reading has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    pub what: &'static str,
    pub done: usize,
    pub of: usize,
}

/// Every registered application with its dependencies, as the store has them.
pub async fn read_organisation<P: Ports>(ports: &P) -> Result<Facts, EngineError> {
    let session = Session::open(ports).await?;
    let store = ports.store();
    let mut applications = Vec::new();
    let mut after: Option<ApplicationId> = None;
    loop {
        let ids = store
            .list_applications(after.as_ref(), LOAD_APPLICATIONS_MAX)
            .await?;
        let Some(last) = ids.last() else { break };
        after = Some(last.clone());
        for state in session.load_readable(&ids).await?.states {
            let dependencies = store.load_dependencies(&state.application.id).await?;
            applications.push(Registration {
                application: state.application,
                dependencies,
            });
        }
    }
    let topology = session.topology.clone();
    Ok(Facts::of_catalog(session.now, topology, applications))
}

/// Everything that the accounts say about the applications that are named, or about all if none is.
pub async fn read_setup<S: Setup>(
    setup: &S,
    facts: &mut Facts,
    of: &BTreeSet<ApplicationId>,
    mut progress: impl FnMut(Reading),
) {
    facts.reach = Some(read_reach(setup, false).await);
    let pipelines = pipelines_of(facts, of);
    let count = pipelines.len();
    for (done, pipeline) in pipelines.into_iter().enumerate() {
        progress(Reading {
            what: "pipelines",
            done,
            of: count,
        });
        let read = read_pipeline(setup, &pipeline).await;
        facts.pipelines.insert(pipeline, read);
    }
    let repositories = repositories_of(facts, of);
    let count = repositories.len();
    for (done, id) in repositories.into_iter().enumerate() {
        progress(Reading {
            what: "repositories",
            done,
            of: count,
        });
        let read = setup.load_administrator(&id).await;
        facts.repositories.insert(id, read);
    }
    read_packages(setup, facts, of, &mut progress).await;
    read_policies(setup, facts, of).await;
}

/// Where pipelines can be started. Only the functions' own roles can say whether they can assume the others.
pub(super) async fn read_reach<S: Setup>(setup: &S, is_probed: bool) -> Reach {
    let mut starters = BTreeMap::new();
    for account in setup.startable() {
        let tried = if is_probed {
            Some(setup.probe_starter(&account).await)
        } else {
            None
        };
        starters.insert(account, tried);
    }
    Reach {
        account: setup.account().clone(),
        starters,
    }
}

/// The pipelines of all applications of the facts.
pub(super) async fn read_pipelines<S: Setup>(setup: &S, facts: &mut Facts) {
    for pipeline in pipelines_of(facts, &BTreeSet::new()) {
        let read = read_pipeline(setup, &pipeline).await;
        facts.pipelines.insert(pipeline, read);
    }
}

async fn read_pipeline<S: Setup>(setup: &S, pipeline: &Pipeline) -> PipelineFacts {
    let declared = setup.describe_pipeline(pipeline).await;
    let disabled = match &declared {
        // Its state is not there either.
        Err(ReadError::NotFound) => Ok(Vec::new()),
        _ => setup.list_disabled_transitions(pipeline).await,
    };
    PipelineFacts { declared, disabled }
}

fn is_meant(of: &BTreeSet<ApplicationId>, id: &ApplicationId) -> bool {
    of.is_empty() || of.contains(id)
}

/// Those that can be read. Those in accounts that are none of ours are looked for under the same name in ours.
fn pipelines_of(facts: &Facts, of: &BTreeSet<ApplicationId>) -> BTreeSet<Pipeline> {
    let Some(reach) = &facts.reach else {
        return BTreeSet::new();
    };
    { facts.applications.iter() }
        .filter(|entry| is_meant(of, &entry.application.id))
        .filter(|entry| !facts.is_event_started(&entry.application))
        .filter_map(|entry| {
            let pipeline = &entry.application.pipeline;
            if reach.starters.contains_key(&pipeline.target.account) {
                Some(pipeline.clone())
            } else {
                namesake(facts, pipeline)
            }
        })
        .collect()
}

fn repositories_of(facts: &Facts, of: &BTreeSet<ApplicationId>) -> BTreeSet<RepositoryId> {
    let mut ids: BTreeSet<RepositoryId> = BTreeSet::new();
    for entry in &facts.applications {
        let application = &entry.application;
        if is_meant(of, &application.id) {
            ids.extend(facts.topology.visible_from(&application.repositories));
            ids.extend(application.publishes_to.clone());
        }
    }
    if of.is_empty() {
        ids.extend(facts.topology.repositories.keys().cloned());
    }
    ids
}

async fn read_packages<S: Setup>(
    setup: &S,
    facts: &mut Facts,
    of: &BTreeSet<ApplicationId>,
    progress: &mut impl FnMut(Reading),
) {
    let mut pairs = BTreeSet::new();
    for entry in &facts.applications {
        let application = &entry.application;
        if !is_meant(of, &application.id) {
            continue;
        }
        let products = application.products.iter();
        pairs.extend(
            products
                .filter_map(|product| Some((published_to(application)?.clone(), product.clone()))),
        );
        let visible = facts.topology.visible_from(&application.repositories);
        for package in wanted(entry, &facts.topology) {
            let of_package = visible.iter();
            pairs.extend(of_package.map(|repository| (repository.clone(), package.clone())));
        }
    }
    // A repository that is not there holds nothing, and is told itself.
    pairs.retain(|(repository, _)| {
        facts.repositories.get(repository) != Some(&Err(ReadError::NotFound))
    });
    let count = pairs.len().min(PACKAGES_MAX);
    facts.packages.left_out = pairs.len() - count;
    for (done, (repository, package)) in pairs.into_iter().take(count).enumerate() {
        progress(Reading {
            what: "packages",
            done,
            of: count,
        });
        let read = setup.describe_package(&repository, &package).await;
        { &mut facts.packages.held }.insert((repository, package), read);
    }
}

/// Of the repositories that builds with a known role pull through.
async fn read_policies<S: Setup>(setup: &S, facts: &mut Facts, of: &BTreeSet<ApplicationId>) {
    let mut repositories = BTreeSet::new();
    for entry in &facts.applications {
        let application = &entry.application;
        if application.build_role.is_some() && is_meant(of, &application.id) {
            repositories.extend(application.repositories.iter().cloned());
        }
    }
    let domains: BTreeSet<_> = { repositories.iter() }
        .map(|id| (id.domain_owner.clone(), id.domain.clone()))
        .collect();
    for domain in domains {
        let policy = setup.load_domain_policy(&domain.0, &domain.1).await;
        facts.policies.domains.insert(domain, policy);
    }
    for id in repositories {
        let policy = setup.load_repository_policy(&id).await;
        facts.policies.repositories.insert(id, policy);
    }
}
