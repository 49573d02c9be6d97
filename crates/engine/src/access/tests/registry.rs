//! The policies of one domain and its repositories, in memory.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use downriver_domain::access::{PolicyDocument, PolicyKind};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{AccountId, DomainName, Repository, RepositoryId};

use crate::ports::{ListedVersion, Policies, PutOutcome, ReadError, Registry, StandingPolicy};

#[derive(Debug, Default)]
pub(super) struct Held {
    policies: RefCell<BTreeMap<PolicyKind, StandingPolicy>>,
    /// Of other repositories, by name.
    elsewhere: RefCell<BTreeMap<String, String>>,
    revisions: Cell<u32>,
    writes: Cell<usize>,
    interference: RefCell<Interference>,
}

/// What somebody else does to writes of one policy.
#[derive(Debug, Default)]
pub(super) enum Interference {
    #[default]
    None,
    /// Puts this, once.
    Put(PolicyKind, String),
    /// Puts this before the policy is read once more after so many times.
    PutAtRead(PolicyKind, usize, String),
    /// Puts it again, every time.
    Touch(PolicyKind),
    Deny(PolicyKind),
}

impl Interference {
    pub(super) fn none() -> Self {
        Self::None
    }

    pub(super) fn before_next_write(kind: PolicyKind, document: &str) -> Self {
        Self::Put(kind, document.to_owned())
    }

    pub(super) fn before_second_read(kind: PolicyKind, document: &str) -> Self {
        Self::PutAtRead(kind, 1, document.to_owned())
    }

    pub(super) fn before_every_write(kind: PolicyKind) -> Self {
        Self::Touch(kind)
    }

    pub(super) fn denies(kind: PolicyKind) -> Self {
        Self::Deny(kind)
    }
}

impl Held {
    pub(super) fn put(&mut self, kind: PolicyKind, document: &str) {
        self.set(kind, document);
    }

    fn set(&self, kind: PolicyKind, document: &str) {
        self.revisions.set(self.revisions.get() + 1);
        let policy = StandingPolicy {
            document: document.to_owned(),
            revision: self.revisions.get().to_string(),
        };
        self.policies.borrow_mut().insert(kind, policy);
    }

    pub(super) fn interfere(&self, interference: Interference) {
        self.interference.replace(interference);
    }

    pub(super) fn add_elsewhere(&self, name: &str, document: &str) {
        let mut elsewhere = self.elsewhere.borrow_mut();
        elsewhere.insert(name.to_owned(), document.to_owned());
    }

    pub(super) fn clear_elsewhere(&self) {
        self.elsewhere.borrow_mut().clear();
    }

    pub(super) fn writes(&self) -> usize {
        self.writes.get()
    }

    pub(super) fn document(&self, kind: PolicyKind) -> Option<PolicyDocument> {
        let policies = self.policies.borrow();
        let policy = policies.get(&kind)?;
        Some(PolicyDocument::parse(kind, &policy.document).expect("a document"))
    }

    pub(super) fn text(&self) -> String {
        let text = |kind| self.document(kind).map(|document| document.pretty());
        format!(
            "{:?} {:?}",
            text(PolicyKind::Domain),
            text(PolicyKind::Repository)
        )
    }

    /// Lets somebody else be faster.
    fn write(
        &self,
        kind: PolicyKind,
        document: Option<&str>,
        revision: Option<&str>,
    ) -> PutOutcome {
        match self.interference.take() {
            Interference::Put(other, document) if other == kind => self.set(kind, &document),
            Interference::Touch(other) => {
                self.interference.replace(Interference::Touch(other));
                if other == kind {
                    let standing = self.policies.borrow().get(&kind).cloned();
                    self.set(kind, &standing.expect("a policy").document);
                }
            }
            Interference::Deny(other) => {
                self.interference.replace(Interference::Deny(other));
                if other == kind {
                    return PutOutcome::Denied("on script".to_owned());
                }
            }
            other => {
                self.interference.replace(other);
            }
        }
        let standing = self.policies.borrow().get(&kind).cloned();
        let is_same = match (&standing, revision) {
            (Some(standing), Some(revision)) => standing.revision == revision,
            (None, Some(_)) => false,
            (_, None) => true,
        };
        if !is_same {
            return PutOutcome::Conflict;
        }
        self.writes.set(self.writes.get() + 1);
        match document {
            Some(document) => self.set(kind, document),
            None => {
                self.policies.borrow_mut().remove(&kind);
            }
        }
        PutOutcome::Done
    }

