//! Requirements that no file tells, of our own packages: CodeArtifact knows what a published version asks for.

use std::collections::{BTreeMap, BTreeSet};

use downriver_domain::Application;
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_manifest::FoundDependency;

use crate::error::EngineError;
use crate::ports::{Ports, ReadError, Registry};
use crate::session::Session;

/// Versions asked for their dependencies in one reading.
const ASKED_MAX: usize = 50;

/// Fills in what the packages that pull them in ask for, as far as those are known and answer. The rest stays assumed.
pub(super) async fn fill<P: Ports>(
    session: &Session<'_, P>,
    application: &Application,
    instances: &mut [FoundDependency],
) -> Result<(), EngineError> {
    let mut asked: BTreeMap<PackageVersionId, BTreeMap<PackageId, String>> = BTreeMap::new();
    let parents: BTreeSet<PackageVersionId> = instances
        .iter()
        .filter(|found| found.requirement.is_none() && session.topology.is_internal(&found.package))
        .filter_map(parent)
        .take(ASKED_MAX)
        .collect();
    for parent in parents {
        let told = ask(session, application, &parent).await?;
        asked.insert(parent, told);
    }
    for found in instances
        .iter_mut()
        .filter(|found| found.requirement.is_none())
    {
        let told =
            parent(found).and_then(|parent| asked.get(&parent)?.get(&found.package).cloned());
        if told.is_some() {
            found.requirement = told;
        }
    }
    Ok(())
}

fn parent(found: &FoundDependency) -> Option<PackageVersionId> {
    let package = found.via.last()?.clone();
    PackageVersionId::new(package, found.via_version.as_deref()?).ok()
}

/// From the first repository of the application that has it; nothing if none may be read.
async fn ask<P: Ports>(
    session: &Session<'_, P>,
    application: &Application,
    parent: &PackageVersionId,
) -> Result<BTreeMap<PackageId, String>, EngineError> {
    for repository in &application.repositories {
        match session
            .ports
            .registry()
            .list_dependencies(repository, parent)
            .await
        {
            Ok(told) => return Ok(told.into_iter().collect()),
            Err(ReadError::NotFound | ReadError::Denied(_)) => {}
            Err(error @ ReadError::Transient(_)) => return Err(error.into()),
        }
    }
    Ok(BTreeMap::new())
}
