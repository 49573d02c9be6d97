//! What a package version asks for itself, by its own metadata as CodeArtifact reads it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_codeartifact::Client;
use aws_sdk_codeartifact::types::{PackageDependency, PackageFormat};
use downriver_domain::RepositoryId;
use downriver_domain::version::{Format, PackageId, PackageVersionId};
use downriver_engine::ports::ReadError;

use super::read_error;
use crate::error::NoResult;

/// Pages read of one version; how many dependencies are on one CodeArtifact does not say.
const PAGES_MAX: usize = 20;
/// Versions that are remembered; when there are more, all are forgotten.
const KNOWN_MAX: usize = 2_000;
/// Kinds that nobody gets who only uses the package, and Maven's parent, which is no dependency.
const OWN_KINDS: [&str; 3] = ["dev", "parent", "test"];

type Listed = Vec<(PackageId, String)>;

/// What was listed, by repository and version.
#[derive(Debug, Default)]
pub(super) struct Dependencies {
    known: Mutex<BTreeMap<(RepositoryId, PackageVersionId), Listed>>,
}

impl Dependencies {
    pub(super) fn get(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Option<Listed> {
        let key = (repository.clone(), package_version.clone());
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&key).cloned()
    }

    /// A snapshot changes under its version, so it is not remembered.
    pub(super) fn insert(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
        listed: &Listed,
    ) {
        if package_version.version().ends_with("-SNAPSHOT") {
            return;
        }
        let key = (repository.clone(), package_version.clone());
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(key, listed.clone());
    }
}

pub(super) async fn list(
    client: &Client,
    repository: &RepositoryId,
    package_version: &PackageVersionId,
) -> Result<Listed, ReadError> {
    let package = package_version.package();
    let mut found = Vec::new();
    let mut token = None;
    for _ in 0..PAGES_MAX {
        let page = client
            .list_package_version_dependencies()
            .domain_owner(repository.domain_owner.as_str())
            .domain(repository.domain.as_str())
            .repository(repository.name.as_str())
            .format(PackageFormat::from(package.format().as_str()))
            .set_namespace(package.namespace().map(str::to_owned))
            .package(package.name())
            .package_version(package_version.version())
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| read_error(NoResult::of(&error)))?;
        let listed = page.dependencies.unwrap_or_default();
        found.extend(
            listed
                .iter()
                .filter_map(|listed| parse(package.format(), listed)),
        );
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    Ok(found)
}

/// None for what users of the package do not get, has no requirement (Maven's, managed by a parent), or cannot be a package.
fn parse(format: Format, listed: &PackageDependency) -> Option<(PackageId, String)> {
    let kind = listed.dependency_type().unwrap_or_default();
    if OWN_KINDS.contains(&kind) {
        return None;
    }
    let requirement = listed.version_requirement().unwrap_or_default();
    let requirement = match format {
        Format::Pypi => specifiers(requirement),
        _ => requirement.trim(),
    };
    let package = PackageId::new(format, listed.namespace(), listed.package()?).ok()?;
    (!requirement.is_empty()).then(|| (package, requirement.to_owned()))
}

/// Of a `Requires-Dist`, without its marker and its parentheses.
fn specifiers(requirement: &str) -> &str {
    let specifiers = requirement.split(';').next().unwrap_or_default().trim();
    let inner = specifiers.strip_prefix('(');
    inner
        .and_then(|inner| inner.strip_suffix(')'))
        .unwrap_or(specifiers)
        .trim()
}