    fn read(&self, kind: PolicyKind) -> Option<StandingPolicy> {
        match self.interference.take() {
            Interference::PutAtRead(other, 0, document) if other == kind => {
                self.set(kind, &document);
            }
            Interference::PutAtRead(other, reads, document) if other == kind => {
                self.interfere(Interference::PutAtRead(other, reads - 1, document));
            }
            other => self.interfere(other),
        }
        self.policies.borrow().get(&kind).cloned()
    }
}

impl Policies for Held {
    async fn load_administrator(&self, repository: &RepositoryId) -> Result<AccountId, ReadError> {
        Ok(repository.domain_owner.clone())
    }

    async fn load_domain_policy(
        &self,
        _: &AccountId,
        _: &DomainName,
    ) -> Result<Option<StandingPolicy>, ReadError> {
        Ok(self.read(PolicyKind::Domain))
    }

    async fn load_repository_policy(
        &self,
        repository: &RepositoryId,
    ) -> Result<Option<StandingPolicy>, ReadError> {
        let elsewhere = self.elsewhere.borrow();
        if let Some(document) = elsewhere.get(repository.name.as_str()) {
            return Ok(Some(StandingPolicy {
                document: document.clone(),
                revision: "1".to_owned(),
            }));
        }
        Ok(self.read(PolicyKind::Repository))
    }

    async fn put_domain_policy(
        &self,
        _: &AccountId,
        _: &DomainName,
        document: &str,
        revision: Option<&str>,
    ) -> PutOutcome {
        self.write(PolicyKind::Domain, Some(document), revision)
    }

    async fn put_repository_policy(
        &self,
        _: &RepositoryId,
        document: &str,
        revision: Option<&str>,
    ) -> PutOutcome {
        self.write(PolicyKind::Repository, Some(document), revision)
    }

    async fn delete_domain_policy(
        &self,
        _: &AccountId,
        _: &DomainName,
        revision: &str,
    ) -> PutOutcome {
        self.write(PolicyKind::Domain, None, Some(revision))
    }

    async fn delete_repository_policy(&self, _: &RepositoryId, revision: &str) -> PutOutcome {
        self.write(PolicyKind::Repository, None, Some(revision))
    }
}

impl Registry for Held {
    async fn list_package_versions(
        &self,
        _: &RepositoryId,
        _: &PackageId,
        _: usize,
    ) -> Result<Vec<ListedVersion>, ReadError> {
        Err(ReadError::NotFound)
    }

    async fn describe_package_version(
        &self,
        _: &RepositoryId,
        _: &PackageVersionId,
    ) -> Result<ListedVersion, ReadError> {
        Err(ReadError::NotFound)
    }

    async fn list_repositories(
        &self,
        domain_owner: &AccountId,
        domain: &DomainName,
    ) -> Result<Vec<RepositoryId>, ReadError> {
        let elsewhere = self.elsewhere.borrow();
        let names = elsewhere.keys().map(String::as_str).chain(["libs"]);
        Ok(names
            .map(|name| RepositoryId {
                domain_owner: domain_owner.clone(),
                domain: domain.clone(),
                name: name.parse().expect("a name"),
            })
            .collect())
    }

    async fn describe_repository(&self, _: &RepositoryId) -> Result<Repository, ReadError> {
        Err(ReadError::NotFound)
    }

    async fn unlist_package_version(
        &self,
        _: &RepositoryId,
        _: &PackageVersionId,
    ) -> Result<(), ReadError> {
        Err(ReadError::NotFound)
    }

    async fn list_dependencies(
        &self,
        _: &RepositoryId,
        _: &PackageVersionId,
    ) -> Result<Vec<(PackageId, String)>, ReadError> {
        Err(ReadError::NotFound)
    }
}
