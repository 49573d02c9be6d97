//! What the registry holds before the first event.

use downriver_domain::version::PackageVersionId;
use downriver_domain::{RepositoryId, Timestamp};
use downriver_engine::register::Catalog;

use super::{OriginRow, Registry, StatusRow, VersionState};
use crate::simulator::facts::Facts;
use crate::simulator::text::{Text, TextForm as _};
use crate::story::StartVersions;

/// Every dependency's built version, at the place of its first publication, and what the story adds or says otherwise.
///
/// A dependency's newest built version is thereby also the current version of the product it is.
pub(crate) fn seed(
    registry: &mut Registry,
    facts: &Facts,
    catalog: &Catalog,
    story: &[(RepositoryId, &StartVersions)],
    at: Timestamp,
) {
    for registration in &catalog.applications {
        let repositories = &registration.application.repositories;
        for dependency in &registration.dependencies {
            let Some(version) = dependency.built.version() else {
                continue;
            };
            let Some(home) = facts.home_of(&dependency.package, repositories) else {
                continue;
            };
            let origin = if !facts.topology.is_internal(&dependency.package)
                && facts.has_connection(&home, dependency.package.format())
            {
                OriginRow::External
            } else {
                OriginRow::Internal
            };
            let Ok(id) = PackageVersionId::new(dependency.package.clone(), version) else {
                continue;
            };
            put(registry, &id, &home, StatusRow::Published, origin, at);
            // Whoever built with it saw it: where its home is out of sight, it was copied.
            let is_visible = facts.nearest_first(repositories).contains(&home);
            if let Some(first) = repositories.first().filter(|_| !is_visible) {
                put(registry, &id, first, StatusRow::Published, origin, at);
            }
        }
    }
    for (repository, entry) in story {
        let internal = facts.topology.is_internal(&entry.package);
        let origin = match entry.origin {
            Some(origin) => OriginRow::from_port(origin),
            None if !internal && facts.has_connection(repository, entry.package.format()) => {
                OriginRow::External
            }
            None => OriginRow::Internal,
        };
        let status = StatusRow::from_port(entry.status).unwrap_or(StatusRow::Published);
        for version in &entry.versions {
            if let Ok(id) = PackageVersionId::new(entry.package.clone(), version) {
                put(registry, &id, repository, status, origin, at);
            }
        }
    }
}

fn put(
    registry: &mut Registry,
    id: &PackageVersionId,
    repository: &RepositoryId,
    status: StatusRow,
    origin: OriginRow,
    at: Timestamp,
) {
    let state = registry.edit(id.package());
    let revision = crate::simulator::ids::revision_of(&id.package().to_text(), id.version(), 0);
    let versions = state.repositories.entry(repository.to_text()).or_default();
    versions.insert(
        id.version().to_owned(),
        VersionState {
            status,
            origin,
            revision: Some(revision),
            changed_at: Text(at),
            sequence: 0,
        },
    );
}
