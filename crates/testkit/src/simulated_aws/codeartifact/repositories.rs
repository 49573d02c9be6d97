//! Repositories, what they resolve through, and how they are listed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::controls::Restrictions;
use super::policies::PolicySlot;
use super::{
    FORMATS, HeldVersion, OWNER, PackageKey, Packages, REPOSITORY, add_token, not_found,
    parse_limit, parse_token,
};
use crate::simulated_aws::constraint::Members;
use crate::simulated_aws::error::ApiError;

/// The Region in the ARNs, as the registry is the same in every one.
pub(super) const REGION: &str = "eu-central-1";

/// A repository; one that only has versions has no upstreams.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldRepository {
    pub domain_owner: String,
    pub domain: String,
    pub name: String,
    /// The domain's owner if there is none.
    #[serde(default)]
    pub administrator: Option<String>,
    /// Names of repositories of the same domain, in the order in which they are asked.
    #[serde(default)]
    pub upstreams: Vec<String>,
    /// Such as `public:npmjs`.
    #[serde(default)]
    pub external_connections: Vec<String>,
}

impl HeldRepository {
    pub fn is_same_repository(&self, other: &Self) -> bool {
        let key = |held: &Self| [&held.domain_owner, &held.domain, &held.name].map(Clone::clone);
        key(self) == key(other)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RepositoryKey {
    pub(super) domain_owner: String,
    pub(super) domain: String,
    pub(super) name: String,
}

#[derive(Debug, Default)]
pub(super) struct Repositories {
    by_key: BTreeMap<RepositoryKey, Repository>,
}

#[derive(Debug, Default)]
pub(super) struct Repository {
    administrator: Option<String>,
    upstreams: Vec<String>,
    external_connections: Vec<String>,
    packages: Packages,
    /// Those that were set; the others follow from how the package first came.
    pub(super) restrictions: BTreeMap<PackageKey, Restrictions>,
    policy: PolicySlot,
}

impl Repositories {
    pub(super) fn describe(&mut self, held: HeldRepository) -> Result<(), String> {
        let formats = held.external_connections.iter();
        if let Some(unknown) = { formats }.find(|connection| format_of(connection).is_none()) {
            return Err(format!("`{unknown}` is no external connection"));
        }
        let key = RepositoryKey {
            domain_owner: held.domain_owner,
            domain: held.domain,
            name: held.name,
        };
        let repository = self.by_key.entry(key).or_default();
        repository.administrator = held.administrator;
        repository.upstreams = held.upstreams;
        repository.external_connections = held.external_connections;
        Ok(())
    }

    pub(super) fn described(&self) -> Vec<HeldRepository> {
        let repositories = self.by_key.iter();
        repositories
            .map(|(key, known)| HeldRepository {
                domain_owner: key.domain_owner.clone(),
                domain: key.domain.clone(),
                name: key.name.clone(),
                administrator: known.administrator.clone(),
                upstreams: known.upstreams.clone(),
                external_connections: known.external_connections.clone(),
            })
            .collect()
    }

    pub(super) fn held_mut(
        &mut self,
        key: &RepositoryKey,
        package: &PackageKey,
        version: &str,
    ) -> Option<&mut HeldVersion> {
        let known = self.by_key.get_mut(key)?;
        known.packages.get_mut(package)?.get_mut(version)
    }

    /// The highest number of an event that told of the package.
    pub(super) fn sequence_of(&self, key: &RepositoryKey, package: &PackageKey) -> u64 {
        let known = self.by_key.get(key);
        let versions = known.and_then(|known| known.packages.get(package));
        let numbers = versions.into_iter().flat_map(BTreeMap::values);
        numbers.filter_map(|held| held.sequence).max().unwrap_or(0)
    }

    pub(super) fn administrator_of(&self, key: &RepositoryKey) -> String {
        let known = self.by_key.get(key);
        known
            .map_or(key.domain_owner.as_str(), |known| known.administrator(key))
            .to_owned()
    }

    /// What the repository holds; it is made where it is not there.
    pub(super) fn packages_mut(&mut self, key: RepositoryKey) -> &mut Packages {
        &mut self.by_key.entry(key).or_default().packages
    }

    pub(super) fn packages(&self, key: &RepositoryKey) -> Result<&Packages, ApiError> {
        Ok(&self.get(key)?.packages)
    }

    pub(super) fn restrictions_mut(
        &mut self,
        key: &RepositoryKey,
    ) -> Result<&mut BTreeMap<PackageKey, Restrictions>, ApiError> {
        Ok(&mut self.get_mut(key)?.restrictions)
    }

    pub(super) fn policy_mut(&mut self, key: &RepositoryKey) -> Result<&mut PolicySlot, ApiError> {
        Ok(&mut self.get_mut(key)?.policy)
    }

    pub(super) fn has_domain(&self, owner: &str, domain: &str) -> bool {
        let mut keys = self.by_key.keys();
        keys.any(|key| key.domain_owner == owner && key.domain == domain)
    }

    /// It came neither through an external connection nor from a repository upstream.
    pub(super) fn is_published_here(&self, key: &RepositoryKey, package: &PackageKey) -> bool {
        let Ok(known) = self.get(key) else {
            return true;
        };
        let is_upstream = known.upstreams.iter().any(|name| {
            let upstream = RepositoryKey {
                name: name.clone(),
                ..key.clone()
            };
            self.get(&upstream)
                .is_ok_and(|upstream| upstream.packages.contains_key(package))
        });
        let held = known.packages.get(package);
        let is_ingested = held.is_some_and(|versions| {
            { versions.values() }
                .any(|held| held.origin == "EXTERNAL" || held.external_connection.is_some())
        });
        !is_upstream && !is_ingested
    }

    fn get_mut(&mut self, key: &RepositoryKey) -> Result<&mut Repository, ApiError> {
        let known = self.by_key.get_mut(key);
        known.ok_or_else(|| not_found("Repository", &key.name))
    }

    pub(super) fn all_packages(&self) -> impl Iterator<Item = &Packages> {
        self.by_key.values().map(|known| &known.packages)
    }

    /// `ListRepositoriesInDomain`: in order of name.
    pub(super) fn list(
        &self,
        input: &Members<'_>,
        owner: &str,
        domain: &str,
    ) -> Result<Value, ApiError> {
        let administrator = input.optional_text("administratorAccount", OWNER)?;
        let prefix = input.optional_text("repositoryPrefix", REPOSITORY)?;
        let limit = parse_limit(input)?;
        let skipped = parse_token(input)?;
        let repositories = self.by_key.iter();
        let repositories: Vec<_> = repositories
            .filter(|(key, _)| key.domain_owner == owner && key.domain == domain)
            .collect();
        if repositories.is_empty() {
            return Err(not_found("Domain", domain));
        }
        let repositories: Vec<Value> = repositories
            .into_iter()
            .filter(|(key, known)| {
                prefix.is_none_or(|prefix| key.name.starts_with(prefix))
                    && administrator.is_none_or(|account| known.administrator(key) == account)
            })
            .map(|(key, known)| known.to_summary(key))
            .collect();
        let page = repositories.iter().skip(skipped).take(limit);
        let page: Vec<Value> = page.cloned().collect();
        let mut answer = json!({"repositories": page});
        add_token(&mut answer, skipped + limit, repositories.len());
        Ok(answer)
    }

    /// `DescribeRepository`.
    pub(super) fn show(&self, key: &RepositoryKey) -> Result<Value, ApiError> {
        let known = self.get(key)?;
        let mut json = known.to_summary(key);
        let upstreams = known.upstreams.iter();
        json["upstreams"] = upstreams
            .map(|name| json!({"repositoryName": name}))
            .collect();
        let connections = known.external_connections.iter();
        json["externalConnections"] = connections
            .map(|name| {
                json!({
                    "externalConnectionName": name,
                    "packageFormat": format_of(name),
                    "status": "Available",
                })
            })
            .collect();
        Ok(json!({"repository": json}))
    }

    pub(super) fn get(&self, key: &RepositoryKey) -> Result<&Repository, ApiError> {
        let known = self.by_key.get(key);
        known.ok_or_else(|| not_found("Repository", &key.name))
    }
}

impl Repository {
    fn administrator<'a>(&'a self, key: &'a RepositoryKey) -> &'a str {
        self.administrator.as_deref().unwrap_or(&key.domain_owner)
    }

    /// `RepositorySummary` of the model.
    fn to_summary(&self, key: &RepositoryKey) -> Value {
        let RepositoryKey {
            domain_owner,
            domain,
            name,
        } = key;
        json!({
            "name": name,
            "administratorAccount": self.administrator(key),
            "domainName": domain,
            "domainOwner": domain_owner,
            "arn": format!("arn:aws:codeartifact:{REGION}:{domain_owner}:repository/{domain}/{name}"),
        })
    }
}

/// The format of what comes through a connection, by the names that CodeArtifact's guide lists.
fn format_of(connection: &str) -> Option<&'static str> {
    let name = connection.strip_prefix("public:")?;
    let format = match name {
        "npmjs" => "npm",
        "pypi" => "pypi",
        "nuget-org" => "nuget",
        "ruby-gems-org" => "ruby",
        "crates-io" => "cargo",
        name if name.starts_with("maven-") => "maven",
        _ => return None,
    };
    FORMATS.iter().find(|known| **known == format).copied()
}
