//! Cargo: versions and requirements are those of the `semver` crate, which is Cargo's own.
//!
//! Build metadata orders versions that are otherwise equal, as in that crate, and no requirement looks at it. Cargo
//! has no switch that lets pre-releases in: only a comparator with the same three numbers and a pre-release does.

#[cfg(test)]
mod tests;

use semver::{Op, Version, VersionReq};

use crate::RequirementKind;
use crate::ecosystem::Ecosystem;

pub(crate) struct Cargo;

#[derive(Debug, Clone)]
pub(crate) enum Requirement {
    Semver(VersionReq),
    /// A source as lock files name it: `git+https://…`, `path+file://…`.
    Elsewhere(Box<str>),
}

impl Ecosystem for Cargo {
    type Version = Version;
    type Requirement = Requirement;

    fn parse_version(text: &str) -> Result<Version, String> {
        Version::parse(text).map_err(|error| error.to_string())
    }

    fn is_prerelease(version: &Version) -> bool {
        !version.pre.is_empty()
    }

    fn parse_requirement(text: &str) -> Result<Requirement, String> {
        if text.contains("://") {
            return Ok(Requirement::Elsewhere(text.into()));
        }
        VersionReq::parse(text)
            .map(Requirement::Semver)
            .map_err(|error| error.to_string())
    }

    fn kind(requirement: &Requirement) -> RequirementKind {
        match requirement {
            Requirement::Elsewhere(source) => RequirementKind::NotFromRegistry(source.to_string()),
            Requirement::Semver(requirement) => {
                let is_exact = requirement
                    .comparators
                    .iter()
                    .any(|comparator| comparator.op == Op::Exact && comparator.patch.is_some());
                if is_exact {
                    RequirementKind::Exact
                } else {
                    RequirementKind::Range
                }
            }
        }
    }

    fn admits(requirement: &Requirement, version: &Version, _: bool) -> bool {
        match requirement {
            Requirement::Semver(requirement) => requirement.matches(version),
            Requirement::Elsewhere(_) => false,
        }
    }
}
