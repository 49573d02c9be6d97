//! What keeps a version out of a build, with file and line, and the command that lets it in.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::Dependency;
use downriver_domain::slot::Delivered;
use downriver_domain::version::{PackageId, PackageVersionId, Requirement, Version};
use downriver_manifest::{Files, FoundDependency, Reading, RefreshPlan, plan_refresh};

use super::BuiltPackage;
use super::proof::{Advice, place};

/// Of the files of the source, or of what is stored where none were read.
pub(super) fn advise(
    delivered: &Delivered,
    reading: &Reading,
    files: &Files<'_>,
) -> Option<Advice> {
    let mut instances = reading
        .dependencies
        .iter()
        .filter(|found| found.package == delivered.package);
    let change = PackageVersionId::new(delivered.package.clone(), &delivered.to).ok()?;
    let first = instances.clone().next()?;
    let keeps_out = instances.find(|found| !admits(found, &delivered.to));
    if let Some(found) = keeps_out {
        let requirement = found.requirement.as_deref().unwrap_or_default();
        let whose = match found.via.last() {
            Some(via) => format!(" of {via}"),
            None => String::new(),
        };
        return Some(Advice {
            holder: format!(
                "the requirement `{requirement}`{whose} in {} does not admit it",
                place(&found.evidence)
            ),
            action: "change the requirement".to_owned(),
        });
    }
    let plan = plan_refresh(files, reading, &BTreeSet::from([change]));
    Some(Advice {
        holder: holder(first),
        action: action(&plan),
    })
}

fn holder(found: &FoundDependency) -> String {
    match &found.lock {
        Some(lock) => format!("held by {}", place(lock)),
        None => format!("asked for in {}", place(&found.evidence)),
    }
}

fn action(plan: &RefreshPlan) -> String {
    if let Some(step) = plan.steps.first() {
        let folder = match step.folder.as_str() {
            "" => String::new(),
            folder => format!(" in {folder}"),
        };
        return format!(
            "run `{}`{folder} and commit {}",
            step.command_line(),
            step.writes
        );
    }
    match plan.left.first() {
        Some(left) => left.reason.clone(),
        None => "look why the build does not select it".to_owned(),
    }
}

/// What cannot be read keeps nothing out.
fn admits(found: &FoundDependency, version: &str) -> bool {
    let format = found.package.format();
    let requirement = found.requirement.as_deref();
    let requirement = requirement.and_then(|text| Requirement::parse(format, text).ok());
    match (requirement, Version::parse(format, version)) {
        (Some(requirement), Ok(version)) => requirement.admits_with_prereleases(&version),
        _ => true,
    }
}

/// What is stored of the packages that were built, as if it had been read again.
pub(super) fn stored(
    dependencies: &[Dependency],
    built: &BTreeMap<PackageId, Vec<BuiltPackage>>,
) -> Reading {
    let found = dependencies.iter().filter_map(|dependency| {
        let built = built.get(&dependency.package)?.first()?;
        let lock = dependency
            .lock
            .clone()
            .or_else(|| dependency.is_locked.then(|| dependency.evidence.clone()));
        Some(FoundDependency {
            package: dependency.package.clone(),
            requirement: (!dependency.is_requirement_assumed)
                .then(|| dependency.requirement.clone()),
            locked: lock.as_ref().map(|_| built.version.as_str().into()),
            is_direct: dependency.is_direct,
            via: dependency.path.as_slice().into(),
            via_version: None,
            scopes: dependency.scope.into(),
            evidence: dependency.evidence.clone(),
            lock,
        })
    });
    Reading {
        dependencies: found.collect(),
        ..Reading::default()
    }
}
