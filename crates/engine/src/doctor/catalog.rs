//! What the catalog and the store tell by themselves.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::version::PackageId;
use downriver_domain::{Application, ApplicationId, Dependency, OnLocked, RepositoryId, Topology};

use super::facts::Facts;
use super::finding::{Check, Finding, Severity, Subject};
use crate::ports::Registration;

/// Names in one sentence; the rest is counted.
const NAMED_MAX: usize = 5;

pub(super) fn check(facts: &Facts, findings: &mut Vec<Finding>) {
    for entry in &facts.applications {
        findings.extend(never_indexed(entry));
        findings.extend(locked_not_refreshed(entry, &facts.topology));
    }
    if facts.is_whole {
        products_unseen(facts, findings);
        let cycles = cycles(&facts.topology);
        findings.extend(cycles.iter().map(|members| cycle(members)));
    }
}

fn never_indexed(entry: &Registration) -> Option<Finding> {
    let application = &entry.application;
    if application.is_declared || !entry.dependencies.is_empty() {
        return None;
    }
    Some(Finding {
        severity: Severity::Warning,
        check: Check::NeverIndexed,
        application: Some(application.id.clone()),
        subject: Subject::Application(application.id.clone()),
        evidence: format!(
            "The store knows no dependency of {}: the catalog declares none, and nothing was read of what it built, so no change starts it.",
            application.id
        ),
        mend: format!(
            "run its pipeline `{}` once, or `downriver index --application {} --upload` in its build, or give `dependencies` in the catalog",
            application.pipeline.name, application.id
        ),
    })
}

/// Only packages of ours: those of others start nothing by default.
fn locked_not_refreshed(entry: &Registration, topology: &Topology) -> Option<Finding> {
    let application = &entry.application;
    if application.policy.on_locked != OnLocked::Notify {
        return None;
    }
    let is_held = |dependency: &&Dependency| {
        dependency.is_locked
            && application.is_followed(dependency)
            && topology.is_internal(&dependency.package)
    };
    let held: BTreeSet<&PackageId> = { entry.dependencies.iter() }
        .filter(is_held)
        .map(|dependency| &dependency.package)
        .collect();
    if held.is_empty() {
        return None;
    }
    Some(Finding {
        severity: Severity::Advice,
        check: Check::LockedNotRefreshed,
        application: Some(application.id.clone()),
        subject: Subject::Application(application.id.clone()),
        evidence: format!(
            "A lockfile of {} holds {}, and the catalog declares no pipeline variables for it: a new version is told to people, nothing is rebuilt.",
            application.id,
            named(held.iter())
        ),
        mend: "run `downriver refresh --run` in its build, declare DOWNRIVER_REBUILD and DOWNRIVER_CHANGES in its pipeline (type V2), and set `variables = true`; `on_locked = \"ignore\"` says that it is meant so".to_owned(),
    })
}

/// Where the products of an application appear first.
pub(super) fn published_to(application: &Application) -> Option<&RepositoryId> {
    { application.publishes_to.as_ref() }.or_else(|| application.repositories.first())
}

fn products_unseen(facts: &Facts, findings: &mut Vec<Finding>) {
    let mut dependents: BTreeMap<&PackageId, BTreeSet<&ApplicationId>> = BTreeMap::new();
    for entry in &facts.applications {
        for dependency in &entry.dependencies {
            if entry.application.is_followed(dependency) {
                let of_package = dependents.entry(&dependency.package).or_default();
                of_package.insert(&entry.application.id);
            }
        }
    }
    let mut visible: BTreeMap<&ApplicationId, BTreeSet<RepositoryId>> = BTreeMap::new();
    for entry in &facts.applications {
        let application = &entry.application;
        for product in &application.products {
            let Some(repository) = published_to(application) else {
                continue;
            };
            let mut of_product = dependents.get(product).cloned().unwrap_or_default();
            of_product.remove(&application.id);
            let blind: Vec<&ApplicationId> = { of_product.iter().copied() }
                .filter(|id| !sees(facts, &mut visible, id, repository))
                .collect();
            findings.extend(product_unseen(
                application,
                product,
                repository,
                &of_product,
                &blind,
            ));
        }
    }
}

