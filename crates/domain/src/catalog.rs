//! What users register: applications with their policies, repositories, targets; and what follows from them for the
//! whole organisation (the topology).

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use downriver_version::{Format, PackageId, PackageVersionId};

use crate::dependency::Scope;
use crate::rollout::RolloutPolicy;
use crate::window::Window;
use crate::{
    AccountId, ApplicationId, DomainName, OwnerId, PipelineName, RegionName, RepositoryName,
    RoleArn, Timestamp,
};

/// Account and Region that a pipeline lives in; has a budget of executions in flight. Displays as `account/region`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    pub account: AccountId,
    pub region: RegionName,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pipeline {
    pub target: Target,
    pub name: PipelineName,
}

/// A CodeArtifact repository. Displays as `owner/domain/name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryId {
    pub domain_owner: AccountId,
    pub domain: DomainName,
    pub name: RepositoryName,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Repository {
    pub upstreams: Vec<RepositoryId>,
    /// For example `public:npmjs`.
    pub external_connections: Vec<String>,
}

/// What CodeArtifact itself says of a repository; it stands above what the catalog says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedRepository {
    pub upstreams: Vec<RepositoryId>,
    pub external_connections: Vec<String>,
    /// When it was read.
    pub at: Timestamp,
}

/// How a producer numbers what it publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Versioning {
    /// Each execution publishes a new version.
    Build,
    /// The version stands in the source: a plain rebuild would publish it again and fail.
    Source,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follow {
    All,
    Direct,
    None,
}

/// What a build does about its lockfile (DESIGN 3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnLocked {
    Refresh,
    Rebuild,
    Notify,
    Ignore,
}

/// What to do where a withdrawal moves an application to an older version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rollback {
    Notify,
    Auto,
}

/// How one application wants to be rebuilt. All durations in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub follow: Follow,
    pub scopes: BTreeSet<Scope>,
    pub on_locked: OnLocked,
    pub rollback: Rollback,
    /// Third-party versions (origin EXTERNAL) trigger too.
    pub is_third_party_followed: bool,
    /// A `source` producer is rebuilt all the same.
    pub is_source_rebuilt: bool,
    pub is_shadow: bool,
    pub quiet_period_secs: u64,
    pub max_wait_secs: u64,
    pub max_block_secs: u64,
    pub max_run_secs: u64,
    pub publish_grace_secs: u64,
    pub retries_max: u32,
    pub retry_after_secs: u64,
    /// When it may be rebuilt; empty: always.
    pub windows: Vec<Window>,
    /// How long a third-party version must have been known anywhere in the domain.
    pub minimum_age_secs: u64,
    /// Rebuilds that start within 24 hours at most.
    pub rebuilds_per_day_max: Option<u32>,
    /// Its ring, where it is said outright.
    pub ring: Option<u32>,
    /// What the rules of rings name it by.
    pub tags: BTreeSet<String>,
}

impl Default for Policy {
    /// The defaults of DESIGN 3 and 4.
    fn default() -> Self {
        Self {
            follow: Follow::All,
            scopes: BTreeSet::from([Scope::Runtime, Scope::Build, Scope::Optional, Scope::Peer]),
            on_locked: OnLocked::Notify,
            rollback: Rollback::Notify,
            is_third_party_followed: false,
            is_source_rebuilt: false,
            is_shadow: false,
            quiet_period_secs: 60,
            max_wait_secs: 15 * 60,
            max_block_secs: 2 * 3600,
            max_run_secs: 8 * 3600,
            publish_grace_secs: 3 * 60,
            retries_max: 1,
            retry_after_secs: 10 * 60,
            windows: Vec::new(),
            minimum_age_secs: 3 * 24 * 3600,
            rebuilds_per_day_max: None,
            ring: None,
            tags: BTreeSet::new(),
        }
    }
}

