//! RubyGems: versions and requirements. Follows `Gem::Version` and `Gem::Requirement` of RubyGems 3.5 and later.
//!
//! A requirement of several clauses is one text with commas, as gemspecs and lock files print it. `!` (a lock file's
//! "from this source") is no version requirement.
//!
//! Order has one oddity that is Ruby's: zeros before the first letter, or before a later letter where none stand
//! before the first, do not count: `1.a.0.b` equals `1.a.b`.

mod requirement;
mod version;

#[cfg(test)]
mod tests;

use crate::RequirementKind;
use crate::ecosystem::{Ecosystem, highest};
use requirement::Requirement;
use version::Version;

pub(crate) struct Ruby;

impl Ecosystem for Ruby {
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
        requirement.kind()
    }

    /// As `Gem::Requirement#satisfied_by?`, which takes pre-releases like any other version.
    fn admits(requirement: &Requirement, version: &Version, _: bool) -> bool {
        requirement.admits(version)
    }

    /// The highest final version; pre-releases count only if the requirement names one.
    fn selects(requirement: &Requirement, candidates: &[&Version]) -> Option<usize> {
        let takes_prereleases = requirement.names_prerelease();
        highest(candidates, |version: &Version| {
            (takes_prereleases || !version.is_prerelease()) && requirement.admits(version)
        })
    }
}
