//! CodeArtifact: what it holds, and who may do what with it.

mod dependencies;
mod policies;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use aws_sdk_codeartifact::Client;
use aws_sdk_codeartifact::types::{
    PackageFormat, PackageVersionError, PackageVersionErrorCode, PackageVersionOrigin,
    PackageVersionOriginType, PackageVersionSortType, PackageVersionStatus,
};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{
    AccountId, DomainName, Origin, Repository, RepositoryId, Timestamp, VersionStatus,
};
use downriver_engine::ports::{ListedVersion, ReadError, Registry};

use crate::error::NoResult;
use dependencies::Dependencies;

/// Versions on a page: as many as CodeArtifact gives.
const PAGE_MAX: usize = 1_000;
/// Pages read in one call.
const PAGES_MAX: usize = 50;
/// Repositories on a page: as many as CodeArtifact gives, and as many as a domain has.
const REPOSITORIES_PAGE_MAX: i32 = 1_000;

/// CodeArtifact in the deployment's Region. Clones share what was read of versions' dependencies.
#[derive(Debug, Clone)]
pub struct CodeArtifact {
    client: Client,
    dependencies: Arc<Dependencies>,
}

impl CodeArtifact {
    pub fn new(client: Client) -> Self {
        Self {
            client,
            dependencies: Arc::default(),
        }
    }
}

