//! What CodeArtifact holds.

use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{AccountId, DomainName, Repository, RepositoryId};
use downriver_engine::ports::{ListedVersion, ReadError, Registry};

use super::Desk;

impl Registry for Desk {
    async fn list_package_versions(
        &self,
        repository: &RepositoryId,
        package: &PackageId,
        _limit: usize,
    ) -> Result<Vec<ListedVersion>, ReadError> {
        let listed = self.listed.borrow();
        let held = listed
            .iter()
            .filter(|(of, known, _)| of == repository && known == package);
        Ok(held.map(|(_, _, row)| row.clone()).collect())
    }

    async fn describe_package_version(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Result<ListedVersion, ReadError> {
        let listed = self.listed.borrow();
        let found = listed.iter().find(|(of, package, row)| {
            of == repository
                && package == package_version.package()
                && row.version == package_version.version()
        });
        found
            .map(|(_, _, row)| row.clone())
            .ok_or(ReadError::NotFound)
    }

    async fn list_repositories(
        &self,
        _domain_owner: &AccountId,
        _domain: &DomainName,
    ) -> Result<Vec<RepositoryId>, ReadError> {
        Ok(self.repositories.borrow().keys().cloned().collect())
    }

    async fn describe_repository(
        &self,
        repository: &RepositoryId,
    ) -> Result<Repository, ReadError> {
        let known = self.repositories.borrow();
        known.get(repository).cloned().ok_or(ReadError::NotFound)
    }

    async fn unlist_package_version(
        &self,
        repository: &RepositoryId,
        package_version: &PackageVersionId,
    ) -> Result<(), ReadError> {
        let unlisted = (repository.clone(), package_version.clone());
        self.unlisted.borrow_mut().push(unlisted);
        self.unlisting.borrow().clone()
    }

    /// Everything asks for `^1.0.0` of the tokens.
    async fn list_dependencies(
        &self,
        _repository: &RepositoryId,
        _package_version: &PackageVersionId,
    ) -> Result<Vec<(PackageId, String)>, ReadError> {
        let tokens = "pkg:npm/tokens".parse().expect("a package URL");
        Ok(vec![(tokens, "^1.0.0".to_owned())])
    }
}
