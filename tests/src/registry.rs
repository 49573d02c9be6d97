//! CodeArtifact as a catalog describes it, put into the simulated services: its repositories, the versions of its own packages that
//! its applications were built with, and policies that let the build roles read. What is there already stays as it is.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use downriver_domain::version::{PackageId, PackageVersionId};
use downriver_domain::{Application, RepositoryId, RoleArn};
use downriver_engine::register::Catalog;
use downriver_engine::wire::catalog::parse_catalog;
use downriver_testkit::simulated_aws::client::{Client, Control};
use downriver_testkit::simulated_aws::{HeldRepository, HeldVersion};
use serde_json::{Value, json};

/// The simulated registry is the same in every Region.
const REGION: &str = "eu-west-1";
/// What a package manager and a person need to read; of a domain and of a repository.
const DOMAIN_ACTIONS: &[&str] = &["codeartifact:GetAuthorizationToken"];
const REPOSITORY_ACTIONS: &[&str] = &[
    "codeartifact:Describe*",
    "codeartifact:Get*",
    "codeartifact:List*",
    "codeartifact:ReadFromRepository",
];

type Readers<'c, K> = BTreeMap<K, BTreeSet<&'c RoleArn>>;

/// Says how many repositories and versions it put in.
pub fn fill(endpoint: &str, catalog: &Path) -> Result<(usize, usize)> {
    let catalog = read(catalog)?;
    let control = Control::new(endpoint);
    let known = control.repositories();
    let mut repositories = repositories(&catalog);
    repositories.retain(|wanted| !known.iter().any(|known| known.is_same_repository(wanted)));
    control.put_repositories(&repositories);
    let known = control.held_versions();
    let mut versions = versions(&catalog);
    versions.retain(|version| !known.iter().any(|held| held.is_same_version(version)));
    control.put_versions(&versions);
    put_policies(endpoint, &catalog)?;
    Ok((repositories.len(), versions.len()))
}

fn read(path: &Path) -> Result<Catalog> {
    let read = |path: &Path| {
        fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let of_folder = |name: &str| read(&folder.join(name)).map_err(|error| error.to_string());
    parse_catalog(&path.display().to_string(), &read(path)?, None, &of_folder)
        .map_err(|problems| anyhow!("{}", problems[0]))
}

fn repositories(catalog: &Catalog) -> Vec<HeldRepository> {
    let known = catalog.topology.repositories.iter();
    known
        .map(|(id, repository)| HeldRepository {
            domain_owner: id.domain_owner.to_string(),
            domain: id.domain.to_string(),
            name: id.name.to_string(),
            administrator: None,
            upstreams: { repository.upstreams.iter() }
                .map(|upstream| upstream.name.to_string())
                .collect(),
            external_connections: repository.external_connections.clone(),
        })
        .collect()
}

/// What applications were built with: where it is published first, and a copy where who was built with it sees nothing else.
fn versions(catalog: &Catalog) -> Vec<HeldVersion> {
    let mut homes: BTreeMap<&PackageId, &RepositoryId> = BTreeMap::new();
    for entry in &catalog.applications {
        let application = &entry.application;
        let home = application.publishes_to.as_ref();
        if let Some(home) = home.or_else(|| application.repositories.first()) {
            homes.extend(application.products.iter().map(|product| (product, home)));
        }
    }
    let mut held = BTreeSet::new();
    for entry in &catalog.applications {
        let repositories = &entry.application.repositories;
        let visible = catalog.topology.visible_from(repositories);
        for dependency in &entry.dependencies {
            let (Some(version), Some(home)) =
                (dependency.built.version(), homes.get(&dependency.package))
            else {
                continue;
            };
            let Ok(version) = PackageVersionId::new(dependency.package.clone(), version) else {
                continue;
            };
            let copy = repositories.first().filter(|_| !visible.contains(*home));
            held.extend(copy.map(|copy| (copy, version.clone())));
            held.insert((home, version));
        }
    }
    held.into_iter()
        .map(|(repository, version)| to_held(repository, &version))
        .collect()
}

/// Published at the beginning of time: before anything that is tried.
fn to_held(repository: &RepositoryId, version: &PackageVersionId) -> HeldVersion {
    let package = version.package();
    HeldVersion {
        domain_owner: repository.domain_owner.to_string(),
        domain: repository.domain.to_string(),
        repository: repository.name.to_string(),
        format: package.format().to_string(),
        namespace: package.namespace().map(str::to_owned),
        package: package.name().to_owned(),
        version: version.version().to_owned(),
        status: "Published".to_owned(),
        origin: "INTERNAL".to_owned(),
        external_connection: None,
        revision: None,
        published_at_ms: Some(0),
        sequence: None,
        dependencies: Vec::new(),
    }
}

/// A policy that somebody has set is somebody's.
fn put_policies(endpoint: &str, catalog: &Catalog) -> Result<()> {
    let (domains, repositories) = readers(catalog);
    for ((owner, domain), roles) in &domains {
        let of = [
            ("domain", domain.as_str()),
            ("domain-owner", owner.as_str()),
        ];
        put_policy(endpoint, &of, &policy(DOMAIN_ACTIONS, roles))?;
    }
    for (id, roles) in &repositories {
        let of = [
            ("domain", id.domain.as_str()),
            ("domain-owner", id.domain_owner.as_str()),
            ("repository", id.name.as_str()),
        ];
        put_policy(endpoint, &of, &policy(REPOSITORY_ACTIONS, roles))?;
    }
    Ok(())
}

fn put_policy(endpoint: &str, of: &[(&str, &str)], policy: &Value) -> Result<()> {
    let (_, owner) = of[1];
    let kind = if of.len() == 2 {
        "domain"
    } else {
        "repository"
    };
    let client = Client::new(endpoint, owner, REGION);
    let known = client.codeartifact(&format!("/v1/{kind}/permissions/policy"), of);
    if known.is_ok() {
        return Ok(());
    }
    client
        .put_policy(of, &policy.to_string(), None)
        .map_err(|error| anyhow!("failed to set the policy of {of:?}: {error}"))?;
    Ok(())
}

type Domain = (String, String);

/// The build roles of each domain and of each repository.
fn readers(catalog: &Catalog) -> (Readers<'_, Domain>, Readers<'_, &RepositoryId>) {
    let (mut domains, mut repositories) = (Readers::new(), Readers::new());
    for entry in &catalog.applications {
        let Application {
            build_role: Some(role),
            repositories: asked,
            ..
        } = &entry.application
        else {
            continue;
        };
        for id in asked {
            let domain = (id.domain_owner.to_string(), id.domain.to_string());
            domains.entry(domain).or_default().insert(role);
            repositories.entry(id).or_default().insert(role);
        }
    }
    (domains, repositories)
}

fn policy(actions: &[&str], roles: &BTreeSet<&RoleArn>) -> Value {
    let roles: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "BuildRoles", "Effect": "Allow", "Principal": {"AWS": roles}, "Action": actions, "Resource": "*",
        }],
    })
}
