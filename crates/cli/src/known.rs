//! Names that are known, for what was misspelt.

use std::collections::BTreeSet;

use downriver_domain::ApplicationId;
use downriver_domain::version::PackageId;
use downriver_engine::ports::{LOAD_APPLICATIONS_MAX, Ports as _, Store as _};
use downriver_local::world::complete;

use crate::desk::Desk;
use crate::exit::unknown;

/// Names that are proposed.
const PROPOSED_MAX: usize = 3;

/// Says that an application is not known, and which are near.
pub(crate) fn no_application(desk: &Desk, given: &ApplicationId) -> anyhow::Error {
    let known = match desk.applications() {
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
pub(crate) fn no_package(desk: &Desk, given: &PackageId) -> anyhow::Error {
    let known = match packages(desk) {
        Ok(known) => known,
        Err(error) => return error,
    };
    let names = known.iter().map(ToString::to_string);
    unknown(format!(
        "no application depends on `{given}` or publishes it{}",
        proposal(&given.to_string(), names)
    ))
}

/// Every package that an application depends on or publishes.
fn packages(desk: &Desk) -> anyhow::Result<BTreeSet<PackageId>> {
    let mut known = BTreeSet::new();
    let ids = desk.applications()?;
    for chunk in ids.chunks(LOAD_APPLICATIONS_MAX) {
        for state in complete(desk.store().load_applications(chunk))? {
            known.extend(state.application.products);
        }
    }
    for id in &ids {
        let dependencies = desk.dependencies(id)?;
        known.extend(
            dependencies
                .into_iter()
                .map(|dependency| dependency.package),
        );
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
pub(crate) fn is_application(desk: &Desk, id: &ApplicationId) -> anyhow::Result<bool> {
    let states = complete(desk.store().load_applications(std::slice::from_ref(id)))?;
    Ok(!states.is_empty())
}

/// Whether an application depends on a package or publishes it.
pub(crate) fn is_package(desk: &Desk, package: &PackageId) -> anyhow::Result<bool> {
    let store = desk.store();
    let is_used = complete(store.count_dependents(package))? > 0;
    Ok(is_used
        || complete(store.load_topology())?
            .producers
            .contains_key(package))
}
