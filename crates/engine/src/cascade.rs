//! Where a change comes from: known from product, repository and the execution's time (DESIGN 2).

use downriver_domain::slot::{Rebuild, SeenExecution, SlotState, StartedBy};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{ApplicationId, Cascade, PackageInventory, Sighting, Timestamp};

use crate::error::EngineError;
use crate::ports::{ApplicationState, LOAD_APPLICATIONS_MAX, Ports, ReadError, Registry, Store};
use crate::session::Session;

/// Repositories asked for the original of one version.
const ORIGINALS_MAX: usize = 10;

/// What the products of a rebuild's execution descend from.
pub(crate) fn cascade_of(application: &ApplicationId, rebuild: &Rebuild) -> Cascade {
    let mut cascade = Cascade {
        is_urgent: rebuild.is_expedited,
        depth: 1,
        ..Cascade::default()
    };
    cascade.applications.insert(application.clone());
    for (package, wanted) in &rebuild.packages {
        cascade
            .applications
            .extend(wanted.cascade.applications.iter().cloned());
        cascade.is_urgent |= wanted.cascade.is_urgent;
        cascade.depth = cascade.depth.max(wanted.cascade.depth + 1);
        if wanted.cascade.roots.is_empty() {
            cascade
                .roots
                .extend(PackageVersionId::new(package.clone(), &wanted.version).ok());
        } else {
            cascade.roots.extend(wanted.cascade.roots.iter().cloned());
        }
    }
    cascade
}

/// The cascade of a version of `package` that was published at `published_at`: that of the execution of a producer which
/// ran then. Empty for a root change.
pub(crate) async fn descend<P: Ports>(
    session: &Session<'_, P>,
    package: &PackageId,
    published_at: Timestamp,
) -> Result<Cascade, EngineError> {
    let producers = load_producers(session, package).await?;
    Ok(of_producers(&producers, published_at).unwrap_or_default())
}

/// That of a version which nothing told of before. Where no producer was at work when it appeared, it may be a copy whose
/// original no event has told of: then the other repositories that know the package are asked since when they hold it.
pub(crate) async fn descend_of_first<P: Ports>(
    session: &Session<'_, P>,
    inventory: &PackageInventory,
    sighting: &Sighting,
) -> Result<Cascade, EngineError> {
    let producers = load_producers(session, &inventory.package).await?;
    let found = of_producers(&producers, sighting.event_time);
    if found.is_some() || producers.is_empty() {
        return Ok(found.unwrap_or_default());
    }
    let others = inventory.repositories.keys();
    let others = others.filter(|repository| **repository != sighting.repository);
    for repository in others.take(ORIGINALS_MAX) {
        let described = session
            .ports
            .registry()
            .describe_package_version(repository, &sighting.package_version)
            .await;
        let published_at = match described {
            Ok(described) => described.published_at,
            Err(error @ ReadError::Transient(_)) => return Err(error.into()),
            Err(ReadError::NotFound | ReadError::Denied(_)) => None,
        };
        let found = published_at.and_then(|at| of_producers(&producers, at));
        if let Some(cascade) = found {
            return Ok(cascade);
        }
    }
    Ok(Cascade::default())
}

async fn load_producers<P: Ports>(
    session: &Session<'_, P>,
    package: &PackageId,
) -> Result<Vec<ApplicationState>, EngineError> {
    let Some(producers) = session.topology.producers.get(package) else {
        return Ok(Vec::new());
    };
    let ids: Vec<ApplicationId> = producers
        .iter()
        .take(LOAD_APPLICATIONS_MAX)
        .cloned()
        .collect();
    Ok(session.ports.store().load_applications(&ids).await?)
}

/// `None`: none of them was at work then.
fn of_producers(producers: &[ApplicationState], published_at: Timestamp) -> Option<Cascade> {
    { producers.iter() }
        .filter_map(|state| of_producer(state, published_at))
        .reduce(joined)
}

fn of_producer(state: &ApplicationState, published_at: Timestamp) -> Option<Cascade> {
    let grace_secs = state.application.policy.publish_grace_secs;
    let running_then = |execution: &&SeenExecution| {
        published_at >= execution.started_at
            && execution
                .ended_at
                .is_none_or(|ended| published_at <= ended.plus_secs(grace_secs))
    };
    let then: Vec<&SeenExecution> = state.slot.executions.iter().filter(running_then).collect();
    let is_a_persons = then
        .iter()
        .any(|execution| execution.started_by == StartedBy::Person);
    // It may run already, and its start is not recorded yet: an answer was lost, or its event is late.
    let starting = match &state.slot.state {
        SlotState::Starting(starting) if published_at >= starting.started_at => {
            Some(cascade_of(&state.application.id, &starting.rebuild))
        }
        _ => None,
    };
    let descended = starting.or_else(|| {
        then.iter()
            .find(|execution| execution.started_by != StartedBy::Person)
            .map(|execution| execution.cascade.clone())
    });
    let descended = descended.map(|cascade| Cascade {
        is_overlapped: is_a_persons,
        ..cascade
    });
    descended.or_else(|| is_a_persons.then(Cascade::default))
}

fn joined(mut sum: Cascade, other: Cascade) -> Cascade {
    sum.roots.extend(other.roots);
    sum.applications.extend(other.applications);
    sum.is_overlapped |= other.is_overlapped;
    sum.is_urgent |= other.is_urgent;
    sum.depth = sum.depth.max(other.depth);
    sum
}