impl Registry for CodeArtifact {
    /// The newest first, so that a limit leaves out the oldest.
    async fn list_package_versions(
        &self,
        repository: &RepositoryId,
        package: &PackageId,
        limit: usize,
    ) -> Result<Vec<ListedVersion>, ReadError> {
        let mut found = Vec::new();
        let mut token = None;
        for _ in 0..PAGES_MAX {
            let size = (limit - found.len()).clamp(1, PAGE_MAX);
            let page = self
                .client
                .list_package_versions()
                .domain_owner(repository.domain_owner.as_str())
                .domain(repository.domain.as_str())
                .repository(repository.name.as_str())
                .format(PackageFormat::from(package.format().as_str()))
                .set_namespace(package.namespace().map(str::to_owned))
                .package(package.name())
                .sort_by(PackageVersionSortType::PublishedTime)
                .max_results(i32::try_from(size).unwrap_or(i32::MAX))
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| read_error(NoResult::of(&error)))?;
            let versions = page.versions.unwrap_or_default().into_iter();
            found.extend(versions.map(|version| ListedVersion {
                status: parse_status(&version.status),
                origin: parse_origin(version.origin.as_ref()),
                version: version.version,
                revision: version.revision,
                published_at: None,
            }));
            found.truncate(limit);
            token = page.next_token;
            if token.is_none() || found.len() == limit {
                return Ok(found);
            }
        }
        Ok(found)
    }

    async fn describe_package_version(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Result<ListedVersion, ReadError> {
        let package = package_version.package();
        let answer = self
            .client
            .describe_package_version()
            .domain_owner(repository.domain_owner.as_str())
            .domain(repository.domain.as_str())
            .repository(repository.name.as_str())
            .format(PackageFormat::from(package.format().as_str()))
            .set_namespace(package.namespace().map(str::to_owned))
            .package(package.name())
            .package_version(package_version.version())
            .send()
            .await
            .map_err(|error| read_error(NoResult::of(&error)))?;
        let described = answer.package_version.ok_or_else(|| {
            ReadError::Transient("CodeArtifact's answer describes no package version".to_owned())
        })?;
        Ok(ListedVersion {
            version: described
                .version
                .unwrap_or_else(|| package_version.version().to_owned()),
            status: described
                .status
                .as_ref()
                .map_or(VersionStatus::Unfinished, parse_status),
            revision: described.revision,
            origin: parse_origin(described.origin.as_ref()),
            published_at: described
                .published_time
                .and_then(|at| at.to_millis().ok())
                .map(Timestamp::from_unix_millis),
        })
    }

    async fn list_repositories(
        &self,
        domain_owner: &AccountId,
        domain: &DomainName,
    ) -> Result<Vec<RepositoryId>, ReadError> {
        let mut found = Vec::new();
        let mut token = None;
        for _ in 0..PAGES_MAX {
            let page = self
                .client
                .list_repositories_in_domain()
                .domain_owner(domain_owner.as_str())
                .domain(domain.as_str())
                .max_results(REPOSITORIES_PAGE_MAX)
                .set_next_token(token)
                .send()
                .await
                .map_err(|error| read_error(NoResult::of(&error)))?;
            let names = page.repositories.unwrap_or_default().into_iter();
            // What cannot be one of a catalog is of no concern.
            let names = names.filter_map(|listed| listed.name?.parse().ok());
            found.extend(names.map(|name| RepositoryId {
                domain_owner: domain_owner.clone(),
                domain: domain.clone(),
                name,
            }));
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        Ok(found)
    }

    async fn describe_repository(
        &self,
        repository: &RepositoryId,
    ) -> Result<Repository, ReadError> {
        let answer = self
            .client
            .describe_repository()
            .domain_owner(repository.domain_owner.as_str())
            .domain(repository.domain.as_str())
            .repository(repository.name.as_str())
            .send()
            .await
            .map_err(|error| read_error(NoResult::of(&error)))?;
        let described = answer.repository.ok_or_else(|| {
            ReadError::Transient("CodeArtifact's answer describes no repository".to_owned())
        })?;
        let upstreams = described.upstreams.unwrap_or_default().into_iter();
        let upstreams = upstreams.filter_map(|upstream| upstream.repository_name?.parse().ok());
        let connections = described.external_connections.unwrap_or_default();
        let connections = connections.into_iter();
        Ok(Repository {
            upstreams: upstreams
                .map(|name| RepositoryId {
                    name,
                    ..repository.clone()
                })
                .collect(),
            external_connections: connections
                .filter_map(|connection| connection.external_connection_name)
                .collect(),
        })
    }

    /// Names the status that it must have, so that nothing that was archived or deleted meanwhile comes back.
    async fn unlist_package_version(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Result<(), ReadError> {
        let package = package_version.package();
        let answer = self
            .client
            .update_package_versions_status()
            .domain_owner(repository.domain_owner.as_str())
            .domain(repository.domain.as_str())
            .repository(repository.name.as_str())
            .format(PackageFormat::from(package.format().as_str()))
            .set_namespace(package.namespace().map(str::to_owned))
            .package(package.name())
            .versions(package_version.version())
            .expected_status(PackageVersionStatus::Published)
            .target_status(PackageVersionStatus::Unlisted)
            .send()
            .await
            .map_err(|error| read_error(NoResult::of(&error)))?;
        let failed = answer.failed_versions.unwrap_or_default();
        match failed.get(package_version.version()) {
            None => Ok(()),
            Some(failed) => refused(failed),
        }
    }

    /// Of a version that stays what it is; what was read once is not asked for again.
    async fn list_dependencies(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Result<Vec<(PackageId, String)>, ReadError> {
        if let Some(known) = self.dependencies.get(repository, package_version) {
            return Ok(known);
        }
        let listed = dependencies::list(&self.client, repository, package_version).await?;
        self.dependencies
            .insert(repository, package_version, &listed);
        Ok(listed)
    }
}

/// What CodeArtifact says of one version of a call that it took.
fn refused(failed: &PackageVersionError) -> Result<(), ReadError> {
    let text = failed.error_message().unwrap_or_default().to_owned();
    match failed.error_code() {
        // Somebody else took it out already.
        Some(PackageVersionErrorCode::MismatchedStatus) => Ok(()),
        Some(PackageVersionErrorCode::NotFound) => Err(ReadError::NotFound),
        Some(code) => Err(ReadError::Denied(format!("{}: {text}", code.as_str()))),
        None => Err(ReadError::Denied(text)),
    }
}

/// A status that came after this was written counts as unfinished: no build picks such a version.
fn parse_status(status: &PackageVersionStatus) -> VersionStatus {
    match status {
        PackageVersionStatus::Archived => VersionStatus::Archived,
        PackageVersionStatus::Deleted => VersionStatus::Deleted,
        PackageVersionStatus::Disposed => VersionStatus::Disposed,
        PackageVersionStatus::Published => VersionStatus::Published,
        PackageVersionStatus::Unlisted => VersionStatus::Unlisted,
        PackageVersionStatus::Unfinished => VersionStatus::Unfinished,
        other => {
            tracing::warn!(
                status = other.as_str(),
                "a package version's status is unknown; it is taken to be unfinished"
            );
            VersionStatus::Unfinished
        }
    }
}

fn parse_origin(origin: Option<&PackageVersionOrigin>) -> Origin {
    match origin.and_then(|origin| origin.origin_type()) {
        Some(PackageVersionOriginType::Internal) => Origin::Internal,
        Some(PackageVersionOriginType::External) => Origin::External,
        _ => Origin::Unknown,
    }
}

pub(crate) fn read_error(error: NoResult) -> ReadError {
    match error {
        NoResult::NotNow(text) | NoResult::Unknown(text) => ReadError::Transient(text),
        NoResult::Refused { code, .. } if code == "ResourceNotFoundException" => {
            ReadError::NotFound
        }
        // Our own failure to ask.
        NoResult::Refused { code, text } if code.is_empty() => ReadError::Transient(text),
        NoResult::Refused { text, .. } => ReadError::Denied(text),
    }
}
