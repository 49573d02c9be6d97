//! Swift packages: versions and requirements as package manifests write them.
//!
//! Versions follow `TSCUtility.Version` (strict parsing), which is laxer than semantic versioning: leading zeros and
//! empty identifiers pass. Ranges follow its `Range.contains(version:)`, and the package manager's reading of `a...b` as
//! `a..<` the next patch of `b`. One difference, to keep the order total: pre-release identifiers that are equal as
//! numbers (`07` and `7`) do not end the comparison.

mod requirement;
mod version;

#[cfg(test)]
mod tests;

use crate::RequirementKind;
use crate::ecosystem::Ecosystem;
use requirement::Requirement;
use version::Version;

pub(crate) struct Swift;

impl Ecosystem for Swift {
    type Version = Version;
    type Requirement = Requirement;

    fn parse_version(text: &str) -> Result<Version, String> {
        Version::parse(text)
    }

    fn is_prerelease(version: &Version) -> bool {
        version.is_prerelease()
    }

    fn parse_requirement(text: &str) -> Result<Requirement, String> {
        Requirement::parse(text)
    }

    fn kind(requirement: &Requirement) -> RequirementKind {
        match requirement {
            Requirement::Exact(_) => RequirementKind::Exact,
            Requirement::Range { .. } => RequirementKind::Range,
            Requirement::Elsewhere(text) => RequirementKind::NotFromRegistry(text.to_string()),
        }
    }

    fn admits(requirement: &Requirement, version: &Version, _: bool) -> bool {
        requirement.admits(version)
    }
}
