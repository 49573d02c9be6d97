//! Maven: maven-resolver's version order and ranges, with Gradle's dynamic versions.
//!
//! The order is that of maven-resolver's `GenericVersion` (2.0), which decides what a dependency's range contains. It
//! is not that of maven-artifact's `ComparableVersion`, which plugins and the enforcer use and which differs on some
//! four of a hundred pairs.
//!
//! A bare version is a soft pin: a build keeps it, whatever else there is, so it *selects* the candidate with that very
//! text. What it *admits* is maven-resolver's `VersionConstraint.containsVersion`, versions equal to it.
//!
//! Gradle's `1.2.+`, `+`, `latest.release`, `latest.integration` and `]1.0, 2.0[` are read as well. Their versions are
//! compared by Maven's order, not by Gradle's, because one text cannot tell which of the two tools reads it.

mod requirement;
mod version;

#[cfg(test)]
mod tests;

pub(crate) use requirement::Requirement;
pub(crate) use version::Version;

use crate::RequirementKind;
use crate::ecosystem::{Ecosystem, highest};

/// The Maven ecosystem, Gradle included.
pub(crate) struct Maven;

impl Ecosystem for Maven {
    type Version = Version;
    type Requirement = Requirement;

    fn parse_version(text: &str) -> Result<Version, String> {
        Ok(Version::parse(text))
    }

    fn is_prerelease(version: &Version) -> bool {
        version.is_prerelease()
    }

    fn parse_requirement(text: &str) -> Result<Requirement, String> {
        Requirement::parse(text)
    }

    fn kind(requirement: &Requirement) -> RequirementKind {
        match requirement {
            _ if requirement.is_mutable() => RequirementKind::Mutable,
            _ if requirement.is_exact() => RequirementKind::Exact,
            Requirement::Pin(_) => RequirementKind::SoftPin,
            _ => RequirementKind::Range,
        }
    }

    fn admits(requirement: &Requirement, version: &Version, _prereleases: bool) -> bool {
        requirement.admits(version)
    }

    fn selects(requirement: &Requirement, candidates: &[&Version]) -> Option<usize> {
        match requirement {
            Requirement::Pin(pin) => candidates
                .iter()
                .position(|candidate| candidate.text() == pin.text()),
            _ => highest(candidates, |version| requirement.admits(version)),
        }
    }
}
