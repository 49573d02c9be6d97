//! CodeArtifact's read operations over a small registry that the control API fills; origin controls, statuses, and resource
//! policies.
//!
//! Like the real ones they see what the named repository itself holds; upstreams are not asked.

mod controls;
mod policies;
mod repositories;
mod statuses;
mod telling;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Operation;
use super::constraint::{Members, Rule, free, is_account, is_made_of};
use super::error::ApiError;
use super::instant::{Millis, to_seconds};
use super::world::{Ticket, World};

use policies::PolicySlot;
pub use repositories::HeldRepository;
use repositories::{Repositories, RepositoryKey};
pub(crate) use telling::told;

/// Bounds of the service model. How long a page is by default AWS does not say.
const PAGE_MAX: u64 = 1000;
const PAGE_DEFAULT: u64 = 100;
const FORMATS: &[&str] = &[
    "npm", "pypi", "maven", "nuget", "generic", "ruby", "swift", "cargo",
];
/// `dependencyType`s that CodeArtifact's guide names.
const DEPENDENCY_KINDS: &[&str] = &[
    "regular",
    "dev",
    "peer",
    "optional",
    "parent",
    "compile",
    "runtime",
    "test",
    "system",
    "provided",
    "Requires-Dist",
];
const STATUSES: &[&str] = &[
    "Published",
    "Unfinished",
    "Unlisted",
    "Archived",
    "Disposed",
    "Deleted",
];
const ORIGINS: &[&str] = &["INTERNAL", "EXTERNAL", "UNKNOWN"];
const DOMAIN: Rule = Rule {
    min: 2,
    max: 50,
    pattern: "[a-z][a-z0-9\\-]{0,48}[a-z0-9]",
    allows: is_domain,
};
const OWNER: Rule = Rule {
    min: 12,
    max: 12,
    pattern: "[0-9]{12}",
    allows: is_account,
};
const REPOSITORY: Rule = Rule {
    min: 2,
    max: 100,
    pattern: "[A-Za-z0-9][A-Za-z0-9._\\-]{1,99}",
    allows: |text| is_made_of(text, "._-") && !text.starts_with(['.', '_', '-']),
};
const NAME: Rule = Rule {
    min: 1,
    max: 255,
    pattern: "[^#/\\s]+",
    allows: |text| !text.contains(|c: char| c == '#' || c == '/' || c.is_whitespace()),
};

/// A package version that a repository holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldVersion {
    pub domain_owner: String,
    pub domain: String,
    pub repository: String,
    pub format: String,
    #[serde(default)]
    pub namespace: Option<String>,
    pub package: String,
    pub version: String,
    /// `Deleted` takes it out of the repository.
    #[serde(default = "published")]
    pub status: String,
    /// `INTERNAL`, `EXTERNAL` or `UNKNOWN`.
    #[serde(default = "internal")]
    pub origin: String,
    /// The external connection it came through; else it was published to this repository.
    #[serde(default)]
    pub external_connection: Option<String>,
    /// One that depends on the version alone if there is none.
    #[serde(default)]
    pub revision: Option<String>,
    /// Milliseconds since the epoch; when it was put in if there is none.
    #[serde(default)]
    pub published_at_ms: Option<u64>,
    /// Of the event that told of it last: the events that come of calls count on from there.
    #[serde(default)]
    pub sequence: Option<u64>,
    /// As its own metadata declares them.
    #[serde(default)]
    pub dependencies: Vec<HeldDependency>,
}

impl HeldVersion {
    /// Whether the other one tells of the same version in the same repository.
    pub fn is_same_version(&self, other: &Self) -> bool {
        let key = |held: &Self| {
            let place = (
                held.domain_owner.clone(),
                held.domain.clone(),
                held.repository.clone(),
            );
            let package = (
                held.format.clone(),
                held.namespace.clone(),
                held.package.clone(),
            );
            (place, package, held.version.clone())
        };
        key(self) == key(other)
    }
}

/// `PackageDependency` of the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldDependency {
    #[serde(default)]
    pub namespace: Option<String>,
    pub package: String,
    /// `regular`, `dev`, `compile`, `Requires-Dist` …; NuGet's have none.
    #[serde(default)]
    pub kind: Option<String>,
    pub requirement: String,
}

/// Format, namespace and name.
type PackageKey = (String, Option<String>, String);

/// What one repository holds.
type Packages = BTreeMap<PackageKey, BTreeMap<String, HeldVersion>>;

#[derive(Debug, Default)]
pub(crate) struct Registry {
    repositories: Repositories,
    /// By owner and name of the domain.
    domain_policies: BTreeMap<(String, String), PolicySlot>,
}

fn published() -> String {
    "Published".to_owned()
}

fn internal() -> String {
    "INTERNAL".to_owned()
}