/// An application without its dependencies (those are edges of their own).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    pub id: ApplicationId,
    pub owner: OwnerId,
    pub pipeline: Pipeline,
    /// The repositories its build resolves from; the first is the one it pulls through.
    pub repositories: Vec<RepositoryId>,
    pub products: BTreeSet<PackageId>,
    /// Where its products are published first; the first of `repositories` if not said.
    pub publishes_to: Option<RepositoryId>,
    pub versioning: Versioning,
    pub policy: Policy,
    /// The folder in its source that holds its manifests and lockfiles; `""`: the root.
    pub source_folder: String,
    /// The role that its build runs as, which reads its repositories; nobody said if there is none.
    pub build_role: Option<RoleArn>,
    /// The catalog's entry declares its dependencies: what is read from its source or its SBOM does not replace them.
    pub is_declared: bool,
    pub registered_at: Timestamp,
    /// The producers whose products it depends on, as far as its policy follows them. Derived from its edges.
    pub upriver: BTreeSet<ApplicationId>,
    /// When it goes for a change. Derived when the catalog is applied.
    pub ring: u32,
}

impl Application {
    pub fn is_producer(&self) -> bool {
        !self.products.is_empty()
    }

    /// Whether the policy lets a dependency trigger at all.
    pub fn is_followed(&self, dependency: &crate::Dependency) -> bool {
        let is_near_enough = match self.policy.follow {
            Follow::All => true,
            Follow::Direct => dependency.is_direct,
            Follow::None => false,
        };
        is_near_enough && self.policy.scopes.contains(&dependency.scope)
    }
}

/// Package names with `*` for any run of characters, in namespace and name (`pkg:npm/%40acme/*`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackagePattern {
    pub format: Format,
    pub namespace: Option<String>,
    pub name: String,
}

/// What follows from the whole catalog and is needed at every decision; one record, read once and cached.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Topology {
    /// Counts the versions of this record; a write names the one it replaces.
    pub revision: u64,
    /// Events of other domain owners are refused.
    pub domain_owners: BTreeSet<AccountId>,
    /// Accounts, besides the domain owners, whose copies of events are accepted.
    pub receivers: BTreeSet<AccountId>,
    /// As the catalog has them.
    pub repositories: BTreeMap<RepositoryId, Repository>,
    /// As CodeArtifact had them when it was last asked; stays when a catalog is applied.
    pub observed: BTreeMap<RepositoryId, ObservedRepository>,
    /// Executions in flight per target; targets not listed have [`Topology::BUDGET_DEFAULT`].
    pub budgets: BTreeMap<Target, u32>,
    /// Where no role may be assumed: a rule there starts a pipeline on an event of ours, and only events tell what runs.
    pub event_started: BTreeSet<Target>,
    /// Packages that are ours, whatever their origin says.
    pub internal: Vec<PackagePattern>,
    /// Packages whose versions are published again with other contents.
    pub mutable: Vec<PackagePattern>,
    pub producers: BTreeMap<PackageId, BTreeSet<ApplicationId>>,
    /// The producer graph: producer → the producers whose products it depends on.
    pub upriver: BTreeMap<ApplicationId, BTreeSet<ApplicationId>>,
    /// Everything is decided and recorded, nothing is started.
    pub is_shadow: bool,
    /// Places of a target's budget that are kept for urgent rebuilds; targets not listed have
    /// [`Topology::urgent_default`] of their budget.
    pub urgent_budgets: BTreeMap<Target, u32>,
    /// Packages whose changes are urgent.
    pub urgent: Vec<PackagePattern>,
    /// Spans in which nothing starts but what is urgent.
    pub freezes: Vec<Freeze>,
    /// How changes spread; `None`: to everybody at once.
    pub rollout: Option<RolloutPolicy>,
}

/// A span in which nothing starts, as the catalog has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Freeze {
    pub from: Timestamp,
    pub until: Timestamp,
    pub reason: String,
}

impl Topology {
    /// Executions in flight per target where the catalog does not say (DESIGN 7).
    pub const BUDGET_DEFAULT: u32 = 20;

    pub fn budget(&self, target: &Target) -> u32 {
        self.budgets
            .get(target)
            .copied()
            .unwrap_or(Self::BUDGET_DEFAULT)
    }

