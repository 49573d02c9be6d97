//! Whether CodeArtifact holds what the catalog names, and lets it through.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use downriver_domain::version::PackageId;
use downriver_domain::{Application, RepositoryId, Topology};

use super::catalog::{named, published_to};
use super::facts::{Facts, PackageFacts};
use super::finding::{Check, Finding, Severity, Subject};
use super::mend;
use crate::ports::{OriginControls, ReadError, Registration};

pub(super) fn check(facts: &Facts, findings: &mut Vec<Finding>) {
    let missing = facts.repositories.iter();
    let missing = missing.filter(|(_, result)| **result == Err(ReadError::NotFound));
    findings.extend(missing.map(|(id, _)| repository_missing(id)));
    for entry in &facts.applications {
        let application = &entry.application;
        for product in &application.products {
            findings.extend(product_missing(facts, application, product));
            findings.extend(publish_blocked(facts, application, product));
        }
        for package in wanted(entry, &facts.topology) {
            findings.extend(dependency_missing(facts, application, package));
            findings.extend(upstream_blocked(facts, application, package));
        }
    }
}

/// The packages of ours that an application depends on.
pub(super) fn wanted<'e>(entry: &'e Registration, topology: &Topology) -> BTreeSet<&'e PackageId> {
    { entry.dependencies.iter() }
        .map(|dependency| &dependency.package)
        .filter(|package| {
            topology.is_internal(package) && !entry.application.products.contains(package)
        })
        .collect()
}

fn repository_missing(id: &RepositoryId) -> Finding {
    Finding {
        severity: Severity::Error,
        check: Check::RepositoryMissing,
        application: None,
        subject: Subject::Repository(id.clone()),
        evidence: format!(
            "Domain {} of account {} has no repository {} (DescribeRepository), and the catalog names it.",
            id.domain, id.domain_owner, id.name
        ),
        mend: mend::create_repository(id),
    }
}

fn product_missing(
    facts: &Facts,
    application: &Application,
    product: &PackageId,
) -> Option<Finding> {
    let repository = published_to(application)?;
    let is_missing = facts.packages.get(repository, product)? == &Err(ReadError::NotFound);
    is_missing.then(|| Finding {
        severity: Severity::Warning,
        check: Check::PackageMissing,
        application: Some(application.id.clone()),
        subject: Subject::Application(application.id.clone()),
        evidence: format!(
            "{} publishes {product} to {repository}, says the catalog, but the repository holds no such package (DescribePackage).",
            application.id
        ),
        mend: format!(
            "publish it once (run pipeline {}), or mend `products` or `publishes_to` of {}",
            application.pipeline.name, application.id
        ),
    })
}

/// Only if every repository that it sees was asked.
fn dependency_missing(
    facts: &Facts,
    application: &Application,
    package: &PackageId,
) -> Option<Finding> {
    let visible = facts.topology.visible_from(&application.repositories);
    let is_in_none = { visible.iter() }.all(|repository| {
        facts.packages.get(repository, package) == Some(&Err(ReadError::NotFound))
    });
    (is_in_none && !visible.is_empty()).then(|| Finding {
        severity: Severity::Warning,
        check: Check::PackageMissing,
        application: Some(application.id.clone()),
        subject: Subject::Application(application.id.clone()),
        evidence: format!(
            "{} depends on {package}, and no repository that it sees holds it (DescribePackage in {}).",
            application.id,
            named(visible.iter())
        ),
        mend: format!(
            "mend the package's name in the dependencies of {}, publish it, or mend the `repositories` of {0}",
            application.id
        ),
    })
}

fn publish_blocked(
    facts: &Facts,
    application: &Application,
    product: &PackageId,
) -> Option<Finding> {
    let repository = published_to(application)?;
    let controls = facts.packages.controls(repository, product)?;
    (!controls.is_publish_allowed).then(|| Finding {
        severity: Severity::Error,
        check: Check::PublishBlocked,
        application: Some(application.id.clone()),
        subject: Subject::Repository(repository.clone()),
        evidence: format!(
            "Origin controls of {product} in {repository} block publishing (DescribePackage), and {} publishes it there.",
            application.id
        ),
        mend: mend::allow_origins(repository, product, true, controls.is_upstream_allowed),
    })
}

/// Where a producer's package would have to come down through a repository that does not let it.
fn upstream_blocked(
    facts: &Facts,
    application: &Application,
    package: &PackageId,
) -> Option<Finding> {
    let visible = facts.topology.visible_from(&application.repositories);
    let open = open_from(facts, application, package);
    let producers = facts.topology.producers.get(package)?;
    let (producer, source) = producers.iter().find_map(|producer| {
        let producer = &facts.application(producer)?.application;
        let source = published_to(producer)?;
        (visible.contains(source) && !open.contains(source)).then_some((producer, source))
    })?;
    let (blocking, controls) = { open.iter() }.find_map(|repository| {
        let controls = facts.packages.controls(repository, package)?;
        (!controls.is_upstream_allowed).then_some((repository, controls))
    })?;
    Some(Finding {
        severity: Severity::Error,
        check: Check::UpstreamBlocked,
        application: Some(application.id.clone()),
        subject: Subject::Repository(blocking.clone()),
        evidence: format!(
            "Origin controls of {package} in {blocking} block upstreams (DescribePackage), so what {} publishes to {source} does not reach {}.",
            producer.id, application.id
        ),
        mend: mend::allow_origins(blocking, package, controls.is_publish_allowed, true),
    })
}

/// The repositories that an application gets versions of a package from.
fn open_from(
    facts: &Facts,
    application: &Application,
    package: &PackageId,
) -> BTreeSet<RepositoryId> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&RepositoryId> = application.repositories.iter().collect();
    while let Some(repository) = open.pop() {
        if !seen.insert(repository.clone()) {
            continue;
        }
        let controls = facts.packages.controls(repository, package);
        if controls.is_none_or(|controls| controls.is_upstream_allowed) {
            open.extend(facts.topology.upstreams(repository));
        }
    }
    seen
}

impl PackageFacts {
    fn get(
        &self,
        repository: &RepositoryId,
        package: &PackageId,
    ) -> Option<&Result<OriginControls, ReadError>> {
        self.held.get(&(repository.clone(), package.clone()))
    }

    fn controls(&self, repository: &RepositoryId, package: &PackageId) -> Option<OriginControls> {
        self.get(repository, package)?.as_ref().ok().copied()
    }
}