impl Registry {
    /// Puts a version in, or in place of the one that is there.
    pub(crate) fn put(&mut self, mut held: HeldVersion, now: Millis) -> Result<(), String> {
        for (member, text, choices) in [
            ("format", &held.format, FORMATS),
            ("status", &held.status, STATUSES),
            ("origin", &held.origin, ORIGINS),
        ] {
            if !choices.contains(&text.as_str()) {
                return Err(format!("`{text}` is no {member}: {}", choices.join(", ")));
            }
        }
        let mut kinds = held
            .dependencies
            .iter()
            .filter_map(|known| known.kind.as_deref());
        if let Some(kind) = kinds.find(|kind| !DEPENDENCY_KINDS.contains(kind)) {
            return Err(format!(
                "`{kind}` is no kind of dependency: {}",
                DEPENDENCY_KINDS.join(", ")
            ));
        }
        held.published_at_ms.get_or_insert(now);
        let repository = RepositoryKey {
            domain_owner: held.domain_owner.clone(),
            domain: held.domain.clone(),
            name: held.repository.clone(),
        };
        let package = (
            held.format.clone(),
            held.namespace.clone(),
            held.package.clone(),
        );
        let packages = self.repositories.packages_mut(repository);
        let versions = packages.entry(package.clone()).or_default();
        if held.status == "Deleted" {
            versions.remove(&held.version);
            if versions.is_empty() {
                packages.remove(&package);
            }
        } else {
            versions.insert(held.version.clone(), held);
        }
        Ok(())
    }

    /// Makes a repository, or sets what leads to and from the one that is there.
    pub(crate) fn describe(&mut self, repository: HeldRepository) -> Result<(), String> {
        self.repositories.describe(repository)
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn held(&self) -> impl Iterator<Item = &HeldVersion> {
        let packages = self.repositories.all_packages().flat_map(BTreeMap::values);
        packages.flat_map(BTreeMap::values)
    }

    pub(crate) fn described(&self) -> Vec<HeldRepository> {
        self.repositories.described()
    }

    fn versions(
        &self,
        repository: &RepositoryKey,
        package: &PackageKey,
    ) -> Result<&BTreeMap<String, HeldVersion>, ApiError> {
        self.repositories
            .packages(repository)?
            .get(package)
            .ok_or_else(|| not_found("Package", &package.2))
    }
}

pub(crate) fn perform(world: &mut World, ticket: &Ticket, now: Millis) -> Result<Value, ApiError> {
    let input = Members::of_input(&ticket.input)?;
    let owner = input.optional_text("domainOwner", OWNER)?;
    let owner = owner.unwrap_or(&ticket.caller.account);
    let domain = input.text("domain", DOMAIN)?;
    if ticket.operation == Operation::ListRepositoriesInDomain {
        return world.registry.repositories.list(&input, owner, domain);
    }
    if matches!(
        ticket.operation,
        Operation::GetDomainPermissionsPolicy
            | Operation::PutDomainPermissionsPolicy
            | Operation::DeleteDomainPermissionsPolicy
    ) {
        let registry = &mut world.registry;
        return registry.domain_policy(ticket.operation, &input, owner);
    }
    let repository = RepositoryKey {
        domain_owner: owner.to_owned(),
        domain: domain.to_owned(),
        name: input.text("repository", REPOSITORY)?.to_owned(),
    };
    if matches!(
        ticket.operation,
        Operation::GetRepositoryPermissionsPolicy
            | Operation::PutRepositoryPermissionsPolicy
            | Operation::DeleteRepositoryPermissionsPolicy
    ) {
        let registry = &mut world.registry;
        return registry.repository_policy(ticket.operation, &input, &repository);
    }
    if ticket.operation == Operation::DescribeRepository {
        return world.registry.repositories.show(&repository);
    }
    let format = input.choice("format", FORMATS)?;
    let package = (
        format.ok_or_else(|| input.missing("format"))?.to_owned(),
        input.optional_text("namespace", NAME)?.map(str::to_owned),
        input.text("package", NAME)?.to_owned(),
    );
    match ticket.operation {
        Operation::ListPackageVersions => return list(world, &input, &repository, &package),
        Operation::DescribePackage => return world.registry.show_package(&repository, &package),
        Operation::UpdatePackageVersionsStatus => {
            let tell = (ticket.caller.region.as_str(), now);
            let registry = &mut world.registry;
            let (answer, events) = registry.update_statuses(&input, &repository, &package, tell)?;
            for event in events {
                world.emit(event, now);
            }
            return Ok(answer);
        }
        Operation::PutPackageOriginConfiguration => {
            return world
                .registry
                .set_restrictions(&input, &repository, package);
        }
        _ => {}
    }
    let version = input.text("packageVersion", NAME)?;
    let versions = world.registry.versions(&repository, &package)?;
    let held = versions
        .get(version)
        .ok_or_else(|| not_found("Package version", version))?;
    match ticket.operation {
        Operation::DescribePackageVersion => Ok(json!({"packageVersion": held.to_description()})),
        Operation::ListPackageVersionDependencies => list_dependencies(&input, held),
        _ => Err(ApiError::unknown_operation()),
    }
}

/// A page has as many as one of another list by default: the operation has no parameter for it.
fn list_dependencies(input: &Members<'_>, held: &HeldVersion) -> Result<Value, ApiError> {
    let skipped = parse_token(input)?;
    let limit = usize::try_from(PAGE_DEFAULT).unwrap_or(usize::MAX);
    let page = held.dependencies.iter().skip(skipped).take(limit);
    let page: Vec<Value> = page.map(HeldDependency::to_json).collect();
    let mut answer = json!({
        "format": held.format,
        "package": held.package,
        "version": held.version,
        "versionRevision": held.revision(),
        "dependencies": page,
    });
    if let Some(namespace) = &held.namespace {
        answer["namespace"] = json!(namespace);
    }
    add_token(&mut answer, skipped + limit, held.dependencies.len());
    Ok(answer)
}

fn list(
    world: &World,
    input: &Members<'_>,
    repository: &RepositoryKey,
    package: &PackageKey,
) -> Result<Value, ApiError> {
    let status = input.choice("status", STATUSES)?;
    let origin = input.choice("originType", ORIGINS)?;
    let sort_by = input.choice("sortBy", &["PUBLISHED_TIME"])?;
    let limit = parse_limit(input)?;
    let skipped = parse_token(input)?;
    let versions = world.registry.versions(repository, package)?;
    let mut versions: Vec<&HeldVersion> = versions
        .values()
        .filter(|held| status.is_none_or(|status| held.status == status))
        .filter(|held| origin.is_none_or(|origin| held.origin == origin))
        .collect();
    if sort_by.is_some() {
        versions.sort_by_key(|held| std::cmp::Reverse(held.published_at_ms));
    }
    let page = versions.iter().skip(skipped).take(limit);
    let page: Vec<Value> = page.map(|held| held.to_summary()).collect();
    let mut answer = json!({
        "format": package.0,
        "package": package.2,
        "versions": page,
    });
    if let Some(namespace) = &package.1 {
        answer["namespace"] = json!(namespace);
    }
    add_token(&mut answer, skipped + limit, versions.len());
    Ok(answer)
}

/// How many entries earlier pages had.
fn parse_token(input: &Members<'_>) -> Result<usize, ApiError> {
    let token = input.optional_text("nextToken", free(1, 2000))?;
    let skipped = token.map_or(Ok(0), str::parse);
    skipped.map_err(|_| ApiError::validation("The pagination token is invalid"))
}

fn add_token(answer: &mut Value, listed: usize, count: usize) {
    if listed < count {
        answer["nextToken"] = json!(listed.to_string());
    }
}

/// A number in a query string.
fn parse_limit(input: &Members<'_>) -> Result<usize, ApiError> {
    let text = input.optional_text("maxResults", free(0, usize::MAX))?;
    let limit = text.map_or(Ok(PAGE_DEFAULT), str::parse);
    let limit = limit.ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
    let limit = limit.ok_or_else(|| ApiError::validation("max-results has to be 1 to 1000"))?;
    Ok(usize::try_from(limit).unwrap_or(usize::MAX))
}

impl HeldVersion {
    /// `PackageVersionSummary` of the model.
    fn to_summary(&self) -> Value {
        json!({
            "version": self.version,
            "revision": self.revision(),
            "status": self.status,
            "origin": self.origin_json(),
        })
    }

