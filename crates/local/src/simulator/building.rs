//! What a build stage gets from its package manager: the versions it resolves, and what is pulled on the way.

use std::collections::BTreeSet;

use downriver_domain::version::{PackageId, Requirement, RequirementKind, Version};
use downriver_domain::{Dependency, OnLocked, RepositoryId, Scope, Timestamp, version::Format};

use super::facts::{ApplicationFacts, Facts};
use super::registry::{Registry, StatusRow, VersionState};
use super::rows::BuiltPackageRow;
use super::text::Text;

/// A build's outcome on the side of its dependencies.
#[derive(Debug, Default)]
pub(crate) struct Resolution {
    /// One for each instance.
    pub(crate) built: Vec<BuiltPackageRow>,
    pub(crate) pulls: Vec<Pull>,
}

/// A version that a client asked for through the application's first repository.
#[derive(Debug, Clone)]
pub(crate) struct Pull {
    pub(crate) package: PackageId,
    pub(crate) version: String,
    pub(crate) from: Source,
}

#[derive(Debug, Clone)]
pub(crate) enum Source {
    Repository(VersionState),
    /// Only an external connection has it; it comes in through this repository.
    Public(RepositoryId),
}

/// A visible version and where a client would get it.
struct Candidate {
    version: String,
    status: StatusRow,
    revision: Option<String>,
    source: Source,
}

/// Who builds, and which locked packages its build refreshes.
pub(crate) struct Builder<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) registry: &'a Registry,
    pub(crate) application: &'a ApplicationFacts,
    pub(crate) refreshed: &'a BTreeSet<PackageId>,
    pub(crate) now: Timestamp,
}

impl Builder<'_> {
    /// Resolves every dependency as its package manager would; the error is the one that fails the stage.
    pub(crate) fn resolve(&self, dependencies: &[Dependency]) -> Result<Resolution, String> {
        let mut resolution = Resolution::default();
        for dependency in dependencies {
            self.resolve_one(dependency, &mut resolution)?;
        }
        Ok(resolution)
    }

    fn resolve_one(
        &self,
        dependency: &Dependency,
        resolution: &mut Resolution,
    ) -> Result<(), String> {
        let package = &dependency.package;
        let candidates = self.candidates(package);
        let before = dependency.built.version();
        let wanted = match before {
            Some(held) if self.is_held(dependency) => Some(held.to_owned()),
            _ => select(dependency, &candidates).or_else(|| before.map(str::to_owned)),
        };
        let Some(wanted) = wanted else {
            return check_optional(dependency, &candidates);
        };
        let found = candidates
            .iter()
            .find(|candidate| candidate.version == wanted && candidate.status.is_installable());
        let is_unknown = candidates.is_empty() && self.registry.package(package).is_none();
        if found.is_none() && !is_unknown && !is_elsewhere(dependency) {
            return Err(format!("404: {package} {wanted} cannot be installed"));
        }
        let is_mutable = is_snapshot(package.format(), &wanted)
            || self.facts.topology.is_declared_mutable(package);
        resolution.built.push(BuiltPackageRow {
            package: Text(package.clone()),
            version: wanted.clone(),
            revision: found
                .filter(|_| is_mutable)
                .and_then(|candidate| candidate.revision.clone()),
        });
        if let Some(candidate) = found
            && !is_snapshot(package.format(), &wanted)
        {
            resolution.pulls.push(Pull {
                package: package.clone(),
                version: wanted,
                from: candidate.source.clone(),
            });
        }
        Ok(())
    }

    /// Whether the lockfile decides.
    fn is_held(&self, dependency: &Dependency) -> bool {
        dependency.is_locked
            && match self.application.on_locked {
                OnLocked::Rebuild => false,
                OnLocked::Refresh => !self.refreshed.contains(&dependency.package),
                OnLocked::Notify | OnLocked::Ignore => true,
            }
    }

    /// Every version that the application sees, the nearest copy of each; then what external connections offer.
    fn candidates(&self, package: &PackageId) -> Vec<Candidate> {
        let mut candidates: Vec<Candidate> = Vec::new();
        let visible = self.facts.nearest_first(&self.application.repositories);
        let state = self.registry.package(package);
        for repository in &visible {
            for (version, held) in state
                .into_iter()
                .flat_map(|state| state.held_by(repository))
            {
                let known = candidates
                    .iter_mut()
                    .find(|known| known.version == *version);
                let candidate = Candidate {
                    version: version.clone(),
                    status: held.status,
                    revision: held.revision.clone(),
                    source: Source::Repository(held.clone()),
                };
                match known {
                    Some(known) if known.status.is_installable() => {}
                    Some(known) => *known = candidate,
                    None => candidates.push(candidate),
                }
            }
        }
        for repository in visible {
            self.add_offers(package, &repository, &mut candidates);
        }
        candidates
    }

    fn add_offers(
        &self,
        package: &PackageId,
        repository: &RepositoryId,
        candidates: &mut Vec<Candidate>,
    ) {
        let Some(known) = self.facts.topology.repositories.get(repository) else {
            return;
        };
        let connections = &known.external_connections;
        for offer in &self.facts.offers {
            let is_offered = offer.package == *package
                && offer.from <= self.now
                && match &offer.connection {
                    Some(connection) => connections.contains(connection),
                    None => self.facts.has_connection(repository, package.format()),
                };
            if is_offered
                && candidates
                    .iter()
                    .all(|known| known.version != offer.version)
            {
                let public = Registry::public_version(package, &offer.version, self.now);
                candidates.push(Candidate {
                    version: offer.version.clone(),
                    status: public.status,
                    revision: public.revision,
                    source: Source::Public(repository.clone()),
                });
            }
        }
    }
}

