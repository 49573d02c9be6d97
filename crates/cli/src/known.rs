//! Names that are known, for what was misspelt.

use std::collections::BTreeSet;

use downriver_domain::version::PackageId;
use downriver_domain::{ApplicationId, OwnerId};
use downriver_engine::ports::{LOAD_APPLICATIONS_MAX, Ports, Store as _};

use crate::exit::unknown;

/// Names that are proposed.
const PROPOSED_MAX: usize = 3;
/// Applications whose dependencies are read for a name that is near: a misspelt name is no reason to read a whole table.
const APPLICATIONS_READ_MAX: usize = 1_000;

/// Says that an application is not known, and which are near.
pub(crate) async fn no_application(ports: &impl Ports, given: &ApplicationId) -> anyhow::Error {
    let known = match applications(ports).await {
        Ok(known) => known,
        Err(error) => return error,
    };
    let names = known.iter().map(ToString::to_string);
    unknown(format!(
        "there is no application `{given}`{}",
        proposal(given.as_str(), names)
    ))
}

/// Says that nothing is known of a package, and which are near.
pub(crate) async fn no_package(ports: &impl Ports, given: &PackageId) -> anyhow::Error {
    let known = match packages(ports).await {
        Ok(known) => known,
        Err(error) => return error,
    };
    let names = known.iter().map(ToString::to_string);
    unknown(format!(
        "no application depends on `{given}` or publishes it{}",
        proposal(&given.to_string(), names)
    ))
}

/// Says that nobody of this name owns an application, and who is near.
pub(crate) fn no_owner(given: &OwnerId, known: &BTreeSet<OwnerId>) -> anyhow::Error {
    let names = known.iter().map(ToString::to_string);
    unknown(format!(
        "no application belongs to `{given}`{}",
        proposal(given.as_str(), names)
    ))
}

/// Every application in the catalog, in order.
pub(crate) async fn applications(ports: &impl Ports) -> anyhow::Result<Vec<ApplicationId>> {
    let mut all: Vec<ApplicationId> = Vec::new();
    loop {
        let page = ports
            .store()
            .list_applications(all.last(), LOAD_APPLICATIONS_MAX)
            .await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// Every package that an application depends on or publishes; of a large catalog, that the first ones do.
async fn packages(ports: &impl Ports) -> anyhow::Result<BTreeSet<PackageId>> {
    let store = ports.store();
    let topology = store.load_topology().await?;
    let mut known: BTreeSet<PackageId> = topology.producers.keys().cloned().collect();
    let mut after = None;
    let mut read = 0;
    while read < APPLICATIONS_READ_MAX {
        let ids = store
            .list_applications(after.as_ref(), LOAD_APPLICATIONS_MAX)
            .await?;
        for id in &ids {
            let dependencies = store.load_dependencies(id).await?;
            known.extend(
                dependencies
                    .into_iter()
                    .map(|dependency| dependency.package),
            );
        }
        let Some(last) = ids.last() else { break };
        read += ids.len();
        after = Some(last.clone());
    }
    Ok(known)
}

/// `: did you mean …?`, or nothing where nothing is near.
fn proposal(given: &str, known: impl Iterator<Item = String>) -> String {
    let near = nearest(given, known);
    match near.split_last() {
        None => String::new(),
        Some((last, [])) => format!("; did you mean `{last}`?"),
        Some((last, others)) => {
            let others: Vec<String> = others.iter().map(|name| format!("`{name}`")).collect();
            format!("; did you mean {} or `{last}`?", others.join(", "))
        }
    }
}

/// The nearest names first: those a third of typing errors away at most, or that contain what was given.
fn nearest(given: &str, known: impl Iterator<Item = String>) -> Vec<String> {
    let given = given.to_lowercase();
    let word = given.rsplit('/').next().unwrap_or(&given);
    let distance_max = (word.chars().count() / 3).clamp(1, 4);
    let mut near: Vec<(usize, String)> = known
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let distance = strsim::osa_distance(&given, &lower);
            let is_part = word.len() >= 3 && lower.contains(word);
            if distance <= distance_max {
                Some((distance, name))
            } else {
                is_part.then_some((distance_max + 1, name))
            }
        })
        .collect();
    near.sort();
    near.into_iter()
        .take(PROPOSED_MAX)
        .map(|(_, name)| name)
        .collect()
}

/// Whether there is such an application.
pub(crate) async fn is_application(ports: &impl Ports, id: &ApplicationId) -> anyhow::Result<bool> {
    let states = ports
        .store()
        .load_applications(std::slice::from_ref(id))
        .await?;
    Ok(!states.is_empty())
}

/// Whether an application depends on a package or publishes it.
pub(crate) async fn is_package(ports: &impl Ports, package: &PackageId) -> anyhow::Result<bool> {
    let store = ports.store();
    let topology = store.load_topology().await?;
    Ok(topology.producers.contains_key(package) || store.count_dependents(package).await? > 0)
}