    /// `PackageVersionDescription` of the model.
    fn to_description(&self) -> Value {
        let mut json = json!({
            "format": self.format,
            "packageName": self.package,
            "displayName": self.package,
            "version": self.version,
            "publishedTime": to_seconds(self.published_at_ms.unwrap_or(0)),
            "licenses": [],
            "revision": self.revision(),
            "status": self.status,
            "origin": self.origin_json(),
        });
        if let Some(namespace) = &self.namespace {
            json["namespace"] = json!(namespace);
        }
        json
    }

    fn revision(&self) -> String {
        let made = || super::ids::commit_of((&self.package, &self.version))[..32].to_uppercase();
        self.revision.clone().unwrap_or_else(made)
    }

    fn origin_json(&self) -> Value {
        let entry = match &self.external_connection {
            Some(connection) => json!({"externalConnectionName": connection}),
            None => json!({"repositoryName": self.repository}),
        };
        json!({"domainEntryPoint": entry, "originType": self.origin})
    }
}

impl HeldDependency {
    fn to_json(&self) -> Value {
        let mut json = json!({"package": self.package, "versionRequirement": self.requirement});
        if let Some(namespace) = &self.namespace {
            json["namespace"] = json!(namespace);
        }
        if let Some(kind) = &self.kind {
            json["dependencyType"] = json!(kind);
        }
        json
    }
}

fn not_found(what: &str, name: &str) -> ApiError {
    let message = format!("{what} not found. '{name}' does not exist.");
    ApiError::new(404, "ResourceNotFoundException", message)
}

fn is_domain(text: &str) -> bool {
    let is_lower = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.chars().all(is_lower)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
}