    /// How many executions a rebuild may find in flight and still start: the places for urgent ones are kept free.
    pub fn budget_for(&self, target: &Target, is_urgent: bool) -> u32 {
        let budget = self.budget(target);
        if is_urgent {
            return budget;
        }
        let kept = self.urgent_budgets.get(target).copied();
        let kept = kept.unwrap_or_else(|| Self::urgent_default(budget));
        budget.saturating_sub(kept).max(budget.min(1))
    }

    /// A tenth of the budget.
    pub const fn urgent_default(budget: u32) -> u32 {
        budget / 10
    }

    pub fn is_urgent(&self, package: &PackageId) -> bool {
        self.urgent.iter().any(|pattern| pattern.matches(package))
    }

    /// The repositories that an application sees: its own and everything upstream of them.
    pub fn visible_from(&self, repositories: &[RepositoryId]) -> BTreeSet<RepositoryId> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&RepositoryId> = repositories.iter().collect();
        while let Some(repository) = open.pop() {
            if seen.insert(repository.clone()) {
                open.extend(self.upstreams(repository));
            }
        }
        seen
    }

    /// The direct upstreams of a repository: those observed, else those of the catalog.
    pub fn upstreams(&self, repository: &RepositoryId) -> &[RepositoryId] {
        let observed = self.observed.get(repository).map(|known| &known.upstreams);
        observed
            .or_else(|| Some(&self.repositories.get(repository)?.upstreams))
            .map_or(&[], Vec::as_slice)
    }

    /// Whether packages of a public registry come in through this repository itself: as observed, else as the catalog says.
    pub fn has_external_connection(&self, repository: &RepositoryId) -> bool {
        match self.observed.get(repository) {
            Some(observed) => !observed.external_connections.is_empty(),
            None => self
                .repositories
                .get(repository)
                .is_some_and(|known| !known.external_connections.is_empty()),
        }
    }

    /// Every producer that reaches an application whose direct producers are `upriver`.
    pub fn reaching(&self, upriver: &BTreeSet<ApplicationId>) -> BTreeSet<ApplicationId> {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&ApplicationId> = upriver.iter().collect();
        while let Some(producer) = open.pop() {
            if seen.insert(producer.clone())
                && let Some(next) = self.upriver.get(producer)
            {
                open.extend(next);
            }
        }
        seen
    }

    pub fn is_internal(&self, package: &PackageId) -> bool {
        self.producers.contains_key(package)
            || self.internal.iter().any(|pattern| pattern.matches(package))
    }

    /// A version that is published again with other contents: a Maven SNAPSHOT, or of a package declared so.
    pub fn is_mutable(&self, package_version: &PackageVersionId) -> bool {
        let package = package_version.package();
        let is_snapshot =
            package.format() == Format::Maven && package_version.version().ends_with("-SNAPSHOT");
        is_snapshot || self.is_declared_mutable(package)
    }

    pub fn is_declared_mutable(&self, package: &PackageId) -> bool {
        self.mutable.iter().any(|pattern| pattern.matches(package))
    }
}

impl PackagePattern {
    pub fn matches(&self, package: &PackageId) -> bool {
        self.format == package.format()
            && matches_glob(
                self.namespace.as_deref().unwrap_or(""),
                package.namespace().unwrap_or(""),
            )
            && matches_glob(&self.name, package.name())
    }
}

impl fmt::Display for PackagePattern {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "pkg:{}/", self.format)?;
        if let Some(namespace) = &self.namespace {
            let scope = if self.format == Format::Npm {
                "%40"
            } else {
                ""
            };
            write!(out, "{scope}{namespace}/")?;
        }
        out.write_str(&self.name)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.account, self.region)
    }
}

impl fmt::Display for RepositoryId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}/{}", self.domain_owner, self.domain, self.name)
    }
}

/// `*` matches any run of characters; greedy with one point of return, so linear in practice and never exponential.
pub fn matches_glob(pattern: &str, text: &str) -> bool {
    let mut rest = text;
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(after) = rest.strip_prefix(first) else {
        return false;
    };
    rest = after;
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}
