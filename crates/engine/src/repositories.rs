//! The graph of repositories as CodeArtifact itself has it: what a catalog says of it goes stale without anybody noticing.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::slot::Controls;
use downriver_domain::{ObservedRepository, RepositoryId, Topology};

use crate::carry_out::carry_out;
use crate::error::EngineError;
use crate::ports::{Commit, CommitOutcome, Ports, ReadError, Registry, Store};
use crate::session::{CONTENTION_MAX, Session, contended};

/// Repositories read at once; those of the catalog first.
pub const REPOSITORIES_MAX: usize = 1_000;
/// How old what was read may become, in seconds.
pub const REFRESH_SECS: u64 = 6 * 3600;

/// What reading the graph came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RepositoriesReport {
    /// Repositories that were read.
    pub observed: usize,
    /// Something else is upstream of them, or connected, than was known.
    pub changed: Vec<RepositoryId>,
    /// Where reading is denied: there the catalog's word stands.
    pub denied: Vec<String>,
    /// More than [`REPOSITORIES_MAX`] were found.
    pub is_more_left: bool,
}

/// Reads the repositories of the catalog and everything upstream of them. What cannot be read keeps what is known of it.
pub async fn refresh<P: Ports>(ports: &P) -> Result<RepositoriesReport, EngineError> {
    let session = Session::open(ports).await?;
    let mut report = RepositoriesReport::default();
    let observed = read(&session, &mut report).await?;
    report.observed = observed.len();
    record_topology(&session, &observed, &mut report).await?;
    record_instant(&session).await?;
    Ok(report)
}

async fn read<P: Ports>(
    session: &Session<'_, P>,
    report: &mut RepositoriesReport,
) -> Result<BTreeMap<RepositoryId, ObservedRepository>, EngineError> {
    let registry = session.ports.registry();
    let mut open: Vec<RepositoryId> = session.topology.repositories.keys().cloned().collect();
    open.reverse();
    let missing = missing(session, report).await?;
    let mut seen: BTreeSet<RepositoryId> = missing;
    let mut observed = BTreeMap::new();
    while let Some(id) = open.pop() {
        if seen.len() >= REPOSITORIES_MAX {
            report.is_more_left = true;
            break;
        }
        if !seen.insert(id.clone()) {
            continue;
        }
        match registry.describe_repository(&id).await {
            Ok(found) => {
                // Behind those of the catalog.
                open.splice(0..0, found.upstreams.iter().cloned());
                let found = ObservedRepository {
                    upstreams: found.upstreams,
                    external_connections: found.external_connections,
                    at: session.now,
                };
                observed.insert(id, found);
            }
            Err(ReadError::NotFound) => {}
            Err(ReadError::Denied(why)) => report.denied.push(format!("{id}: {why}")),
            Err(error @ ReadError::Transient(_)) => return Err(error.into()),
        }
    }
    Ok(observed)
}

/// Repositories of the catalog that their domain does not have: they are not asked for one by one.
async fn missing<P: Ports>(
    session: &Session<'_, P>,
    report: &mut RepositoriesReport,
) -> Result<BTreeSet<RepositoryId>, EngineError> {
    let mut domains = BTreeMap::new();
    for id in session.topology.repositories.keys() {
        let of_domain: &mut Vec<&RepositoryId> =
            domains.entry((&id.domain_owner, &id.domain)).or_default();
        of_domain.push(id);
    }
    let mut missing = BTreeSet::new();
    for ((owner, domain), known) in domains {
        match session
            .ports
            .registry()
            .list_repositories(owner, domain)
            .await
        {
            Ok(listed) => {
                let listed: BTreeSet<RepositoryId> = listed.into_iter().collect();
                let absent = known.into_iter().filter(|id| !listed.contains(*id));
                missing.extend(absent.cloned());
            }
            // Each of them may be readable all the same.
            Err(ReadError::NotFound) => {}
            Err(ReadError::Denied(why)) => report.denied.push(format!("{owner}/{domain}: {why}")),
            Err(error @ ReadError::Transient(_)) => return Err(error.into()),
        }
    }
    Ok(missing)
}

/// Written only if something is not as it was known: the topology is read by every message.
async fn record_topology<P: Ports>(
    session: &Session<'_, P>,
    observed: &BTreeMap<RepositoryId, ObservedRepository>,
    report: &mut RepositoriesReport,
) -> Result<(), EngineError> {
    let store = session.ports.store();
    for _ in 0..CONTENTION_MAX {
        let known = store.load_topology().await?;
        let is_news = |(id, now): &(&RepositoryId, &ObservedRepository)| {
            known.observed.get(*id).is_none_or(|before| {
                (&before.upstreams, &before.external_connections)
                    != (&now.upstreams, &now.external_connections)
            })
        };
        report.changed = observed
            .iter()
            .filter(is_news)
            .map(|(id, _)| id.clone())
            .collect();
        if report.changed.is_empty() {
            return Ok(());
        }
        let mut topology = Topology::clone(&known);
        topology.revision += 1;
        topology.observed.extend(observed.clone());
        if store.record_topology(&topology).await? == CommitOutcome::Done {
            return Ok(());
        }
    }
    Err(contended("the topology"))
}

async fn record_instant<P: Ports>(session: &Session<'_, P>) -> Result<(), EngineError> {
    for _ in 0..CONTENTION_MAX {
        let known = session.ports.store().load_controls().await?;
        let controls = Controls {
            revision: known.revision + 1,
            repositories_read_at: Some(session.now),
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