fn sees<'f>(
    facts: &'f Facts,
    visible: &mut BTreeMap<&'f ApplicationId, BTreeSet<RepositoryId>>,
    id: &'f ApplicationId,
    repository: &RepositoryId,
) -> bool {
    let seen = visible.entry(id).or_insert_with(|| {
        let repositories = facts
            .application(id)
            .map(|entry| entry.application.repositories.as_slice());
        facts
            .topology
            .visible_from(repositories.unwrap_or_default())
    });
    seen.contains(repository)
}

fn product_unseen(
    producer: &Application,
    product: &PackageId,
    repository: &RepositoryId,
    dependents: &BTreeSet<&ApplicationId>,
    blind: &[&ApplicationId],
) -> Option<Finding> {
    let (severity, evidence, mend) = if dependents.is_empty() {
        (
            Severity::Advice,
            format!(
                "No application of the catalog depends on {product}, which {} publishes.",
                producer.id
            ),
            "nothing, if it is new or for others; else look for a slip of the pen in `products`, and for applications that were never indexed".to_owned(),
        )
    } else if blind.is_empty() {
        return None;
    } else {
        let who = named(blind.iter());
        (
            Severity::Warning,
            format!(
                "{} publishes {product} to {repository}, which {} of {} applications that depend on it cannot see: {who}.",
                producer.id,
                blind.len(),
                dependents.len()
            ),
            format!(
                "make {repository} an upstream of a repository that they resolve from, or mend `publishes_to` of {} or their `repositories`",
                producer.id
            ),
        )
    };
    Some(Finding {
        severity,
        check: Check::ProductUnseen,
        application: Some(producer.id.clone()),
        subject: Subject::Application(producer.id.clone()),
        evidence,
        mend,
    })
}

/// The members of each cycle of the producer graph, in order.
fn cycles(topology: &Topology) -> Vec<Vec<ApplicationId>> {
    let mut rest = topology.upriver.clone();
    // Who depends on nobody, or is depended on by nobody, is in no cycle.
    loop {
        let before = rest.len();
        let reached: BTreeSet<ApplicationId> = rest.values().flatten().cloned().collect();
        let known: BTreeSet<ApplicationId> = rest.keys().cloned().collect();
        rest.retain(|id, upriver| {
            upriver.retain(|producer| known.contains(producer));
            !upriver.is_empty() && reached.contains(id)
        });
        if rest.len() == before {
            break;
        }
    }
    let among = Topology {
        upriver: rest,
        ..Topology::default()
    };
    let mut found: Vec<Vec<ApplicationId>> = Vec::new();
    for (id, upriver) in &among.upriver {
        let is_known = found.iter().any(|members| members.contains(id));
        let reaching = among.reaching(upriver);
        if is_known || !reaching.contains(id) {
            continue;
        }
        let members = reaching.into_iter().filter(|other| {
            let upriver = among.upriver.get(other);
            upriver.is_some_and(|upriver| among.reaching(upriver).contains(id))
        });
        found.push(members.collect());
    }
    found
}

fn cycle(members: &[ApplicationId]) -> Finding {
    Finding {
        severity: Severity::Advice,
        check: Check::Cycle,
        application: members.first().cloned(),
        subject: members.first().map_or(Subject::Deployment, |first| {
            Subject::Application(first.clone())
        }),
        evidence: format!(
            "{} publish what each other depends on; they do not wait for each other, and a change goes through each of them once.",
            named(members.iter())
        ),
        mend: "nothing, if it is meant so; else take one of these dependencies out, or set `follow = \"none\"` or `scopes` for one of them".to_owned(),
    }
}

/// The first few, and how many more.
pub(super) fn named<T: ToString>(all: impl ExactSizeIterator<Item = T>) -> String {
    let count = all.len();
    let mut names: Vec<String> = all.take(NAMED_MAX).map(|name| name.to_string()).collect();
    if count > NAMED_MAX {
        names.push(format!("{} more", count - NAMED_MAX));
    }
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
        None => String::new(),
    }
}