/// Nothing satisfies the requirement: fatal where the package is known and needed.
fn check_optional(dependency: &Dependency, candidates: &[Candidate]) -> Result<(), String> {
    let is_optional = matches!(dependency.scope, Scope::Optional | Scope::Peer);
    if candidates.is_empty() || is_optional || is_elsewhere(dependency) {
        return Ok(());
    }
    Err(format!(
        "no version of {} satisfies `{}`",
        dependency.package, dependency.requirement
    ))
}

/// What a plain build chooses. Only `Published` versions are selected; `Unlisted` ones by an exact requirement.
fn select(dependency: &Dependency, candidates: &[Candidate]) -> Option<String> {
    let format = dependency.package.format();
    let requirement = Requirement::parse(format, &dependency.requirement).ok()?;
    let of_status = |is_wanted: fn(StatusRow) -> bool| -> Vec<Version> {
        let wanted = candidates
            .iter()
            .filter(|candidate| is_wanted(candidate.status));
        wanted
            .filter_map(|candidate| Version::parse(format, &candidate.version).ok())
            .collect()
    };
    let published = of_status(|status| status == StatusRow::Published);
    let chosen = |versions: &[Version]| {
        let selected = requirement.selects(versions);
        selected.map(|version| version.as_str().to_owned())
    };
    match requirement.kind() {
        RequirementKind::Range => chosen(&published),
        RequirementKind::Exact | RequirementKind::SoftPin | RequirementKind::Mutable => {
            chosen(&of_status(StatusRow::is_installable))
        }
        RequirementKind::Tag(tag) if tag != "latest" => None,
        RequirementKind::Tag(_) => published
            .iter()
            .filter(|version| !version.is_prerelease())
            .max_by(|one, other| one.compare(other).unwrap_or(std::cmp::Ordering::Equal))
            .map(|version| version.as_str().to_owned()),
        RequirementKind::NotFromRegistry(_) => None,
    }
}

/// What it resolves to does not follow from the versions: another source than a registry, or a distribution tag.
fn is_elsewhere(dependency: &Dependency) -> bool {
    let requirement = Requirement::parse(dependency.package.format(), &dependency.requirement);
    requirement.is_ok_and(|requirement| {
        let kind = requirement.kind();
        matches!(
            kind,
            RequirementKind::NotFromRegistry(_) | RequirementKind::Tag(_)
        )
    })
}

fn is_snapshot(format: Format, version: &str) -> bool {
    format == Format::Maven && version.ends_with("-SNAPSHOT")
}
